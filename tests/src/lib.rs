//! What the tests share: a server on a loopback socket, raw HTTP to talk to it, a service
//! that misbehaves on purpose, and a clock that does not wait.

pub mod raw;
pub mod scripted;
pub mod server;
pub mod time;
