//! One resource in all the places that show it.

use std::fmt::Debug;

use serde_json::{Map, Value};

use super::*;

/// With and without a schedule; also after it was renamed.
pub(crate) fn a_group_reads_the_same_wherever_it_is_shown(bench: &Bench<'_>) -> Checked {
    let site = building();
    let case = Case::open(bench, &site);
    for (number, known) in site.groups.iter().enumerate() {
        let mut places = Places::of(&case, known.acs_access_group_id);
        must_show_group(&mut places, &site, number)?;
        places.must_be_kept(GroupSeen::from(known))?;

        let update = AccessGroupUpdate {
            name: Some(title("Renamed")),
            ..AccessGroupUpdate::default()
        };
        let rename = UpdateAccessGroup::new(known.acs_access_group_id, update);
        if case.look(rename)?.is_some() {
            places.forget(&["name", "display_name"]);
            must_show_group(&mut places, &site, number)?;
        }
    }
    Ok(())
}

fn must_show_group(places: &mut Places<'_, AccessGroup>, site: &Site, number: usize) -> Checked {
    let (user, group) = site.memberships[number];
    let system = site.groups[number].acs_system_id;
    let of_identity = site.identities.get(number);
    let of_identity = of_identity.map(|identity| all().of_identity(identity.user_identity_id));
    places.must_be_in(GetAccessGroup::new(group))?;
    let filters = [
        all(),
        all().in_system(system),
        all().of_user(user),
        all().matching(search(&group.to_string())),
        all().of_user(user).in_system(system),
    ];
    for filter in filters.into_iter().chain(of_identity) {
        places.must_be_in(ListAccessGroups::new(filter))?;
    }
    Ok(())
}

/// Linked and not, with every field and with few; also after a change of each kind.
pub(crate) fn a_user_reads_the_same_wherever_they_are_shown(bench: &Bench<'_>) -> Checked {
    let site = building();
    let case = Case::open(bench, &site);
    for (number, known) in site.users.iter().enumerate() {
        let user = known.acs_user_id;
        let mut places = Places::of(&case, user);
        must_show_user(&mut places, &site, number)?;
        places.must_be_kept(UserSeen::from(known))?;

        let update = AcsUserUpdate {
            full_name: Some(name("Renamed")),
            ..AcsUserUpdate::default()
        };
        let changes: [(Operation, &[_]); 3] = [
            (
                UpdateAcsUser::new(user, update).into(),
                &["full_name", "display_name"],
            ),
            (SuspendAcsUser::new(user).into(), &["is_suspended"]),
            (UnsuspendAcsUser::new(user).into(), &["is_suspended"]),
        ];
        for (change, fields) in changes {
            if case.ask(Through::Port, &change)?.is_some() {
                places.forget(fields);
                must_show_user(&mut places, &site, number)?;
            }
        }
    }
    Ok(())
}

fn must_show_user(places: &mut Places<'_, AcsUser>, site: &Site, number: usize) -> Checked {
    let known = &site.users[number];
    let (user, system) = (known.acs_user_id, known.acs_system_id);
    let (_, group) = site.memberships[number];
    places.must_be_in(GetAcsUser::new(user))?;
    places.must_be_in(ListUsersInGroup::new(group))?;
    let every = AcsUserFilter::new;
    let mut filters = vec![
        every(),
        every().in_system(system),
        every().matching(search(&user.to_string())),
        every().created_before(long_ago(0)),
    ];
    if let Some(identity) = site.identities.get(number) {
        let id = identity.user_identity_id;
        places.must_be_in(GetAcsUser::new(AcsUserSelector::of(id, system)))?;
        places.must_be_in(ListUsersOfIdentity::new(id))?;
        let some = |text: &Option<String>| Some(text.as_deref().map(contact));
        let (email, phone) = (some(&identity.email_address), some(&identity.phone_number));
        filters.push(every().of_identity(id));
        filters.push(with(every(), |filter| {
            filter.identity_email_address = email
        }));
        filters.push(with(every(), |filter| filter.identity_phone_number = phone));
    }
    for filter in filters {
        places.must_be_among(users_that(filter))?;
    }
    Ok(())
}

/// Also after it was renamed.
pub(crate) fn an_entrance_reads_the_same_wherever_it_is_shown(bench: &Bench<'_>) -> Checked {
    let site = building();
    let case = Case::open(bench, &site);
    for (number, known) in site.entrances.iter().enumerate() {
        let mut places = Places::of(&case, known.acs_entrance_id);
        must_show_entrance(&mut places, &site, number)?;
        places.must_be_kept(EntranceSeen::from(known))?;

        let update = EntranceUpdate {
            name: Some(title("Renamed")),
        };
        let rename = UpdateEntrance::new(known.acs_entrance_id, update);
        if case.look(rename)?.is_some() {
            places.forget(&["display_name"]);
            must_show_entrance(&mut places, &site, number)?;
        }
    }
    Ok(())
}

