//! Walks over every page of a list: what a port's caller gets for free.

use std::{collections::VecDeque, fmt, future::Future, num::NonZeroU32, pin::Pin, task};

use crate::{
    AcsUser, AcsUserFilter, AcsUserPort, BlockingAcsUserPort, BlockingDirectoryPort,
    BlockingUserIdentityPort, DirectoryPort, Entrance, EntranceFilter, Error, Page, PageRequest,
    PageWalk, UserIdentity, UserIdentityFilter, UserIdentityPort,
};

/// One table of lists: each row makes an Ext trait of a port and its blocking twin.
macro_rules! lists {
    ($($ext:ident of $port:ident, $blocking_ext:ident of $blocking:ident {
        $(#[$doc:meta])*
        $all:ident($filter:ty) -> $item:ty = $method:ident
    })*) => {$(
        #[doc = concat!("What every [`", stringify!($port), "`] can do beside its methods.")]
        pub trait $ext: $port {
            $(#[$doc])*
            ///
            /// The service is asked for a page when its first row is; dropping the walk asks
            /// for no more.
            fn $all(&self, filter: $filter) -> AllRows<'_, $item> {
                AllRows::new(move |page| self.$method(filter.clone(), page))
            }
        }

        impl<P: $port + ?Sized> $ext for P {}

        #[doc = concat!("What every [`", stringify!($blocking), "`] can do beside its methods.")]
        pub trait $blocking_ext: $blocking {
            $(#[$doc])*
            ///
            /// The service is asked for a page when its first row is.
            fn $all(&self, filter: $filter) -> BlockingAllRows<'_, $item> {
                BlockingAllRows::new(move |page| self.$method(filter.clone(), page))
            }
        }

        impl<P: $blocking + ?Sized> $blocking_ext for P {}
    )*};
}

lists! {
    AcsUserPortExt of AcsUserPort, BlockingAcsUserPortExt of BlockingAcsUserPort {
        /// All users that pass the filter, page after page.
        all_acs_users(AcsUserFilter) -> AcsUser = acs_users
    }
    DirectoryPortExt of DirectoryPort, BlockingDirectoryPortExt of BlockingDirectoryPort {
        /// All entrances that pass the filter, page after page.
        all_entrances(EntranceFilter) -> Entrance = entrances
    }
    UserIdentityPortExt of UserIdentityPort, BlockingUserIdentityPortExt of BlockingUserIdentityPort {
        /// All identities that pass the filter, page after page.
        all_user_identities(UserIdentityFilter) -> UserIdentity = user_identities
    }
}

type PageFuture<'a, T> = Pin<Box<dyn Future<Output = Result<Page<T>, Error>> + Send + 'a>>;

/// All rows of a list: ask for the [`next`](Self::next) one, or use it as a stream (feature
/// `stream`).
///
/// A failed page ends the walk with its error: rows before it were shown, the rest was not.
pub struct AllRows<'a, T> {
    ask: Box<dyn FnMut(PageRequest) -> PageFuture<'a, T> + Send + 'a>,
    asked: Option<PageFuture<'a, T>>,
    rows: VecDeque<T>,
    walk: PageWalk,
}

impl<'a, T> AllRows<'a, T> {
    /// For implementors of lists: `ask` asks the service for one page.
    pub fn new(ask: impl FnMut(PageRequest) -> PageFuture<'a, T> + Send + 'a) -> Self {
        Self {
            ask: Box::new(ask),
            asked: None,
            rows: VecDeque::new(),
            walk: PageWalk::new(),
        }
    }

    /// With this many rows in a page. Ask for it before the first row.
    #[must_use]
    pub fn with_limit(mut self, limit: NonZeroU32) -> Self {
        self.walk = self.walk.with_limit(limit);
        self
    }

    /// With at most this many pages, else the walk fails; the default is
    /// [`PageWalk::MAX_PAGES`].
    #[must_use]
    pub fn with_max_pages(mut self, pages: u32) -> Self {
        self.walk = self.walk.with_max_pages(pages);
        self
    }

    /// The next row; `None` after the last one and after an error.
    ///
    /// # Cancel safety
    ///
    /// No row is lost: a dropped future's page is asked for no second time.
    pub async fn next(&mut self) -> Option<Result<T, Error>>
    where
        T: Unpin,
    {
        std::future::poll_fn(|context| self.poll(context)).await
    }

    /// All of them in one list.
    ///
    /// # Errors
    ///
    /// The first one.
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
            self.asked = None;
            match take(&mut self.walk, answer) {
                Ok(rows) => self.rows = rows,
                Err(error) => return task::Poll::Ready(Some(Err(error))),
            }
        }
    }
}

