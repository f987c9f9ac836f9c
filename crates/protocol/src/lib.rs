#![doc = include_str!("../README.md")]

mod call;
mod credential;
mod endpoint;
mod envelope;
mod fields;
mod query;
mod receive;
mod request;
mod response;
mod route;
mod status;
mod texts;
mod transport;

pub use call::{CONNECT_TIMEOUT, CallMachine, Client, RESPONSE_LIMIT, RetryPolicy, Step};
pub use credential::{Credential, CredentialError, Secret};
pub use endpoint::{Endpoint, EndpointError};
pub use receive::{
    BODY_LIMIT, CORS_HEADERS, Incoming, Presented, REQUEST_ID_HEADER, Received, is_known_path,
    receive, respond, respond_too_large, respond_unknown_path,
};
pub use request::{Carrier, Form, encode};
pub use response::decode;
pub use route::{Parameters, RouteInfo, routes};
pub use transport::{TransportError, TransportErrorKind};