fn must_show_entrance(places: &mut Places<'_, Entrance>, site: &Site, number: usize) -> Checked {
    let known = &site.entrances[number];
    let entrance = known.acs_entrance_id;
    let (group, _) = site.group_entrances[number];
    let (user, _) = site.memberships[number];
    places.must_be_in(GetEntrance::new(entrance))?;
    places.must_be_in(ListEntrancesOfGroup::new(group))?;
    places.must_be_in(ListEntrancesOfUser::new(user))?;
    if let Some(identity) = site.identities.get(number) {
        places.must_be_in(ListEntrancesOfIdentity::new(identity.user_identity_id))?;
    }
    let every = EntranceFilter::new;
    let account = known.connected_account_id.parse().ok();
    let space = known.space_ids.first().and_then(|space| space.parse().ok());
    for filter in [
        every(),
        every().in_system(known.acs_system_id),
        every().among([entrance]),
        // What both names have in common.
        every().matching(search("r")),
        with(every(), |filter| filter.connected_account = account),
        with(every(), |filter| filter.space = space),
    ] {
        places.must_be_among(entrances_that(filter))?;
    }
    Ok(())
}

/// Also after it was renamed.
pub(crate) fn a_system_reads_the_same_wherever_it_is_shown(bench: &Bench<'_>) -> Checked {
    let site = building();
    let case = Case::open(bench, &site);
    for (number, known) in site.systems.iter().enumerate() {
        let mut places = Places::of(&case, known.acs_system_id);
        must_show_system(&mut places, &site, number)?;
        places.must_be_kept(SystemSeen::from(known))?;

        let update = AcsSystemUpdate {
            name: Some(title("Renamed")),
            ..AcsSystemUpdate::default()
        };
        let rename = UpdateAcsSystem::new(known.acs_system_id, update);
        if case.look(rename)?.is_some() {
            places.forget(&["name"]);
            must_show_system(&mut places, &site, number)?;
        }
    }
    Ok(())
}

fn must_show_system(places: &mut Places<'_, AcsSystem>, site: &Site, number: usize) -> Checked {
    let known = &site.systems[number];
    let identity = site.identities[number].user_identity_id;
    places.must_be_in(GetAcsSystem::new(known.acs_system_id))?;
    places.must_be_in(ListSystemsOfIdentity::new(identity))?;
    let every = AcsSystemFilter::new;
    let account = known.connected_account_id.parse().ok();
    for filter in [
        every(),
        every().matching(search(&known.acs_system_id.to_string())),
        with(every(), |filter| filter.connected_account = account),
    ] {
        places.must_be_in(ListAcsSystems::new(filter))?;
    }
    Ok(())
}

/// By id, by key and in lists; also after its name was changed.
pub(crate) fn an_identity_reads_the_same_wherever_it_is_shown(bench: &Bench<'_>) -> Checked {
    let site = building();
    let case = Case::open(bench, &site);
    for known in &site.identities {
        let identity = known.user_identity_id;
        let mut places = Places::of(&case, identity);
        must_show_identity(&mut places, known)?;
        places.must_be_kept(IdentitySeen::from(known))?;

        let update = UserIdentityUpdate {
            full_name: Patch::Set(name("Renamed")),
            ..UserIdentityUpdate::default()
        };
        let rename = UpdateUserIdentity::new(identity, update);
        if case.look(rename)?.is_some() {
            places.forget(&["full_name", "display_name"]);
            must_show_identity(&mut places, known)?;
        }
    }
    Ok(())
}

fn must_show_identity(places: &mut Places<'_, UserIdentity>, known: &UserIdentity) -> Checked {
    let identity = known.user_identity_id;
    places.must_be_in(GetUserIdentity::new(identity))?;
    let own_key = known.user_identity_key.as_deref().map(key);
    if let Some(own_key) = own_key {
        places.must_be_in(GetUserIdentity::new(own_key))?;
    }
    let every = UserIdentityFilter::new;
    for filter in [
        every(),
        every().among([identity]),
        every().matching(search(&identity.to_string())),
        with(every(), |filter| filter.created_before = Some(long_ago(0))),
    ] {
        places.must_be_among(identities_that(filter))?;
    }
    Ok(())
}

