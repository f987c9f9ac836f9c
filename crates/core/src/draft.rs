//! What a caller wants made or changed.

use crate::{
    AccessGroupId, AccessSchedule, AcsSystemId, EmailAddress, Error, Patch, PersonName, Timestamp,
    UserIdentityId, UserIdentityKey,
};

/// An ACS user to be created.
///
/// # Examples
///
/// ```
/// use access_groups_core::{AccessGroupId, AcsSystemId, NewAcsUser};
///
/// let ada = NewAcsUser::new(AcsSystemId::from_u128(1), "Ada Lovelace".parse()?)
///     .with_email_address("ada@example.com".parse()?)
///     .in_group(AccessGroupId::from_u128(2));
/// assert_eq!(ada.groups.len(), 1);
/// # Ok::<(), access_groups_core::ParseTextError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct NewAcsUser {
    /// The system that is to know them.
    pub system: AcsSystemId,
    /// Their name.
    pub full_name: PersonName,
    /// E-mail address.
    pub email_address: Option<EmailAddress>,
    /// Phone number, in any notation.
    pub phone_number: Option<String>,
    /// The identity to link them to.
    pub identity: Option<UserIdentityId>,
    /// The groups that they join at once.
    pub groups: Vec<AccessGroupId>,
    /// When they have access at all; `None` is always.
    pub access_schedule: Option<NewSchedule>,
}

impl NewAcsUser {
    /// A user of that system with that name, and nothing else.
    #[must_use]
    pub fn new(system: AcsSystemId, full_name: PersonName) -> Self {
        Self {
            system,
            full_name,
            email_address: None,
            phone_number: None,
            identity: None,
            groups: Vec::new(),
            access_schedule: None,
        }
    }

    /// With this e-mail address.
    #[must_use]
    pub fn with_email_address(mut self, address: EmailAddress) -> Self {
        self.email_address = Some(address);
        self
    }

    /// With this phone number.
    #[must_use]
    pub fn with_phone_number(mut self, number: impl Into<String>) -> Self {
        self.phone_number = Some(number.into());
        self
    }

    /// Linked to this identity.
    #[must_use]
    pub fn with_identity(mut self, identity: UserIdentityId) -> Self {
        self.identity = Some(identity);
        self
    }

    /// And a member of this group.
    #[must_use]
    pub fn in_group(mut self, group: AccessGroupId) -> Self {
        self.groups.push(group);
        self
    }

    /// With access at these times only.
    #[must_use]
    pub fn with_access_schedule(mut self, schedule: NewSchedule) -> Self {
        self.access_schedule = Some(schedule);
        self
    }
}

/// When a new user has access: from now or from an instant, for ever or until an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct NewSchedule {
    /// The first instant at which access holds; `None` is the time of the call.
    pub starts_at: Option<Timestamp>,
    /// The first instant at which it no longer does; `None` is without end.
    pub ends_at: Option<Timestamp>,
}

impl NewSchedule {
    /// The schedule of a user who is created now.
    ///
    /// # Errors
    ///
    /// - `Invalid`: it does not end in the future, or not after it starts.
    pub fn starting_from(self, now: Timestamp) -> Result<AccessSchedule, Error> {
        let starts_at = self.starts_at.unwrap_or(now);
        let schedule = AccessSchedule::new(starts_at);
        let Some(ends_at) = self.ends_at else {
            return Ok(schedule);
        };
        sound_end(starts_at, ends_at, now)?;
        Ok(schedule.with_end(ends_at))
    }
}

/// When a user has access, from now on: with a start and an end.
///
/// Seam's update accepts no schedule without an end; to take the end away, clear the schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClosedSchedule {
    /// The first instant at which access holds.
    pub starts_at: Timestamp,
    /// The first instant at which it no longer does.
    pub ends_at: Timestamp,
}

impl ClosedSchedule {
    /// The schedule of a user who is changed now.
    ///
    /// # Errors
    ///
    /// - `Invalid`: it does not end in the future, or not after it starts.
    pub fn set_at(self, now: Timestamp) -> Result<AccessSchedule, Error> {
        sound_end(self.starts_at, self.ends_at, now)?;
        Ok(AccessSchedule::new(self.starts_at).with_end(self.ends_at))
    }
}

