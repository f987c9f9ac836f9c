//! Addresses, numbers and keys: which of them are the same.

use super::*;

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
