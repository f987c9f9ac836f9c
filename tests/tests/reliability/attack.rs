//! The server is attacked, and a good client of another tenant goes on: a real `access-groups serve
//! --config`, which may open 1,024 files.

mod counted;
mod crowd;
mod good;
mod http;
mod scale;

use std::{
    collections::{BTreeMap, HashSet},
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    process::Command,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    runtime::{Builder, Handle, Runtime},
    sync::watch,
    task::JoinSet,
    time::sleep,
};

use crate::{
    losses::{
        load::{group, site, user},
        server::{Server, binary},
    },
    run,
};
use crowd::{Crowd, Kind, Tally};
use good::{Seen, Waits};
use http::{Http, request};
use scale::Scale;

#[test]
fn an_attack_silences_nobody_else() {
    let _sockets = run::SOCKETS.write().unwrap_or_else(PoisonError::into_inner);
    let scale = match run::is_full() {
        true => Scale::FULL,
        false => Scale::SHORT,
    };
    let world = World::start(scale);
    let honest = world.phase(Phase::Honest);
    let before = world.memory();
    let attacked = world.phase(Phase::Attack);
    let after = world.memory();
    world.judge(&honest, &attacked);
    let grown = after.saturating_sub(before) / 1_000_000;
    assert!(grown <= 50, "memory has grown by {grown} MB");
    run::report(
        "attack, memory",
        &format!(
            "{} MB beside the honest crowd, {grown} MB more after the attack",
            before / 1_000_000
        ),
    );
    world.end(&[honest.good, attacked.good]);
}

/// Who is there beside the good client.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// As many honest connections.
    Honest,
    Attack,
}

struct World {
    scale: Arc<Scale>,
    folder: TempDir,
    server: Server,
    to: SocketAddr,
    /// Of the good client.
    runtime: Runtime,
    /// Of the others: their machines are not the server's, so they take what it leaves of this one.
    others: Runtime,
}

/// What a phase has shown.
struct Shown {
    good: Seen,
    crowd: BTreeMap<Kind, Tally>,
}

