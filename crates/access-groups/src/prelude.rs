//! Everything that most code names: `use access_groups::prelude::*`.

#[doc(no_inline)]
pub use access_groups_core::prelude::*;

#[cfg(feature = "async")]
#[doc(no_inline)]
pub use crate::Client;
#[cfg(feature = "memory")]
#[doc(no_inline)]
pub use access_groups_in_memory::{BlockingInMemory, InMemory, SiteBuilder};
