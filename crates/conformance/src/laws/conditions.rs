//! The conditions of every filter, and a site whose rows tell each of them from every other.
//!
//! A condition is a value of a field of a filter, and the rows that meet it in plain words. What a
//! filter of several conditions must show follows from these, so no list of expected rows is kept by
//! hand.

mod people;
mod places;

use super::*;

/// A list with a filter.
pub(super) trait Filtered: Call {
    type Filter: Clone + Default;
    type Row: Resource<Id = Self::Id>;
    type Id: Ord + Copy + std::fmt::Debug;

    fn that(filter: Self::Filter) -> Self;

    /// Everything that is listed; `None` if the adapter lacks the call.
    fn listed(&self, case: &Case<'_>) -> Checked<Option<Vec<Self::Row>>>;

    fn rows(site: &Site) -> &[Self::Row];

    /// Values of each field of the filter; the first of a field is the one that is combined most.
    fn conditions(site: &Site) -> Vec<Condition<Self>>;
}

/// One table of lists: what each lists, and where a site has it.
macro_rules! filtered {
    ($($list:ident with $filter:ident: $row:ident of $rows:ident,
        $conditions:path, $listed:expr, $that:expr;)*) => {$(
        impl Filtered for $list {
            type Filter = $filter;
            type Row = $row;
            type Id = <$row as Resource>::Id;

            fn that(filter: $filter) -> Self {
                $that(filter)
            }

            fn listed(&self, case: &Case<'_>) -> Checked<Option<Vec<$row>>> {
                $listed(case, self)
            }

            fn rows(site: &Site) -> &[$row] {
                &site.$rows
            }

            fn conditions(site: &Site) -> Vec<Condition<Self>> {
                $conditions(site)
            }
        }
    )*};
}

filtered! {
    ListAccessGroups with AccessGroupFilter: AccessGroup of groups,
        places::of_groups, in_one, ListAccessGroups::new;
    ListAcsSystems with AcsSystemFilter: AcsSystem of systems,
        places::of_systems, in_one, ListAcsSystems::new;
    ListEntrances with EntranceFilter: Entrance of entrances,
        places::of_entrances, Case::rows, entrances_that;
    ListAcsUsers with AcsUserFilter: AcsUser of users,
        people::of_users, Case::rows, users_that;
    ListUserIdentities with UserIdentityFilter: UserIdentity of identities,
        people::of_identities, Case::rows, identities_that;
}

fn in_one<C: Call>(case: &Case<'_>, list: &C) -> Checked<Option<C::Reply>> {
    case.look(list.clone())
}

type Set<F> = dyn Fn(&mut F);
type IsMet<R> = dyn Fn(&Site, &R) -> bool;

/// A value of a field of a filter, and what it is true of.
pub(super) struct Condition<L: Filtered> {
    pub(super) field: &'static str,
    set: Box<Set<L::Filter>>,
    is_met: Box<IsMet<L::Row>>,
    /// Whether an adapter that cannot name users by identity may find other rows.
    is_of_identities: bool,
}

impl<L: Filtered> Condition<L> {
    fn new(
        field: &'static str,
        set: impl Fn(&mut L::Filter) + 'static,
        is_met: impl Fn(&Site, &L::Row) -> bool + 'static,
    ) -> Self {
        Self {
            field,
            set: Box::new(set),
            is_met: Box::new(is_met),
            is_of_identities: false,
        }
    }

    fn of_identities(mut self) -> Self {
        self.is_of_identities = true;
        self
    }

    fn met_in(&self, site: &Site) -> Vec<L::Id> {
        let met = L::rows(site).iter().filter(|row| (self.is_met)(site, row));
        met.map(Resource::id).collect()
    }
}

/// A filter of some conditions.
pub(super) fn question<L: Filtered>(conditions: &[&Condition<L>]) -> L {
    let mut filter = L::Filter::default();
    for condition in conditions {
        (condition.set)(&mut filter);
    }
    L::that(filter)
}

/// The rows that meet all of these conditions.
pub(super) fn answer<L: Filtered>(conditions: &[&Condition<L>], site: &Site) -> Vec<L::Id> {
    let all = |row: &&L::Row| {
        let mut conditions = conditions.iter();
        conditions.all(|condition| (condition.is_met)(site, row))
    };
    L::rows(site).iter().filter(all).map(Resource::id).collect()
}

/// The conditions that the contract determines for this adapter.
pub(super) fn conditions_for<L: Filtered>(case: &Case<'_>, site: &Site) -> Vec<Condition<L>> {
    let mut conditions = L::conditions(site);
    if !case.fixture.can(Capability::Identities) {
        conditions.retain(|condition| !condition.is_of_identities);
    }
    conditions
}

/// No condition, and each alone.
pub(super) fn alone<L: Filtered>(conditions: &[Condition<L>]) -> Vec<Vec<&Condition<L>>> {
    let one = conditions.iter().map(|condition| vec![condition]);
    [Vec::new()].into_iter().chain(one).collect()
}

/// Every two conditions, with every value of each.
pub(super) fn pairs<L: Filtered>(conditions: &[Condition<L>]) -> Vec<Vec<&Condition<L>>> {
    let later = |number: usize| conditions[number..].iter();
    let pairs = conditions.iter().enumerate().flat_map(|(number, one)| {
        let others = later(number).filter(|other| other.field != one.field);
        others.map(move |other| vec![one, other])
    });
    pairs.collect()
}

/// The first value of each field.
pub(super) fn first_of_each<L: Filtered>(conditions: &[Condition<L>]) -> Vec<&Condition<L>> {
    let mut firsts: Vec<&Condition<L>> = Vec::new();
    for condition in conditions {
        if firsts.iter().all(|first| first.field != condition.field) {
            firsts.push(condition);
        }
    }
    firsts
}

/// Three conditions and more, up to all of them, of those that some row meets; and all of these with
/// one that none meets.
pub(super) fn together<'c, L: Filtered>(
    conditions: &'c [Condition<L>],
    site: &Site,
) -> Vec<Vec<&'c Condition<L>>> {
    let firsts = first_of_each(conditions);
    let is_met = |condition: &&Condition<L>| !condition.met_in(site).is_empty();
    let (met, unmet): (Vec<_>, Vec<_>) = firsts.into_iter().partition(is_met);
    let chosen = |mask: usize| {
        let bits = met.iter().enumerate();
        let chosen = bits.filter(|(bit, _)| mask & (1 << bit) != 0);
        chosen.map(|(_, condition)| *condition).collect::<Vec<_>>()
    };
    let several = (0..1_usize << met.len()).filter(|mask| mask.count_ones() > 2);
    let none = unmet.iter().map(|condition| [&*met, &[condition]].concat());
    several.map(chosen).chain(none).collect()
}

