//! A line of a history: as a row of CSV, in JSON, and in words.

use std::collections::BTreeMap;

use access_groups_core::{
    AccessGroupId, AcsSystemId, AcsUserId, EntranceId, ResourceIssue, Timestamp, UserIdentityId,
};
use access_groups_roster::TimeZone;
use access_groups_sql::{Entry, Event};
use serde::Serialize;

use super::Names;
use crate::{
    describe::line,
    list::Row,
    local_time, output,
    table::{self, Ids},
};

/// A line with the names of what is still there. The JSON is documented.
#[derive(Serialize)]
pub(super) struct Line {
    at: Timestamp,
    event: &'static str,
    operation: String,
    actor: Option<String>,
    request_id: Option<String>,
    acs_user_id: Option<AcsUserId>,
    user: Option<String>,
    acs_access_group_id: Option<AccessGroupId>,
    group: Option<String>,
    acs_entrance_id: Option<EntranceId>,
    entrance: Option<String>,
    acs_system_id: Option<AcsSystemId>,
    system: Option<String>,
    user_identity_id: Option<UserIdentityId>,
    identity: Option<String>,
    #[serde(skip)]
    is: Event,
}

impl Row for Line {
    const COLUMNS: &'static [&'static str] = &[
        "at",
        "event",
        "operation",
        "actor",
        "request_id",
        "acs_user_id",
        "user",
        "acs_access_group_id",
        "group",
        "acs_entrance_id",
        "entrance",
        "acs_system_id",
        "system",
        "user_identity_id",
        "identity",
    ];

    fn issues(&self) -> Vec<ResourceIssue> {
        Vec::new()
    }
}

impl Line {
    pub(super) fn new(entry: &Entry, names: &Names) -> Self {
        let about = &entry.line;
        Self {
            at: entry.at,
            event: about.event.name(),
            operation: entry.operation.clone(),
            actor: entry.actor.clone(),
            request_id: entry.request_id.clone(),
            acs_user_id: about.user,
            user: about.user.and_then(|id| names.user(id)),
            acs_access_group_id: about.group,
            group: about.group.and_then(|id| names.group(id)),
            acs_entrance_id: about.entrance,
            entrance: about.entrance.and_then(|id| names.entrance(id)),
            acs_system_id: about.system,
            system: about.system.and_then(|id| names.system(id)),
            user_identity_id: about.identity,
            identity: about.identity.and_then(|id| names.identity(id)),
            is: about.event,
        }
    }

    /// What, when, and by whom.
    pub(super) fn in_words(&self, zone: &TimeZone, gone: &Gone) -> Vec<String> {
        vec![
            self.what(gone),
            local_time::shown(in_seconds(self.at), zone),
            line(self.actor.as_deref().unwrap_or("unknown")),
        ]
    }

    fn what(&self, gone: &Gone) -> String {
        let user = gone.named("user", self.user.as_ref(), self.acs_user_id);
        let group = gone.named("group", self.group.as_ref(), self.acs_access_group_id);
        let entrance = gone.named("entrance", self.entrance.as_ref(), self.acs_entrance_id);
        match self.is {
            Event::Joined => format!("{user} joined {group}"),
            Event::Left => format!("{user} left {group}"),
            Event::Granted => format!("{user} was granted {entrance}"),
            Event::Revoked => format!("{user} lost the grant of {entrance}"),
            Event::Added => format!("{group} got {entrance}"),
            Event::Removed => format!("{group} lost {entrance}"),
            Event::Imported => "a site was imported".to_owned(),
            Event::Changed => format!("{} {}", self.subject(gone), self.how_changed()),
            _ => format!("{} {}", self.subject(gone), self.event),
        }
    }

    /// Attributes alone say little: the operation says which.
    fn how_changed(&self) -> String {
        match &*self.operation {
            "suspend_acs_user" => "suspended".to_owned(),
            "unsuspend_acs_user" => "no longer suspended".to_owned(),
            "link_acs_user" => "linked to an identity".to_owned(),
            "unlink_acs_user" => "unlinked from an identity".to_owned(),
            operation => format!("changed by {}", line(operation)),
        }
    }

    /// The one resource that it is about.
    fn subject(&self, gone: &Gone) -> String {
        let system = self.system.as_ref();
        let identity = self.identity.as_ref();
        let subjects = [
            gone.with_noun("user", self.user.as_ref(), self.acs_user_id),
            gone.with_noun("group", self.group.as_ref(), self.acs_access_group_id),
            gone.with_noun("entrance", self.entrance.as_ref(), self.acs_entrance_id),
            gone.with_noun("identity", identity, self.user_identity_id),
            gone.with_noun("system", system, self.acs_system_id),
        ];
        subjects.into_iter().flatten().next().unwrap_or_default()
    }

    /// The ids of what has no name.
    fn nameless(&self) -> impl Iterator<Item = String> {
        let ids = [
            nameless(self.user.as_ref(), self.acs_user_id),
            nameless(self.group.as_ref(), self.acs_access_group_id),
            nameless(self.entrance.as_ref(), self.acs_entrance_id),
            nameless(self.identity.as_ref(), self.user_identity_id),
            nameless(self.system.as_ref(), self.acs_system_id),
        ];
        ids.into_iter().flatten()
    }
}

fn nameless(name: Option<&String>, id: Option<impl ToString>) -> Option<String> {
    match name {
        Some(_) => None,
        None => Some(id?.to_string()),
    }
}

/// What has no name any more: each whole id, and how it is shown in the table.
pub(super) struct Gone(BTreeMap<String, String>);

impl Gone {
    pub(super) fn of(lines: &[Line]) -> Self {
        let ids: Vec<_> = lines.iter().flat_map(Line::nameless).collect();
        let shown = match output::ids() {
            Ids::Short => table::shortened(&ids.iter().collect::<Vec<_>>()),
            Ids::Whole => ids.clone(),
        };
        Self(ids.into_iter().zip(shown).collect())
    }

    /// "Keiko Sato", or "user a111d9c1" of one that is gone.
    fn named(&self, noun: &str, name: Option<&String>, id: Option<impl ToString>) -> String {
        match (name, id) {
            (Some(name), _) => line(name),
            (None, Some(id)) => format!("{noun} {}", self.shown(&id)),
            (None, None) => noun.to_owned(),
        }
    }

    fn with_noun(
        &self,
        noun: &str,
        name: Option<&String>,
        id: Option<impl ToString>,
    ) -> Option<String> {
        let id = id?;
        Some(match name {
            Some(name) => format!("{noun} {}", line(name)),
            None => format!("{noun} {}", self.shown(&id)),
        })
    }

    fn shown(&self, id: &impl ToString) -> String {
        let whole = id.to_string();
        self.0.get(&whole).cloned().unwrap_or(whole)
    }
}

/// Without the rest of the last second, for people.
fn in_seconds(at: Timestamp) -> Timestamp {
    format!("{at:.0}").parse().unwrap_or(at)
}
