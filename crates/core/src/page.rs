//! Lists in pages: requests, pages, cursors, and the walk over all pages.
//!
//! In Seam's API the lists of ACS users, entrances and user identities have pages; all others are
//! returned whole. Most callers use [`Rows`](crate::Rows), which requests the pages itself.

use std::{collections::HashSet, fmt, num::NonZeroU32};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Error, Timestamp, shown::Show};

/// Page size and cursor. The default is the first page, with the service's default size.
///
/// # Examples
///
/// ```
/// use std::num::NonZeroU32;
///
/// use access_groups_core::{PageCursor, PageRequest};
///
/// let first = PageRequest::first().with_limit(2.try_into()?);
/// assert_eq!(first.limit.map(NonZeroU32::get), Some(2));
///
/// // The next page: the same limit, and the cursor of the page before.
/// let second = first.after(PageCursor::new("c2"));
/// assert_eq!(second.limit.map(NonZeroU32::get), Some(2));
///
/// assert!(NonZeroU32::try_from(0).is_err()); // a limit of 0 cannot be written
/// # Ok::<(), std::num::TryFromIntError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct PageRequest {
    /// The maximum number of rows. Default: `None`, the service's own limit. Seam's are 500 users,
    /// 500 identities and 900 entrances; it documents no maximum. No page has more than
    /// [`MAX_LIMIT`](Self::MAX_LIMIT) rows, whatever is asked for.
    pub limit: Option<NonZeroU32>,
    /// Where the page starts: the [`next`](Page::next) of the page before. Default: `None`, the first
    /// page.
    pub cursor: Option<PageCursor>,
}

impl PageRequest {
    /// The maximum number of rows in a page: 1,000. A larger limit gives pages of so many.
    pub const MAX_LIMIT: NonZeroU32 = NonZeroU32::new(1000).expect("not zero");

    /// The first page, with the service's default size.
    #[must_use]
    pub fn first() -> Self {
        Self::default()
    }

    crate::setters! {
        /// Sets the maximum number of rows.
        with_limit(limit: NonZeroU32) => limit = Some(limit);

        /// Sets the cursor. The limit, and the filter of the call, must be those of the first page.
        after(cursor: PageCursor) => cursor = Some(cursor);
    }

    /// For implementors: the position after which the page starts; `None` for the first page.
    /// `question` is the filter of the call. Rows are sorted by their [`Position`]s; those up to and
    /// including the returned one belong to earlier pages.
    ///
    /// # Errors
    ///
    /// - `Invalid` with code `mismatched_page_parameters`: the cursor belongs to another filter or
    ///   limit. Source: Seam's fake service refuses it in this way.
    /// - `Invalid`: the cursor was not made by [`cut`](Self::cut).
    ///
    /// # Examples
    ///
    /// An adapter that keeps sorted rows needs both functions:
    ///
    /// ```
    /// use std::num::NonZeroU32;
    ///
    /// use access_groups_core::{Error, Page, PageRequest, Position, Timestamp};
    /// use uuid::Uuid;
    ///
    /// /// The seconds 0 to 4, in pages of 2 by default.
    /// fn seconds(request: &PageRequest, filter: &str) -> Result<Page<u32>, Error> {
    ///     let position = |second: &u32| {
    ///         Position::new(Timestamp::from_unix_seconds(*second), Uuid::nil())
    ///     };
    ///     let start = request.start(&filter)?;
    ///     let rows = (0..5).filter(|row| start.is_none_or(|start| position(row) > start));
    ///     Ok(request.cut(&filter, NonZeroU32::MIN.saturating_add(1), rows, position))
    /// }
    ///
    /// let first = seconds(&PageRequest::first(), "all")?;
    /// assert_eq!(first.items, [0, 1]);
    /// let request = PageRequest::first().after(first.next.expect("more rows"));
    /// assert_eq!(seconds(&request, "all")?.items, [2, 3]);
    ///
    /// let error = seconds(&request, "even").unwrap_err(); // the cursor of another filter
    /// assert_eq!(error.code(), Some("mismatched_page_parameters"));
    /// # Ok::<(), Error>(())
    /// ```
    pub fn start(&self, question: &impl Serialize) -> Result<Option<Position>, Error> {
        let Some(cursor) = &self.cursor else {
            return Ok(None);
        };
        // One message for all of them: a cursor is opaque, so its parts mean nothing to the caller.
        let strange = || Error::invalid("the page cursor was not made by this service");
        let bytes = STANDARD.decode(cursor.as_str()).map_err(|_| strange())?;
        let (bound, position): (Uuid, Position) =
            serde_json::from_slice(&bytes).map_err(|_| strange())?;
        if bound != self.binding(question) {
            return Err(Error::invalid(
                "the page cursor belongs to other parameters: repeat those of the first page",
            )
            .with_code("mismatched_page_parameters"));
        }
        Ok(Some(position))
    }

