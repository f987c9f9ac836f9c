//! What a port was given, and whether it shows that everywhere.

mod bundle;
mod fields;

use std::collections::BTreeMap;

use super::*;

pub(super) use bundle::Bundle;
pub(super) use fields::{instants, text};

use fields::{Shown, shown_in};

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
