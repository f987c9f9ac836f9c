#![doc = include_str!("../README.md")]

mod answer;
mod capability;
mod case;
mod fixture;
mod law;
mod laws;
mod model;
mod readiness;
mod site;

pub use proptest;

pub use capability::Capability;
pub use fixture::{CallFuture, Fixture, Open, block_on};
pub use law::{LAWS, Law, Outcome};
pub use model::ModelRun;
pub use site::Site;
