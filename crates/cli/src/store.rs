//! The store that a command works on, and how it is reached.

use std::{
    env,
    error::Error as _,
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use access_groups_core::{file_text, prelude::*, without_mark};
use access_groups_file::SiteFile;
use access_groups_http_blocking::Client;
use access_groups_in_memory::{InMemory, State};
use access_groups_protocol::{
    BuildError, Credential, CredentialError, Endpoint, EndpointError, RateLimit, RetryPolicy,
};

use crate::{
    args::{Options, Rate},
    failure::{Exit, Failure, bad_credential},
    keys, output,
    pages::Paged,
    signals,
    waiting::{Waits, Watched},
};

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
    /// The store of `--store`, else of `ACCESS_GROUPS_STORE`; else, if there is a credential, the
    /// service of `SEAM_ENDPOINT`, by default Seam.
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
        // The text is not repeated: it may contain a password.
        match text.split_once(':') {
            Some(("memory", path)) if !path.is_empty() => Ok(Self::Memory(path.into())),
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(path.into())),
            _ => Err(Failure::usage(format!("{origin} names no store")).with_hint(FORMS)),
        }
    }
}

impl StoreName {
    fn identity(&self) -> String {
        match self {
            Self::Memory(path) => format!("memory:{}", whole(path).display()),
            Self::File(path) => format!("file:{}", whole(path).display()),
            Self::Http(endpoint) => endpoint.to_string(),
        }
    }
}

fn whole(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// An open store: all commands but `serve` work on any of them alike.
pub(crate) struct Store {
    port: Arc<dyn BlockingAccessGroupPort>,
    /// The site file, if it is one.
    file: Option<Arc<SavedWhole>>,
    waits: Waits,
    identity: String,
    /// As `--store` names it, if it was given.
    given: Option<String>,
    /// Whether changes end with the command.
    is_forgetful: bool,
}

impl Store {
    /// Loads the site file, or finds the credential; connects to nothing yet.
    pub(crate) fn open(name: StoreName, options: &Options) -> Result<Self, Failure> {
        let is_forgetful = matches!(name, StoreName::Memory(_));
        let identity = name.identity();
        // The address of a service as it is parsed: what was typed may hold a password.
        let given = options.store.as_ref().map(|text| match &name {
            StoreName::Http(endpoint) => endpoint.to_string(),
            StoreName::Memory(_) | StoreName::File(_) => text.trim().to_owned(),
        });
        let (mut file, waits) = (None, Waits::default());
        let port: Arc<dyn BlockingAccessGroupPort> = match name {
            StoreName::Memory(path) => Arc::new(load(&path)?.blocking()),
            StoreName::File(path) => {
                let site = Arc::new(SavedWhole(open_site(&path, options.lock_timeout())?));
                file = Some(Arc::clone(&site));
                site
            }
            StoreName::Http(endpoint) => {
                let service = endpoint.to_string();
                let policy = RetryPolicy::default();
                let (limit, keeping) = (policy.call_timeout, waits.clone());
                let client = Client::builder(credential(options.api_key_file.as_deref())?)
                    .endpoint(endpoint)
                    .retry_policy(policy)
                    .wait_observer(move |waiting| keeping.keep(waiting));
                let client = match rate(options, variable)? {
                    Rate::Off => client,
                    Rate::PerSecond(number) => {
                        client.rate_limit(RateLimit::per_second(number.get()))
                    }
                };
                let client = client.build().map_err(not_built)?;
                let watched = Watched::new(client, service, waits.clone(), limit);
                match options.page_size {
                    Some(rows) => Arc::new(Paged::new(watched, rows)),
                    None => Arc::new(watched),
                }
            }
        };
        Ok(Self {
            port,
            file,
            waits,
            identity,
            given,
            is_forgetful,
        })
    }

    /// Whether changes end with the command.
    pub(crate) fn is_forgetful(&self) -> bool {
        self.is_forgetful
    }

    /// Whether [`save`](Self::save) is what makes many changes last.
    pub(crate) fn is_saved_once(&self) -> bool {
        self.file.is_some()
    }

    /// The option that names it, if it was given: a further command needs it again.
    pub(crate) fn option(&self) -> Option<(&'static str, String)> {
        Some(("--store", self.given.clone()?))
    }

    /// What the store is, the same whatever way its path is named: the whole path of a site file, or the
    /// address of a service.
    pub(crate) fn identity(&self) -> &str {
        &self.identity
    }

    /// The port of the store.
    pub(crate) fn port(&self) -> &dyn BlockingAccessGroupPort {
        &*self.port
    }

    /// The port of the store, for threads.
    pub(crate) fn shared(&self) -> Arc<dyn BlockingAccessGroupPort> {
        Arc::clone(&self.port)
    }

    /// The port for many changes, for threads. A `file:` store keeps them in memory until
    /// [`save`](Self::save): a save for each of a thousand would take minutes. Nothing may be called done
    /// before that.
    pub(crate) fn unsaved(&self) -> Arc<dyn BlockingAccessGroupPort> {
        match &self.file {
            Some(file) => Arc::new(file.0.memory().blocking()),
            None => self.shared(),
        }
    }

    /// Saves what the port for many changes has changed, if the store is a file. After an error, unless it
    /// [is ambiguous](Error::is_ambiguous), the file is as it was.
    pub(crate) fn save(&self) -> Result<(), Error> {
        match &self.file {
            Some(file) => signals::while_saving(|| file.0.save()).map(drop),
            None => Ok(()),
        }
    }

    /// Warns on stderr of what others did to the site file meanwhile, if it is one.
    pub(crate) fn warn(&self) {
        if let Some(file) = &self.file {
            warn(&file.0);
        }
    }

    /// Counts the calls that were repeated so far.
    pub(crate) fn retries(&self) -> impl Fn() -> u64 + Send + Sync + 'static {
        let waits = self.waits.clone();
        move || waits.retries()
    }

    /// Notes on stderr that a change ends with the command, if it does.
    pub(crate) fn remind(&self) {
        if self.is_forgetful {
            output::to_stderr(
                "note: a memory: store forgets the change now; file:SITE.json would keep it",
            );
        }
    }
}

