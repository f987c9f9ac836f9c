use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use tokio::time::sleep;

use super::*;

/// A site whose saves end when and how the test says.
#[derive(Debug, Default)]
pub(super) struct Fake {
    unsaved: AtomicU64,
    begun: AtomicUsize,
    gate: Gate,
    open: Mutex<Option<oneshot::Sender<Saved>>>,
    /// How the next save ends, as soon as it begins; `Some(None)` is a panic.
    next: Mutex<Option<Option<Saved>>>,
}

impl Fake {
    pub(super) fn new(unsaved: u64) -> Arc<Self> {
        Arc::new(Self {
            unsaved: unsaved.into(),
            ..Self::default()
        })
    }

    fn change(&self) {
        self.unsaved.fetch_add(1, Ordering::SeqCst);
    }

    fn begun(&self) -> usize {
        self.begun.load(Ordering::SeqCst)
    }

    /// Whether it is being saved.
    pub(super) fn is_open(&self) -> bool {
        self.open.lock().expect("whole").is_some()
    }

    /// Ends the save.
    pub(super) fn end(&self, saved: Saved) {
        let open = self.open.lock().expect("whole").take();
        self.forget(&saved);
        let _ = open.expect("it is being saved").send(saved);
    }

    /// The next save ends like this as soon as it begins.
    pub(super) fn at_once(&self, saved: Saved) {
        *self.next.lock().expect("whole") = Some(Some(saved));
    }

    pub(super) fn panics_at_once(&self) {
        *self.next.lock().expect("whole") = Some(None);
    }

    fn forget(&self, saved: &Saved) {
        if let Ok(changes) = saved {
            self.unsaved.fetch_sub(*changes, Ordering::SeqCst);
        }
    }

    async fn await_save(&self, number: usize) {
        for _ in 0..60_000 {
            if self.begun() >= number {
                break;
            }
            sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(self.begun(), number, "after a minute");
    }
}

impl Saves for Fake {
    fn is_kept(&self) -> bool {
        true
    }

    fn label(&self) -> String {
        "fake".to_owned()
    }

    fn unsaved(&self) -> u64 {
        self.unsaved.load(Ordering::SeqCst)
    }

    fn usual(&self) -> Duration {
        Duration::ZERO
    }

    fn gate(&self) -> &Gate {
        &self.gate
    }

    fn begin_save(self: Arc<Self>) -> oneshot::Receiver<Saved> {
        self.begun.fetch_add(1, Ordering::SeqCst);
        let (done, result) = oneshot::channel();
        if let Some(next) = self.next.lock().expect("whole").take() {
            if let Some(saved) = next {
                self.forget(&saved);
                done.send(saved).expect("it is there");
            }
            return result;
        }
        *self.open.lock().expect("whole") = Some(done);
        result
    }
}

const PATIENCE: Duration = Duration::from_secs(5);

struct World {
    savers: Savers<Fake>,
    health: Health,
    metrics: Metrics,
}

impl World {
    fn new() -> Self {
        let (health, metrics) = (Health::default(), Metrics::default());
        Self {
            savers: Savers::new(PATIENCE, health.clone(), metrics.clone()),
            health,
            metrics,
        }
    }

    fn with_site(unsaved: u64) -> (Self, Arc<Fake>) {
        let (world, site) = (Self::new(), Fake::new(unsaved));
        world.savers.add(&site);
        (world, site)
    }

