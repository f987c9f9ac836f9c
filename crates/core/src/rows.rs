//! All rows of a paged list: drivers of a [`PageWalk`], async and blocking.

use std::{
    collections::{HashSet, VecDeque},
    fmt,
    future::Future,
    num::NonZeroU32,
    pin::Pin,
    task,
};

use uuid::Uuid;

use crate::{Error, Page, PageRequest, PageWalk};

// Boxed, so that callers can name the type of the rows that a method returns.
type PageFuture<'a, T> = Pin<Box<dyn Future<Output = Result<Page<T>, Error>> + Send + 'a>>;

/// A page, and how many bytes a service has sent for it.
type Received<T> = (Page<T>, usize);

type ReceivedFuture<'a, T> = Pin<Box<dyn Future<Output = Result<Received<T>, Error>> + Send + 'a>>;

/// All rows of a paged list, requested page by page: call [`next`](Self::next), or use it as a stream
/// (feature `stream`).
///
/// The first row of a page requests it; nothing is requested in advance. If a page fails, its error
/// is the last item: the rows before it were returned, the rest was not.
///
/// A resource that comes again, because the list changed between two pages, is returned once: as it
/// came first. For that, the ids of all returned resources are kept until the end, about 20 bytes
/// for each.
///
/// # Examples
///
/// ```
/// use access_groups_core::prelude::*;
///
/// /// The first user with a phone number. No page after that user's is requested.
/// async fn find(port: &dyn AccessGroupPort) -> Result<Option<AcsUser>, Error> {
///     let mut users = port.all_acs_users(AcsUserFilter::new());
///     while let Some(user) = users.next().await {
///         let user = user?; // a failed page: do not treat the list as complete
///         if user.phone_number.is_some() {
///             return Ok(Some(user));
///         }
///     }
///     Ok(None)
/// }
/// ```
pub struct Rows<'a, T> {
    ask: Box<dyn FnMut(PageRequest) -> ReceivedFuture<'a, T> + Send + 'a>,
    // Kept between polls, so that a dropped `next` neither loses a page nor requests it twice.
    asked: Option<ReceivedFuture<'a, T>>,
    rows: VecDeque<T>,
    walk: PageWalk,
    returned: Option<Returned<T>>,
}

impl<'a, T> Rows<'a, T> {
    /// For implementors of lists: `ask` requests one page from the service.
    pub fn new(mut ask: impl FnMut(PageRequest) -> PageFuture<'a, T> + Send + 'a) -> Self
    where
        T: 'a,
    {
        Self::received(move |request| {
            let page = ask(request);
            Box::pin(async move { Ok((page.await?, 0)) })
        })
    }

    /// The same with the bytes of each page.
    pub(crate) fn received(
        ask: impl FnMut(PageRequest) -> ReceivedFuture<'a, T> + Send + 'a,
    ) -> Self {
        Self {
            ask: Box::new(ask),
            asked: None,
            rows: VecDeque::new(),
            walk: PageWalk::new(),
            returned: None,
        }
    }

    /// For implementors of lists: returns each row once, told from others by this id. Default: rows
    /// come as often as the service sends them.
    #[must_use]
    pub fn without_repeats(mut self, id: fn(&T) -> Uuid) -> Self {
        self.returned = Some(Returned::new(id));
        self
    }

    crate::setters! {
        /// Sets the number of rows in a page. It must be called before the first row is requested.
        /// Default: the service's own limit.
        with_limit(limit: NonZeroU32) => walk.with_limit();

        /// Sets the maximum number of pages; a longer list ends with an error. Default: 10,000
        /// ([`PageWalk::MAX_PAGES`]).
        with_max_pages(pages: u32) => walk.with_max_pages();

        /// Sets the maximum number of bytes that a service sends for all pages; a longer list ends
        /// with an error. Default: 2 GiB ([`PageWalk::MAX_BYTES`]).
        with_max_bytes(bytes: u64) => walk.with_max_bytes();
    }

    /// The next row; `None` after the last one and after an error.
    ///
    /// # Cancel safety
    ///
    /// If the future is dropped, no row is lost: the next call continues with the same page.
    pub async fn next(&mut self) -> Option<Result<T, Error>>
    where
        T: Unpin,
    {
        std::future::poll_fn(|context| self.poll(context)).await
    }

