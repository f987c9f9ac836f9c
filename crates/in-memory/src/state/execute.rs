//! Operations as values: which method of the store carries out which.

use access_groups_core::*;

use super::State;

impl State {
    /// Carries out any operation at this time.
    ///
    /// # Errors
    ///
    /// Those of the operation, with its name.
    ///
    /// # Examples
    ///
    /// ```
    /// use access_groups_core::{AddUser, Call, Timestamp};
    /// use access_groups_in_memory::SiteBuilder;
    ///
    /// let mut site = SiteBuilder::new();
    /// let (ada, gym) = (site.user("Ada"), site.group("Gym"));
    /// let mut state = site.build_state();
    /// let reply = state.execute(AddUser::new(ada, gym).into(), Timestamp::UNIX_EPOCH)?;
    /// AddUser::reply(reply)?;
    /// assert!(state.is_member(ada, gym));
    /// # Ok::<(), access_groups_core::Error>(())
    /// ```
    pub fn execute(&mut self, operation: Operation, now: Timestamp) -> Result<Reply, Error> {
        self.advance_to(now);
        let name = operation.name();
        self.carry_out(operation, now)
            .map_err(|error| error.with_operation(name))
    }

    /// Answers an operation that changes nothing; `None` if the operation is a change.
    ///
    /// # Errors
    ///
    /// Those of the operation, with its name.
    pub fn answer(&self, operation: &Operation) -> Option<Result<Reply, Error>> {
        let answer = self.read(operation).transpose()?;
        Some(answer.map_err(|error| error.with_operation(operation.name())))
    }

    fn read(&self, operation: &Operation) -> Result<Option<Reply>, Error> {
        use Operation as O;
        Ok(Some(match operation {
            O::GetAccessGroup(op) => GetAccessGroup::answer(self.access_group(op.group)?.clone()),
            O::ListAccessGroups(op) => {
                ListAccessGroups::answer(all(self.access_groups(&op.filter)))
            }
            O::ListUsersInGroup(op) => {
                ListUsersInGroup::answer(all(self.users_in_group(op.group)?))
            }
            O::ListEntrancesOfGroup(op) => {
                ListEntrancesOfGroup::answer(all(self.entrances_of_group(op.group)?))
            }
            O::GetAcsUser(op) => GetAcsUser::answer(self.acs_user(op.user)?.clone()),
            O::ListAcsUsers(op) => ListAcsUsers::answer(self.acs_users_page(&op.filter, &op.page)?),
            O::ListEntrancesOfUser(op) => {
                ListEntrancesOfUser::answer(all(self.entrances_of_user(op.user)?))
            }
            O::GetWorkspace(_) => GetWorkspace::answer(self.workspace_or_default()),
            O::GetAcsSystem(op) => GetAcsSystem::answer(self.acs_system(op.system)?.clone()),
            O::ListAcsSystems(op) => {
                ListAcsSystems::answer(all(self.acs_systems_matching(&op.filter)))
            }
            O::GetEntrance(op) => GetEntrance::answer(self.entrance(op.entrance)?.clone()),
            O::ListEntrances(op) => {
                ListEntrances::answer(self.entrances_page(&op.filter, &op.page)?)
            }
            O::GetUserIdentity(op) => {
                GetUserIdentity::answer(self.user_identity(op.identity.clone())?.clone())
            }
            O::ListUserIdentities(op) => {
                ListUserIdentities::answer(self.user_identities_page(&op.filter, &op.page)?)
            }
            O::ListUsersOfIdentity(op) => {
                ListUsersOfIdentity::answer(all(self.acs_users_of_identity(op.identity)?))
            }
            O::ListSystemsOfIdentity(op) => {
                ListSystemsOfIdentity::answer(all(self.systems_of_identity(op.identity)?))
            }
            O::ListEntrancesOfIdentity(op) => {
                ListEntrancesOfIdentity::answer(all(self.entrances_of_identity(op.identity)?))
            }
            O::AddUser(_)
            | O::RemoveUser(_)
            | O::DeleteAccessGroup(_)
            | O::CreateAcsUser(_)
            | O::UpdateAcsUser(_)
            | O::DeleteAcsUser(_)
            | O::SuspendAcsUser(_)
            | O::UnsuspendAcsUser(_)
            | O::GrantAccess(_)
            | O::RevokeAccessToAllEntrances(_)
            | O::CreateUserIdentity(_)
            | O::UpdateUserIdentity(_)
            | O::DeleteUserIdentity(_)
            | O::LinkAcsUser(_)
            | O::UnlinkAcsUser(_)
            | O::CreateAccessGroup(_)
            | O::UpdateAccessGroup(_)
            | O::RevokeAccess(_)
            | O::CreateAcsSystem(_)
            | O::UpdateAcsSystem(_)
            | O::DeleteAcsSystem(_)
            | O::CreateEntrance(_)
            | O::UpdateEntrance(_)
            | O::DeleteEntrance(_) => return Ok(None),
        }))
    }

