//! Closing a connection instead of answering.

use std::error::Error as StdError;

use access_groups_core::Error;

/// The [source](Error::with_source) of an error that nobody answers: [`Server::serve`](crate::Server::serve) closes
/// the connection without a response, as if the server had died. For tests of clients.
///
/// A router that another server carries answers such an error like any other.
///
/// # Examples
///
/// A port that makes a change, and hangs up on whoever has asked for it:
///
/// ```
/// use access_groups_core::{async_trait, prelude::*};
/// use access_groups_server::HangUp;
///
/// struct LosesAnswers<P>(P);
///
/// #[async_trait]
/// impl<P: AccessGroupPort> AccessGroupPort for LosesAnswers<P> {
///     async fn call(&self, operation: Operation, context: &Context) -> Result<Reply, Error> {
///         self.0.call(operation, context).await?;
///         Err(Error::unavailable("the answer is lost").with_source(HangUp))
///     }
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, thiserror::Error)]
#[error("the connection is closed without an answer")]
pub struct HangUp;

impl HangUp {
    /// Whether this error is not to be answered.
    pub(crate) fn is_asked_by(error: &Error) -> bool {
        error.source().is_some_and(|source| source.is::<Self>())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use access_groups_core::{AccessGroupPort, Context, Operation, Reply, async_trait};
    use access_groups_protocol::Secret;
    use axum::{body::Body, http::Request};
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::{TcpListener, TcpStream},
    };
    use tower::ServiceExt;

    use super::*;
    use crate::{Credentials, Server, router};

    struct Silent;

    #[async_trait]
    impl AccessGroupPort for Silent {
        async fn call(&self, _: Operation, _: &Context) -> Result<Reply, Error> {
            Err(Error::unavailable("lost").with_source(HangUp))
        }
    }

    fn silent() -> axum::Router {
        router(Credentials::new().with_key(&Secret::new("seam_test"), Arc::new(Silent)))
    }

    #[tokio::test]
    async fn the_connection_ends_without_an_answer() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
        let address = listener.local_addr().expect("an address");
        let server = Server::new(Credentials::new());
        let serving = tokio::spawn(server.serve_router(listener, silent(), std::future::pending()));
        let mut client = TcpStream::connect(address).await.expect("a connection");
        let request = "GET /workspaces/get HTTP/1.1\r\nhost: x\r\n\
                       authorization: Bearer seam_test\r\n\r\n";
        client.write_all(request.as_bytes()).await.expect("sent");
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).await.expect("the end");
        assert_eq!(String::from_utf8_lossy(&answer), "");
        serving.abort();
    }

    #[tokio::test]
    async fn a_router_alone_answers() {
        let request = Request::get("/workspaces/get").header("authorization", "Bearer seam_test");
        let request = request.body(Body::empty()).expect("a request");
        let response = silent().oneshot(request).await.expect("a response");
        assert_eq!(response.status(), 503);
    }
}