    /// For implementors: makes a page of the rows after [`start`](Self::start). At most one row more
    /// than the page holds is taken from `rows`. `default` is the limit if the request has none; in
    /// either case, a page has [`MAX_LIMIT`](Self::MAX_LIMIT) rows at most.
    pub fn cut<T>(
        &self,
        question: &impl Serialize,
        default: NonZeroU32,
        rows: impl IntoIterator<Item = T>,
        position: impl Fn(&T) -> Position,
    ) -> Page<T> {
        let limit = self.limit.unwrap_or(default).min(Self::MAX_LIMIT).get();
        // Fails on 16-bit platforms only, where no list is longer.
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut rows = rows.into_iter();
        let items: Vec<T> = rows.by_ref().take(limit).collect();
        // One row ahead, so that a full last page has no cursor to an empty one.
        let more = rows.next().is_some();
        let last = items.last().filter(|_| more);
        let next = last.map(|last| {
            let cursor = (self.binding(question), position(last));
            PageCursor::new(STANDARD.encode(serde_json::json!(cursor).to_string()))
        });
        Page { items, next }
    }

    /// A digest of everything that must stay the same from page to page.
    fn binding(&self, question: &impl Serialize) -> Uuid {
        // JSON, because cursors outlive a release, while a `Debug` text may change with any release.
        // The limit belongs to it: Seam refuses a cursor with another one.
        let parameters = serde_json::json!([self.limit, question]).to_string();
        Uuid::new_v5(&Uuid::nil(), parameters.as_bytes())
    }
}

/// The place of a row in a list that is sorted by age; rows of the same instant are sorted by id.
///
/// Unlike an offset, it stays valid when earlier rows are added or deleted between two pages.
///
/// # Examples
///
/// ```
/// use access_groups_core::{AcsUserId, Position, Timestamp};
///
/// let at = Timestamp::from_unix_seconds(1);
/// let (ada, grace) = (AcsUserId::from_u128(1), AcsUserId::from_u128(2));
/// assert!(Position::new(at, ada) < Position::new(at, grace));
/// assert!(Position::new(Timestamp::UNIX_EPOCH, grace) < Position::new(at, ada)); // age first
/// ```
// The order of the fields is the order of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    /// When the row was created.
    pub created_at: Timestamp,
    /// The id of the row.
    pub id: Uuid,
}

impl Position {
    /// The position of a row that was created at this instant and has this id.
    #[must_use]
    pub fn new(created_at: Timestamp, id: impl Into<Uuid>) -> Self {
        let id = id.into();
        Self { created_at, id }
    }
}

/// Where a page starts: an opaque text made by the service, valid only with the filter and the limit
/// of the first page. How long it stays valid is up to the service; Seam documents no lifetime. Until
/// then it may be used again: as long as nothing has changed, it gives the same page.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PageCursor(String);

impl PageCursor {
    /// The cursor that a service returned.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text of the cursor.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Without the text, of which only its service knows what is in it.
impl fmt::Debug for PageCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PageCursor").field(&Show(&self.0)).finish()
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows, oldest first. They may be empty even if a next page exists.
    pub items: Vec<T>,
    /// The cursor of the next page; `None` if this is the last one.
    pub next: Option<PageCursor>,
}

impl<T> Page<T> {
    /// A whole list as one page, the last one.
    #[must_use]
    pub const fn only(items: Vec<T>) -> Self {
        Self { items, next: None }
    }
}

