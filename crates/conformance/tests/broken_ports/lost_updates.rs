//! How often a lost update is found: for this alone, because the rate is that of a machine with
//! nothing else to do.

#[allow(dead_code, reason = "most of it is for the other faults")]
mod faults;
#[allow(dead_code, reason = "most of it is for the other faults")]
mod port;

use access_groups_conformance::{Law, Outcome};

/// How often each port is checked.
const RUNS: usize = 100;

#[test]
#[expect(clippy::print_stdout, reason = "the rates are what this test is for")]
fn a_lost_update_is_found_in_99_of_100_runs() {
    let law = Law::named("calls_at_once_lose_nothing").expect("a law");
    let mut rare = Vec::new();
    for what in port::write_backs() {
        let open = port::writing_back(what);
        let found = (0..RUNS).filter(|_| matches!(law.check(&open), Outcome::Broken(_)));
        let found = found.count();
        println!("{what:?}: {found} of {RUNS}");
        if found * 100 < RUNS * 99 {
            rare.push(what);
        }
    }
    assert!(rare.is_empty(), "found too seldom: {rare:?}");
}
