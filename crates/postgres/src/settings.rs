//! Where the database is, and how it is used.

use std::{fmt, net::IpAddr, path::Path, time::Duration};

use access_groups_core::Error;
use rustls::pki_types::CertificateDer;
use tokio_postgres::config::{Config, Host, SslMode, TargetSessionAttrs};

/// Where a database is, and how it is used. From a text like libpq's, a URL or `host=… user=…`.
///
/// | in the text | meaning | default |
/// |---|---|---|
/// | `host`, `hostaddr`, `port` | one host or several, with commas; the one that may be written to is used | needed; port 5432 |
/// | `user`, `password`, `dbname` | as in libpq; better [`with_password`](Self::with_password) | the name of the process's user; none; the user's name |
/// | `sslmode` | `disable`: no TLS. `prefer`: TLS, except to this machine. `require`, `verify-ca` and `verify-full`: TLS | `prefer` |
/// | `connect_timeout` | seconds for a connection to one host, with TLS and login | 2 |
/// | `tcp_user_timeout` | seconds after which bytes that nobody confirms end the connection | 5 |
/// | `keepalives`, `keepalives_idle`, `keepalives_interval`, `keepalives_retries` | probes of a silent connection | 1, 30 s, 5 s, 3 |
/// | `application_name` | what the database shows | `access-groups` |
/// | `statements` | `prepared`, or `unnamed`: see [`Statements`] | `prepared` |
///
/// Where TLS is used, certificate and host name are verified in every mode.
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
    /// Reads a URL or a text of `key=value` pairs.
    ///
    /// # Errors
    ///
    /// `Unsupported`, code `store_settings`: it cannot be read. The message shows nothing of the text but
    /// names of options.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let (text, statements) = take_statements(text)?;
        // TLS always verifies here, so these ask for nothing more.
        let text = ["verify-full", "verify-ca"]
            .iter()
            .fold(text, |text, mode| {
                text.replace(&format!("sslmode={mode}"), "sslmode=require")
            });
        let mut config: Config = text.parse().map_err(|error| refused(&text, &error))?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(unsupported("the database settings name no host"));
        }
        set_defaults(&mut config, &text);
        Ok(Self {
            config,
            statements,
            connections: 8,
            wait: Duration::from_secs(1),
            limit: Duration::from_secs(5),
            lifetime: Duration::from_secs(30 * 60),
            roots: Vec::new(),
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

    /// Uses at most so many connections at once, at least 1. Default: 8.
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

    /// Trusts this certificate, in DER, in addition to those of the system.
    #[must_use]
    pub fn with_root_certificate(mut self, certificate: CertificateDer<'static>) -> Self {
        self.roots.push(certificate);
        self
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
            None => {}
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
            .ssl_mode(tls_mode(from.get_ssl_mode(), name, address))
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

fn set_defaults(config: &mut Config, text: &str) {
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT_TIMEOUT);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(Duration::from_secs(5));
    }
    // The driver's default, two hours, cannot be told from the same number in the text.
    if !text.contains("keepalives_idle") {
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

/// Whether TLS is used to this host: always, except to this machine, or where the settings say so.
fn tls_mode(wanted: SslMode, name: Option<&Host>, address: Option<&IpAddr>) -> SslMode {
    let is_here = match (address, name) {
        (Some(address), _) => address.is_loopback(),
        (None, Some(Host::Tcp(name))) => {
            name == "localhost"
                || name
                    .parse()
                    .is_ok_and(|address: IpAddr| address.is_loopback())
        }
        #[cfg(unix)]
        (None, Some(Host::Unix(_))) => true,
        (None, None) => false,
    };
    match wanted {
        SslMode::Disable => SslMode::Disable,
        SslMode::Prefer if is_here => SslMode::Disable,
        _ => SslMode::Require,
    }
}

/// Takes our own option out of the text, which the driver would not know.
fn take_statements(text: &str) -> Result<(String, Statements), Error> {
    // In a URL after the question mark only: before it, this may be a part of the password.
    let from = match text.starts_with("postgres") {
        true => text.find('?').unwrap_or(text.len()),
        false => 0,
    };
    let Some(start) = text[from..].find("statements=").map(|start| start + from) else {
        return Ok((text.to_owned(), Statements::default()));
    };
    let value = &text[start + "statements=".len()..];
    let length = value.find(['&', ' ']).unwrap_or(value.len());
    let statements = match &value[..length] {
        "prepared" => Statements::Prepared,
        "unnamed" => Statements::Unnamed,
        _ => return Err(unsupported("`statements` is `prepared` or `unnamed`")),
    };
    let (before, after) = (&text[..start], value[length..].trim_start_matches('&'));
    let rest = format!("{before}{after}");
    Ok((rest.trim_end_matches(['?', '&']).to_owned(), statements))
}

/// Names options only: anything else in the text may be a part of the password.
fn refused(text: &str, error: &tokio_postgres::Error) -> Error {
    let source = std::error::Error::source(error).map(ToString::to_string);
    let value = source.filter(|source| source.starts_with("invalid value for option"));
    let known = UNKNOWN
        .iter()
        .find(|option| text.contains(&format!("{option}=")));
    let why = match (value, known) {
        (Some(value), _) => format!(": {value}"),
        (None, Some(option)) => format!(": `{option}` is not supported"),
        (None, None) => String::new(),
    };
    unsupported(&format!("the database settings cannot be read{why}"))
}

fn unsupported(message: &str) -> Error {
    Error::unsupported(message).with_code("store_settings")
}

/// Options of libpq that the driver does not know.
const UNKNOWN: &[&str] = &[
    "sslrootcert",
    "sslcert",
    "sslkey",
    "sslcrl",
    "passfile",
    "service",
    "gssencmode",
];

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
    }

    #[test]
    fn statements_are_an_option() {
        let check = |text: &str, expected| assert_eq!(parsed(text).statements(), expected);
        check("postgres://a@h/d", Statements::Prepared);
        check("postgres://a@h/d?statements=unnamed", Statements::Unnamed);
        check(
            "postgres://a@h/d?statements=unnamed&sslmode=disable",
            Statements::Unnamed,
        );
        check("host=h statements=unnamed user=a", Statements::Unnamed);
        check("postgres://a:statements=b@h/d", Statements::Prepared);
        assert!(Settings::parse("postgres://a@h/d?statements=some").is_err());
    }

    #[test]
    fn no_message_shows_the_password() {
        for text in [
            "postgres://a:hunter2@h/d?port=x",
            "postgres://a:hunter2?b=c@h/d",
            "postgres://a:b/hunter2@h/d",
            "host=h password=hunter2 hunter2=1",
            "host=h password=hunter2 sslrootcert=a",
            "password=hunter2",
        ] {
            match Settings::parse(text) {
                Err(error) => assert!(!format!("{error:?} {error}").contains("hunter2"), "{error}"),
                Ok(settings) => assert!(!format!("{settings:?}").contains("hunter2")),
            }
        }
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
