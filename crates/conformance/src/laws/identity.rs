//! Identities in groups.

use super::*;

pub(super) const EMAIL: &str = "ada@example.com";
pub(super) const PHONE: &str = "+1 555 0100";

/// Also where another user matches the identity better than its own does.
pub(crate) fn an_identity_joins_as_its_user_of_the_group_s_system(bench: &Bench<'_>) -> Checked {
    let (mut site, [main, west]) = Site::with_two_systems();
    // Older, and with the address of the identity, but not linked to it.
    site.user_with(main, "Not Ada", with_email);
    let here = site.user(main, "Ada");
    let there = site.user(west, "Ada");
    let ada = site.identity("Ada", Some(EMAIL), Some(PHONE), &[here, there]);
    let (gym, pool) = (site.group(main, "Gym"), site.group(west, "Pool"));
    let case = Case::open(bench, &site);

    case.add(ada, gym)?;
    case.must_have(gym, &[here])?;
    case.must_have(pool, &[])?;
    case.add(ada, pool)?;
    case.must_have(pool, &[there])
}

pub(crate) fn an_identity_leaves_as_its_user_of_the_group_s_system(bench: &Bench<'_>) -> Checked {
    let (mut site, [main, west]) = Site::with_two_systems();
    let lookalike = site.user_with(main, "Not Ada", with_email);
    let (here, there) = (site.user(main, "Ada"), site.user(west, "Ada"));
    let ada = site.identity("Ada", Some(EMAIL), None, &[here, there]);
    let (gym, pool) = (site.group(main, "Gym"), site.group(west, "Pool"));
    site.members(gym, &[lookalike, here]);
    site.members(pool, &[there]);
    let case = Case::open(bench, &site);

    case.remove(ada, gym)?;
    case.must_have(gym, &[lookalike])?;
    case.must_have(pool, &[there])?;
    case.remove(ada, pool)?;
    case.must_have(pool, &[])
}

/// By e-mail address before phone number, the oldest among equals, within the system; in any case
/// of the letters of the address.
pub(crate) fn an_identity_without_a_user_is_linked_by_e_mail_address_or_phone_number(
    bench: &Bench<'_>,
) -> Checked {
    use Lookalike::{Elsewhere, Emailed, InCapitals, Phoned, Younger};
    for (there, expected) in [
        (&[Elsewhere, Phoned][..], Phoned),
        (&[Elsewhere, Emailed], Emailed),
        (&[Phoned, Emailed], Emailed),
        (&[Younger, Emailed], Emailed),
        (&[Younger, Emailed, Phoned, Elsewhere], Emailed),
        (&[Phoned, InCapitals], InCapitals),
        (&[Emailed, InCapitals], InCapitals),
    ] {
        let (mut site, systems) = Site::with_two_systems();
        let gym = site.group(systems[0], "Gym");
        let placed = there
            .iter()
            .map(|place| (place, place.add_to(&mut site, systems)));
        let placed: Vec<_> = placed.collect();
        let ada = site.identity("Ada", Some(EMAIL), Some(PHONE), &[]);
        let case = Case::open(bench, &site);

        let found = placed.iter().find(|(place, _)| **place == expected);
        let user = found.map_or(NO_USER, |(_, user)| *user);
        case.add(ada, gym)?;
        case.must_have(gym, &[user])?;
        must_be_linked(&case, user, ada)?;
    }
    nobody_matches_what_is_empty(bench)
}

/// Neither an empty address nor an empty number.
fn nobody_matches_what_is_empty(bench: &Bench<'_>) -> Checked {
    for (email, phone) in [(Some(""), None), (None, Some(""))] {
        let (mut site, main) = Site::with_one_system();
        let stranger = site.user_with(main, "Somebody else", |mut user| {
            user.email_address = email.map(str::to_owned);
            user.phone_number = phone.map(str::to_owned);
            user
        });
        let ada = site.identity("Ada", email, phone, &[]);
        let gym = site.group(main, "Gym");
        let case = Case::open(bench, &site);

        // Another law checks that it gets a user of its own.
        if case.ask(Through::Port, &add(ada, gym))?.is_none() {
            return Err(Stop::Absent);
        }
        let joined = case.members(gym)?.contains(&stranger);
        let why = "an empty e-mail address or phone number matches nobody";
        case.must(!joined, why)?;
    }
    Ok(())
}

/// Users that may match the identity, the oldest first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lookalike {
    Elsewhere,
    Phoned,
    InCapitals,
    Emailed,
    Younger,
}

impl Lookalike {
    fn add_to(self, site: &mut Site, [main, west]: [AcsSystemId; 2]) -> AcsUserId {
        let (system, name) = match self {
            Self::Elsewhere => (west, "Of another system"),
            Self::Phoned => (main, "By phone"),
            Self::InCapitals => (main, "By e-mail in capitals"),
            Self::Emailed => (main, "By e-mail"),
            Self::Younger => (main, "By e-mail, but younger"),
        };
        // In the order of the variants, whatever the order of insertion.
        let age = Timestamp::from_unix_seconds(self as u32);
        site.user_with(system, name, |base| {
            let user = base.with_created_at(age);
            match self {
                Self::Phoned => with_phone(user),
                Self::InCapitals => user.with_email_address("Ada@Example.COM"),
                Self::Elsewhere | Self::Emailed | Self::Younger => with_email(user),
            }
        })
    }
}

