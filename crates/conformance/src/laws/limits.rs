//! How far texts and pages go.

use std::num::NonZeroU32;

use super::*;

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
