//! Connections that no repetition makes: the password, the login or the certificate is refused.

use std::{error::Error as StdError, io};

use access_groups_core::Error;
use rustls::{CertificateError, InvalidMessage};
use tokio_postgres::config::Config;

use crate::{Login, fault::Told};

/// What the caller is told, if the server refuses who logs in. Names of hosts are in the source only: servers
/// show messages to their callers.
pub(crate) fn of_login(error: &tokio_postgres::Error, host: &Config) -> Option<Error> {
    let code = error.code().map_or("", |code| code.code());
    let (message, code) = match code {
        "28P01" => ("the database refuses the password", "store_password"),
        // The driver ends by itself when it is asked for one.
        "" if cause(error).as_deref() == Some("password missing") => (
            "the database asks for a password, and there is none",
            "store_password",
        ),
        "3D000" => ("the server has no such database", "store_missing"),
        _ if code.starts_with("28") => ("the database refuses the login", "store_refused"),
        _ => return None,
    };
    Some(refused(message, code, host, &Told::of(error).to_string()))
}

/// What the caller is told, if there can be no TLS with this server.
pub(crate) fn of_tls(error: &tokio_postgres::Error, host: &Config) -> Option<Error> {
    let (distrusted, without) = ("store_untrusted", "store_without_tls");
    let message = "the database does not speak TLS";
    match rustls_error(error) {
        Some(rustls::Error::InvalidCertificate(wrong)) => {
            let message = "the certificate of the database is not trusted";
            Some(refused(message, distrusted, host, &distrust(wrong)))
        }
        Some(rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType)) => {
            let why = "something else answers there";
            Some(refused(message, without, host, why))
        }
        Some(_) => None,
        None if cause(error).as_deref() == Some("server does not support TLS") => {
            let why = "the server has `ssl` off, or a pool before it has; nothing was sent to it in the clear";
            Some(refused(message, without, host, why))
        }
        None => None,
    }
}

fn refused(message: &str, code: &'static str, host: &Config, why: &str) -> Error {
    let error = Error::unavailable(message).with_code(code).without_retry();
    error.with_source(Told::new(format!("{}: {why}", Login::of(host))))
}

/// Why a certificate is not trusted.
fn distrust(wrong: &CertificateError) -> String {
    match wrong {
        // A bad signature: there is a trusted root of the issuer's name, and it is another one.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "no trusted root has signed it: it is self-signed, its issuer is unknown, or somebody on \
             the way opens TLS"
                .to_owned()
        }
        // webpki's error, which rustls passes on as text.
        CertificateError::Other(other) if other.to_string() == "CaUsedAsEndEntity" => {
            "it is the certificate of an authority (CA:TRUE), as self-signed ones often are, and not \
             that of a server"
                .to_owned()
        }
        other => other.to_string(),
    }
}

fn cause(error: &tokio_postgres::Error) -> Option<String> {
    error.source().map(ToString::to_string)
}

/// It is inside an I/O error.
fn rustls_error(error: &tokio_postgres::Error) -> Option<&rustls::Error> {
    let outer = error.source()?.downcast_ref::<io::Error>()?;
    outer.get_ref()?.downcast_ref()
}