    fn counts(&self, line: &str) -> bool {
        let text = self.metrics.to_string();
        text.contains(&format!("\naccess_groups_{line}\n"))
    }
}

fn failed() -> Saved {
    Err(Failure::failed("the disk is full"))
}

#[tokio::test(start_paused = true)]
async fn a_failing_save_refuses_and_recovers() {
    let (world, site) = World::with_site(2);
    site.await_save(1).await;
    assert!(world.counts("unsaved_changes 2"), "{}", world.metrics);
    site.end(failed());
    sleep(Duration::from_millis(1)).await;
    assert!(!world.health.is_ready(), "from the first failure");
    assert!(!site.gate().is_refusing(), "it may be saved in time");
    site.change();
    for number in 2..=5 {
        site.await_save(number).await;
        site.end(failed());
    }
    sleep(Duration::from_millis(980)).await;
    assert!(!site.gate().is_refusing());
    sleep(Duration::from_millis(20)).await;
    assert!(site.gate().is_refusing(), "after 5 s");
    site.await_save(6).await;
    assert!(world.counts("unsaved_changes 3"), "{}", world.metrics);
    site.end(Ok(3));
    sleep(Duration::from_millis(1)).await;
    assert!(world.health.is_ready() && !site.gate().is_refusing());
    assert!(world.counts("unsaved_changes 0"), "{}", world.metrics);
    assert!(world.counts("saves_total{outcome=\"failed\"} 5"));
    assert!(world.counts("saves_total{outcome=\"saved\"} 1"));
}

#[tokio::test(start_paused = true)]
async fn a_save_that_hangs_refuses() {
    let (world, site) = World::with_site(1);
    site.await_save(1).await;
    sleep(PATIENCE - Duration::from_millis(10)).await;
    assert!(world.health.is_ready());
    sleep(Duration::from_millis(10)).await;
    assert!(!world.health.is_ready() && site.gate().is_refusing());
    site.end(Ok(1));
    sleep(Duration::from_millis(1)).await;
    assert!(world.health.is_ready() && !site.gate().is_refusing());
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_a_failure() {
    let (world, site) = World::with_site(1);
    site.panics_at_once();
    site.await_save(1).await;
    sleep(Duration::from_millis(1)).await;
    assert!(!world.health.is_ready());
    site.await_save(2).await;
    site.end(Ok(1));
    sleep(Duration::from_millis(1)).await;
    assert!(world.health.is_ready());
}

#[tokio::test(start_paused = true)]
async fn saves_are_a_second_apart() {
    let (_world, site) = World::with_site(0);
    sleep(Duration::from_secs(10)).await;
    assert_eq!(site.begun(), 0, "there is nothing to save");
    site.change();
    let start = Instant::now();
    site.await_save(1).await;
    assert!(start.elapsed() <= SAVE_INTERVAL + Duration::from_millis(1));
    site.change();
    sleep(Duration::from_secs(3)).await; // it is slow
    site.end(Ok(1));
    let start = Instant::now();
    site.await_save(2).await;
    assert!(start.elapsed() >= SAVE_INTERVAL, "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_site_is_saved_before_it_is_taken() {
    let (world, site) = World::with_site(1);
    let other = Fake::new(1);
    world.savers.add(&other);
    let (savers, taken) = (world.savers.clone(), Arc::clone(&site));
    let taking = tokio::spawn(async move { savers.take(&taken).await });
    site.await_save(1).await;
    site.end(failed());
    site.await_save(2).await;
    assert!(!taking.is_finished(), "it is not saved");
    site.end(Ok(1));
    assert!(taking.await.expect("no panic"));
    assert_eq!(Arc::strong_count(&site), 1, "nothing holds it");
    site.change();
    sleep(Duration::from_secs(10)).await;
    assert_eq!(site.begun(), 2, "nobody saves it");
    assert!(other.is_open());
    assert!(world.savers.take(&site).await, "it is gone already");
    world.savers.add(&site);
    site.await_save(3).await;
}

#[tokio::test(start_paused = true)]
async fn a_site_that_comes_back_stays() {
    let (world, site) = World::with_site(1);
    let (savers, taken) = (world.savers.clone(), Arc::clone(&site));
    let taking = tokio::spawn(async move { savers.take(&taken).await });
    site.await_save(1).await;
    world.savers.add(&site);
    assert!(!taking.await.expect("no panic"), "it was not taken");
    site.end(Ok(1));
    site.change();
    site.await_save(2).await;
}

#[tokio::test(start_paused = true)]
async fn unsaved_changes_are_a_sum() {
    let (world, first) = World::with_site(2);
    let second = Fake::new(3);
    world.savers.add(&second);
    second.await_save(1).await;
    assert!(world.counts("unsaved_changes 5"), "{}", world.metrics);
    first.end(Ok(2));
    assert!(world.counts("unsaved_changes 3"), "{}", world.metrics);
    second.change(); // while it is saved
    assert!(world.counts("unsaved_changes 4"), "{}", world.metrics);
}
