//! Retry conformance: every operation, fault and moment makes the same trace through both adapters, and
//! the trace obeys the law.

mod faults;
mod law;
mod operations;

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use access_groups_core::prelude::*;
use access_groups_tests::{
    fault_server::{Act, FaultServer},
    virtual_time::VirtualTime,
};

use crate::{
    client::{Adapter, Setup},
    run,
};
use faults::{FAULTS, Fault};
use operations::OPERATIONS;

#[test]
fn traces_are_equal_and_obey_the_law() {
    let _sockets = run::SOCKETS.read().unwrap_or_else(PoisonError::into_inner);
    let cases = cases();
    let (requests, waits) = (AtomicUsize::new(0), AtomicUsize::new(0));
    run::in_parallel(cases.len(), |number| {
        let case = &cases[number];
        let traces = Adapter::ALL.map(|adapter| case.run(adapter, run::seed() + number as u64));
        let [through_async, through_blocking] = &traces;
        assert_eq!(through_async, through_blocking, "{case}");
        let expected = law::Expected::of(case);
        if let Err(violation) = expected.check(through_async) {
            panic!("{case}: {violation}\n{through_async:#?}");
        }
        requests.fetch_add(2 * through_async.requests(), Ordering::Relaxed);
        waits.fetch_add(2 * through_async.waits().len(), Ordering::Relaxed);
    });
    let count = cases.len() * Adapter::ALL.len();
    assert!(count >= 1200, "{count} cases");
    let counts = format!(
        "{count} cases ({} operations x {} faults x {} moments x {} adapters), {} requests, {} waits",
        OPERATIONS.len(),
        FAULTS.len(),
        Moment::ALL.len(),
        Adapter::ALL.len(),
        requests.into_inner(),
        waits.into_inner()
    );
    run::report("retry conformance", &counts);
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for operation in 0..OPERATIONS.len() {
        for fault in FAULTS {
            cases.extend(Moment::ALL.map(|moment| Case {
                operation,
                fault,
                moment,
            }));
        }
    }
    cases
}

/// Which attempts meet the fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    First,
    Second,
    Last,
    All,
}

impl Moment {
    const ALL: [Self; 4] = [Self::First, Self::Second, Self::Last, Self::All];
}

/// One call, and what happens to it.
struct Case {
    operation: usize,
    fault: &'static Fault,
    moment: Moment,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, _) = OPERATIONS[self.operation];
        write!(f, "{name}, {}, {:?}", self.fault.name, self.moment)
    }
}

impl Case {
    /// What the attempts meet; those after them are served.
    fn script(&self) -> Vec<&'static Fault> {
        let (busy, fault) = (&faults::BUSY, self.fault);
        match self.moment {
            Moment::First => vec![fault],
            Moment::Second => vec![busy, fault],
            Moment::Last => vec![busy, busy, fault],
            Moment::All => vec![fault; 3],
        }
    }

    fn run(&self, adapter: Adapter, seed: u64) -> Trace {
        let site = operations::Site::new();
        let (_, operation) = OPERATIONS[self.operation];
        let log = Log::default();
        let (acts, requests) = (self.script(), log.clone());
        let server = FaultServer::start(site.store.clone(), move |received| {
            requests.push(Event::Request(received.normalized()));
            acts.get(received.number)
                .map_or(Act::SERVE, |fault| (fault.act)())
        });
        let waits = log.clone();
        let time = VirtualTime::observed(move |wait| waits.push(Event::Wait(wait)));
        let mut setup = Setup::new(time, seed);
        if self.fault.is_silent {
            // Waited for on the real clock, but not so short that a busy machine cannot answer.
            setup.attempt_timeout = Duration::from_millis(500);
        }
        let client = setup.client(adapter, &server.url());
        let result = client.call(operation(&site), &Context::new());
        Trace {
            events: log.events(),
            outcome: Outcome::of(&result, &server.url()),
        }
    }
}

/// What the service received and what the driver waited, in order; clones share it.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<Event>>>);

impl Log {
    fn push(&self, event: Event) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(event);
    }

    fn events(&self) -> Vec<Event> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Event {
    Request(String),
    Wait(Duration),
}

#[derive(Debug, PartialEq)]
struct Trace {
    events: Vec<Event>,
    outcome: Outcome,
}

impl Trace {
    fn requests(&self) -> usize {
        let requests = self
            .events
            .iter()
            .filter(|event| matches!(event, Event::Request(_)));
        requests.count()
    }

    /// How long was waited between one request and the next, and after the last if at all.
    fn waits(&self) -> Vec<Duration> {
        let mut waits = Vec::new();
        let mut is_after_request = true;
        for event in &self.events {
            match event {
                Event::Request(_) => is_after_request = true,
                Event::Wait(wait) if is_after_request => {
                    waits.push(*wait);
                    is_after_request = false;
                }
                Event::Wait(wait) => *waits.last_mut().expect("pushed before") += *wait,
            }
        }
        waits
    }
}

#[derive(Debug, PartialEq)]
enum Outcome {
    Answered,
    Failed {
        kind: ErrorKind,
        code: Option<String>,
        text: String,
        is_ambiguous: bool,
        is_retryable: bool,
    },
}

impl Outcome {
    fn of(result: &Result<Reply, Error>, url: &str) -> Self {
        match result {
            Ok(_) => Self::Answered,
            Err(error) => Self::Failed {
                kind: error.kind(),
                code: error.code().map(str::to_owned),
                // The place differs from run to run.
                text: error.to_string().replace(url, "PLACE"),
                is_ambiguous: error.is_ambiguous(),
                is_retryable: error.is_retryable(),
            },
        }
    }
}
