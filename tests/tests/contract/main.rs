//! The project is held to the contract: to what Seam says of its API, as `cargo xtask contract`
//! writes it to `tests/contract.json`.
//!
//! Every test goes through all paths, fields and resources of that file: a newer version of it
//! fails wherever the project does not follow. Where we differ on purpose, `differences`
//! says so, and why; an entry there that is no longer needed fails, too.

mod contract;
mod differences;
mod emitted;
mod requests;
mod routes;
mod typed;
mod validate;
