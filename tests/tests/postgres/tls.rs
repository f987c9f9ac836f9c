//! TLS with a real server: who is trusted, who is refused and why, and that nothing falls back to plain text.

use std::{error::Error as _, sync::LazyLock};

use access_groups_core::{Error, ErrorKind};
use access_groups_postgres::{Database, Settings};
use access_groups_tests::{cluster::Cluster, scripted::Identity};

/// A server whose certificate is for 127.0.0.1 and `doors.invalid`. `guarded` needs TLS and a password.
struct Server {
    cluster: Cluster,
    identity: Identity,
    port: String,
}

static SERVER: LazyLock<Server> = LazyLock::new(|| {
    let (cluster, identity) = (Cluster::start(), Identity::new());
    cluster.sql(
        "postgres",
        "create role guarded superuser login password 'swordfish'",
    );
    let rules = "hostssl all guarded all scram-sha-256\nhost all guarded all reject\n\
                 hostssl all secret all reject";
    cluster.speak_tls(&identity, rules);
    let port = port_of(&cluster);
    Server {
        cluster,
        identity,
        port,
    }
});

/// A server without TLS.
static PLAIN: LazyLock<Cluster> = LazyLock::new(Cluster::start);

fn port_of(cluster: &Cluster) -> String {
    let url = cluster.url("postgres");
    let port = url.rsplit_once(':').map(|(_, rest)| rest);
    let port = port.and_then(|rest| rest.split_once('/'));
    port.expect("a port before the database").0.to_owned()
}

/// Settings for the server by this host, with whatever else is said.
fn at(host: &str, more: &str) -> Settings {
    let port = &SERVER.port;
    let text = format!("{host} port={port} user=postgres dbname=postgres sslmode=require {more}");
    Settings::parse(&text).expect("sound settings")
}

fn trusting(settings: Settings, identity: &Identity) -> Settings {
    settings
        .with_root_certificates(identity.root_pem())
        .expect("a certificate")
}

/// It connects, and the server sees TLS.
async fn check(what: &str, settings: &Settings) {
    Database::migrate(settings)
        .await
        .unwrap_or_else(|error| panic!("{what}: {error:?}"));
    let database = Database::connect(settings).await.expect("connected");
    let encrypted = "select bool_and(ssl) from pg_stat_ssl join pg_stat_activity using (pid) \
                     where application_name = 'access-groups'";
    assert_eq!(SERVER.cluster.sql("postgres", encrypted), "t", "{what}");
    drop(database);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn a_trusted_server_is_encrypted() {
    let (own, other) = (&SERVER.identity, Identity::new());
    for (what, host) in [
        ("a name", "host=doors.invalid hostaddr=127.0.0.1"),
        ("an address", "host=127.0.0.1"),
        ("only an address", "hostaddr=127.0.0.1"),
    ] {
        check(what, &trusting(at(host, ""), own)).await;
    }
    let der = at("host=127.0.0.1", "").with_root_certificate(own.root());
    check("a root in DER", &der).await;
    let both = format!("{}\n{}", other.root_pem(), own.root_pem());
    let several = at("host=127.0.0.1", "").with_root_certificates(&both);
    check("several roots", &several.expect("certificates")).await;

    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), both).expect("written");
    let (path, port) = (file.path().display(), &SERVER.port);
    let named = at("host=127.0.0.1", &format!("sslrootcert='{path}'"));
    check("a file of roots", &named).await;
    let url = format!(
        "postgres://guarded@127.0.0.1:{port}/postgres?sslmode=verify-full&sslrootcert={path}\
         &channel_binding=require"
    );
    let url = Settings::parse(&url)
        .expect("sound")
        .with_password("swordfish");
    check("a password that is bound to the certificate", &url).await;
}

