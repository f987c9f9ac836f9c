#![doc = include_str!("../README.md")]

mod builder;
mod in_memory;
mod membership;
mod site;
mod state;

pub use builder::SiteBuilder;
pub use in_memory::{BlockingInMemory, InMemory};
pub use site::{SiteError, SiteProblem};
pub use state::{Settling, State};
