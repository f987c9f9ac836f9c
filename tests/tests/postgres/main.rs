//! What needs a PostgreSQL server. `cargo test` lists these tests as ignored, so that it passes on a
//! machine without one; `cargo xtask postgres` runs them.

mod calls;
mod cluster;
mod commits;
mod history;
mod laws;
mod odd;
mod opened;
mod proxy;
mod races;
mod schema;
mod search;
mod store;
mod tls;
mod trips;
mod workspaces;
