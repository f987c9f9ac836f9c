//! The name of a store: what `--store` and its variable take.

use std::{
    fs,
    path::{Path, PathBuf},
};

use access_groups_core::without_mark;
use access_groups_protocol::{Endpoint, EndpointError};

use super::CREDENTIALS;
use crate::{args::Options, database::DatabaseName, failure::Failure};

/// The name of a store, as `--store` and `ACCESS_GROUPS_STORE` take it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum StoreName {
    /// `memory:SITE.json`
    Memory(PathBuf),
    /// `file:SITE.json`
    File(PathBuf),
    /// `sqlite:SITE.db`, or `postgres://USER@HOST/DATABASE`
    Database(DatabaseName),
    /// `https://HOST`, or `http://HOST`
    Http(Endpoint),
}

impl StoreName {
    /// The store of `--store`, else of `ACCESS_GROUPS_STORE`; else, if there is a credential, the
    /// service of `SEAM_ENDPOINT`, by default Seam.
    pub(crate) fn choose(
        options: &Options,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Failure> {
        if let Some(text) = &options.store {
            return Self::parse(text, OPTION, options.allow_insecure_http);
        }
        if let Some(text) = lookup(VARIABLE) {
            return Self::parse(&text, VARIABLE, options.allow_insecure_http);
        }
        // A credential alone selects Seam; without one, a request could only fail.
        let has_credential =
            options.api_key_file.is_some() || CREDENTIALS.iter().any(|name| lookup(name).is_some());
        if !has_credential {
            return Err(
                Failure::usage("there is no store, and no credential for Seam").with_hint(FORMS),
            );
        }
        Endpoint::from_vars(&lookup)
            .map(Self::Http)
            .map_err(|error| {
                let current = lookup("SEAM_ENDPOINT").map(|_| "SEAM_ENDPOINT");
                bad_endpoint(current.unwrap_or("SEAM_API_URL"), &error)
            })
    }

    fn parse(text: &str, origin: &str, allow_insecure_http: bool) -> Result<Self, Failure> {
        let text = without_mark(text).trim();
        let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme);
        if scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https") {
            let endpoint = if allow_insecure_http {
                Endpoint::allowing_insecure_http(text)
            } else {
                text.parse()
            };
            return endpoint
                .map(Self::Http)
                .map_err(|error| bad_endpoint(origin, &error));
        }
        if let Some(name) = DatabaseName::parse(text, origin)? {
            return Ok(Self::Database(name));
        }
        // The text is not repeated: it may contain a password.
        match text.split_once(':') {
            Some(("memory", path)) if !path.is_empty() => Ok(Self::Memory(path.into())),
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(path.into())),
            _ => Err(Failure::usage(format!("{origin} names no store")).with_hint(FORMS)),
        }
    }

    /// Refuses a database in a file that does not exist: a mistyped path would be a new and empty store.
    pub(crate) fn must_exist(&self) -> Result<(), Failure> {
        match self {
            Self::Database(name) => name.must_exist(),
            // They refuse it as they are read.
            Self::Memory(_) | Self::File(_) | Self::Http(_) => Ok(()),
        }
    }

    /// The same whatever way its path is named. Of a file that exists.
    pub(super) fn identity(&self) -> String {
        match self {
            Self::Database(name) => name.identity(),
            Self::Memory(path) => format!("memory:{}", whole(path).display()),
            Self::File(path) => format!("file:{}", whole(path).display()),
            Self::Http(endpoint) => endpoint.to_string(),
        }
    }

    /// As `--store` gives it, for a further command. An address is shown as it was parsed: what was typed
    /// may hold a password.
    pub(super) fn given(&self, options: &Options) -> Option<String> {
        let text = options.store.as_ref()?;
        Some(match self {
            Self::Http(endpoint) => endpoint.to_string(),
            // On a command line, it has no password.
            Self::Memory(_) | Self::File(_) | Self::Database(_) => text.trim().to_owned(),
        })
    }
}

