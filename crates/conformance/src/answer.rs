//! Answers as the laws compare them, without what an adapter may choose; and as messages show them.

use std::{collections::BTreeSet, fmt::Display};

use access_groups_core::{
    AccessGroup, AccessGroupId, AccessGroupUpdate, AccessSchedule, AcsSystem, AcsSystemId, AcsUser,
    AcsUserId, AcsUserUpdate, ClosedSchedule, Content, Entrance, EntranceId, Error, ErrorKind,
    NewUserIdentity, Operation, Reply, ResourceError, ResourceWarning, Subject, Timestamp,
    UserIdentity, UserIdentityId, UserIdentityUpdate, WorkspaceId, shown::with_texts,
};

/// An answer, or what an answer must be: lists sorted, errors by kind and subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Done,
    Groups(Vec<GroupSeen>),
    Users(Vec<UserSeen>),
    Entrances(Vec<EntranceSeen>),
    Systems(Vec<SystemSeen>),
    Identities(Vec<IdentitySeen>),
    Workspace(WorkspaceId),
    /// The subject counts for `NotFound` only. In an answer, `None` says that none was named; in an
    /// expected one, that any is correct.
    Refused(ErrorKind, Option<Subject>),
    /// A refusal that says that the call may have taken effect nevertheless: never correct.
    RefusedPerhaps(ErrorKind),
}

impl Answer {
    pub(crate) fn not_found(subject: impl Into<Subject>) -> Self {
        Self::Refused(ErrorKind::NotFound, Some(subject.into()))
    }

    /// Whether this answer is the expected one.
    pub(crate) fn is_as(&self, expected: &Self) -> bool {
        match (self, expected) {
            (Self::Refused(kind, _), Self::Refused(expected, None)) => kind == expected,
            _ => self == expected,
        }
    }

    /// The kind of the refusal, if it is one.
    pub(crate) fn refusal(&self) -> Option<ErrorKind> {
        match self {
            Self::Refused(kind, _) | Self::RefusedPerhaps(kind) => Some(*kind),
            _ => None,
        }
    }

    /// How many resources it shows.
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Groups(groups) => groups.len(),
            Self::Users(users) => users.len(),
            Self::Entrances(entrances) => entrances.len(),
            Self::Systems(systems) => systems.len(),
            Self::Identities(identities) => identities.len(),
            _ => 0,
        }
    }
}

impl From<&Result<Reply, Error>> for Answer {
    fn from(answer: &Result<Reply, Error>) -> Self {
        let reply = match answer {
            Ok(reply) => reply,
            Err(error) if error.is_ambiguous() => return Self::RefusedPerhaps(error.kind()),
            Err(error) => {
                // Whether other refusals name a subject is the adapter's choice.
                let named = error.kind() == ErrorKind::NotFound;
                return Self::Refused(error.kind(), error.subject().filter(|_| named));
            }
        };
        match reply.content() {
            Content::Done(()) => Self::Done,
            Content::AccessGroup(group) => Self::Groups(vec![group.into()]),
            Content::AccessGroups(groups) => Self::Groups(sorted(groups)),
            Content::AcsUser(user) => Self::Users(vec![user.into()]),
            Content::AcsUsers(users) => Self::Users(sorted(users)),
            Content::AcsUserPage(page) => Self::Users(sorted(&page.items)),
            Content::Entrance(entrance) => Self::Entrances(vec![entrance.into()]),
            Content::Entrances(entrances) => Self::Entrances(sorted(entrances)),
            Content::EntrancePage(page) => Self::Entrances(sorted(&page.items)),
            Content::AcsSystem(system) => Self::Systems(vec![system.into()]),
            Content::AcsSystems(systems) => Self::Systems(sorted(systems)),
            Content::UserIdentity(identity) => Self::Identities(vec![identity.into()]),
            Content::UserIdentityPage(page) => Self::Identities(sorted(&page.items)),
            // Its name is the adapter's choice.
            Content::Workspace(workspace) => Self::Workspace(workspace.workspace_id),
        }
    }
}

fn sorted<'a, T, S: From<&'a T> + Ord>(items: &'a [T]) -> Vec<S> {
    let mut seen: Vec<S> = items.iter().map(S::from).collect();
    seen.sort();
    seen
}

/// The fields of a group that the laws compare.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct GroupSeen {
    pub(crate) id: AccessGroupId,
    pub(crate) system: AcsSystemId,
    pub(crate) name: String,
    pub(crate) schedule: Option<ScheduleSeen>,
    pub(crate) issues: Issues,
}

/// The errors and warnings of a resource, each in one line, sorted.
pub(crate) type Issues = Vec<String>;

