//! Every broken port against every law and the model run, and every capability declared absent:
//! the part of the kit's own proof that takes long, and that CI runs once.

mod catches;
mod faults;
mod made;
#[allow(
    dead_code,
    unused_imports,
    reason = "lost updates have tests of their own"
)]
mod port;

use std::{collections::BTreeSet, env, slice, time::Duration};

use access_groups_conformance::{Capability, LAWS, ModelRun, Outcome};

use catches::{Catch, Summary};
use faults::{Fault, Row, TABLE};
use made::catch::for_each;
use port::{PATIENCE, fixtures, lacking_fixtures};

/// Faults that the model run does not see.
const UNSEEN_BY_MODEL_RUN: [Fault; 17] = [
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
    Fault::CreatesInAThousandGroups,
    Fault::OpensAThousandEntrances,
    Fault::LooksForKeysAmongAThousand,
    Fault::DeletesAThousandUsersOfAnIdentity,
    Fault::MembersAreCountedInSixteenBits,
    Fault::GroupsAreCountedInSixteenBits,
    Fault::GrantsStopAtAThousand,
];

/// Laws that make most calls, each by the thousand: a fault in any of them may break these too.
const BROAD: [&str; 4] = [
    "a_listing_is_complete_however_long",
    "a_page_has_1_000_rows_at_most",
    "all_means_all_however_many",
    "however_many_are_created_all_are_there",
];

#[test]
fn every_broken_port_breaks_its_laws_and_no_unrelated_one() {
    let verdicts = for_each(TABLE, Verdict::on);
    show(&verdicts);
    let wrong: Vec<_> = verdicts.iter().filter_map(Verdict::objection).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A part of the tables, and one seed. With `ACCESS_GROUPS_CONFORMANCE_FULL`, every fault; and the
/// model run must catch what no law catches with each of ten seeds.
#[test]
fn the_faults_of_the_tables_are_caught() {
    let is_full = env::var_os("ACCESS_GROUPS_CONFORMANCE_FULL").is_some();
    let (part, last_seed) = if is_full { (1, 10) } else { (10, 1) };
    let seeds: Vec<u64> = (1..=last_seed).collect();
    let table: Vec<_> = made::all().into_iter().step_by(part).collect();
    let catches = for_each(&table, |made| Catch::of(made, &seeds));
    let summary = Summary {
        catches: &catches,
        seeds: &seeds,
    };
    say(&summary.to_string());
    let wrong: Vec<_> = catches.iter().filter_map(Catch::objection).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
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

fn is_broken(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Broken(_))
}

/// What the laws and the model run make of a broken port.
struct Verdict {
    row: &'static Row,
    failing: BTreeSet<&'static str>,
    fails_model_run: bool,
}

impl Verdict {
    fn on(row: &'static Row) -> Self {
        let open = fixtures(Some(row.fault), PATIENCE);
        // The model run makes one call at a time, so there is nothing to wait for.
        let alone = fixtures(Some(row.fault), Duration::ZERO);
        let failing = LAWS.iter().filter(|law| is_broken(&law.check(&open)));
        Self {
            row,
            failing: failing.map(|law| law.name()).collect(),
            fails_model_run: is_broken(&ModelRun::new().with_env().unshortened().check(&alone)),
        }
    }

    /// What is wrong with the kit, if this is not as the table says.
    fn objection(&self) -> Option<String> {
        let declared: BTreeSet<_> = self.row.laws().collect();
        let unrelated = self.failing.difference(&declared);
        let unrelated: Vec<_> = unrelated.filter(|law| !BROAD.contains(law)).collect();
        let idle: Vec<_> = declared.difference(&self.failing).collect();
        let as_declared = unrelated.is_empty()
            && idle.is_empty()
            && self.fails_model_run != UNSEEN_BY_MODEL_RUN.contains(&self.row.fault);
        (!as_declared).then(|| {
            format!(
                "{:?}: breaks the unrelated {unrelated:?}, keeps {idle:?}, fails the model run: {}",
                self.row.fault, self.fails_model_run
            )
        })
    }
}

fn show(verdicts: &[Verdict]) {
    say(&format!(
        "{:<30} {:<6} law that it breaks (and how many others with it)",
        "broken port", "model"
    ));
    for verdict in verdicts {
        let row = verdict.row;
        let fault = format!("{:?}", row.fault);
        let model = if verdict.fails_model_run { "yes" } else { "-" };
        let law = match verdict.failing.contains(row.law) {
            true => row.law,
            false => "NONE",
        };
        let implied = match row.implied.len() {
            0 => String::new(),
            more => format!(" (+{more})"),
        };
        say(&format!("{fault:<30} {model:<6} {law}{implied}"));
    }
}

#[expect(
    clippy::print_stdout,
    reason = "the tables are what these tests are for"
)]
fn say(text: &str) {
    println!("{text}");
}
