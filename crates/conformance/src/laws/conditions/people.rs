//! Conditions on users and identities.

use super::*;

type OfUsers = Condition<ListAcsUsers>;
type OfIdentities = Condition<ListUserIdentities>;

const LINKED: usize = 8;
const UNLINKED: usize = 2;
const IDENTITIES: usize = 24;

/// Users linked to each of the first identities, one in each system, and others without one.
pub(super) fn build(site: &mut Site) {
    let systems: Vec<_> = ids(&site.systems).collect();
    for person in 0..LINKED + UNLINKED {
        for (place, system) in systems.iter().enumerate() {
            let number = site.users.len();
            let name = pick(
                place + usize::from(person % 4 != 0),
                ["Ada Lovelace", "Grace Hopper"],
            );
            let domain = pick((place >> 1) ^ person, ["North", "south"]);
            let phone = pick((place >> 1) ^ place ^ (person >> 1), ["555", "777"]);
            site.user_with(*system, name, |user| {
                user.with_email_address(format!("user{number}@{domain}.example"))
                    .with_phone_number(format!("+1 {phone} 01{number:02}"))
                    .with_created_at(shuffled(number))
            });
        }
    }
    for person in 0..IDENTITIES {
        let known = if person < LINKED { systems.len() } else { 0 };
        let users = site.users.iter().skip(person * systems.len()).take(known);
        let users: Vec<_> = users.map(Resource::id).collect();
        let [email, phone] = contact_of(person);
        let name = pick(person, ["The Countess", "The Admiral"]);
        site.identity(name, email.as_deref(), phone.as_deref(), &users);
        site.identities[person].created_at = shuffled(person);
    }
}

/// Both, one of them, or neither; of the first four, one is of each kind.
fn contact_of(person: usize) -> [Option<String>; 2] {
    let domain = pick(person >> 2, ["Crown", "court"]);
    let phone = pick(person >> 1, ["333", "444"]);
    let email = format!("identity{person}@{domain}.example");
    let phone = format!("+44 {phone} 01{person:02}");
    [
        (person % 4 < 2).then_some(email),
        person.is_multiple_of(2).then_some(phone),
    ]
}

pub(super) fn of_users(site: &Site) -> Vec<OfUsers> {
    let [main, west] = [0, 1].map(|number| site.systems[number].acs_system_id);
    let [both, phone_only, neither, others] =
        [0, 2, 3, 4].map(|number| site.identities[number].user_identity_id);
    let [email, phone] = contact_of(0).map(Option::unwrap_or_default);
    let own = &site.users[0];
    let own = [&own.email_address, &own.phone_number].map(|own| own.clone().unwrap_or_default());
    let end_of_ids = "a0000000-0000-4000-8000-00000000001".to_uppercase();
    vec![
        user_system(west),
        user_system(main),
        user_system(NO_SYSTEM),
        user_identity(neither),
        user_identity(both),
        user_identity(phone_only),
        user_identity(others),
        user_identity(NO_IDENTITY),
        identity_email(None),
        identity_email(Some(email)),
        identity_email(contact_of(4)[0].clone()),
        identity_email(Some(own[0].clone())),
        identity_phone(None),
        identity_phone(Some(phone)),
        identity_phone(contact_of(2)[1].clone()),
        identity_phone(contact_of(4)[1].clone()),
        identity_phone(Some(own[1].clone())),
        user_search("LOVE"),
        user_search("@north"),
        user_search("555 01"),
        user_search(&end_of_ids),
        user_search("countess").of_identities(),
        user_search("44 333").of_identities(),
        user_search(&neither.to_string()).of_identities(),
        // The e-mail address of an identity is not searched.
        user_search("@crown"),
        user_search("%"),
        user_before(at(20)),
        user_before(at(33)),
        user_before(at(0)),
        user_before(far_off(0)),
    ]
}

fn user_system(system: AcsSystemId) -> OfUsers {
    let set = move |filter: &mut AcsUserFilter| filter.system = Some(system);
    OfUsers::new("system", set, move |_, user| user.acs_system_id == system)
}

