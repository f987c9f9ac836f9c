//! A process of its own for what only the environment says: adds user 1 to group 2 through
//! both HTTP adapters as the environment sets them up, and fails if that fails.

use std::error::Error;

use access_groups_core::prelude::*;
use access_groups_http_async as http_async;
use access_groups_http_blocking as http_blocking;
use tokio::runtime::Runtime;

fn main() -> Result<(), Box<dyn Error>> {
    let (user, group) = (AcsUserId::from_u128(1), AccessGroupId::from_u128(2));
    let through_blocking = http_blocking::Client::from_env()?.add_user(user, group);
    let client = http_async::Client::from_env()?;
    let through_async = Runtime::new()?.block_on(client.add_user(user, group));
    Ok(through_blocking.and(through_async)?)
}
