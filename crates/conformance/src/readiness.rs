//! Whether a fixture is ready: it declares all that the adapter lacks, and holds all of the site.

use std::collections::{BTreeMap, BTreeSet};

// It asks every operation.
use access_groups_core::*;
use serde_json::Value;

use crate::{
    Capability, Fixture, Open, Site,
    answer::{call_shown, chain},
    case::{Through, ids, whole},
    laws::{NO_ENTRANCE, NO_GROUP, NO_IDENTITY, NO_SYSTEM, NO_USER},
    site::{far_off, long_ago},
};

/// How a text on a fixture begins, in place of a text on a law.
pub(crate) const NOT_READY: &str = "the fixture is not ready";

/// Resources as JSON, where their fields have names.
macro_rules! json {
    ($resources:expr) => {
        $resources
            .iter()
            .map(|resource| serde_json::json!(resource))
            .collect()
    };
}

/// What is wrong with the fixture, in a few lines. Asked once something has failed, so that what
/// passes pays nothing.
pub(crate) fn objection(open: &Open<'_>) -> Option<String> {
    let site = full_site();
    let fixture = open(&site);
    if let Some(why) = failure(&fixture) {
        return Some(format!("{NOT_READY}:\n  it cannot be read: {why}"));
    }
    let mut objections = differences(&fixture, &site);
    let undeclared = undeclared(&fixture);
    if !undeclared.is_empty() {
        objections.insert(0, declaration(&fixture, undeclared));
    }
    if objections.is_empty() {
        change(&fixture, &site);
        let stale = differences(&open(&site), &site);
        objections.extend(stale.first().map(|difference| {
            format!("it is not fresh, but shows changes made through another one: {difference}")
        }));
    }
    (!objections.is_empty()).then(|| format!("{NOT_READY}:\n  {}", objections.join("\n  ")))
}

/// A site with every kind of resource, and a value in every field that must be kept.
fn full_site() -> Site {
    let mut site = Site::sample();
    let account = ConnectedAccountId::from_u128(1).to_string();
    let schedule = AccessSchedule::new(long_ago(0)).with_end(far_off(0));
    site.systems[0].connected_account_id.clone_from(&account);
    site.groups[0].access_schedule = Some(schedule);
    site.entrances[0].connected_account_id = account;
    let identity = &mut site.identities[0];
    identity.user_identity_key = Some("ada".to_owned());
    identity.email_address = Some("ada@example.com".to_owned());
    identity.phone_number = Some("+1".to_owned());
    let ada = &mut site.users[0];
    ada.user_identity_email_address = Some(identity.email_address.clone());
    ada.user_identity_phone_number = Some(identity.phone_number.clone());
    ada.email_address = Some("ada@maple.example".to_owned());
    ada.phone_number = Some("+2".to_owned());
    ada.access_schedule = Some(schedule);
    ada.is_suspended = Some(true);
    site.furnish();
    site
}

/// How the first list fails that should succeed: a service is away, or refuses the credential.
fn failure(fixture: &Fixture) -> Option<String> {
    let page = PageRequest::first;
    let lists: [Operation; 5] = [
        ListAcsSystems::new(AcsSystemFilter::new()).into(),
        ListAcsUsers::new(AcsUserFilter::new(), page()).into(),
        ListUserIdentities::new(UserIdentityFilter::new(), page()).into(),
        ListAccessGroups::new(AccessGroupFilter::new()).into(),
        ListEntrances::new(EntranceFilter::new(), page()).into(),
    ];
    let mut supported = lists
        .into_iter()
        .filter(|list| fixture.lacks(list).is_none());
    supported.find_map(|list| {
        let error = fixture.call(Through::Port, list.clone()).err()?;
        let is_undeclared = error.kind() == ErrorKind::Unsupported;
        (!is_undeclared).then(|| format!("{} is {}", call_shown(&list), chain(&error)))
    })
}

/// The capabilities that are refused as unsupported, but not declared absent.
fn undeclared(fixture: &Fixture) -> BTreeSet<Capability> {
    let is_refused = |operation: &Operation| {
        let answer = fixture.call(Through::Port, operation.clone());
        matches!(answer, Err(error) if error.kind() == ErrorKind::Unsupported)
    };
    let asked = one_of_each().into_iter();
    let asked = asked.filter(|operation| fixture.lacks(operation).is_none());
    let mut undeclared: BTreeSet<_> = asked
        .filter(is_refused)
        .flat_map(|operation| Capability::needed_by(&operation))
        .collect();
    let by_identity = naming_an_identity().into_iter().filter(|operation| {
        let mut needed = Capability::needed_by(operation);
        needed.all(|needed| fixture.can(needed) && !undeclared.contains(&needed))
    });
    if by_identity
        .into_iter()
        .any(|operation| is_refused(&operation))
    {
        undeclared.insert(Capability::Identities);
    }
    undeclared
}

