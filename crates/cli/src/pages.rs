//! The number of rows in the pages of lists, whichever command reads them.

use std::num::NonZeroU32;

use access_groups_core::prelude::*;

/// A port whose pages have so many rows, where the caller leaves it to the service.
pub(crate) struct Paged<P> {
    port: P,
    rows: NonZeroU32,
}

impl<P> Paged<P> {
    pub(crate) fn new(port: P, rows: NonZeroU32) -> Self {
        Self { port, rows }
    }
}

impl<P: BlockingAccessGroupPort> BlockingAccessGroupPort for Paged<P> {
    fn call(&self, mut operation: Operation, context: &Context) -> Result<Reply, Error> {
        // Every page of a walk alike: a cursor is valid with one limit only.
        if let Some(page) = page_of(&mut operation) {
            page.limit.get_or_insert(self.rows);
        }
        self.port.call(operation, context)
    }
}

/// The page that the operation asks for, if it lists in pages.
fn page_of(operation: &mut Operation) -> Option<&mut PageRequest> {
    if let Operation::ListAcsUsers(list) = operation {
        Some(&mut list.page)
    } else if let Operation::ListEntrances(list) = operation {
        Some(&mut list.page)
    } else if let Operation::ListUserIdentities(list) = operation {
        Some(&mut list.page)
    } else {
        None
    }
}
