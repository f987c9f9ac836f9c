//! Rosters: reading, planning and applying, at the sizes that have limits.

use std::{
    fmt::Write,
    future::Future,
    net::SocketAddr,
    num::NonZeroUsize,
    time::{Duration, Instant},
};

use access_groups_core::{AccessGroup, AccessGroupId, AcsSystemId, AcsUser, AcsUserId, Timestamp};
use access_groups_http_async as http_async;
use access_groups_http_blocking as http_blocking;
use access_groups_roster::{
    Change, Limits, Mode, Observed, Plan, PlanOptions, ReadOptions, Report, Roster, change_all,
    change_all_blocking,
};
use futures_util::stream::{self, StreamExt};
use reqwest::header::{self, HeaderValue};
use tokio::{runtime, task::JoinSet};

use crate::{
    Outcome,
    clients::bare_reqwest,
    servers::{CpuClock, KEY, Pair},
    site::{self, Site},
};

/// A roster of so many memberships of so many groups, and a service that differs from it in a tenth of
/// them: each group loses some members and gets others.
#[derive(Debug)]
pub(crate) struct House {
    memberships: usize,
    groups: usize,
}

impl House {
    pub(crate) const fn new(memberships: usize, groups: usize) -> Self {
        Self {
            memberships,
            groups,
        }
    }

    /// Everybody is in ten groups.
    const fn people(&self) -> usize {
        self.memberships / 10
    }

    /// The people of one group, by number.
    fn members(&self, group: usize) -> impl Iterator<Item = usize> {
        let each = self.memberships / self.groups;
        let people = self.people();
        (0..each).map(move |place| (group * each + place) % people)
    }

    /// The text of the roster, by addresses and names.
    fn file(&self) -> String {
        let mut file = "user,group,from,until,note\n".to_owned();
        for group in 0..self.groups {
            for person in self.members(group) {
                // Writing into a text cannot fail.
                let _ = writeln!(
                    file,
                    "person{person}@example.com,Group {group},2026-04-03,2027-04-03,by Grace"
                );
            }
        }
        file
    }

    /// What the service shows, added in pages as they come.
    fn observed(&self) -> Observed {
        let system = AcsSystemId::from_u128(1);
        let user = |person: usize| {
            AcsUser::new(AcsUserId::from_u128(person as u128 + 1), system, "Somebody")
                .with_email_address(format!("Person{person}@example.com"))
        };
        let mut observed = Observed::new();
        for group in 0..self.groups {
            let id = AccessGroupId::from_u128(group as u128 + 1);
            observed.add_group(AccessGroup::new(id, system, format!("Group {group}")));
            // Every tenth is missing, and as many are there who are not listed.
            let replaced = |(place, person): (usize, usize)| match place % 10 {
                0 => (person + self.people() / 2) % self.people(),
                _ => person,
            };
            let members = self.members(group).enumerate().map(replaced);
            let members: Vec<_> = members.map(user).collect();
            observed.add_members(id, &members);
        }
        (0..self.people()).for_each(|person| observed.add_user(&user(person)));
        observed
    }
}

/// What planning costs: time on a CPU from the text of the roster to the plan, and the peak of the
/// process, which holds the text, what was observed, and the plan.
pub(crate) fn plan(house: &House) -> Outcome<Duration> {
    let (file, observed) = (house.file(), house.observed());
    let cpu = CpuClock::of_this_thread()?;
    let start = cpu.now();
    let roster = Roster::from_csv(file.as_bytes(), &ReadOptions::new())?;
    let at: Timestamp = "2026-10-01T00:00:00Z".parse()?;
    let options = PlanOptions::new().with_mode(Mode::Authoritative);
    let plan = Plan::new(&roster, &observed, at, &options)?;
    let spent = cpu.now() - start;
    let changes = plan.changes().count();
    // Where the others of a group are members already, one replaces nobody.
    let tenth = house.memberships / 10;
    if !(tenth..=2 * tenth).contains(&changes) {
        return Err(format!("{changes} changes in place of about {}", 2 * tenth).into());
    }
    Ok(spent)
}

/// Megabytes of a roster of so many rows, read in a second of a CPU.
pub(crate) fn reading(rows: usize) -> Outcome<f64> {
    let file = House::new(rows, rows / 100).file();
    let cpu = CpuClock::of_this_thread()?;
    let start = cpu.now();
    let roster = Roster::from_csv(file.as_bytes(), &ReadOptions::new())?;
    let spent = cpu.now() - start;
    if roster.rows().len() != rows {
        return Err("rows are missing".into());
    }
    Ok(file.len() as f64 / 1e6 / spent.as_secs_f64())
}

/// Changes that leave everything as it was: somebody is added, and removed again later.
#[derive(Debug)]
pub(crate) struct Work {
    server: SocketAddr,
    people: Vec<site::Pair>,
    at_once: usize,
    runtime: runtime::Runtime,
}

impl Work {
    pub(crate) fn new(
        server: SocketAddr,
        site: &Site,
        changes: usize,
        at_once: usize,
    ) -> Outcome<Self> {
        let people = site.users.iter().copied().take(changes / 2);
        let groups = site.groups.iter().copied().cycle();
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        Ok(Self {
            server,
            people: people.zip(groups).collect(),
            at_once,
            runtime,
        })
    }