/// The lines to add to the fixture.
fn declaration(fixture: &Fixture, mut undeclared: BTreeSet<Capability>) -> String {
    let sets = [
        ("ACS_USERS", Capability::ACS_USERS),
        ("DIRECTORY", Capability::DIRECTORY),
        ("USER_IDENTITIES", Capability::USER_IDENTITIES),
        ("CHANGING_ACS_USERS", Capability::CHANGING_ACS_USERS),
        (
            "CHANGING_USER_IDENTITIES",
            Capability::CHANGING_USER_IDENTITIES,
        ),
        ("WITHOUT_WIRE", Capability::WITHOUT_WIRE),
    ];
    let mut text =
        "it does not declare what the adapter refuses as Unsupported: support it, or add"
            .to_owned();
    for (name, set) in sets {
        let is_lacking = |one: &Capability| undeclared.contains(one) || !fixture.can(*one);
        let missing = set.iter().filter(|one| undeclared.contains(one)).count();
        if missing > 1 && set.iter().all(is_lacking) {
            text.push_str(&format!("\n    .without_all(Capability::{name})"));
            undeclared.retain(|one| !set.contains(one));
        }
    }
    for one in undeclared {
        text.push_str(&format!("\n    .without(Capability::{one:?})"));
    }
    text
}

/// What the fixture shows otherwise than the site has it, a line for each kind of resource.
fn differences(fixture: &Fixture, site: &Site) -> Vec<String> {
    let kinds = [
        Kind {
            name: "systems",
            id: "acs_system_id",
            kept: &[
                "/name",
                "/connected_account_id",
                "/location/time_zone",
                "/errors",
                "/warnings",
            ],
            rows: json!(site.systems),
            list: ListAcsSystems::new(AcsSystemFilter::new()).into(),
            reads: reads(ids(&site.systems), GetAcsSystem::new),
        },
        Kind {
            name: "users",
            id: "acs_user_id",
            kept: &[
                "/acs_system_id",
                "/display_name",
                "/full_name",
                "/email_address",
                "/phone_number",
                "/is_suspended",
                "/access_schedule",
                "/user_identity_id",
                "/user_identity_full_name",
                "/user_identity_email_address",
                "/user_identity_phone_number",
                "/hid_acs_system_id",
                "/created_at",
                "/errors",
                "/warnings",
            ],
            rows: json!(site.users),
            list: ListAcsUsers::new(AcsUserFilter::new(), PageRequest::first()).into(),
            reads: reads(ids(&site.users), GetAcsUser::new),
        },
        Kind {
            name: "identities",
            id: "user_identity_id",
            kept: &[
                "/user_identity_key",
                "/full_name",
                "/email_address",
                "/phone_number",
                "/acs_user_ids",
                "/created_at",
                "/errors",
                "/warnings",
            ],
            rows: json!(site.identities),
            list: ListUserIdentities::new(UserIdentityFilter::new(), PageRequest::first()).into(),
            reads: reads(ids(&site.identities), GetUserIdentity::new),
        },
        Kind {
            name: "groups",
            id: "acs_access_group_id",
            kept: &[
                "/acs_system_id",
                "/name",
                "/access_schedule",
                "/errors",
                "/warnings",
            ],
            rows: json!(site.groups),
            list: ListAccessGroups::new(AccessGroupFilter::new()).into(),
            reads: reads(ids(&site.groups), GetAccessGroup::new),
        },
        Kind {
            name: "entrances",
            id: "acs_entrance_id",
            kept: &[
                "/acs_system_id",
                "/display_name",
                "/connected_account_id",
                "/space_ids",
                "/created_at",
                "/errors",
                "/warnings",
            ],
            rows: json!(site.entrances),
            list: ListEntrances::new(EntranceFilter::new(), PageRequest::first()).into(),
            reads: reads(ids(&site.entrances), GetEntrance::new),
        },
    ];
    let mut differences: Vec<_> = kinds
        .iter()
        .filter_map(|kind| kind.difference(fixture))
        .collect();
    let members = site
        .memberships
        .iter()
        .map(|(user, group)| (group, user.to_string()));
    let held = site
        .group_entrances
        .iter()
        .map(|(group, entrance)| (group, entrance.to_string()));
    let in_groups = |name,
                     id,
                     expected: Vec<(&AccessGroupId, String)>,
                     look: fn(AccessGroupId) -> Operation| {
        ids(&site.groups).find_map(|group| {
            let of_group = |(holder, one): &(&AccessGroupId, String)| {
                (**holder == group).then(|| (one.clone(), Value::Null))
            };
            let expected = expected.iter().filter_map(of_group).collect();
            difference(name, &expected, &found(fixture, [look(group)], id)?, &[])
        })
    };
    differences.extend(in_groups(
        "memberships",
        "acs_user_id",
        members.collect(),
        |group| ListUsersInGroup::new(group).into(),
    ));
    differences.extend(in_groups(
        "group_entrances",
        "acs_entrance_id",
        held.collect(),
        |group| ListEntrancesOfGroup::new(group).into(),
    ));
    differences
}

