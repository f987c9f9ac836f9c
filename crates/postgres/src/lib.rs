#![doc = include_str!("../README.md")]

mod cancel;
mod change;
mod check;
mod commit;
mod credentials;
mod database;
mod everywhere;
mod fault;
mod find;
mod fold;
mod history;
mod link;
mod login;
mod migrate;
mod pool;
mod postgres;
mod read;
mod record;
mod refusal;
mod rows;
mod schema;
mod settings;
mod site;
mod statements;
mod store;
mod tls;
mod value;
mod workspaces;

pub use access_groups_sql::{
    CredentialKind, Digest, Entry, Event, HistoryFilter, Line, SqlStore, StoredCredential,
    StoredWorkspace,
};
pub use database::Database;
pub use login::Login;
pub use postgres::Postgres;
pub use rustls;
pub use settings::{Settings, Statements};
