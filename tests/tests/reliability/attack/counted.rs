//! What `/metrics` says is what clients have seen: answers by operation and status, refusals by reason,
//! and connections, counted on both sides under load.

use std::{collections::BTreeMap, fmt, net::Ipv4Addr};

use tokio::{io::AsyncWriteExt, task::JoinSet};

use super::*;

#[test]
fn metrics_say_what_clients_have_seen() {
    let _sockets = run::SOCKETS.write().unwrap_or_else(PoisonError::into_inner);
    let mut world = World::start(Scale {
        options: &[
            "header=5",
            "body=10",
            "idle=600",
            "calls_per_key=4",
            "connections_per_peer=40",
        ],
        ..Scale::SHORT
    });
    let to = world.to;
    let (mut seen, held) = world.runtime.block_on(async {
        let mut callers = JoinSet::new();
        for number in 0..CALLERS {
            callers.spawn(Caller::new(to, number).run());
        }
        let (mut seen, mut held) = (Seen::default(), Vec::new());
        while let Some(caller) = callers.join_next().await {
            let caller = caller.expect("no panic");
            seen.add(caller.seen);
            held.push(caller.http);
        }
        too_many_connections(to, &mut seen).await;
        too_many_calls(to, &mut seen).await;
        (seen, held)
    });
    let connections = |text: &str| Seen::connections(text);
    // The server looks at connections that have ended when it gets to it.
    let mut text = world.server.metrics();
    let begun = Instant::now();
    while connections(&text) != held.len() as u64 && begun.elapsed() < GONE_AFTER {
        text = world.server.metrics();
    }
    assert_eq!(connections(&text), held.len() as u64, "open connections");
    assert!(
        text.contains("\naccess_groups_requests_in_flight 0\n"),
        "{text}"
    );
    let counted = Seen::of(&text);
    assert_eq!(counted, seen);
    // A call that the server could not answer as documented would be in both counts.
    seen.answers.retain(|(_, status), _| *status >= 500);
    assert_eq!(seen.answers, BTreeMap::new());
    run::report("attack, metrics", &counted.to_string());
}

/// What was counted, by a client or by the server.
#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    answers: BTreeMap<(String, u16), u64>,
    /// How many times were measured, by operation.
    timed: BTreeMap<String, u64>,
    refusals: BTreeMap<String, u64>,
}

impl Seen {
    /// What the text of the metrics says.
    fn of(text: &str) -> Self {
        let mut seen = Self::default();
        for line in text.lines() {
            let Some((name, count)) = line.rsplit_once(' ') else {
                continue;
            };
            let value = |label: &str| {
                let (_, rest) = name.split_once(&format!("{label}=\""))?;
                Some(rest.split_once('"').expect("it ends").0.to_owned())
            };
            let count = || count.parse().expect("a number");
            if name.starts_with("access_groups_requests_total{") {
                let status = value("status").expect("a status").parse();
                let of = (value("operation").expect("one"), status.expect("a number"));
                seen.answers.insert(of, count());
            } else if name.starts_with("access_groups_request_seconds_count{") {
                seen.timed.insert(value("operation").expect("one"), count());
            } else if name.starts_with("access_groups_refusals_total{") {
                seen.refusals.insert(value("reason").expect("one"), count());
            }
        }
        seen
    }

    fn connections(text: &str) -> u64 {
        let mut lines = text.lines();
        let line = lines.find_map(|line| line.strip_prefix("access_groups_connections "));
        line.expect("a gauge").parse().expect("a number")
    }

    fn answer(&mut self, operation: &str, status: u16) {
        let of = (operation.to_owned(), status);
        *self.answers.entry(of).or_default() += 1;
        *self.timed.entry(operation.to_owned()).or_default() += 1;
    }

    fn refusal(&mut self, reason: &str) {
        *self.refusals.entry(reason.to_owned()).or_default() += 1;
    }

    fn add(&mut self, other: Self) {
        for (of, count) in other.answers {
            *self.answers.entry(of).or_default() += count;
        }
        for (of, count) in other.timed {
            *self.timed.entry(of).or_default() += count;
        }
        for (of, count) in other.refusals {
            *self.refusals.entry(of).or_default() += count;
        }
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let answers: u64 = self.answers.values().sum();
        let kinds = self.answers.len();
        write!(
            f,
            "{answers} answers of {kinds} kinds (operation and status), refusals {:?}: no difference",
            self.refusals
        )
    }
}

