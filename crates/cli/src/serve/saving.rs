//! Saving what is served: while the server runs, and at its end.
//!
//! A change is answered before it is saved. What happens when it cannot be saved is said here, and
//! counted: nothing that was accepted is lost without a word, except in a crash.

mod end;
mod guard;
mod law;

use std::{
    future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use access_groups_server::{Health, Metrics};
use tokio::{
    runtime::Builder,
    sync::{oneshot, watch},
    time::{Instant, sleep_until},
};

use super::site::Site;
use crate::{
    failure::{Exit, Failure},
    output::{self, counted},
};

use law::{Saving, Step};

pub(super) use guard::{Gate, Guard};

/// How a save ended: how many changes it has saved, or why it has not.
pub(super) type Saved = Result<u64, Failure>;

/// What can be saved.
pub(super) trait Saves: Send + Sync + 'static {
    /// Whether there is anything to save to.
    fn is_kept(&self) -> bool;

    /// What people call it.
    fn label(&self) -> String;

    /// How many changes are accepted and not saved. Never waits for a save.
    fn unsaved(&self) -> u64;

    /// How long a save takes, as far as that is known.
    fn usual(&self) -> Duration;

    fn gate(&self) -> &Gate;

    /// Begins to save. If nothing comes, the save has panicked.
    fn begin_save(self: Arc<Self>) -> oneshot::Receiver<Saved>;
}

/// Saves sites, each by itself, while there are changes: a second after its last save. All clones are one.
#[derive(Debug)]
pub(super) struct Savers<S = Site>(Arc<Shared<S>>);

#[derive(Debug)]
struct Shared<S> {
    patience: Duration,
    health: Health,
    metrics: Metrics,
    sites: Mutex<Vec<Entry<S>>>,
}

#[derive(Debug)]
struct Entry<S> {
    site: Arc<S>,
    wish: watch::Sender<Wish>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Keep,
    /// Once everything is saved.
    Leave,
}

impl<S: Saves> Savers<S> {
    /// Once saving a site has failed for `patience`, its changes are refused until it succeeds.
    pub(super) fn new(patience: Duration, health: Health, metrics: Metrics) -> Self {
        let savers = Self(Arc::new(Shared {
            patience,
            health,
            metrics,
            sites: Mutex::default(),
        }));
        // Weak, since the savers hold the metrics.
        let shared = Arc::downgrade(&savers.0);
        let unsaved = move || shared.upgrade().map_or(0, |shared| Self(shared).unsaved());
        savers.0.metrics.ask_unsaved(unsaved);
        savers
    }

    /// From now on, the site is saved, also if it was about to be [taken](Self::take). A site in
    /// memory has nothing to save.
    ///
    /// # Panics
    ///
    /// Outside a runtime.
    pub(super) fn add(&self, site: &Arc<S>) {
        if !site.is_kept() {
            return;
        }
        let mut sites = self.0.sites();
        if let Some(entry) = sites.iter().find(|entry| Arc::ptr_eq(&entry.site, site)) {
            entry.wish.send_replace(Wish::Keep);
            return;
        }
        let (wish, wishes) = watch::channel(Wish::Keep);
        let saver = Saver {
            saving: Saving::new(self.0.patience, site.usual()),
            site: Arc::clone(site),
            shared: Arc::clone(&self.0),
            wishes,
            why: String::new(),
        };
        let site = Arc::clone(site);
        sites.push(Entry { site, wish });
        tokio::spawn(saver.run());
    }

    /// Saves a site until everything is saved, then no more: no call may change it any longer. Waits
    /// as long as saving fails. Answers `false` if the site was [added](Self::add) again meanwhile.
    ///
    /// The call counts, not the wait for its answer. Nothing in here holds the site afterwards.
    pub(super) fn take(&self, site: &Arc<S>) -> impl Future<Output = bool> + Send + use<S> {
        let sites = self.0.sites();
        let entry = sites.iter().find(|entry| Arc::ptr_eq(&entry.site, site));
        let wishes = entry.map(|entry| {
            entry.wish.send_replace(Wish::Leave);
            entry.wish.subscribe()
        });
        async move {
            let Some(mut wishes) = wishes else {
                return true;
            };
            // The saver closes it when it has left.
            wishes.wait_for(|wish| *wish == Wish::Keep).await.is_err()
        }
    }

    /// The last saves, after the last call: every site, even if others fail or hang. A second signal
    /// [cuts them off](Self::cut_off).
    ///
    /// # Errors
    ///
    /// Changes that were accepted are not saved. If that is so of several sites, all but the last are
    /// said here.
    pub(super) fn finish(&self) -> Result<(), Failure> {
        let sites = self.sites();
        // Without sockets or signals, so that it needs no file.
        let runtime = Builder::new_current_thread().enable_time().build();
        let runtime = runtime.map_err(|error| {
            Failure::failed("the last changes cannot be saved").caused_by(&error)
        })?;
        let mut failures = runtime.block_on(end::save_all(sites));
        let last = failures.pop();
        failures.iter().for_each(output::to_stderr);
        last.map_or(Ok(()), Err)
    }

    /// The end without the last saves: no change is accepted any more, and what is not saved is said as
    /// [`finish`](Self::finish) says it. Answers the exit code.
    pub(super) fn cut_off(&self, wait_for_save: &mut dyn FnMut()) -> Exit {
        let failures = end::cut_off(&self.sites(), wait_for_save, end::CHANGE_PATIENCE);
        failures.iter().for_each(output::to_stderr);
        if failures.is_empty() {
            output::to_stderr("interrupted");
            return Exit::Interrupted;
        }
        Exit::Failed
    }

