//! What a server is made of, and its start.

use std::{fmt, future::Future, io, sync::Arc};

use axum::Router;
use tokio::net::TcpListener;

use crate::{CredentialStore, Health, Limits, Metrics, Origins, router, serve};

/// A server of the API over the ports that these credentials open.
///
/// Whatever may be set has a default. [`router`](Self::router) needs no socket;
/// [`serve`](Self::serve) carries it on one. All clones share health and metrics; what callers take at
/// present is counted by each router.
///
/// # Examples
///
/// ```no_run
/// use std::{sync::Arc, time::Duration};
///
/// use access_groups_in_memory::InMemory;
/// use access_groups_protocol::Secret;
/// use access_groups_server::{Credentials, Limits, Server};
///
/// # async fn example() -> std::io::Result<()> {
/// let store = Arc::new(InMemory::default());
/// let credentials = Credentials::new().with_key(&Secret::new("seam_a_key_of_yours"), store);
/// let limits = Limits::default().with_header(Duration::from_secs(5));
/// let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
/// let server = Server::new(credentials).with_limits(limits);
/// server.serve(listener, std::future::pending()).await
/// # }
/// ```
#[derive(Clone)]
pub struct Server {
    pub(crate) credentials: Arc<dyn CredentialStore>,
    pub(crate) limits: Limits,
    pub(crate) health: Health,
    pub(crate) metrics: Metrics,
    pub(crate) origins: Origins,
}

impl Server {
    /// A server with the default [`Limits`].
    #[must_use]
    pub fn new(credentials: impl CredentialStore) -> Self {
        Self {
            credentials: Arc::new(credentials),
            limits: Limits::default(),
            health: Health::default(),
            metrics: Metrics::none(),
            origins: Origins::default(),
        }
    }

    /// Sets what peers and callers may take. Default: [`Limits::default`].
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Sets a health that the caller keeps up to date. Default: always fine.
    #[must_use]
    pub fn with_health(self, health: Health) -> Self {
        Self { health, ..self }
    }

    /// Sets where it is counted what the server does. Default: [`Metrics::none`].
    #[must_use]
    pub fn with_metrics(self, metrics: Metrics) -> Self {
        Self { metrics, ..self }
    }

    /// Sets whose pages in browsers may call. Default: [`Origins::any`].
    #[must_use]
    pub fn with_origins(self, origins: Origins) -> Self {
        Self { origins, ..self }
    }

    /// The API as an axum router, to which routes may be added: see [`router`](crate::router).
    ///
    /// Limits of connections hold only where [`serve`](Self::serve) carries it.
    pub fn router(&self) -> Router {
        router::of(self.clone())
    }

    /// Serves its [`router`](Self::router) until `shutdown` completes.
    ///
    /// Then it accepts no more connections, drops requests that are not complete after
    /// [`Limits::unfinished`], and answers the others for at most [`Limits::shutdown`].
    ///
    /// When there are as many connections as there may be, a new one replaces one that waits for its
    /// peer; one whose request is being answered is never replaced.
    ///
    /// # Errors
    ///
    /// `TimedOut`: requests were still in flight at the limit; their connections are closed.
    pub async fn serve<F>(self, listener: TcpListener, shutdown: F) -> io::Result<()>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let router = self.router();
        self.serve_router(listener, router, shutdown).await
    }

    /// Serves like [`serve`](Self::serve), with a router of yours: its own with routes added, say.
    ///
    /// # Errors
    ///
    /// Those of [`serve`](Self::serve).
    pub async fn serve_router<F>(
        self,
        listener: TcpListener,
        router: Router,
        shutdown: F,
    ) -> io::Result<()>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        serve::run(self.limits, self.metrics, listener, router, shutdown).await
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("limits", &self.limits)
            .field("health", &self.health)
            .field("origins", &self.origins)
            .finish_non_exhaustive()
    }
}
