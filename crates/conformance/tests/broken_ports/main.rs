//! The kit proves itself: every broken port is rejected by the law named for it and by no law
//! that has nothing to do with it, while the same port without a fault keeps them all.

mod fault;
mod port;

use std::{collections::BTreeSet, slice, thread, time::Duration};

use access_groups_conformance::{Capability, LAWS, ModelRun, Outcome};

use fault::{Row, table};
use port::{PATIENCE, fixtures, lacking_fixtures};

#[test]
fn the_wrapper_without_a_fault_keeps_every_law() {
    let open = fixtures(None, Duration::ZERO);
    for law in LAWS {
        assert_eq!(law.check(&open), Outcome::Holds, "{}", law.name());
    }
    assert_eq!(ModelRun::new().with_env().check(&open), Outcome::Holds);
}

#[test]
fn every_broken_port_is_caught_by_its_law_and_by_no_unrelated_one() {
    let verdicts = verdicts();
    show(&verdicts);
    let wrong: Vec<_> = verdicts.iter().filter_map(Verdict::objection).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_declared_absent_breaks_no_law_and_what_is_not_declared_breaks_some() {
    for lacking in Capability::ALL {
        let declared = lacking_fixtures(slice::from_ref(lacking), true);
        let outcomes: Vec<_> = LAWS.iter().map(|law| law.check(&declared)).collect();
        let broken = outcomes.iter().find(|it| matches!(it, Outcome::Broken(_)));
        assert_eq!(broken, None, "{lacking}");
        let absent = outcomes.contains(&Outcome::Absent(vec![*lacking]));
        assert!(absent, "{lacking}: no law says so");
        let model = ModelRun::new().with_cases(64).check(&declared);
        assert_eq!(model, Outcome::Absent(vec![*lacking]), "{lacking}");

        let silent = lacking_fixtures(slice::from_ref(lacking), false);
        let outcomes = LAWS.iter().map(|law| law.check(&silent));
        let broken = outcomes
            .filter(|it| matches!(it, Outcome::Broken(_)))
            .count();
        assert!(broken > 0, "{lacking}: no law needs it");
        let model = ModelRun::new().unshortened().check(&silent);
        assert!(matches!(model, Outcome::Broken(_)), "{lacking}");
    }
}

#[test]
fn several_things_declared_absent_break_no_law() {
    for lacking in [
        Capability::ACS_USER_PORT,
        Capability::CHANGING_ACS_USERS,
        Capability::DIRECTORY_PORT,
        Capability::USER_IDENTITY_PORT,
        Capability::CHANGING_USER_IDENTITIES,
    ] {
        let declared = lacking_fixtures(lacking, true);
        for law in LAWS {
            let outcome = law.check(&declared);
            let is_broken = matches!(outcome, Outcome::Broken(_));
            assert!(!is_broken, "{lacking:?}: {outcome:?}");
        }
        let model = ModelRun::new().check(&declared);
        assert_eq!(model, Outcome::Absent(lacking.to_vec()), "{lacking:?}");
    }
}

#[test]
fn every_law_has_a_broken_port_that_it_is_named_for() {
    let named: BTreeSet<_> = table().map(|row| row.law).collect();
    let laws: BTreeSet<_> = LAWS.iter().map(|law| law.name()).collect();
    assert_eq!(named, laws);
}

/// What the laws and the model run make of a broken port.
struct Verdict {
    row: &'static Row,
    failing: BTreeSet<&'static str>,
    model: bool,
}

impl Verdict {
    fn on(row: &'static Row) -> Self {
        let open = fixtures(Some(row.fault), PATIENCE);
        // The model run makes one call at a time: nobody comes, so nobody is waited for.
        let alone = fixtures(Some(row.fault), Duration::ZERO);
        let is_broken = |outcome| matches!(outcome, Outcome::Broken(_));
        let failing = LAWS.iter().filter(|law| is_broken(law.check(&open)));
        Self {
            row,
            failing: failing.map(|law| law.name()).collect(),
            model: is_broken(ModelRun::new().with_env().unshortened().check(&alone)),
        }
    }

    /// What is wrong with the kit, if this is not as the table says.
    fn objection(&self) -> Option<String> {
        let own = [self.row.law];
        let declared: BTreeSet<_> = self.row.implied.iter().copied().chain(own).collect();
        let unrelated: Vec<_> = self.failing.difference(&declared).collect();
        let idle: Vec<_> = declared.difference(&self.failing).collect();
        let as_declared =
            unrelated.is_empty() && idle.is_empty() && self.model == self.row.shows_in_sequence;
        (!as_declared).then(|| {
            format!(
                "{:?}: caught by the unrelated {unrelated:?}, not caught by {idle:?}, caught by \
                 the model run: {}",
                self.row.fault, self.model
            )
        })
    }
}

/// The verdicts on every broken port, in the order of the table.
fn verdicts() -> Vec<Verdict> {
    let workers = thread::available_parallelism().map_or(1, |it| it.get());
    let rows: Vec<_> = table().collect();
    let shares = rows.chunks(rows.len().div_ceil(workers));
    thread::scope(|scope| {
        let workers: Vec<_> = shares
            .map(|rows| scope.spawn(|| rows.iter().map(|row| Verdict::on(row)).collect::<Vec<_>>()))
            .collect();
        let verdicts = workers
            .into_iter()
            .map(|it| it.join().expect("no law panics"));
        verdicts.flatten().collect()
    })
}

#[expect(clippy::print_stdout, reason = "the table is what this test is for")]
fn show(verdicts: &[Verdict]) {
    println!(
        "{:<30} {:<6} law that caught it (and those it implies)",
        "broken port", "model"
    );
    for Verdict {
        row,
        failing,
        model,
    } in verdicts
    {
        let fault = format!("{:?}", row.fault);
        let model = match (model, row.shows_in_sequence) {
            (true, _) => "yes",
            (false, false) => "-",
            (false, true) => "NO",
        };
        let law = if failing.contains(row.law) {
            row.law
        } else {
            "NONE"
        };
        let implied = match row.implied.len() {
            0 => String::new(),
            more => format!(" (+{more})"),
        };
        println!("{fault:<30} {model:<6} {law}{implied}");
    }
}
