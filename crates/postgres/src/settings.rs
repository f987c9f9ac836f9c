//! Where the database is, and how it is used.

mod address;
mod text;

use std::{fmt, path::Path, time::Duration};

use access_groups_core::Error;
use rustls::pki_types::CertificateDer;
use tokio_postgres::config::{Config, Host, TargetSessionAttrs};

use crate::tls;

/// Where a database is, and how it is used. From a text like libpq's, a URL or `host=… user=…`.
///
/// | in the text | meaning | default |
/// |---|---|---|
/// | `host`, `hostaddr`, `port` | one host or several, with commas; the one that may be written to is used | needed; port 5432 |
/// | `user`, `password`, `dbname` | as in libpq; better [`with_password`](Self::with_password) | the name of the process's user; none; the user's name |
/// | `sslmode` | `disable`: no TLS. `prefer`: TLS, except to this machine. `require`, `verify-ca` and `verify-full`: TLS | `prefer` |
/// | `sslrootcert` | a file of root certificates, in PEM, that are trusted in addition to those of the system; `system`: no others | `system` |
/// | `connect_timeout` | seconds for a connection to one host, with TLS and login | 2 |
/// | `tcp_user_timeout` | seconds after which bytes that nobody confirms end the connection | 5 |
/// | `keepalives`, `keepalives_idle`, `keepalives_interval`, `keepalives_retries` | probes of a silent connection | 1, 30 s, 5 s, 3 |
/// | `application_name` | what the database shows | `access-groups` |
/// | `statements` | `prepared`, or `unnamed`: see [`Statements`] | `prepared` |
///
/// Where TLS is used, certificate and host name are verified in every mode, and a server without it is
/// refused. Only `sslmode=disable` sends anything in the clear to another machine: whoever can read the
/// network in between then sees everybody's data, and can change them.
///
/// # Examples
///
/// ```
/// use access_groups_postgres::Settings;
///
/// let settings = Settings::parse("postgres://doors@db-a,db-b/doors")?.with_password("secret");
/// assert!(!format!("{settings:?}").contains("secret"));
/// assert!(Settings::parse("postgres://doors@db-a/doors?sslmode=maybe").is_err());
/// # Ok::<(), access_groups_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Settings {
    config: Config,
    statements: Statements,
    connections: usize,
    wait: Duration,
    limit: Duration,
    lifetime: Duration,
    roots: Vec<CertificateDer<'static>>,
    isolation: &'static str,
}

/// How statements are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Statements {
    /// Each connection prepares each statement once. Behind a pool that gives every transaction another
    /// connection, such as pgbouncer's, this is noticed, and statements are sent as
    /// [unnamed](Self::Unnamed) ones.
    #[default]
    Prepared,
    /// Each statement is prepared each time it is sent, in the same round trip: about a quarter slower.
    Unnamed,
}

