//! What needs a PostgreSQL server. `cargo test` lists these tests as ignored, so that it passes on a
//! machine without one; `cargo xtask postgres` runs them.

mod cluster;