fn user_identity(identity: UserIdentityId) -> OfUsers {
    let set = move |filter: &mut AcsUserFilter| filter.identity = Some(identity);
    let identity = Some(identity.to_string());
    OfUsers::new("identity", set, move |_, user| {
        user.user_identity_id == identity
    })
}

/// An address in any case, or `None` for users whose identity has none.
fn identity_email(address: Option<String>) -> OfUsers {
    let asked = address
        .as_deref()
        .map(|address| contact(&address.to_uppercase()));
    OfUsers::new(
        "identity_email_address",
        move |filter| filter.identity_email_address = Some(asked.clone()),
        move |_, user| user.user_identity_email_address.as_ref() == Some(&address),
    )
}

fn identity_phone(number: Option<String>) -> OfUsers {
    let asked = number.as_deref().map(contact);
    OfUsers::new(
        "identity_phone_number",
        move |filter| filter.identity_phone_number = Some(asked.clone()),
        move |_, user| user.user_identity_phone_number.as_ref() == Some(&number),
    )
}

fn user_search(text: &str) -> OfUsers {
    let asked = search(text);
    let set = move |filter: &mut AcsUserFilter| filter.search = Some(asked.clone());
    let text = text.to_lowercase();
    OfUsers::new("search", set, move |_, user| {
        let identity = |field: &Option<Option<String>>| field.clone().flatten();
        holds(
            &text,
            [
                user.full_name.clone(),
                user.email_address.clone(),
                user.phone_number.clone(),
                Some(user.acs_user_id.to_string()),
                user.user_identity_id.clone(),
                identity(&user.user_identity_full_name),
                identity(&user.user_identity_phone_number),
            ],
        )
    })
}

fn user_before(instant: Timestamp) -> OfUsers {
    let set = move |filter: &mut AcsUserFilter| filter.created_before = Some(instant);
    OfUsers::new("created_before", set, move |_, user| {
        user.created_at < instant
    })
}

pub(super) fn of_identities(site: &Site) -> Vec<OfIdentities> {
    let some: Vec<_> = ids(&site.identities).skip(1).step_by(3).collect();
    let few = vec![some[1], NO_IDENTITY, some[0], some[1]];
    vec![
        identities_among(some),
        identities_among(few),
        identities_among(vec![NO_IDENTITY]),
        // None named is none listed; not naming any lists all.
        identities_among(Vec::new()),
        // No site has managers: an adapter that ignores the condition lists everything.
        OfIdentities::new(
            "credential_manager",
            |filter| filter.credential_manager = Some(NO_SYSTEM),
            |_, _| false,
        ),
        identity_search("COUNTESS"),
        identity_search("@crown"),
        identity_search("44 333"),
        identity_search("1D000000-0000-4000-8000-00000000001"),
        identity_search("%"),
        identity_before(at(20)),
        identity_before(at(33)),
        identity_before(at(0)),
        identity_before(far_off(0)),
    ]
}

fn identities_among(among: Vec<UserIdentityId>) -> OfIdentities {
    let asked = among.clone();
    OfIdentities::new(
        "identities",
        move |filter| filter.identities = Some(asked.clone()),
        move |_, identity| among.contains(&identity.user_identity_id),
    )
}

fn identity_search(text: &str) -> OfIdentities {
    let asked = search(text);
    let set = move |filter: &mut UserIdentityFilter| filter.search = Some(asked.clone());
    let text = text.to_lowercase();
    OfIdentities::new("search", set, move |_, identity| {
        holds(
            &text,
            [
                identity.full_name.clone(),
                identity.email_address.clone(),
                identity.phone_number.clone(),
                Some(identity.user_identity_id.to_string()),
            ],
        )
    })
}

fn identity_before(instant: Timestamp) -> OfIdentities {
    let set = move |filter: &mut UserIdentityFilter| filter.created_before = Some(instant);
    OfIdentities::new("created_before", set, move |_, identity| {
        identity.created_at < instant
    })
}
