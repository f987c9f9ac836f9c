#![doc = include_str!("../README.md")]

mod attempts;
mod change;
mod history;
pub mod instant;
mod keys;
mod read;
mod rounds;
mod schema;
mod search;
mod site;
mod store;
mod want;
mod write;

pub use access_groups_in_memory::{Contact, Slice, UniqueValue};
pub use attempts::{Again, Attempts, Failure, Next, Stage, Through};
pub use change::{Change, Decision};
pub use history::{Ending, Entry, Event, HistoryFilter, IMPORT, Line};
pub use keys::{IdentityKeys, UserKeys};
pub use read::{Among, Ask, Chunk, List, Read};
pub use schema::{Applied, SchemaError, Step, missing};
pub use search::{part, text_of_identity, text_of_user};
pub use site::settled;
pub use store::{
    CredentialKind, Digest, SqlStore, StoredCredential, StoredWorkspace, workspace_not_found,
};
pub use want::{Lock, Want};
pub use write::{Row, Write};