/// Two systems; in each an identity's user in a group that opens an entrance; and a user, group and
/// entrance of the first system that have nothing but what they must have.
fn building() -> Site {
    let (mut site, [main, west]) = Site::with_two_systems();
    let everything = |user: AcsUser| {
        user.with_display_name("Countess")
            .with_email_address("ada@example.com")
            .with_phone_number("+15550100")
            .with_suspended(true)
            .with_access_schedule(ENDED)
    };
    let users = [
        site.user_with(main, "Ada Lovelace", everything),
        site.user_with(west, "Grace", |user| user.with_access_schedule(WITHOUT_END)),
        site.user(main, "X"),
    ];
    for (user, email) in users.into_iter().zip(["a@example.com", "b@example.com"]) {
        let number = site.identities.len();
        let phone = format!("+1555017{number}");
        site.identity("Somebody", Some(email), Some(&phone), &[user]);
        site.identities[number].user_identity_key = Some(format!("key {number}"));
    }
    let schedules = [Some(WITHOUT_END), Some(ENDED), None];
    for (number, (user, schedule)) in users.into_iter().zip(schedules).enumerate() {
        let system = site.users[number].acs_system_id;
        let group = site.group(system, "Residents' gym, 2nd floor");
        let entrance = site.entrance(system, "Front door, 1st floor");
        site.groups[number].access_schedule = schedule;
        site.members(group, &[user]);
        site.holds(group, &[entrance]);
    }
    let bare = site.clone();
    site.furnish();
    // The last ones stay as they were.
    for (furnished, bare) in site.users.iter_mut().zip(bare.users).skip(2) {
        *furnished = bare;
    }
    for (furnished, bare) in site.groups.iter_mut().zip(bare.groups).skip(2) {
        *furnished = bare;
    }
    site
}

const WITHOUT_END: AccessSchedule =
    AccessSchedule::new(Timestamp::from_unix_seconds(1_000_000_000));

const ENDED: AccessSchedule = WITHOUT_END.with_end(Timestamp::from_unix_seconds(1_000_086_400));

/// A new resource is shown everywhere as in the answer that created it.
pub(crate) fn a_new_resource_reads_as_its_creation_showed_it(bench: &Bench<'_>) -> Checked {
    let (mut site, main) = Site::with_one_system();
    let known = site.identity("Ada", None, None, &[]);
    let gym = site.group(main, "Gym");
    site.furnish();
    let case = Case::open(bench, &site);

    let mut user = NewAcsUser::new(main, name("Mary")).with_email_address(email("m@example.com"));
    (user.identity, user.groups) = (Some(known), vec![gym]);
    if let Some(mut places) = Places::of_new(&case, CreateAcsUser::new(user))? {
        places.must_be_in(GetAcsUser::new(places.id))?;
        places.must_be_in(GetAcsUser::new(AcsUserSelector::of(known, main)))?;
        places.must_be_in(ListUsersInGroup::new(gym))?;
        places.must_be_in(ListUsersOfIdentity::new(known))?;
        places.must_be_among(users_that(AcsUserFilter::new()))?;
    }
    let identity = NewUserIdentity {
        key: Some(key("new")),
        email_address: Some(email("new@example.com")),
        ..NewUserIdentity::default()
    };
    if let Some(mut places) = Places::of_new(&case, CreateUserIdentity::new(identity))? {
        places.must_be_in(GetUserIdentity::new(places.id))?;
        places.must_be_in(GetUserIdentity::new(key("new")))?;
        places.must_be_among(identities_that(UserIdentityFilter::new()))?;
    }
    let system = NewAcsSystem::new(title("Annex"));
    if let Some(mut places) = Places::of_new(&case, CreateAcsSystem::new(system))? {
        places.must_be_in(GetAcsSystem::new(places.id))?;
        places.must_be_in(ListAcsSystems::new(AcsSystemFilter::new()))?;
    }
    let entrance = NewEntrance::new(main, title("Gate"));
    let mut opened = None;
    if let Some(mut places) = Places::of_new(&case, CreateEntrance::new(entrance))? {
        places.must_be_in(GetEntrance::new(places.id))?;
        places.must_be_among(entrances_that(EntranceFilter::new()))?;
        opened = Some(places);
    }
    let mut group = NewAccessGroup::new(main, title("Pool"));
    group
        .entrances
        .extend(opened.iter().map(|places| places.id));
    if let Some(mut places) = Places::of_new(&case, CreateAccessGroup::new(group))? {
        places.must_be_in(GetAccessGroup::new(places.id))?;
        places.must_be_in(ListAccessGroups::new(all()))?;
        if let Some(mut opened) = opened {
            opened.must_be_in(ListEntrancesOfGroup::new(places.id))?;
        }
    }
    Ok(())
}

