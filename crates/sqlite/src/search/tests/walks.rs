//! Random sites, changes and searches: the index answers as a walk over all rows does.

use std::num::NonZeroU32;

use access_groups_core::{
    AcsUserUpdate, BlockingUserIdentities, Page, Patch, UserIdentityFilter, UserIdentityId,
    UserIdentityUpdate,
};

use super::*;

#[test]
#[expect(clippy::print_stdout, reason = "the seed repeats the run")]
fn a_search_answers_as_a_walk() {
    let (mut hits, mut asked) = (0, 0);
    for seed in 0..40 {
        println!("seed {seed}");
        let mut random = Rng::with_seed(seed);
        let file = File::holding(site(&mut random));
        for _ in 0..12 {
            change(&file.port, &mut random);
        }
        let problems = file.port.database().check().expect("checked");
        assert_eq!(problems, Vec::<String>::new());
        let users = file
            .port
            .acs_users(AcsUserFilter::new(), PageRequest::first());
        let users = users.expect("read").items;
        for _ in 0..30 {
            let Some(search) = search(&users, &mut random) else {
                continue;
            };
            asked += 1;
            hits += usize::from(ask(&file, search, &mut random));
        }
    }
    assert!(hits > asked / 4 && hits < asked, "{hits} of {asked}");
}

/// Searches for users and identities, in both ways. Whether it has found users.
fn ask(file: &File, search: SearchText, random: &mut Rng) -> bool {
    let mut filter = AcsUserFilter::new().matching(search.clone());
    filter.system = Some(SYSTEMS[0]).filter(|_| random.bool());
    filter.created_before = Some(second(random)).filter(|_| random.bool());
    let limit = random.u32(1..9);
    let found = file.check(|port| {
        pages(limit, |page| {
            port.acs_users(filter.clone(), page).expect("read")
        })
    });
    let filter = UserIdentityFilter::new().matching(search);
    file.check(|port| {
        pages(limit, |page| {
            port.user_identities(filter.clone(), page).expect("read")
        })
    });
    !found[0].is_empty()
}

/// All pages of so many rows, each found through the cursor before it.
fn pages<T>(limit: u32, list: impl Fn(PageRequest) -> Page<T>) -> Vec<Vec<T>> {
    let mut request = PageRequest::first();
    request.limit = NonZeroU32::new(limit);
    let mut pages = Vec::new();
    loop {
        let page = list(request.clone());
        pages.push(page.items);
        match page.next {
            Some(next) => request = request.after(next),
            None => return pages,
        }
    }
}

/// Texts that are awkward to fold, to cut into characters, or to quote.
const PARTS: &[&str] = &[
    "ada",
    "Ada",
    "LOVE",
    "lace",
    "an",
    "n",
    "a",
    "ß",
    "ﬃ",
    "é",
    "e\u{301}",
    "İ",
    "ı",
    "Ω",
    "😀",
    "𝒜",
    "\u{f0007}",
    "\u{fffe}",
    "\u{ffff}",
    "\0",
    "\n",
    "\t",
    " ",
    "  ",
    "'",
    "’",
    "\"",
    "\"\"",
    "*",
    "(",
    ")",
    "AND",
    "OR",
    " NOT ",
    "NEAR",
    ":",
    "-",
    "–",
    "+",
    "%",
    "_",
    "\\",
    "1",
    "555",
    "@x.org",
    "\u{ad}",
    "\u{200b}",
    "한",
    "が",
    "ﷺ",
    "\u{327}",
];

fn text(random: &mut Rng) -> String {
    let parts = (0..random.usize(0..7)).map(|_| PARTS[random.usize(..PARTS.len())]);
    parts.collect()
}

fn second(random: &mut Rng) -> Timestamp {
    Timestamp::from_unix_seconds(random.u32(..8))
}

fn identity_id(random: &mut Rng) -> UserIdentityId {
    UserIdentityId::from_u128(random.u128(..20) << 64 | 0xabc)
}

/// People of two systems, or of so many that a search asks for one.
fn site(random: &mut Rng) -> Slice {
    let systems = if random.bool() { 2 } else { 5 };
    let identities = (0..random.u128(..15)).map(|number| {
        let id = UserIdentityId::from_u128(number << 64 | 0xabc);
        let mut identity = UserIdentity::new(id, text(random)).with_created_at(second(random));
        identity.full_name = Some(text(random)).filter(|_| random.bool());
        identity.phone_number = Some(text(random)).filter(|_| random.bool());
        identity.email_address = Some(text(random)).filter(|_| random.bool());
        identity
    });
    let identities = identities.collect();
    let users = (0..random.u128(1..60)).map(|number| {
        let id = AcsUserId::from_u128(random.u128(..) << 64 | number);
        let system = SYSTEMS[random.usize(..systems)];
        let mut user = AcsUser::new(id, system, text(random)).with_created_at(second(random));
        user.full_name = Some(text(random)).filter(|_| random.bool());
        user.phone_number = Some(text(random)).filter(|_| random.bool());
        user.email_address = Some(text(random)).filter(|_| random.bool());
        // Some of them do not exist.
        user.user_identity_id = Some(identity_id(random).to_string()).filter(|_| random.bool());
        user
    });
    let systems = SYSTEMS[..systems]
        .iter()
        .map(|system| AcsSystem::new(*system, "Main"));
    Slice {
        users: users.collect(),
        identities,
        systems: systems.collect(),
        ..Slice::default()
    }
}

/// One change of those that concern people. Refusals change nothing.
fn change(port: &BlockingSqlite, random: &mut Rng) {
    let users = port.acs_users(AcsUserFilter::new(), PageRequest::first());
    let users = users.expect("read").items;
    let Some(user) = random.choice(&users).map(|user| user.acs_user_id) else {
        return;
    };
    let (identity, system) = (identity_id(random), SYSTEMS[random.usize(..2)]);
    let name = text(random).parse().ok();
    let phone = text(random).parse().ok();
    let _ = match random.u8(..8) {
        0 => port.delete_acs_user(user),
        1 => port.link_acs_user(user, identity),
        2 => port.unlink_acs_user(user, identity),
        3 => port.suspend_acs_user(user),
        4 => port.delete_user_identity(identity),
        5 => {
            let update = UserIdentityUpdate {
                full_name: Patch::set_or_clear(name),
                phone_number: Patch::set_or_clear(phone),
                ..UserIdentityUpdate::default()
            };
            port.update_user_identity(identity, update)
        }
        6 => {
            let update = AcsUserUpdate {
                full_name: name,
                phone_number: phone,
                ..AcsUserUpdate::default()
            };
            port.update_acs_user(user, update)
        }
        _ => {
            let name = name.unwrap_or_else(|| "Ada".parse().expect("a name"));
            let mut new = NewAcsUser::new(system, name);
            new.phone_number = phone;
            new.identity = Some(identity).filter(|_| random.bool());
            port.create_acs_user(new).map(drop)
        }
    };
}

/// A part of what people are called, or something else.
fn search(site: &[AcsUser], random: &mut Rng) -> Option<SearchText> {
    let user = random.choice(site)?;
    let texts: Vec<_> = AcsUserFilter::searched(user, None).collect();
    let text = match random.u8(..4) {
        0 => text(random),
        _ => {
            let text = &texts[random.usize(..texts.len())];
            let start = random.usize(..=text.chars().count() / 2);
            let part = text.chars().skip(start).take(random.usize(1..12));
            part.collect()
        }
    };
    let text = if random.bool() {
        text.to_uppercase()
    } else {
        text
    };
    text.parse().ok()
}
