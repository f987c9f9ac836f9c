//! The last saves of a process.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    thread,
    time::Duration,
};

use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until},
};

use super::{Saved, Saves, count_saved, count_unsaved};
use crate::{
    failure::{Exit, Failure},
    output,
};

/// Saves every site that needs it; those that failed before come last. Answers what is not saved.
pub(super) async fn save_all<S: Saves>(sites: Vec<Arc<S>>) -> Vec<Failure> {
    let mut waiting: Vec<_> = sites
        .into_iter()
        .filter(|site| site.unsaved() > 0)
        .collect();
    waiting.sort_by_key(|site| site.gate().is_failing());
    let mut end = End {
        waiting: waiting.into(),
        open: HashMap::new(),
        saves: JoinSet::new(),
        progress: Instant::now(),
    };
    let mut failures = Vec::new();
    while end.begin() {
        let due = end.due();
        tokio::select! {
            Some(Ok((number, saved))) = end.saves.join_next() => {
                end.progress = Instant::now();
                failures.extend(end.ended(number, saved));
            }
            () = sleep_until(due) => {
                if Instant::now() >= end.progress + PATIENCE {
                    break;
                }
            }
        }
    }
    let open = end.open.values().map(|(site, _)| not_saved(&**site, HANGS));
    failures.extend(open);
    let never_begun = end.waiting.iter();
    failures.extend(never_begun.map(|site| not_saved(&**site, NOT_BEGUN)));
    failures
}

/// Refuses all changes from now on, waits for a save and for changes that have begun, and answers what
/// is not saved.
pub(super) fn cut_off<S: Saves>(
    sites: &[Arc<S>],
    wait_for_save: &mut dyn FnMut(),
    patience: Duration,
) -> Vec<Failure> {
    sites.iter().for_each(|site| site.gate().close());
    wait_for_save();
    let until = Instant::now() + patience;
    let is_changing = || sites.iter().any(|site| site.gate().is_passed());
    while is_changing() && Instant::now() < until {
        thread::sleep(CHANGE_PAUSE);
    }
    let lost = sites.iter().filter_map(|site| {
        if site.unsaved() > 0 {
            return Some(not_saved(&**site, CUT_OFF));
        }
        let message = || format!("{}: {BEGUN}", site.label());
        (site.gate().is_passed()).then(|| Failure::new(Exit::Failed, message()))
    });
    lost.collect()
}

struct End<S> {
    waiting: VecDeque<Arc<S>>,
    /// What is being saved, and since when.
    open: HashMap<usize, (Arc<S>, Instant)>,
    saves: JoinSet<(usize, Saved)>,
    /// When the last save has ended.
    progress: Instant,
}

impl<S: Saves> End<S> {
    /// Begins as many saves as there may be. `false` if there is nothing left to do.
    fn begin(&mut self) -> bool {
        let now = Instant::now();
        // A save that takes very long may never end: it keeps no other from its turn.
        let is_busy = |begun: &Instant| now < *begun + SLOW;
        let busy = self.open.values().filter(|(_, begun)| is_busy(begun));
        for _ in busy.count()..AT_ONCE {
            let Some(site) = self.waiting.pop_front() else {
                break;
            };
            let number = self.waiting.len(); // no other has it: they become fewer
            let save = Arc::clone(&site).begin_save();
            self.open.insert(number, (site, now));
            self.saves.spawn(async move {
                let panicked = |_| Err(Failure::failed("a save has panicked"));
                (number, save.await.unwrap_or_else(panicked))
            });
        }
        !self.open.is_empty()
    }

    fn ended(&mut self, number: usize, saved: Saved) -> Option<Failure> {
        let (site, _) = self.open.remove(&number)?;
        match saved {
            Err(failure) => Some(not_saved(&*site, &failure.in_one_line())),
            Ok(changes) => {
                if site.gate().is_failing() {
                    output::to_stderr(format_args!(
                        "saved at last: {}, in {}",
                        count_saved(changes),
                        site.label()
                    ));
                }
                None
            }
        }
    }

    /// When there is something to do, if no save ends before.
    fn due(&self) -> Instant {
        let now = Instant::now();
        let slow = self.open.values().map(|(_, begun)| *begun + SLOW);
        let slow = slow.filter(|slow| *slow > now).min();
        let patience = self.progress + PATIENCE;
        slow.map_or(patience, |slow| slow.min(patience))
    }
}

fn not_saved<S: Saves>(site: &S, why: &str) -> Failure {
    let (changes, label) = (count_unsaved(site.unsaved()), site.label());
    let why = why.strip_prefix(&label).unwrap_or(why).trim_start();
    let message = format!("{changes}: {label}: {why}");
    Failure::new(Exit::Failed, message)
}

/// How many sites are saved at the same time.
const AT_ONCE: usize = 8;

/// After this time, a save counts no longer among those.
const SLOW: Duration = Duration::from_secs(5);

/// Once no save has ended for so long, the process ends.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a second signal waits for changes that have begun; most take less than a millisecond.
pub(super) const CHANGE_PATIENCE: Duration = Duration::from_secs(1);