fn sound_end(starts_at: Timestamp, ends_at: Timestamp, now: Timestamp) -> Result<(), Error> {
    if ends_at <= starts_at {
        let message =
            format!("an access schedule must end after it starts: {starts_at}, {ends_at}");
        return Err(Error::invalid(message));
    }
    if ends_at <= now {
        let message = format!("an access schedule must end in the future: {ends_at} is past");
        return Err(Error::invalid(message));
    }
    Ok(())
}

/// What is to change about an ACS user; everything else stays.
///
/// # Examples
///
/// ```
/// use access_groups_core::{AcsUserUpdate, Patch};
///
/// let update = AcsUserUpdate {
///     full_name: Some("Ada King".parse()?),
///     access_schedule: Patch::Clear, // from now on, always
///     ..AcsUserUpdate::default()
/// };
/// # Ok::<(), access_groups_core::ParseTextError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct AcsUserUpdate {
    /// The new name.
    pub full_name: Option<PersonName>,
    /// The new e-mail address. Seam cannot clear it.
    pub email_address: Option<EmailAddress>,
    /// The new phone number, in any notation. Seam cannot clear it.
    pub phone_number: Option<String>,
    /// The new system of the HID credential manager.
    pub hid_acs_system: Option<AcsSystemId>,
    /// The new schedule; cleared, they always have access.
    pub access_schedule: Patch<ClosedSchedule>,
}

/// An identity to be created. Everything may be missing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct NewUserIdentity {
    /// Your own key for the person; no other identity may have it.
    pub key: Option<UserIdentityKey>,
    /// Their name.
    pub full_name: Option<PersonName>,
    /// E-mail address; no other identity may have it.
    pub email_address: Option<EmailAddress>,
    /// Phone number, in any notation; no other identity may have it.
    pub phone_number: Option<String>,
    /// The systems in which they are to have an ACS user: the unlinked one who can be reached
    /// like them, else a new one.
    pub systems: Vec<AcsSystemId>,
}

impl NewUserIdentity {
    /// An identity with that name, and nothing else.
    #[must_use]
    pub fn named(full_name: PersonName) -> Self {
        Self {
            full_name: Some(full_name),
            ..Self::default()
        }
    }
}

/// What is to change about an identity; everything else stays.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct UserIdentityUpdate {
    /// Your own key for the person; no other identity may have it.
    pub key: Patch<UserIdentityKey>,
    /// Their name.
    pub full_name: Patch<PersonName>,
    /// E-mail address; no other identity may have it.
    pub email_address: Patch<EmailAddress>,
    /// Phone number, in any notation; no other identity may have it.
    pub phone_number: Patch<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: u32) -> Timestamp {
        Timestamp::from_unix_seconds(second)
    }

    fn check(starts_at: Option<u32>, ends_at: Option<u32>, expected: bool) {
        let schedule = NewSchedule {
            starts_at: starts_at.map(at),
            ends_at: ends_at.map(at),
        };
        let made = schedule.starting_from(at(100));
        assert_eq!(made.is_ok(), expected, "{starts_at:?} {ends_at:?}");
        if let (Some(starts_at), Some(ends_at)) = (schedule.starts_at, schedule.ends_at) {
            let closed = ClosedSchedule { starts_at, ends_at }.set_at(at(100));
            assert_eq!(closed.ok(), made.ok());
        }
    }

    #[test]
    fn a_schedule_ends_in_the_future_and_after_it_starts() {
        check(None, None, true);
        check(Some(50), None, true);
        check(None, Some(101), true);
        check(None, Some(100), false);
        check(Some(50), Some(100), false);
        check(Some(50), Some(101), true);
        check(Some(200), Some(200), false);
        check(Some(200), Some(150), false);
        check(Some(200), Some(201), true);
    }

    #[test]
    fn without_a_start_it_starts_now() {
        let schedule = NewSchedule::default()
            .starting_from(at(100))
            .expect("sound");
        assert_eq!(schedule, AccessSchedule::new(at(100)));
    }
}
