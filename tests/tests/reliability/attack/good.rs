//! A client that does its work while others attack.

use std::{
    collections::{BTreeMap, HashMap},
    net::{Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use tokio::{sync::watch, task::JoinSet, time::sleep};

use super::{
    VICTIM,
    http::{Http, request},
};
use crate::losses::load::{group, user};

/// What it has seen.
#[derive(Default)]
pub(super) struct Seen {
    /// How long its small calls took.
    pub(super) small: Waits,
    pub(super) lists: Waits,
    pub(super) statuses: BTreeMap<u16, usize>,
    /// Of each user, whether they are in the group.
    pub(super) members: HashMap<usize, bool>,
    /// Connections that ended before their answer.
    pub(super) broken: usize,
}

impl Seen {
    pub(super) fn add(&mut self, other: Self) {
        self.small.0.extend(other.small.0);
        self.lists.0.extend(other.lists.0);
        self.members.extend(other.members);
        self.broken += other.broken;
        for (status, count) in other.statuses {
            *self.statuses.entry(status).or_default() += count;
        }
    }
}

#[derive(Default)]
pub(super) struct Waits(Vec<Duration>);

impl Waits {
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// So many of a hundred took at most this long.
    pub(super) fn percentile(&self, of_hundred: usize) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let place = (sorted.len() * of_hundred / 100).min(sorted.len().saturating_sub(1));
        sorted.get(place).copied().expect("it has made calls")
    }
}

/// Works until it is told to stop.
pub(super) async fn work(to: SocketAddr, stop: watch::Receiver<bool>) -> Seen {
    let mut lanes = JoinSet::new();
    for lane in 0..LANES {
        lanes.spawn(Lane::new(to, lane).run(stop.clone()));
    }
    let mut seen = Seen::default();
    while let Some(lane) = lanes.join_next().await {
        seen.add(lane.expect("no panic"));
    }
    seen
}

/// One connection, and the users that it adds and removes.
struct Lane {
    to: SocketAddr,
    number: usize,
    http: Option<Http>,
    seen: Seen,
}

impl Lane {
    fn new(to: SocketAddr, number: usize) -> Self {
        Self {
            to,
            number,
            http: None,
            seen: Seen::default(),
        }
    }

    async fn run(mut self, stop: watch::Receiver<bool>) -> Seen {
        let mut turn = 0;
        while !*stop.borrow() {
            match turn % 10 {
                4 => self.read(turn).await,
                9 => self.list().await,
                _ => self.change(turn).await,
            }
            turn += 1;
            sleep(PAUSE).await;
        }
        self.seen
    }

    async fn change(&mut self, turn: usize) {
        let index = self.index(turn);
        let (user, group) = (user(index), group(0));
        let is_in = self.seen.members.get(&index).copied().unwrap_or(false);
        let change = if is_in { "remove_from" } else { "add_to" };
        let path = format!("/acs/users/{change}_access_group");
        let body = format!(r#"{{"acs_user_id":"{user}","acs_access_group_id":"{group}"}}"#);
        let (is_made, took) = self.call(&path, &body).await;
        self.seen.small.0.push(took);
        if is_made {
            self.seen.members.insert(index, !is_in);
        }
    }

    async fn read(&mut self, turn: usize) {
        let body = format!(r#"{{"acs_user_id":"{}"}}"#, user(self.index(turn)));
        let (_, took) = self.call("/acs/users/get", &body).await;
        self.seen.small.0.push(took);
    }

    async fn list(&mut self) {
        let (_, took) = self.call("/acs/users/list", r#"{"limit":100}"#).await;
        self.seen.lists.0.push(took);
    }

    fn index(&self, turn: usize) -> usize {
        self.number * USERS + turn % USERS
    }

    /// Calls until it is answered: all its calls may be repeated.
    async fn call(&mut self, path: &str, body: &str) -> (bool, Duration) {
        let request = request(path, Some(VICTIM), body);
        let begun = Instant::now();
        loop {
            if self.http.is_none() {
                let peer = Ipv4Addr::new(127, 0, 0, 2);
                self.http = Http::connect(peer, self.to).await.ok();
            }
            let Some(http) = &mut self.http else {
                sleep(PAUSE).await;
                continue;
            };
            match http.call(&request).await {
                Ok((status, _)) => {
                    *self.seen.statuses.entry(status).or_default() += 1;
                    return (status == 200, begun.elapsed());
                }
                Err(_) => {
                    self.seen.broken += 1;
                    self.http = None;
                }
            }
        }
    }
}

const LANES: usize = 4;
const USERS: usize = 50;

/// Between two calls of a connection.
const PAUSE: Duration = Duration::from_millis(10);
