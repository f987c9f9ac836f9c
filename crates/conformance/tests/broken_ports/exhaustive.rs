//! Every broken port against every law and the model run, and every capability declared absent:
//! the part of the kit's own proof that takes long, and that CI runs once.

mod faults;
mod port;

use std::{collections::BTreeSet, slice, thread, time::Duration};

use access_groups_conformance::{Capability, LAWS, ModelRun, Outcome};

use faults::{Fault, Row, TABLE};
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
    let verdicts = verdicts();
    show(&verdicts);
    let wrong: Vec<_> = verdicts.iter().filter_map(Verdict::objection).collect();
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

/// The verdicts on every broken port, in the order of the table.
fn verdicts() -> Vec<Verdict> {
    let workers = thread::available_parallelism().map_or(1, |count| count.get());
    let shares = TABLE.chunks(TABLE.len().div_ceil(workers));
    thread::scope(|scope| {
        let workers: Vec<_> = shares
            .map(|rows| scope.spawn(|| rows.iter().map(Verdict::on).collect::<Vec<_>>()))
            .collect();
        let verdicts = workers.into_iter();
        verdicts
            .flat_map(|worker| worker.join().expect("no law panics"))
            .collect()
    })
}

#[expect(clippy::print_stdout, reason = "the table is what this test is for")]
fn show(verdicts: &[Verdict]) {
    println!(
        "{:<30} {:<6} law that it breaks (and how many others with it)",
        "broken port", "model"
    );
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
        println!("{fault:<30} {model:<6} {law}{implied}");
    }
}
