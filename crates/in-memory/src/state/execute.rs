//! Operations as values, carried out.

use access_groups_core::{Error, Operation, Reply, Timestamp};

use super::State;

impl State {
    /// Carries out any operation at this time.
    ///
    /// Nothing here is unmanaged: such users and groups are not found, and lists of them are
    /// empty.
    ///
    /// # Errors
    ///
    /// Those of the method that the operation names, with the operation's name.
    pub fn execute(&mut self, operation: Operation, now: Timestamp) -> Result<Reply, Error> {
        let name = operation.name();
        self.advance_to(now);
        self.answer(operation, now)
            .map_err(|error| error.with_operation(name))
    }

    fn answer(&mut self, operation: Operation, now: Timestamp) -> Result<Reply, Error> {
        Ok(match operation {
            Operation::AddUser(op) => done(self.join(op.user, op.group, now)?),
            Operation::RemoveUser(op) => done(self.leave(op.user, op.group)?),
            Operation::GetAccessGroup(op) => self.access_group(op.group)?.clone().into(),
            Operation::ListAccessGroups(op) => all(self.access_groups(&op.filter)).into(),
            Operation::ListUsersInGroup(op) => all(self.users_in_group(op.group)?).into(),
            Operation::ListEntrancesOfGroup(op) => all(self.entrances_of_group(op.group)?).into(),
            Operation::DeleteAccessGroup(op) => self.delete_group(op.group)?.into(),
            Operation::CreateAcsUser(op) => self.create_acs_user(op.user, now)?.into(),
            Operation::GetAcsUser(op) => self.acs_user(op.user)?.clone().into(),
            Operation::ListAcsUsers(op) => self.acs_users_page(&op.filter, &op.page)?.into(),
            Operation::UpdateAcsUser(op) => done(self.update_acs_user(op.user, op.update, now)?),
            Operation::DeleteAcsUser(op) => self.delete_user(op.user)?.into(),
            Operation::SuspendAcsUser(op) => done(self.suspend_acs_user(op.user)?),
            Operation::UnsuspendAcsUser(op) => done(self.unsuspend_acs_user(op.user)?),
            Operation::ListEntrancesOfUser(op) => all(self.entrances_of_user(op.user)?).into(),
            Operation::RevokeAccessToAllEntrances(op) => {
                done(self.revoke_access_to_all_entrances(op.user)?)
            }
            Operation::GetWorkspace(_) => self.workspace_or_default().into(),
            Operation::GetAcsSystem(op) => self.acs_system(op.system)?.clone().into(),
            Operation::ListAcsSystems(op) => all(self.acs_systems_matching(&op.filter)).into(),
            Operation::GetEntrance(op) => self.entrance(op.entrance)?.clone().into(),
            Operation::ListEntrances(op) => self.entrances_page(&op.filter, &op.page)?.into(),
            Operation::GrantAccess(op) => done(self.grant(op.user, op.entrance, now)?),
            Operation::CreateUserIdentity(op) => {
                self.create_user_identity(op.identity, now)?.into()
            }
            Operation::GetUserIdentity(op) => self.user_identity(op.identity)?.clone().into(),
            Operation::ListUserIdentities(op) => {
                self.user_identities_page(&op.filter, &op.page)?.into()
            }
            Operation::UpdateUserIdentity(op) => {
                done(self.update_user_identity(op.identity, op.update)?)
            }
            Operation::DeleteUserIdentity(op) => self.delete_user_identity(op.identity)?.into(),
            Operation::LinkAcsUser(op) => done(self.link_acs_user(op.user, op.identity, now)?),
            Operation::UnlinkAcsUser(op) => done(self.unlink_acs_user(op.user, op.identity)?),
            Operation::ListUsersOfIdentity(op) => {
                all(self.acs_users_of_identity(op.identity)?).into()
            }
            Operation::ListSystemsOfIdentity(op) => {
                all(self.systems_of_identity(op.identity)?).into()
            }
            Operation::ListEntrancesOfIdentity(op) => {
                all(self.entrances_of_identity(op.identity)?).into()
            }
            Operation::GetUnmanagedAccessGroup(op) => return Err(Error::unknown(op.group)),
            Operation::GetUnmanagedAcsUser(op) => return Err(Error::unknown(op.user)),
            Operation::ListUnmanagedAccessGroups(_) => Reply::AccessGroups(Vec::new()),
            Operation::ListUnmanagedAcsUsers(_) => Reply::AcsUsers(Vec::new()),
        })
    }
}

/// Whether anything had to change is not in the answer.
fn done(_changed: bool) -> Reply {
    Reply::Done(())
}

fn all<'a, T: Clone + 'a>(resources: impl Iterator<Item = &'a T>) -> Vec<T> {
    resources.cloned().collect()
}
