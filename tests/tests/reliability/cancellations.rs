//! Calls that are dropped at any await point leave nothing behind, and the store holds what was answered.

mod blocking;

use std::{
    collections::BTreeMap,
    future::{Future, poll_fn},
    pin::pin,
    sync::PoisonError,
    task::Poll,
};

use access_groups_core::prelude::*;
use access_groups_http_async as http_async;
use access_groups_in_memory::SiteBuilder;
use access_groups_tests::{
    fault_server::{Act, End, FaultServer, Received, Say},
    virtual_time::VirtualTime,
};
use tokio::{runtime::Runtime, task::JoinSet};

use crate::{
    client::{Adapter, Client, Setup},
    left::Left,
    run,
};

#[test]
fn dropped_calls_leave_nothing() {
    let _alone = run::SOCKETS.write().unwrap_or_else(PoisonError::into_inner);
    let wanted = if run::is_full() { 20_000 } else { 5_000 };
    let mut random = fastrand::Rng::with_seed(run::seed());
    let mut counts = Counts::default();
    let runtime = Runtime::new().expect("a runtime");
    // The runtime itself opens some when it is first used.
    runtime.block_on(round(&mut random, &mut counts));
    let before = Left::settled(Some(&runtime));
    while counts.cancelled < wanted {
        runtime.block_on(round(&mut random, &mut counts));
        before.check(Some(&runtime));
    }
    let Counts {
        cancelled,
        answered,
        happened,
        most_polls,
    } = counts;
    run::report(
        "cancellations, async",
        &format!(
            "{cancelled} dropped after 0 to {most_polls} polls ({happened} had happened), \
             {answered} answered, 0 sockets, threads and tasks left"
        ),
    );
}

#[derive(Debug, Default)]
struct Counts {
    cancelled: usize,
    answered: usize,
    happened: usize,
    most_polls: usize,
}

/// What the caller knows of a call.
enum Known {
    /// It was dropped after this many polls.
    Dropped(usize),
    Answered(Result<(), Error>),
}

/// As many calls at once as there are users, each on a membership of its own: a request that is on its
/// way when its call is dropped may be carried out later.
async fn round(random: &mut fastrand::Rng, counts: &mut Counts) {
    let mut site = SiteBuilder::new();
    let users: Vec<_> = (0..USERS)
        .map(|number| site.user(format!("User {number}")))
        .collect();
    let gym = site.group("Gym");
    let store = site.build_blocking();
    let seed = random.u64(..);
    let server = FaultServer::start(store.clone(), move |received| fate(seed, received));
    let Client::Async(client) =
        Setup::new(VirtualTime::default(), seed).client(Adapter::Async, &server.url())
    else {
        unreachable!("asked for");
    };

    let mut calls = JoinSet::new();
    for user in users.iter().copied() {
        let (client, polls) = (client.clone(), random.usize(..MOST_POLLS));
        calls.spawn(async move { (user, add(&client, user, gym, polls).await) });
    }
    let known: BTreeMap<_, _> = calls.join_all().await.into_iter().collect();
    drop(client);
    server.finish();

    for (user, known) in known {
        let is_member = store.read(|state| state.is_member(user, gym));
        match &known {
            Known::Answered(Ok(())) => assert!(is_member, "what was answered is lost"),
            Known::Answered(Err(error)) => {
                assert!(error.is_ambiguous(), "{error:?}");
            }
            Known::Dropped(0) => assert!(!is_member, "sent before the first poll"),
            Known::Dropped(_) => {}
        }
        match known {
            Known::Answered(_) => counts.answered += 1,
            Known::Dropped(polls) => {
                counts.cancelled += 1;
                counts.happened += usize::from(is_member);
                counts.most_polls = counts.most_polls.max(polls);
            }
        }
    }
}

/// Adds the user, unless that takes more polls: then the call is dropped.
async fn add(
    client: &http_async::Client,
    user: AcsUserId,
    group: AccessGroupId,
    most: usize,
) -> Known {
    let mut call = pin!(client.add_user(user, group));
    let mut polls = 0;
    poll_fn(|context| {
        if polls == most {
            return Poll::Ready(Known::Dropped(polls));
        }
        polls += 1;
        match call.as_mut().poll(context) {
            Poll::Ready(result) => Poll::Ready(Known::Answered(result)),
            // At once: whoever waits for the next poll would not drop a call that waits.
            Poll::Pending if polls == most => Poll::Ready(Known::Dropped(polls)),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

/// Answers that take several polls, and faults that make calls wait and repeat.
fn fate(seed: u64, received: &Received) -> Act {
    let seed = seed.wrapping_add(received.number as u64);
    match fastrand::Rng::with_seed(seed).u8(..10) {
        0..3 => Act::SERVE,
        3..6 => Act::say(Say::Drip, End::Stay),
        6 => Act::say(Say::Chunked, End::Stay),
        7 => Act::status(503, "", ""),
        8 => Act::LOSE_ANSWER,
        _ => Act::say(Say::HalfBody, End::Close),
    }
}

const USERS: usize = 100;
const MOST_POLLS: usize = 12;