/// The path without symbolic links, of a file that exists.
pub(crate) fn whole(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

fn bad_endpoint(origin: &str, error: &EndpointError) -> Failure {
    let failure = Failure::usage(format!("{origin} is {error}"));
    // Only an address that is fine otherwise gets the hint.
    if !error.to_string().contains("insecure") {
        return failure;
    }
    failure.with_hint("--store http://HOST --allow-insecure-http allows it")
}

/// The option, as messages name it. Whoever is on the machine can read its value.
pub(crate) const OPTION: &str = "--store";

const VARIABLE: &str = "ACCESS_GROUPS_STORE";

const FORMS: &str = "name one with --store or ACCESS_GROUPS_STORE:
  memory:SITE.json   reads a site file and never writes it: try this first
  file:SITE.json     reads a site file and writes changes back
  sqlite:SITE.db     a database in a file, which `import` and `systems create` make
  postgres://HOST/DB a PostgreSQL database, which several servers may use
  https://HOST       Seam (https://connect.getseam.com) or the like, with SEAM_API_KEY;
                     with that variable alone, the store is Seam";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Exit;

    fn options(store: Option<&str>) -> Options {
        Options {
            store: store.map(str::to_owned),
            ..Options::default()
        }
    }

    fn check(store: Option<&str>, vars: &[(&str, &str)], expected: Option<StoreName>) {
        let found = StoreName::choose(&options(store), |name| {
            let found = vars.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        });
        match found {
            Ok(name) => assert_eq!(Some(name), expected, "{store:?} {vars:?}"),
            Err(failure) => {
                assert_eq!(expected, None, "{store:?} {vars:?}: {failure}");
                assert_eq!(failure.exit(), Exit::Usage, "{failure}");
            }
        }
    }

    fn http(text: &str) -> Option<StoreName> {
        Some(StoreName::Http(text.parse().expect("an endpoint")))
    }

    #[test]
    fn option_comes_before_variable_before_credential() {
        let memory = || Some(StoreName::Memory("a.json".into()));
        let all = [(VARIABLE, "file:b.json"), ("SEAM_API_KEY", "seam_a")];
        check(Some("memory:a.json"), &all, memory());
        check(None, &all, Some(StoreName::File("b.json".into())));
        check(None, &all[1..], http("https://connect.getseam.com"));
        let elsewhere = [
            ("SEAM_API_KEY", "seam_a"),
            ("SEAM_ENDPOINT", "http://localhost:1"),
        ];
        check(None, &elsewhere, http("http://localhost:1"));
        check(None, &[("SEAM_ENDPOINT", "http://localhost:1")], None);
        check(None, &[], None);
    }

    #[test]
    fn store_has_one_of_four_forms() {
        check(Some("http://127.0.0.1:1"), &[], http("http://127.0.0.1:1"));
        check(
            Some("file:/a b/c:d.json"),
            &[],
            Some(StoreName::File("/a b/c:d.json".into())),
        );
        let database = DatabaseName::Sqlite("a.db".into());
        check(
            Some("sqlite:a.db"),
            &[],
            Some(StoreName::Database(database)),
        );
        for text in [
            "",
            "site.json",
            "memory:",
            "file:",
            "sqlite:",
            "ftp://a",
            "http://",
        ] {
            check(Some(text), &[], None);
        }
    }

    #[test]
    fn store_may_have_capitals_and_blanks() {
        check(
            Some(" HTTP://localhost:1 "),
            &[],
            http("http://localhost:1"),
        );
        check(Some("HTTPS://a.example"), &[], http("https://a.example"));
        let file = Some(StoreName::File("a b.json".into()));
        check(Some(" file:a b.json\n"), &[], file);
        let empty = StoreName::choose(&options(Some("https://")), |_| None).expect_err("empty");
        assert!(empty.to_string().contains("names no host"), "{empty}");
    }

    #[test]
    fn wrong_endpoint_names_its_variable() {
        for name in ["SEAM_ENDPOINT", "SEAM_API_URL"] {
            let vars = [("SEAM_API_KEY", "seam_a"), (name, "https://")];
            let found = StoreName::choose(&options(None), |asked| {
                let found = vars.iter().find(|(key, _)| *key == asked);
                found.map(|(_, value)| (*value).to_owned())
            });
            let refused = found.expect_err(name).to_string();
            assert!(refused.contains(&format!("{name} is not")), "{refused}");
        }
    }

    #[test]
    fn plain_http_to_another_machine_needs_permission() {
        check(Some("http://doors.example"), &[], None);
        let mut options = options(Some("http://doors.example"));
        options.allow_insecure_http = true;
        StoreName::choose(&options, |_| None).expect("allowed");
    }

    #[test]
    fn missing_store_is_explained_without_secrets() {
        let failure = StoreName::choose(&options(None), |_| None).expect_err("none");
        assert!(failure.to_string().contains("memory:SITE.json"));
        for text in ["seam_swordfish", "https://ada:swordfish@a.example"] {
            let failure = StoreName::choose(&options(Some(text)), |_| None).expect_err("no");
            assert!(!failure.to_string().contains("swordfish"), "{failure}");
        }
    }
}