/// What the places that show a resource have shown of it so far, which must be the same.
struct Places<'c, R: Resource> {
    case: &'c Case<'c>,
    id: R::Id,
    /// The first place, and the fields in it.
    first: Option<(String, Map<String, Value>)>,
    /// What it showed first.
    shown: Option<R>,
    /// Fields that may differ from place to place.
    free: Vec<&'static str>,
}

impl<'c, R: Resource + Clone> Places<'c, R> {
    fn of(case: &'c Case<'c>, id: R::Id) -> Self {
        Self {
            case,
            id,
            first: None,
            shown: None,
            free: CHANGING.into(),
        }
    }

    /// The first place is the reply of the call; `None` if the adapter lacks it.
    fn of_new<C: Call<Reply = R>>(case: &'c Case<'c>, create: C) -> Checked<Option<Self>> {
        let call = call_shown(&create.clone().into());
        let Some(created) = case.look(create)? else {
            return Ok(None);
        };
        let mut places = Self::of(case, created.id());
        // Whatever becomes of it at the provider may show soon after.
        places.free.extend(["errors", "warnings"]);
        places.see(call, &created)?;
        Ok(Some(places))
    }

    /// Lets the next place show other values of these fields.
    fn forget(&mut self, fields: &[&str]) {
        if let Some((_, known)) = &mut self.first {
            known.retain(|field, _| !fields.contains(&field.as_str()));
        }
    }

    fn must_be_in<C: Call>(&mut self, call: C) -> Checked
    where
        C::Reply: Shows<R>,
    {
        match self.case.look(call.clone())? {
            Some(reply) => self.must_be_one_of(&call.into(), reply.rows()),
            None => Ok(()),
        }
    }

    /// As above, on any page of the list.
    fn must_be_among<L: InPages<Row = R>>(&mut self, list: L) -> Checked {
        match self.case.rows(&list)? {
            Some(rows) => self.must_be_one_of(&list.into(), rows),
            None => Ok(()),
        }
    }

    fn must_be_one_of(&mut self, call: &Operation, rows: Vec<R>) -> Checked {
        let call = call_shown(call);
        let shown: Vec<_> = rows.iter().filter(|row| row.id() == self.id).collect();
        let why = format!("{call} does not show {:?}", self.id);
        self.case.must(!shown.is_empty(), &why)?;
        let mut shown = shown.into_iter();
        shown.try_for_each(|row| self.see(call.clone(), row))
    }

    fn see(&mut self, call: String, row: &R) -> Checked {
        let seen = fields_of(row, &self.free);
        let Some((place, known)) = &mut self.first else {
            (self.first, self.shown) = (Some((call, seen)), Some(row.clone()));
            return Ok(());
        };
        for (field, value) in &seen {
            // One that was forgotten is learnt again.
            let before = known.entry(field.clone()).or_insert_with(|| value.clone());
            if before != value {
                let why = format!("{call} shows {field} as {value},\n  and {place} as {before}");
                return Err(self.case.broken(why));
            }
        }
        if let Some(field) = known.keys().find(|field| !seen.contains_key(*field)) {
            let value = &known[field];
            let why = format!("{call} shows no {field},\n  and {place} shows {value}");
            return Err(self.case.broken(why));
        }
        Ok(())
    }

    /// What was shown is what the site has, in the fields that must be kept.
    fn must_be_kept<S: PartialEq + Debug + for<'r> From<&'r R>>(&self, expected: S) -> Checked {
        let Some(shown) = self.shown.as_ref().map(S::from) else {
            return Ok(());
        };
        let why = format!("what the site has must be kept: {shown:?}, not\n  {expected:?}");
        self.case.must(shown == expected, &why)
    }
}

/// Fields that change without a call.
const CHANGING: [&str; 3] = ["pending_mutations", "last_successful_sync_at", "is_locked"];

/// The fields of a resource but for these; lists in one order.
fn fields_of(resource: &impl Resource, free: &[&str]) -> Map<String, Value> {
    let Value::Object(mut fields) = resource.json() else {
        return Map::new();
    };
    fields.retain(|field, _| !free.contains(&field.as_str()));
    for value in fields.values_mut() {
        if let Value::Array(items) = value {
            items.sort_by_cached_key(Value::to_string);
        }
    }
    fields
}

/// The reply of a call that shows resources of one kind.
trait Shows<R> {
    fn rows(self) -> Vec<R>;
}

impl<R: Resource> Shows<R> for R {
    fn rows(self) -> Vec<R> {
        vec![self]
    }
}

impl<R: Resource> Shows<R> for Vec<R> {
    fn rows(self) -> Self {
        self
    }
}
