//! What each operation may answer.

use access_groups_core::*;

/// An answer to the operation, with resources of this id and name, so many of them in a list.
pub(crate) fn reply_to(operation: &Operation, id: u128, name: &str, count: usize) -> Reply {
    let sample = Sample { id, name, count };
    macro_rules! answers {
        ($($operation:ident)*) => {
            match operation {
                $(Operation::$operation(_) => $operation::answer(sample.make()),)*
            }
        };
    }
    answers! {
        AddUser RemoveUser GetAccessGroup ListAccessGroups ListUsersInGroup ListEntrancesOfGroup
        DeleteAccessGroup CreateAcsUser GetAcsUser ListAcsUsers UpdateAcsUser DeleteAcsUser
        SuspendAcsUser UnsuspendAcsUser ListEntrancesOfUser GrantAccess RevokeAccessToAllEntrances
        GetWorkspace GetAcsSystem ListAcsSystems GetEntrance ListEntrances CreateUserIdentity
        GetUserIdentity ListUserIdentities UpdateUserIdentity DeleteUserIdentity LinkAcsUser
        UnlinkAcsUser ListUsersOfIdentity ListSystemsOfIdentity ListEntrancesOfIdentity
        CreateAccessGroup UpdateAccessGroup RevokeAccess CreateAcsSystem UpdateAcsSystem
        DeleteAcsSystem CreateEntrance UpdateEntrance DeleteEntrance
    }
}

struct Sample<'a> {
    id: u128,
    name: &'a str,
    count: usize,
}

impl Sample<'_> {
    fn make<T: Sampled>(&self) -> T {
        T::sample(self)
    }

    fn system(&self) -> AcsSystemId {
        AcsSystemId::from_u128(self.id)
    }
}

trait Sampled: Sized {
    fn sample(of: &Sample<'_>) -> Self;
}

impl Sampled for () {
    fn sample(_: &Sample<'_>) {}
}

impl<T: Sampled + Clone> Sampled for Vec<T> {
    fn sample(of: &Sample<'_>) -> Self {
        vec![of.make(); of.count]
    }
}

impl<T: Sampled + Clone> Sampled for Page<T> {
    fn sample(of: &Sample<'_>) -> Self {
        let next = (of.count % 2 == 1).then(|| PageCursor::new(of.name));
        let items = of.make();
        Self { items, next }
    }
}

macro_rules! samples {
    ($($type:ident: $sample:ident => $made:expr;)*) => {$(
        impl Sampled for $type {
            fn sample($sample: &Sample<'_>) -> Self {
                $made
            }
        }
    )*};
}

samples! {
    AccessGroup: of => Self::new(AccessGroupId::from_u128(of.id), of.system(), of.name);
    AcsUser: of => Self::new(AcsUserId::from_u128(of.id), of.system(), of.name);
    Entrance: of => Self::new(EntranceId::from_u128(of.id), of.system(), of.name);
    AcsSystem: of => Self::new(of.system(), of.name);
    UserIdentity: of => Self::new(UserIdentityId::from_u128(of.id), of.name);
    Workspace: of => Self::new(WorkspaceId::from_u128(of.id), of.name);
}
