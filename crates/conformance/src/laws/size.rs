//! Long lists, large limits, and everything in bulk.

mod all;
mod bulk;
mod look;
mod tower;

use std::num::NonZeroU32;

use super::*;
use look::*;
use tower::*;

pub(crate) use all::*;
pub(crate) use bulk::*;

/// Every list, under each kind of condition, with more rows than a page or a batch holds.
pub(crate) fn a_listing_is_complete_however_long(bench: &Bench<'_>) -> Checked {
    let tower = Tower::of(MANY);
    let case = Case::open(bench, &tower.site);
    must_list_every_group(&case, &tower)?;
    must_list_what_they_have(&case, &tower)?;
    must_list_every_user(&case, &tower)?;
    must_list_every_entrance(&case, &tower)?;
    must_list_every_identity(&case, &tower)
}

fn must_list_every_group(case: &Case<'_>, tower: &Tower) -> Checked {
    let Tower { rooms, lodges, .. } = tower;
    let everywhere = [&rooms[..], lodges].concat();
    let (rooms_only, inspected) = (search("room"), all().of_identity(tower.inspector));
    let of_caretaker = all().of_user(tower.caretaker);
    for (filter, expected) in [
        (all(), &ids(&tower.site.groups).collect::<Vec<_>>()),
        (
            all().in_system(tower.main),
            &[&rooms[..], &[tower.hall]].concat(),
        ),
        (all().matching(rooms_only.clone()), rooms),
        (of_caretaker.clone(), rooms),
        (of_caretaker.matching(rooms_only.clone()), rooms),
        (inspected.clone(), &everywhere),
        (inspected.clone().in_system(tower.main), rooms),
        (inspected.matching(rooms_only), rooms),
    ] {
        must_list_each_once(case, ListAccessGroups::new(filter), expected)?;
    }
    let wings = with(AcsSystemFilter::new(), |filter| {
        filter.connected_account = Some(WINGS_ACCOUNT);
    });
    for (filter, expected) in [
        (AcsSystemFilter::new(), &tower.systems()),
        (
            AcsSystemFilter::new().matching(search("wing")),
            &tower.wings,
        ),
        (wings, &tower.wings),
    ] {
        must_list_each_once(case, ListAcsSystems::new(filter), expected)?;
    }
    Ok(())
}

/// The lists of a group, of a user and of an identity.
fn must_list_what_they_have(case: &Case<'_>, tower: &Tower) -> Checked {
    let Tower { doors, gates, .. } = tower;
    must_list_each_once(case, ListUsersInGroup::new(tower.hall), &tower.crowd)?;
    must_list_each_once(case, ListEntrancesOfGroup::new(tower.hall), doors)?;
    must_list_each_once(case, ListEntrancesOfUser::new(tower.crowd[0]), doors)?;
    let of_caretaker = tower.of_caretaker();
    must_list_each_once(
        case,
        ListEntrancesOfUser::new(tower.caretaker),
        &of_caretaker,
    )?;
    let inspector = tower.inspector;
    let everything = [&of_caretaker[..], gates].concat();
    must_list_each_once(case, ListEntrancesOfIdentity::new(inspector), &everything)?;
    must_list_each_once(
        case,
        ListUsersOfIdentity::new(inspector),
        &tower.of_inspector(),
    )?;
    must_list_each_once(
        case,
        ListSystemsOfIdentity::new(inspector),
        &tower.systems(),
    )
}

fn must_list_every_user(case: &Case<'_>, tower: &Tower) -> Checked {
    let users = AcsUserFilter::new;
    let of_inspector = tower.of_inspector();
    let by_email = with(users(), |filter| {
        filter.identity_email_address = Some(Some(contact(INSPECTOR_EMAIL)));
    });
    let by_phone = with(users(), |filter| {
        filter.identity_phone_number = Some(Some(contact(INSPECTOR_PHONE)));
    });
    let everybody: Vec<_> = ids(&tower.site.users).collect();
    let (_, older) = everybody.split_last().expect("there are many");
    // Each was created one second after the one before.
    let before = at(older.len() as u32);
    for (filter, expected) in [
        (users(), &everybody[..]),
        (
            users().in_system(tower.main),
            &[&tower.crowd[..], &[tower.caretaker]].concat(),
        ),
        (users().matching(search("GUEST")), &tower.crowd),
        (users().of_identity(tower.inspector), &of_inspector),
        (by_email, &of_inspector),
        (by_phone, &of_inspector),
        (users().created_before(before), older),
    ] {
        must_page_each_once(case, &users_that(filter), expected)?;
    }
    Ok(())
}

