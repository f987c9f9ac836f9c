//! How far pages go.

use std::num::NonZeroU32;

use super::*;

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
