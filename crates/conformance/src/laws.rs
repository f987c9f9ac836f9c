//! The laws: each function is the sentence of its name.
//!
//! A law uses the smallest site that can break it, and checks nothing that belongs to another law,
//! so that a failure names the sentence that is broken.

mod access;
mod at_once;
mod comparisons;
mod concurrency;
mod conditions;
mod creation;
mod filters;
mod gone;
mod identity;
mod instants;
mod kept;
mod linking;
mod listing;
mod lookalikes;
mod membership;
mod order;
mod paging;
mod people;
mod places;
mod provision;
mod reading;
mod refusals;
mod searched;
mod searches;
mod size;
mod texts;
mod users;
mod workspaces;

pub(crate) use access::*;
pub(crate) use at_once::*;
pub(crate) use comparisons::*;
pub(crate) use concurrency::*;
pub(crate) use creation::*;
pub(crate) use filters::*;
pub(crate) use gone::*;
pub(crate) use identity::*;
pub(crate) use instants::*;
pub(crate) use linking::*;
pub(crate) use listing::*;
pub(crate) use membership::*;
pub(crate) use order::*;
pub(crate) use paging::*;
pub(crate) use people::*;
pub(crate) use places::*;
pub(crate) use provision::*;
pub(crate) use reading::*;
pub(crate) use refusals::*;
pub(crate) use searches::*;
pub(crate) use size::*;
pub(crate) use texts::*;
pub(crate) use users::*;
pub(crate) use workspaces::*;

// The laws name every operation and every type of the port: a list of them would be its table again.
use access_groups_core::*;

use crate::{
    Capability, Site,
    answer::*,
    case::*,
    site::{far_off, long_ago},
};

// Of the same form as the others, so that nothing is wrong but that they do not exist.
pub(crate) const NO_USER: AcsUserId = AcsUserId::from_u128(0xa0000000_0000_4000_8000_ffffffffffff);
pub(crate) const NO_GROUP: AccessGroupId =
    AccessGroupId::from_u128(0x60000000_0000_4000_8000_ffffffffffff);
pub(crate) const NO_SYSTEM: AcsSystemId =
    AcsSystemId::from_u128(0x50000000_0000_4000_8000_ffffffffffff);
pub(crate) const NO_ENTRANCE: EntranceId =
    EntranceId::from_u128(0xe0000000_0000_4000_8000_ffffffffffff);
pub(crate) const NO_IDENTITY: UserIdentityId =
    UserIdentityId::from_u128(0x1d000000_0000_4000_8000_ffffffffffff);

fn all() -> AccessGroupFilter {
    AccessGroupFilter::new()
}

fn add(user: impl Into<UserRef>, group: AccessGroupId) -> Operation {
    AddUser::new(user, group).into()
}

fn remove(user: impl Into<UserRef>, group: AccessGroupId) -> Operation {
    RemoveUser::new(user, group).into()
}

/// Every call that takes a group and would be refused if there were no such group.
fn calls_on(group: AccessGroupId, user: AcsUserId) -> [Operation; 7] {
    [
        // The reads come first: a change may empty a cache that was wrong until then.
        GetAccessGroup::new(group).into(),
        ListUsersInGroup::new(group).into(),
        ListEntrancesOfGroup::new(group).into(),
        add(user, group),
        remove(user, group),
        UpdateAccessGroup::new(group, AccessGroupUpdate::default()).into(),
        DeleteAccessGroup::new(group).into(),
    ]
}

/// Every operation on users that takes one by selector; the one that deletes them is the last.
fn calls_on_user(user: impl Into<AcsUserSelector>) -> [Operation; 7] {
    let user = user.into();
    let update = AcsUserUpdate {
        full_name: Some(name("Renamed")),
        ..AcsUserUpdate::default()
    };
    [
        GetAcsUser::new(user).into(),
        ListEntrancesOfUser::new(user).into(),
        SuspendAcsUser::new(user).into(),
        UnsuspendAcsUser::new(user).into(),
        UpdateAcsUser::new(user, update).into(),
        RevokeAccessToAllEntrances::new(user).into(),
        DeleteAcsUser::new(user).into(),
    ]
}

/// Every call that takes an identity by id and would be refused if there were no such identity.
fn calls_on_identity(identity: UserIdentityId, user: AcsUserId) -> [Operation; 8] {
    let update = UserIdentityUpdate::default();
    [
        GetUserIdentity::new(identity).into(),
        ListUsersOfIdentity::new(identity).into(),
        ListSystemsOfIdentity::new(identity).into(),
        ListEntrancesOfIdentity::new(identity).into(),
        UpdateUserIdentity::new(identity, update).into(),
        link(user, identity),
        UnlinkAcsUser::new(user, identity).into(),
        DeleteUserIdentity::new(identity).into(),
    ]
}

fn link(user: AcsUserId, identity: UserIdentityId) -> Operation {
    LinkAcsUser::new(user, identity).into()
}

fn list(filter: AccessGroupFilter) -> Operation {
    ListAccessGroups::new(filter).into()
}

/// The filter with a field set that has no setter.
fn with<F>(mut filter: F, edit: impl FnOnce(&mut F)) -> F {
    edit(&mut filter);
    filter
}

fn users_that(filter: AcsUserFilter) -> ListAcsUsers {
    ListAcsUsers::new(filter, PageRequest::first())
}

fn entrances_that(filter: EntranceFilter) -> ListEntrances {
    ListEntrances::new(filter, PageRequest::first())
}

fn identities_that(filter: UserIdentityFilter) -> ListUserIdentities {
    ListUserIdentities::new(filter, PageRequest::first())
}

/// What must be shown of these, of all that the site has.
fn these<'s, R: Resource, S: From<&'s R>>(known: &'s [R], expected: &[R::Id]) -> Vec<S> {
    let shown = known.iter().filter(|one| expected.contains(&one.id()));
    shown.map(S::from).collect()
}

/// What was visible, with this user changed wherever they are shown.
fn with_user(
    before: &[(Operation, Answer)],
    user: AcsUserId,
    change: impl Fn(&mut UserSeen),
) -> Vec<(Operation, Answer)> {
    let mut now = before.to_vec();
    for (_, answer) in &mut now {
        if let Answer::Users(users) = answer {
            let is_it = |shown: &&mut UserSeen| shown.id == user;
            users.iter_mut().filter(is_it).for_each(&change);
            users.sort();
        }
    }
    now
}

/// The user as the port shows them, in the first place that does.
fn shown_somewhere(case: &Case<'_>, user: AcsUserId) -> Option<UserSeen> {
    let visible = case.visible().into_iter();
    let mut users = visible.flat_map(|(_, answer)| match answer {
        Answer::Users(users) => users,
        _ => Vec::new(),
    });
    users.find(|shown| shown.id == user)
}

const fn at(second: u32) -> Timestamp {
    Timestamp::from_unix_seconds(second)
}

fn search(text: &str) -> SearchText {
    text.parse().expect("a text of the kit is not empty")
}

fn contact(text: &str) -> ContactDetail {
    text.parse().expect("the texts of the kit are short")
}

fn name(text: &str) -> PersonName {
    text.parse().expect("a name of the kit has letters")
}

fn title(text: &str) -> ResourceName {
    text.parse().expect("a name of the kit has letters")
}

fn email(text: &str) -> EmailAddress {
    text.parse().expect("an address of the kit is one")
}

fn key(text: &str) -> UserIdentityKey {
    text.parse().expect("a key of the kit is not empty")
}