#[track_caller]
fn refused(outcome: Result<Database, Error>, code: &str, why: &[&str]) {
    let error = outcome.expect_err(code);
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error}");
    assert_eq!(error.code(), Some(code), "{error}");
    assert!(!error.is_retryable() && !error.is_ambiguous(), "{error}");
    let source = error.source().expect("why").to_string();
    for part in why {
        assert!(source.contains(part), "{part:?} is not in {source:?}");
        assert!(
            !error.message().contains("invalid"),
            "callers of servers see {error}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn an_unknown_authority_is_refused() {
    let host = "host=doors.invalid hostaddr=127.0.0.1";
    let place = format!("postgres@doors.invalid:{}/postgres: ", SERVER.port);
    let why = [&place, "no trusted root has signed it"];
    // Only the roots of the system, and those of somebody else.
    refused(
        Database::connect(&at(host, "")).await,
        "store_untrusted",
        &why,
    );
    let other = trusting(at(host, ""), &Identity::new());
    refused(Database::connect(&other).await, "store_untrusted", &why);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn a_wrong_name_is_refused() {
    for (mode, name) in [("require", "other.invalid"), ("verify-ca", "gym.invalid")] {
        let host = format!("host={name} hostaddr=127.0.0.1");
        let settings = at(&host, &format!("sslmode={mode}"));
        let settings = trusting(settings, &SERVER.identity);
        refused(
            Database::connect(&settings).await,
            "store_untrusted",
            &[name, "doors.invalid"],
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn nothing_falls_back_to_plain_text() {
    let port = port_of(&PLAIN);
    let settings = |host: &str, query: &str| {
        let url = format!("postgres://postgres@{host}:{port}/postgres{query}");
        Settings::parse(&url).expect("a sound URL")
    };
    // A name that is not known to be this machine's, though it is.
    for (host, query) in [
        ("127.0.0.1", "?sslmode=require"),
        ("127.0.0.1", "?sslmode=verify-full"),
        ("127.1", ""),
        ("127.1", "?sslmode=prefer"),
    ] {
        refused(
            Database::connect(&settings(host, query)).await,
            "store_without_tls",
            &[host, "`ssl` off"],
        );
    }
    for settings in [
        settings("127.0.0.1", ""),
        settings("127.1", "?sslmode=disable"),
    ] {
        Database::migrate(&settings).await.expect("in the clear");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn a_host_that_is_trusted_is_found() {
    // The other one of the pair cannot be trusted, so that it is never used.
    let (port, plain) = (&SERVER.port, port_of(&PLAIN));
    let text = format!(
        "host=127.0.0.1,127.0.0.1 port={plain},{port} user=postgres dbname=postgres sslmode=require"
    );
    let settings = Settings::parse(&text).expect("sound settings");
    check("a pair", &trusting(settings.clone(), &SERVER.identity)).await;
    refused(
        Database::connect(&settings).await,
        "store_without_tls",
        &[&format!("127.0.0.1:{plain}")],
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn a_password_that_fails_is_told() {
    let guarded = at("host=127.0.0.1", "user=guarded");
    let guarded = trusting(guarded, &SERVER.identity);
    let place = format!("guarded@127.0.0.1:{}/postgres: ", SERVER.port);
    let told = async |settings: Settings| {
        let outcome = Database::connect(&settings).await;
        let message = outcome
            .as_ref()
            .err()
            .map(|error| error.message().to_owned());
        refused(outcome, "store_password", &[&place]);
        message.expect("refused")
    };
    let missing = told(guarded.clone()).await;
    assert_eq!(
        missing,
        "the database asks for a password, and there is none"
    );
    let wrong = told(guarded.clone().with_password("hunter2")).await;
    assert_eq!(wrong, "the database refuses the password");
    check("the password", &guarded.with_password("swordfish")).await;
    let secret = trusting(at("host=127.0.0.1", "user=secret"), &SERVER.identity);
    refused(
        Database::connect(&secret).await,
        "store_refused",
        &["secret@127.0.0.1", "SQLSTATE 28000"],
    );
}
