//! `--faults`: a served store that throttles, stalls and loses answers.
//!
//! Faults stand in front of the store and never touch what it holds.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    str::FromStr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use access_groups_core::{async_trait, file_text, prelude::*, without_mark};
use access_groups_layers::{FaultPlan, Faults, is_lost};
use access_groups_server::HangUp;

use super::{Log, site::Site};
use crate::failure::Failure;

/// The value of `--faults`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FaultSource {
    /// A mix of faults for this seed.
    Seed(u64),
    /// A plan as JSON.
    File(PathBuf),
}

impl FromStr for FaultSource {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // A file whose name is a number can be called `./7`.
        Ok(text
            .parse()
            .map_or_else(|_| Self::File(text.into()), Self::Seed))
    }
}

impl FaultSource {
    fn plan(&self) -> Result<FaultPlan, Failure> {
        match self {
            Self::Seed(seed) => Ok(FaultPlan::from_seed(*seed)),
            Self::File(path) => read(path),
        }
    }
}

fn read(path: &Path) -> Result<FaultPlan, Failure> {
    let text = File::open(path).and_then(text_of).map_err(|error| {
        Failure::failed(format!("the fault plan {} cannot be read", path.display()))
            .caused_by(&error)
            .with_hint("--faults takes a number, or a JSON file that you may read")
    })?;
    FaultPlan::from_json(without_mark(&text)).map_err(|error| {
        // The message lists the fields already.
        Failure::failed(format!("{}: {}", path.display(), error.message()))
            .with_hint("fix the listed problems; nothing was served")
    })
}

fn text_of(source: impl Read) -> io::Result<String> {
    let mut bytes = Vec::new();
    // One byte more, to tell a plan of the size from a longer one.
    source.take(PLAN_SIZE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > PLAN_SIZE {
        let message = format!("it is longer than {PLAN_SIZE} bytes");
        return Err(io::Error::new(io::ErrorKind::InvalidData, message));
    }
    Ok(file_text(bytes)?)
}

/// A thousand times what a plan needs: a device in its place may never end.
const PLAN_SIZE: u64 = 1024 * 1024;

/// What stands between the callers and the stores: the log of changes, the guard of a file that cannot
/// be saved, and faults if any are asked for. Each store has the faults of the plan by itself, with its own counts.
#[derive(Debug)]
pub(super) struct Front {
    log: Log,
    plan: Option<FaultPlan>,
    /// Each store with its workspace, as messages name it; a single store needs no name.
    injecting: Mutex<Vec<(String, Injecting)>>,
}

impl Front {
    pub(super) fn new(log: Log, faults: Option<&FaultSource>) -> Result<Self, Failure> {
        Ok(Self {
            log,
            plan: faults.map(FaultSource::plan).transpose()?,
            injecting: Mutex::default(),
        })
    }

    /// The port of a site, as callers reach it; `whose` begins with a blank or is empty.
    pub(super) fn over(&self, whose: &str, site: &Site) -> Arc<dyn AccessGroupPort> {
        let store = self.injected(whose, Arc::new(site.memory().clone()));
        self.log.over(site.guarded(store))
    }

    /// The port of a store that keeps every change by itself.
    pub(super) fn over_port(
        &self,
        whose: &str,
        port: Arc<dyn AccessGroupPort>,
    ) -> Arc<dyn AccessGroupPort> {
        self.log.over(self.injected(whose, port))
    }

    /// The port with the faults of the plan, if there is one.
    fn injected(&self, whose: &str, port: Arc<dyn AccessGroupPort>) -> Arc<dyn AccessGroupPort> {
        let Some(plan) = &self.plan else {
            return port;
        };
        let start = Instant::now();
        let faults = Faults::new(port, plan.clone())
            .with_clock(move || start.elapsed())
            .with_sleep(tokio::time::sleep);
        self.injecting().push((whose.to_owned(), faults.clone()));
        Arc::new(Disconnecting(faults))
    }

    /// What will happen, for the person who starts the server.
    pub(super) fn note(&self) -> Option<String> {
        let plan = self.plan.as_ref()?;
        Some(format!("faults, in front of the store: {plan}"))
    }

    /// What has happened, store by store.
    pub(super) fn reports(&self) -> Vec<String> {
        let injecting = self.injecting();
        let reports = injecting.iter();
        let reports = reports.map(|(whose, faults)| match faults.report() {
            report if report.calls == 0 => format!("faults{whose}: no calls"),
            report => format!("faults{whose}: {report}"),
        });
        reports.collect()
    }

    fn injecting(&self) -> MutexGuard<'_, Vec<(String, Injecting)>> {
        self.injecting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Faults in front of whatever is served.
type Injecting = Faults<Arc<dyn AccessGroupPort>>;

/// Closes the connection where a request or an answer is lost.
struct Disconnecting(Injecting);

#[async_trait]
impl AccessGroupPort for Disconnecting {
    async fn call(&self, operation: Operation, context: &Context) -> Result<Reply, Error> {
        let answer = self.0.call(operation, context).await;
        // Not by the code, which an error of the plan may have too.
        answer.map_err(|error| match is_lost(&error) {
            true => error.with_source(HangUp),
            false => error,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_without_end_is_refused() {
        let error = text_of(io::repeat(b' ')).expect_err("too long");
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        assert!(text_of(io::repeat(b' ').take(PLAN_SIZE)).is_ok());
    }

    #[tokio::test]
    async fn only_what_is_lost_hangs_up() {
        let check = async |rule: &str, expected: bool| {
            let plan = FaultPlan::from_json(&format!(r#"{{"rules": [{rule}]}}"#)).expect("a plan");
            let store = access_groups_in_memory::SiteBuilder::new().build();
            let port = Disconnecting(Faults::new(Arc::new(store), plan));
            let error = port.workspace().await.expect_err("a fault");
            let source = std::error::Error::source(&error);
            let hangs_up = source.is_some_and(|source| source.is::<HangUp>());
            assert_eq!(hangs_up, expected, "{rule}");
        };
        check(r#"{"lost": "request"}"#, true).await;
        check(r#"{"lost": "answer"}"#, true).await;
        check(r#"{"error": "unavailable", "code": "request_lost"}"#, false).await;
    }

    #[test]
    fn a_number_is_a_seed() {
        let check = |text: &str, expected| assert_eq!(text.parse(), Ok(expected), "{text}");
        check("7", FaultSource::Seed(7));
        check("./7", FaultSource::File("./7".into()));
        check("faults.json", FaultSource::File("faults.json".into()));
        check("-7", FaultSource::File("-7".into()));
    }
}
