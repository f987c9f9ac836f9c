//! Drafts and updates: the attributes of what a caller creates or changes.
//!
//! A draft holds plain values and optional ones; an update names only what changes. Names, e-mail
//! addresses and keys are checked when they are parsed, schedules when the service receives them:
//! only the service's clock decides what is in the future.

use crate::{
    AccessGroupId, AccessSchedule, AcsSystemId, ContactDetail, EmailAddress, Error, PersonName,
    Timestamp, UserIdentityId, UserIdentityKey,
};

/// Attributes of a new ACS user.
///
/// # Examples
///
/// ```
/// use access_groups_core::{AccessGroupId, AcsSystemId, EmailAddress, NewAcsUser, PersonName};
///
/// let ada = NewAcsUser::new(AcsSystemId::from_u128(1), "Ada Lovelace".parse()?)
///     .with_email_address("ada@example.com".parse()?)
///     .with_phone_number("+1 555 0100".parse()?) // any notation
///     .in_group(AccessGroupId::from_u128(2))
///     .in_group(AccessGroupId::from_u128(3));
/// assert_eq!(ada.groups.len(), 2); // each call adds a group
///
/// assert!(" ".parse::<PersonName>().is_err()); // a name must not be blank
/// assert!("ada@example".parse::<EmailAddress>().is_err()); // nor an address without a TLD
/// # Ok::<(), access_groups_core::ParseTextError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct NewAcsUser {
    /// The system that gets the user. It cannot be changed later.
    pub system: AcsSystemId,
    /// Full name.
    pub full_name: PersonName,
    /// E-mail address. Default: none.
    pub email_address: Option<EmailAddress>,
    /// Phone number, in any notation. Default: none. Source: Seam's published types accept any
    /// text, although its guide asks for E.164.
    pub phone_number: Option<ContactDetail>,
    /// The identity to link the user to. Default: none.
    pub identity: Option<UserIdentityId>,
    /// The groups of which the user is a member from the start. Default: none.
    pub groups: Vec<AccessGroupId>,
    /// When the user has access. Default: `None`, which means always.
    pub access_schedule: Option<NewSchedule>,
}

impl NewAcsUser {
    /// A user of this system with this name; everything else has its default.
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

    crate::setters! {
        /// Sets the e-mail address.
        with_email_address(address: EmailAddress) => email_address = Some(address);

        /// Sets the phone number.
        with_phone_number(number: ContactDetail) => phone_number = Some(number);

        /// Links the user to this identity.
        with_identity(identity: UserIdentityId) => identity = Some(identity);

        /// Limits the user's access to this schedule.
        with_access_schedule(schedule: NewSchedule) => access_schedule = Some(schedule);
    }

    /// Adds a group of which the user is a member from the start.
    #[must_use]
    pub fn in_group(mut self, group: AccessGroupId) -> Self {
        self.groups.push(group);
        self
    }
}

/// When a new user has access. The default starts at the time of the call and has no end.
///
/// # Examples
///
/// ```
/// use access_groups_core::{ErrorKind, NewSchedule, Timestamp};
///
/// let now: Timestamp = "2026-07-01T08:00:00Z".parse()?;
/// let july = NewSchedule { starts_at: None, ends_at: Some("2026-08-01T00:00:00Z".parse()?) };
/// assert_eq!(july.starting_from(now)?.starts_at, now);
///
/// // An end that has passed is refused, even after the start:
/// let too_late: Timestamp = "2026-08-01T00:00:00Z".parse()?;
/// let error = july.starting_from(too_late).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Invalid);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct NewSchedule {
    /// The first instant with access. Default: `None`, the time of the call.
    pub starts_at: Option<Timestamp>,
    /// The first instant without access again. Default: `None`, no end.
    pub ends_at: Option<Timestamp>,
}

impl NewSchedule {
    /// The schedule of a user who is created at this instant: for adapters that keep the data.
    ///
    /// # Errors
    ///
    /// - `Invalid`: the end is not in the future, or not after the start. The start may be past.
    pub fn starting_from(self, now: Timestamp) -> Result<AccessSchedule, Error> {
        // A start in the past is accepted: the user then has access from now on.
        let starts_at = self.starts_at.unwrap_or(now);
        let schedule = AccessSchedule::new(starts_at);
        let Some(ends_at) = self.ends_at else {
            return Ok(schedule);
        };
        check_end(starts_at, ends_at, now)?;
        Ok(schedule.with_end(ends_at))
    }
}

