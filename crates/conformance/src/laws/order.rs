//! The order of lists in pages, and the cursors that lead through them.

use std::num::NonZeroU32;

use super::*;

/// Neither in the order of insertion nor of ids; some differ by a millisecond, some by nothing.
const AGES: [&str; 7] = [
    "1971-01-01T00:00:05.002Z",
    "1971-01-01T00:00:05.001Z",
    "1971-01-01T00:00:09Z",
    "1970-01-01T00:00:00Z",
    "1971-01-01T00:00:05.001Z",
    "1999-12-31T23:59:59Z",
    "1971-01-01T00:00:05Z",
];

/// With each condition, with two and without, with limits and without.
pub(crate) fn a_list_in_pages_comes_oldest_first(bench: &Bench<'_>) -> Checked {
    let site = of_all_ages();
    let case = Case::open(bench, &site);
    user_filters(&site)
        .into_iter()
        .try_for_each(|filter| must_be_sorted(&case, &users_that(filter)))?;
    entrance_filters(&site)
        .into_iter()
        .try_for_each(|filter| must_be_sorted(&case, &entrances_that(filter)))?;
    identity_filters(&site)
        .into_iter()
        .try_for_each(|filter| must_be_sorted(&case, &identities_that(filter)))
}

fn must_be_sorted<L: InPages>(case: &Case<'_>, list: &L) -> Checked {
    for limit in [None, NonZeroU32::new(2), NonZeroU32::new(3)] {
        if let Some(pages) = case.pages(Through::Port, list, limit)? {
            must_be_oldest_first::<L>(case, &list.clone().into(), &pages.concat())?;
        }
    }
    Ok(())
}

/// If the answer is one of a list in pages, the rows come oldest first. Any other answer passes.
pub(crate) fn must_come_oldest_first(
    case: &Case<'_>,
    call: &Operation,
    answer: &Result<Reply, Error>,
) -> Checked {
    match answer.as_ref().map(Reply::content) {
        Ok(Content::AcsUserPage(page)) => {
            must_be_oldest_first::<ListAcsUsers>(case, call, &page.items)
        }
        Ok(Content::EntrancePage(page)) => {
            must_be_oldest_first::<ListEntrances>(case, call, &page.items)
        }
        Ok(Content::UserIdentityPage(page)) => {
            must_be_oldest_first::<ListUserIdentities>(case, call, &page.items)
        }
        _ => Ok(()),
    }
}

fn must_be_oldest_first<L: InPages>(case: &Case<'_>, call: &Operation, rows: &[L::Row]) -> Checked {
    let disorder = rows
        .windows(2)
        .find(|pair| L::age(&pair[0]) > L::age(&pair[1]));
    let Some([first, second]) = disorder else {
        return Ok(());
    };
    let (younger, older) = (L::age(first), L::age(second));
    Err(case.broken(format!(
        "{} must come oldest first, but lists {:?} of {younger}\n  before {:?} of {older}",
        call_shown(call),
        first.id(),
        second.id(),
    )))
}

/// Users, entrances and identities of all ages in one system; the last identity has users in two.
fn of_all_ages() -> Site {
    let (mut site, [main, west]) = Site::with_two_systems();
    let ages = AGES.map(|text| text.parse::<Timestamp>().expect("an instant"));
    for age in ages {
        site.user_with(main, "Twin", |user| user.with_created_at(age));
        site.entrance(main, "Twin");
    }
    let oldest = |user: AcsUser| user.with_created_at(Timestamp::UNIX_EPOCH);
    let (here, there) = (
        site.users[0].acs_user_id,
        site.user_with(west, "Twin", oldest),
    );
    for _ in ages {
        site.identity("Twin", None, None, &[]);
    }
    site.identity("Other", Some(EMAIL), Some(PHONE), &[here, there]);
    for (number, age) in ages.into_iter().enumerate() {
        site.entrances[number].created_at = age;
        site.identities[number].created_at = age;
    }
    for entrance in &mut site.entrances {
        entrance.connected_account_id = ACCOUNT.to_string();
        entrance.space_ids = vec![SPACE.to_string()];
    }
    site
}

const ACCOUNT: ConnectedAccountId = ConnectedAccountId::from_u128(0xacc);
const SPACE: SpaceId = SpaceId::from_u128(0x59ace);

/// Each finds several of the site.
fn user_filters(site: &Site) -> [AcsUserFilter; 8] {
    let every = AcsUserFilter::new;
    let here = every().in_system(site.systems[0].acs_system_id);
    let owner = site.identities[AGES.len()].user_identity_id;
    let (email, phone) = (Some(Some(contact(EMAIL))), Some(Some(contact(PHONE))));
    [
        every(),
        here.clone(),
        every().of_identity(owner),
        with(every(), |filter| filter.identity_email_address = email),
        with(every(), |filter| filter.identity_phone_number = phone),
        every().matching(search("twin")),
        every().created_before(long_ago(0)),
        here.matching(search("twin")),
    ]
}

fn entrance_filters(site: &Site) -> [EntranceFilter; 7] {
    let every = EntranceFilter::new;
    let here = every().in_system(site.systems[0].acs_system_id);
    [
        every(),
        here.clone(),
        every().among(ids(&site.entrances)),
        with(every(), |filter| filter.connected_account = Some(ACCOUNT)),
        with(every(), |filter| filter.space = Some(SPACE)),
        every().matching(search("twin")),
        here.matching(search("twin")),
    ]
}

fn identity_filters(site: &Site) -> [UserIdentityFilter; 4] {
    let every = UserIdentityFilter::new;
    [
        every(),
        every().among(ids(&site.identities)),
        every().matching(search("twin")),
        with(every(), |filter| filter.created_before = Some(long_ago(0))),
    ]
}

/// After the list was read to its end, in any order, and through a clone.
pub(crate) fn a_cursor_may_be_used_twice(bench: &Bench<'_>) -> Checked {
    let site = of_all_ages();
    let case = Case::open(bench, &site);
    must_keep_its_cursors(&case, &users_that(AcsUserFilter::new()))?;
    must_keep_its_cursors(&case, &entrances_that(EntranceFilter::new()))?;
    must_keep_its_cursors(&case, &identities_that(UserIdentityFilter::new()))
}

fn must_keep_its_cursors<L: InPages>(case: &Case<'_>, list: &L) -> Checked {
    let mut walk = PageWalk::new().with_limit(NonZeroU32::MIN.saturating_add(1));
    let mut pages = Vec::new();
    while let Some(request) = walk.request() {
        let list = list.on(request);
        let Some(page) = case.look(list.clone())? else {
            return Ok(());
        };
        let ended = |error| case.broken(format!("{}: {error}", call_shown(&list.clone().into())));
        walk.advance(&page).map_err(ended)?;
        pages.push((list, page));
    }
    // From the last page to the first: a cursor must not depend on the call before.
    for through in [Through::Port, Through::Clone] {
        for (list, first) in pages.iter().rev() {
            let again = case.call_through(through, list.clone())?;
            let rows = |page: &Page<L::Row>| ids(&page.items).collect::<Vec<_>>();
            let is_same =
                rows(first) == rows(&again) && first.next.is_some() == again.next.is_some();
            let why = format!(
                "{} showed {:?} at first, and {:?} when asked again",
                call_shown(&list.clone().into()),
                rows(first),
                rows(&again),
            );
            case.must(is_same, &why)?;
        }
    }
    Ok(())
}