    fn carry_out(&mut self, operation: Operation, now: Timestamp) -> Result<Reply, Error> {
        use Operation as O;
        // The port's answers do not tell whether anything had to change.
        Ok(match operation {
            O::AddUser(op) => AddUser::answer(self.join(op.user, op.group, now).map(drop)?),
            O::RemoveUser(op) => RemoveUser::answer(self.leave(op.user, op.group).map(drop)?),
            O::DeleteAccessGroup(op) => DeleteAccessGroup::answer(self.delete_group(op.group)?),
            O::CreateAcsUser(op) => CreateAcsUser::answer(self.create_acs_user(op.user, now)?),
            O::UpdateAcsUser(op) => {
                UpdateAcsUser::answer(self.update_acs_user(op.user, op.update, now).map(drop)?)
            }
            O::DeleteAcsUser(op) => DeleteAcsUser::answer(self.delete_user(op.user)?),
            O::SuspendAcsUser(op) => {
                SuspendAcsUser::answer(self.suspend_acs_user(op.user).map(drop)?)
            }
            O::UnsuspendAcsUser(op) => {
                UnsuspendAcsUser::answer(self.unsuspend_acs_user(op.user).map(drop)?)
            }
            O::GrantAccess(op) => {
                GrantAccess::answer(self.grant(op.user, op.entrance, now).map(drop)?)
            }
            O::RevokeAccessToAllEntrances(op) => RevokeAccessToAllEntrances::answer(
                self.revoke_access_to_all_entrances(op.user).map(drop)?,
            ),
            O::CreateUserIdentity(op) => {
                CreateUserIdentity::answer(self.create_user_identity(op.identity, now)?)
            }
            O::UpdateUserIdentity(op) => UpdateUserIdentity::answer(
                self.update_user_identity(op.identity, op.update)
                    .map(drop)?,
            ),
            O::DeleteUserIdentity(op) => {
                DeleteUserIdentity::answer(self.delete_user_identity(op.identity)?)
            }
            O::LinkAcsUser(op) => {
                LinkAcsUser::answer(self.link_acs_user(op.user, op.identity, now).map(drop)?)
            }
            O::UnlinkAcsUser(op) => {
                UnlinkAcsUser::answer(self.unlink_acs_user(op.user, op.identity).map(drop)?)
            }
            O::CreateAccessGroup(op) => {
                CreateAccessGroup::answer(self.create_access_group(op.group, now)?)
            }
            O::UpdateAccessGroup(op) => UpdateAccessGroup::answer(
                self.update_access_group(op.group, op.update, now)
                    .map(drop)?,
            ),
            O::RevokeAccess(op) => {
                RevokeAccess::answer(self.revoke_access(op.user, op.entrance).map(drop)?)
            }
            O::CreateAcsSystem(op) => {
                CreateAcsSystem::answer(self.create_acs_system(op.system, now))
            }
            O::UpdateAcsSystem(op) => {
                UpdateAcsSystem::answer(self.update_acs_system(op.system, op.update).map(drop)?)
            }
            O::DeleteAcsSystem(op) => DeleteAcsSystem::answer(self.delete_acs_system(op.system)?),
            O::CreateEntrance(op) => {
                CreateEntrance::answer(self.create_entrance(op.entrance, now)?)
            }
            O::UpdateEntrance(op) => {
                UpdateEntrance::answer(self.update_entrance(op.entrance, op.update).map(drop)?)
            }
            O::DeleteEntrance(op) => DeleteEntrance::answer(self.delete_entrance(op.entrance)?),
            read @ (O::GetAccessGroup(_)
            | O::ListAccessGroups(_)
            | O::ListUsersInGroup(_)
            | O::ListEntrancesOfGroup(_)
            | O::GetAcsUser(_)
            | O::ListAcsUsers(_)
            | O::ListEntrancesOfUser(_)
            | O::GetWorkspace(_)
            | O::GetAcsSystem(_)
            | O::ListAcsSystems(_)
            | O::GetEntrance(_)
            | O::ListEntrances(_)
            | O::GetUserIdentity(_)
            | O::ListUserIdentities(_)
            | O::ListUsersOfIdentity(_)
            | O::ListSystemsOfIdentity(_)
            | O::ListEntrancesOfIdentity(_)) => {
                let answer = self.read(&read)?;
                return answer.ok_or_else(|| Error::unsupported_operation(&read));
            }
        })
    }
}

fn all<'a, T: Clone + 'a>(resources: impl Iterator<Item = &'a T>) -> Vec<T> {
    resources.cloned().collect()
}