/// The walk over all pages of a list, without making calls: it returns the next request, and takes
/// each page. [`Rows`](crate::Rows) and [`BlockingRows`](crate::BlockingRows) drive one.
///
/// # Limits
///
/// Whatever the service does, a walk ends: with an error, because the list would otherwise never end,
/// or look complete when it is not.
///
/// | limit | default | why |
/// |---|---|---|
/// | pages, so requests | 10,000 ([`MAX_PAGES`](Self::MAX_PAGES)) | 1,000,000 rows in pages of 100, 5,000,000 in Seam's pages of 500 |
/// | bytes of all answers | 2 GiB ([`MAX_BYTES`](Self::MAX_BYTES)) | 1,000,000 rows of 2 KiB each, which is what Seam's have |
/// | empty pages in a row | 1,000 ([`MAX_EMPTY_PAGES`](Self::MAX_EMPTY_PAGES)) | a service may filter after it has cut its pages |
///
/// So pages of fewer than 100 rows, because of a [limit](Self::with_limit) or by the service's own
/// choice, need [`with_max_pages`](Self::with_max_pages) for 1,000,000 rows. A cursor that comes again
/// ends the walk as well. The bytes are those that an HTTP client has received; an adapter that makes
/// its answers itself sends none. The walk keeps 16 bytes of each page.
///
/// # Examples
///
/// ```
/// use access_groups_core::{Page, PageCursor, PageWalk};
///
/// let mut walk = PageWalk::new();
/// let request = walk.request().expect("a first page");
/// assert_eq!(request.cursor, None);
/// walk.advance(&Page { items: vec!["Ada"], next: Some(PageCursor::new("c2")) })?;
/// assert_eq!(walk.request().expect("a second page").cursor, Some(PageCursor::new("c2")));
/// walk.advance(&Page::only(vec!["Grace"]))?;
/// assert_eq!(walk.request(), None);
///
/// // A service that repeats itself:
/// let again = Page { items: vec!["Ada"], next: Some(PageCursor::new("c2")) };
/// let mut walk = PageWalk::new();
/// walk.advance(&again)?;
/// let error = walk.advance(&again).unwrap_err();
/// assert!(!error.is_retryable());
/// assert_eq!(walk.request(), None); // the walk is over
/// # Ok::<(), access_groups_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct PageWalk {
    next: Option<PageRequest>,
    // All of them, not only the last one: a service may go round through several pages. Digests,
    // because a cursor is as long as the service likes.
    seen: HashSet<Uuid>,
    pages: u32,
    empty_in_a_row: u32,
    rows: usize,
    bytes: u64,
    max_pages: u32,
    max_bytes: u64,
}

impl PageWalk {
    /// The default maximum number of pages: 10,000, or 5 million rows at Seam's default limit. A
    /// service that makes up new cursors for ever is left after so many requests.
    pub const MAX_PAGES: u32 = 10_000;

    /// The default maximum number of bytes of all pages: 2 GiB. It is checked after each page, and
    /// one page has at most 64 MiB.
    pub const MAX_BYTES: u64 = 2 << 30;

    /// The maximum number of pages without a row in a row: 1,000. A service that filters after it has
    /// cut its pages may send some; one that sends more is not going to end.
    pub const MAX_EMPTY_PAGES: u32 = 1_000;

    /// The [code](Error::code) of the error about a list that goes on after one of the limits.
    pub const TOO_MANY_PAGES: &str = "too_many_pages";

    /// A walk from the first page on, with the service's default page size.
    #[must_use]
    pub fn new() -> Self {
        Self {
            next: Some(PageRequest::first()),
            seen: HashSet::new(),
            pages: 0,
            empty_in_a_row: 0,
            rows: 0,
            bytes: 0,
            max_pages: Self::MAX_PAGES,
            max_bytes: Self::MAX_BYTES,
        }
    }

    /// Sets the number of rows in a page. It must be called before the walk starts: a cursor is valid
    /// with one limit only.
    #[must_use]
    pub fn with_limit(mut self, limit: NonZeroU32) -> Self {
        self.next = self.next.map(|request| request.with_limit(limit));
        self
    }

    crate::setters! {
        /// Sets the maximum number of pages. Default: [`MAX_PAGES`](Self::MAX_PAGES).
        with_max_pages(pages: u32) => max_pages = pages;

        /// Sets the maximum number of bytes of all pages. Default: [`MAX_BYTES`](Self::MAX_BYTES).
        with_max_bytes(bytes: u64) => max_bytes = bytes;
    }

    /// The next page to request; `None` after the last one.
    #[must_use]
    pub fn request(&self) -> Option<PageRequest> {
        self.next.clone()
    }

