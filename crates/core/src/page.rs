//! Lists in pieces: a page, where the next one begins, and the walk over all of them.

use std::{collections::HashSet, fmt, num::NonZeroU32};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Error, Timestamp};

/// Which piece of a list is wanted: how long, and from where.
///
/// # Examples
///
/// ```
/// use access_groups_core::PageRequest;
///
/// let first = PageRequest::first(); // as long as the service likes
/// assert_eq!(first.with_limit(2.try_into()?).limit.map(|limit| limit.get()), Some(2));
/// # Ok::<(), std::num::TryFromIntError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct PageRequest {
    /// How many rows at most; `None` leaves it to the service. Seam's defaults: 500 users,
    /// 500 identities, 900 entrances.
    pub limit: Option<NonZeroU32>,
    /// Where the page begins: what an earlier page named as [`next`](Page::next). `None` is
    /// the first page.
    pub cursor: Option<PageCursor>,
}

impl PageRequest {
    /// The first page, as long as the service likes.
    #[must_use]
    pub fn first() -> Self {
        Self::default()
    }

    /// With at most this many rows.
    #[must_use]
    pub fn with_limit(mut self, limit: NonZeroU32) -> Self {
        self.limit = Some(limit);
        self
    }

    /// From here on. Everything else about the question must be as it was.
    #[must_use]
    pub fn after(mut self, cursor: PageCursor) -> Self {
        self.cursor = Some(cursor);
        self
    }

    /// For implementors: where the rows of this page begin. `question` is the filter that the
    /// cursor must belong to; rows are in the order of their [`Position`]s, and those up to
    /// and including the returned one belong to earlier pages.
    ///
    /// # Errors
    ///
    /// - `Invalid` with code `mismatched_page_parameters`: the cursor belongs to another
    ///   question or limit.
    /// - `Invalid`: it is no cursor of [`cut`](Self::cut).
    pub fn start(&self, question: &impl fmt::Debug) -> Result<Option<Position>, Error> {
        let Some(cursor) = &self.cursor else {
            return Ok(None);
        };
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

    /// For implementors: makes a page of the rows after [`start`](Self::start), of which no
    /// more than needed are taken. `default` is the limit where the caller named none.
    pub fn cut<T>(
        &self,
        question: &impl fmt::Debug,
        default: NonZeroU32,
        rows: impl IntoIterator<Item = T>,
        position: impl Fn(&T) -> Position,
    ) -> Page<T> {
        let limit = self.limit.unwrap_or(default).get();
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut rows = rows.into_iter();
        let items: Vec<T> = rows.by_ref().take(limit).collect();
        let more = rows.next().is_some();
        let last = items.last().filter(|_| more);
        let next = last.map(|last| {
            let cursor = (self.binding(question), position(last));
            PageCursor::new(STANDARD.encode(serde_json::json!(cursor).to_string()))
        });
        Page { items, next }
    }

    /// A digest of everything that must stay the same from page to page.
    fn binding(&self, question: &impl fmt::Debug) -> Uuid {
        let parameters = format!("{:?} {question:?}", self.limit);
        Uuid::new_v5(&Uuid::nil(), parameters.as_bytes())
    }
}

/// Where a row stands in a list that is sorted by age: rows of one instant by their id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Position {
    /// Since when the row is known.
    pub created_at: Timestamp,
    /// Its id.
    pub id: Uuid,
}

impl Position {
    /// Of this age, with this id.
    #[must_use]
    pub fn new(created_at: Timestamp, id: impl Into<Uuid>) -> Self {
        let id = id.into();
        Self { created_at, id }
    }
}

/// Where a page begins: opaque, made by the service, good for the question it was made for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PageCursor(String);

impl PageCursor {
    /// A cursor as a service wrote it.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A piece of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows, in the service's order.
    pub items: Vec<T>,
    /// Where the next page begins; `None` if this is the last one.
    pub next: Option<PageCursor>,
}

impl<T> Page<T> {
    /// Everything there is, in one page.
    #[must_use]
    pub const fn only(items: Vec<T>) -> Self {
        Self { items, next: None }
    }
}

/// The walk over all pages of a list, as a machine: what to ask for next, until there is no
/// more. The Ext traits' streams and iterators drive one.
///
/// A service that names a cursor twice, or that goes on and on, ends the walk with an error:
/// better than a list that never ends, or that looks complete and is not.
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
/// # Ok::<(), access_groups_core::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct PageWalk {
    next: Option<PageRequest>,
    seen: HashSet<PageCursor>,
    pages: u32,
    max_pages: u32,
}

impl PageWalk {
    /// How many pages are asked for at most, by default: 100,000.
    pub const MAX_PAGES: u32 = 100_000;

    /// From the first page on, each as long as the service likes.
    #[must_use]
    pub fn new() -> Self {
        Self {
            next: Some(PageRequest::first()),
            seen: HashSet::new(),
            pages: 0,
            max_pages: Self::MAX_PAGES,
        }
    }

    /// With this many rows in a page. Ask for it before the walk begins.
    #[must_use]
    pub fn with_limit(mut self, limit: NonZeroU32) -> Self {
        self.next = self.next.map(|request| request.with_limit(limit));
        self
    }

    /// With at most this many pages.
    #[must_use]
    pub fn with_max_pages(mut self, pages: u32) -> Self {
        self.max_pages = pages;
        self
    }

    /// The page to ask for; `None` after the last one.
    #[must_use]
    pub fn request(&self) -> Option<PageRequest> {
        self.next.clone()
    }

    /// What came.
    ///
    /// # Errors
    ///
    /// - `Internal`: the service names a cursor for the second time, or names more pages than
    ///   the walk may take. The walk is over.
    pub fn advance<T>(&mut self, page: &Page<T>) -> Result<(), Error> {
        self.pages = self.pages.saturating_add(1);
        let before = self.next.take().unwrap_or_default();
        let Some(cursor) = page.next.clone() else {
            return Ok(());
        };
        if !self.seen.insert(cursor.clone()) {
            return Err(Error::internal("the service repeats a page cursor").without_retry());
        }
        if self.pages >= self.max_pages {
            let message = format!("the list did not end within {} pages", self.max_pages);
            return Err(Error::internal(message).without_retry());
        }
        self.next = Some(before.after(cursor));
        Ok(())
    }

    /// Gives up: there is no further page.
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
    fn pages_hold_every_row_once_in_order() {
        assert_eq!(pages(5, TWO), [vec![0, 1], vec![2, 3], vec![4]]);
        assert_eq!(pages(4, TWO), [vec![0, 1], vec![2, 3]]);
        assert_eq!(pages(0, TWO), [Vec::<u32>::new()]);
    }

    #[test]
    fn without_a_limit_the_default_holds() {
        let page = PageRequest::first().cut(&"all", TWO, 0..3, position);
        assert_eq!(page.items, [0, 1]);
        assert!(page.next.is_some());
        let one = PageRequest::first().with_limit(NonZeroU32::MIN);
        assert_eq!(one.cut(&"all", TWO, 0..3, position).items, [0]);
    }

    fn refused(request: &PageRequest, question: &str) -> Option<String> {
        let error = request.start(&question).expect_err("a refusal");
        error.code().map(str::to_owned)
    }

    #[test]
    fn a_cursor_belongs_to_its_question_and_its_limit() {
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
    fn a_walk_ends_when_the_service_goes_round_in_circles() {
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
        assert_eq!(PageWalk::new().max_pages, 100_000);
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
