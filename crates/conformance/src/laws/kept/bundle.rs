//! Resources that belong together, and every place where one is shown.

use super::*;

/// One resource of each kind in a system of its own: an identity, its user, who is a member of the
/// group, and an entrance that the group holds.
#[derive(Debug, Clone, Copy)]
pub(in crate::laws) struct Bundle {
    pub(in crate::laws) system: AcsSystemId,
    pub(in crate::laws) user: AcsUserId,
    pub(in crate::laws) identity: UserIdentityId,
    pub(in crate::laws) group: AccessGroupId,
    pub(in crate::laws) entrance: EntranceId,
}

impl Bundle {
    /// Adds one to the site, in which everything has this name.
    pub(in crate::laws) fn of(site: &mut Site, name: &str) -> Self {
        let system = site.system(name);
        let user = site.user(system, name);
        let identity = site.identity(name, None, None, &[user]);
        let (group, entrance) = (site.group(system, name), site.entrance(system, name));
        site.members(group, &[user]);
        site.holds(group, &[entrance]);
        Self {
            system,
            user,
            identity,
            group,
            entrance,
        }
    }

    /// Every read that shows one of its resources, but for the lists of everything.
    pub(in crate::laws) fn places(self) -> Vec<(Operation, Subject)> {
        let Self {
            system,
            user,
            identity,
            group,
            entrance,
        } = self;
        let users: [Operation; 6] = [
            GetAcsUser::new(user).into(),
            GetAcsUser::new(AcsUserSelector::of(identity, system)).into(),
            ListUsersInGroup::new(group).into(),
            ListUsersOfIdentity::new(identity).into(),
            users_that(AcsUserFilter::new().in_system(system)).into(),
            users_that(AcsUserFilter::new().of_identity(identity)).into(),
        ];
        let identities: [Operation; 2] = [
            GetUserIdentity::new(identity).into(),
            identities_that(UserIdentityFilter::new().among([identity])).into(),
        ];
        let groups: [Operation; 4] = [
            GetAccessGroup::new(group).into(),
            list(all().in_system(system)),
            list(all().of_user(user)),
            list(all().of_identity(identity)),
        ];
        let entrances: [Operation; 6] = [
            GetEntrance::new(entrance).into(),
            ListEntrancesOfGroup::new(group).into(),
            ListEntrancesOfUser::new(user).into(),
            ListEntrancesOfIdentity::new(identity).into(),
            entrances_that(EntranceFilter::new().in_system(system)).into(),
            entrances_that(EntranceFilter::new().among([entrance])).into(),
        ];
        let systems: [Operation; 2] = [
            GetAcsSystem::new(system).into(),
            ListSystemsOfIdentity::new(identity).into(),
        ];
        let in_each = |questions: &[Operation], shown: Subject| {
            let questions = questions.iter().cloned();
            questions
                .map(|question| (question, shown))
                .collect::<Vec<_>>()
        };
        [
            in_each(&users, user.into()),
            in_each(&identities, identity.into()),
            in_each(&groups, group.into()),
            in_each(&entrances, entrance.into()),
            in_each(&systems, system.into()),
        ]
        .concat()
    }
}
