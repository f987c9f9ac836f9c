//! Calls and answers in a line each, for messages.

use std::fmt::{self, Display};

use access_groups_core::{
    AccessGroupFilter, AcsSystemFilter, AcsUserFilter, AcsUserSelector, AcsUserUpdate,
    EntranceFilter, Error, NewAcsUser, NewUserIdentity, Operation, PageRequest, Patch, Reply,
    UserIdentityFilter, UserIdentitySelector, UserIdentityUpdate,
};

use super::Answer;

/// One line on a call and its answer.
pub(crate) fn described(operation: &Operation, answer: &Result<Reply, Error>) -> String {
    let answer = match answer {
        Ok(_) => shown(&answer.into()),
        Err(error) => chain(error),
    };
    format!("{}: {answer}", call_shown(operation))
}

/// The call as one would write it.
pub(crate) fn call_shown(operation: &Operation) -> String {
    let arguments = match operation {
        Operation::AddUser(op) => format!("{}, {}", op.user, op.group),
        Operation::RemoveUser(op) => format!("{}, {}", op.user, op.group),
        Operation::ListAccessGroups(op) => groups(&op.filter),
        Operation::GetAccessGroup(op) => op.group.to_string(),
        Operation::ListUsersInGroup(op) => op.group.to_string(),
        Operation::ListEntrancesOfGroup(op) => op.group.to_string(),
        Operation::DeleteAccessGroup(op) => op.group.to_string(),
        Operation::CreateAcsUser(op) => new_user(&op.user),
        Operation::GetAcsUser(op) => user(op.user),
        Operation::ListAcsUsers(op) => users(&op.filter) + &page(&op.page),
        Operation::UpdateAcsUser(op) => format!("{}, {}", user(op.user), user_update(&op.update)),
        Operation::DeleteAcsUser(op) => user(op.user),
        Operation::SuspendAcsUser(op) => user(op.user),
        Operation::UnsuspendAcsUser(op) => user(op.user),
        Operation::ListEntrancesOfUser(op) => user(op.user),
        Operation::RevokeAccessToAllEntrances(op) => user(op.user),
        Operation::GetWorkspace(_) => String::new(),
        Operation::GetAcsSystem(op) => op.system.to_string(),
        Operation::ListAcsSystems(op) => systems(&op.filter),
        Operation::GetEntrance(op) => op.entrance.to_string(),
        Operation::ListEntrances(op) => entrances(&op.filter) + &page(&op.page),
        Operation::GrantAccess(op) => format!("{}, {}", op.user, op.entrance),
        Operation::CreateUserIdentity(op) => new_identity(&op.identity),
        Operation::GetUserIdentity(op) => identity(&op.identity),
        Operation::ListUserIdentities(op) => identities(&op.filter) + &page(&op.page),
        Operation::UpdateUserIdentity(op) => {
            format!("{}, {}", op.identity, identity_update(&op.update))
        }
        Operation::DeleteUserIdentity(op) => op.identity.to_string(),
        Operation::LinkAcsUser(op) => format!("{}, {}", op.user, identity(&op.identity)),
        Operation::UnlinkAcsUser(op) => format!("{}, {}", op.user, op.identity),
        Operation::ListUsersOfIdentity(op) => op.identity.to_string(),
        Operation::ListSystemsOfIdentity(op) => op.identity.to_string(),
        Operation::ListEntrancesOfIdentity(op) => op.identity.to_string(),
        Operation::GetUnmanagedAccessGroup(op) => op.group.to_string(),
        Operation::GetUnmanagedAcsUser(op) => op.user.to_string(),
        Operation::ListUnmanagedAccessGroups(op) => Conditions::default()
            .on("system", op.system)
            .on("user", op.user)
            .matching(op.search.as_ref())
            .to_string(),
        Operation::ListUnmanagedAcsUsers(op) => Conditions::default()
            .on("system", op.filter.system)
            .on("identity", op.filter.identity)
            .matching(op.filter.search.as_ref())
            .to_string(),
    };
    format!("{}({arguments})", operation.name())
}

/// The answer in a few words: ids where there are many.
pub(crate) fn shown(answer: &Answer) -> String {
    match answer {
        Answer::Done => "done".to_owned(),
        Answer::Groups(groups) => list(groups, "group(s)", |it| it.id.to_string()),
        Answer::Users(users) => list(users, "user(s)", |it| it.id.to_string()),
        Answer::Entrances(entrances) => list(entrances, "entrance(s)", |it| it.id.to_string()),
        Answer::Systems(systems) => list(systems, "system(s)", |it| it.id.to_string()),
        Answer::Identities(identities) => list(identities, "identity(ies)", |it| it.id.to_string()),
        Answer::Workspace(workspace) => format!("workspace {workspace}"),
        Answer::Refused(kind, Some(subject)) => format!("refused as {kind:?}, about {subject}"),
        Answer::Refused(kind, None) => format!("refused as {kind:?}"),
    }
}

/// An error with its kind, its subject, and what caused it.
pub(crate) fn chain(error: &Error) -> String {
    let mut text = format!("refused as {:?}: {error}", error.kind());
    if error.subject().is_none() {
        text.push_str(" (no subject)");
    }
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}

fn list<T>(items: &[T], noun: &str, id: impl Fn(&T) -> String) -> String {
    let few: Vec<_> = items.iter().take(8).map(id).collect();
    let more = if items.len() > few.len() { ", …" } else { "" };
    format!("{} {noun} [{}{more}]", items.len(), few.join(", "))
}

/// What a filter, or a draft, says; nothing at all is "all".
#[derive(Default)]
struct Conditions(Vec<String>);

impl Conditions {
    fn on(mut self, noun: &str, wanted: Option<impl Display>) -> Self {
        self.0.extend(wanted.map(|it| format!("{noun} {it}")));
        self
    }

