//! How the callers run: freely, until they have met often enough or the time is over.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    hint, panic,
    sync::{
        Barrier,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use super::*;

/// When the last heat ends. A port behind a socket makes fewer calls until then, and would lose
/// updates in a larger window.
const TIME: Duration = Duration::from_millis(1800);

/// How many calls must overlap in a heat whose callers share everything that they do. Where each has
/// a core, one call in dozens meets another one between its read and its write, and half of those
/// are seen.
pub(super) const OFTEN: usize = 5000;

/// The same for callers of whose habits many have little in common: what they share is kept in few
/// and large pieces, which are seldom missed.
pub(super) const SELDOM: usize = 1200;

/// How many turns a caller takes at least, however slow the port is.
const TURNS: usize = 4;

/// How long a caller waits for another one before a change, in turns of a loop: shorter than a call,
/// because the other one may have no core at the moment.
const MOMENT: usize = 300;

/// How many lengths of pauses there are between two who begin together: none, and powers of two.
// Nobody knows how long after its begin a call reads, and how long before its end it writes.
const PAUSES: usize = 4;

/// Something that a caller does over and over, and that nobody else disturbs.
pub(super) struct Habit {
    does: String,
    needs: Vec<Capability>,
    turn: Turn,
}

type Turn = Box<dyn Fn(&Caller<'_>) -> Checked + Send + Sync>;

impl Habit {
    pub(super) fn new(
        does: impl Into<String>,
        turn: impl Fn(&Caller<'_>) -> Checked + Send + Sync + 'static,
    ) -> Self {
        Self {
            does: does.into(),
            needs: Vec::new(),
            turn: Box::new(turn),
        }
    }

    /// What it needs after its first call: half a turn would leave something behind.
    pub(super) fn needing(mut self, needs: impl IntoIterator<Item = Capability>) -> Self {
        self.needs.extend(needs);
        self
    }

    /// Once, with nobody else at work.
    pub(super) fn alone(&self, case: &Case<'_>) -> Checked {
        let mut needs = self.needs.iter();
        if let Some(lacking) = needs.find(|needed| !case.fixture.can(**needed)) {
            case.lacks(*lacking);
            return Err(Stop::Absent);
        }
        (self.turn)(&Caller::new(case, None))
    }
}

/// What several callers do at the same time, each with habits of its own.
pub(super) struct Heat<'h> {
    callers: Vec<Vec<&'h Habit>>,
    /// How many calls must overlap.
    enough: usize,
}

impl<'h> Heat<'h> {
    pub(super) fn new(callers: impl IntoIterator<Item = Vec<&'h Habit>>, enough: usize) -> Self {
        let callers = callers.into_iter().filter(|habits| !habits.is_empty());
        Self {
            callers: callers.collect(),
            enough,
        }
    }

    // With more callers than cores some wait for the lock of the port. To wake them, its owner stops
    // for a moment just after it has read, and the smallest window opens.
    fn run(&self, case: &Case<'_>, time: Duration) -> Checked {
        let meetings = &Meetings::new(time, self.enough);
        let start = &Barrier::new(self.callers.len());
        let run = move |number: usize, habits: &[&Habit]| {
            let caller = Caller::new(case, Some((meetings, number)));
            // Threads start one after another.
            start.wait();
            let done = caller.repeat(habits);
            meetings.over.fetch_or(done.is_err(), Ordering::Relaxed);
            done
        };
        thread::scope(|scope| {
            let callers = self.callers.iter().enumerate();
            let started: Vec<_> = callers
                .map(|(number, habits)| scope.spawn(move || run(number, habits)))
                .collect();
            let done: Vec<_> = started
                .into_iter()
                .map(|caller| {
                    let panicked = |panic| panic::resume_unwind(panic);
                    caller.join().unwrap_or_else(panicked)
                })
                .collect();
            done.into_iter().collect()
        })
    }

    fn explained(&self, stop: Stop) -> Stop {
        let Stop::Broken(why) = stop else {
            return stop;
        };
        let mut text = "several callers at the same time, and the work of one is lost\n".to_owned();
        for (number, habits) in (1..).zip(&self.callers) {
            text.push_str(&format!("\ncaller {number} did over and over:\n"));
            for habit in habits {
                text.push_str(&format!("  {}\n", habit.does));
            }
        }
        Stop::Broken(format!("{text}\n{why}"))
    }
}

/// Runs the heats. Each caller takes back what it does, so that the port shows the same afterwards.
pub(super) fn race(case: &Case<'_>, heats: &[Heat<'_>]) -> Checked {
    let heats: Vec<_> = heats.iter().filter(|heat| heat.callers.len() > 1).collect();
    let before = case.visible();
    let end = Instant::now() + TIME;
    for (heat, left) in heats.iter().zip((1..=heats.len()).rev()) {
        // What one heat does not need is for the others.
        let time = end.saturating_duration_since(Instant::now()) / u32::try_from(left).unwrap_or(1);
        let run = heat.run(case, time).and_then(|()| case.must_show(&before));
        run.map_err(|stop| heat.explained(stop))?;
    }
    Ok(())
}

/// Whether the callers have met often enough.
struct Meetings {
    end: Instant,
    enough: usize,
    /// How many changes have begun, and how many have ended.
    begun: AtomicUsize,
    ended: AtomicUsize,
    /// How many of them met another one.
    met: AtomicUsize,
    /// Who is about to make a change, counted from 1.
    door: AtomicUsize,
    over: AtomicBool,
}

impl Meetings {
    fn new(time: Duration, enough: usize) -> Self {
        Self {
            end: Instant::now() + time,
            enough,
            begun: AtomicUsize::new(0),
            ended: AtomicUsize::new(0),
            met: AtomicUsize::new(0),
            door: AtomicUsize::new(0),
            over: AtomicBool::new(false),
        }
    }

    /// Waits a moment for another caller, who may be about to make a change too.
    fn gather(&self, number: usize) {
        let (nobody, me) = (0, number + 1);
        let come = |from, to| {
            let changed = self
                .door
                .compare_exchange(from, to, Ordering::SeqCst, Ordering::SeqCst);
            changed.is_ok()
        };
        if !come(nobody, me) {
            self.door.store(nobody, Ordering::SeqCst);
            return;
        }
        for _ in 0..MOMENT {
            if self.door.load(Ordering::SeqCst) != me {
                return;
            }
            hint::spin_loop();
        }
        come(me, nobody);
    }

    /// Makes a change, and notes whether another caller made one in the meantime.
    fn meanwhile<T>(&self, change: impl FnOnce() -> T) -> T {
        let others = self.ended.load(Ordering::SeqCst);
        let mine = self.begun.fetch_add(1, Ordering::SeqCst);
        let result = change();
        let last = self.begun.load(Ordering::SeqCst);
        self.ended.fetch_add(1, Ordering::SeqCst);
        if mine != others || last != mine + 1 {
            self.met.fetch_add(1, Ordering::Relaxed);
        }
        result
    }

    fn suffice(&self) -> bool {
        self.over.load(Ordering::Relaxed)
            || self.met.load(Ordering::Relaxed) >= self.enough
            || Instant::now() >= self.end
    }
}

/// One of several callers, or the only one.
pub(super) struct Caller<'c> {
    case: &'c Case<'c>,
    among: Option<(&'c Meetings, usize)>,
    random: Cell<usize>,
    latest: RefCell<VecDeque<(Operation, Result<Reply, Error>)>>,
}

impl<'c> Caller<'c> {
    fn new(case: &'c Case<'c>, among: Option<(&'c Meetings, usize)>) -> Self {
        Self {
            case,
            among,
            random: Cell::new(among.map_or(0, |(_, number)| number) + 1),
            latest: RefCell::default(),
        }
    }

    fn repeat(&self, habits: &[&Habit]) -> Checked {
        let (meetings, _) = self.among.expect("one of several");
        let mut turns = 0;
        while turns < TURNS || !meetings.suffice() {
            (habits[self.random(habits.len())].turn)(self)?;
            turns += 1;
        }
        Ok(())
    }

    /// Any number below this one; the same ones in each run.
    fn random(&self, below: usize) -> usize {
        // Knuth's generator: its high bits are good enough to choose by.
        let next = self.random.get().wrapping_mul(6_364_136_223_846_793_005);
        let next = next.wrapping_add(1_442_695_040_888_963_407);
        self.random.set(next);
        (next >> 33) % below
    }

    /// Makes a change that must succeed.
    pub(super) fn make(&self, change: &Operation) -> Checked {
        self.succeed(change, self.ask(change, true)?).map(drop)
    }

    /// Makes a change that must succeed, and reads the reply.
    pub(super) fn change<C: Call>(&self, call: C) -> Checked<C::Reply> {
        let operation = call.into();
        let answer = self.ask(&operation, true)?;
        self.succeed(&operation, answer.clone())?;
        self.case.expect::<C>(&operation, answer)
    }

    /// Makes a change; `None` if it is refused so, which another caller may have caused.
    pub(super) fn change_unless<C: Call>(
        &self,
        refused: &[ErrorKind],
        call: C,
    ) -> Checked<Option<C::Reply>> {
        let operation = call.into();
        match self.ask(&operation, true)? {
            Err(error) if refused.contains(&error.kind()) => Ok(None),
            answer => {
                self.succeed(&operation, answer.clone())?;
                self.case.expect::<C>(&operation, answer).map(Some)
            }
        }
    }

    /// Makes a change; `false` if it is refused so, which another caller may have caused.
    pub(super) fn make_unless(&self, refused: &[ErrorKind], change: &Operation) -> Checked<bool> {
        match self.ask(change, true)? {
            Err(error) if refused.contains(&error.kind()) => Ok(false),
            answer => self.succeed(change, answer).map(|_| true),
        }
    }

    fn succeed(&self, change: &Operation, answer: Result<Reply, Error>) -> Checked<Reply> {
        answer.map_err(|error| {
            self.tell();
            let (call, refused) = (call_shown(change), chain(&error));
            let why = format!("{call} must succeed, but was {refused}");
            self.case.broken(why)
        })
    }

    /// What this caller reads after a change must be so.
    pub(super) fn must_see(
        &self,
        look: &Operation,
        after: &Operation,
        is_so: impl FnOnce(&Result<Reply, Error>) -> bool,
    ) -> Checked {
        let answer = self.ask(look, false)?;
        if is_so(&answer) {
            return Ok(());
        }
        self.tell();
        let (call, seen) = (call_shown(look), shown(&Answer::from(&answer)));
        let change = call_shown(after);
        let why = format!("after {change},\n  {call} answered\n  {seen}");
        Err(self.case.broken(why))
    }

    fn ask(&self, operation: &Operation, changes: bool) -> Checked<Result<Reply, Error>> {
        let case = self.case;
        let Some((meetings, number)) = self.among else {
            return case.ask(Through::Port, operation)?.ok_or(Stop::Absent);
        };
        // Both handles at the same time: a lock inside one handle is not enough.
        let through = [Through::Port, Through::Clone][number % 2];
        let call = || case.fixture.call(through, operation.clone());
        let answer = match changes {
            true => {
                meetings.gather(number);
                let turns = self.random(1 << self.random(PAUSES));
                (0..turns).for_each(|_| hint::spin_loop());
                meetings.meanwhile(call)
            }
            false => call(),
        };
        let mut latest = self.latest.borrow_mut();
        if latest.len() == LATEST {
            latest.pop_front();
        }
        latest.push_back((operation.clone(), answer.clone()));
        Ok(answer)
    }

    /// Writes the latest calls down for the message: to do so with each of thousands takes too long.
    fn tell(&self) {
        for (operation, answer) in self.latest.borrow_mut().drain(..) {
            self.case.log(described(&operation, &answer));
        }
    }
}

/// How many calls of a caller a message shows.
const LATEST: usize = 8;
