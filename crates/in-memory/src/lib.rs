#![doc = include_str!("../README.md")]

mod builder;
mod in_memory;
mod index;
mod membership;
mod provider;
mod site;
mod state;

pub use builder::SiteBuilder;
pub use in_memory::{BlockingInMemory, InMemory, system_clock};
pub use index::{Contact, UniqueValue, identity_of};
pub use provider::PropagationMode;
pub use site::{Export, ExportProgress, SiteError, SiteProblem, export_over};
pub use state::{Slice, State};
