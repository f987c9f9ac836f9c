//! What a change writes: the difference between what it saw and the state after it, as values.

use std::collections::{BTreeMap, BTreeSet};

use access_groups_core::{
    AccessGroup, AccessGroupFilter, AccessGroupId, AcsSystem, AcsUser, AcsUserId, Entrance,
    EntranceId, UserIdentity,
};
use access_groups_in_memory::{Slice, State};

/// Rows that a store writes without deciding anything.
///
/// Named so because `Effect` is what [`core`](access_groups_core::Effect) calls something else.
///
/// # Contract
///
/// - *All or nothing*: the writes of one decision are one transaction, in their order.
/// - *A row is only written over what the decision was made on.* [`Row::New`] needs a free id,
///   [`Row::Put`] and [`Row::Drop`] need the row as it was seen. Otherwise the whole change starts
///   again, with the same nonce and time.
/// - *Pairs are sets*: a pair that is there already, or not there any more, is no error. Somebody else has
///   made or ended it meanwhile, so a store with several writers starts the change again: else the history
///   would tell of it twice. The resources of a new pair must exist when the transaction ends; otherwise
///   the change starts again.
/// - *A dropped row takes its pairs with it*: a user memberships and grants, a group memberships and
///   entrances, an entrance the groups' and the users' pairs. No other write names these pairs; the history does: see
///   [`Write::endings`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// A system.
    System(Row<AcsSystem>),
    /// An identity. What it is found by follows from it: see [`IdentityKeys`](crate::IdentityKeys).
    Identity(Row<UserIdentity>),
    /// A user. What they are found by follows from them: see [`UserKeys`](crate::UserKeys).
    User(Row<AcsUser>),
    /// A group.
    Group(Row<AccessGroup>),
    /// An entrance.
    Entrance(Row<Entrance>),
    /// These users are in these groups no longer.
    Leave(Vec<(AcsUserId, AccessGroupId)>),
    /// These users are in these groups now.
    Join(Vec<(AcsUserId, AccessGroupId)>),
    /// These grants have ended.
    Ungrant(Vec<(AcsUserId, EntranceId)>),
    /// These users may open these entrances now.
    Grant(Vec<(AcsUserId, EntranceId)>),
    /// These groups hold these entrances no longer.
    Release(Vec<(AccessGroupId, EntranceId)>),
    /// These groups hold these entrances now.
    Hold(Vec<(AccessGroupId, EntranceId)>),
}

/// What is written of one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Row<T> {
    /// It is created.
    New(Box<T>),
    /// It changes; id, system and creation stay.
    Put {
        /// The row that the decision was made on.
        // For stores that keep texts: the text that was read, since another version may have written
        // it in another way.
        before: Box<T>,
        /// The row from now on.
        after: Box<T>,
    },
    /// It is deleted. This is the row that the decision was made on.
    Drop(Box<T>),
}

/// What has to be written so that `before` becomes `after`: rows in the order of locks, then pairs.
// What a dropped row takes with it is in no slice, so that no pair of it can differ.
pub(crate) fn difference(before: &Slice, after: &State) -> Vec<Write> {
    let systems = rows(&before.systems, after.acs_systems(), |row| {
        row.acs_system_id
    });
    let identities = rows(&before.identities, after.user_identities(), |row| {
        row.user_identity_id
    });
    let users = rows(&before.users, after.acs_users(), |row| row.acs_user_id);
    let all = AccessGroupFilter::new();
    let groups = rows(&before.groups, after.access_groups(&all), |row| {
        row.acs_access_group_id
    });
    let entrances = rows(&before.entrances, after.entrances(), |row| {
        row.acs_entrance_id
    });
    let mut writes: Vec<_> = systems.map(Write::System).collect();
    writes.extend(identities.map(Write::Identity));
    writes.extend(users.map(Write::User));
    writes.extend(groups.map(Write::Group));
    writes.extend(entrances.map(Write::Entrance));
    let (left, joined) = pairs(&before.memberships, after.memberships());
    let (ended, granted) = pairs(&before.grants, after.grants());
    let (released, held) = pairs(&before.group_entrances, after.group_entrances());
    writes.extend(left.map(Write::Leave));
    writes.extend(joined.map(Write::Join));
    writes.extend(ended.map(Write::Ungrant));
    writes.extend(granted.map(Write::Grant));
    writes.extend(released.map(Write::Release));
    writes.extend(held.map(Write::Hold));
    writes
}

/// The rows that differ, by id. Of two with one id, the later one counts, as in the state.
fn rows<'a, T: Clone + PartialEq + 'a, Id: Copy + Ord>(
    before: &'a [T],
    after: impl Iterator<Item = &'a T>,
    id: impl Fn(&T) -> Id,
) -> impl Iterator<Item = Row<T>> {
    let mut both: BTreeMap<_, (Option<&T>, Option<&T>)> = BTreeMap::new();
    for row in before {
        both.entry(id(row)).or_default().0 = Some(row);
    }
    after.for_each(|row| both.entry(id(row)).or_default().1 = Some(row));
    let owned = |row: &T| Box::new(row.clone());
    both.into_values().filter_map(move |pair| match pair {
        (Some(old), Some(new)) if old != new => Some(Row::Put {
            before: owned(old),
            after: owned(new),
        }),
        (Some(_), Some(_)) | (None, None) => None,
        (Some(old), None) => Some(Row::Drop(owned(old))),
        (None, Some(new)) => Some(Row::New(owned(new))),
    })
}

/// The pairs that are gone and those that are new, sorted, as far as there are any.
fn pairs<Pair: Copy + Ord>(
    before: &[Pair],
    after: impl Iterator<Item = Pair>,
) -> (Option<Vec<Pair>>, Option<Vec<Pair>>) {
    let before: BTreeSet<_> = before.iter().copied().collect();
    let after: BTreeSet<_> = after.collect();
    let missing = |from: &BTreeSet<Pair>, of: &BTreeSet<Pair>| {
        let missing: Vec<_> = of.difference(from).copied().collect();
        Some(missing).filter(|pairs| !pairs.is_empty())
    };
    (missing(&after, &before), missing(&before, &after))
}
