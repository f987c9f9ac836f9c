//! Many people at once: rosters.

mod adopt;
mod body;
mod draft;
mod drift;
pub(crate) mod events;
mod html;
mod plan;
mod show;
pub(crate) mod source;
mod validate;

pub(crate) use adopt::adopt;
pub(crate) use draft::{Draft, LISTED};
pub(crate) use drift::drift;
pub(crate) use plan::{plan, present, show_words};
pub(crate) use show::{Labels, Presented, stop_in_words, undo_command};
pub(crate) use source::Source;
pub(crate) use validate::validate;
