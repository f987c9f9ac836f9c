//! Texts: how they are kept, compared and found.

use super::*;

/// One name as several people write it: in another normal form, with another blank and another
/// apostrophe, in capitals.
const SPELLINGS: [&str; 4] = [
    "Zoë O’Groß",
    "Zoe\u{308} O'Groß",
    "ZOË\u{a0}O\u{2bc}GROSS",
    " zoë\t\u{2003}o`groß ",
];

/// Every spelling finds every other one; another name, which is near, it does not find.
pub(crate) fn a_search_finds_what_looks_the_same(bench: &Bench<'_>) -> Checked {
    let mut site = Site::default();
    let systems = SPELLINGS.map(|name| site.system(name));
    let main = site.system("Zoe O Groz");
    let groups = SPELLINGS.map(|name| site.group(main, name));
    let users = SPELLINGS.map(|name| site.user(main, name));
    let entrances = SPELLINGS.map(|name| site.entrance(main, name));
    let identities = SPELLINGS.map(|name| site.identity(name, None, None, &[]));
    site.group(main, "Zoï O'Groß");
    site.user(main, "Zoë OGroß");
    site.entrance(main, "Zoë-O'Groß");
    site.identity("Zoë O' Groß", None, None, &[]);
    let case = Case::open(bench, &site);
    for text in SPELLINGS.into_iter().chain(["oë o'gros"]) {
        let text = search(text);
        case.must_list_groups(all().matching(text.clone()), &groups)?;
        let filter = AcsSystemFilter::new().matching(text.clone());
        case.must_list_all(ListAcsSystems::new(filter), &systems)?;
        let filter = AcsUserFilter::new().matching(text.clone());
        case.must_list(&users_that(filter), &users)?;
        let filter = EntranceFilter::new().matching(text.clone());
        case.must_list(&entrances_that(filter), &entrances)?;
        let filter = UserIdentityFilter::new().matching(text);
        case.must_list(&identities_that(filter), &identities)?;
    }
    Ok(())
}

/// Not even where the name is the same: the letter of the first address is the sign of kelvins, and
/// the number is written in another way.
pub(crate) fn an_address_that_only_looks_alike_links_nobody(bench: &Bench<'_>) -> Checked {
    for user in [
        ("\u{212a}en@example.com", "+1 555 0101"),
        ("ｋｅｎ@example.com", "+1 555  0100"),
        ("ken@example.com.", "+15550100"),
        (" ken@example.com", " +1 555 0100"),
    ] {
        let (mut site, main) = Site::with_one_system();
        let ken = site.identity("Ken", Some("ken@example.com"), Some("+1 555 0100"), &[]);
        let stranger = site.user_with(main, "Ken", |ken| {
            ken.with_email_address(user.0).with_phone_number(user.1)
        });
        let gym = site.group(main, "Gym");
        let case = Case::open(bench, &site);
        case.add(ken, gym)?;
        let members = case.members(gym)?;
        case.must(
            !members.contains(&stranger),
            "the identity became a user whose addresses only look like its own",
        )?;
        let mut filter = AcsUserFilter::new();
        filter.identity_email_address = Some(Some(contact(user.0)));
        case.must_list(&users_that(filter), &[])?;
    }
    let mut site = Site::default();
    site.identity("Ken", None, None, &[]);
    site.identities[0].user_identity_key = Some("Ken".to_owned());
    let case = Case::open(bench, &site);
    for text in ["ken", "\u{212a}en", "Ｋｅｎ", " Ken", "Ken "] {
        case.refused(GetUserIdentity::new(key(text)), ErrorKind::NotFound)?;
    }
    Ok(())
}

/// Outer blanks of a full name are left out, by its type. Everything else stays, whatever it is; at
/// creation and in an update.
pub(crate) fn a_text_is_kept_exactly(bench: &Bench<'_>) -> Checked {
    let (mut site, main) = Site::with_one_system();
    let ada = site.user(main, "Ada");
    let countess = site.identity("The Countess", None, None, &[]);
    let case = Case::open(bench, &site);
    for text in TEXTS {
        let (given, phone) = (name(&format!(" \t{text}\u{a0}")), contact(text));
        let expected = given.as_str().to_owned();
        let must_keep = |name: &Option<String>, phone: &Option<String>| {
            must_be_kept(&case, &expected, name.as_deref())?;
            must_be_kept(&case, text, phone.as_deref())
        };

        let mut new = NewAcsUser::new(main, given.clone());
        new.phone_number = Some(phone.clone());
        let made = case.look(CreateAcsUser::new(new))?;
        let update = AcsUserUpdate {
            full_name: Some(given.clone()),
            phone_number: Some(phone.clone()),
            ..AcsUserUpdate::default()
        };
        let updated = case.look(UpdateAcsUser::new(ada, update))?.map(|()| ada);
        let ids = made.iter().map(|user| user.acs_user_id).chain(updated);
        let read = ids.map(|user| case.look(GetAcsUser::new(user)));
        let read: Vec<_> = read.collect::<Result<_, _>>()?;
        for user in read.into_iter().flatten().chain(made) {
            must_keep(&user.full_name, &user.phone_number)?;
        }

        let mut new = NewUserIdentity::named(given.clone());
        new.key = Some(key(text));
        new.phone_number = Some(phone.clone());
        if let Some(made) = case.look(CreateUserIdentity::new(new))? {
            let read = case.look(GetUserIdentity::new(key(text)))?;
            for identity in [Some(made), read].into_iter().flatten() {
                must_keep(&identity.full_name, &identity.phone_number)?;
                must_be_kept(&case, text, identity.user_identity_key.as_deref())?;
            }
        }
        let update = UserIdentityUpdate {
            full_name: Patch::Set(given),
            phone_number: Patch::Set(contact(&format!("{text}."))),
            ..UserIdentityUpdate::default()
        };
        if case
            .look(UpdateUserIdentity::new(countess, update))?
            .is_some()
            && let Some(identity) = case.look(GetUserIdentity::new(countess))?
        {
            must_be_kept(&case, &expected, identity.full_name.as_deref())?;
            must_be_kept(&case, &format!("{text}."), identity.phone_number.as_deref())?;
        }
    }
    Ok(())
}

/// Texts that stores are known to change: blanks, normal forms, letters of four bytes, and what
/// means something to SQL, to JSON or to HTML.
const TEXTS: [&str; 10] = [
    " outer blanks ",
    "inner  blanks\tand\nlines",
    "e\u{301} and é",
    "\u{212a}elvin",
    "𝔘𝔫𝔦 😀",
    "O'Neill \"Jr.\" \\ %_",
    "<b>&amp;</b>",
    "null",
    "\u{feff}mark\u{200b}",
    "007",
];

fn must_be_kept(case: &Case<'_>, given: &str, kept: Option<&str>) -> Checked {
    let why = format!("the text {given:?} became {kept:?}");
    case.must(kept == Some(given), &why)
}
