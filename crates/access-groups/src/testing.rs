//! Test doubles: mocks of the port with typed expectations. A store in memory is in
//! [`memory`](crate::memory).

#[doc(inline)]
pub use access_groups_core::testing::*;
#[doc(inline)]
pub use access_groups_core::{MockAccessGroupPort, MockBlockingAccessGroupPort};