impl Settings {
    /// Reads a URL or a text of `key=value` pairs, and the file that `sslrootcert` names.
    ///
    /// # Errors
    ///
    /// `Unsupported`, code `store_settings`: the text or the file cannot be read. The message shows nothing of
    /// the text but names of options and of this file.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let text::Read {
            mut config,
            statements,
            roots,
            has_idle,
        } = text::read(text)?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(unsupported("the database settings name no host"));
        }
        set_defaults(&mut config, has_idle);
        Ok(Self {
            config,
            statements,
            connections: 8,
            wait: Duration::from_secs(1),
            limit: Duration::from_secs(5),
            lifetime: Duration::from_secs(30 * 60),
            roots,
            isolation: "READ COMMITTED",
        })
    }

    /// Logs in with this password, instead of one in the text.
    #[must_use]
    pub fn with_password(mut self, password: impl AsRef<[u8]>) -> Self {
        self.config.password(password);
        self
    }

    /// Whether there is a password.
    #[must_use]
    pub fn has_password(&self) -> bool {
        self.config.get_password().is_some()
    }

    /// Uses at most so many connections at once, at least 1. Default: 8. Changes leave one in eight to reads, at
    /// least one unless there is only one.
    #[must_use]
    pub fn with_connections(mut self, connections: usize) -> Self {
        self.connections = connections.max(1);
        self
    }

    /// Lets a call wait so long for a connection that others use; then it is `Unavailable`. Default: 1
    /// second.
    #[must_use]
    pub fn with_wait(mut self, wait: Duration) -> Self {
        self.wait = wait;
        self
    }

    /// Lets a call take so long altogether, at least 100 ms; a shorter timeout of its
    /// [context](access_groups_core::Context::timeout) counts. Imports, exports and checks have no limit.
    /// Default: 5 seconds.
    #[must_use]
    pub fn with_limit(mut self, limit: Duration) -> Self {
        self.limit = limit.max(Duration::from_millis(100));
        self
    }

    /// Sends statements in this way.
    #[must_use]
    pub fn with_statements(mut self, statements: Statements) -> Self {
        self.statements = statements;
        self
    }

    /// Trusts this root certificate, in DER, in addition to those of the system.
    #[must_use]
    pub fn with_root_certificate(mut self, certificate: CertificateDer<'static>) -> Self {
        self.roots.push(certificate);
        self
    }

    /// Trusts these root certificates, in PEM, in addition to those of the system: one or several, as in a
    /// file for `sslrootcert`.
    ///
    /// # Errors
    ///
    /// `Unsupported`, code `store_settings`: there is none in it, or one that cannot be read.
    pub fn with_root_certificates(mut self, pem: impl AsRef<[u8]>) -> Result<Self, Error> {
        let found = tls::certificates(pem.as_ref());
        let found = found
            .map_err(|why| unsupported(&format!("the root certificates cannot be used: {why}")))?;
        self.roots.extend(found);
        Ok(self)
    }

    /// Runs changes as SERIALIZABLE: a test that nothing depends on the default level.
    #[doc(hidden)]
    #[must_use]
    pub fn serializable(mut self) -> Self {
        self.isolation = "SERIALIZABLE";
        self
    }

    pub(crate) fn isolation(&self) -> &'static str {
        self.isolation
    }

    pub(crate) fn statements(&self) -> Statements {
        self.statements
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections
    }

    pub(crate) fn wait(&self) -> Duration {
        self.wait
    }

    pub(crate) fn limit(&self) -> Duration {
        self.limit
    }

    /// With up to a tenth more or less, so that connections that were made together do not end together.
    pub(crate) fn lifetime(&self) -> Duration {
        self.lifetime.mul_f64(0.9 + 0.2 * fastrand::f64())
    }

    pub(crate) fn roots(&self) -> &[CertificateDer<'static>] {
        &self.roots
    }

    pub(crate) fn connect_timeout(&self) -> Duration {
        self.config
            .get_connect_timeout()
            .copied()
            .unwrap_or(CONNECT_TIMEOUT)
    }

    /// The settings of each host.
    pub(crate) fn hosts(&self) -> Vec<Config> {
        let count = self
            .config
            .get_hosts()
            .len()
            .max(self.config.get_hostaddrs().len());
        (0..count).map(|number| self.host(number)).collect()
    }

    fn host(&self, number: usize) -> Config {
        let from = &self.config;
        let mut config = Config::new();
        let name = from.get_hosts().get(number);
        let address = from.get_hostaddrs().get(number);
        match name {
            Some(Host::Tcp(name)) => _ = config.host(name),
            #[cfg(unix)]
            Some(Host::Unix(path)) => _ = config.host_path(path),
            // Without a name, the address is what the certificate must be for.
            None => _ = address.map(|address| config.host(address.to_string())),
        }
        address.map(|address| config.hostaddr(*address));
        let ports = from.get_ports();
        let port = ports.get(number).or_else(|| ports.first());
        config.port(port.copied().unwrap_or(5432));
        from.get_user().map(|user| config.user(user));
        from.get_password()
            .map(|password| config.password(password));
        from.get_dbname().map(|name| config.dbname(name));
        from.get_options().map(|options| config.options(options));
        from.get_application_name()
            .map(|name| config.application_name(name));
        config
            .ssl_mode(tls::mode(from.get_ssl_mode(), name, address))
            .ssl_negotiation(from.get_ssl_negotiation())
            .channel_binding(from.get_channel_binding())
            .connect_timeout(self.connect_timeout())
            .keepalives(from.get_keepalives())
            .keepalives_idle(from.get_keepalives_idle())
            .target_session_attrs(TargetSessionAttrs::ReadWrite);
        from.get_tcp_user_timeout()
            .map(|timeout| config.tcp_user_timeout(*timeout));
        from.get_keepalives_interval()
            .map(|interval| config.keepalives_interval(interval));
        from.get_keepalives_retries()
            .map(|retries| config.keepalives_retries(retries));
        config
    }
}

