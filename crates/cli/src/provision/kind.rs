//! What the commands say of each kind of resource.

use access_groups_core::prelude::*;
use serde::Serialize;

use crate::resolve::Resource;

/// A kind of resource that commands create, change or delete.
pub(super) trait Kind: Resource + Serialize {
    /// The key of its id in JSON.
    const ID_KEY: &'static str;
    /// The command that lists it.
    const LIST: &'static str;
    /// The names of its commands in JSON.
    const CREATE: &'static str;
    const UPDATE: &'static str;
    const DELETE: &'static str;
    /// What else a deletion ends.
    const CASCADE: &'static str;
    /// Whether it is a system, which is in no other.
    const IS_SYSTEM: bool = false;
}

/// One table: the list of commands, the id, and what else a deletion ends.
macro_rules! kinds {
    ($($kind:ident: $list:literal $id:literal, $cascade:literal $(, $is_system:literal)?;)*) => {$(
        impl Kind for $kind {
            const ID_KEY: &'static str = $id;
            const LIST: &'static str = $list;
            const CREATE: &'static str = concat!($list, " create");
            const UPDATE: &'static str = concat!($list, " update");
            const DELETE: &'static str = concat!($list, " delete");
            const CASCADE: &'static str = $cascade;
            $(const IS_SYSTEM: bool = $is_system;)?
        }
    )*};
}

kinds! {
    AcsUser: "users" "acs_user_id", "";
    AccessGroup: "groups" "acs_access_group_id", "All its memberships end.";
    Entrance: "entrances" "acs_entrance_id", "No group opens it then, and all its grants end.";
    AcsSystem: "systems" "acs_system_id", "", true;
}
