//! The site file: a [`State`] as one JSON document, for people to write and to read.

mod json;
mod kind;
mod problem;
mod read;
#[cfg(test)]
mod tests;
mod write;

use crate::State;

pub use problem::{SiteError, SiteProblem};

impl State {
    /// Reads a site file; the README of this crate describes it.
    ///
    /// # Errors
    ///
    /// Every problem of the file, each with its place. Of a text that is not JSON, only the
    /// first one.
    ///
    /// # Examples
    ///
    /// ```
    /// use access_groups_in_memory::State;
    ///
    /// let state = State::from_site_json(r#"{
    ///     "acs_systems": [{
    ///         "acs_system_id": "50000000-0000-4000-8000-000000000001",
    ///         "name": "Main"
    ///     }],
    ///     "acs_access_groups": [{
    ///         "acs_access_group_id": "60000000-0000-4000-8000-000000000001",
    ///         "acs_system_id": "50000000-0000-4000-8000-000000000001",
    ///         "name": "Gym"
    ///     }]
    /// }"#)?;
    /// assert_eq!(State::from_site_json(&state.to_site_json())?, state);
    ///
    /// let refused = State::from_site_json(r#"{"acs_user": []}"#).expect_err("a typo");
    /// assert_eq!(refused.problems()[0].path(), "$.acs_user");
    /// # Ok::<(), access_groups_in_memory::SiteError>(())
    /// ```
    pub fn from_site_json(text: &str) -> Result<Self, SiteError> {
        read::state(text)
    }

    /// Writes the site file: the same text for equal states.
    ///
    /// Two spaces deep, keys sorted by name, elements by id, a line feed at the end; what
    /// has its default is left out. Reading it again gives an equal state.
    #[must_use]
    pub fn to_site_json(&self) -> String {
        write::text(self)
    }
}

/// The key of the system that a resource belongs to, and of the system itself.
const SYSTEM: &str = "acs_system_id";

/// The one resource that is not in an array.
const WORKSPACE: &str = "workspace";

/// Array of pairs (group, user).
const MEMBERSHIPS: &str = "memberships";

/// Array of pairs (group, entrance).
const GROUP_ENTRANCES: &str = "group_entrances";

/// Array of pairs (user, entrance): what was granted directly. Left out while it is empty.
const ENTRANCE_GRANTS: &str = "entrance_grants";