    /// Collects all rows. The memory grows with the list, up to the [limits](PageWalk#limits) of a
    /// walk: use [`next`](Self::next) for long ones.
    ///
    /// # Errors
    ///
    /// That of the first page that fails. The rows before it are dropped.
    pub async fn collect(mut self) -> Result<Vec<T>, Error>
    where
        T: Unpin,
    {
        let mut all = Vec::new();
        while let Some(row) = self.next().await {
            all.push(row?);
        }
        Ok(all)
    }

    fn poll(&mut self, context: &mut task::Context<'_>) -> task::Poll<Option<Result<T, Error>>> {
        // A page may be empty and still not be the last one.
        loop {
            if let Some(row) = self.rows.pop_front() {
                return task::Poll::Ready(Some(Ok(row)));
            }
            let asked = match &mut self.asked {
                Some(asked) => asked,
                None => match self.walk.request() {
                    Some(request) => self.asked.insert((self.ask)(request)),
                    None => return task::Poll::Ready(None),
                },
            };
            let answer = task::ready!(asked.as_mut().poll(context));
            // A finished future must not be polled again.
            self.asked = None;
            match take(&mut self.walk, &mut self.returned, answer) {
                Ok(rows) => self.rows = rows,
                Err(error) => return task::Poll::Ready(Some(Err(error))),
            }
        }
    }
}

#[cfg(feature = "stream")]
impl<T: Unpin> futures_core::Stream for Rows<'_, T> {
    type Item = Result<T, Error>;

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut task::Context<'_>,
    ) -> task::Poll<Option<Self::Item>> {
        self.get_mut().poll(context)
    }
}

impl<T> fmt::Debug for Rows<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Rows");
        shown.field("walk", &self.walk).finish_non_exhaustive()
    }
}

/// All rows of a paged list, as an iterator that requests page by page.
///
/// The first row of a page requests it; nothing is requested in advance. If a page fails, its error
/// is the last item: the rows before it were returned, the rest was not.
///
/// A resource that comes again, because the list changed between two pages, is returned once: as it
/// came first. For that, the ids of all returned resources are kept until the end, about 20 bytes
/// for each.
///
/// # Examples
///
/// ```
/// use access_groups_core::{BlockingRows, Error, ErrorKind, Page, PageCursor};
///
/// let rows = BlockingRows::new(|request| match request.cursor {
///     None => Ok(Page { items: vec!["Ada"], next: Some(PageCursor::new("c2")) }),
///     Some(_) => Err(Error::unavailable("the service is unavailable")),
/// });
/// let rows: Vec<_> = rows.collect();
/// assert!(matches!(rows[0], Ok("Ada")));
/// assert!(matches!(&rows[1], Err(error) if error.kind() == ErrorKind::Unavailable));
/// assert_eq!(rows.len(), 2); // the error is the last item
/// ```
///
/// Collect into a `Result` to get all rows or an error:
///
/// ```
/// use access_groups_core::{BlockingRows, Error, Page};
///
/// let rows = BlockingRows::new(|_| Ok(Page::only(vec!["Ada", "Grace"])));
/// assert_eq!(rows.collect::<Result<Vec<_>, _>>()?, ["Ada", "Grace"]);
/// # Ok::<(), Error>(())
/// ```
pub struct BlockingRows<'a, T> {
    ask: Box<dyn FnMut(PageRequest) -> Result<Received<T>, Error> + 'a>,
    rows: VecDeque<T>,
    walk: PageWalk,
    returned: Option<Returned<T>>,
}

impl<'a, T> BlockingRows<'a, T> {
    /// For implementors of lists: `ask` requests one page from the service.
    pub fn new(mut ask: impl FnMut(PageRequest) -> Result<Page<T>, Error> + 'a) -> Self {
        Self::received(move |request| Ok((ask(request)?, 0)))
    }

    /// The same with the bytes of each page.
    pub(crate) fn received(
        ask: impl FnMut(PageRequest) -> Result<Received<T>, Error> + 'a,
    ) -> Self {
        Self {
            ask: Box::new(ask),
            rows: VecDeque::new(),
            walk: PageWalk::new(),
            returned: None,
        }
    }

    /// For implementors of lists: returns each row once, told from others by this id. Default: rows
    /// come as often as the service sends them.
    #[must_use]
    pub fn without_repeats(mut self, id: fn(&T) -> Uuid) -> Self {
        self.returned = Some(Returned::new(id));
        self
    }

