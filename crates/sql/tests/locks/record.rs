//! What the cases have reached: how often changes had to start again, and which locks the law needs.

use std::{collections::BTreeMap, rc::Rc};

use access_groups_sql::Lock;

use crate::{
    interleave::Tally,
    transaction::{Call, Place, Weak},
};

#[derive(Debug, Default)]
pub(crate) struct Record {
    /// By the number of changes at once.
    sums: BTreeMap<usize, Sum>,
    /// Which operations started again, and met in a deadlock, in how many cases.
    repeated: BTreeMap<Vec<&'static str>, usize>,
    deadlocked: BTreeMap<Vec<&'static str>, usize>,
    untimely: BTreeMap<Vec<&'static str>, usize>,
    /// Of each lock, and of each weaker one in its place.
    weaker: BTreeMap<Place, BTreeMap<Lock, Need>>,
}

#[derive(Debug, Default)]
struct Sum {
    cases: usize,
    states: usize,
    sampled: usize,
    tally: Tally,
}

/// What happens without a lock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Need {
    /// Nothing, so far.
    #[default]
    Unknown,
    /// More changes start again: a guard or a foreign key stops them.
    Spares,
    /// The law breaks.
    Needed,
}

impl Record {
    pub(crate) fn count(&mut self, calls: &[Rc<Call>], tally: Tally) {
        let sum = self.sums.entry(calls.len()).or_default();
        sum.cases += 1;
        sum.states += tally.states;
        sum.sampled += usize::from(tally.is_sampled);
        sum.tally.add(tally);
        let mut names: Vec<_> = calls.iter().map(|call| call.operation.name()).collect();
        names.sort_unstable();
        if tally.repeated > 0.0 {
            *self.repeated.entry(names.clone()).or_default() += 1;
        }
        if tally.deadlocked > 0.0 {
            *self.deadlocked.entry(names.clone()).or_default() += 1;
        }
        if tally.untimely > 0.0 {
            *self.untimely.entry(names).or_default() += 1;
        }
    }

    /// The weaker locks that the law has not missed yet.
    pub(crate) fn weaker(&mut self, place: Place) -> Vec<Weak> {
        let needs = self.weaker.entry(place).or_default();
        // A claim is there or not.
        let weaker: &[Lock] = match place.want {
            "holders" => &[Lock::None],
            _ => &[Lock::None, Lock::Refer, Lock::Change],
        };
        let weaker = weaker.iter().copied();
        let weaker = weaker.filter(|lock| *lock < place.lock);
        let open = weaker.filter(|lock| *needs.entry(*lock).or_default() != Need::Needed);
        open.map(|instead| Weak { of: place, instead }).collect()
    }

    pub(crate) fn needs(&mut self, weak: Weak, need: Need) {
        let needs = self.weaker.entry(weak.of).or_default();
        let known = needs.entry(weak.instead).or_default();
        *known = need.max(*known);
    }

    /// What the README says of the locks is what was found, as far as it was.
    pub(crate) fn check(&self) {
        self.print();
        assert_eq!(self.deadlocked.keys().find(|names| !is_known(names)), None);
        let most = self.sums.get(&2).map(|sum| sum.tally.most);
        assert!(most <= Some(1), "two start again {most:?} times");
        for (reason, enough, places) in STANDS_IN {
            let place = |place: &Place| places.contains(&(place.operation, place.want));
            for (place, needs) in self.weaker.iter().filter(|(of, _)| place(of)) {
                let need = needs.get(enough).copied().unwrap_or_default();
                assert!(need < Need::Needed, "{place:?}: {reason} is not enough");
            }
        }
    }

    fn print(&self) {
        for (many, sum) in &self.sums {
            println!(
                "{many} at once: {} cases, {} of them sampled, {} states, {} interleavings; started \
                 again in {}, {} times at most; deadlocks in {}",
                sum.cases,
                sum.sampled,
                sum.states,
                sum.tally.interleavings,
                sum.tally.repeated,
                sum.tally.most,
                sum.tally.deadlocked
            );
        }
        for (names, cases) in &self.repeated {
            println!("started again: {} ({cases})", names.join(", "));
        }
        for (names, cases) in &self.deadlocked {
            println!("deadlock: {} ({cases})", names.join(", "));
        }
        for (names, cases) in &self.untimely {
            println!("not in the order of time: {} ({cases})", names.join(", "));
        }
        for (place, needs) in &self.weaker {
            let Place {
                operation,
                want,
                lock,
            } = place;
            let is_place = |(_, _, places): &&StandIn| places.contains(&(*operation, *want));
            let stands_in = STANDS_IN.iter().find(is_place);
            let reason = stands_in.map_or("needed", |(reason, ..)| reason);
            println!("{operation} locks {want} ({lock:?}); instead: {needs:?}; {reason}");
        }
    }
}

/// Two may meet in a deadlock of cascades only: see the README. With three, one may be a link by a key.
fn is_known(names: &[&str]) -> bool {
    let is_any = |name| names.contains(&name);
    let holds_pairs = is_any("delete_access_group") || is_any("delete_entrance");
    let cascades = holds_pairs && is_any("delete_user_identity");
    cascades || names.len() > 2 && is_any("link_acs_user")
}

/// What keeps the law where a lock is as weak as this, and the locks of which that holds: operation and
/// want. All others are needed.
type StandIn = (&'static str, Lock, &'static [(&'static str, &'static str)]);

const STANDS_IN: &[StandIn] = &[
    (
        "the foreign key of the new pair",
        Lock::None,
        &[
            ("add_user", "user"),
            ("add_user", "groups"),
            ("grant_access", "user"),
            ("grant_access", "entrances"),
            ("create_acs_user", "groups"),
            ("create_access_group", "entrances"),
            ("update_access_group", "entrances"),
        ],
    ),
    (
        "the guard of the row",
        Lock::None,
        &[
            ("update_acs_user", "user"),
            ("update_acs_user", "users of the identity"),
            ("suspend_acs_user", "user"),
            ("suspend_acs_user", "users of the identity"),
            ("unsuspend_acs_user", "user"),
            ("unsuspend_acs_user", "users of the identity"),
            ("delete_acs_user", "users of the identity"),
            ("link_acs_user", "user"),
            ("unlink_acs_user", "user"),
            ("update_user_identity", "users of the identity"),
            ("delete_user_identity", "users of the identity"),
            ("update_acs_system", "systems"),
            ("update_entrance", "entrances"),
            ("delete_entrance", "entrances"),
            ("delete_access_group", "groups"),
        ],
    ),
    (
        "the lock that the deletion itself takes",
        Lock::Change,
        &[("delete_user_identity", "identity")],
    ),
    // With three at once, it may take what came later and leave what came before.
    (
        "the order of two alone",
        Lock::Change,
        &[
            ("revoke_access_to_all_entrances", "user"),
            ("revoke_access_to_all_entrances", "users of the identity"),
        ],
    ),
];
