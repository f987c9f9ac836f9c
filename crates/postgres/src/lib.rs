#![doc = include_str!("../README.md")]

mod change;
mod database;
mod everywhere;
mod fault;
mod find;
mod link;
mod migrate;
mod pool;
mod postgres;
mod read;
mod record;
mod rows;
mod schema;
mod settings;
mod site;
mod statements;
mod tls;
mod value;

pub use database::Database;
pub use postgres::Postgres;
pub use rustls;
pub use settings::{Settings, Statements};
