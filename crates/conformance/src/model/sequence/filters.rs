//! Filters: any of their conditions, of one row; or all of one row but one, which is another's.

use std::{num::NonZeroU32, sync::LazyLock};

use super::{
    instants::nearly,
    pools::{EMAILS, KEYS, NAMES, PHONES, Pool, TITLES, nth},
    searches::{Search, searches},
    *,
};
use crate::{Site, answer::*};

/// The other workspace: its ids are unknown in this one, while its texts are those of the pools, so
/// that a port that looks next door finds something.
pub(crate) fn neighbour() -> &'static Site {
    static NEIGHBOUR: LazyLock<Site> = LazyLock::new(|| {
        let mut site = Site::elsewhere();
        let far = site.systems[0].acs_system_id;
        let phone = PHONES.text(0).to_owned();
        site.identities[0].user_identity_key = Some(KEYS.text(0).to_owned());
        site.identities[0].phone_number = Some(phone.clone());
        site.users[0].user_identity_phone_number = Some(Some(phone));
        site.user_with(far, NAMES.text(0), |user| {
            let reached = user.with_email_address(EMAILS.text(1));
            reached.with_phone_number(PHONES.text(1))
        });
        site.group(far, TITLES.text(0));
        site.entrance(far, TITLES.text(1));
        site
    });
    &NEIGHBOUR
}

/// Of which rows the conditions of a filter are.
#[derive(Debug, Clone, Copy)]
struct Plan {
    /// One bit for each condition that there is.
    present: u16,
    row: Pick,
    /// A condition that is of the other row.
    odd: Option<usize>,
    other: Pick,
    /// What varies within the conditions.
    by: [usize; 3],
    twist: Option<usize>,
    search: Search,
    /// A condition that no row meets.
    unmet: Option<usize>,
}

/// Plans with so many conditions, of which one is the search.
fn plans(conditions: usize, search: usize) -> impl Strategy<Value = Plan> {
    let one = (0..conditions).prop_map(|one| 1 << one);
    let present = prop_oneof![
        1 => Just(0),
        3 => one,
        // What only nearly matches shows alone.
        4 => Just(1 << search),
        5 => 0..1_u16 << conditions,
    ];
    let rows = (picks(), option::weighted(0.4, 0..conditions), picks());
    let number = || 0..64_usize;
    let by = [number(), number(), number()];
    let twist = option::weighted(0.35, number());
    let unmet = option::weighted(0.1, number());
    (present, rows, by, twist, searches(), unmet).prop_map(
        |(present, (row, odd, other), by, twist, search, unmet)| Plan {
            present,
            row,
            odd,
            other,
            by,
            twist,
            search,
            unmet,
        },
    )
}

/// A row: of the site as it is now or was at first, of the other workspace, or of nobody.
#[derive(Debug, Clone, Copy)]
struct Pick {
    of: Source,
    number: usize,
}

#[derive(Debug, Clone, Copy)]
enum Source {
    Now,
    AtFirst,
    Elsewhere,
    Nowhere,
}

fn picks() -> impl Strategy<Value = Pick> {
    let of = prop_oneof![
        8 => Just(Source::Now),
        1 => Just(Source::AtFirst),
        1 => Just(Source::Elsewhere),
        1 => Just(Source::Nowhere),
    ];
    (of, 0..64_usize).prop_map(|(of, number)| Pick { of, number })
}

impl Pick {
    fn of<R: Clone>(self, now: &[R], at_first: &[R], elsewhere: &[R]) -> Option<R> {
        let rows = match self.of {
            Source::Now => now,
            Source::AtFirst => at_first,
            Source::Elsewhere => elsewhere,
            Source::Nowhere => &[],
        };
        nth(rows, self.number).cloned()
    }
}

/// The rows of a plan; without one, its conditions are nobody's.
struct Rows<R> {
    plan: Plan,
    row: Option<R>,
    other: Option<R>,
}

impl<R: Clone> Rows<R> {
    fn new(plan: Plan, now: &[R], at_first: &[R], elsewhere: &[R]) -> Self {
        let pick = |pick: Pick| pick.of(now, at_first, elsewhere);
        Self {
            plan,
            row: pick(plan.row),
            other: pick(plan.other),
        }
    }

    /// The condition of this number, if there is one.
    fn condition<T>(&self, number: usize, of: impl FnOnce(Option<&R>) -> Option<T>) -> Option<T> {
        if self.plan.present >> number & 1 == 0 {
            return None;
        }
        let is_odd = self.plan.odd == Some(number);
        of(if is_odd {
            self.other.as_ref()
        } else {
            self.row.as_ref()
        })
    }

    /// Some rows by their ids, often the row among them.
    fn among<I: Copy>(&self, number: usize, id: impl Fn(&R) -> I, nobody: I) -> Option<Vec<I>> {
        let id = |row: Option<&R>| row.map_or(nobody, &id);
        self.condition(number, |row| {
            let (one, other) = (id(row), id(self.other.as_ref()));
            Some(match self.plan.by[0] % 6 {
                0 | 1 => vec![one],
                2 => vec![other, one],
                3 => vec![nobody, one, other],
                4 => vec![one, one],
                _ => Vec::new(),
            })
        })
    }