/// The fields of a user that the laws compare.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct UserSeen {
    pub(crate) id: AcsUserId,
    pub(crate) system: AcsSystemId,
    /// The display name.
    pub(crate) name: String,
    pub(crate) full_name: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) suspended: bool,
    pub(crate) schedule: Option<ScheduleSeen>,
    pub(crate) hid_system: Option<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) identity: Option<UserIdentityId>,
    /// Absent and null are the same here.
    pub(crate) of_identity: ContactSeen,
    pub(crate) issues: Issues,
}

/// Name and addresses of an identity, as its users show them.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ContactSeen {
    pub(crate) name: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) phone: Option<String>,
}

/// The period of an access schedule, cut to milliseconds as every port may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ScheduleSeen {
    pub(crate) starts_at: Timestamp,
    pub(crate) ends_at: Option<Timestamp>,
}

/// The fields of an entrance that the laws compare.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct EntranceSeen {
    pub(crate) id: EntranceId,
    pub(crate) system: AcsSystemId,
    pub(crate) name: String,
    pub(crate) account: String,
    pub(crate) spaces: BTreeSet<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) issues: Issues,
}

/// The fields of a system that the laws compare.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SystemSeen {
    pub(crate) id: AcsSystemId,
    pub(crate) name: String,
    pub(crate) account: String,
    pub(crate) time_zone: Option<String>,
    pub(crate) issues: Issues,
}

/// The fields of an identity that the laws compare; its display name is the adapter's choice.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct IdentitySeen {
    pub(crate) id: UserIdentityId,
    pub(crate) key: Option<String>,
    pub(crate) contact: ContactSeen,
    pub(crate) created_at: Timestamp,
    pub(crate) users: BTreeSet<AcsUserId>,
    pub(crate) issues: Issues,
}

impl From<&AccessGroup> for GroupSeen {
    fn from(group: &AccessGroup) -> Self {
        Self {
            id: group.acs_access_group_id,
            system: group.acs_system_id,
            name: group.name.clone(),
            schedule: group.access_schedule.map(ScheduleSeen::from),
            issues: issues(&group.errors, &group.warnings),
        }
    }
}

impl From<&AcsUser> for UserSeen {
    fn from(user: &AcsUser) -> Self {
        let identity = user.user_identity_id.as_ref();
        Self {
            id: user.acs_user_id,
            system: user.acs_system_id,
            name: user.display_name.clone(),
            full_name: user.full_name.clone(),
            email: user.email_address.clone(),
            phone: user.phone_number.clone(),
            // Absent and false say the same.
            suspended: user.is_suspended == Some(true),
            schedule: user.access_schedule.map(ScheduleSeen::from),
            hid_system: user.hid_acs_system_id.clone(),
            created_at: user.created_at.whole_milliseconds(),
            // What is no id names no identity, and so differs from what must be there.
            identity: identity.and_then(|id| id.parse().ok()),
            of_identity: ContactSeen {
                name: user.user_identity_full_name.clone().flatten(),
                email: user.user_identity_email_address.clone().flatten(),
                phone: user.user_identity_phone_number.clone().flatten(),
            },
            issues: issues(&user.errors, &user.warnings),
        }
    }
}

impl UserSeen {
    /// Changes what the update names; whether the display name follows is not said.
    pub(crate) fn update(&mut self, update: &AcsUserUpdate) {
        if let Some(name) = &update.full_name {
            self.full_name = Some(name.to_string());
        }
        if let Some(address) = &update.email_address {
            self.email = Some(address.to_string());
        }
        if let Some(number) = &update.phone_number {
            self.phone = Some(number.to_string());
        }
        if let Some(system) = update.hid_acs_system {
            self.hid_system = Some(system.to_string());
        }
        let schedule = update.access_schedule.map(ScheduleSeen::from);
        schedule.apply(&mut self.schedule);
    }
}

impl GroupSeen {
    /// Changes what the update names, but for the entrances, which it does not show.
    pub(crate) fn update(&mut self, update: &AccessGroupUpdate) {
        if let Some(name) = &update.name {
            self.name = name.to_string();
        }
        let schedule = update.access_schedule.map(ScheduleSeen::from);
        schedule.apply(&mut self.schedule);
    }
}

impl From<ClosedSchedule> for ScheduleSeen {
    fn from(schedule: ClosedSchedule) -> Self {
        AccessSchedule::new(schedule.starts_at)
            .with_end(schedule.ends_at)
            .into()
    }
}

impl IdentitySeen {
    /// Changes what the update names.
    pub(crate) fn update(&mut self, update: &UserIdentityUpdate) {
        let update = update.clone();
        update.key.map(String::from).apply(&mut self.key);
        let (name, email) = (update.full_name, update.email_address);
        name.map(String::from).apply(&mut self.contact.name);
        email.map(String::from).apply(&mut self.contact.email);
        let phone = update.phone_number.map(String::from);
        phone.apply(&mut self.contact.phone);
    }
}

