//! Arguments of the commands that create, change and delete systems, groups, entrances and grants.

use access_groups_core::{
    AccessGroupId, AcsSystemId, AcsUserId, ContactDetail, EmailAddress, EntranceId, PersonName,
    ResourceName, TimeZoneName,
};

use super::IdOrName;
use crate::local_time::{When, time_zone};

/// Arguments of `grant` and `revoke`.
#[derive(Debug, clap::Args)]
pub(crate) struct Grant {
    /// The user
    #[arg(long)]
    pub(crate) user: IdOrName<AcsUserId>,

    /// The entrance
    #[arg(long)]
    pub(crate) entrance: IdOrName<EntranceId>,
}

/// Arguments of `users update`.
#[derive(Debug, clap::Args)]
pub(crate) struct UpdateUser {
    /// The user
    pub(crate) user: IdOrName<AcsUserId>,

    #[command(flatten)]
    pub(crate) change: UserChange,
}

/// What `users update` changes.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = true)]
pub(crate) struct UserChange {
    /// The new full name
    #[arg(long)]
    pub(crate) name: Option<PersonName>,

    /// The new e-mail address
    #[arg(long)]
    pub(crate) email: Option<EmailAddress>,

    /// The new phone number, in any notation
    #[arg(long)]
    pub(crate) phone: Option<ContactDetail>,

    /// When access begins, like 2026-07-01 or "2026-07-01 08:00" [default: as before, or now]
    #[arg(long, value_name = "TIME")]
    pub(crate) starts_at: Option<When>,

    /// When access ends: the first moment without it [default: as before]
    #[arg(long, value_name = "TIME")]
    pub(crate) ends_at: Option<When>,

    /// Access at any time from now on
    #[arg(long, conflicts_with_all = ["starts_at", "ends_at"])]
    pub(crate) no_schedule: bool,
}

/// Arguments of `groups create`.
#[derive(Debug, clap::Args)]
pub(crate) struct CreateGroup {
    /// The system of the new group
    #[arg(long)]
    pub(crate) system: IdOrName<AcsSystemId>,

    /// The name
    #[arg(long)]
    pub(crate) name: ResourceName,

    /// An entrance of that system that the group opens; may be given several times
    #[arg(long = "entrance", value_name = "ENTRANCE")]
    pub(crate) entrances: Vec<IdOrName<EntranceId>>,

    /// When access begins, like 2026-07-01 or "2026-07-01 08:00" [default: now]
    #[arg(long, value_name = "TIME")]
    pub(crate) starts_at: Option<When>,

    /// When access ends: the first moment without it [default: never]
    #[arg(long, value_name = "TIME")]
    pub(crate) ends_at: Option<When>,
}

/// Arguments of `groups update`.
#[derive(Debug, clap::Args)]
pub(crate) struct UpdateGroup {
    /// The group
    pub(crate) group: IdOrName<AccessGroupId>,

    #[command(flatten)]
    pub(crate) change: GroupChange,
}

/// What `groups update` changes.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = true)]
pub(crate) struct GroupChange {
    /// The new name
    #[arg(long)]
    pub(crate) name: Option<ResourceName>,

    /// An entrance that the group opens from now on; may be given several times
    #[arg(long = "add-entrance", value_name = "ENTRANCE")]
    pub(crate) add: Vec<IdOrName<EntranceId>>,

    /// An entrance that the group no longer opens; may be given several times
    #[arg(long = "remove-entrance", value_name = "ENTRANCE")]
    pub(crate) remove: Vec<IdOrName<EntranceId>>,

    /// When access begins, like 2026-07-01 or "2026-07-01 08:00" [default: as before, or now]
    #[arg(long, value_name = "TIME")]
    pub(crate) starts_at: Option<When>,

    /// When access ends: the first moment without it [default: as before]
    #[arg(long, value_name = "TIME")]
    pub(crate) ends_at: Option<When>,

    /// Access at any time from now on
    #[arg(long, conflicts_with_all = ["starts_at", "ends_at"])]
    pub(crate) no_schedule: bool,
}

/// Arguments of `groups delete`.
#[derive(Debug, clap::Args)]
pub(crate) struct DeleteGroup {
    /// The group
    pub(crate) group: IdOrName<AccessGroupId>,

    /// Do not ask; required without a terminal
    #[arg(long)]
    pub(crate) yes: bool,
}

/// Arguments of `systems create`.
#[derive(Debug, clap::Args)]
pub(crate) struct CreateSystem {
    /// The name
    #[arg(long)]
    pub(crate) name: ResourceName,

    /// The time zone of its location, like Europe/Berlin [default: unknown]
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    pub(crate) time_zone: Option<TimeZoneName>,
}

/// Arguments of `systems update`.
#[derive(Debug, clap::Args)]
pub(crate) struct UpdateSystem {
    /// The system
    pub(crate) system: IdOrName<AcsSystemId>,

    #[command(flatten)]
    pub(crate) change: SystemChange,
}

/// What `systems update` changes.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = true)]
pub(crate) struct SystemChange {
    /// The new name
    #[arg(long)]
    pub(crate) name: Option<ResourceName>,

    /// The time zone of its location, like Europe/Berlin
    #[arg(long, value_name = "ZONE", value_parser = zone)]
    pub(crate) time_zone: Option<TimeZoneName>,
}

/// Arguments of `systems delete`.
#[derive(Debug, clap::Args)]
pub(crate) struct DeleteSystem {
    /// The system
    pub(crate) system: IdOrName<AcsSystemId>,

    /// Do not ask; required without a terminal
    #[arg(long)]
    pub(crate) yes: bool,
}

/// Arguments of `entrances create`.
#[derive(Debug, clap::Args)]
pub(crate) struct CreateEntrance {
    /// The system of the new entrance
    #[arg(long)]
    pub(crate) system: IdOrName<AcsSystemId>,

    /// The name
    #[arg(long)]
    pub(crate) name: ResourceName,
}

/// Arguments of `entrances update`.
#[derive(Debug, clap::Args)]
pub(crate) struct UpdateEntrance {
    /// The entrance
    pub(crate) entrance: IdOrName<EntranceId>,

    /// The new name
    #[arg(long)]
    pub(crate) name: ResourceName,
}

/// Arguments of `entrances delete`.
#[derive(Debug, clap::Args)]
pub(crate) struct DeleteEntrance {
    /// The entrance
    pub(crate) entrance: IdOrName<EntranceId>,

    /// Do not ask; required without a terminal
    #[arg(long)]
    pub(crate) yes: bool,
}

/// A time zone that this program knows: stores take any text.
fn zone(text: &str) -> Result<TimeZoneName, String> {
    let zone = time_zone(text).ok_or("expected a name like Europe/Berlin")?;
    // As the database writes it.
    let name = zone.iana_name().unwrap_or(text);
    name.parse().map_err(|error| format!("{error}"))
}
