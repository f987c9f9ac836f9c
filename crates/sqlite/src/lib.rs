#![doc = include_str!("../README.md")]

mod change;
mod committer;
mod connection;
mod database;
mod fault;
mod find;
mod read;
mod readers;
mod record;
mod schema;
mod session;
mod site;
mod sqlite;
mod statements;
mod waiting;

pub use database::Database;
pub use sqlite::{BlockingSqlite, Sqlite};
