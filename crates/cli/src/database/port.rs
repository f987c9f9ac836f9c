//! A workspace of a database as the port of commands, which wait for each answer.

use std::sync::Arc;

use access_groups_core::{Store, prelude::*};
use tokio::runtime::Runtime;

/// Waits for each answer of the store. Any number of threads may call at the same time.
pub(super) struct Waiting {
    pub(super) runtime: Arc<Runtime>,
    pub(super) store: Arc<dyn Store>,
}

impl BlockingAccessGroupPort for Waiting {
    fn call(&self, operation: Operation, context: &Context) -> Result<Reply, Error> {
        self.runtime.block_on(self.store.call(operation, context))
    }
}