    /// How many changes are accepted and not saved, in all sites.
    fn unsaved(&self) -> u64 {
        self.sites().iter().map(|site| site.unsaved()).sum()
    }

    fn sites(&self) -> Vec<Arc<S>> {
        let sites = self.0.sites();
        sites.iter().map(|entry| Arc::clone(&entry.site)).collect()
    }
}

impl<S> Clone for Savers<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S: Saves> Shared<S> {
    fn sites(&self) -> MutexGuard<'_, Vec<Entry<S>>> {
        self.sites.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Saves one site.
struct Saver<S> {
    site: Arc<S>,
    saving: Saving,
    shared: Arc<Shared<S>>,
    wishes: watch::Receiver<Wish>,
    /// Why the last save has failed.
    why: String,
}

impl<S: Saves> Saver<S> {
    async fn run(mut self) {
        loop {
            if self.site.unsaved() > 0 {
                self.save().await;
            } else if let Some(wish) = self.leave() {
                drop(self);
                // Whoever takes the site hears of it now that nothing here holds it.
                drop(wish);
                return;
            }
            self.pause().await;
        }
    }

    /// One save, however long it takes.
    async fn save(&mut self) {
        self.saving.begin(Instant::now());
        let mut save = Arc::clone(&self.site).begin_save();
        let saved = loop {
            self.look();
            tokio::select! {
                saved = &mut save => break saved,
                () = until(self.saving.due()) => {}
            }
        };
        let saved = saved.unwrap_or_else(|_| Err(Failure::failed("a save has panicked")));
        let now = Instant::now();
        match saved {
            Ok(changes) => {
                let (took, has_failed) = self.saving.succeed(now);
                self.shared.metrics.saved(took);
                if has_failed {
                    self.recover(changes);
                }
            }
            Err(failure) => {
                self.shared.metrics.save_failed();
                self.why = failure.in_one_line();
                if self.saving.fail(now) {
                    self.fail(failure);
                }
            }
        }
    }

    /// Waits until the next save. Not from the beginning of the last one: a disk that needs a second
    /// for each would have no rest.
    async fn pause(&mut self) {
        let end = Instant::now() + SAVE_INTERVAL;
        loop {
            self.look();
            tokio::select! {
                () = sleep_until(end) => return,
                _ = self.wishes.changed() => return,
                () = until(self.saving.due()) => {}
            }
        }
    }

    /// Does what the time that has passed asks for.
    fn look(&mut self) {
        while let Some(step) = self.saving.look(Instant::now()) {
            let (site, unsaved) = (self.site.label(), self.site.unsaved());
            match step {
                Step::Hangs => {
                    self.shared.metrics.save_failed();
                    let failure = format!("{site} is being saved, and that does not end");
                    self.why.clone_from(&failure);
                    self.fail(Failure::failed(failure));
                }
                Step::Refuses => {
                    self.site.gate().refuse();
                    output::to_stderr(format_args!(
                        "error: {site} cannot be saved: from now on its changes are refused with \
                         503; {}",
                        count_unsaved(unsaved)
                    ));
                }
                Step::StillFails(time) => output::to_stderr(format_args!(
                    "error: {site} cannot be saved, for {} s by now: {}: {}",
                    time.as_secs(),
                    count_unsaved(unsaved),
                    self.why
                )),
            }
        }
    }

    fn fail(&self, failure: Failure) {
        self.site.gate().fail();
        self.shared.health.saving_failed();
        let unsaved = self.site.unsaved();
        let refused = self.shared.patience.as_secs();
        output::to_stderr(
            failure
                .with_detail(counted(
                    unsaved,
                    "change that was accepted is not saved: it is in memory only",
                    "changes that were accepted are not saved: they are in memory only",
                ))
                .with_hint(format!(
                    "saving is tried every second; after {refused} s, changes are refused until it \
                     succeeds"
                )),
        );
    }

    fn recover(&self, changes: u64) {
        self.site.gate().recover();
        self.shared.health.saving_recovered();
        output::to_stderr(format_args!(
            "saved again: {}, in {}",
            count_saved(changes),
            self.site.label()
        ));
    }

    /// Stops saving the site if that is wished, now that it is saved.
    fn leave(&self) -> Option<watch::Sender<Wish>> {
        // Under the lock, under which it is wished: whoever adds the site then gets a new saver.
        let mut sites = self.shared.sites();
        let own = |entry: &Entry<S>| Arc::ptr_eq(&entry.site, &self.site);
        let index = sites.iter().position(own)?;
        let is_left = *sites[index].wish.borrow() == Wish::Leave;
        is_left.then(|| sites.swap_remove(index).wish)
    }
}

/// So many changes, as people read it.
fn count_unsaved(changes: u64) -> String {
    let one = "change that was accepted is not saved";
    counted(changes, one, "changes that were accepted are not saved")
}

/// The same of changes that are saved after all.
fn count_saved(changes: u64) -> String {
    let one = "change that was accepted meanwhile";
    counted(changes, one, "changes that were accepted meanwhile")
}

/// Completes then; never, without a time.
async fn until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => future::pending().await,
    }
}

/// From the end of a save until the next one begins, while there are changes.
const SAVE_INTERVAL: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests;
