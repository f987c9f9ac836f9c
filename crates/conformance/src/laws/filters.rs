//! What lists in pages show.

use super::*;

pub(crate) const NO_ACCOUNT: ConnectedAccountId = ConnectedAccountId::from_u128(NOBODY_S);

/// Ada in two systems; Alan, whose identity has neither address nor number; Grace without an
/// identity.
pub(crate) fn a_list_of_users_shows_what_passes_the_whole_filter(bench: &Bench<'_>) -> Checked {
    let (mut site, [main, west]) = Site::with_two_systems();
    let reached = |user: AcsUser| {
        user.with_email_address("grace@example.com")
            .with_phone_number("+1 555 0177")
    };
    let ada = site.user(main, "Ada Lovelace");
    let grace = site.user_with(main, "Grace", reached);
    let there = site.user(west, "A. Lovelace");
    let alan = site.user(main, "Alan");
    let (email, phone) = ("Ada@example.com", "+1 555 0100");
    let countess = site.identity("The Countess", Some(email), Some(phone), &[ada, there]);
    site.identity("Nobody Knows", None, None, &[alan]);
    let case = Case::open(bench, &site);

    let all = AcsUserFilter::new;
    let by_email = |text: Option<&str>| {
        let text = Some(text.map(contact));
        with(all(), |filter| filter.identity_email_address = text)
    };
    let by_phone = |text: Option<&str>| {
        let text = Some(text.map(contact));
        with(all(), |filter| filter.identity_phone_number = text)
    };
    let found = |text: &str| all().matching(search(text));
    let before = |second| all().created_before(Timestamp::from_unix_seconds(second));
    let end_of_id = grace.to_string().split_off(1);
    let start_of_identity = countess.to_string()[..14].to_owned();
    for (filter, expected) in [
        (all(), &[ada, grace, there, alan][..]),
        (all().in_system(main), &[ada, grace, alan]),
        (all().in_system(NO_SYSTEM), &[]),
        (all().of_identity(countess), &[ada, there]),
        (all().of_identity(countess).in_system(west), &[there]),
        (all().of_identity(NO_IDENTITY), &[]),
        (by_email(Some("aDA@EXAMPLE.com")), &[ada, there]),
        // Her own address, not one of an identity.
        (by_email(Some("grace@example.com")), &[]),
        (by_email(None), &[alan]),
        (by_phone(Some(phone)), &[ada, there]),
        (by_phone(Some("+1 555 0177")), &[]),
        (by_phone(None), &[alan]),
        (by_email(Some(email)).in_system(main), &[ada]),
        (by_email(Some(email)).created_before(at(1)), &[ada]),
        (found("LOVELACE"), &[ada, there]),
        (found("grace@"), &[grace]),
        (found("555 0177"), &[grace]),
        (found(&end_of_id), &[grace]),
        (found("%"), &[]),
        (found("lovelace").in_system(west), &[there]),
        (found("grace").in_system(west), &[]),
        // Not the first one: they are created at this very second.
        (before(0), &[]),
        (before(1), &[ada]),
        (before(3), &[ada, grace, there]),
        (before(3).in_system(main), &[ada, grace]),
        (all().created_before(far_off(0)), &[ada, grace, there, alan]),
    ] {
        case.must_list(&users_that(filter), expected)?;
    }
    // Without identities, no search finds a user by theirs; by its id, the adapter may.
    if case.fixture.can(Capability::Identities) {
        for (text, expected) in [
            (&*start_of_identity, &[ada, there, alan][..]),
            ("countess", &[ada, there]),
            ("555 0100", &[ada, there]),
        ] {
            case.must_list(&users_that(found(text)), expected)?;
        }
    }
    Ok(())
}

