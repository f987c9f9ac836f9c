//! Searches: what a text finds, in every list that can be searched.

use super::{
    searched::{LISTS, Rows},
    *,
};

/// Names, of which many are nearly another one.
const NAMES: [&str; 30] = [
    "Ada King Lovelace",
    "Lovelace Ada",
    "Zoë O’Groß",
    "Zoe O'Gross",
    "Józef Żów",
    "jozef zow",
    "Σίσυφος Άδα",
    "Ильина",
    "İstanbul ısı",
    "Ｆｕｌｌ Ｗｉｄｔｈ",
    "😀 door",
    "😁 door",
    "𝔘 漢字かな",
    "100 % cotton",
    "a_b",
    "axb",
    "back\\slash",
    "backslash",
    "O'Neill & Sons",
    "O''Neill Sons",
    "x*y.z?",
    "xy z",
    "[abc] (d|e)^$",
    "double  blank\tand more",
    "doubleblank",
    "co-op no. 1",
    "\"quoted\"; -- #1",
    "%41%2Fb+c",
    "A/b c",
    "null 007",
];

/// In every field that is searched, at the start, within, across a blank and at the end; and of ids.
pub(crate) fn a_search_finds_part_of_a_name_or_id_in_any_case(bench: &Bench<'_>) -> Checked {
    let site = searched_site(bench);
    let case = Case::open(bench, &site);
    let rows = Rows::of(&site);
    let mut lists = LISTS.into_iter().cycle();
    for name in NAMES {
        for part in parts(name) {
            // Each kind of part in each list, but not of each name.
            lists
                .next()
                .map_or(Ok(()), |list| rows.must_be_found(&case, list, &part))?;
        }
        // Each list may compare letters in its own way.
        if !name.is_ascii() {
            rows.must_be_found_in_all(&case, name)?;
            rows.must_be_found_in_all(&case, &name.to_uppercase())?;
        }
    }
    let mut texts = of_every_field(&site);
    texts.extend([" ", "\t", "needle", "Needle at the en", "-4000-8000-0000"].map(str::to_owned));
    for id in [
        site.users[0].acs_user_id.to_string(),
        site.groups[1].acs_access_group_id.to_string(),
        site.systems[2].acs_system_id.to_string(),
        site.identities[3].user_identity_id.to_string(),
        site.entrances[4].acs_entrance_id.to_string(),
    ] {
        texts.extend([
            id.to_uppercase(),
            id[1..].to_owned(),
            id[20..].to_owned(),
            id.clone(),
        ]);
    }
    // Without identities, an adapter may not know to whom a user is linked.
    if case.fixture.can(Capability::Identities) {
        let mut users = site.users.iter();
        texts.extend(users.find_map(|user| user.user_identity_id.clone()));
    }
    texts
        .iter()
        .try_for_each(|text| rows.must_be_found_in_all(&case, text))
}

/// Signs of SQL and of patterns stand for themselves, words have an order, and no text reaches from
/// one field into another.
pub(crate) fn a_search_finds_its_text_and_nothing_else(bench: &Bench<'_>) -> Checked {
    let site = searched_site(bench);
    let case = Case::open(bench, &site);
    let rows = Rows::of(&site);
    let mut lists = LISTS.into_iter().cycle();
    for text in NAMES.into_iter().flat_map(near_misses) {
        lists
            .next()
            .map_or(Ok(()), |list| rows.must_be_found(&case, list, &text))?;
    }
    for text in SIGNS {
        rows.must_be_found_in_all(&case, text)?;
    }
    let id = site.users[0].acs_user_id.to_string();
    let long = "x".repeat(SearchText::MAX_CHARS);
    for text in [
        long,
        id.replace('-', ""),
        id.replace('-', " "),
        format!("{{{id}}}"),
    ] {
        rows.must_be_found_in_all(&case, &text)?;
    }
    for (list, text) in rows.joined() {
        rows.must_be_found(&case, list, &text)?;
    }
    Ok(())
}

