//! What the tests share: console sessions of documentation, a server on a loopback socket, its workspaces, raw HTTP, servers of
//! PostgreSQL, what SQL stores do alike, services that misbehave by script, a clock that does not wait, and random instants.

#[cfg(unix)]
pub mod cluster;
#[cfg(unix)]
pub mod console;
pub mod fault_server;
pub mod instants;
pub mod scripted;
pub mod server;
pub mod sql_stores;
pub mod virtual_time;
pub mod workspaces;