    fn changes(&self) -> impl Iterator<Item = Change> + '_ {
        let people = || self.people.iter();
        let additions = people().map(|(user, group)| Change::add(*user, *group));
        additions.chain(people().map(|(user, group)| Change::remove(*user, *group)))
    }

    /// As an apply makes them.
    fn limits(&self) -> Outcome<Limits> {
        let at_once = NonZeroUsize::new(self.at_once).ok_or("no calls at all")?;
        Ok(Limits::of_plan().with_concurrency(at_once))
    }

    fn endpoint(&self) -> String {
        format!("http://{}", self.server)
    }

    /// Changes per second, through the async client.
    pub(crate) fn through_async(&self) -> Outcome<f64> {
        let client = http_async::Client::builder(KEY).endpoint(self.endpoint());
        let client = client.build()?;
        let (changes, limits) = (self.changes().collect::<Vec<_>>(), self.limits()?);
        let task = async move {
            let mut all = change_all(&client, changes, limits);
            let mut made = 0;
            while let Some(report) = all.next().await {
                made += accepted(&report)?;
            }
            Outcome::Ok(made)
        };
        self.per_second(|| self.in_task(task))
    }

    /// Changes per second, through the blocking client.
    pub(crate) fn through_blocking(&self) -> Outcome<f64> {
        let client = http_blocking::Client::builder(KEY).endpoint(self.endpoint());
        let all = change_all_blocking(client.build()?, self.changes(), self.limits()?);
        self.per_second(|| all.into_iter().map(|report| accepted(&report)).sum())
    }

    /// Changes per second in a bare loop.
    pub(crate) fn through_reqwest(&self, bare: Bare) -> Outcome<f64> {
        let poster = Poster::new(&self.endpoint())?;
        let people = self.people.clone();
        match bare {
            Bare::Stream => {
                let at_once = self.at_once;
                let of_all = |way| people.iter().map(move |pair| (way, *pair));
                let calls: Vec<_> = of_all(Way::Add).chain(of_all(Way::Remove)).collect();
                let task = async move {
                    let calls = calls.into_iter().map(|(way, pair)| poster.post(way, pair));
                    let mut answers = stream::iter(calls).buffer_unordered(at_once);
                    let mut made = 0;
                    while let Some(answer) = answers.next().await {
                        answer?;
                        made += 1;
                    }
                    Outcome::Ok(made)
                };
                self.per_second(|| self.in_task(task))
            }
            Bare::Tasks => {
                let share = people.len().div_ceil(self.at_once);
                let shares: Vec<Vec<_>> = people.chunks(share).map(<[_]>::to_vec).collect();
                let task = |people: Vec<site::Pair>| {
                    let poster = poster.clone();
                    async move {
                        for way in [Way::Add, Way::Remove] {
                            for pair in &people {
                                poster.post(way, *pair).await?;
                            }
                        }
                        Outcome::Ok(2 * people.len())
                    }
                };
                self.per_second(|| {
                    self.runtime.block_on(async {
                        let mut running: JoinSet<_> = shares.into_iter().map(task).collect();
                        let mut made = 0;
                        while let Some(outcome) = running.join_next().await {
                            made += outcome??;
                        }
                        Ok(made)
                    })
                })
            }
        }
    }

    /// Runs it in a task, as in an application: to wake the future of `block_on` costs two system calls.
    fn in_task(
        &self,
        task: impl Future<Output = Outcome<usize>> + Send + 'static,
    ) -> Outcome<usize> {
        self.runtime
            .block_on(async { self.runtime.spawn(task).await? })
    }

    fn per_second(&self, run: impl FnOnce() -> Outcome<usize>) -> Outcome<f64> {
        let start = Instant::now();
        let made = run()?;
        let spent = start.elapsed();
        if made != 2 * self.people.len() {
            return Err(format!("{made} of {} changes were made", 2 * self.people.len()).into());
        }
        Ok(made as f64 / spent.as_secs_f64())
    }
}

/// How a bare loop makes its calls at the same time.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Bare {
    /// One task, with `buffer_unordered`.
    Stream,
    /// As many tasks as calls at the same time, each with its share of the people.
    Tasks,
}

/// The hand-written call: JSON, status, and a body that is read and ignored.
#[derive(Clone)]
struct Poster {
    client: reqwest::Client,
    add: reqwest::Url,
    remove: reqwest::Url,
    bearer: HeaderValue,
}

#[derive(Clone, Copy)]
enum Way {
    Add,
    Remove,
}

impl Poster {
    fn new(endpoint: &str) -> Outcome<Self> {
        let url = |path| format!("{endpoint}/acs/users/{path}").parse();
        Ok(Self {
            client: bare_reqwest()?,
            add: url("add_to_access_group")?,
            remove: url("remove_from_access_group")?,
            bearer: HeaderValue::try_from(format!("Bearer {KEY}"))?,
        })
    }

    fn post(&self, way: Way, pair: site::Pair) -> impl Future<Output = Outcome<()>> + use<> {
        let url = match way {
            Way::Add => &self.add,
            Way::Remove => &self.remove,
        };
        let request = self
            .client
            .post(url.clone())
            .header(header::AUTHORIZATION, self.bearer.clone())
            .header(header::CONTENT_TYPE, "application/json");
        async move {
            let request = request.body(serde_json::to_vec(&Pair::from(pair))?);
            let response = request.send().await?.error_for_status()?;
            response.bytes().await?;
            Ok(())
        }
    }
}

/// One, if the change was made.
fn accepted(report: &Report) -> Outcome<usize> {
    match report.outcome.is_accepted() {
        true => Ok(1),
        false => Err(format!("{:?} of {:?}", report.outcome, report.change.kind).into()),
    }
}