impl World {
    fn start(scale: Scale) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str, text: &str| {
            fs::write(folder.path().join(name), text).expect("written");
        };
        write("victim.json", &site(1_000));
        write("crowd.json", &crowded(scale.users));
        let workspace = |number: u128, name: &str, key: &str| {
            let id = format!("00000000-0000-4000-8000-{number:012}");
            json!({"workspace_id": id, "name": name, "site": format!("{name}.json"), "api_keys": [key]})
        };
        let workspaces = [workspace(1, "victim", VICTIM), workspace(2, "crowd", CROWD)];
        write(
            "config.json",
            &json!({"workspaces": workspaces}).to_string(),
        );
        let server = Server::launch(serve(folder.path(), scale.options));
        let to = server.url.trim_start_matches("http://").parse();
        Self {
            to: to.expect("an address"),
            scale: Arc::new(scale),
            folder,
            server,
            runtime: Runtime::new().expect("a runtime"),
            others: Builder::new_multi_thread()
                .enable_all()
                .on_thread_start(|| rustix::process::setpriority_process(None, 19).expect("it may"))
                .build()
                .expect("a runtime"),
        }
    }

    /// The good client works beside this crowd; then every connection of the crowd must end.
    fn phase(&self, phase: Phase) -> Shown {
        let (scale, to) = (Arc::clone(&self.scale), self.to);
        self.runtime.block_on(async move {
            let (stop, stopped) = watch::channel(false);
            let tallies = Arc::default();
            let crowd = Crowd {
                to,
                scale: Arc::clone(&scale),
                stop: stopped.clone(),
                tallies: Arc::clone(&tallies),
            };
            let good = tokio::spawn(good::work(to, stopped));
            let mut acting = JoinSet::new();
            let others = self.others.handle();
            let begun = Instant::now();
            match phase {
                Phase::Honest => {
                    for number in 0..scale.connections() {
                        acting.spawn_on(crowd.clone().act(Kind::Honest, number), others);
                    }
                    sleep(scale.honest).await;
                }
                Phase::Attack => {
                    for (kind, count) in members(&scale) {
                        for number in 0..count {
                            acting.spawn_on(crowd.clone().act(kind, number), others);
                        }
                    }
                    wrong_keys(&crowd, scale.wrong_keys, others).await;
                    sleep(scale.attack.saturating_sub(begun.elapsed())).await;
                }
            }
            stop.send_replace(true);
            let good = good.await.expect("no panic");
            while acting.join_next().await.is_some() {}
            let tallies: &Mutex<BTreeMap<Kind, Tally>> = &tallies;
            let crowd = tallies
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone();
            Shown { good, crowd }
        })
    }

    fn judge(&self, honest: &Shown, attacked: &Shown) {
        for (kind, tally) in &attacked.crowd {
            let Tally {
                opened,
                statuses,
                overdue,
            } = tally;
            let seconds = overdue.as_secs_f64();
            let counts = format!(
                "{opened} connections, {seconds:.1} s beyond the limit at most, {statuses:?}"
            );
            run::report(&format!("attack, {kind:?}"), &counts);
            assert!(*overdue <= GONE_AFTER, "{kind:?}: {counts}");
            let allowed = allowed(*kind);
            let is_known = statuses.keys().all(|status| allowed.contains(status));
            assert!(is_known, "{kind:?}: {counts}");
        }
        for (name, seen) in [("honest", &honest.good), ("attacked", &attacked.good)] {
            let counts = format!(
                "{}, {}, {:?}, {} connections broke",
                said("small calls", &seen.small),
                said("lists", &seen.lists),
                seen.statuses,
                seen.broken
            );
            run::report(&format!("attack, good client, {name}"), &counts);
            assert!(seen.statuses.keys().eq(&[200]), "{name}: {counts}");
            assert_eq!(seen.broken, 0, "{name}: {counts}");
        }
        let [honest, attacked] = [honest, attacked].map(|shown| {
            let seen = &shown.good;
            [&seen.small, &seen.lists].map(|waits| waits.percentile(99))
        });
        let [small, lists] = [0, 1].map(|of| attacked[of].as_secs_f64() / honest[of].as_secs_f64());
        let ratios = format!(
            "p99 of small calls {small:.2} times that beside the honest crowd, of lists {lists:.2} times"
        );
        run::report("attack, ratios", &ratios);
        // The short run proves nothing about time.
        assert!(!run::is_full() || small.max(lists) < 3.0, "{ratios}");
    }

    fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.server.id()));
        let status = status.expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes = line.and_then(|line| line.split_whitespace().next());
        kibibytes.expect("a line").parse::<u64>().expect("a number") * 1024
    }

    /// 200 requests are half sent when it is told to end; then all changes are in the file.
    fn end(self, seen: &[Seen]) {
        let Self {
            folder,
            server,
            to,
            runtime,
            ..
        } = self;
        let (begun, halves) = runtime.block_on(async {
            let mut halves = Vec::new();
            for number in 0..200 {
                let peer = Ipv4Addr::new(127, 2, 0, number as u8 % 50 + 1);
                let mut http = Http::connect(peer, to).await.expect("it listens");
                let whole = request("/acs/users/get", Some(VICTIM), r#"{"acs_user_id":1}"#);
                let half = if number % 2 == 0 {
                    whole.len() / 2
                } else {
                    whole.len() - 3
                };
                http.stream.write_all(&whole[..half]).await.expect("sent");
                halves.push(http);
            }
            // Whatever was sent before is read by now.
            let mut last = Http::connect(Ipv4Addr::new(127, 0, 0, 2), to)
                .await
                .expect("it listens");
            let change = format!(
                r#"{{"acs_user_id":"{}","acs_access_group_id":"{}"}}"#,
                user(999),
                group(1)
            );
            let add = request("/acs/users/add_to_access_group", Some(VICTIM), &change);
            assert_eq!(last.call(&add).await.expect("an answer").0, 200);
            (Instant::now(), halves)
        });
        server.terminate();
        let (code, said) = server.end();
        let took = begun.elapsed();
        assert_eq!(code, Some(0), "{said}");
        assert!(took < Duration::from_secs(7), "{took:?}");
        runtime.block_on(async {
            for mut half in halves {
                let _ = half.stream.read_to_end(&mut Vec::new()).await; // it is closed
            }
        });
        let members = members_of(&folder.path().join("victim.json"));
        assert!(members.contains(&(user(999).to_string(), group(1).to_string())));
        let mut known = BTreeMap::<usize, bool>::new();
        seen.iter().for_each(|seen| known.extend(&seen.members));
        for (index, is_in) in &known {
            let pair = (user(*index).to_string(), group(0).to_string());
            assert_eq!(members.contains(&pair), *is_in, "user {index}");
        }
        let counts = format!(
            "200 half requests, exit 0 after {:.1} s, {} users as the good client left them",
            took.as_secs_f64(),
            known.len()
        );
        run::report("attack, SIGTERM", &counts);
    }
}