    /// Takes the requested page without counting its bytes, whose limit then never applies.
    ///
    /// # Errors
    ///
    /// - `Internal`, not retryable: the service returned a cursor for the second time, or the list
    ///   goes on after one of the [limits](Self) (code `too_many_pages`). The walk is over.
    pub fn advance<T>(&mut self, page: &Page<T>) -> Result<(), Error> {
        self.advance_with(page, 0)
    }

    /// Takes the requested page, for which a service has sent so many [bytes](crate::Reply::bytes).
    ///
    /// # Errors
    ///
    /// Those of [`advance`](Self::advance).
    pub fn advance_with<T>(&mut self, page: &Page<T>, bytes: usize) -> Result<(), Error> {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.bytes = self.bytes.saturating_add(bytes);
        self.pages = self.pages.saturating_add(1);
        self.rows = self.rows.saturating_add(page.items.len());
        self.empty_in_a_row = match page.items.is_empty() {
            true => self.empty_in_a_row.saturating_add(1),
            false => 0,
        };
        // Taken first, so that the walk is over after every early return.
        let before = self.next.take().unwrap_or_default();
        let Some(cursor) = page.next.clone() else {
            return Ok(());
        };
        let digest = Uuid::new_v5(&Uuid::nil(), cursor.as_str().as_bytes());
        if !self.seen.insert(digest) {
            return Err(Error::internal("the service repeats a page cursor").without_retry());
        }
        // Only now: a list that has ended is whole, however long it is.
        if self.empty_in_a_row >= Self::MAX_EMPTY_PAGES
            || self.pages >= self.max_pages
            || self.bytes >= self.max_bytes
        {
            return Err(self.endless());
        }
        self.next = Some(before.after(cursor));
        Ok(())
    }

    fn endless(&self) -> Error {
        let Self {
            pages, rows, bytes, ..
        } = self;
        let message = format!(
            "the list did not end within {pages} pages, which had {rows} rows in {bytes} bytes: either \
             it is longer, and a filter or larger pages help, or the service makes up cursors without \
             end"
        );
        Error::internal(message)
            .with_code(Self::TOO_MANY_PAGES)
            .without_retry()
    }

    /// Ends the walk after a failure.
    pub(crate) fn end(&mut self) {
        self.next = None;
    }
}

impl Default for PageWalk {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: NonZeroU32 = NonZeroU32::new(2).expect("not zero");

    fn position(row: &u32) -> Position {
        Position::new(Timestamp::from_unix_seconds(*row), Uuid::nil())
    }

    /// All pages over 0..count, each found through the cursor before it.
    fn pages(count: u32, limit: NonZeroU32) -> Vec<Vec<u32>> {
        let mut request = PageRequest::first().with_limit(limit);
        let mut pages = Vec::new();
        loop {
            let start = request.start(&"all").expect("a cursor of ours");
            let rows = (0..count).filter(|row| start.is_none_or(|start| position(row) > start));
            let page = request.cut(&"all", TWO, rows, position);
            pages.push(page.items);
            match page.next {
                Some(cursor) => request = request.after(cursor),
                None => return pages,
            }
        }
    }

    #[test]
    fn pages_hold_every_row_once() {
        assert_eq!(pages(5, TWO), [vec![0, 1], vec![2, 3], vec![4]]);
        assert_eq!(pages(4, TWO), [vec![0, 1], vec![2, 3]]);
        assert_eq!(pages(0, TWO), [Vec::<u32>::new()]);
    }

    #[test]
    fn the_default_limit_applies() {
        let page = PageRequest::first().cut(&"all", TWO, 0..3, position);
        assert_eq!(page.items, [0, 1]);
        assert!(page.next.is_some());
        let one = PageRequest::first().with_limit(NonZeroU32::MIN);
        assert_eq!(one.cut(&"all", TWO, 0..3, position).items, [0]);
    }

    #[test]
    fn a_page_has_1000_rows_at_most() {
        let largest = PageRequest::first().with_limit(NonZeroU32::MAX);
        let page = largest.cut(&"all", TWO, 0..1002, position);
        assert_eq!(page.items.len(), 1000);
        let rest = largest.after(page.next.expect("two more"));
        let start = rest
            .start(&"all")
            .expect("a cursor of ours")
            .expect("not the first");
        let rows = (0..1002).filter(|row| position(row) > start);
        assert_eq!(
            rest.cut(&"all", TWO, rows, position),
            Page::only(vec![1000, 1001])
        );
    }