/// Puts systems, people and places of every kind into an empty site, so that each condition is met
/// by some rows and not by others, whatever the other conditions are.
pub(super) fn site_of_every_kind(mut site: Site) -> Site {
    places::build_systems(&mut site);
    people::build(&mut site);
    places::build(&mut site);
    site
}

/// Whether one of the texts contains this one, which is in small letters.
fn holds<const N: usize>(text: &str, texts: [Option<String>; N]) -> bool {
    let mut texts = texts.into_iter().flatten();
    texts.any(|one| one.to_lowercase().contains(text))
}

/// The first of two for an even number, the second for an odd one.
fn pick<T: Copy>(number: usize, of: [T; 2]) -> T {
    of[number % 2]
}

/// An instant of its own for each of 41 rows, in another order than that of the rows.
fn shuffled(number: usize) -> Timestamp {
    let second = u32::try_from(number * 32 % 41).expect("less than 41");
    at(second)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn rows_tell_conditions_apart() {
        let site = site_of_every_kind(Site::default());
        must_tell_apart::<ListAccessGroups>(&site, 0);
        must_tell_apart::<ListAcsSystems>(&site, 1);
        must_tell_apart::<ListEntrances>(&site, 4);
        must_tell_apart::<ListAcsUsers>(&site, 0);
        must_tell_apart::<ListUserIdentities>(&site, 1);
    }

    /// For each condition and each other field there is a value with which rows meet both, each
    /// alone, and neither; for each field there is a row that fails nothing else of many.
    fn must_tell_apart<L: Filtered>(site: &Site, unmet: usize) {
        let conditions = L::conditions(site);
        let count = L::rows(site).len();
        let tells = |condition: &&Condition<L>| (1..count).contains(&condition.met_in(site).len());
        let telling: Vec<_> = conditions.iter().filter(tells).collect();
        let fields: BTreeSet<_> = telling.iter().map(|condition| condition.field).collect();
        let all: BTreeSet<_> = conditions.iter().map(|condition| condition.field).collect();
        assert_eq!(all.len() - fields.len(), unmet);
        for (one, field) in telling
            .iter()
            .flat_map(|one| fields.iter().map(move |field| (one, field)))
        {
            if one.field == *field {
                continue;
            }
            let others = telling.iter().filter(|other| other.field == *field);
            let cells: BTreeSet<_> = others
                .flat_map(|other| {
                    let rows = L::rows(site).iter();
                    rows.map(|row| ((one.is_met)(site, row), (other.is_met)(site, row)))
                })
                .collect();
            assert_eq!(cells.len(), 4, "{:?} with {field}", question(&[one]).into());
        }
        for field in fields {
            let fails_only_this = together(&conditions, site).into_iter().any(|some| {
                let others: Vec<_> = some
                    .iter()
                    .copied()
                    .filter(|one| one.field != field)
                    .collect();
                some.len() + 1 >= all.len() - unmet
                    && others.len() < some.len()
                    && answer(&others, site).len() > answer(&some, site).len()
            });
            assert!(
                all.len() - unmet < 3 || fails_only_this,
                "no row fails {field} only"
            );
        }
    }

    #[test]
    fn a_filter_has_no_other_conditions() {
        let site = site_of_every_kind(Site::default());
        must_set_every_field::<ListAccessGroups>(&site);
        must_set_every_field::<ListAcsSystems>(&site);
        must_set_every_field::<ListEntrances>(&site);
        must_set_every_field::<ListAcsUsers>(&site);
        must_set_every_field::<ListUserIdentities>(&site);
    }

    /// A new field of a filter fails here until it has its conditions.
    fn must_set_every_field<L: Filtered>(site: &Site)
    where
        L::Filter: serde::Serialize,
    {
        let fields = |filter: &L::Filter| {
            let json = serde_json::to_value(filter).expect("a filter is JSON");
            json.as_object().expect("an object").clone()
        };
        let unset = fields(&L::Filter::default());
        let conditions = L::conditions(site);
        for condition in &conditions {
            let mut filter = L::Filter::default();
            (condition.set)(&mut filter);
            let set = fields(&filter);
            let changed = set
                .iter()
                .filter(|(field, value)| unset.get(*field) != Some(value));
            let changed: Vec<_> = changed.map(|(field, _)| field).collect();
            assert_eq!(changed, [condition.field]);
        }
        let is_known = |field: &String| conditions.iter().any(|known| known.field == field);
        assert!(unset.keys().all(is_known), "{unset:?}");
    }
}
