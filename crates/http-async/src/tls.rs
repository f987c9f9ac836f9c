//! Whom to trust: rustls with aws-lc-rs, the platform's roots, and those given.

use std::{error::Error as StdError, io, sync::Arc};

use access_groups_protocol::Endpoint;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::CertificateDer,
};

use crate::BuildError;

/// For an `http` endpoint nothing is loaded, and nobody is trusted.
pub(crate) fn config(
    endpoint: &Endpoint,
    extra: Vec<CertificateDer<'static>>,
) -> Result<ClientConfig, BuildError> {
    let mut roots = RootCertStore::empty();
    if endpoint.is_https() {
        for certificate in extra {
            roots.add(certificate).map_err(|source| BuildError::Tls {
                message: "a given root is no usable certificate",
                source: Some(source.into()),
            })?;
        }
        add_platform_roots(&mut roots)?;
    }
    let provider: Arc<CryptoProvider> = aws_lc_rs::default_provider().into();
    let versions = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|source| BuildError::Tls {
            message: "the provider lacks a protocol version",
            source: Some(source.into()),
        })?;
    Ok(versions.with_root_certificates(roots).with_no_client_auth())
}

/// Unreadable single certificates of the platform are passed over; a platform without any
/// is an error unless roots were given.
fn add_platform_roots(roots: &mut RootCertStore) -> Result<(), BuildError> {
    let found = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(found.certs);
    if !roots.is_empty() {
        return Ok(());
    }
    Err(BuildError::Tls {
        message: "the platform has no trust roots: install its CA certificates, or give a root",
        source: found.errors.into_iter().next().map(Into::into),
    })
}

/// Whether the failure is that the other side could not prove who it is.
pub(crate) fn is_distrust(error: &(dyn StdError + 'static)) -> bool {
    if let Some(error) = error.downcast_ref::<rustls::Error>() {
        return matches!(error, rustls::Error::InvalidCertificate(_));
    }
    let inner = error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref);
    match (inner, error.source()) {
        (Some(inner), _) => is_distrust(inner),
        (None, Some(source)) => is_distrust(source),
        (None, None) => false,
    }
}
