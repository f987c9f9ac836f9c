//! What the tests share: a server on a loopback socket with raw HTTP to talk to it, a service
//! that misbehaves by script, a clock that does not wait, and random instants.

pub mod instants;
pub mod scripted;
pub mod server;