/// What a caller sends, and how the server calls it.
struct Sent {
    request: Vec<u8>,
    operation: &'static str,
    /// The reason by which a refusal of this status is counted.
    refused: &'static [(u16, &'static str)],
    /// Whether the server closes the connection afterwards.
    is_last: bool,
}

impl Sent {
    fn call(operation: &'static str, path: &str, body: &str) -> Self {
        Self::whole(operation, request(path, Some(CROWD), body), &[])
    }

    fn whole(
        operation: &'static str,
        request: Vec<u8>,
        refused: &'static [(u16, &'static str)],
    ) -> Self {
        Self {
            request,
            operation,
            refused,
            is_last: false,
        }
    }

    /// All that a caller may send; some of it may be answered in several ways.
    fn any(random: &mut fastrand::Rng) -> Self {
        let (kind, index) = (random.u8(..24), random.usize(..1_000));
        let pair = |group: String| {
            let user = user(index);
            format!(r#"{{"acs_user_id":"{user}","acs_access_group_id":"{group}"}}"#)
        };
        let head = |line: &str| format!("{line}\r\n\r\n").into_bytes();
        match kind {
            0..=3 => Self::call("add_user", ADD, &pair(group(1).to_string())),
            4..=6 => Self::call("remove_user", REMOVE, &pair(group(1).to_string())),
            7 => Self::call("add_user", ADD, &pair(user(1).to_string())), // there is no such group
            8..=10 => Self::call("acs_user", "/acs/users/get", &named(user(1).to_string())),
            11 => Self::call("acs_user", "/acs/users/get", &named(group(1).to_string())),
            12 | 13 => Self::call("acs_users", "/acs/users/list", r#"{"limit":7}"#),
            14 => Self::call("unmanaged", "/acs/users/unmanaged/list", "{}"),
            15 => Self::call("refused", "/acs/users/get", "{"),
            16 => Self::call("refused", "/acs/users/get", r#"{"acs_user_id":1}"#),
            17 => Self::call("unknown", "/acs/nowhere", "{}"),
            18 => Self::whole("health", head("GET /health HTTP/1.1\r\nhost: a"), &[]),
            19 => Self::whole(
                "preflight",
                head("OPTIONS /acs/users/get HTTP/1.1\r\nhost: a"),
                &[],
            ),
            20 => Self::whole(
                "refused",
                request("/acs/users/get", None, "{}"),
                &[(401, "no_key")],
            ),
            21 => Self::whole(
                "refused",
                request("/acs/users/get", Some("seam_wrong_0123456789abcdef"), "{}"),
                &[(401, "wrong_key"), (429, "too_many_wrong_keys")],
            ),
            22 => Self::whole(
                "refused",
                head("GET /health HTTP/1.1\r\nhost: a\r\nhost: b"),
                &[(400, "host")],
            ),
            _ => Self {
                is_last: true,
                ..Self::whole(
                    "refused",
                    head(&format!(
                        "POST /acs/users/get HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {CROWD}\r\n\
                         expect: 100-continue\r\ncontent-length: 2000000"
                    )),
                    &[(413, "too_large")],
                )
            },
        }
    }
}

fn named(user: String) -> String {
    format!(r#"{{"acs_user_id":"{user}"}}"#)
}

const ADD: &str = "/acs/users/add_to_access_group";
const REMOVE: &str = "/acs/users/remove_from_access_group";

/// Makes calls from an address of its own, one after the other, and counts.
struct Caller {
    to: SocketAddr,
    from: Ipv4Addr,
    random: fastrand::Rng,
    http: Option<Http>,
    seen: Seen,
}

impl Caller {
    fn new(to: SocketAddr, number: u8) -> Self {
        Self {
            to,
            from: Ipv4Addr::new(127, 7, 0, number + 1),
            random: fastrand::Rng::with_seed(run::seed() + u64::from(number)),
            http: None,
            seen: Seen::default(),
        }
    }

    /// Ends with an open connection.
    async fn run(mut self) -> Self {
        let calls = if run::is_full() { 3_000 } else { 300 };
        for _ in 0..calls {
            let sent = Sent::any(&mut self.random);
            self.send(&sent).await;
        }
        self.half_requests().await;
        self.send(&Sent::call("unknown", "/acs/nowhere", "{}"))
            .await;
        self
    }

    async fn send(&mut self, sent: &Sent) {
        let mut http = match self.http.take() {
            Some(http) => http,
            None => self.connect().await,
        };
        let answer = http.call(&sent.request).await;
        let (status, _) = answer.expect("every request is answered");
        // Of a key with as many calls as it may have, nothing else is looked at.
        let is_crowded = status == 429 && sent.refused.is_empty();
        self.seen.answer(
            if is_crowded {
                "refused"
            } else {
                sent.operation
            },
            status,
        );
        if is_crowded {
            self.seen.refusal("key_calls");
        }
        let reason = sent.refused.iter().find(|(of, _)| *of == status);
        reason.inspect(|(_, reason)| self.seen.refusal(reason));
        self.http = (!sent.is_last).then_some(http);
    }

    async fn connect(&self) -> Http {
        let http = Http::connect(self.from, self.to).await;
        http.expect("there is room for it")
    }

    /// Half a header, half a body, and what is no request: each ends its connection.
    async fn half_requests(&mut self) {
        let whole = request("/acs/users/get", None, "{ }");
        let ends: [(&[u8], Option<u16>, &str); 3] = [
            (&whole[..20], None, "late"),
            (&whole[..whole.len() - 1], Some(408), "body"),
            (b"nonsense\r\n\r\n", None, "unreadable"),
        ];
        for (begun, status, reason) in ends {
            let mut http = self.connect().await;
            http.stream.write_all(begun).await.expect("sent");
            let mut answer = Vec::new();
            let _ = http.stream.read_to_end(&mut answer).await;
            self.seen.refusal(reason);
            if let Some(status) = status {
                let begin = format!("HTTP/1.1 {status} ");
                assert!(answer.starts_with(begin.as_bytes()), "{answer:?}");
                self.seen.answer("refused", status);
            }
        }
    }
}

/// More connections than one address may have: the last ones are closed at once.
async fn too_many_connections(to: SocketAddr, seen: &mut Seen) {
    let from = Ipv4Addr::new(127, 7, 1, 1);
    let mut kept = Vec::new();
    for _ in 0..40 {
        let mut http = Http::connect(from, to).await.expect("it listens");
        let health = b"GET /health HTTP/1.1\r\nhost: a\r\n\r\n";
        assert_eq!(http.call(health).await.expect("an answer").0, 200);
        seen.answer("health", 200);
        kept.push(http);
    }
    for _ in 0..5 {
        let mut http = Http::connect(from, to).await.expect("it listens");
        let mut answer = Vec::new();
        let _ = http.stream.read_to_end(&mut answer).await;
        assert_eq!(answer, b"");
        seen.refusal("peer_connections");
    }
}

/// More calls than one key may have, each of which waits for its body.
async fn too_many_calls(to: SocketAddr, seen: &mut Seen) {
    let from = Ipv4Addr::new(127, 7, 2, 1);
    let get = request("/acs/users/get", Some(CROWD), "{}");
    let head = String::from_utf8(get).expect("text");
    let head = head.replace("\r\n\r\n{}", "\r\nexpect: 100-continue\r\n\r\n");
    let mut waiting = Vec::new();
    for _ in 0..4 {
        let mut http = Http::connect(from, to).await.expect("it listens");
        http.stream.write_all(head.as_bytes()).await.expect("sent");
        // It asks for the body when the call has its place.
        let mut interim = *b"HTTP/1.1 100 Continue\r\n\r\n";
        http.stream.read_exact(&mut interim).await.expect("told");
        assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
        waiting.push(http);
    }
    let mut http = Http::connect(from, to).await.expect("it listens");
    let get = request("/acs/users/get", Some(CROWD), "{}");
    assert_eq!(http.call(&get).await.expect("an answer").0, 429);
    seen.answer("refused", 429);
    seen.refusal("key_calls");
    for mut http in waiting {
        assert_eq!(http.call(b"").await.expect("an answer").0, 408);
        seen.answer("refused", 408);
        seen.refusal("body");
    }
}

/// Each with an address of its own.
const CALLERS: u8 = 32;
