//! Many people at once: rosters.

#[allow(
    dead_code,
    reason = "the first command that makes many changes uses it"
)]
pub(crate) mod events;
mod source;
mod validate;

pub(crate) use validate::validate;