/// The new schedule of an existing user: with a start and an end.
///
/// Seam's `users/update` requires both, unlike `users/create`. To remove the end, clear the whole
/// schedule with [`Patch::Clear`].
///
/// # Examples
///
/// ```
/// use access_groups_core::{ClosedSchedule, ErrorKind, Timestamp};
///
/// let at = |second| Timestamp::from_unix_seconds(second);
/// let schedule = ClosedSchedule { starts_at: at(100), ends_at: at(200) };
/// assert!(schedule.set_at(at(150)).is_ok());
/// assert_eq!(schedule.set_at(at(200)).unwrap_err().kind(), ErrorKind::Invalid); // it is over
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClosedSchedule {
    /// The first instant with access.
    pub starts_at: Timestamp,
    /// The first instant without access again.
    pub ends_at: Timestamp,
}

impl ClosedSchedule {
    /// The schedule of a user who is changed at this instant: for adapters that keep the data.
    ///
    /// # Errors
    ///
    /// - `Invalid`: the end is not in the future, or not after the start. The start may be past.
    pub fn set_at(self, now: Timestamp) -> Result<AccessSchedule, Error> {
        check_end(self.starts_at, self.ends_at, now)?;
        Ok(AccessSchedule::new(self.starts_at).with_end(self.ends_at))
    }
}

/// Seam's documentation of `users/create`: the end must be in the future and after the start.
fn check_end(starts_at: Timestamp, ends_at: Timestamp, now: Timestamp) -> Result<(), Error> {
    // Before the clock is asked: a reversed schedule is wrong at any time, and the message says so.
    if ends_at <= starts_at {
        let message =
            format!("an access schedule must end after it starts: {starts_at}, {ends_at}");
        return Err(Error::invalid(message));
    }
    // An end of now is refused too: at its end, a schedule is over.
    if ends_at <= now {
        let message = format!("an access schedule must end in the future: {ends_at} is past");
        return Err(Error::invalid(message));
    }
    Ok(())
}

/// Changes of an ACS user. The default changes nothing.
///
/// A struct literal may use `..AcsUserUpdate::default()`; a new field is a breaking change.
///
/// # Examples
///
/// ```
/// use access_groups_core::{AcsUserUpdate, Patch};
///
/// let update = AcsUserUpdate {
///     full_name: Some("Ada King".parse()?),
///     access_schedule: Patch::Clear, // access at any time
///     ..AcsUserUpdate::default()
/// };
/// assert_eq!(update.email_address, None); // is kept
///
/// assert!(AcsUserUpdate::default().access_schedule.is_keep());
/// # Ok::<(), access_groups_core::ParseTextError>(())
/// ```
// `Option` rather than `Patch` for the first four: Seam's `users/update` refuses null for them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct AcsUserUpdate {
    /// The new full name. It cannot be removed. Default: keep.
    pub full_name: Option<PersonName>,
    /// The new e-mail address. Default: keep. Seam's `users/update` has no way to remove it.
    pub email_address: Option<EmailAddress>,
    /// The new phone number, in any notation. Default: keep. Seam's `users/update` has no way to
    /// remove it.
    pub phone_number: Option<ContactDetail>,
    /// The new ACS system of the HID credential manager. Default: keep.
    pub hid_acs_system: Option<AcsSystemId>,
    /// The new schedule; without one, the user has access at any time. Default: keep.
    pub access_schedule: Patch<ClosedSchedule>,
}

/// Attributes of a new identity, all of them optional. The default has none.
///
/// # Examples
///
/// ```
/// use access_groups_core::{AcsSystemId, NewUserIdentity, UserIdentityKey};
///
/// let ada = NewUserIdentity {
///     key: Some("employee-7".parse()?), // makes a repeated creation a conflict, not a duplicate
///     systems: vec![AcsSystemId::from_u128(1)],
///     ..NewUserIdentity::named("Ada Lovelace".parse()?)
/// };
/// assert_eq!(ada.email_address, None);
///
/// assert!("".parse::<UserIdentityKey>().is_err()); // no key is `None`
/// # Ok::<(), access_groups_core::ParseTextError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct NewUserIdentity {
    /// Your own key for the person, unique among the identities of the workspace.
    pub key: Option<UserIdentityKey>,
    /// Full name.
    pub full_name: Option<PersonName>,
    /// E-mail address, unique among the identities of the workspace.
    pub email_address: Option<EmailAddress>,
    /// Phone number, in any notation, unique among the identities of the workspace.
    pub phone_number: Option<ContactDetail>,
    /// The systems in which the identity gets an ACS user: the unlinked one with the same e-mail
    /// address, else with the same phone number, else a new one.
    pub systems: Vec<AcsSystemId>,
}