/// A site file whose changes are saved before a signal ends the process, or not begun.
struct SavedWhole(SiteFile);

impl BlockingAccessGroupPort for SavedWhole {
    fn call(&self, operation: Operation, context: &Context) -> Result<Reply, Error> {
        match operation.effect().is_safe() {
            // Reads answer from memory: nothing to protect.
            true => self.0.call(operation, context),
            false => signals::while_saving(|| self.0.call(operation, context)),
        }
    }
}

/// Reads a site file once, without a lock.
pub(crate) fn load(path: &Path) -> Result<InMemory, Failure> {
    let text = read_site(path)?;
    let state = State::from_site_json(&text).map_err(|error| {
        Failure::failed(format!("{}: {error}", path.display())).with_hint(FIX_OR_RESTORE)
    })?;
    Ok(InMemory::new(state))
}

/// Locks a site file and loads it.
pub(crate) fn open_site(path: &Path, lock_timeout: Duration) -> Result<SiteFile, Failure> {
    let site = SiteFile::open_within(path, lock_timeout).map_err(site_failure)?;
    if site.had_other_names() {
        output::to_stderr(format_args!(
            "note: {} has another name (a hard link): a change is saved under this name only",
            path.display()
        ));
    }
    Ok(site)
}

/// Warns on stderr of what others did to the file, as far as this is new.
pub(crate) fn warn(site: &SiteFile) {
    for notice in site.take_notices() {
        output::to_stderr(format_args!("warning: {notice}"));
    }
}

/// The text of a site file.
pub(crate) fn read_site(path: &Path) -> Result<String, Failure> {
    let text = fs::read(path).and_then(|bytes| Ok(file_text(bytes)?));
    text.map_err(|error| {
        let message = format!("the site file {} cannot be read", path.display());
        let failure = Failure::failed(message).caused_by(&error);
        failure.with_hint(hint_of_io(error.kind()))
    })
}

/// The failure for an error of a site file.
pub(crate) fn site_failure(error: Error) -> Failure {
    if error.kind() == ErrorKind::Invalid {
        // The message lists the fields already.
        return Failure::failed(error.message()).with_hint(FIX_OR_RESTORE);
    }
    if error.code().is_some_and(|code| code != "lock_file") {
        return error.into(); // its code decides on the exit code and the hint
    }
    let source = error.source().and_then(|source| source.downcast_ref());
    let hint = source.map(|source: &io::Error| match error.code() {
        Some("lock_file") => LOCK_FILE,
        _ => hint_of_io(source.kind()),
    });
    // Unavailable, but neither waiting nor a network helps.
    let failure = Failure::from(error).with_exit(Exit::Failed);
    match hint {
        Some(hint) => failure.with_hint(hint),
        None => failure,
    }
}

