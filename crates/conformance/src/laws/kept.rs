//! What a port was given, and whether it shows that everywhere.

use std::collections::BTreeMap;

use super::*;

/// The fields of resources as they were given, to be found in every reply that shows them.
pub(super) struct Given<'c, 's> {
    case: &'c Case<'s>,
    fields: BTreeMap<Subject, BTreeMap<&'static str, (&'static str, Value)>>,
}

/// Fields under their names.
pub(super) type Fields = Vec<(&'static str, Value)>;

/// What a field holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Text(Option<String>),
    Instant(Option<Timestamp>),
}

impl Value {
    /// Whether this may be shown of what was given: a text exactly, an instant to the millisecond.
    fn is_kept_of(&self, given: &Self) -> bool {
        match (self, given) {
            (Self::Instant(Some(shown)), Self::Instant(Some(given))) => {
                shown <= given && shown.whole_milliseconds() == given.whole_milliseconds()
            }
            (shown, given) => shown == given,
        }
    }

    fn described(&self) -> String {
        match self {
            Self::Text(Some(text)) => format!("{text:?}, of {} characters", text.chars().count()),
            Self::Instant(Some(instant)) => instant.to_string(),
            Self::Text(None) | Self::Instant(None) => "nothing".to_owned(),
        }
    }
}

impl<'c, 's> Given<'c, 's> {
    pub(super) fn to(case: &'c Case<'s>) -> Self {
        Self {
            case,
            fields: BTreeMap::new(),
        }
    }

    /// All that the site gives.
    pub(super) fn with_site(case: &'c Case<'s>, site: &Site) -> Self {
        let mut given = Self::to(case);
        let users = site.users.iter().map(Shown::row);
        let identities = site.identities.iter().map(Shown::row);
        let groups = site.groups.iter().map(Shown::row);
        let entrances = site.entrances.iter().map(Shown::row);
        let systems = site.systems.iter().map(Shown::row);
        // A zone that the site does not name is the adapter's choice.
        let systems = systems.map(|(system, mut fields)| {
            fields.retain(|field| *field != ("time_zone", Value::Text(None)));
            (system, fields)
        });
        let rows = users
            .chain(identities)
            .chain(groups)
            .chain(entrances)
            .chain(systems);
        for (subject, fields) in rows {
            given.note("the site", subject, fields);
        }
        given
    }

    /// Notes that the resource was given these fields, and how; others stay as they were.
    pub(super) fn note(&mut self, how: &'static str, to: impl Into<Subject>, fields: Fields) {
        let known = self.fields.entry(to.into()).or_default();
        known.extend(
            fields
                .into_iter()
                .map(|(field, value)| (field, (how, value))),
        );
    }

    /// The reply to this read shows these resources, and each with all that it was given.
    pub(super) fn must_be_in(
        &self,
        question: impl Into<Operation>,
        expected: impl IntoIterator<Item = Subject>,
    ) -> Checked {
        let question = question.into();
        if self.case.fixture.lacks(&question).is_some() {
            return self.case.ask(Through::Port, &question).map(drop);
        }
        let reply = self.case.read(question.clone()).map_err(|error| {
            let (call, refused) = (call_shown(&question), chain(&error));
            self.case
                .broken(format!("{call} must succeed, but was {refused}"))
        })?;
        let shown = shown_in(reply.content());
        for resource in expected {
            let why = format!("{} does not show {resource}", call_shown(&question));
            let is_there = shown.iter().any(|(subject, _)| *subject == resource);
            self.case.must(is_there, &why)?;
        }
        let mut rows = shown.iter();
        rows.try_for_each(|(resource, fields)| self.compare(&question, *resource, fields))
    }

    /// Each bundle is in all its places, and every list shows all that was given.
    pub(super) fn must_be_everywhere(&self, bundles: &[Bundle]) -> Checked {
        let places = bundles.iter().flat_map(|bundle| bundle.places());
        for (question, resource) in places {
            self.must_be_in(question, [resource])?;
        }
        let of_kind = |is_listed: fn(&Subject) -> bool| {
            let known = self.fields.keys().copied();
            known.filter(is_listed)
        };
        let users = of_kind(|resource| matches!(resource, Subject::AcsUser(_)));
        self.must_be_in(users_that(AcsUserFilter::new()), users)?;
        let identities = of_kind(|resource| matches!(resource, Subject::UserIdentity(_)));
        self.must_be_in(identities_that(UserIdentityFilter::new()), identities)?;
        let groups = of_kind(|resource| matches!(resource, Subject::AccessGroup(_)));
        self.must_be_in(list(all()), groups)?;
        let entrances = of_kind(|resource| matches!(resource, Subject::Entrance(_)));
        self.must_be_in(entrances_that(EntranceFilter::new()), entrances)?;
        let systems = of_kind(|resource| matches!(resource, Subject::AcsSystem(_)));
        self.must_be_in(ListAcsSystems::new(AcsSystemFilter::new()), systems)
    }

