//! Situations in which a call shows more than in others.

use super::*;

/// The ways in which an identity gets a user in a system.
pub(crate) const JOININGS: [&str; 5] = [
    "linked to the only user with the e-mail address",
    "linked to the oldest of several with the e-mail address",
    "linked to the only user with the phone number",
    "linked to the oldest of several with the phone number",
    "linked to a new user",
];

/// The call ends one or all of several things of one user, identity, group or entrance.
pub(crate) const SEVERAL_THINGS: &str = "one or all of several things are ended";

impl Oracle {
    /// What the call shows more than others of its kind, if it succeeds.
    pub(crate) fn situations(&self, call: &Operation) -> Vec<&'static str> {
        let mut situations = self.joinings(call);
        situations.extend(self.ends_several(call).then_some(SEVERAL_THINGS));
        situations
    }

    /// Whether the call ends one or all of several things.
    pub(crate) fn ends_several(&self, call: &Operation) -> bool {
        let of_user = |user: AcsUserId| {
            let members = self.members.iter().filter(|(member, _)| *member == user);
            let grants = self.grants.iter().filter(|(holder, _)| *holder == user);
            (members.count(), grants.count())
        };
        let has_all = |user| {
            let found = self.find(user).map(of_user);
            found.is_ok_and(|(members, grants)| members > 1 && grants > 1)
        };
        let users_of = |identity| self.linked(identity).count();
        match call {
            Operation::RemoveUser(op) => {
                let user = self.user_of(op.user, self.group(op.group).map(|group| group.system));
                let member = user.filter(|user| self.members.contains(&(*user, op.group)));
                member.is_some_and(|user| of_user(user).0 > 1)
            }
            Operation::RevokeAccess(op) => {
                let entrance = self.entrance(op.entrance).map(|entrance| entrance.system);
                let user = self.user_of(op.user, entrance);
                let holder = user.filter(|user| self.grants.contains(&(*user, op.entrance)));
                holder.is_some_and(|user| of_user(user).1 > 1)
            }
            Operation::RevokeAccessToAllEntrances(op) => has_all(op.user),
            Operation::DeleteAcsUser(op) => has_all(op.user),
            Operation::DeleteAccessGroup(op) => {
                let members = self.members.iter().filter(|(_, of)| *of == op.group);
                members.count() > 1
            }
            Operation::DeleteEntrance(op) => {
                let grants = self.grants.iter();
                grants
                    .filter(|(_, granted)| *granted == op.entrance)
                    .count()
                    > 1
            }
            Operation::UnlinkAcsUser(op) => users_of(op.identity) > 1,
            Operation::DeleteUserIdentity(op) => users_of(op.identity) > 1,
            _ => false,
        }
    }

    /// How the call gives users to an identity.
    fn joinings(&self, call: &Operation) -> Vec<&'static str> {
        let (contact, systems) = match call {
            Operation::CreateUserIdentity(op) => {
                (ContactSeen::from(&op.identity), op.identity.systems.clone())
            }
            Operation::AddUser(op) => {
                let system = self.group(op.group).map(|group| group.system);
                return self.joining(op.user, system).into_iter().collect();
            }
            Operation::GrantAccess(op) => {
                let system = self.entrance(op.entrance).map(|entrance| entrance.system);
                return self.joining(op.user, system).into_iter().collect();
            }
            _ => return Vec::new(),
        };
        let joinings = systems.into_iter();
        joinings
            .map(|system| self.joining_by(&contact, system))
            .collect()
    }

    fn joining(
        &self,
        user: UserRef,
        system: Result<AcsSystemId, Refusals>,
    ) -> Option<&'static str> {
        let (UserRef::Identity(identity), Ok(system)) = (user, system) else {
            return None;
        };
        let contact = self.contact_of(Some(identity))?;
        let is_linked = self.linked_in(identity, system).is_some();
        (!is_linked).then(|| self.joining_by(&contact, system))
    }

    fn joining_by(&self, contact: &ContactSeen, system: AcsSystemId) -> &'static str {
        let by_email = ContactSeen {
            phone: None,
            ..contact.clone()
        };
        let [one_email, emails, one_phone, phones, new] = JOININGS;
        let with_email = self.candidates_for(&by_email, system).len();
        match (with_email, self.candidates_for(contact, system).len()) {
            (0, 0) => new,
            (0, 1) => one_phone,
            (0, _) => phones,
            (1, _) => one_email,
            _ => emails,
        }
    }

    /// The user, or the identity's user of the system.
    fn user_of(&self, user: UserRef, system: Result<AcsSystemId, Refusals>) -> Option<AcsUserId> {
        match user {
            UserRef::AcsUser(user) => Some(user),
            UserRef::Identity(identity) => self.linked_in(identity, system.ok()?),
        }
    }
}