    fn matching(mut self, text: Option<&access_groups_core::SearchText>) -> Self {
        let text = text.map(|it| format!("matching {:?}", it.as_str()));
        self.0.extend(text);
        self
    }

    /// Null is what is asked for where the inner one is `None`.
    fn on_nullable(self, noun: &str, wanted: Option<&Option<String>>) -> Self {
        self.on(
            noun,
            wanted.map(|it| it.as_deref().unwrap_or("none").to_owned()),
        )
    }

    fn patched(mut self, noun: &str, patch: Patch<String>) -> Self {
        match patch {
            Patch::Keep => {}
            Patch::Clear => self.0.push(format!("no {noun}")),
            Patch::Set(value) => self.0.push(format!("{noun} {value}")),
        }
        self
    }
}

impl Display for Conditions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(", "))
    }
}

fn all_or(conditions: Conditions) -> String {
    if conditions.0.is_empty() {
        "all".to_owned()
    } else {
        conditions.to_string()
    }
}

fn groups(filter: &AccessGroupFilter) -> String {
    let conditions = Conditions::default()
        .on("system", filter.system)
        .on("user", filter.user)
        .on("identity", filter.identity);
    all_or(conditions.matching(filter.search.as_ref()))
}

fn users(filter: &AcsUserFilter) -> String {
    let conditions = Conditions::default()
        .on("system", filter.system)
        .on("identity", filter.identity)
        .on_nullable("identity's e-mail", filter.identity_email_address.as_ref())
        .on_nullable("identity's phone", filter.identity_phone_number.as_ref())
        .on("created before", filter.created_before);
    all_or(conditions.matching(filter.search.as_ref()))
}

fn systems(filter: &AcsSystemFilter) -> String {
    let conditions = Conditions::default()
        .on("account", filter.connected_account)
        .on("customer", filter.customer_key.as_ref());
    all_or(conditions.matching(filter.search.as_ref()))
}

fn entrances(filter: &EntranceFilter) -> String {
    let conditions = Conditions::default()
        .on("system", filter.system)
        .on("among", filter.entrances.as_deref().map(joined))
        .on("account", filter.connected_account)
        .on("space", filter.space)
        .on("location", filter.location)
        .on("credential", filter.credential)
        .on("access method", filter.access_method)
        .on("customer", filter.customer_key.as_ref());
    all_or(conditions.matching(filter.search.as_ref()))
}

fn identities(filter: &UserIdentityFilter) -> String {
    let conditions = Conditions::default()
        .on("among", filter.identities.as_deref().map(joined))
        .on("credential manager", filter.credential_manager)
        .on("created before", filter.created_before);
    all_or(conditions.matching(filter.search.as_ref()))
}

fn page(page: &PageRequest) -> String {
    let conditions = Conditions::default()
        .on("limit", page.limit)
        .on("from", page.cursor.as_ref().map(|_| "a cursor"));
    match conditions.0.is_empty() {
        true => String::new(),
        false => format!(", {conditions}"),
    }
}

fn user(user: AcsUserSelector) -> String {
    match user {
        AcsUserSelector::Id(id) => id.to_string(),
        AcsUserSelector::Identity { identity, system } => format!("{identity} in {system}"),
    }
}

fn identity(identity: &UserIdentitySelector) -> String {
    match identity {
        UserIdentitySelector::Id(id) => id.to_string(),
        UserIdentitySelector::Key(key) => format!("key {key}"),
    }
}

fn new_user(new: &NewAcsUser) -> String {
    let schedule = new.access_schedule.as_ref();
    let groups = (!new.groups.is_empty()).then(|| joined(&new.groups));
    let rest = Conditions::default()
        .on("e-mail", new.email_address.as_ref())
        .on("phone", new.phone_number.as_ref())
        .on("identity", new.identity)
        .on("groups", groups)
        .on("from", schedule.and_then(|it| it.starts_at))
        .on("until", schedule.and_then(|it| it.ends_at));
    let who = format!("{} of {}", new.full_name, new.system);
    match rest.0.is_empty() {
        true => who,
        false => format!("{who}, {rest}"),
    }
}

fn user_update(update: &AcsUserUpdate) -> String {
    let schedule = update.access_schedule;
    let schedule = schedule.map(|it| format!("{} to {}", it.starts_at, it.ends_at));
    let conditions = Conditions::default()
        .on("name", update.full_name.as_ref())
        .on("e-mail", update.email_address.as_ref())
        .on("phone", update.phone_number.as_ref())
        .on("HID system", update.hid_acs_system);
    nothing_or(conditions.patched("schedule", schedule))
}

fn new_identity(new: &NewUserIdentity) -> String {
    let systems = (!new.systems.is_empty()).then(|| joined(&new.systems));
    let conditions = Conditions::default()
        .on("key", new.key.as_ref())
        .on("name", new.full_name.as_ref())
        .on("e-mail", new.email_address.as_ref())
        .on("phone", new.phone_number.as_ref());
    nothing_or(conditions.on("systems", systems))
}

fn identity_update(update: &UserIdentityUpdate) -> String {
    let update = update.clone();
    let conditions = Conditions::default()
        .patched("key", update.key.map(String::from))
        .patched("name", update.full_name.map(String::from))
        .patched("e-mail", update.email_address.map(String::from))
        .patched("phone", update.phone_number);
    nothing_or(conditions)
}

fn nothing_or(conditions: Conditions) -> String {
    if conditions.0.is_empty() {
        "nothing".to_owned()
    } else {
        conditions.to_string()
    }
}

fn joined<T: Display>(items: &[T]) -> String {
    let items: Vec<_> = items.iter().map(ToString::to_string).collect();
    format!("[{}]", items.join(", "))
}
