//! What the tests share: a server on a loopback socket with raw HTTP to talk to it, a service
//! that misbehaves by script, and a clock that does not wait.

pub mod scripted;
pub mod server;
