//! What `users` and `entrances` take.

use access_groups_core::{
    AccessGroupId, AcsSystemId, AcsUserId, EmailAddress, PersonName, SearchText, Timestamp,
};
use clap::Subcommand;

use crate::wanted::Wanted;

/// What to do with users.
#[derive(Debug, Subcommand)]
pub(crate) enum Users {
    /// List users: all, or those that pass every condition given
    List(UsersList),
    /// Say who that is: search names, e-mail addresses, phone numbers and ids
    Find(Find),
    /// Create a user in a system
    Create(Create),
    /// Suspend a user: no door opens until that ends
    Suspend {
        /// The user
        user: Wanted<AcsUserId>,
    },
    /// End the suspension of a user
    Unsuspend {
        /// The user
        user: Wanted<AcsUserId>,
    },
    /// Delete a user with all memberships; asks first
    Delete(Delete),
}

/// What `users list` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct UsersList {
    /// Only users of this system
    #[arg(long)]
    pub(crate) system: Option<Wanted<AcsSystemId>>,

    /// Only users in whose name, e-mail address, phone number or id this text is
    #[arg(long, value_name = "TEXT")]
    pub(crate) search: Option<SearchText>,

    /// Only members of this group
    #[arg(long)]
    pub(crate) group: Option<Wanted<AccessGroupId>>,
}

/// What `users find` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Find {
    /// A part of a name, an e-mail address, a phone number or an id
    pub(crate) text: SearchText,
}

/// What `users create` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Create {
    /// The system that is to know the user
    #[arg(long)]
    pub(crate) system: Wanted<AcsSystemId>,

    /// The full name
    #[arg(long)]
    pub(crate) name: PersonName,

    /// The e-mail address
    #[arg(long)]
    pub(crate) email: Option<EmailAddress>,

    /// The phone number, in any notation
    #[arg(long)]
    pub(crate) phone: Option<String>,

    /// A group of that system to join at once; may be given several times
    #[arg(long = "group", value_name = "GROUP")]
    pub(crate) groups: Vec<Wanted<AccessGroupId>>,

    /// When access begins, like 2026-07-01T08:00:00Z [default: now]
    #[arg(long, value_name = "INSTANT")]
    pub(crate) starts_at: Option<Timestamp>,

    /// When access ends [default: never]
    #[arg(long, value_name = "INSTANT")]
    pub(crate) ends_at: Option<Timestamp>,
}

/// What `users delete` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct Delete {
    /// The user
    pub(crate) user: Wanted<AcsUserId>,

    /// Do not ask; needed where there is no terminal to ask at
    #[arg(long)]
    pub(crate) yes: bool,
}

/// What to do with entrances.
#[derive(Debug, Subcommand)]
pub(crate) enum Entrances {
    /// List entrances: all, or those that pass every condition given
    List(EntrancesList),
}

/// What `entrances list` takes.
#[derive(Debug, clap::Args)]
pub(crate) struct EntrancesList {
    /// Only entrances that this group opens
    #[arg(long)]
    pub(crate) group: Option<Wanted<AccessGroupId>>,

    /// Only entrances that this user can open, through groups or directly
    #[arg(long)]
    pub(crate) user: Option<Wanted<AcsUserId>>,

    /// Only entrances of this system
    #[arg(long)]
    pub(crate) system: Option<Wanted<AcsSystemId>>,

    /// Only entrances in whose name this text is
    #[arg(long, value_name = "TEXT")]
    pub(crate) search: Option<SearchText>,
}
