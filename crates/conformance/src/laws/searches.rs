//! Searches: what a text finds.

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