fn hint_of_io(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::NotFound => {
            "name a site file that exists, such as examples/maple-court/site.json; the README \
             of access-groups-in-memory describes how to write one"
        }
        io::ErrorKind::IsADirectory => "name a site file in that folder, such as FOLDER/site.json",
        io::ErrorKind::InvalidData => "save the file as UTF-8, or restore a copy of the file",
        _ => "make the file readable for the user who runs the command",
    }
}

/// A variable of the environment; an empty one counts as unset. One that is not UTF-8 is read
/// lossily, and refused where it is used.
pub(crate) fn variable(name: &str) -> Option<String> {
    env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(|value| value.to_string_lossy().into_owned())
}

/// The rate of `--rate`, else of the variable, else the default.
fn rate(options: &Options, lookup: impl Fn(&str) -> Option<String>) -> Result<Rate, Failure> {
    if let Some(rate) = options.rate {
        return Ok(rate);
    }
    let Some(text) = lookup(RATE) else {
        return Ok(Rate::default());
    };
    text.parse()
        .map_err(|why| Failure::usage(format!("{RATE}: {why}")))
}

fn credential(key_file: Option<&Path>) -> Result<Credential, Failure> {
    if let Some(path) = key_file {
        let text = keys::read(path)?;
        // Editors end a file with a line feed, which belongs to no key.
        return Credential::api_key(text.expose().trim())
            .map_err(|error| bad_key(&keys::shown(path), &error));
    }
    let credential = Credential::from_vars(variable);
    if let (Ok(Credential::ApiKey(_)), Some(_)) = (&credential, variable(WORKSPACE)) {
        output::to_stderr(
            "note: SEAM_WORKSPACE_ID is ignored: the workspace is the one that SEAM_API_KEY is for",
        );
    }
    credential.map_err(|error| match error {
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
         `access-groups serve` prints if it generated one",
    )
}

/// The failure for a client that cannot be built, although credential and endpoint are fine.
fn not_built(error: BuildError) -> Failure {
    match error {
        BuildError::Proxy(error) => Failure::usage(error.to_string()).with_hint(
            "correct the variable, or unset it; NO_PROXY lists hosts that need no proxy",
        ),
        error => Failure::failed("the service cannot be called")
            .caused_by(&error)
            .with_hint("install the system's CA certificates (ca-certificates)"),
    }
}

fn bad_endpoint(origin: &str, error: &EndpointError) -> Failure {
    let failure = Failure::usage(format!("{origin} is {error}"));
    // Only an address that is fine otherwise gets the hint.
    if !error.to_string().contains("insecure") {
        return failure;
    }
    failure.with_hint("--store http://HOST --allow-insecure-http allows it")
}

/// The hint for a lock file that cannot be used.
const LOCK_FILE: &str = "make the folder writable, and the lock file if there is one; \
    memory:SITE.json neither locks nor writes";

/// The hint for a site file with other content.
const FIX_OR_RESTORE: &str = "fix the listed problems, or restore a copy of the file";

const VARIABLE: &str = "ACCESS_GROUPS_STORE";

const RATE: &str = "ACCESS_GROUPS_RATE";

/// Variables that select Seam, even if the credential turns out to be unusable.
const CREDENTIALS: &[&str] = &["SEAM_API_KEY", "SEAM_PERSONAL_ACCESS_TOKEN"];

/// The variable that only counts with a personal access token.
const WORKSPACE: &str = "SEAM_WORKSPACE_ID";

const FORMS: &str = "name one with --store or ACCESS_GROUPS_STORE:
  memory:SITE.json   reads a site file and never writes it: try this first
  file:SITE.json     reads a site file and writes changes back
  https://HOST       Seam (https://connect.getseam.com) or the like, with SEAM_API_KEY;
                     with that variable alone, the store is Seam";

#[cfg(test)]
mod tests {
    use super::*;

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
    fn option_comes_before_variable_of_the_rate() {
        let given = Options {
            rate: "5".parse().ok(),
            ..Options::default()
        };
        let set = |_: &str| Some("off".to_owned());
        assert_eq!(rate(&given, set).ok(), given.rate);
        assert_eq!(rate(&Options::default(), set).ok(), Some(Rate::Off));
        assert_eq!(
            rate(&Options::default(), |_| None).ok(),
            Some(Rate::default())
        );
        let wrong = rate(&Options::default(), |_| Some("fast".to_owned()));
        assert_eq!(wrong.expect_err("no number").exit(), Exit::Usage);
    }

    #[test]
    fn store_has_one_of_three_forms() {
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
