//! TLS as the HTTP adapters have it: rustls with aws-lc-rs, the roots of the system and those given.

use std::{net::IpAddr, sync::Arc};

use access_groups_core::Error;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, pem::PemObject},
};
use tokio_postgres::config::{Config, Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::Settings;

/// Whether TLS is used to this host: always, except to this machine, or where the settings say so. Never
/// [`Prefer`](SslMode::Prefer), with which a server, or somebody in between, could refuse it.
pub(crate) fn mode(wanted: SslMode, name: Option<&Host>, address: Option<&IpAddr>) -> SslMode {
    let is_here = match (address, name) {
        (Some(address), _) => address.is_loopback(),
        // No name but this one: others may resolve to anything.
        (None, Some(Host::Tcp(name))) => {
            name.eq_ignore_ascii_case("localhost")
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

/// The certificates of a text in PEM, each usable as a root; why not, in words.
pub(crate) fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let found = found.map_err(|error| error.to_string())?;
    if found.is_empty() {
        return Err("there is no certificate in it".to_owned());
    }
    for root in &found {
        usable(root).map_err(|error| error.to_string())?;
    }
    Ok(found)
}

fn usable(root: &CertificateDer<'static>) -> Result<(), rustls::Error> {
    RootCertStore::empty().add(root.clone())
}

/// What makes TLS for connections to these hosts. Without one that needs it, no root is loaded.
pub(crate) fn connector(settings: &Settings, hosts: &[Config]) -> Result<MakeRustlsConnect, Error> {
    let mut roots = RootCertStore::empty();
    let is_used = |host: &Config| host.get_ssl_mode() != SslMode::Disable;
    if hosts.iter().any(is_used) {
        roots = trusted(settings.roots())?;
    }
    // Explicit: a process-wide default may be absent, or another one.
    let provider: Arc<CryptoProvider> = aws_lc_rs::default_provider().into();
    let versions = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider has every version");
    let config = versions.with_root_certificates(roots).with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

/// The roots given, and those of the system that can be used.
fn trusted(given: &[CertificateDer<'static>]) -> Result<RootCertStore, Error> {
    let refused = |message: &str| Error::unsupported(message).with_code("store_settings");
    for root in given {
        usable(root)
            .map_err(|error| refused("a given root is no usable certificate").with_source(error))?;
    }
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    // Systems have single certificates that cannot be read, and the others are enough.
    roots.add_parsable_certificates(given.iter().cloned().chain(found.certs));
    if !roots.is_empty() {
        return Ok(roots);
    }
    let error = refused(
        "the system has no trust roots: install its CA certificates, or name a file of roots with \
         `sslrootcert`",
    );
    Err(match found.errors.into_iter().next() {
        Some(cause) => error.with_source(cause),
        None => error,
    })
}