impl From<AccessSchedule> for ScheduleSeen {
    fn from(schedule: AccessSchedule) -> Self {
        let ends_at = schedule.ends_at;
        Self {
            starts_at: schedule.starts_at.whole_milliseconds(),
            ends_at: ends_at.map(Timestamp::whole_milliseconds),
        }
    }
}

impl From<&Entrance> for EntranceSeen {
    fn from(entrance: &Entrance) -> Self {
        Self {
            id: entrance.acs_entrance_id,
            system: entrance.acs_system_id,
            name: entrance.display_name.clone(),
            account: entrance.connected_account_id.clone(),
            spaces: entrance.space_ids.iter().cloned().collect(),
            created_at: entrance.created_at.whole_milliseconds(),
            issues: issues(&entrance.errors, &entrance.warnings),
        }
    }
}

impl From<&AcsSystem> for SystemSeen {
    fn from(system: &AcsSystem) -> Self {
        Self {
            id: system.acs_system_id,
            name: system.name.clone(),
            account: system.connected_account_id.clone(),
            time_zone: system.location.time_zone.clone(),
            issues: issues(&system.errors, &system.warnings),
        }
    }
}

impl From<&UserIdentity> for IdentitySeen {
    fn from(identity: &UserIdentity) -> Self {
        let users = identity.acs_user_ids.iter();
        Self {
            id: identity.user_identity_id,
            key: identity.user_identity_key.clone(),
            contact: ContactSeen {
                name: identity.full_name.clone(),
                email: identity.email_address.clone(),
                phone: identity.phone_number.clone(),
            },
            created_at: identity.created_at.whole_milliseconds(),
            users: users.filter_map(|id| id.parse().ok()).collect(),
            issues: issues(&identity.errors, &identity.warnings),
        }
    }
}

fn issues(
    errors: &[ResourceError<impl Display>],
    warnings: &[ResourceWarning<impl Display>],
) -> Issues {
    let errors = errors.iter().map(|error| {
        let (code, message, at) = (&error.code, &error.message, error.created_at);
        format!("error {code} at {at}: {message}")
    });
    let warnings = warnings.iter().map(|warning| {
        let (code, message, at) = (&warning.code, &warning.message, warning.created_at);
        format!("warning {code} at {at}: {message}")
    });
    let mut issues: Issues = errors.chain(warnings).collect();
    issues.sort();
    issues
}

impl UserSeen {
    /// The contact of an identity that is made for this user.
    pub(crate) fn contact(&self) -> ContactSeen {
        ContactSeen {
            name: self.full_name.clone(),
            email: self.email.clone(),
            phone: self.phone.clone(),
        }
    }
}

impl From<&NewUserIdentity> for ContactSeen {
    fn from(asked: &NewUserIdentity) -> Self {
        Self {
            name: asked.full_name.as_ref().map(ToString::to_string),
            email: asked.email_address.as_ref().map(ToString::to_string),
            phone: asked.phone_number.as_ref().map(ToString::to_string),
        }
    }
}

/// The workspaces that the answer names; entrances name none.
pub(crate) fn workspaces_in(answer: &Result<Reply, Error>) -> Vec<WorkspaceId> {
    fn all<R>(rows: &[R], of: impl Fn(&R) -> WorkspaceId) -> Vec<WorkspaceId> {
        rows.iter().map(of).collect()
    }
    let Ok(reply) = answer else {
        return Vec::new();
    };
    match reply.content() {
        Content::Workspace(workspace) => vec![workspace.workspace_id],
        Content::AccessGroup(group) => vec![group.workspace_id],
        Content::AccessGroups(groups) => all(groups, |group| group.workspace_id),
        Content::AcsUser(user) => vec![user.workspace_id],
        Content::AcsUsers(users) => all(users, |user| user.workspace_id),
        Content::AcsUserPage(page) => all(&page.items, |user| user.workspace_id),
        Content::AcsSystem(system) => vec![system.workspace_id],
        Content::AcsSystems(systems) => all(systems, |system| system.workspace_id),
        Content::UserIdentity(identity) => vec![identity.workspace_id],
        Content::UserIdentityPage(page) => all(&page.items, |identity| identity.workspace_id),
        Content::Done(()) | Content::Entrance(_) | Content::Entrances(_) => Vec::new(),
        Content::EntrancePage(_) => Vec::new(),
    }
}

/// One line on a call and its answer.
pub(crate) fn described(operation: &Operation, answer: &Result<Reply, Error>) -> String {
    let answer = match answer {
        Ok(_) => shown(&answer.into()),
        Err(error) => chain(error),
    };
    format!("{}: {answer}", call_shown(operation))
}

