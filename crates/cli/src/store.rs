//! Which store a command works on, and how it is reached.

use std::{
    env,
    path::{Path, PathBuf},
};

use access_groups_core::BlockingPorts;
use access_groups_http_blocking::HttpBlocking;
use access_groups_protocol::{Credential, CredentialError, Endpoint, EndpointError};

use crate::{args::Options, exit::Exit, failure::Failure, key_file, output, site::Site};

/// The name of a store, as `--store` and `ACCESS_GROUPS_STORE` take it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum StoreName {
    /// `memory:SITE.json`
    Memory(PathBuf),
    /// `file:SITE.json`
    File(PathBuf),
    /// `https://HOST`, or `http://HOST`
    Http(Endpoint),
}

impl StoreName {
    /// What `--store` says, else `ACCESS_GROUPS_STORE`; else, if there is a credential, the
    /// service that `SEAM_ENDPOINT` names, which by default is Seam.
    pub(crate) fn choose(
        options: &Options,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Failure> {
        if let Some(text) = &options.store {
            return Self::parse(text, "--store", options.allow_insecure_http);
        }
        if let Some(text) = lookup(VARIABLE) {
            return Self::parse(&text, VARIABLE, options.allow_insecure_http);
        }
        let has_credential =
            options.api_key_file.is_some() || CREDENTIALS.iter().any(|name| lookup(name).is_some());
        if !has_credential {
            return Err(
                Failure::usage("there is no store, and no credential for Seam").with_hint(FORMS),
            );
        }
        Endpoint::from_vars(lookup)
            .map(Self::Http)
            .map_err(|error| bad_endpoint("SEAM_ENDPOINT", &error))
    }

    fn parse(text: &str, origin: &str, allow_insecure_http: bool) -> Result<Self, Failure> {
        if text.starts_with("http://") || text.starts_with("https://") {
            let endpoint = if allow_insecure_http {
                Endpoint::allowing_insecure_http(text)
            } else {
                text.parse()
            };
            return endpoint
                .map(Self::Http)
                .map_err(|error| bad_endpoint(origin, &error));
        }
        // The text is not repeated: it may hold a password.
        match text.split_once(':') {
            Some(("memory", path)) if !path.is_empty() => Ok(Self::Memory(path.into())),
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(path.into())),
            _ => Err(Failure::usage(format!("{origin} names no store")).with_hint(FORMS)),
        }
    }
}

/// An open store. All commands but `serve` work on any of them alike.
#[derive(Debug)]
pub(crate) struct Store {
    ports: BlockingPorts,
    site: Option<Site>,
}

impl Store {
    /// Loads the site file, or finds the credential; connects to nothing yet.
    pub(crate) fn open(name: StoreName, key_file: Option<&Path>) -> Result<Self, Failure> {
        match name {
            StoreName::Memory(path) => Ok(Self::on(Site::load(&path)?)),
            StoreName::File(path) => Ok(Self::on(Site::open(&path)?)),
            StoreName::Http(endpoint) => {
                let adapter = HttpBlocking::builder(credential(key_file)?)
                    .endpoint(endpoint)
                    .build()
                    .map_err(|error| {
                        Failure::failed("the service cannot be called")
                            .caused_by(&error)
                            .with_hint("install the system's CA certificates (ca-certificates)")
                    })?;
                Ok(Self {
                    ports: BlockingPorts::of(adapter),
                    site: None,
                })
            }
        }
    }

    fn on(site: Site) -> Self {
        Self {
            ports: BlockingPorts::of(site.memory().blocking()),
            site: Some(site),
        }
    }

    /// What the store can do.
    pub(crate) fn ports(&self) -> &BlockingPorts {
        &self.ports
    }

    /// Makes a change last: a `file:` store is written, if it has changed.
    pub(crate) fn save(&self) -> Result<(), Failure> {
        self.site.as_ref().map_or(Ok(()), Site::save)
    }

    /// Tells whoever made a change that it ends with the command, if it does.
    pub(crate) fn remind(&self) {
        if self.site.as_ref().is_some_and(|site| !site.keeps_changes()) {
            output::to_stderr(
                "note: a memory: store forgets the change now; file:SITE.json would keep it",
            );
        }
    }
}

