//! How far instants, texts and pages go.

use std::num::NonZeroU32;

use super::*;

/// Of the first and the last year, with all digits and with none; of the site, of a new user and of
/// an update.
pub(crate) fn an_instant_keeps_its_milliseconds(bench: &Bench<'_>) -> Checked {
    let (mut site, main) = Site::with_one_system();
    let ada = site.user(main, "Ada");
    let group = site.group(main, "Gym");
    for (start, end) in schedules() {
        let schedule = AccessSchedule::new(start).with_end(end);
        site.users[0].access_schedule = Some(schedule);
        site.groups[0].access_schedule = Some(schedule);
        let case = Case::open(bench, &site);
        if let Some(user) = case.look(GetAcsUser::new(ada))? {
            must_be_cut(&case, "a user", user.access_schedule, schedule)?;
        }
        for user in page_of(&case, users_that(AcsUserFilter::new()))? {
            must_be_cut(&case, "a listed user", user.access_schedule, schedule)?;
        }
        if let Some(group) = case.look(GetAccessGroup::new(group))? {
            must_be_cut(&case, "a group", group.access_schedule, schedule)?;
        }

        let asked = NewSchedule {
            starts_at: Some(start),
            ends_at: Some(end),
        };
        let new = NewAcsUser::new(main, name("Mary")).with_access_schedule(asked);
        if let Some(user) = case.look(CreateAcsUser::new(new))? {
            must_be_cut(&case, "a new user", user.access_schedule, schedule)?;
        }
        let update = AcsUserUpdate {
            access_schedule: Patch::Set(ClosedSchedule {
                starts_at: start,
                ends_at: end,
            }),
            ..AcsUserUpdate::default()
        };
        if case.look(UpdateAcsUser::new(ada, update))?.is_some()
            && let Some(user) = case.look(GetAcsUser::new(ada))?
        {
            must_be_cut(&case, "an updated user", user.access_schedule, schedule)?;
        }
    }
    Ok(())
}

/// All end far from any clock.
fn schedules() -> [(Timestamp, Timestamp); 3] {
    let instant = |text: &str| text.parse().expect("an instant");
    [
        (Timestamp::MIN, Timestamp::MAX),
        (
            instant("0001-01-01T00:00:00Z"),
            instant("9999-12-31T23:59:59.999Z"),
        ),
        (
            instant("1969-12-31T23:59:59.987654321Z"),
            instant("9000-07-01T08:00:00.0019+02:00"),
        ),
    ]
}

fn must_be_cut(
    case: &Case<'_>,
    what: &str,
    shown: Option<AccessSchedule>,
    given: AccessSchedule,
) -> Checked {
    let is_cut = |shown: Timestamp, given: Timestamp| {
        shown <= given && shown.whole_milliseconds() == given.whole_milliseconds()
    };
    let holds = shown.is_some_and(|shown| {
        let ends = shown.ends_at.zip(given.ends_at);
        is_cut(shown.starts_at, given.starts_at)
            && ends.is_some_and(|(shown, given)| is_cut(shown, given))
    });
    let why = format!(
        "{what} must have these instants, at least to the millisecond:\n  {given:?}\n  but has\n  \
         {shown:?}"
    );
    case.must(holds, &why)
}

fn page_of<L: InPages>(case: &Case<'_>, list: L) -> Checked<Vec<L::Row>> {
    let pages = case.pages(Through::Port, &list, None)?;
    Ok(pages.unwrap_or_default().concat())
}

/// Of one byte each and of four, in each text that a call takes.
pub(crate) fn a_text_of_1_000_characters_is_kept(bench: &Bench<'_>) -> Checked {
    let (site, main) = Site::with_one_system();
    let case = Case::open(bench, &site);
    let address = format!("{}@example.com", "a".repeat(MAX_TEXT_CHARS - 12));
    for letter in ["x", "\u{1f6aa}"] {
        let longest = letter.repeat(MAX_TEXT_CHARS);
        let new = NewAcsUser::new(main, name(&longest))
            .with_email_address(email(&address))
            .with_phone_number(contact(&longest));
        if let Some(user) = case.look(CreateAcsUser::new(new.clone()))? {
            must_be_as_asked(&case, &user, &new)?;
            let found = AcsUserFilter::new().matching(search(&longest));
            case.must_list(&users_that(found), &[user.acs_user_id])?;
        }
        let new = NewUserIdentity {
            key: Some(key(&longest)),
            full_name: Some(name(&longest)),
            phone_number: Some(contact(&longest)),
            ..NewUserIdentity::default()
        };
        if let Some(identity) = case.look(CreateUserIdentity::new(new))? {
            let by_key = UserIdentitySelector::from(key(&longest));
            let expected = Answer::Identities(vec![IdentitySeen::from(&identity)]);
            case.must_answer(GetUserIdentity::new(by_key), &expected)?;
            let texts = [&identity.full_name, &identity.phone_number];
            let kept = |text: &&Option<String>| text.as_ref() == Some(&longest);
            case.must(
                texts.iter().all(kept),
                "the identity must have its long texts",
            )?;
        }
    }
    Ok(())
}

/// Whatever the limit; the rest is on the next page.
pub(crate) fn a_page_has_1_000_rows_at_most(bench: &Bench<'_>) -> Checked {
    let (mut site, main) = Site::with_one_system();
    let most = PageRequest::MAX_LIMIT.get();
    let users = site.users(main, most as usize + 1);
    let case = Case::open(bench, &site);
    let list = users_that(AcsUserFilter::new());
    for limit in [most + 1, u32::MAX] {
        let limit = NonZeroU32::new(limit);
        let Some(pages) = case.pages(Through::Port, &list, limit)? else {
            return Ok(());
        };
        let longest = pages.iter().map(Vec::len).max().unwrap_or_default();
        let why = format!("a page of {longest} users, the limit was {limit:?}");
        case.must(longest <= most as usize, &why)?;
        let listed = pages
            .iter()
            .flatten()
            .map(|user| user.acs_user_id)
            .collect();
        case.must_equal("all users", &listed, &users)?;
    }
    Ok(())
}