/// How long it waits before it looks at them again.
const CHANGE_PAUSE: Duration = Duration::from_millis(1);

const CUT_OFF: &str = "a second signal has ended the server before they were saved";

const BEGUN: &str = "a change that has begun does not end, and is lost";

const HANGS: &str = "the save does not end";

const NOT_BEGUN: &str = "other saves do not end, and its own has not begun";

#[cfg(test)]
mod tests {
    use super::{super::tests::Fake, *};

    /// Lets everything go on that can.
    async fn settle() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn every_site_is_saved_few_at_once() {
        let sites: Vec<_> = (0..20).map(|_| Fake::new(3)).collect();
        let saving = tokio::spawn(save_all(sites.clone()));
        let open = || sites.iter().filter(|site| site.is_open()).count();
        for left in (1..=20).rev() {
            settle().await;
            assert_eq!(open(), left.min(AT_ONCE));
            let site = sites.iter().find(|site| site.is_open()).expect("one");
            site.end(Ok(3));
        }
        assert!(saving.await.expect("no panic").is_empty());
        assert!(sites.iter().all(|site| site.unsaved() == 0));
    }

    #[tokio::test(start_paused = true)]
    async fn what_hangs_is_told_and_left() {
        let hanging: Vec<_> = (0..AT_ONCE).map(|_| Fake::new(2)).collect();
        let fine = Fake::new(1);
        fine.at_once(Ok(1));
        let mut sites = hanging.clone();
        sites.push(Arc::clone(&fine));
        let start = Instant::now();
        let failures = save_all(sites).await;
        assert_eq!(fine.unsaved(), 0, "it had its turn");
        let (took, tick) = (start.elapsed(), Duration::from_millis(1));
        assert!(
            took >= SLOW + PATIENCE && took <= SLOW + PATIENCE + 2 * tick,
            "{took:?}"
        );
        assert_eq!(failures.len(), AT_ONCE);
        for failure in failures {
            assert_eq!(failure.exit().code(), 1);
            let expected =
                "error: 2 changes that were accepted are not saved: fake: the save does not end";
            assert_eq!(failure.to_string(), expected);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn failures_and_panics_are_told() {
        let (failing, panicking, fine) = (Fake::new(1), Fake::new(2), Fake::new(3));
        failing.at_once(Err(
            Failure::failed("the disk is full").with_detail("caused by: you")
        ));
        panicking.panics_at_once();
        fine.at_once(Ok(3));
        fine.gate().fail();
        let failures = save_all(vec![failing, panicking, fine, Fake::new(0)]).await;
        let mut told: Vec<_> = failures.iter().map(Failure::to_string).collect();
        told.sort_unstable();
        assert_eq!(
            told,
            [
                "error: 1 change that was accepted is not saved: fake: the disk is full: you",
                "error: 2 changes that were accepted are not saved: fake: a save has panicked",
            ]
        );
    }

    #[test]
    fn what_is_cut_off_is_counted() {
        let (saved, one, more) = (Fake::new(0), Fake::new(1), Fake::new(7));
        let sites = [Arc::clone(&saved), one, more];
        let mut is_refusing = false;
        let mut wait = || is_refusing = sites.iter().all(|site| site.gate().is_refusing());
        let lost = cut_off(&sites, &mut wait, Duration::ZERO);
        assert!(is_refusing, "before a save is waited for");
        let told: Vec<_> = lost.iter().map(Failure::to_string).collect();
        let told: Vec<_> = told.iter().map(String::as_str).collect();
        let why = "fake: a second signal has ended the server before they were saved";
        assert_eq!(
            told,
            [
                &*format!("error: 1 change that was accepted is not saved: {why}"),
                &*format!("error: 7 changes that were accepted are not saved: {why}"),
            ]
        );
        saved.gate().recover(); // as after a save that ends late
        assert!(sites.iter().all(|site| site.gate().is_refusing()));
        let lost = cut_off(&[saved], &mut || {}, Duration::ZERO);
        assert!(lost.is_empty(), "{lost:?}");
    }

    #[test]
    fn a_change_that_does_not_end_is_told() {
        let site = Fake::new(0);
        let mut change = site.gate().pass();
        assert!(change.is_some());
        let sites = [Arc::clone(&site)];
        let lost = cut_off(&sites, &mut || {}, Duration::ZERO);
        let told: Vec<_> = lost.iter().map(Failure::to_string).collect();
        assert_eq!(
            told,
            ["error: fake: a change that has begun does not end, and is lost"]
        );
        let lost = cut_off(&sites, &mut || change = None, CHANGE_PATIENCE);
        assert!(lost.is_empty(), "{lost:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_failed_before_comes_last() {
        let failing: Vec<_> = (0..AT_ONCE).map(|_| Fake::new(1)).collect();
        failing.iter().for_each(|site| site.gate().fail());
        let fine = Fake::new(1);
        let mut sites = failing;
        sites.push(Arc::clone(&fine));
        let saving = tokio::spawn(save_all(sites));
        settle().await;
        assert!(fine.is_open(), "it did not wait for the others");
        saving.abort();
    }
}