#[cfg(feature = "stream")]
impl<T: Unpin> futures_core::Stream for AllRows<'_, T> {
    type Item = Result<T, Error>;

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut task::Context<'_>,
    ) -> task::Poll<Option<Self::Item>> {
        self.get_mut().poll(context)
    }
}

impl<T> fmt::Debug for AllRows<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("AllRows");
        shown.field("walk", &self.walk).finish_non_exhaustive()
    }
}

/// All rows of a list, as an iterator.
///
/// A failed page ends the walk with its error: rows before it were shown, the rest was not.
pub struct BlockingAllRows<'a, T> {
    ask: Box<dyn FnMut(PageRequest) -> Result<Page<T>, Error> + 'a>,
    rows: VecDeque<T>,
    walk: PageWalk,
}

impl<'a, T> BlockingAllRows<'a, T> {
    /// For implementors of lists: `ask` asks the service for one page.
    pub fn new(ask: impl FnMut(PageRequest) -> Result<Page<T>, Error> + 'a) -> Self {
        Self {
            ask: Box::new(ask),
            rows: VecDeque::new(),
            walk: PageWalk::new(),
        }
    }

    /// With this many rows in a page. Ask for it before the first row.
    #[must_use]
    pub fn with_limit(mut self, limit: NonZeroU32) -> Self {
        self.walk = self.walk.with_limit(limit);
        self
    }

    /// With at most this many pages, else the walk fails; the default is
    /// [`PageWalk::MAX_PAGES`].
    #[must_use]
    pub fn with_max_pages(mut self, pages: u32) -> Self {
        self.walk = self.walk.with_max_pages(pages);
        self
    }
}

impl<T> Iterator for BlockingAllRows<'_, T> {
    type Item = Result<T, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(row) = self.rows.pop_front() {
                return Some(Ok(row));
            }
            let answer = (self.ask)(self.walk.request()?);
            match take(&mut self.walk, answer) {
                Ok(rows) => self.rows = rows,
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl<T> fmt::Debug for BlockingAllRows<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("BlockingAllRows");
        shown.field("walk", &self.walk).finish_non_exhaustive()
    }
}

/// The rows of a page that came; after a failure the walk is over.
fn take<T>(walk: &mut PageWalk, answer: Result<Page<T>, Error>) -> Result<VecDeque<T>, Error> {
    let page = answer.inspect_err(|_| walk.end())?;
    walk.advance(&page)?;
    Ok(page.items.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PageCursor;

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
    fn a_walk_asks_for_pages_as_it_was_told_to() {
        let endless = |request: &PageRequest| {
            assert_eq!(request.limit, Some(NonZeroU32::MIN));
            let length = request.cursor.as_ref().map_or(0, |it| it.as_str().len());
            let next = Some(PageCursor::new("x".repeat(length + 1)));
            Ok::<_, Error>(Page {
                items: vec![1],
                next,
            })
        };
        let blocking = BlockingAllRows::new(|request| endless(&request));
        let rows: Vec<_> = blocking
            .with_limit(NonZeroU32::MIN)
            .with_max_pages(3)
            .collect();
        assert_eq!(rows.iter().filter(|row| row.is_ok()).count(), 2);
        assert!(rows.last().expect("an end").is_err());
        let rows = AllRows::new(|request| Box::pin(async move { endless(&request) }));
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
    fn all_pages_become_one_walk_in_both_flavours() {
        let blocking = BlockingAllRows::new(|request| answer(&request));
        assert_eq!(
            blocking.collect::<Result<Vec<_>, _>>().expect("all"),
            [1, 2, 3]
        );
        let rows = AllRows::new(|request| Box::pin(async move { answer(&request) }));
        assert_eq!(run(rows.collect()).expect("all"), [1, 2, 3]);
    }

    #[test]
    fn a_failed_page_ends_the_walk() {
        let mut first = true;
        let mut failing = BlockingAllRows::new(|_| match std::mem::take(&mut first) {
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
    fn a_service_that_goes_round_in_circles_is_no_endless_list() {
        let circle = || Page {
            items: vec![1],
            next: Some(PageCursor::new("again")),
        };
        let walk = BlockingAllRows::new(|_| Ok(circle()));
        let rows: Vec<_> = walk.collect();
        assert_eq!(rows.iter().filter(|row| row.is_ok()).count(), 1, "{rows:?}");
        assert!(rows.last().expect("an end").is_err());
        let rows = AllRows::new(|_| Box::pin(async move { Ok(circle()) }));
        assert!(run(rows.collect()).is_err());
    }
}
