//! Whom to trust: rustls with aws-lc-rs, the platform's roots, and those given.

use std::sync::Arc;

use access_groups_protocol::Endpoint;
use rustls::{RootCertStore, crypto::aws_lc_rs, pki_types::CertificateDer};
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use crate::BuildError;

/// For an `http` endpoint nothing is loaded, and nobody is trusted.
pub(crate) fn config(
    endpoint: &Endpoint,
    extra: Vec<CertificateDer<'static>>,
) -> Result<TlsConfig, BuildError> {
    let mut roots = Vec::new();
    if endpoint.is_https() {
        for certificate in &extra {
            check(certificate)?;
        }
        roots = with_platform_roots(extra)?;
    }
    let roots: RootCerts = roots
        .iter()
        .map(|certificate| Certificate::from_der(certificate).to_owned())
        .into();
    Ok(TlsConfig::builder()
        .root_certs(roots)
        .unversioned_rustls_crypto_provider(Arc::new(aws_lc_rs::default_provider()))
        .build())
}

fn check(certificate: &CertificateDer<'static>) -> Result<(), BuildError> {
    RootCertStore::empty()
        .add(certificate.clone())
        .map_err(|source| BuildError::Tls {
            message: "a given root is no usable certificate",
            source: Some(source.into()),
        })
}

/// Unreadable single certificates of the platform are passed over; a platform without any
/// is an error unless roots were given.
fn with_platform_roots(
    mut roots: Vec<CertificateDer<'static>>,
) -> Result<Vec<CertificateDer<'static>>, BuildError> {
    let found = rustls_native_certs::load_native_certs();
    roots.extend(
        found
            .certs
            .into_iter()
            .filter(|certificate| check(certificate).is_ok()),
    );
    if !roots.is_empty() {
        return Ok(roots);
    }
    Err(BuildError::Tls {
        message: "the platform has no trust roots: install its CA certificates, or give a root",
        source: found.errors.into_iter().next().map(Into::into),
    })
}

/// Whether the failure is that the other side could not prove who it is.
pub(crate) fn is_distrust(error: &ureq::Error) -> bool {
    let inner = match error {
        ureq::Error::Rustls(error) => Some(error),
        ureq::Error::Io(error) => error.get_ref().and_then(|inner| inner.downcast_ref()),
        _ => None,
    };
    matches!(inner, Some(rustls::Error::InvalidCertificate(_)))
}
