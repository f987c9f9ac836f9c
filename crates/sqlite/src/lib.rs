#![doc = include_str!("../README.md")]

mod awake;
mod backup;
mod blocking;
mod change;
mod check;
mod committer;
mod connection;
mod credentials;
mod database;
mod disk;
mod fault;
mod find;
mod history;
mod instant;
mod migration;
mod options;
mod place;
mod read;
mod read_only;
mod readers;
mod readiness;
mod record;
mod schema;
mod search;
mod session;
mod site;
mod sqlite;
mod statements;
mod store;
mod waiting;
mod workspaces;

pub use access_groups_sql::{
    CredentialKind, Digest, Entry, HistoryFilter, SqlStore, StoredCredential, StoredWorkspace,
};
pub use database::{Database, Migrated};
pub use options::OpenOptions;
pub use sqlite::{BlockingSqlite, Sqlite};
