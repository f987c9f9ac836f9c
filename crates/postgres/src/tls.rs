//! TLS as the HTTP adapters have it: rustls with aws-lc-rs, and the roots of the system.

use std::sync::Arc;

use access_groups_core::Error;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::{CryptoProvider, aws_lc_rs},
};
use tokio_postgres::config::{Config, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::Settings;

/// What makes TLS for connections to these hosts. Without one that needs it, no root is loaded.
pub(crate) fn connector(settings: &Settings, hosts: &[Config]) -> Result<MakeRustlsConnect, Error> {
    let mut roots = RootCertStore::empty();
    if hosts
        .iter()
        .any(|host| host.get_ssl_mode() != SslMode::Disable)
    {
        let given = settings.roots().iter().cloned();
        let found = rustls_native_certs::load_native_certs().certs;
        roots.add_parsable_certificates(given.chain(found));
        if roots.is_empty() {
            let message = "there is no root certificate, so that no database can be trusted";
            return Err(Error::unsupported(message).with_code("store_settings"));
        }
    }
    // Explicit: a process-wide default may be absent, or another one.
    let provider: Arc<CryptoProvider> = aws_lc_rs::default_provider().into();
    let versions = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider has every version");
    let config = versions.with_root_certificates(roots).with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}