/// Adding an identity passes over a user of another one, who stays linked to it.
pub(crate) fn a_linked_user_is_never_linked_to_another_identity(bench: &Bench<'_>) -> Checked {
    let (mut site, main) = Site::with_one_system();
    let taken = site.user_with(main, "Ada", |user| with_phone(with_email(user)));
    // The next best match, which is free.
    let free = site.user_with(main, "Ada as well", with_phone);
    let owner = site.identity("Owner", None, None, &[taken]);
    let ada = site.identity("Ada", Some(EMAIL), Some(PHONE), &[]);
    let gym = site.group(main, "Gym");
    let case = Case::open(bench, &site);

    case.add(ada, gym)?;
    let members = case.members(gym)?;
    let passed_over = !members.contains(&taken);
    case.must(passed_over, "the user of another identity became a member")?;
    must_be_linked(&case, taken, owner)?;
    case.add(owner, gym)?;
    case.must_have(gym, &[taken, free])
}

pub(crate) fn an_identity_that_matches_nobody_gets_a_user(bench: &Bench<'_>) -> Checked {
    let (mut site, [main, west]) = Site::with_two_systems();
    let grace = site.user_with(main, "Grace", |user| {
        user.with_email_address("grace@example.com")
    });
    let there = site.user(west, "Ada");
    let ada = site.identity("Ada", Some(EMAIL), None, &[there]);
    let unreachable = site.identity("Nobody Knows", None, None, &[]);
    let (gym, pool) = (site.group(main, "Gym"), site.group(main, "Pool"));
    let case = Case::open(bench, &site);

    case.add(ada, gym)?;
    let members = case.call(ListUsersInGroup::new(gym))?;
    let mut members: Vec<_> = members.iter().map(UserSeen::from).collect();
    // Repeats are the business of another law.
    members.dedup();
    let [new] = &members[..] else {
        let why = format!("one new user must be the only member, not {members:?}");
        return Err(case.broken(why));
    };
    let is_new = ![grace, there].contains(&new.id);
    case.must(is_new, "the member must be a new user")?;
    let (is_here, is_linked) = (new.system == main, new.identity == Some(ada));
    case.must(is_here, "the new user must be of the group's system")?;
    case.must(is_linked, "the new user must be linked to the identity")?;

    // The second time it has a user, and gets no other one.
    case.add(ada, pool)?;
    case.must_have(pool, &[new.id])?;
    // Neither address nor number: it must not match the others without any.
    case.add(unreachable, pool)?;
    let has_own = case.members(pool)?.len() == 2;
    case.must(has_own, "each identity must get a user of its own")
}

/// Nothing that can be read changes, and adding the identity afterwards has the same outcome as
/// on a port where nobody was removed.
pub(crate) fn removing_an_identity_neither_creates_nor_links(bench: &Bench<'_>) -> Checked {
    let (mut site, [main, west]) = Site::with_two_systems();
    let lookalike = site.user_with(main, "Ada", with_email);
    let there = site.user(west, "Ada");
    let ada = site.identity("Ada", Some(EMAIL), None, &[there]);
    let nobody = site.identity("Nobody", None, None, &[]);
    let (gym, pool) = (site.group(main, "Gym"), site.group(west, "Pool"));
    let roof = site.group(main, "Roof");
    site.members(gym, &[lookalike]);
    site.members(pool, &[there]);
    let (case, untouched) = (Case::open(bench, &site), Case::open(bench, &site));

    let before = case.visible();
    case.remove(ada, gym)?;
    case.must_show(&before)?;
    case.remove(nobody, gym)?;
    case.must_show(&before)?;

    // A hidden link would show here.
    let finds_lookalike = |case: &Case<'_>| {
        case.add(ada, roof)?;
        Ok(case.members(roof)?.contains(&lookalike))
    };
    let same = finds_lookalike(&case)? == finds_lookalike(&untouched)?;
    let why = "after the removal, the identity joins as another user";
    case.must(same, why)
}

/// The user is linked to the identity, if the adapter shows users.
fn must_be_linked(case: &Case<'_>, user: AcsUserId, identity: UserIdentityId) -> Checked {
    if let Some(shown) = case.look(GetAcsUser::new(user))? {
        let now = UserSeen::from(&shown).identity;
        let why = format!("{user} must be linked to {identity}, not to {now:?}");
        return case.must(now == Some(identity), &why);
    }
    Ok(())
}

pub(super) fn with_email(user: AcsUser) -> AcsUser {
    user.with_email_address(EMAIL)
}

pub(super) fn with_phone(user: AcsUser) -> AcsUser {
    user.with_phone_number(PHONE)
}
