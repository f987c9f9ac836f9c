//! The second and the third round: what depends on rows that were found.

use access_groups_core::{
    AccessGroupId, AcsSystemId, AcsUser, AcsUserId, EntranceId, UserIdentity, UserIdentityId,
    UserIdentityKey,
};
use access_groups_in_memory::identity_of;

use super::{holders, identity, some, values};
use crate::{Contact, Lock, Slice, UniqueValue, Want};

/// What may follow a round.
#[derive(Debug, Clone)]
pub(crate) enum Next {
    Nothing,
    /// The identity gets this as a user of its system, whoever that is.
    Given(Target),
    /// Users of the system who may be linked get this.
    Linked(Target, AcsSystemId),
    /// The identity loses this as a user of its system, if it has one.
    Taken(Target),
    /// The identity loses everything as a user of this system.
    AllTaken(AcsSystemId),
    /// The user disappears from the list of their identity.
    Unlisted,
    /// The user is linked to the identity with this key, or to a new one.
    LinkedByKey(UserIdentityKey),
    /// The same, and these values of the new one are claimed.
    Claimed(UserIdentityKey, Vec<UniqueValue>),
}

/// What a user is given and loses: a group, or an entrance directly.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Target {
    Group(AccessGroupId),
    Entrance(EntranceId),
}

impl Next {
    /// What the next round wants after everything that was seen, and what may follow then.
    pub(crate) fn wants(self, seen: &mut Slice) -> (Vec<Want>, Self) {
        let wants = match self {
            Self::Nothing => Vec::new(),
            Self::Given(target) => return given(target, seen),
            Self::Linked(target, system) => {
                let users = users_in(Some(system), seen);
                users.map(|users| target.pairs(users)).into_iter().collect()
            }
            Self::Taken(target) => {
                let users = users_in(target.system(seen), seen);
                users.map(|users| target.pairs(users)).into_iter().collect()
            }
            Self::AllTaken(system) => {
                let users = users_in(Some(system), seen);
                users.map(access_of).into_iter().flatten().collect()
            }
            Self::Unlisted => {
                let linked = seen.users.first().and_then(identity_of);
                let linked = linked.map(|id| identity(id, Lock::Change));
                linked.into_iter().collect()
            }
            Self::LinkedByKey(key) => return linked_by_key(key, seen),
            Self::Claimed(key, values) => claimed(&key, &values, seen),
        };
        (wants, Self::Nothing)
    }
}

impl Target {
    pub(super) fn row(self, lock: Lock) -> Want {
        match self {
            Self::Group(group) => Want::Groups(vec![group], lock),
            Self::Entrance(entrance) => Want::Entrances(vec![entrance], lock),
        }
    }

    /// Which of the users have it.
    pub(super) fn pairs(self, users: Vec<AcsUserId>) -> Want {
        match self {
            Self::Group(group) => Want::Memberships { users, group },
            Self::Entrance(entrance) => Want::Grants { users, entrance },
        }
    }

    /// The system that it is of, if it exists.
    fn system(self, seen: &Slice) -> Option<AcsSystemId> {
        match self {
            Self::Group(_) => seen.groups.first().map(|group| group.acs_system_id),
            Self::Entrance(_) => seen.entrances.first().map(|door| door.acs_system_id),
        }
    }
}

/// Everything that the users can open or are members of.
pub(super) fn access_of(users: Vec<AcsUserId>) -> [Want; 2] {
    [Want::MembershipsOf(users.clone()), Want::GrantsOf(users)]
}

fn given(target: Target, seen: &Slice) -> (Vec<Want>, Next) {
    let (Some(identity), Some(system)) = (seen.identities.first(), target.system(seen)) else {
        return (Vec::new(), Next::Nothing);
    };
    if let Some(users) = users_in(Some(system), seen) {
        return (vec![target.pairs(users)], Next::Nothing);
    }
    // Without a lock: what is of the system has one.
    let wants = [Want::Systems(vec![system], Lock::None)].into_iter();
    let wants = wants.chain(unlinked(system, identity)).collect();
    (wants, Next::Linked(target, system))
}

fn unlinked(system: AcsSystemId, identity: &UserIdentity) -> impl Iterator<Item = Want> {
    let (email, phone) = (&identity.email_address, &identity.phone_number);
    let contacts = Contact::all(email.as_deref(), phone.as_deref());
    contacts.map(move |contact| Want::Unlinked(system, contact))
}

fn linked_by_key(key: UserIdentityKey, seen: &mut Slice) -> (Vec<Want>, Next) {
    let Some(user) = seen.users.first() else {
        return (Vec::new(), Next::Nothing);
    };
    if let Some(identity) = seen.identities.first() {
        let users = users_beside(user, identity.user_identity_id);
        return (vec![users], Next::Nothing);
    }
    let (id, values) = (user.acs_user_id, values_of_new(&key, user));
    // Somebody else may have made the identity, or linked the user, before the values are claimed: both
    // are looked at again. What the user was counts no more; they may be gone.
    seen.users.clear();
    let by_key = Want::Identity(key.clone().into(), Lock::Change);
    let wants = [Want::Workspace].into_iter().chain(holders(values.clone()));
    let wants = wants.chain([by_key, Want::User(id, Lock::Change)]);
    (wants.collect(), Next::Claimed(key, values))
}

fn claimed(key: &UserIdentityKey, values: &[UniqueValue], seen: &Slice) -> Vec<Want> {
    let Some(user) = seen.users.first() else {
        return Vec::new();
    };
    let identities = seen.identities.iter();
    let with_key = identities.filter(|row| row.user_identity_key.as_deref() == Some(key.as_str()));
    let with_key: Vec<_> = with_key.map(|row| row.user_identity_id).collect();
    if let Some(with_key) = some(&with_key) {
        let users = with_key.into_iter().map(|id| users_beside(user, id));
        return users.collect();
    }
    // The user may have got other contacts before the lock.
    let mut more = values_of_new(key, user);
    more.retain(|value| !values.contains(value));
    holders(more).into_iter().collect()
}

/// The users of the identity in the system of this one.
fn users_beside(user: &AcsUser, identity: UserIdentityId) -> Want {
    Want::UsersOf {
        identity,
        system: Some(user.acs_system_id),
        lock: Lock::None,
    }
}

/// The values of a new identity with this key, which gets the user's contacts.
fn values_of_new(key: &UserIdentityKey, user: &AcsUser) -> Vec<UniqueValue> {
    let (email, phone) = (&user.email_address, &user.phone_number);
    values(Some(key.as_str()), email.as_deref(), phone.as_deref())
}

/// The users of the system among those that were seen, if there are any.
fn users_in(system: Option<AcsSystemId>, seen: &Slice) -> Option<Vec<AcsUserId>> {
    let users = seen.users.iter();
    let users = users.filter(|user| Some(user.acs_system_id) == system);
    let ids: Vec<_> = users.map(|user| user.acs_user_id).collect();
    some(&ids)
}
