//! Many people at once.

pub(crate) mod events;