fn set_defaults(config: &mut Config, has_idle: bool) {
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT_TIMEOUT);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(Duration::from_secs(5));
    }
    if !has_idle {
        config.keepalives_idle(Duration::from_secs(30));
    }
    if config.get_keepalives_interval().is_none() {
        config.keepalives_interval(Duration::from_secs(5));
    }
    if config.get_keepalives_retries().is_none() {
        config.keepalives_retries(3);
    }
    if config.get_application_name().is_none() {
        config.application_name("access-groups");
    }
}

fn unsupported(message: &str) -> Error {
    Error::unsupported(message).with_code("store_settings")
}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Without the password.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hosts = self.config.get_hosts().iter().map(|host| match host {
            Host::Tcp(name) => Path::new(name),
            #[cfg(unix)]
            Host::Unix(path) => path,
        });
        f.debug_struct("Settings")
            .field("hosts", &hosts.collect::<Vec<_>>())
            .field("user", &self.config.get_user())
            .field("dbname", &self.config.get_dbname())
            .field("statements", &self.statements)
            .field("connections", &self.connections)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use tokio_postgres::config::SslMode;

    use super::*;

    fn parsed(text: &str) -> Settings {
        Settings::parse(text).expect("sound settings")
    }

    #[test]
    fn tls_is_used_except_at_home() {
        let check = |text: &str, expected: &[SslMode]| {
            let modes: Vec<_> = parsed(text)
                .hosts()
                .iter()
                .map(Config::get_ssl_mode)
                .collect();
            assert_eq!(modes, expected, "{text}");
        };
        use SslMode::{Disable, Require};
        check("postgres://a@127.0.0.1/d", &[Disable]);
        check(
            "postgres://a@localhost,db.example.com/d",
            &[Disable, Require],
        );
        check("host=/tmp user=a", &[Disable]);
        check("postgres://a@[::1]/d?sslmode=require", &[Require]);
        check(
            "postgres://a@db.example.com/d?sslmode=verify-full",
            &[Require],
        );
        check("host=db.example.com user=a sslmode=disable", &[Disable]);
        check("host=db.example.com hostaddr=127.0.0.1 user=a", &[Disable]);
        check("host=localhost hostaddr=10.0.0.1 user=a", &[Require]);
        check("postgres://a@LOCALHOST/d?sslmode=prefer", &[Disable]);
        check("postgres://a@db.example.com/d?sslmode=prefer", &[Require]);
        check("hostaddr=10.0.0.1 user=a", &[Require]);
    }

    #[test]
    fn ports_belong_to_their_hosts() {
        let ports = |text: &str| -> Vec<_> {
            parsed(text)
                .hosts()
                .iter()
                .map(|host| host.get_ports().to_vec())
                .collect()
        };
        assert_eq!(ports("postgres://a@h:1,i:2/d"), [[1], [2]]);
        assert_eq!(ports("host=h,i port=7 user=a"), [[7], [7]]);
    }
}
