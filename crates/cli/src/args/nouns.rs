//! The commands about systems, users, groups and entrances, and the conditions of their lists.

use access_groups_core::{
    AccessGroupId, AcsSystemId, AcsUserId, ContactDetail, EmailAddress, PersonName, SearchText,
};
use clap::Subcommand;

use super::{
    CreateEntrance, CreateGroup, CreateSystem, DeleteEntrance, DeleteGroup, DeleteSystem, IdOrName,
    UpdateEntrance, UpdateGroup, UpdateSystem, UpdateUser,
};
use crate::local_time::When;

/// A command about a noun; without one, the list, with the conditions of the list.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Listed<Command: Subcommand, List: clap::Args> {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    #[command(flatten)]
    pub(crate) list: List,
}

/// The commands about systems.
#[derive(Debug, Subcommand)]
pub(crate) enum Systems {
    /// List the systems
    List(SystemsList),
    /// Create a system
    Create(CreateSystem),
    /// Change the name or the time zone of a system
    Update(UpdateSystem),
    /// Delete a system without users, groups and entrances; asks first
    Delete(DeleteSystem),
}

/// Arguments of `systems` and `systems list`.
#[derive(Debug, clap::Args)]
pub(crate) struct SystemsList {
    /// Only systems whose name or id contains this text
    #[arg(long, value_name = "TEXT")]
    pub(crate) search: Option<SearchText>,
}

/// The commands about users.
#[derive(Debug, Subcommand)]
pub(crate) enum Users {
    /// List users: all, or those that pass every condition given
    List(UsersList),
    /// Find users by part of a name, an e-mail address, a phone number or an id
    Find(Find),
    /// Create a user in a system
    Create(Create),
    /// Change the name, the addresses or the schedule of a user
    Update(UpdateUser),
    /// Suspend a user: no entrance opens until the suspension ends
    Suspend {
        /// The user
        user: IdOrName<AcsUserId>,
    },
    /// End the suspension of a user
    Unsuspend {
        /// The user
        user: IdOrName<AcsUserId>,
    },
    /// Delete a user with all memberships; asks first
    Delete(Delete),
}

/// Arguments of `users` and `users list`.
#[derive(Debug, clap::Args)]
pub(crate) struct UsersList {
    /// Only users of this system
    #[arg(long)]
    pub(crate) system: Option<IdOrName<AcsSystemId>>,

    /// Only users whose name, e-mail address, phone number or id contains this text
    #[arg(long, value_name = "TEXT")]
    pub(crate) search: Option<SearchText>,

    /// Only members of this group
    #[arg(long)]
    pub(crate) group: Option<IdOrName<AccessGroupId>>,
}

/// Arguments of `users find`.
#[derive(Debug, clap::Args)]
pub(crate) struct Find {
    /// A part of a name, an e-mail address, a phone number or an id
    pub(crate) text: SearchText,
}

/// Arguments of `users create`.
#[derive(Debug, clap::Args)]
pub(crate) struct Create {
    /// The system of the new user
    #[arg(long)]
    pub(crate) system: IdOrName<AcsSystemId>,

    /// The full name
    #[arg(long)]
    pub(crate) name: PersonName,

    /// The e-mail address
    #[arg(long)]
    pub(crate) email: Option<EmailAddress>,

    /// The phone number, in any notation
    #[arg(long)]
    pub(crate) phone: Option<ContactDetail>,

    /// A group of that system to join; may be given several times
    #[arg(long = "group", value_name = "GROUP")]
    pub(crate) groups: Vec<IdOrName<AccessGroupId>>,

    /// When access begins, like 2026-07-01, "2026-07-01 08:00" in the system's time zone, or
    /// 2026-07-01T08:00:00Z [default: now]
    #[arg(long, value_name = "TIME")]
    pub(crate) starts_at: Option<When>,

    /// When access ends: the first moment without it [default: never]
    #[arg(long, value_name = "TIME")]
    pub(crate) ends_at: Option<When>,
}

/// Arguments of `users delete`.
#[derive(Debug, clap::Args)]
pub(crate) struct Delete {
    /// The user
    pub(crate) user: IdOrName<AcsUserId>,

    /// Do not ask; required without a terminal
    #[arg(long)]
    pub(crate) yes: bool,
}

/// The commands about groups.
#[derive(Debug, Subcommand)]
pub(crate) enum Groups {
    /// List groups: all, or those that pass every condition given
    List(GroupsList),
    /// Create a group, with the entrances that it opens
    Create(CreateGroup),
    /// Change the name, the entrances or the schedule of a group
    Update(UpdateGroup),
    /// Delete a group with all memberships; asks first
    Delete(DeleteGroup),
}

/// Arguments of `groups` and `groups list`.
#[derive(Debug, clap::Args)]
pub(crate) struct GroupsList {
    /// Only groups that this user is in
    #[arg(long)]
    pub(crate) user: Option<IdOrName<AcsUserId>>,

    /// Only groups of this system
    #[arg(long)]
    pub(crate) system: Option<IdOrName<AcsSystemId>>,

    /// Only groups whose name or id contains this text
    #[arg(long, value_name = "TEXT")]
    pub(crate) search: Option<SearchText>,
}

/// The commands about entrances.
#[derive(Debug, Subcommand)]
pub(crate) enum Entrances {
    /// List entrances: all, or those that pass every condition given
    List(EntrancesList),
    /// Create an entrance, which no group opens yet
    Create(CreateEntrance),
    /// Change the name of an entrance
    Update(UpdateEntrance),
    /// Delete an entrance with all grants; asks first
    Delete(DeleteEntrance),
}

/// Arguments of `entrances` and `entrances list`.
#[derive(Debug, clap::Args)]
pub(crate) struct EntrancesList {
    /// Only entrances that this group opens
    #[arg(long)]
    pub(crate) group: Option<IdOrName<AccessGroupId>>,

    /// Only entrances that this user can open, through groups or directly
    #[arg(long)]
    pub(crate) user: Option<IdOrName<AcsUserId>>,

    /// Only entrances of this system
    #[arg(long)]
    pub(crate) system: Option<IdOrName<AcsSystemId>>,

    /// Only entrances whose name contains this text
    #[arg(long, value_name = "TEXT")]
    pub(crate) search: Option<SearchText>,
}
