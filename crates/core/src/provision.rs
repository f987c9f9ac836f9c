//! Drafts and updates of systems, groups and entrances.
//!
//! Seam's API has no calls for these: there, they come from the provider. Stores have them.

use crate::{
    AcsSystemId, ClosedSchedule, EntranceId, NewSchedule, Patch, ResourceName, TimeZoneName,
};

/// Attributes of a new access group.
///
/// # Examples
///
/// ```
/// use access_groups_core::{AcsSystemId, EntranceId, NewAccessGroup, ResourceName};
///
/// let gym = NewAccessGroup::new(AcsSystemId::from_u128(1), "Gym".parse()?)
///     .opening(EntranceId::from_u128(2));
/// assert_eq!(gym.entrances.len(), 1);
///
/// assert!(" ".parse::<ResourceName>().is_err()); // a name must not be blank
/// # Ok::<(), access_groups_core::ParseTextError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct NewAccessGroup {
    /// The system of the group. It cannot be changed later.
    pub system: AcsSystemId,
    /// Name.
    pub name: ResourceName,
    /// The entrances that the group holds from the start. Default: none.
    pub entrances: Vec<EntranceId>,
    /// When its members have access. Default: `None`, which means always.
    pub access_schedule: Option<NewSchedule>,
}

impl NewAccessGroup {
    /// A group of this system with this name; everything else has its default.
    #[must_use]
    pub fn new(system: AcsSystemId, name: ResourceName) -> Self {
        Self {
            system,
            name,
            entrances: Vec::new(),
            access_schedule: None,
        }
    }

    crate::setters! {
        /// Limits the access of its members to this schedule.
        with_access_schedule(schedule: NewSchedule) => access_schedule = Some(schedule);
    }

    /// Adds an entrance that the group holds from the start.
    #[must_use]
    pub fn opening(mut self, entrance: EntranceId) -> Self {
        self.entrances.push(entrance);
        self
    }
}

/// Changes of an access group. The default changes nothing.
///
/// A struct literal may use `..AccessGroupUpdate::default()`; a new field is a breaking change.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct AccessGroupUpdate {
    /// The new name. Default: keep.
    pub name: Option<ResourceName>,
    /// The new schedule; without one, members have access at any time. Default: keep.
    pub access_schedule: Patch<ClosedSchedule>,
    /// Entrances that the group holds from now on, if it does not already. Default: none.
    pub add_entrances: Vec<EntranceId>,
    /// Entrances that the group no longer holds; they need not exist. One that is also added is
    /// added. Default: none.
    pub remove_entrances: Vec<EntranceId>,
}

/// Attributes of a new access control system.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct NewAcsSystem {
    /// Name.
    pub name: ResourceName,
    /// The time zone of its location. Default: unknown.
    pub time_zone: Option<TimeZoneName>,
}

impl NewAcsSystem {
    /// A system with this name.
    #[must_use]
    pub fn new(name: ResourceName) -> Self {
        Self {
            name,
            time_zone: None,
        }
    }

    crate::setters! {
        /// Sets the time zone of its location.
        with_time_zone(zone: TimeZoneName) => time_zone = Some(zone);
    }
}

/// Changes of an access control system. The default changes nothing.
///
/// A struct literal may use `..AcsSystemUpdate::default()`; a new field is a breaking change.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct AcsSystemUpdate {
    /// The new name. Default: keep.
    pub name: Option<ResourceName>,
    /// The time zone of its location. Default: keep.
    pub time_zone: Patch<TimeZoneName>,
}

/// Attributes of a new entrance, which no group holds.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct NewEntrance {
    /// The system of the entrance. It cannot be changed later.
    pub system: AcsSystemId,
    /// Name.
    pub name: ResourceName,
}

impl NewEntrance {
    /// An entrance of this system with this name.
    #[must_use]
    pub fn new(system: AcsSystemId, name: ResourceName) -> Self {
        Self { system, name }
    }
}

/// Changes of an entrance. The default changes nothing.
///
/// A struct literal may use `..EntranceUpdate::default()`; a new field is a breaking change.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct EntranceUpdate {
    /// The new name. Default: keep.
    pub name: Option<ResourceName>,
}