/// Resources of one kind, as the site has them, and how to read them.
struct Kind {
    name: &'static str,
    id: &'static str,
    /// As JSON pointers.
    kept: &'static [&'static str],
    rows: Vec<Value>,
    list: Operation,
    reads: Vec<Operation>,
}

impl Kind {
    fn difference(&self, fixture: &Fixture) -> Option<String> {
        let expected = by_id(self.rows.clone(), self.id);
        let listed = found(fixture, [self.list.clone()], self.id);
        let found = listed.or_else(|| found(fixture, self.reads.clone(), self.id))?;
        difference(self.name, &expected, &found, self.kept)
    }
}

type Rows = BTreeMap<String, Value>;

/// What these reads show; `None` if the adapter lacks one.
fn found(fixture: &Fixture, reads: impl IntoIterator<Item = Operation>, id: &str) -> Option<Rows> {
    let mut rows = Vec::new();
    for read in reads {
        if fixture.lacks(&read).is_some() {
            return None;
        }
        match whole(|operation| fixture.call(Through::Port, operation), read) {
            Ok(reply) => rows.extend(rows_in(&reply)),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            // Undeclared, or away: both are told elsewhere.
            Err(_) => return None,
        }
    }
    Some(by_id(rows, id))
}

fn difference(name: &str, expected: &Rows, found: &Rows, kept: &[&str]) -> Option<String> {
    let missing: Vec<_> = expected
        .keys()
        .filter(|id| !found.contains_key(*id))
        .collect();
    if let Some(one) = missing.first() {
        let (missing, all) = (missing.len(), expected.len());
        return Some(format!(
            "it does not hold {missing} of the site's {all} {name}, such as {one}"
        ));
    }
    if let Some(one) = found.keys().find(|id| !expected.contains_key(*id)) {
        return Some(format!(
            "it holds {name} that the site has not, such as {one}"
        ));
    }
    let is_lost = |field: &&&str| {
        let mut rows = expected.iter();
        rows.any(|(id, row)| {
            let given = row.pointer(field).filter(|given| !given.is_null());
            given.is_some_and(|given| found[id].pointer(field) != Some(given))
        })
    };
    let lost = kept.iter().filter(is_lost);
    let lost: Vec<_> = lost.map(|field| field.trim_start_matches('/')).collect();
    let fields = lost.join(", ");
    (!lost.is_empty()).then(|| format!("its {name} do not keep these fields of the site: {fields}"))
}

fn by_id(rows: Vec<Value>, id: &str) -> Rows {
    let named = |row: Value| Some((row[id].as_str()?.to_owned(), row));
    rows.into_iter().filter_map(named).collect()
}

fn rows_in(reply: &Reply) -> Vec<Value> {
    match reply.content() {
        Content::AccessGroup(group) => json!([group]),
        Content::AccessGroups(groups) => json!(groups),
        Content::AcsUser(user) => json!([user]),
        Content::AcsUsers(users) => json!(users),
        Content::AcsUserPage(page) => json!(page.items),
        Content::Entrance(entrance) => json!([entrance]),
        Content::Entrances(entrances) => json!(entrances),
        Content::EntrancePage(page) => json!(page.items),
        Content::AcsSystem(system) => json!([system]),
        Content::AcsSystems(systems) => json!(systems),
        Content::UserIdentity(identity) => json!([identity]),
        Content::UserIdentityPage(page) => json!(page.items),
        Content::Done(()) | Content::Workspace(_) => Vec::new(),
    }
}

fn reads<I, C: Into<Operation>>(ids: impl Iterator<Item = I>, read: fn(I) -> C) -> Vec<Operation> {
    ids.map(|id| read(id).into()).collect()
}

/// Changes of every kind, as far as the adapter can.
fn change(fixture: &Fixture, site: &Site) {
    let (grace, gym) = (&site.users[1], &site.groups[0]);
    let (grace, main) = (grace.acs_user_id, grace.acs_system_id);
    let name: PersonName = "Newcomer".parse().expect("a name of the kit has letters");
    let changes: [Operation; 4] = [
        RemoveUser::new(grace, gym.acs_access_group_id).into(),
        CreateAcsUser::new(NewAcsUser::new(main, name.clone())).into(),
        CreateUserIdentity::new(NewUserIdentity::named(name)).into(),
        DeleteAccessGroup::new(site.groups[1].acs_access_group_id).into(),
    ];
    for change in changes {
        // Whether it succeeds is for the laws.
        let _answer = fixture.call(Through::Port, change);
    }
}

