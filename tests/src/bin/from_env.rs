//! A process of its own for what only the environment says: adds user 1 to group 2 through
//! both HTTP adapters as the environment sets them up, and fails if that fails.

use std::error::Error;

use access_groups_core::{AccessGroupId, AccessGroupPort, AcsUserId, BlockingAccessGroupPort};
use access_groups_http_async::HttpAsync;
use access_groups_http_blocking::HttpBlocking;
use tokio::runtime::Runtime;

fn main() -> Result<(), Box<dyn Error>> {
    let (user, group) = (AcsUserId::from_u128(1), AccessGroupId::from_u128(2));
    HttpBlocking::from_env()?.add_user(user.into(), group)?;
    let adapter = HttpAsync::from_env()?;
    Runtime::new()?.block_on(adapter.add_user(user.into(), group))?;
    Ok(())
}