    crate::setters! {
        /// Sets the number of rows in a page. It must be called before the first row is requested.
        /// Default: the service's own limit.
        with_limit(limit: NonZeroU32) => walk.with_limit();

        /// Sets the maximum number of pages; a longer list ends with an error. Default: 10,000
        /// ([`PageWalk::MAX_PAGES`]).
        with_max_pages(pages: u32) => walk.with_max_pages();

        /// Sets the maximum number of bytes that a service sends for all pages; a longer list ends
        /// with an error. Default: 2 GiB ([`PageWalk::MAX_BYTES`]).
        with_max_bytes(bytes: u64) => walk.with_max_bytes();
    }
}

impl<T> Iterator for BlockingRows<'_, T> {
    type Item = Result<T, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(row) = self.rows.pop_front() {
                return Some(Ok(row));
            }
            let answer = (self.ask)(self.walk.request()?);
            match take(&mut self.walk, &mut self.returned, answer) {
                Ok(rows) => self.rows = rows,
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl<T> fmt::Debug for BlockingRows<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("BlockingRows");
        shown.field("walk", &self.walk).finish_non_exhaustive()
    }
}

/// The rows of a received page. A failure ends the walk; whether to start again is up to the caller.
fn take<T>(
    walk: &mut PageWalk,
    returned: &mut Option<Returned<T>>,
    answer: Result<Received<T>, Error>,
) -> Result<VecDeque<T>, Error> {
    let (mut page, bytes) = answer.inspect_err(|_| walk.end())?;
    walk.advance_with(&page, bytes)?;
    if let Some(returned) = returned {
        page.items.retain(|row| returned.insert(row));
    }
    Ok(page.items.into())
}

/// The rows that were returned already.
struct Returned<T> {
    id: fn(&T) -> Uuid,
    ids: HashSet<Uuid>,
}

impl<T> Returned<T> {
    fn new(id: fn(&T) -> Uuid) -> Self {
        let ids = HashSet::new();
        Self { id, ids }
    }

    /// Whether the row is new.
    fn insert(&mut self, row: &T) -> bool {
        self.ids.insert((self.id)(row))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        AsyncFromBlocking, ListAcsUsers, ListEntrances, ListUserIdentities, Operation, PageCursor,
        Reply, prelude::*,
    };

    /// Three rows in pages of two; a fourth page would fail.
    fn answer(request: &PageRequest) -> Result<Page<u8>, Error> {
        match request.cursor.as_ref().map(PageCursor::as_str) {
            None => Ok(Page {
                items: vec![1, 2],
                next: Some(PageCursor::new("2")),
            }),
            Some("2") => Ok(Page::only(vec![3])),
            Some(_) => Err(Error::unavailable("away")),
        }
    }

    #[test]
    fn rows_respect_limit_and_page_bound() {
        let endless = |request: &PageRequest| {
            assert_eq!(request.limit, Some(NonZeroU32::MIN));
            let length = request
                .cursor
                .as_ref()
                .map_or(0, |cursor| cursor.as_str().len());
            let next = Some(PageCursor::new("x".repeat(length + 1)));
            Ok::<_, Error>(Page {
                items: vec![1],
                next,
            })
        };
        let blocking = BlockingRows::new(|request| endless(&request));
        let rows: Vec<_> = blocking
            .with_limit(NonZeroU32::MIN)
            .with_max_pages(3)
            .collect();
        assert_eq!(rows.iter().filter(|row| row.is_ok()).count(), 2);
        assert!(rows.last().expect("an end").is_err());
        let rows = Rows::new(|request| Box::pin(async move { endless(&request) }));
        let mut rows = rows.with_limit(NonZeroU32::MIN).with_max_pages(1);
        assert!(matches!(run(rows.next()), Some(Err(_))));
        assert!(run(rows.next()).is_none());
    }

    fn run<F: Future>(future: F) -> F::Output {
        let mut context = task::Context::from_waker(task::Waker::noop());
        match std::pin::pin!(future).poll(&mut context) {
            task::Poll::Ready(output) => output,
            task::Poll::Pending => panic!("nothing here waits"),
        }
    }

    #[test]
    fn both_flavours_return_every_row() {
        let blocking = BlockingRows::new(|request| answer(&request));
        assert_eq!(
            blocking.collect::<Result<Vec<_>, _>>().expect("all"),
            [1, 2, 3]
        );
        let rows = Rows::new(|request| Box::pin(async move { answer(&request) }));
        assert_eq!(run(rows.collect()).expect("all"), [1, 2, 3]);
    }

