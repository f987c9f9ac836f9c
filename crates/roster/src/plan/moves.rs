//! Who moves from one group to another.

use std::collections::HashMap;

use access_groups_core::{AccessGroupId, AcsSystemId, UserRef};

use super::GroupPlan;

/// Finds those with one removal and one addition in one system, and no others; and sorts all lists.
pub(super) fn find(plans: &mut [GroupPlan]) {
    // An identity may be of several systems.
    let mut moves: HashMap<(UserRef, AcsSystemId), [Moving; 2]> = HashMap::new();
    for plan in &*plans {
        for (place, list) in [&plan.additions, &plan.removals].into_iter().enumerate() {
            for planned in list {
                let moving = &mut moves.entry((planned.user, plan.system)).or_default()[place];
                *moving = match moving {
                    Moving::Nowhere => Moving::One(plan.group),
                    Moving::One(_) | Moving::Several => Moving::Several,
                };
            }
        }
    }
    for plan in plans {
        let system = plan.system;
        for (place, list) in [&mut plan.additions, &mut plan.removals]
            .into_iter()
            .enumerate()
        {
            for planned in list.iter_mut() {
                planned.moves = match moves.get(&(planned.user, system)) {
                    Some(both @ [Moving::One(_), Moving::One(_)]) => both[1 - place].group(),
                    _ => None,
                };
            }
        }
        for list in [&mut plan.additions, &mut plan.removals, &mut plan.pending] {
            list.sort_unstable_by_key(|planned| planned.user);
        }
    }
}

/// The group that somebody is added to, or removed from.
#[derive(Default)]
enum Moving {
    #[default]
    Nowhere,
    One(AccessGroupId),
    Several,
}

impl Moving {
    const fn group(&self) -> Option<AccessGroupId> {
        match self {
            Self::One(group) => Some(*group),
            Self::Nowhere | Self::Several => None,
        }
    }
}