    fn search(&self, number: usize, texts: impl Fn(&R) -> Vec<String>) -> Option<SearchText> {
        self.condition(number, |row| {
            let texts = row.map(texts).unwrap_or_else(|| vec!["nobody".to_owned()]);
            self.plan.search.in_texts(&texts)
        })
    }

    fn before(&self, number: usize, age: impl Fn(&R) -> Timestamp) -> Option<Timestamp> {
        self.condition(number, |row| {
            let age = row.map_or(Timestamp::UNIX_EPOCH, age);
            Some(nearly(age, self.plan.by[1]))
        })
    }
}

impl Known {
    pub(super) fn group_filters(&self) -> impl Strategy<Value = AccessGroupFilter> + use<> {
        let now = self.scene.oracle.clone();
        plans(4, 3).prop_map(move |plan| {
            let present: Vec<_> = now.groups.values().cloned().collect();
            let at_first = seen(&now.site.groups);
            let rows = Rows::new(plan, &present, &at_first, &seen(&neighbour().groups));
            let member = |group: Option<&GroupSeen>| {
                let group = group?.id;
                let members = now.members.iter().chain(&now.site.memberships);
                let members = members.chain(&neighbour().memberships);
                let members = members.filter(|(_, of)| *of == group);
                let members: Vec<_> = members.map(|(user, _)| *user).collect();
                nth(&members, plan.by[2]).copied()
            };
            let mut filter = AccessGroupFilter::new();
            filter.system = rows.condition(0, |group| {
                Some(group.map_or(NO_SYSTEM, |group| group.system))
            });
            filter.user = rows.condition(1, |group| Some(member(group).unwrap_or(NO_USER)));
            filter.identity = rows.condition(2, |group| {
                let user = now.users.get(&member(group)?);
                Some(user.and_then(|user| user.identity).unwrap_or(NO_IDENTITY))
            });
            filter.search = rows.search(3, |group| {
                let system = now.systems.get(&group.system);
                let system = system.map(|system| system.name.clone());
                let of_group = [group.name.clone(), group.id.to_string()];
                of_group.into_iter().chain(system).collect()
            });
            filter
        })
    }

    pub(super) fn user_filters(&self) -> impl Strategy<Value = AcsUserFilter> + use<> {
        let now = self.scene.oracle.clone();
        plans(6, 4).prop_map(move |plan| {
            let present = now.users.values();
            let present: Vec<_> = present.map(|user| now.shown(user)).collect();
            let at_first = seen(&now.site.users);
            let rows = Rows::new(plan, &present, &at_first, &seen(&neighbour().users));
            let mut filter = AcsUserFilter::new();
            filter.system =
                rows.condition(0, |user| Some(user.map_or(NO_SYSTEM, |user| user.system)));
            filter.identity = rows.condition(1, |user| match user {
                Some(user) => user.identity,
                None => Some(NO_IDENTITY),
            });
            let of_identity = |user: Option<&UserSeen>| {
                let is_linked = user.is_none_or(|user| user.identity.is_some());
                let contact = user.map(|user| user.of_identity.clone());
                is_linked.then(|| contact.unwrap_or_default())
            };
            filter.identity_email_address = rows.condition(2, |user| {
                Some(nearby(&EMAILS, of_identity(user)?.email, plan.twist))
            });
            filter.identity_phone_number = rows.condition(3, |user| {
                Some(nearby(&PHONES, of_identity(user)?.phone, plan.twist))
            });
            filter.search = rows.search(4, texts_of_user);
            filter.created_before = rows.before(5, |user| user.created_at);
            filter
        })
    }

    pub(super) fn system_filters(&self) -> impl Strategy<Value = AcsSystemFilter> + use<> {
        let now = self.scene.oracle.clone();
        plans(2, 0).prop_map(move |plan| {
            let present: Vec<_> = now.systems.values().cloned().collect();
            let at_first = seen(&now.site.systems);
            let rows = Rows::new(plan, &present, &at_first, &seen(&neighbour().systems));
            let mut filter = AcsSystemFilter::new();
            filter.search =
                rows.search(0, |system| vec![system.name.clone(), system.id.to_string()]);
            filter.connected_account =
                rows.condition(1, |system| account(system.map(|system| &*system.account)));
            filter.customer_key = plan.unmet.and_then(|_| "nobody's".parse().ok());
            filter
        })
    }