/// A call of each operation that changes nothing that matters: most name what does not exist.
fn one_of_each() -> Vec<Operation> {
    let title = || {
        "New"
            .parse::<ResourceName>()
            .expect("a name of the kit has letters")
    };
    let name = || {
        "New"
            .parse::<PersonName>()
            .expect("a name of the kit has letters")
    };
    let first = PageRequest::first;
    let nobody = NewUserIdentity {
        systems: vec![NO_SYSTEM],
        ..NewUserIdentity::default()
    };
    vec![
        AddUser::new(NO_USER, NO_GROUP).into(),
        RemoveUser::new(NO_USER, NO_GROUP).into(),
        GetAccessGroup::new(NO_GROUP).into(),
        ListAccessGroups::new(AccessGroupFilter::new()).into(),
        ListUsersInGroup::new(NO_GROUP).into(),
        ListEntrancesOfGroup::new(NO_GROUP).into(),
        DeleteAccessGroup::new(NO_GROUP).into(),
        CreateAccessGroup::new(NewAccessGroup::new(NO_SYSTEM, title())).into(),
        UpdateAccessGroup::new(NO_GROUP, AccessGroupUpdate::default()).into(),
        CreateAcsUser::new(NewAcsUser::new(NO_SYSTEM, name())).into(),
        GetAcsUser::new(NO_USER).into(),
        ListAcsUsers::new(AcsUserFilter::new(), first()).into(),
        UpdateAcsUser::new(NO_USER, AcsUserUpdate::default()).into(),
        DeleteAcsUser::new(NO_USER).into(),
        SuspendAcsUser::new(NO_USER).into(),
        UnsuspendAcsUser::new(NO_USER).into(),
        ListEntrancesOfUser::new(NO_USER).into(),
        GrantAccess::new(NO_USER, NO_ENTRANCE).into(),
        RevokeAccessToAllEntrances::new(NO_USER).into(),
        RevokeAccess::new(NO_USER, NO_ENTRANCE).into(),
        GetWorkspace::new().into(),
        GetAcsSystem::new(NO_SYSTEM).into(),
        ListAcsSystems::new(AcsSystemFilter::new()).into(),
        GetEntrance::new(NO_ENTRANCE).into(),
        ListEntrances::new(EntranceFilter::new(), first()).into(),
        // Nobody looks at this one again.
        CreateAcsSystem::new(NewAcsSystem::new(title())).into(),
        UpdateAcsSystem::new(NO_SYSTEM, AcsSystemUpdate::default()).into(),
        DeleteAcsSystem::new(NO_SYSTEM).into(),
        CreateEntrance::new(NewEntrance::new(NO_SYSTEM, title())).into(),
        UpdateEntrance::new(NO_ENTRANCE, EntranceUpdate::default()).into(),
        DeleteEntrance::new(NO_ENTRANCE).into(),
        CreateUserIdentity::new(nobody).into(),
        GetUserIdentity::new(NO_IDENTITY).into(),
        ListUserIdentities::new(UserIdentityFilter::new(), first()).into(),
        UpdateUserIdentity::new(NO_IDENTITY, UserIdentityUpdate::default()).into(),
        DeleteUserIdentity::new(NO_IDENTITY).into(),
        LinkAcsUser::new(NO_USER, NO_IDENTITY).into(),
        UnlinkAcsUser::new(NO_USER, NO_IDENTITY).into(),
        ListUsersOfIdentity::new(NO_IDENTITY).into(),
        ListSystemsOfIdentity::new(NO_IDENTITY).into(),
        ListEntrancesOfIdentity::new(NO_IDENTITY).into(),
    ]
}

/// Calls that name a user by identity.
fn naming_an_identity() -> [Operation; 4] {
    [
        AddUser::new(NO_IDENTITY, NO_GROUP).into(),
        RemoveUser::new(NO_IDENTITY, NO_GROUP).into(),
        ListAccessGroups::new(AccessGroupFilter::new().of_identity(NO_IDENTITY)).into(),
        GetAcsUser::new(AcsUserSelector::of(NO_IDENTITY, NO_SYSTEM)).into(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_is_asked_once() {
        let names: Vec<_> = one_of_each().iter().map(Operation::name).collect();
        assert_eq!(names, Operation::NAMES);
    }
}
