//! What both HTTP clients make of TLS: which roots they trust, and why a certificate is refused.
//!
//! Behind the feature `rustls`. Nothing is read from the platform here: its roots are an argument.

use std::{error::Error as StdError, fmt, io, time::Duration};

use access_groups_core::Timestamp;
use rustls::{
    CertificateError, InvalidMessage, RootCertStore,
    pki_types::{CertificateDer, UnixTime},
};

use crate::{BuildError, TransportError, TransportErrorKind, response::one_line};

/// The roots that a client trusts: those given, and those of the platform that can be used. The
/// error is the platform's, if its roots could not all be read.
///
/// # Errors
///
/// [`BuildError::Tls`]: a given root is no certificate, or there is none at all.
pub fn trusted_roots(
    given: Vec<CertificateDer<'static>>,
    platform: Vec<CertificateDer<'static>>,
    error: Option<Box<dyn StdError + Send + Sync>>,
) -> Result<Vec<CertificateDer<'static>>, BuildError> {
    let check = |root: &CertificateDer<'static>| RootCertStore::empty().add(root.clone());
    for root in &given {
        check(root).map_err(|source| BuildError::Tls {
            message: "a given root is no usable certificate",
            source: Some(source.into()),
        })?;
    }
    // Platforms have single certificates that cannot be read, and the others are enough.
    let usable = platform.into_iter().filter(|root| check(root).is_ok());
    let roots: Vec<_> = given.into_iter().chain(usable).collect();
    match roots.is_empty() {
        false => Ok(roots),
        true => Err(BuildError::Tls {
            message: "the platform has no trust roots: install its CA certificates, or give a root",
            source: error,
        }),
    }
}

/// What the failure of a TLS handshake says about the other side: `None` if it says nothing in
/// particular, or if TLS had no part in it. The reason is looked for in the whole chain of sources,
/// and inside I/O errors.
///
/// Only for an attempt that did not get a connection.
#[must_use]
pub fn tls_failure(error: &(dyn StdError + 'static)) -> Option<TransportError> {
    use TransportErrorKind::{NotTls, NotTrusted};
    let failure = match find(error)? {
        rustls::Error::InvalidCertificate(wrong) => {
            TransportError::new(NotTrusted).with_reason(Distrust(wrong).to_string())
        }
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            TransportError::new(NotTls)
        }
        _ => return None,
    };
    Some(failure)
}

fn find<'e>(error: &'e (dyn StdError + 'static)) -> Option<&'e rustls::Error> {
    if let Some(error) = error.downcast_ref() {
        return Some(error);
    }
    let inner = error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref);
    match inner {
        Some(inner) => find(inner),
        None => find(error.source()?),
    }
}

/// Why a certificate is not trusted, and what can be done about it, as one line.
struct Distrust<'e>(&'e CertificateError);

impl fmt::Display for Distrust<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            CertificateError::ExpiredContext { time, not_after } => write!(
                f,
                "it expired at {}, and it is {} by the clock of this machine: set the clock if it \
                 is wrong; otherwise the service must renew its certificate",
                At(*not_after),
                At(*time)
            ),
            CertificateError::NotValidYetContext { time, not_before } => write!(
                f,
                "it is valid from {} on, and it is {} by the clock of this machine: set the clock \
                 if it is wrong",
                At(*not_before),
                At(*time)
            ),
            CertificateError::NotValidForNameContext {
                expected,
                presented,
            } => write!(
                f,
                "it is for {}, and not for {}: is the endpoint right, and is there a proxy or a \
                 sign-in page on the way?",
                Names(presented),
                expected.to_str()
            ),
            // A bad signature: there is a trusted root of the issuer's name, and it is another one.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => f.write_str(
                "no trusted root has signed it: it is self-signed, its issuer is unknown, or a \
                 proxy on the way opens TLS. If you trust the issuer, install its root on this \
                 machine, name it in SSL_CERT_FILE, or give it to the client",
            ),
            // webpki's error, which rustls passes on as text.
            CertificateError::Other(other) if other.to_string() == "CaUsedAsEndEntity" => f
                .write_str(
                    "it is the certificate of an authority (CA:TRUE), as self-signed ones often are, \
                     and not that of a server: the service needs one that an authority has signed",
                ),
            CertificateError::Other(other) => f.write_str(&one_line(&other.to_string())),
            other => f.write_str(&one_line(&other.to_string())),
        }
    }
}

