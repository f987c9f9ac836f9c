//! The smallest case, by hand: somebody joins a group that is being deleted.

use std::rc::Rc;

use access_groups_core::*;
use access_groups_in_memory::SiteBuilder;

use crate::{database::Store, law::check, transaction::Call};

#[test]
fn joining_meets_the_deletion_of_the_group() {
    let mut site = SiteBuilder::new();
    let (ada, gym) = (site.user("Ada"), site.group("Gym"));
    let site = site.build_state();
    let calls: [Operation; 2] = [
        AddUser::new(ada, gym).into(),
        DeleteAccessGroup::new(gym).into(),
    ];
    let calls = calls.map(|operation| {
        Rc::new(Call {
            operation,
            nonce: 7,
            now: Timestamp::UNIX_EPOCH,
        })
    });
    let store = Store {
        systems_are_keys: true,
        cascades_backwards: false,
    };
    let tally = check(&site, store, &calls, None).unwrap_or_else(|why| panic!("{why}"));
    println!("{tally:?}");
}
