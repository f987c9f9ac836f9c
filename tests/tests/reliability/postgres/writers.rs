//! Writers that remember each answer, and the comparison of these answers with what is there.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};

use access_groups_core::prelude::*;
use serde::Deserialize;
use tokio::{sync::watch, task::JoinHandle};

use super::{RUNTIME, World};

/// Tasks that create users and add each to a group, one after the other, until they are told to stop.
pub(super) struct Writers {
    tasks: Vec<JoinHandle<Told>>,
    /// How many changes were acknowledged.
    acknowledged: watch::Receiver<usize>,
    /// Dropped to stop them.
    stop: watch::Sender<()>,
}

impl Writers {
    /// Starts so many, on each node in turn. The names of their users begin with this.
    pub(super) fn start<P>(world: &World, nodes: &[P], count: usize, names: &str) -> Self
    where
        P: AccessGroupPort + Clone + 'static,
    {
        let (counter, acknowledged) = watch::channel(0);
        let (stop, stopped) = watch::channel(());
        let counter = Arc::new(counter);
        let tasks = nodes.iter().cycle().take(count).enumerate();
        let tasks = tasks.map(|(number, node)| {
            let writer = Writer {
                name: format!("{names} {number}"),
                world: world.clone(),
                node: node.clone(),
                counter: counter.clone(),
                stopped: stopped.clone(),
                told: Told::default(),
            };
            RUNTIME.spawn(writer.run())
        });
        Self {
            tasks: tasks.collect(),
            acknowledged,
            stop,
        }
    }

    /// Waits until so many more changes are acknowledged.
    pub(super) fn await_more(&self, more: usize) {
        let mut acknowledged = self.acknowledged.clone();
        let goal = *acknowledged.borrow() + more;
        let reached = async { acknowledged.wait_for(|count| *count >= goal).await.is_ok() };
        let reached = RUNTIME.block_on(async { tokio::time::timeout(LONG, reached).await });
        assert_eq!(reached, Ok(true), "changes are acknowledged");
    }

    /// Stops them after their present calls; what each was told.
    pub(super) fn end(self) -> Vec<Told> {
        drop(self.stop);
        let tasks = self.tasks.into_iter();
        tasks
            .map(|task| RUNTIME.block_on(task).expect("no panic"))
            .collect()
    }
}

struct Writer<P> {
    name: String,
    world: World,
    node: P,
    counter: Arc<watch::Sender<usize>>,
    stopped: watch::Receiver<()>,
    told: Told,
}

impl<P: AccessGroupPort> Writer<P> {
    async fn run(mut self) -> Told {
        for number in 0.. {
            if self.stopped.has_changed().is_err() {
                break;
            }
            let name = format!("{} Number {number}", self.name);
            let start = Instant::now();
            let created = self.node.create_acs_user(self.world.user(&name)).await;
            if let Some(user) = self.note(start, created, &name) {
                let user = user.acs_user_id;
                self.told.created.push(user);
                let start = Instant::now();
                let joined = self.node.add_user(user, self.world.group).await;
                if self.note(start, joined, &user.to_string()).is_some() {
                    self.told.joined.push(user);
                }
            }
        }
        self.told
    }

    /// Notes the answer to a change: of the user with this name, or of the membership of this user.
    fn note<T>(&mut self, start: Instant, answer: Result<T, Error>, change: &str) -> Option<T> {
        self.told.slowest = self.told.slowest.max(start.elapsed());
        match answer {
            Ok(value) => {
                self.told.answers.push(Instant::now());
                self.counter.send_modify(|count| *count += 1);
                return Some(value);
            }
            Err(error) if error.is_ambiguous() => self.told.unknown.push(change.to_owned()),
            Err(error) => {
                self.told
                    .refused
                    .insert(change.to_owned(), error.to_string());
            }
        }
        None
    }
}

/// What a writer was told.
#[derive(Debug, Clone, Default)]
pub(super) struct Told {
    /// Users whose creation was acknowledged.
    pub(super) created: Vec<AcsUserId>,
    /// Users whose membership was acknowledged.
    pub(super) joined: Vec<AcsUserId>,
    /// Names of users and users of memberships that may be there.
    pub(super) unknown: Vec<String>,
    /// Those that must not be there, and why.
    pub(super) refused: BTreeMap<String, String>,
    /// When changes were acknowledged.
    pub(super) answers: Vec<Instant>,
    /// How long a call took at most.
    pub(super) slowest: Duration,
}

impl Told {
    /// What was not acknowledged.
    pub(super) fn errors(&self) -> impl Iterator<Item = &str> {
        let refused = self.refused.values().map(String::as_str);
        refused.chain(self.unknown.iter().map(String::as_str))
    }
}

/// What the answers and the site have in common.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) acknowledged: usize,
    pub(super) refused: usize,
    pub(super) unknown: usize,
    /// Of the unknown ones, those that are there.
    pub(super) happened: usize,
}

