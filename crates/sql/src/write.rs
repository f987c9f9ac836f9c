//! What a change writes: the difference between two states, as values.

use std::collections::{BTreeMap, BTreeSet};

use access_groups_core::{
    AccessGroup, AccessGroupFilter, AccessGroupId, AcsSystem, AcsUser, AcsUserId, Entrance,
    EntranceId, UserIdentity,
};
use access_groups_in_memory::State;

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
/// - *Pairs are sets*: a pair that is there already, or not there any more, is no obstacle. The
///   resources of a new pair must exist when the transaction ends; otherwise the change starts again.
/// - *A dropped row takes its pairs with it*: a user memberships and grants, a group memberships and
///   entrances, an entrance the groups' and the users' pairs. No other write names these pairs.
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
pub(crate) fn difference(before: &State, after: &State) -> Vec<Write> {
    let systems = rows(before.acs_systems(), after.acs_systems(), |row| {
        row.acs_system_id
    });
    let identities = rows(before.user_identities(), after.user_identities(), |row| {
        row.user_identity_id
    });
    let users = rows(before.acs_users(), after.acs_users(), |row| row.acs_user_id);
    let all = AccessGroupFilter::new();
    let groups = rows(
        before.access_groups(&all),
        after.access_groups(&all),
        |row| row.acs_access_group_id,
    );
    let entrances = rows(before.entrances(), after.entrances(), |row| {
        row.acs_entrance_id
    });
    let gone_users = dropped(&users, |row| row.acs_user_id);
    let gone_groups = dropped(&groups, |row| row.acs_access_group_id);
    let gone_entrances = dropped(&entrances, |row| row.acs_entrance_id);
    let mut writes = Vec::new();
    writes.extend(systems.into_iter().map(Write::System));
    writes.extend(identities.into_iter().map(Write::Identity));
    writes.extend(users.into_iter().map(Write::User));
    writes.extend(groups.into_iter().map(Write::Group));
    writes.extend(entrances.into_iter().map(Write::Entrance));
    let (left, joined) = pairs(
        (before.memberships(), after.memberships()),
        (&gone_users, &gone_groups),
    );
    let (ended, granted) = pairs(
        (before.grants(), after.grants()),
        (&gone_users, &gone_entrances),
    );
    let (released, held) = pairs(
        (before.group_entrances(), after.group_entrances()),
        (&gone_groups, &gone_entrances),
    );
    writes.extend(left.map(Write::Leave));
    writes.extend(joined.map(Write::Join));
    writes.extend(ended.map(Write::Ungrant));
    writes.extend(granted.map(Write::Grant));
    writes.extend(released.map(Write::Release));
    writes.extend(held.map(Write::Hold));
    writes
}

/// The rows that differ, by id.
fn rows<'a, T: Clone + PartialEq + 'a, Id: Copy + Ord>(
    before: impl Iterator<Item = &'a T>,
    after: impl Iterator<Item = &'a T>,
    id: impl Fn(&T) -> Id,
) -> Vec<Row<T>> {
    let mut after: BTreeMap<_, _> = after.map(|row| (id(row), row)).collect();
    let mut changed = BTreeMap::new();
    for old in before {
        match after.remove(&id(old)) {
            Some(new) if new == old => {}
            Some(new) => {
                let (before, after) = (Box::new(old.clone()), Box::new(new.clone()));
                changed.insert(id(old), Row::Put { before, after });
            }
            None => {
                changed.insert(id(old), Row::Drop(Box::new(old.clone())));
            }
        }
    }
    let new = after.into_iter();
    changed.extend(new.map(|(id, row)| (id, Row::New(Box::new(row.clone())))));
    changed.into_values().collect()
}

fn dropped<T, Id: Ord>(rows: &[Row<T>], id: impl Fn(&T) -> Id) -> BTreeSet<Id> {
    let dropped = rows.iter().filter_map(|row| match row {
        Row::Drop(row) => Some(id(row)),
        Row::New(_) | Row::Put { .. } => None,
    });
    dropped.collect()
}

/// The pairs that are gone, but for those of dropped rows, and the new ones.
#[allow(clippy::type_complexity, reason = "two lists, each of them or nothing")]
fn pairs<A: Copy + Ord, B: Copy + Ord>(
    (before, after): (impl Iterator<Item = (A, B)>, impl Iterator<Item = (A, B)>),
    (gone_a, gone_b): (&BTreeSet<A>, &BTreeSet<B>),
) -> (Option<Vec<(A, B)>>, Option<Vec<(A, B)>>) {
    let (before, after): (BTreeSet<_>, BTreeSet<_>) = (before.collect(), after.collect());
    let is_left = |(a, b): &&(A, B)| !gone_a.contains(a) && !gone_b.contains(b);
    let gone: Vec<_> = before.difference(&after).filter(is_left).copied().collect();
    let new: Vec<_> = after.difference(&before).copied().collect();
    let some = |pairs: Vec<(A, B)>| Some(pairs).filter(|pairs| !pairs.is_empty());
    (some(gone), some(new))
}
