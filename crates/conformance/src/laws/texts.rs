//! Texts: whether each is kept as it was given, in every field, however given and wherever shown.

mod sample;

use super::{
    kept::{Bundle, Fields, Given, text},
    *,
};

use sample::Sample;

/// Texts that stores are known to change: blanks, letters in other cases and forms, letters of four
/// bytes, and what means something to SQL, to JSON, to HTML, to addresses or to a spreadsheet.
const TEXTS: [&str; 48] = [
    "",
    " ",
    " outer blanks ",
    "inner  blanks",
    "tab\tand\nline\r\nand\rreturn\r\n",
    "\u{a0}no-break\u{a0}and\u{2003}wide\u{3000}",
    "cOuNTeSs of LOVELACE",
    "e\u{301} and é",
    "E\u{301} and É",
    "\u{212a}elvin, \u{212b}ngström",
    "ﬁ ½ Ａ ｶﾞ",
    "Σίσυφος",
    "İstanbul ısı",
    "Straße STRASSE ẞ",
    "Ｆｕｌｌ　ｗｉｄｔｈ",
    "𝔘𝔫𝔦 😀",
    "👩\u{200d}👩\u{200d}👧 \u{1f1e9}\u{1f1ea}",
    "漢字 \u{20bb7}",
    "שלום عليكم",
    "\u{202e}to the left\u{202c}",
    "a\u{301}\u{323} a\u{323}\u{301}",
    "\u{301}",
    "\u{feff}mark\u{200b}\u{ad}end\u{feff}",
    "\u{1}\u{1f}\u{7f}\u{85}",
    "\u{fffd}\u{ffff}\u{10ffff}",
    "O'Neill",
    "O''Neill",
    "O’Neill",
    "\"quoted\"",
    "back\\slash \\n \\u0041 \\",
    "%",
    "100 %_",
    "*?[a-z].",
    "<b>&amp;</b>",
    "&",
    "a&b=c;d#e?f/g+h %41",
    "null",
    "NULL",
    "undefined",
    "true",
    "0",
    "007",
    "1e3",
    "+1 (555) 010-0100",
    "=1+1",
    "'; DROP TABLE acs_users; --",
    "$1 ${x} {0} :a @b",
    "a,b;\"c\"|d",
];

/// Addresses of the form that calls take.
const ADDRESSES: [&str; 8] = [
    "O'Neill_100+x-y.z@West-Wing.Example.CO",
    "Ada+Tag@Example.COM",
    "a.d.a@example.com",
    "NULL@example.com",
    "007@007.example.org",
    "_@b.cc",
    "'a--@x-n.example.museum",
    "+1-555@example.com",
];

/// What was there, and what it is changed to: nearly the same, and no reason to skip the update.
const CHANGES: [[&str; 2]; 9] = [
    ["Ada Lovelace", "ADA Lovelace"],
    ["Zoë", "Zoe\u{308}"],
    ["É", "é"],
    ["Straße", "Strasse"],
    ["Gym", "Gym "],
    ["wide  blank", "wide blank"],
    ["+1 555 0100", "+15550100"],
    ["007", "7"],
    ["\u{212a}", "K"],
];

/// Outer blanks of a full name are left out, by its type. Everything else stays, whatever it is.
pub(crate) fn a_text_is_kept_exactly(bench: &Bench<'_>) -> Checked {
    let samples: Vec<_> = TEXTS
        .iter()
        .enumerate()
        .map(|(index, text)| {
            let address = ADDRESSES[index % ADDRESSES.len()];
            // No two identities have the same one.
            let address = match index / ADDRESSES.len() {
                0 => address.to_owned(),
                round => format!("{round}{address}"),
            };
            Sample::of(text, &address)
        })
        .collect();
    must_be_kept(bench, &samples)?;
    let [before, after] = [0, 1].map(|side| {
        let changes = CHANGES.iter().enumerate().map(|(index, change)| {
            let address = format!("ada{index}@example.com");
            let address = [address.clone(), address.to_uppercase()];
            Sample::of(change[side], &address[side])
        });
        changes.collect::<Vec<_>>()
    });
    texts_of_updates_are_kept(bench, &before, &after)
}

/// Of one byte each and of four; also at the usual lengths of columns.
pub(crate) fn a_text_of_1_000_characters_is_kept(bench: &Bench<'_>) -> Checked {
    let mut samples = Vec::new();
    for length in [64, 191, 255, 256, MAX_TEXT_CHARS] {
        for (letter, local) in [("x", "a"), ("\u{1f6aa}", "b")] {
            let domain = "@example.com";
            let address = local.repeat(length - domain.len()) + domain;
            samples.push(Sample::of(&letter.repeat(length), &address));
        }
    }
    must_be_kept(bench, &samples)
}

/// However the texts are given.
fn must_be_kept(bench: &Bench<'_>, samples: &[Sample]) -> Checked {
    texts_of_the_site_are_kept(bench, samples)?;
    texts_of_new_resources_are_kept(bench, samples)?;
    let plain = (0..samples.len()).map(|number| {
        let (text, address) = (
            format!("Plain {number}"),
            format!("plain{number}@example.com"),
        );
        Sample::of(&text, &address)
    });
    texts_of_updates_are_kept(bench, &plain.collect::<Vec<_>>(), samples)?;
    texts_of_linked_users_are_kept(bench, samples)
}

