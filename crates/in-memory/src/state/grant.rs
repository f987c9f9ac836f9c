//! Entrances that users open beside whatever their groups open.

use access_groups_core::{AcsUserId, EntranceId, Error, Timestamp, UserRef};

use super::State;

impl State {
    /// Lets the user open the entrance, however they are named; `false` if nothing had to
    /// change.
    ///
    /// An identity becomes a user of the entrance's system as in [`join`](Self::join).
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is no such user or identity, else no such entrance.
    /// - `Invalid`: user and entrance belong to different systems.
    pub fn grant(
        &mut self,
        user: impl Into<UserRef>,
        entrance: EntranceId,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let identity = match user.into() {
            UserRef::AcsUser(user) => {
                self.check_grant(user, entrance)?;
                let changed = self.grants.insert((user, entrance));
                return Ok(self.note(changed));
            }
            UserRef::Identity(identity) => identity,
        };
        self.user_identity(identity)?;
        let system = self.entrance(entrance)?.acs_system_id;
        let before = self.revision;
        let user = self.user_in(identity, system, now)?;
        let changed = self.grants.insert((user, entrance));
        self.note(changed);
        Ok(self.revision != before)
    }

    /// Lets the user open the entrance, which they could not yet, unless through groups.
    ///
    /// # Errors
    ///
    /// - `NotFound`: there is no such user, else no such entrance.
    /// - `Invalid`: they belong to different systems; the subject is the entrance.
    /// - `Conflict`: it was granted to them already.
    pub fn insert_entrance_grant(
        &mut self,
        user: AcsUserId,
        entrance: EntranceId,
    ) -> Result<(), Error> {
        self.check_grant(user, entrance)?;
        if !self.grants.insert((user, entrance)) {
            let message = format!("ACS user {user} was granted entrance {entrance} already");
            return Err(Error::conflict(message).with_subject(entrance));
        }
        self.note(true);
        Ok(())
    }

    /// Whether the entrance was granted to the user directly; unknown ones were not.
    #[must_use]
    pub fn is_granted(&self, user: AcsUserId, entrance: EntranceId) -> bool {
        self.grants.contains(&(user, entrance))
    }

    /// Every direct grant, user by user, sorted by id.
    pub fn grants(&self) -> impl Iterator<Item = (AcsUserId, EntranceId)> {
        self.grants.iter().copied()
    }

    /// The entrances granted to the user directly, sorted by id.
    pub(super) fn grants_of(&self, user: AcsUserId) -> impl Iterator<Item = EntranceId> {
        let first = EntranceId::from_u128(0);
        let last = EntranceId::from_u128(u128::MAX);
        let grants = self.grants.range((user, first)..=(user, last));
        grants.map(|(_, entrance)| *entrance)
    }

    /// Ends every grant of the user; false if there was none.
    pub(super) fn drop_grants(&mut self, user: AcsUserId) -> bool {
        let granted: Vec<_> = self.grants_of(user).collect();
        for entrance in &granted {
            self.grants.remove(&(user, *entrance));
        }
        !granted.is_empty()
    }

    fn check_grant(&self, user: AcsUserId, entrance: EntranceId) -> Result<(), Error> {
        let of_user = self.users.system_of(user);
        let of_user = of_user.ok_or_else(|| Error::unknown(user))?;
        let of_entrance = self.entrance(entrance)?.acs_system_id;
        if of_user != of_entrance {
            return Err(Error::invalid(format!(
                "ACS user {user} belongs to ACS system {of_user}, entrance {entrance} to ACS \
                 system {of_entrance}: only users of its own system can open it"
            ))
            .with_subject(entrance));
        }
        Ok(())
    }
}