/// The environment: an empty variable counts as unset. One that is not text is read as far
/// as it is, and what uses it refuses it.
pub(crate) fn variable(name: &str) -> Option<String> {
    env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(|value| value.to_string_lossy().into_owned())
}

/// A credential that is refused here, before anything is sent.
pub(crate) fn bad_credential(origin: &str, error: &CredentialError) -> Failure {
    let message = match error {
        CredentialError::Missing => format!("there is no API key in {origin}"),
        other => format!("{origin}: {other}"),
    };
    Failure::new(Exit::CredentialRefused, message)
}

fn credential(key_file: Option<&Path>) -> Result<Credential, Failure> {
    if let Some(path) = key_file {
        let text = key_file::read(path)?;
        return Credential::api_key(text.expose().trim())
            .map_err(|error| bad_key(&path.display().to_string(), &error));
    }
    Credential::from_vars(variable).map_err(|error| match error {
        CredentialError::Missing => Failure::new(
            Exit::CredentialRefused,
            "there is no API key for the service",
        )
        .with_hint(
            "set SEAM_API_KEY to the key, or name a file that holds it with --api-key-file; or set \
             SEAM_PERSONAL_ACCESS_TOKEN and SEAM_WORKSPACE_ID",
        ),
        CredentialError::Ambiguous
        | CredentialError::NotAPersonalAccessToken
        | CredentialError::NoWorkspace
        | CredentialError::NoWorkspaceId => {
            Failure::new(Exit::CredentialRefused, error.to_string())
        }
        other => {
            let set = CREDENTIALS.iter().find(|name| variable(name).is_some());
            bad_key(set.unwrap_or(&"SEAM_API_KEY"), &other)
        }
    })
}

fn bad_key(origin: &str, error: &CredentialError) -> Failure {
    bad_credential(origin, error).with_hint(
        "Seam's keys are made at https://console.seam.co; another service has its own, which \
         `access-groups serve` prints where it made one",
    )
}

fn bad_endpoint(origin: &str, error: &EndpointError) -> Failure {
    let failure = Failure::usage(format!("{origin} is {error}"));
    if !error.to_string().contains("insecure") {
        return failure;
    }
    failure.with_hint("--store http://HOST --allow-insecure-http allows it")
}

const VARIABLE: &str = "ACCESS_GROUPS_STORE";

/// Variables that say that Seam is meant, even if the credential turns out to be unusable.
const CREDENTIALS: &[&str] = &["SEAM_API_KEY", "SEAM_PERSONAL_ACCESS_TOKEN"];

const FORMS: &str = "name one with --store or ACCESS_GROUPS_STORE:
  memory:SITE.json   reads a site file and never writes it: try this first
  file:SITE.json     reads a site file and writes changes back
  https://HOST       Seam (https://connect.getseam.com) or the like, with SEAM_API_KEY;
                     with that variable alone, the store is Seam";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Format;

    fn options(store: Option<&str>) -> Options {
        Options {
            store: store.map(str::to_owned),
            format: Format::Human,
            api_key_file: None,
            allow_insecure_http: false,
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
    fn the_option_beats_the_variable_which_beats_the_credential() {
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
    fn a_store_has_one_of_three_forms() {
        check(Some("http://127.0.0.1:1"), &[], http("http://127.0.0.1:1"));
        check(
            Some("file:/a b/c:d.json"),
            &[],
            Some(StoreName::File("/a b/c:d.json".into())),
        );
        for text in ["", "site.json", "memory:", "file:", "ftp://a", "http://"] {
            check(Some(text), &[], None);
        }
    }

    #[test]
    fn plain_http_to_another_machine_needs_leave() {
        check(Some("http://doors.example"), &[], None);
        let mut options = options(Some("http://doors.example"));
        options.allow_insecure_http = true;
        StoreName::choose(&options, |_| None).expect("allowed");
    }

    #[test]
    fn who_names_no_store_is_shown_how_to_try_one_and_no_secret() {
        let failure = StoreName::choose(&options(None), |_| None).expect_err("none");
        assert!(failure.to_string().contains("memory:SITE.json"));
        for text in ["seam_swordfish", "https://ada:swordfish@a.example"] {
            let failure = StoreName::choose(&options(Some(text)), |_| None).expect_err("no");
            assert!(!failure.to_string().contains("swordfish"), "{failure}");
        }
    }
}