impl NewUserIdentity {
    /// An identity with this name; everything else has its default.
    #[must_use]
    pub fn named(full_name: PersonName) -> Self {
        Self {
            full_name: Some(full_name),
            ..Self::default()
        }
    }
}

/// Changes of an identity. The default changes nothing.
///
/// # Examples
///
/// ```
/// use access_groups_core::{EmailAddress, Patch, UserIdentityUpdate};
///
/// let update = UserIdentityUpdate {
///     email_address: Patch::Set("ada@example.com".parse()?),
///     phone_number: Patch::Clear, // unlike `Keep`, removes the number
///     ..UserIdentityUpdate::default()
/// };
/// assert!(update.full_name.is_keep());
///
/// assert!("ada".parse::<EmailAddress>().is_err()); // checked before any call
/// # Ok::<(), access_groups_core::ParseTextError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct UserIdentityUpdate {
    /// Your own key for the person, unique among the identities of the workspace.
    pub key: Patch<UserIdentityKey>,
    /// Full name.
    pub full_name: Patch<PersonName>,
    /// E-mail address, unique among the identities of the workspace.
    pub email_address: Patch<EmailAddress>,
    /// Phone number, in any notation, unique among the identities of the workspace.
    pub phone_number: Patch<ContactDetail>,
}

/// A change of an optional field: keep it, clear it, or set it.
///
/// On the wire of Seam's API these are an absent field, null, and a value.
///
/// # Examples
///
/// ```
/// use access_groups_core::Patch;
///
/// let mut name = Some("Ada");
/// Patch::Keep.apply(&mut name);
/// assert_eq!(name, Some("Ada"));
/// Patch::Set("Grace").apply(&mut name);
/// assert_eq!(name, Some("Grace"));
/// Patch::Clear.apply(&mut name);
/// assert_eq!(name, None);
/// ```
///
/// An `Option` does not convert by itself, because `None` could mean to keep or to clear:
///
/// ```compile_fail,E0277
/// use access_groups_core::Patch;
///
/// let patch: Patch<u8> = None::<u8>.into();
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Patch<T> {
    /// Leaves the field unchanged.
    #[default]
    Keep,
    /// Removes the value.
    Clear,
    /// Replaces the value.
    Set(T),
}

impl<T> Patch<T> {
    /// `Some` sets the field, and `None` clears it.
    ///
    /// ```
    /// use access_groups_core::Patch;
    ///
    /// assert_eq!(Patch::set_or_clear(Some(1)), Patch::Set(1));
    /// assert_eq!(Patch::<u8>::set_or_clear(None), Patch::Clear);
    /// ```
    #[must_use]
    pub fn set_or_clear(value: Option<T>) -> Self {
        value.map_or(Self::Clear, Self::Set)
    }

    /// Applies the change to a field.
    pub fn apply(self, field: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Clear => *field = None,
            Self::Set(value) => *field = Some(value),
        }
    }

    /// Converts the new value, if there is one.
    #[must_use]
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Patch<U> {
        match self {
            Self::Keep => Patch::Keep,
            Self::Clear => Patch::Clear,
            Self::Set(value) => Patch::Set(change(value)),
        }
    }

    /// Borrows the new value, if there is one.
    #[must_use]
    pub const fn as_ref(&self) -> Patch<&T> {
        match self {
            Self::Keep => Patch::Keep,
            Self::Clear => Patch::Clear,
            Self::Set(value) => Patch::Set(value),
        }
    }

    /// Whether the field is left unchanged.
    #[must_use]
    pub const fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }
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
    fn a_schedule_end_is_validated() {
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
    fn the_default_start_is_now() {
        let schedule = NewSchedule::default()
            .starting_from(at(100))
            .expect("sound");
        assert_eq!(schedule, AccessSchedule::new(at(100)));
    }
}