    /// Notes what was given to the resource that the reply shows, which must show it, as must a
    /// read of its own.
    pub(super) fn note_created(
        &mut self,
        call: &Operation,
        reply: &Reply,
        fields: Fields,
    ) -> Checked<Option<Subject>> {
        let Some((resource, shown)) = shown_in(reply.content()).pop() else {
            return Ok(None);
        };
        self.note(call.name(), resource, fields);
        self.compare(call, resource, &shown)?;
        if let Some(question) = reading(resource) {
            self.must_be_in(question, [resource])?;
        }
        Ok(Some(resource))
    }

    fn compare(&self, call: &Operation, resource: Subject, shown: &Fields) -> Checked {
        let Some(known) = self.fields.get(&resource) else {
            return Ok(());
        };
        for (field, shown) in shown {
            let Some((how, given)) = known.get(field) else {
                continue;
            };
            if !shown.is_kept_of(given) {
                return Err(self.case.broken(format!(
                    "{field} of {resource}\n  given by {how}: {}\n  shown by {}: {}",
                    given.described(),
                    call_shown(call),
                    shown.described()
                )));
            }
        }
        Ok(())
    }
}

/// Every resource in the reply, with its fields.
fn shown_in(content: &Content) -> Vec<(Subject, Fields)> {
    match content {
        Content::AcsUser(user) => vec![user.row()],
        Content::AcsUsers(users) => users.iter().map(Shown::row).collect(),
        Content::AcsUserPage(page) => page.items.iter().map(Shown::row).collect(),
        Content::UserIdentity(identity) => vec![identity.row()],
        Content::UserIdentityPage(page) => page.items.iter().map(Shown::row).collect(),
        Content::AccessGroup(group) => vec![group.row()],
        Content::AccessGroups(groups) => groups.iter().map(Shown::row).collect(),
        Content::Entrance(entrance) => vec![entrance.row()],
        Content::Entrances(entrances) => entrances.iter().map(Shown::row).collect(),
        Content::EntrancePage(page) => page.items.iter().map(Shown::row).collect(),
        Content::AcsSystem(system) => vec![system.row()],
        Content::AcsSystems(systems) => systems.iter().map(Shown::row).collect(),
        Content::Done(()) | Content::Workspace(_) => Vec::new(),
    }
}

/// The call that reads the resource alone.
fn reading(resource: Subject) -> Option<Operation> {
    match resource {
        Subject::AcsUser(user) => Some(GetAcsUser::new(user).into()),
        Subject::UserIdentity(identity) => Some(GetUserIdentity::new(identity).into()),
        Subject::AccessGroup(group) => Some(GetAccessGroup::new(group).into()),
        Subject::Entrance(entrance) => Some(GetEntrance::new(entrance).into()),
        Subject::AcsSystem(system) => Some(GetAcsSystem::new(system).into()),
        _ => None,
    }
}

/// One resource of each kind in a system of its own: an identity, its user, who is a member of the
/// group, and an entrance that the group holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bundle {
    pub(super) system: AcsSystemId,
    pub(super) user: AcsUserId,
    pub(super) identity: UserIdentityId,
    pub(super) group: AccessGroupId,
    pub(super) entrance: EntranceId,
}

impl Bundle {
    /// Adds one to the site, in which everything has this name.
    pub(super) fn of(site: &mut Site, name: &str) -> Self {
        let system = site.system(name);
        let user = site.user(system, name);
        let identity = site.identity(name, None, None, &[user]);
        let (group, entrance) = (site.group(system, name), site.entrance(system, name));
        site.members(group, &[user]);
        site.holds(group, &[entrance]);
        Self {
            system,
            user,
            identity,
            group,
            entrance,
        }
    }