    #[test]
    fn a_repeated_row_is_returned_once() {
        // The first row again, as when a newer one was added before it; then the second one twice.
        let answer = |request: &PageRequest| match &request.cursor {
            None => Page {
                items: vec![(1, "as it came first"), (2, "")],
                next: Some(PageCursor::new("2")),
            },
            Some(_) => Page::only(vec![(1, "later"), (3, ""), (3, ""), (2, "")]),
        };
        let id = |row: &(u128, &str)| Uuid::from_u128(row.0);
        let expected = [(1, "as it came first"), (2, ""), (3, "")];
        let blocking = BlockingRows::new(|request| Ok(answer(&request))).without_repeats(id);
        let blocking: Result<Vec<_>, _> = blocking.collect();
        assert_eq!(blocking.expect("all"), expected);
        let rows = Rows::new(|request| Box::pin(async move { Ok(answer(&request)) }));
        assert_eq!(
            run(rows.without_repeats(id).collect()).expect("all"),
            expected
        );
    }

    /// A service whose list grows at its front between two pages.
    struct Shifting;

    impl BlockingAccessGroupPort for Shifting {
        fn call(&self, operation: Operation, _: &Context) -> Result<Reply, Error> {
            fn rows<T>(page: &PageRequest, row: impl Fn(u128) -> T) -> Page<T> {
                match page.cursor {
                    None => Page {
                        items: vec![row(1), row(2)],
                        next: Some(PageCursor::new("2")),
                    },
                    Some(_) => Page::only(vec![row(2), row(3)]),
                }
            }
            let system = AcsSystemId::from_u128(1);
            Ok(match operation {
                Operation::ListAcsUsers(op) => ListAcsUsers::answer(rows(&op.page, |id| {
                    AcsUser::new(AcsUserId::from_u128(id), system, "")
                })),
                Operation::ListEntrances(op) => ListEntrances::answer(rows(&op.page, |id| {
                    Entrance::new(EntranceId::from_u128(id), system, "")
                })),
                Operation::ListUserIdentities(op) => {
                    ListUserIdentities::answer(rows(&op.page, |id| {
                        UserIdentity::new(UserIdentityId::from_u128(id), "")
                    }))
                }
                other => return Err(Error::unsupported_operation(&other)),
            })
        }
    }

    #[test]
    fn no_walk_returns_a_resource_twice() {
        let port = AsyncFromBlocking(Shifting);
        let users = AcsUserFilter::new;
        assert_eq!(Shifting.all_acs_users(users()).count(), 3);
        assert_eq!(
            run(port.all_acs_users(users()).collect())
                .expect("all")
                .len(),
            3
        );
        let doors = EntranceFilter::new;
        assert_eq!(Shifting.all_entrances(doors()).count(), 3);
        assert_eq!(
            run(port.all_entrances(doors()).collect())
                .expect("all")
                .len(),
            3
        );
        let people = UserIdentityFilter::new;
        assert_eq!(Shifting.all_user_identities(people()).count(), 3);
        assert_eq!(
            run(port.all_user_identities(people()).collect())
                .expect("all")
                .len(),
            3
        );
    }

    #[test]
    fn a_failed_page_ends_the_walk() {
        let mut first = true;
        let mut failing = BlockingRows::new(|_| match std::mem::take(&mut first) {
            true => Ok(Page {
                items: vec![1],
                next: Some(PageCursor::new("x")),
            }),
            false => Err(Error::unavailable("away")),
        });
        assert!(matches!(failing.next(), Some(Ok(1))));
        assert!(matches!(failing.next(), Some(Err(_))));
        assert!(failing.next().is_none());
    }

    #[test]
    fn a_repeated_cursor_ends_the_rows() {
        let circle = || Page {
            items: vec![1],
            next: Some(PageCursor::new("again")),
        };
        let walk = BlockingRows::new(|_| Ok(circle()));
        let rows: Vec<_> = walk.collect();
        assert_eq!(rows.iter().filter(|row| row.is_ok()).count(), 1, "{rows:?}");
        assert!(rows.last().expect("an end").is_err());
        let rows = Rows::new(|_| Box::pin(async move { Ok(circle()) }));
        assert!(run(rows.collect()).is_err());
    }
}