/// Compares what the writers were told with what is there.
///
/// # Errors
///
/// Something that was acknowledged is lost, something refused is there, or a user is there twice.
pub(super) fn judge(told: &[Told], site: &str) -> Result<Tally, String> {
    let site: Site = serde_json::from_str(site).expect("a site file");
    let mut names = BTreeSet::new();
    for user in &site.acs_users {
        if !names.insert(user.full_name.as_str()) {
            return Err(format!("{:?} was created twice", user.full_name));
        }
    }
    let users: BTreeSet<_> = site.acs_users.iter().map(|user| user.acs_user_id).collect();
    let members = site.memberships.iter().map(|pair| pair.acs_user_id);
    let members: BTreeSet<_> = members.collect();
    let ids: BTreeSet<_> = members.iter().map(AcsUserId::to_string).collect();
    let is_there = |change: &String| names.contains(change.as_str()) || ids.contains(change);
    let mut tally = Tally::default();
    for told in told {
        if let Some(lost) = told.created.iter().find(|user| !users.contains(user)) {
            return Err(format!("the user {lost} was acknowledged and is lost"));
        }
        if let Some(lost) = told.joined.iter().find(|user| !members.contains(user)) {
            return Err(format!(
                "the membership of {lost} was acknowledged and is lost"
            ));
        }
        if let Some((change, why)) = told.refused.iter().find(|(change, _)| is_there(change)) {
            return Err(format!("{change:?} was refused ({why}) and is there"));
        }
        tally.acknowledged += told.created.len() + told.joined.len();
        tally.refused += told.refused.len();
        tally.unknown += told.unknown.len();
        tally.happened += told
            .unknown
            .iter()
            .filter(|change| is_there(change))
            .count();
    }
    Ok(tally)
}

/// How long nobody was acknowledged at most.
pub(super) fn longest_gap(told: &[Told]) -> Duration {
    let mut answers: Vec<_> = told.iter().flat_map(|told| told.answers.iter()).collect();
    answers.sort_unstable();
    let gaps = answers.windows(2).map(|pair| *pair[1] - *pair[0]);
    gaps.max().unwrap_or_default()
}

/// How long one call took at most.
pub(super) fn slowest_call(told: &[Told]) -> Duration {
    let slowest = told.iter().map(|told| told.slowest).max();
    slowest.unwrap_or_default()
}

/// The part of a site file that writers change.
#[derive(Deserialize)]
struct Site {
    acs_users: Vec<User>,
    memberships: Vec<Membership>,
}

#[derive(Deserialize)]
struct User {
    acs_user_id: AcsUserId,
    full_name: String,
}

#[derive(Deserialize)]
struct Membership {
    acs_user_id: AcsUserId,
}

/// What takes longer does not come.
const LONG: Duration = Duration::from_secs(120);

const ADA: AcsUserId = AcsUserId::from_u128(1);

fn check(told: Told, users: &[&str], members: &[AcsUserId], expected: Result<Tally, &str>) {
    let users = users.iter().enumerate().map(|(number, name)| {
        let id = AcsUserId::from_u128(1 + number as u128);
        format!(r#"{{"acs_user_id":"{id}","full_name":"{name}"}}"#)
    });
    let members = members
        .iter()
        .map(|id| format!(r#"{{"acs_user_id":"{id}"}}"#));
    let site = format!(
        r#"{{"acs_users":[{}],"memberships":[{}]}}"#,
        users.collect::<Vec<_>>().join(","),
        members.collect::<Vec<_>>().join(",")
    );
    let found = judge(std::slice::from_ref(&told), &site);
    match expected {
        Ok(tally) => assert_eq!(found, Ok(tally), "{told:?}"),
        Err(words) => assert!(found.is_err_and(|why| why.contains(words)), "{told:?}"),
    }
}

#[test]
fn judge_finds_what_is_wrong() {
    let told = || Told {
        created: vec![ADA],
        joined: vec![ADA],
        ..Told::default()
    };
    let whole = Tally {
        acknowledged: 2,
        ..Tally::default()
    };
    check(told(), &["Ada"], &[ADA], Ok(whole));
    check(told(), &[], &[ADA], Err("user"));
    check(told(), &["Ada"], &[], Err("membership"));
    check(told(), &["Ada", "Ada"], &[ADA], Err("twice"));
    let refused = Told {
        refused: BTreeMap::from([("Ada".to_owned(), "why".to_owned())]),
        ..Told::default()
    };
    check(refused.clone(), &["Ada"], &[], Err("refused"));
    let tally = Tally {
        refused: 1,
        ..Tally::default()
    };
    check(refused, &["Grace"], &[], Ok(tally));
    let unknown = Told {
        unknown: vec!["Ada".to_owned(), "Grace".to_owned(), ADA.to_string()],
        ..Told::default()
    };
    let tally = Tally {
        unknown: 3,
        happened: 2,
        ..Tally::default()
    };
    check(unknown, &["Ada"], &[ADA], Ok(tally));
}