pub(crate) fn a_list_of_entrances_shows_what_passes_the_whole_filter(bench: &Bench<'_>) -> Checked {
    let (mut site, [main, west]) = Site::with_two_systems();
    let space = SpaceId::from_u128(0x59ace);
    let account = ConnectedAccountId::from_u128(0xacc);
    let front = site.entrance(main, "Front Door");
    let back = site.entrance(main, "Back Door");
    site.entrances[1].space_ids = vec![space.to_string()];
    let gate = site.entrance(west, "Gate");
    site.entrances[2].connected_account_id = account.to_string();
    let case = Case::open(bench, &site);

    let all = EntranceFilter::new;
    let in_space = |space| with(all(), |filter| filter.space = Some(space));
    let of_account = |account| with(all(), |filter| filter.connected_account = Some(account));
    let found = |text: &str| all().matching(search(text));
    for (filter, expected) in [
        (all(), &[front, back, gate][..]),
        (all().in_system(main), &[front, back]),
        (all().in_system(NO_SYSTEM), &[]),
        (all().among([gate, front]), &[front, gate]),
        (all().among([gate, NO_ENTRANCE]), &[gate]),
        (all().among([gate, front]).in_system(west), &[gate]),
        // None named is none listed; not naming any lists all.
        (all().among([]), &[]),
        (found("DOOR"), &[front, back]),
        (found("door").among([back]), &[back]),
        (found("door").in_system(west), &[]),
        (found("%"), &[]),
        (in_space(space), &[back]),
        (in_space(NO_SPACE), &[]),
        (in_space(space).in_system(west), &[]),
        (of_account(account), &[gate]),
        (of_account(NO_ACCOUNT), &[]),
    ] {
        case.must_list(&entrances_that(filter), expected)?;
    }
    // The site has none of these: an adapter that ignores the condition lists everything.
    let conditions: [fn(&mut EntranceFilter); 4] = [
        |filter| filter.location = Some(NO_LOCATION),
        |filter| filter.credential = Some(NO_CREDENTIAL),
        |filter| filter.access_method = Some(NO_METHOD),
        |filter| filter.customer_key = "nobody's".parse().ok(),
    ];
    for condition in conditions {
        case.must_list(&entrances_that(with(all(), condition)), &[])?;
    }
    Ok(())
}

pub(crate) fn a_list_of_identities_shows_what_passes_the_whole_filter(
    bench: &Bench<'_>,
) -> Checked {
    let mut site = Site::default();
    let ada = site.identity("Ada Lovelace", Some("ada@example.com"), None, &[]);
    let grace = site.identity("Grace", None, Some("+1 555 0177"), &[]);
    let alan = site.identity("Alan", None, None, &[]);
    let case = Case::open(bench, &site);

    let all = UserIdentityFilter::new;
    let found = |text: &str| all().matching(search(text));
    let before = |instant| with(all(), |filter| filter.created_before = Some(instant));
    let managed = with(all(), |filter| filter.credential_manager = Some(NO_SYSTEM));
    let end_of_id = alan.to_string().split_off(24);
    for (filter, expected) in [
        (all(), &[ada, grace, alan][..]),
        (all().among([alan, ada]), &[ada, alan]),
        (all().among([alan, NO_IDENTITY]), &[alan]),
        (all().among([]), &[]),
        (found("LOVE"), &[ada]),
        (found("@Example"), &[ada]),
        (found("555 01"), &[grace]),
        (found(&end_of_id), &[alan]),
        (found("%"), &[]),
        (found("grace").among([ada]), &[]),
        (before(at(0)), &[]),
        (before(at(1)), &[ada]),
        (before(far_off(0)), &[ada, grace, alan]),
        (before(at(2)).among([grace, alan]), &[grace]),
        (managed, &[]),
    ] {
        case.must_list(&identities_that(filter), expected)?;
    }
    Ok(())
}

const NOBODY_S: u128 = 0xffff_ffff_ffff_4fff_8fff_ffff_ffff_ffff;
const NO_SPACE: SpaceId = SpaceId::from_u128(NOBODY_S);
const NO_LOCATION: LocationId = LocationId::from_u128(NOBODY_S);
const NO_CREDENTIAL: AcsCredentialId = AcsCredentialId::from_u128(NOBODY_S);
const NO_METHOD: AccessMethodId = AccessMethodId::from_u128(NOBODY_S);
