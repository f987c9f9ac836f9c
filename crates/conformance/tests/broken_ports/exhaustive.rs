//! Every broken port against the law named for it and the model run, every fault of the tables, and
//! every capability declared absent: the part of the kit's own proof that takes long.
//!
//! With `ACCESS_GROUPS_CONFORMANCE_FULL`, each model run is made with ten seeds.

mod catches;
mod faults;
mod made;
#[allow(
    dead_code,
    unused_imports,
    reason = "lost updates have tests of their own"
)]
mod port;

use std::{env, slice, time::Duration};

use access_groups_conformance::{Capability, LAWS, Law, ModelRun, Outcome};

use catches::{Catch, Summary};
use faults::{Fault, Row, TABLE};
use made::catch::for_each;
use port::{PATIENCE, fixtures, lacking_fixtures};

/// Faults that the model run need not see, because a law is sure to.
const LEFT_TO_LAWS: &[Fault] = &[
    // These need one call with the very text of an earlier one.
    Fault::NewUsersInheritByAddress,
    Fault::ReplacedKeysStillRead,
    Fault::SearchesDisplayNames,
    Fault::SetKeysConflictInAnyCase,
    // These need a rare value or an instant, which most seeds bring, but not each.
    Fault::ListsNamedEntrancesAsNamed,
    Fault::SearchesWithoutFullFolding,
    Fault::ReportsSecondUsersFirst,
    Fault::TakesAnEndOfNow,
    Fault::EmptyConditionsAreConditionsOnNone,
    Fault::FiltersTrimAddresses,
    // Nothing is deleted between two of its pages.
    Fault::CursorsOfDeletedRowsEndTheList,
    // These need calls that overlap.
    Fault::CreationIsNotAtomic,
    Fault::DeletionIsNotAtomic,
    Fault::KeysAtOnceAreShared,
    Fault::UsersAtOnceAreOne,
    // It does not compare what a port may choose.
    Fault::ListsMembersWithoutUnknownFields,
    Fault::CreatesUsersWithoutAccount,
    // Its lists are short.
    Fault::PagesAreAsLongAsAsked,
    Fault::ListsStopAtAThousand,
    Fault::FiltersAfterTheCut,
    Fault::RevokesAThousandMemberships,
    Fault::CreatesIn999Groups,
    Fault::Opens999Entrances,
    Fault::LooksForKeysAmongAThousand,
    Fault::DeletesAThousandUsersOfAnIdentity,
    Fault::MembersAreCountedInSixteenBits,
    Fault::GroupsAreCountedInSixteenBits,
    Fault::GrantsStopAtAThousand,
];

#[test]
fn every_broken_port_breaks_its_law_and_fails_the_model_run() {
    let seeds = seeds();
    let verdicts = for_each(TABLE, |row| Verdict::on(row, &seeds));
    say(&format!("{:<40} {:<12} law", "broken port", "model run"));
    verdicts.iter().for_each(|verdict| say(&verdict.shown()));
    let wrong: Vec<_> = verdicts.iter().filter_map(Verdict::objection).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_faults_of_the_tables_are_caught() {
    let seeds = seeds();
    let table = made::all();
    let catches = for_each(&table, |made| Catch::of(made, &seeds));
    let summary = Summary {
        catches: &catches,
        seeds: &seeds,
    };
    say(&summary.to_string());
    let wrong: Vec<_> = catches.iter().filter_map(Catch::objection).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What the contract allows must not be refused, whatever the calls happen to be.
#[test]
fn the_port_without_a_fault_passes_with_every_seed() {
    let open = fixtures(None, Duration::ZERO);
    for seed in 1..=10 {
        let outcome = ModelRun::new().with_seed(seed).check(&open);
        assert_eq!(outcome, Outcome::Holds, "seed {seed}");
    }
}

#[test]
fn one_absent_capability_breaks_no_law_if_declared() {
    for lacking in Capability::ALL {
        let declared = lacking_fixtures(slice::from_ref(lacking), true);
        let outcomes: Vec<_> = LAWS.iter().map(|law| law.check(&declared)).collect();
        let broken = outcomes.iter().find(|outcome| is_broken(outcome));
        assert_eq!(broken, None, "{lacking}");
        let absent = outcomes.contains(&Outcome::Absent(vec![*lacking]));
        assert!(absent, "{lacking}: no law says so");
        let model = ModelRun::new().with_cases(64).check(&declared);
        assert_eq!(model, Outcome::Absent(vec![*lacking]), "{lacking}");

        let silent = lacking_fixtures(slice::from_ref(lacking), false);
        let model = ModelRun::new().unshortened().check(&silent);
        assert!(is_broken(&model), "{lacking}");
    }
}

#[test]
fn several_absent_capabilities_keep_the_model_run() {
    for lacking in port::LACKING_TOGETHER {
        let model = ModelRun::new().check(&lacking_fixtures(lacking, true));
        assert_eq!(model, Outcome::Absent(lacking.to_vec()), "{lacking:?}");
    }
}

fn seeds() -> Vec<u64> {
    let is_full = env::var_os("ACCESS_GROUPS_CONFORMANCE_FULL").is_some();
    (1..=if is_full { 10 } else { 1 }).collect()
}

fn is_broken(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Broken(_))
}

/// What its law and the model run make of a broken port.
struct Verdict {
    row: &'static Row,
    breaks_its_law: bool,
    /// The seeds with which the model run fails, and how many were tried.
    failing: Vec<u64>,
    tried: usize,
}

impl Verdict {
    fn on(row: &'static Row, seeds: &[u64]) -> Self {
        let law = Law::named(row.law).unwrap_or_else(|| panic!("there is no law {}", row.law));
        // The model run makes one call at a time, so there is nothing to wait for.
        let alone = fixtures(Some(row.fault), Duration::ZERO);
        let fails = |seed: &&u64| {
            let run = ModelRun::new().with_seed(**seed).unshortened();
            is_broken(&run.check(&alone))
        };
        Self {
            row,
            breaks_its_law: is_broken(&law.check(&fixtures(Some(row.fault), PATIENCE))),
            failing: seeds.iter().filter(fails).copied().collect(),
            tried: seeds.len(),
        }
    }

    /// What is wrong with the kit, if this is not as the table says.
    fn objection(&self) -> Option<String> {
        let is_seen = self.failing.len() == self.tried || LEFT_TO_LAWS.contains(&self.row.fault);
        (!(self.breaks_its_law && is_seen)).then(|| self.shown())
    }

    fn shown(&self) -> String {
        let fault = format!("{:?}", self.row.fault);
        let model = format!("{} of {}", self.failing.len(), self.tried);
        let kept = if self.breaks_its_law { "" } else { " KEPT" };
        format!("{fault:<40} {model:<12} {}{kept}", self.row.law)
    }
}

#[expect(
    clippy::print_stdout,
    reason = "the tables are what these tests are for"
)]
fn say(text: &str) {
    println!("{text}");
}