/// What means something to SQL, to patterns, to full-text searches or to addresses.
const SIGNS: [&str; 48] = [
    "%",
    "%%",
    "_",
    "__",
    "?",
    "*",
    ".",
    ".*",
    "\\",
    "\\\\",
    "\\%",
    "\\_",
    "'",
    "''",
    "\"",
    "`",
    "&",
    "&amp;",
    "&#38;",
    "+",
    "-",
    "--",
    "/",
    "#",
    "$",
    "^",
    "^a",
    "e$",
    "[",
    "[a-z]",
    "(",
    "|",
    ";",
    "~",
    "%25",
    "%2F",
    "\\x41",
    "\\u0041",
    "ada*",
    "ada%",
    "+ada",
    "-ada",
    "ada OR zoe",
    "ada|null",
    "\"lovelace ada\"",
    "lovelace & ada",
    "NaN",
    "0x7",
];

fn parts(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let middle = letters.len() / 2;
    let mut parts = vec![name.to_owned(), name.to_uppercase(), name.to_lowercase()];
    if letters.len() > 2 {
        parts.push(letters[1..letters.len() - 1].iter().collect());
        parts.push(letters[..middle].iter().collect());
        parts.push(letters[middle..].iter().collect());
    }
    parts
}

/// Texts that a careless search would find in the name.
fn near_misses(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let middle = letters.len() / 2;
    let (start, end) = (&letters[..middle], &letters[middle + 1..]);
    let with = |between: &str| {
        let (start, end): (String, String) = (start.iter().collect(), end.iter().collect());
        start + between + &end
    };
    // Another letter, none, two, and signs that stand for any.
    let mut texts: Vec<_> = ["q", "", "_", "%"].map(with).to_vec();
    let words: Vec<_> = name.split_whitespace().collect();
    if words.len() > 1 {
        let backwards: Vec<_> = words.iter().rev().copied().collect();
        texts.extend([
            backwards.join(" "),
            words.concat(),
            words.join("%"),
            words.join("  "),
        ]);
    }
    if words.len() > 2 {
        texts.push(format!("{} {}", words[0], words[words.len() - 1]));
    }
    texts.retain(|text| !text.is_empty());
    texts
}

/// The whole of each field of the site, those that are not searched among them.
fn of_every_field(site: &Site) -> Vec<String> {
    let mut texts = Vec::new();
    for user in site.users.iter().rev().take(CROWDED) {
        let shown = [&user.full_name, &user.email_address, &user.phone_number];
        texts.extend(shown.into_iter().flatten().cloned());
        texts.push(user.display_name.clone());
    }
    for identity in site.identities.iter().rev().take(CROWDED) {
        let shown = [
            &identity.full_name,
            &identity.email_address,
            &identity.phone_number,
            &identity.user_identity_key,
        ];
        texts.extend(shown.into_iter().flatten().cloned());
        texts.push(identity.display_name.clone());
    }
    texts
}

/// How many users have a text in every field, and an identity that has.
const CROWDED: usize = 3;

/// Everything under each of the names; users and identities with a text in every field; a name
/// that goes on where a column may end.
fn searched_site(bench: &Bench<'_>) -> Site {
    let mut site = Site::default();
    let long = format!("{} needle at the end", "x".repeat(256));
    for name in NAMES.into_iter().chain([&*long]) {
        let system = site.system(name);
        site.user(system, name);
        site.identity(name, None, None, &[]);
        site.group(system, name);
        site.entrance(system, name);
    }
    // Without identities, an adapter may find a user by the id of theirs or not.
    let has_identities = Case::open(bench, &Site::default())
        .fixture
        .can(Capability::Identities);
    let system = site.system("Main");
    for number in 1..=CROWDED {
        let text = |field: &str| format!("{field} no. {number}{number}{number}");
        let user = site.user_with(system, &text("Own Name"), |user| {
            user.with_email_address(format!("own{number}@example.com"))
                .with_phone_number(text("own phone"))
                .with_display_name(text("Own display name"))
        });
        let linked: &[_] = if has_identities { &[user] } else { &[] };
        let (email, phone) = (format!("their{number}@example.com"), text("Their phone"));
        site.identity(&text("Their Name"), Some(&email), Some(&phone), linked);
    }
    for (number, identity) in site.identities.iter_mut().enumerate() {
        identity.user_identity_key = Some(format!("their key no. {number}"));
        identity.display_name = format!("Their display name no. {number}");
    }
    for (number, group) in site.groups.iter_mut().enumerate() {
        group.display_name = format!("Group display name no. {number}");
    }
    site
}

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