fn texts_of_the_site_are_kept(bench: &Bench<'_>, samples: &[Sample]) -> Checked {
    let (mut site, bundles) = filled_with(samples);
    site.furnish();
    put_into_messages(&mut site, samples);
    let case = Case::open(bench, &site);
    let given = Given::with_site(&case, &site);
    given.must_be_everywhere(&bundles)?;
    for (bundle, sample) in bundles.iter().zip(samples) {
        let by_key = GetUserIdentity::new(sample.key.clone());
        given.must_be_in(by_key, [bundle.identity.into()])?;
    }
    Ok(())
}

/// A bundle for each of the samples, with its texts.
fn filled_with(samples: &[Sample]) -> (Site, Vec<Bundle>) {
    let mut site = Site::default();
    let mut bundles = Vec::new();
    for (index, sample) in samples.iter().enumerate() {
        bundles.push(Bundle::of(&mut site, sample.title.as_str()));
        let identity = &mut site.identities[index];
        identity.user_identity_key = Some(sample.key.to_string());
        identity.full_name = Some(sample.person.to_string());
        identity.email_address = Some(sample.email.to_string());
        identity.phone_number = Some(sample.phone.to_string());
        let user = sample.as_user(&mut site.users[index]);
        user.user_identity_full_name = Some(identity.full_name.clone());
        user.user_identity_email_address = Some(identity.email_address.clone());
        user.user_identity_phone_number = Some(identity.phone_number.clone());
        site.systems[index].location.time_zone = Some(sample.zone.to_string());
    }
    (site, bundles)
}

/// Those of errors and warnings, which a site has too.
fn put_into_messages(site: &mut Site, samples: &[Sample]) {
    for (index, sample) in samples.iter().enumerate() {
        let put = |message: &mut String| *message = sample.phone.to_string();
        let user = &mut site.users[index];
        user.errors
            .iter_mut()
            .for_each(|error| put(&mut error.message));
        user.warnings
            .iter_mut()
            .for_each(|warning| put(&mut warning.message));
        let identity = &mut site.identities[index];
        identity
            .errors
            .iter_mut()
            .for_each(|error| put(&mut error.message));
        let group = &mut site.groups[index];
        group
            .warnings
            .iter_mut()
            .for_each(|warning| put(&mut warning.message));
        let entrance = &mut site.entrances[index];
        entrance
            .errors
            .iter_mut()
            .for_each(|error| put(&mut error.message));
        let system = &mut site.systems[index];
        system
            .errors
            .iter_mut()
            .for_each(|error| put(&mut error.message));
    }
}

fn texts_of_new_resources_are_kept(bench: &Bench<'_>, samples: &[Sample]) -> Checked {
    let mut site = Site::default();
    let bundle = Bundle::of(&mut site, "Main");
    let case = Case::open(bench, &site);
    let mut given = Given::to(&case);
    for sample in samples {
        for (call, fields) in sample.creations(bundle) {
            let Some(reply) = case.must_succeed(&call)? else {
                continue;
            };
            let made = given.note_created(&call, &reply, fields)?;
            if let Some(Subject::UserIdentity(identity)) = made {
                must_be_shown_by_users(&case, &mut given, identity, sample)?;
            }
        }
    }
    given.must_be_in(ListUsersInGroup::new(bundle.group), [])?;
    given.must_be_everywhere(&[])
}

/// By key as well, and by the user whom the identity has got or been linked to.
fn must_be_shown_by_users<'s>(
    case: &Case<'s>,
    given: &mut Given<'_, 's>,
    identity: UserIdentityId,
    sample: &Sample,
) -> Checked {
    let by_key = GetUserIdentity::new(sample.key.clone());
    given.must_be_in(by_key, [identity.into()])?;
    let users = case.look(ListUsersOfIdentity::new(identity))?;
    for user in users.iter().flatten() {
        let user = user.acs_user_id;
        given.note("CreateUserIdentity", user, sample.of_the_identity());
        given.must_be_in(GetAcsUser::new(user), [user.into()])?;
    }
    given.must_be_in(ListUsersOfIdentity::new(identity), [])
}

fn texts_of_updates_are_kept(bench: &Bench<'_>, before: &[Sample], samples: &[Sample]) -> Checked {
    let (site, bundles) = filled_with(before);
    let case = Case::open(bench, &site);
    let mut given = Given::to(&case);
    for (bundle, sample) in bundles.iter().zip(samples) {
        for (call, resource, fields) in sample.updates(*bundle) {
            if case.must_succeed(&call)?.is_some() {
                given.note(call.name(), resource, fields);
                if let Operation::UpdateUserIdentity(_) = call {
                    given.note(call.name(), bundle.user, sample.of_the_identity());
                }
            }
        }
    }
    given.must_be_everywhere(&bundles)
}

/// The identity of a key that nobody has takes the texts of the user.
fn texts_of_linked_users_are_kept(bench: &Bench<'_>, samples: &[Sample]) -> Checked {
    let (mut site, main) = Site::with_one_system();
    for sample in samples {
        site.user_with(main, "Ada", |mut user| {
            sample.as_user(&mut user);
            user
        });
    }
    let case = Case::open(bench, &site);
    let mut given = Given::with_site(&case, &site);
    for (user, sample) in ids(&site.users).zip(samples) {
        if case
            .look(LinkAcsUser::new(user, sample.key.clone()))?
            .is_none()
        {
            return Ok(());
        }
        given.note("LinkAcsUser", user, sample.of_the_identity());
        given.must_be_in(GetAcsUser::new(user), [user.into()])?;
        if let Some(identity) = case.look(GetUserIdentity::new(sample.key.clone()))? {
            let identity = identity.user_identity_id;
            given.note("LinkAcsUser", identity, sample.as_identity());
            given.must_be_in(GetUserIdentity::new(sample.key.clone()), [identity.into()])?;
        }
    }
    given.must_be_everywhere(&[])
}
