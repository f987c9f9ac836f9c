//! The kit proves itself: every broken port breaks the laws that it is named for, and the same
//! port without a fault keeps all of them.
//!
//! `exhaustive.rs` proves the rest, which takes long: that a broken port fails the model run,
//! that the faults of the tables are caught, and that declared absences break no law.

mod faults;
mod made;
mod port;

use std::{collections::BTreeSet, slice, time::Duration};

use access_groups_conformance::{Capability, LAWS, Law, ModelRun, Outcome};

use faults::TABLE;
use made::{
    Class,
    catch::{for_each, law_against},
};
use port::{PATIENCE, fixtures, lacking_fixtures};

#[test]
fn the_port_without_a_fault_keeps_every_law() {
    let open = fixtures(None, Duration::ZERO);
    for law in LAWS {
        assert_eq!(law.check(&open), Outcome::Holds, "{}", law.name());
    }
    assert_eq!(ModelRun::new().with_env().check(&open), Outcome::Holds);
}

#[test]
fn every_broken_port_breaks_its_law() {
    let mut missed = Vec::new();
    for row in TABLE {
        let open = fixtures(Some(row.fault), PATIENCE);
        let law = Law::named(row.law).unwrap_or_else(|| panic!("there is no law {}", row.law));
        if !is_broken(&law.check(&open)) {
            missed.push(format!("{:?} keeps {}", row.fault, row.law));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

/// The tables whose laws are quick; `exhaustive.rs` tries the others.
#[test]
fn faults_in_fields_and_filters_break_a_law() {
    let mut table = made::all();
    assert!(table.len() > 1000);
    let is_quick = |class| matches!(class, Class::Fields | Class::Filters);
    table.retain(|made| is_quick(made.class) && !LEFT_TO_MODEL_RUN.contains(&&*made.name));
    let laws = for_each(&table, law_against);
    let missed = table.iter().zip(laws).filter(|(_, law)| law.is_none());
    let missed: Vec<_> = missed.map(|(made, _)| made.name.as_str()).collect();
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

/// Faults in fields and filters that no law needs to catch.
const LEFT_TO_MODEL_RUN: [&str; 5] = [
    "create_acs_user loses user_identity_phone_number",
    "user_identity loses one of the acs_user_ids",
    "user_identities loses one of the acs_user_ids",
    "create_user_identity loses acs_user_ids",
    "create_user_identity loses one of the acs_user_ids",
];

#[test]
fn every_law_has_a_broken_port() {
    let named: BTreeSet<_> = TABLE.iter().map(|row| row.law).collect();
    let laws: BTreeSet<_> = LAWS.iter().map(|law| law.name()).collect();
    assert_eq!(named, laws);
    assert!(TABLE.len() >= 202);
}

#[test]
fn what_is_absent_and_undeclared_breaks_a_law() {
    for lacking in Capability::ALL {
        let silent = lacking_fixtures(slice::from_ref(lacking), false);
        let breaks_some = LAWS.iter().any(|law| is_broken(&law.check(&silent)));
        assert!(breaks_some, "{lacking}: no law needs it");
    }
}

#[test]
fn several_absent_capabilities_break_no_law() {
    for lacking in port::LACKING_TOGETHER {
        let declared = lacking_fixtures(lacking, true);
        for law in LAWS {
            let outcome = law.check(&declared);
            assert!(!is_broken(&outcome), "{lacking:?}: {outcome:?}");
        }
    }
}

fn is_broken(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Broken(_))
}

#[test]
fn lost_updates_are_found() {
    let law = Law::named("calls_at_once_lose_nothing").expect("a law");
    for what in port::write_backs() {
        let open = port::writing_back(what);
        // A busy machine may hide one for a while; `lost_updates.rs` counts.
        let found = (0..20).any(|_| is_broken(&law.check(&open)));
        assert!(found, "{what:?}");
    }
}