    pub(super) fn entrance_filters(&self) -> impl Strategy<Value = EntranceFilter> + use<> {
        let now = self.scene.oracle.clone();
        plans(5, 2).prop_map(move |plan| {
            let present: Vec<_> = now.entrances.values().cloned().collect();
            let at_first = seen(&now.site.entrances);
            let rows = Rows::new(plan, &present, &at_first, &seen(&neighbour().entrances));
            let mut filter = EntranceFilter::new();
            filter.system =
                rows.condition(0, |door| Some(door.map_or(NO_SYSTEM, |door| door.system)));
            filter.entrances = rows.among(1, |door| door.id, NO_ENTRANCE);
            // The id is not searched here.
            filter.search = rows.search(2, |door| vec![door.name.clone(), door.id.to_string()]);
            filter.connected_account =
                rows.condition(3, |door| account(door.map(|door| &*door.account)));
            filter.space = rows.condition(4, |door| {
                let spaces: Vec<_> = door.iter().flat_map(|door| &door.spaces).collect();
                let space = nth(&spaces, plan.by[2]);
                Some(space.and_then(|id| id.parse().ok()).unwrap_or(NO_SPACE))
            });
            match plan.unmet.map(|number| number % 4) {
                None => {}
                Some(0) => filter.location = Some(NO_LOCATION),
                Some(1) => filter.credential = Some(NO_CREDENTIAL),
                Some(2) => filter.access_method = Some(NO_METHOD),
                Some(_) => filter.customer_key = "nobody's".parse().ok(),
            }
            filter
        })
    }

    pub(super) fn identity_filters(&self) -> impl Strategy<Value = UserIdentityFilter> + use<> {
        let now = self.scene.oracle.clone();
        plans(3, 1).prop_map(move |plan| {
            let present: Vec<_> = now.identities.values().cloned().collect();
            let at_first = seen(&now.site.identities);
            let rows = Rows::new(plan, &present, &at_first, &seen(&neighbour().identities));
            let mut filter = UserIdentityFilter::new();
            filter.identities = rows.among(0, |identity| identity.id, NO_IDENTITY);
            filter.search = rows.search(1, texts_of_identity);
            filter.created_before = rows.before(2, |identity| identity.created_at);
            filter.credential_manager = plan.unmet.map(|_| NO_SYSTEM);
            filter
        })
    }
}

fn seen<'s, R, S: From<&'s R>>(resources: &'s [R]) -> Vec<S> {
    resources.iter().map(S::from).collect()
}

/// The texts that a search looks through, and two that it does not.
fn texts_of_user(user: &UserSeen) -> Vec<String> {
    let (id, of_identity) = (user.id.to_string(), &user.of_identity);
    let identity = user.identity.map(|identity| identity.to_string());
    let texts = [
        user.full_name.clone(),
        user.email.clone(),
        user.phone.clone(),
        Some(id),
        identity,
        of_identity.name.clone(),
        of_identity.phone.clone(),
        of_identity.email.clone(),
        Some(user.name.clone()),
    ];
    texts.into_iter().flatten().collect()
}

/// The texts that a search looks through, and the key, which it does not.
fn texts_of_identity(identity: &IdentitySeen) -> Vec<String> {
    let contact = &identity.contact;
    let texts = [
        contact.name.clone(),
        contact.email.clone(),
        contact.phone.clone(),
        Some(identity.id.to_string()),
        identity.key.clone(),
    ];
    texts.into_iter().flatten().collect()
}

/// The value, seldom changed or emptied; null if the identity has none.
fn nearby(pool: &Pool, value: Option<String>, twist: Option<usize>) -> Option<ContactDetail> {
    if twist.is_some_and(|number| number % 8 == 7) {
        return "".parse().ok();
    }
    let value = value?;
    let twisted = pool.twisted(&value, twist).parse();
    twisted.or_else(|_| value.parse()).ok()
}

fn account(text: Option<&str>) -> Option<ConnectedAccountId> {
    let account = text.and_then(|text| text.parse().ok());
    account.or(Some(NO_ACCOUNT))
}

const NOBODY_S: u128 = 0xffff_ffff_ffff_4fff_8fff_ffff_ffff_ffff;
const NO_ACCOUNT: ConnectedAccountId = ConnectedAccountId::from_u128(NOBODY_S);
const NO_SPACE: SpaceId = SpaceId::from_u128(NOBODY_S);
const NO_LOCATION: LocationId = LocationId::from_u128(NOBODY_S);
const NO_CREDENTIAL: AcsCredentialId = AcsCredentialId::from_u128(NOBODY_S);
const NO_METHOD: AccessMethodId = AccessMethodId::from_u128(NOBODY_S);

/// Pages from the shortest on, and limits around those of stores and of integers.
pub(super) fn limits() -> impl Strategy<Value = PageRequest> {
    const LIMITS: &[u32] = &[
        1,
        2,
        3,
        7,
        255,
        256,
        257,
        65_535,
        65_536,
        65_537,
        0x7fff_ffff,
        u32::MAX,
    ];
    // Sites are small, and on longer pages there would be no second one.
    let limit = prop_oneof![3 => 1_u32..4, 1 => select(LIMITS)];
    option::weighted(0.7, limit).prop_map(|limit| {
        let mut page = PageRequest::first();
        page.limit = limit.and_then(NonZeroU32::new);
        page
    })
}