fn must_list_every_entrance(case: &Case<'_>, tower: &Tower) -> Checked {
    let Tower { doors, gates, .. } = tower;
    let entrances = EntranceFilter::new;
    let of_account = with(entrances(), |filter| {
        filter.connected_account = Some(MAIN_ACCOUNT);
    });
    let in_space = with(entrances(), |filter| filter.space = Some(GROUND_FLOOR));
    let of_main = tower.of_caretaker();
    let everything = [&of_main[..], gates].concat();
    // Neither in the order of the list nor all of one system.
    let named: Vec<_> = everything.iter().rev().copied().collect();
    // The last id counts, too, so the one that does not exist comes first.
    for named in named.chunks(MAX_IDS - 1) {
        let filter = entrances().among([&[NO_ENTRANCE], named].concat());
        must_page_each_once(case, &entrances_that(filter.clone()), named)?;
        let of_both = named.iter().filter(|entrance| of_main.contains(entrance));
        let of_both: Vec<_> = of_both.copied().collect();
        let filter = filter.in_system(tower.main);
        must_page_each_once(case, &entrances_that(filter), &of_both)?;
    }
    for (filter, expected) in [
        (entrances(), &everything),
        (entrances().in_system(tower.main), &of_main),
        (of_account, doors),
        (in_space, doors),
        (entrances().matching(search("gate")), gates),
    ] {
        must_page_each_once(case, &entrances_that(filter), expected)?;
    }
    Ok(())
}

fn must_list_every_identity(case: &Case<'_>, tower: &Tower) -> Checked {
    let identities = UserIdentityFilter::new;
    let everybody: Vec<_> = ids(&tower.site.identities).collect();
    let people = &tower.people[..];
    let named: Vec<_> = people.iter().rev().copied().collect();
    for named in named.chunks(MAX_IDS - 1) {
        let filter = identities().among([&[NO_IDENTITY], named].concat());
        must_page_each_once(case, &identities_that(filter), named)?;
    }
    let (_, older) = everybody.split_last().expect("there are many");
    let before = with(identities(), |filter| {
        filter.created_before = Some(at(older.len() as u32));
    });
    for (filter, expected) in [
        (identities(), &everybody[..]),
        (identities().matching(search("person")), people),
        (before, older),
    ] {
        must_page_each_once(case, &identities_that(filter), expected)?;
    }
    Ok(())
}

/// Whatever the limit, and with none; the rest is on later pages.
pub(crate) fn a_page_has_1_000_rows_at_most(bench: &Bench<'_>) -> Checked {
    let (mut site, main) = Site::with_one_system();
    let most = PageRequest::MAX_LIMIT.get() as usize;
    let users = site.users(main, most + 1);
    let entrances = site.entrances(main, most + 1);
    let identities: Vec<_> = (0..=most)
        .map(|number| site.identity(&format!("Person {number}"), None, None, &[]))
        .collect();
    let case = Case::open(bench, &site);
    for limit in LIMITS.map(NonZeroU32::new) {
        must_page_with(&case, &users_that(AcsUserFilter::new()), limit, &users)?;
        let all_entrances = entrances_that(EntranceFilter::new());
        must_page_with(&case, &all_entrances, limit, &entrances)?;
        let all_identities = identities_that(UserIdentityFilter::new());
        must_page_with(&case, &all_identities, limit, &identities)?;
    }
    Ok(())
}

/// Zero stands for no limit. The others lie around the most rows of a page and around the largest
/// integers of a column or a variable, with and without a sign: cut to one of those, a limit becomes
/// nothing or less, and one more than it may be less.
const LIMITS: [u32; 16] = [
    0,
    127,
    128,
    255,
    256,
    257,
    999,
    1_000,
    1_001,
    0x7fff,
    0x8000,
    0xffff,
    0x1_0000,
    0x7fff_ffff,
    0x8000_0000,
    u32::MAX,
];