    /// Every read that shows one of its resources, but for the lists of everything.
    pub(super) fn places(self) -> Vec<(Operation, Subject)> {
        let Self {
            system,
            user,
            identity,
            group,
            entrance,
        } = self;
        let users: [Operation; 6] = [
            GetAcsUser::new(user).into(),
            GetAcsUser::new(AcsUserSelector::of(identity, system)).into(),
            ListUsersInGroup::new(group).into(),
            ListUsersOfIdentity::new(identity).into(),
            users_that(AcsUserFilter::new().in_system(system)).into(),
            users_that(AcsUserFilter::new().of_identity(identity)).into(),
        ];
        let identities: [Operation; 2] = [
            GetUserIdentity::new(identity).into(),
            identities_that(UserIdentityFilter::new().among([identity])).into(),
        ];
        let groups: [Operation; 4] = [
            GetAccessGroup::new(group).into(),
            list(all().in_system(system)),
            list(all().of_user(user)),
            list(all().of_identity(identity)),
        ];
        let entrances: [Operation; 6] = [
            GetEntrance::new(entrance).into(),
            ListEntrancesOfGroup::new(group).into(),
            ListEntrancesOfUser::new(user).into(),
            ListEntrancesOfIdentity::new(identity).into(),
            entrances_that(EntranceFilter::new().in_system(system)).into(),
            entrances_that(EntranceFilter::new().among([entrance])).into(),
        ];
        let systems: [Operation; 2] = [
            GetAcsSystem::new(system).into(),
            ListSystemsOfIdentity::new(identity).into(),
        ];
        let in_each = |questions: &[Operation], shown: Subject| {
            let questions = questions.iter().cloned();
            questions
                .map(|question| (question, shown))
                .collect::<Vec<_>>()
        };
        [
            in_each(&users, user.into()),
            in_each(&identities, identity.into()),
            in_each(&groups, group.into()),
            in_each(&entrances, entrance.into()),
            in_each(&systems, system.into()),
        ]
        .concat()
    }
}

/// A resource with its texts and instants.
pub(super) trait Shown {
    fn subject(&self) -> Subject;

    fn fields(&self) -> Fields;

    fn row(&self) -> (Subject, Fields) {
        (self.subject(), self.fields())
    }
}

impl Shown for AcsUser {
    fn subject(&self) -> Subject {
        self.acs_user_id.into()
    }

    fn fields(&self) -> Fields {
        // Absent and null are the same here.
        let of_identity = |text: &Option<Option<String>>| Value::Text(text.clone().flatten());
        let mut fields = vec![
            ("display_name", text(&self.display_name)),
            ("full_name", Value::Text(self.full_name.clone())),
            ("email_address", Value::Text(self.email_address.clone())),
            ("phone_number", Value::Text(self.phone_number.clone())),
            (
                "user_identity_full_name",
                of_identity(&self.user_identity_full_name),
            ),
            (
                "user_identity_email_address",
                of_identity(&self.user_identity_email_address),
            ),
            (
                "user_identity_phone_number",
                of_identity(&self.user_identity_phone_number),
            ),
            ("created_at", Value::Instant(Some(self.created_at))),
        ];
        fields.extend(instants(self.access_schedule));
        fields
    }
}

impl Shown for UserIdentity {
    fn subject(&self) -> Subject {
        self.user_identity_id.into()
    }

    fn fields(&self) -> Fields {
        vec![
            (
                "user_identity_key",
                Value::Text(self.user_identity_key.clone()),
            ),
            ("full_name", Value::Text(self.full_name.clone())),
            ("email_address", Value::Text(self.email_address.clone())),
            ("phone_number", Value::Text(self.phone_number.clone())),
            ("created_at", Value::Instant(Some(self.created_at))),
        ]
    }
}

impl Shown for AccessGroup {
    fn subject(&self) -> Subject {
        self.acs_access_group_id.into()
    }

    fn fields(&self) -> Fields {
        let mut fields = vec![("name", text(&self.name))];
        fields.extend(instants(self.access_schedule));
        fields
    }
}

impl Shown for Entrance {
    fn subject(&self) -> Subject {
        self.acs_entrance_id.into()
    }

    fn fields(&self) -> Fields {
        vec![("display_name", text(&self.display_name))]
    }
}

impl Shown for AcsSystem {
    fn subject(&self) -> Subject {
        self.acs_system_id.into()
    }

    fn fields(&self) -> Fields {
        let zone = self.location.time_zone.clone();
        vec![("name", text(&self.name)), ("time_zone", Value::Text(zone))]
    }
}

pub(super) fn text(text: &(impl ToString + ?Sized)) -> Value {
    Value::Text(Some(text.to_string()))
}

/// The two instants of a schedule.
pub(super) fn instants(schedule: Option<AccessSchedule>) -> Fields {
    let starts_at = schedule.map(|schedule| schedule.starts_at);
    let ends_at = schedule.and_then(|schedule| schedule.ends_at);
    vec![
        ("starts_at", Value::Instant(starts_at)),
        ("ends_at", Value::Instant(ends_at)),
    ]
}
