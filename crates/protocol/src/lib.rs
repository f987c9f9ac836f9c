#![doc = include_str!("../README.md")]

mod call;
mod credential;
mod endpoint;
mod envelope;
mod fields;
mod instants;
mod pace;
mod payload;
mod proxy;
mod query;
mod receive;
mod request;
mod response;
mod retry;
mod settings;
mod status;
#[cfg(feature = "rustls")]
mod tls;
mod wire;

pub use call::{
    CallMachine, Requester, Step, TransportError, TransportErrorKind, UNTRUSTED_CERTIFICATE,
    WaitReason, Waiting,
};
pub use credential::{Credential, CredentialError, Secret};
pub use endpoint::{Endpoint, EndpointError};
pub use pace::RateLimit;
pub use payload::Payload;
pub use proxy::{Proxy, ProxyError, ProxyVars};
pub use receive::{
    Action, BODY_BEFORE_KEY, BODY_LIMIT, Head, PresentedCredential, REQUEST_ID_HEADER,
    ReceivedHead, RequestLimits, allowed_methods, is_known_path, receive_head, respond, respond_ok,
    respond_too_large, respond_unknown_path,
};
pub use request::{ParameterLocation, RequestStyle, encode};
pub use response::{NOT_THE_API, REDIRECTED, decode, read_limit};
pub use retry::RetryPolicy;
pub use settings::{
    BuildError, CONNECT_TIMEOUT, HEAD_LIMIT, HEADERS_LIMIT, IDLE_TIMEOUT, MAX_TIMEOUT,
    RESPONSE_LIMIT, Settings,
};
#[cfg(feature = "rustls")]
pub use tls::{tls_failure, trusted_roots};
pub use wire::{Parameters, RouteInfo, WITHOUT_WIRE, routes};