    fn refused(request: &PageRequest, question: &str) -> Option<String> {
        let error = request.start(&question).expect_err("a refusal");
        error.code().map(str::to_owned)
    }

    #[test]
    fn a_cursor_matches_its_parameters() {
        let request = PageRequest::first().with_limit(TWO);
        let cursor = request.cut(&"all", TWO, 0..5, position).next.expect("more");
        let next = request.after(cursor);
        assert!(next.start(&"all").is_ok());
        let mismatched = Some("mismatched_page_parameters".to_owned());
        assert_eq!(refused(&next, "some"), mismatched);
        let longer = next.clone().with_limit(NonZeroU32::MIN);
        assert_eq!(refused(&longer, "all"), mismatched);
        let without = PageRequest {
            limit: None,
            ..next
        };
        assert_eq!(refused(&without, "all"), mismatched);
        for strange in ["", "!", "AAAA", "bnVsbA=="] {
            let request = PageRequest::first().after(PageCursor::new(strange));
            assert_eq!(refused(&request, "all"), Some("invalid_input".to_owned()));
        }
    }

    #[test]
    fn a_repeated_cursor_ends_the_walk() {
        let page = |cursor: &str| Page {
            items: vec![()],
            next: Some(PageCursor::new(cursor)),
        };
        let mut walk = PageWalk::new();
        walk.advance(&page("a")).expect("new");
        walk.advance(&page("b")).expect("new");
        let error = walk.advance(&page("a")).expect_err("again");
        assert!(!error.is_retryable() && walk.request().is_none());

        let mut walk = PageWalk::new().with_max_pages(2);
        walk.advance(&page("a")).expect("one");
        let error = walk.advance(&page("b")).expect_err("a third is too many");
        assert!(!error.is_retryable() && walk.request().is_none());
        assert_eq!(error.code(), Some("too_many_pages"));
        let counts = "within 2 pages, which had 2 rows in 0 bytes";
        assert!(error.message().contains(counts), "{error}");
    }

    /// How many pages of so many rows and bytes a walk takes from a service that never ends.
    fn requests(mut walk: PageWalk, rows: usize, bytes: usize) -> usize {
        for page in 0.. {
            let next = Some(PageCursor::new(format!("c{page}")));
            let items = vec![(); rows];
            if walk.advance_with(&Page { items, next }, bytes).is_err() {
                assert_eq!(walk.request(), None);
                return page + 1;
            }
        }
        unreachable!("a range without end")
    }

    #[test]
    fn a_list_without_end_is_left() {
        let with_limit = |limit: u32| {
            let limit = NonZeroU32::new(limit).expect("not zero");
            PageWalk::new().with_limit(limit)
        };
        assert_eq!(requests(PageWalk::new(), 500, 500 << 10), 4_195); // 2 GiB
        assert_eq!(requests(with_limit(1000), 1000, 0), 10_000);
        // The limit, which a service need not keep, makes no difference.
        assert_eq!(requests(with_limit(1), 1, 2 << 10), 10_000);
        assert_eq!(requests(with_limit(30).with_max_pages(5), 30, 0), 5);
        // Empty pages end it early.
        assert_eq!(requests(PageWalk::new(), 0, 64), 1_000);
        assert_eq!(requests(with_limit(1), 0, 64), 1_000);
        // So do large ones.
        const LARGEST: usize = 64 << 20;
        assert_eq!(requests(PageWalk::new(), 1, LARGEST), 32);
        assert_eq!(requests(PageWalk::new().with_max_bytes(1), 1, LARGEST), 1);
    }

    #[test]
    fn a_million_rows_in_pages_of_100_are_listed() {
        const ROW: usize = 2 << 10;
        let mut walk = PageWalk::new();
        for page in 1..=10_000 {
            let next = (page < 10_000).then(|| PageCursor::new(format!("c{page}")));
            let items = vec![(); 100];
            let taken = walk.advance_with(&Page { items, next }, 100 * ROW);
            taken.expect("a page of the list");
        }
        assert_eq!((walk.request(), walk.rows), (None, 1_000_000));
    }

    #[test]
    fn a_walk_keeps_its_limit() {
        let mut walk = PageWalk::new().with_limit(TWO);
        let next = Some(PageCursor::new("a"));
        walk.advance(&Page {
            items: vec![()],
            next,
        })
        .expect("new");
        assert_eq!(walk.request().expect("more").limit, Some(TWO));
    }
}
