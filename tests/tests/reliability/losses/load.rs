//! Clients that add and remove people for real, and remember each answer.

use std::{
    fmt::Write,
    sync::{Arc, Condvar, Mutex, MutexGuard},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use access_groups_core::prelude::*;
use access_groups_http_blocking::Client;
use access_groups_protocol::{ProxyVars, RetryPolicy};

use super::{
    server::KEY,
    tally::{Answers, DIGITS, change, gray, number},
};

/// A site of so many users, each of whom is in one group of its own kind, beside those that clients
/// count with.
pub(crate) fn site(users: usize) -> String {
    let mut text = format!(r#"{{"acs_systems":[{{"acs_system_id":"{SYSTEM}","name":"Main"}}],"#);
    let each = |text: &mut String, part: &str, count: usize, row: &dyn Fn(usize) -> String| {
        let rows: Vec<_> = (0..count).map(row).collect();
        write!(text, r#""{part}":[{}],"#, rows.join(",")).expect("text grows");
    };
    each(&mut text, "acs_users", users, &|index| {
        format!(
            r#"{{"acs_user_id":"{}","acs_system_id":"{SYSTEM}","full_name":"User Number {index}","email_address":"user.{index}@example.com"}}"#,
            user(index)
        )
    });
    each(&mut text, "acs_access_groups", DIGITS + OTHERS, &|index| {
        format!(
            r#"{{"acs_access_group_id":"{}","acs_system_id":"{SYSTEM}","name":"Group {index}"}}"#,
            group(index)
        )
    });
    each(&mut text, "memberships", users, &|index| {
        let group = group(DIGITS + index % OTHERS);
        format!(
            r#"{{"acs_access_group_id":"{group}","acs_user_id":"{}"}}"#,
            user(index)
        )
    });
    text.push_str(r#""acs_entrances":[]}"#);
    text
}

/// A client without retries: what it is told is what the server has answered.
pub(crate) fn client(url: &str) -> Client {
    let once = RetryPolicy::default()
        .with_attempts(std::num::NonZeroU32::MIN)
        .with_attempt_timeout(Duration::from_secs(60));
    let client = Client::builder(KEY).endpoint(url).retry_policy(once);
    client
        .proxy_vars(ProxyVars::default())
        .build()
        .expect("a client")
}

/// The number that a user's memberships stand for.
pub(super) fn read(client: &Client, index: usize) -> Result<u32, Error> {
    let mut memberships = 0;
    for found in client.access_groups(AccessGroupFilter::new().of_user(user(index)))? {
        let id = found.acs_access_group_id;
        let digit = (0..DIGITS).find(|digit| group(*digit) == id);
        memberships |= digit.map_or(0, |digit| 1 << digit);
    }
    Ok(number(memberships))
}

/// Some clients, each of which changes the memberships of one user, one after the other.
pub(super) struct Load {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<Answers>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    answers: usize,
    refusals: usize,
    /// Clients that wait, since their changes are refused.
    waiting: usize,
    ended: usize,
    is_stopped: bool,
    /// How often those that wait were told to go on.
    releases: usize,
}

impl Load {
    /// Lets a client change each of these users, from the number that is there.
    pub(super) fn start(url: &str, users: &[(usize, u32)]) -> Self {
        let shared = Arc::<Shared>::default();
        let start = |(index, base): (usize, u32)| {
            // Each with a connection of its own, which lasts: there may be no descriptor for another.
            let (shared, client) = (Arc::clone(&shared), client(url));
            thread::spawn(move || {
                let answers = Answers {
                    base,
                    at: Vec::new(),
                    is_one_open: false,
                };
                let answers = Caller {
                    client,
                    index,
                    answers,
                    shared: &shared,
                }
                .run();
                shared.update(|state| state.ended += 1);
                answers
            })
        };
        let threads = users.iter().copied().map(start).collect();
        Self { shared, threads }
    }

    /// How many changes were answered with 200.
    pub(super) fn answers(&self) -> usize {
        self.shared.state().answers
    }

    pub(super) fn refusals(&self) -> usize {
        self.shared.state().refusals
    }

    /// Waits until so many more are.
    pub(super) fn await_answers(&self, more: usize) {
        let goal = self.answers() + more;
        self.shared.await_state(|state| state.answers >= goal);
    }

    /// Waits until every client is refused.
    pub(super) fn await_refusals(&self) {
        self.shared
            .await_state(|state| state.waiting >= self.threads.len());
    }

    /// Lets clients that were refused go on.
    pub(super) fn release(&self) {
        self.shared.update(|state| state.releases += 1);
    }

    /// Ends it; answers what each client was answered.
    pub(super) fn end(self) -> Vec<Answers> {
        self.shared.update(|state| state.is_stopped = true);
        let threads = self.threads.into_iter();
        threads
            .map(|thread| thread.join().expect("no violation"))
            .collect()
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no violation")
    }

    fn update(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
        self.changed.notify_all();
    }

    /// A client that has met a violation has ended.
    fn await_state(&self, is_met: impl Fn(&State) -> bool) {
        let waiting = |state: &mut State| !is_met(state) && state.ended == 0;
        let state = self.changed.wait_timeout_while(self.state(), LONG, waiting);
        let (state, _) = state.expect("no violation");
        assert!(is_met(&state), "nothing comes any more: {state:?}");
    }
}

struct Caller<'a> {
    client: Client,
    index: usize,
    answers: Answers,
    shared: &'a Shared,
}

impl Caller<'_> {
    fn run(mut self) -> Answers {
        while !self.shared.state().is_stopped {
            let (at, is_member) = change(self.next());
            let (user, group) = (user(self.index), group(at));
            let changed = match is_member {
                true => self.client.add_user(user, group),
                false => self.client.remove_user(user, group),
            };
            match changed {
                Ok(()) => self.answered(),
                Err(error) if error.code() == Some("saving_fails") => self.refused(&error),
                Err(error) => {
                    if !self.look_after(&error) {
                        break;
                    }
                }
            }
        }
        self.answers
    }

    fn next(&self) -> u32 {
        let made = u32::try_from(self.answers.at.len()).expect("a few");
        self.answers.base.wrapping_add(made).wrapping_add(1)
    }

    fn answered(&mut self) {
        self.answers.at.push(Instant::now());
        self.shared.update(|state| state.answers += 1);
    }

    /// Reads go on, and show that it is not made. Then it waits.
    fn refused(&self, error: &Error) {
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
        assert_eq!(
            error.retry_after(),
            Some(Duration::from_secs(1)),
            "{error:?}"
        );
        let read = read(&self.client, self.index).expect("reads go on");
        assert_eq!(
            gray(read),
            gray(self.next() - 1),
            "a refused change is made"
        );
        let mut state = self.shared.state();
        state.refusals += 1;
        state.waiting += 1;
        let releases = state.releases;
        self.shared.changed.notify_all();
        let goes_on = |state: &mut State| state.releases == releases && !state.is_stopped;
        let mut state = self
            .shared
            .changed
            .wait_while(state, goes_on)
            .expect("no violation");
        state.waiting -= 1;
    }

    /// A change without an answer, of which a read may tell. `false` if the server is gone.
    fn look_after(&mut self, error: &Error) -> bool {
        let Ok(found) = read(&self.client, self.index) else {
            self.answers.is_one_open = error.is_ambiguous();
            return false;
        };
        if gray(found) == gray(self.next()) {
            assert!(error.is_ambiguous(), "it is made: {error:?}");
            self.answered();
        } else {
            assert_eq!(gray(found), gray(self.next() - 1), "{error:?}");
        }
        true
    }
}

pub(crate) fn user(index: usize) -> AcsUserId {
    AcsUserId::from_u128(0xa000_0000_0000_4000_8000 << 48 | index as u128)
}

pub(crate) fn group(index: usize) -> AccessGroupId {
    AccessGroupId::from_u128(0x6000_0000_0000_4000_8000 << 48 | index as u128)
}

const SYSTEM: &str = "50000000-0000-4000-8000-000000000001";

/// Groups of which no client knows.
const OTHERS: usize = 100;

/// What takes longer does not come.
const LONG: Duration = Duration::from_secs(120);