/// An instant as the other texts show one.
struct At(UnixTime);

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since = Duration::from_secs(self.0.as_secs());
        Timestamp::UNIX_EPOCH.saturating_add(since).fmt(f)
    }
}

/// The names in a certificate, as far as a person would read them.
struct Names<'n>(&'n [String]);

impl fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("no name");
        }
        for (number, name) in self.0.iter().take(NAMES).enumerate() {
            let separator = if number == 0 { "" } else { ", " };
            // The verifier gives `DnsName("a.example")` and `IpAddress(127.0.0.1)`.
            let bare = name.split_once('(').map_or(name.as_str(), |(_, rest)| rest);
            let bare = bare.trim_matches(['"', ')']);
            write!(f, "{separator}{}", one_line(bare))?;
        }
        match self.0.len().saturating_sub(NAMES) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

/// How many names of a certificate a message repeats.
const NAMES: usize = 5;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rustls::{OtherError, pki_types::ServerName};

    use super::*;

    fn check(error: CertificateError, expected: &str) {
        let inner = rustls::Error::InvalidCertificate(error);
        // As both clients wrap it.
        let outer = io::Error::other(io::Error::other(inner));
        let failure = tls_failure(&outer).expect("a failure of TLS");
        assert_eq!(failure.kind(), TransportErrorKind::NotTrusted);
        assert_eq!(failure.reason(), Some(expected));
    }

    #[test]
    fn a_refused_certificate_has_a_reason_with_dates_and_names() {
        let at = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        check(
            CertificateError::ExpiredContext {
                time: at(86_400),
                not_after: at(60),
            },
            "it expired at 1970-01-01T00:01:00Z, and it is 1970-01-02T00:00:00Z by the \
             clock of this machine: set the clock if it is wrong; otherwise the service must renew \
             its certificate",
        );
        check(
            CertificateError::NotValidYetContext {
                time: at(0),
                not_before: at(u64::MAX),
            },
            "it is valid from 9999-12-31T23:59:59.999999999Z on, and it is 1970-01-01T00:00:00Z \
             by the clock of this machine: set the clock if it is wrong",
        );
        let presented = |count| (0..count).map(|n| format!("DnsName(\"a{n}.example\")"));
        check(
            CertificateError::NotValidForNameContext {
                expected: ServerName::try_from("doors.example").expect("a name"),
                presented: presented(7).chain(["IpAddress(::1)".into()]).collect(),
            },
            "it is for a0.example, a1.example, a2.example, a3.example, a4.example and 3 more, and \
             not for doors.example: is the endpoint right, and is there a proxy or a sign-in page \
             on the way?",
        );
        let other = Arc::new(io::Error::other("odd\nand long"));
        check(CertificateError::Other(OtherError(other)), "odd and long");
        check(CertificateError::Revoked, "Revoked");
    }

    #[test]
    fn what_is_no_matter_of_certificates_is_not_told_as_one() {
        let alert = rustls::AlertDescription::HandshakeFailure;
        assert!(tls_failure(&rustls::Error::AlertReceived(alert)).is_none());
        assert!(tls_failure(&io::Error::other("refused")).is_none());
        let plain = rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType);
        let failure = tls_failure(&plain).expect("plain text");
        assert_eq!(failure.kind(), TransportErrorKind::NotTls);
    }

    #[test]
    fn no_root_at_all_is_an_error() {
        let none = trusted_roots(Vec::new(), Vec::new(), Some("no file".into()));
        let error = none.expect_err("no root");
        assert_eq!(
            error.source().map(ToString::to_string).as_deref(),
            Some("no file")
        );
        let garbage = || vec![CertificateDer::from(vec![1, 2, 3])];
        assert!(trusted_roots(garbage(), Vec::new(), None).is_err());
        // One of the platform's that cannot be used is skipped, and then there is none.
        assert!(trusted_roots(Vec::new(), garbage(), None).is_err());
    }
}