/// How many calls of a kind, and how long they took.
fn said(calls: &str, waits: &Waits) -> String {
    let [half, most] = [50, 99].map(|of| waits.percentile(of).as_secs_f64() * 1e3);
    format!(
        "{} {calls} (p50 {half:.2} ms, p99 {most:.2} ms)",
        waits.count()
    )
}

/// A site of so many users, all of whom are in one group.
fn crowded(users: usize) -> String {
    let mut site: Value = serde_json::from_str(&site(users)).expect("JSON");
    let memberships = site["memberships"].as_array_mut().expect("a list");
    memberships.extend(
        (0..users)
            .map(|index| json!({"acs_user_id": user(index), "acs_access_group_id": group(0)})),
    );
    site.to_string()
}

/// The server, which may open 1,024 files.
fn serve(folder: &Path, limits: &[&str]) -> Command {
    let mut command = Command::new("prlimit");
    command.arg("--nofile=1024").arg(binary()).env_clear();
    command.args([
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--metrics",
        "127.0.0.1:0",
        "--log",
        "off",
    ]);
    command.arg("--config").arg(folder.join("config.json"));
    command.args(limits.iter().flat_map(|limit| ["--limit", limit]));
    command
}

fn members(scale: &Scale) -> Vec<(Kind, usize)> {
    let dripping = Kind::DRIPPING.map(|kind| (kind, scale.dripping));
    let others = [
        (Kind::Silent, scale.silent),
        (Kind::Keyless, scale.keyless),
        (Kind::Lists, scale.lists),
    ];
    dripping.into_iter().chain(others).collect()
}

/// So many wrong keys, some of them at one time.
async fn wrong_keys(crowd: &Crowd, count: usize, others: &Handle) {
    let mut acting = JoinSet::new();
    for number in 0..count {
        if acting.len() >= 200 {
            acting.join_next().await;
        }
        acting.spawn_on(crowd.clone().act(Kind::WrongKeys, number), others);
    }
    while acting.join_next().await.is_some() {}
}

/// The statuses that are documented for what they do.
fn allowed(kind: Kind) -> &'static [u16] {
    match kind {
        Kind::Answer | Kind::Lists => &[200, 429, 503],
        Kind::WrongKeys => &[401, 429],
        Kind::Keyless => &[401, 429],
        Kind::Honest | Kind::Idle => &[200, 429],
        Kind::Header | Kind::Body | Kind::Chunks | Kind::Silent => &[],
    }
}

/// The memberships in a site file.
fn members_of(path: &Path) -> HashSet<(String, String)> {
    let text = fs::read_to_string(path).expect("the site");
    let site: Value = serde_json::from_str(&text).expect("JSON");
    let memberships = site["memberships"].as_array().expect("a list").iter();
    let text = |value: &Value| value.as_str().expect("an id").to_owned();
    memberships
        .map(|one| (text(&one["acs_user_id"]), text(&one["acs_access_group_id"])))
        .collect()
}

const VICTIM: &str = "seam_victim_0123456789abcdef";
const CROWD: &str = "seam_crowd_0123456789abcdef";

/// As promised: an abusive connection is gone so long after its limit.
const GONE_AFTER: Duration = Duration::from_secs(15);