/// The call as text: its name, and the fields that are set.
pub(crate) fn call_shown(operation: &Operation) -> String {
    // Some laws are about texts, and those of the kit are nobody's.
    let text = with_texts(|| format!("{operation:?}"));
    // `AddUser(AddUser { … })` says it twice.
    let inner = text
        .split_once('(')
        .and_then(|(_, rest)| rest.strip_suffix(')'));
    let mut call = without_unset(inner.unwrap_or(&text).to_owned());
    // A filter may name a thousand ids, and nobody would read them.
    if let Some((end, _)) = call.char_indices().nth(SHOWN_LETTERS) {
        call.truncate(end);
        call.push('…');
    }
    call
}

/// The most letters of a call in a message: more than those of one with two of the longest texts.
const SHOWN_LETTERS: usize = 3000;

/// The `Debug` text of a value without the fields that say nothing.
fn without_unset(mut text: String) -> String {
    let is_name = |letter: char| letter.is_ascii_lowercase() || letter == '_';
    for unset in [": None", ": Keep", ": []"] {
        while let Some(colon) = text.find(unset) {
            let name = text[..colon].trim_end_matches(is_name).len();
            let end = colon + unset.len();
            let comma = if text[end..].starts_with(", ") { 2 } else { 0 };
            text.replace_range(name..end + comma, "");
        }
    }
    text.replace(",  }", " }").replace("{  }", "{}")
}

/// The answer in a few words: resources as their ids.
pub(crate) fn shown(answer: &Answer) -> String {
    match answer {
        Answer::Done => "done".to_owned(),
        Answer::Groups(seen) => list(seen, "group(s)", |group| group.id.to_string()),
        Answer::Users(seen) => list(seen, "user(s)", |user| user.id.to_string()),
        Answer::Entrances(seen) => list(seen, "entrance(s)", |entrance| entrance.id.to_string()),
        Answer::Systems(seen) => list(seen, "system(s)", |system| system.id.to_string()),
        Answer::Identities(seen) => list(seen, "identity(ies)", |one| one.id.to_string()),
        Answer::Workspace(workspace) => format!("workspace {workspace}"),
        Answer::Refused(kind, Some(subject)) => format!("refused as {kind:?}, about {subject}"),
        Answer::Refused(kind, None) => format!("refused as {kind:?}"),
        Answer::RefusedPerhaps(kind) => format!("refused as {kind:?}, {PERHAPS}"),
    }
}

/// An error with its kind and its sources.
pub(crate) fn chain(error: &Error) -> String {
    let mut text = format!("refused as {:?}: {error}", error.kind());
    if error.subject().is_none() {
        text.push_str(" (no subject)");
    }
    if error.is_ambiguous() {
        text.push_str(&format!(" ({PERHAPS})"));
    }
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}

const PERHAPS: &str = "ambiguous: it may have taken effect";

fn list<T>(items: &[T], noun: &str, id: impl Fn(&T) -> String) -> String {
    // A message of hundreds of ids would not be read.
    let few: Vec<_> = items.iter().take(8).map(id).collect();
    let more = if items.len() > few.len() { ", …" } else { "" };
    format!("{} {noun} [{}{more}]", items.len(), few.join(", "))
}

#[cfg(test)]
mod tests {
    use access_groups_core::{
        AccessGroupFilter, AccessGroupId, AcsUserFilter, GetWorkspace, ListAccessGroups,
        ListAcsUsers, PageRequest, RemoveUser, UpdateUserIdentity, UserIdentityId,
        UserIdentityUpdate,
    };

    use super::*;

    #[test]
    fn a_call_shows_the_fields_that_are_set() {
        let check = |operation: Operation, expected| assert_eq!(call_shown(&operation), expected);
        let (identity, group) = (UserIdentityId::from_u128(1), AccessGroupId::from_u128(2));
        check(GetWorkspace::new().into(), "GetWorkspace");
        check(
            RemoveUser::new(identity, group).into(),
            "RemoveUser { user: Identity(UserIdentityId(00000000-0000-0000-0000-000000000001)), \
             group: AccessGroupId(00000000-0000-0000-0000-000000000002) }",
        );
        let filter = AccessGroupFilter::new().of_identity(identity);
        check(
            ListAccessGroups::new(filter).into(),
            "ListAccessGroups { filter: AccessGroupFilter { \
             identity: Some(UserIdentityId(00000000-0000-0000-0000-000000000001)) } }",
        );
        check(
            ListAcsUsers::new(AcsUserFilter::new(), PageRequest::first()).into(),
            "ListAcsUsers { filter: AcsUserFilter {}, page: PageRequest {} }",
        );
        check(
            UpdateUserIdentity::new(identity, UserIdentityUpdate::default()).into(),
            "UpdateUserIdentity { \
             identity: UserIdentityId(00000000-0000-0000-0000-000000000001), \
             update: UserIdentityUpdate {} }",
        );
    }
}
