//! The store that a command works on, and how it is reached.

mod name;

use std::{
    env,
    error::Error as _,
    fs::File,
    io::{self, Read},
    path::Path,
    sync::Arc,
    time::Duration,
};

use access_groups_core::{AcsSystemFilter, WithContext, file_text, prelude::*};
use access_groups_file::SiteFile;
use access_groups_http_blocking::Client;
use access_groups_in_memory::{InMemory, State};
use access_groups_protocol::{
    BuildError, Credential, CredentialError, Endpoint, RateLimit, RetryPolicy,
};

use crate::{
    args::{Options, Rate},
    database::{self, Chosen, Database, DatabaseName},
    failure::{Exit, Failure, bad_credential},
    keys, output,
    pages::Paged,
    signals,
    waiting::{Waits, Watched},
};

#[cfg(feature = "postgres")]
pub(crate) use name::OPTION;
pub(crate) use name::{StoreName, whole};

/// An open store: all commands but `serve` work on any of them alike.
pub(crate) struct Store {
    port: Arc<dyn BlockingAccessGroupPort>,
    /// The site file, if it is one.
    file: Option<Arc<SavedWhole>>,
    /// The workspace of a database, if it is one.
    database: Option<Chosen>,
    waits: Waits,
    identity: String,
    /// The options that name it, if they were given: a further command needs them again.
    options: Vec<(&'static str, String)>,
    /// Whether changes end with the command.
    is_forgetful: bool,
}

impl Store {
    /// Loads the site file, opens the database, or finds the credential; connects to no service yet.
    pub(crate) fn open(name: StoreName, options: &Options) -> Result<Self, Failure> {
        let (identity, given) = (name.identity(), name.given(options));
        let store = match name {
            StoreName::Database(name) => Self::in_database(name, options)?,
            StoreName::Memory(path) => {
                options.must_not_choose_of_databases()?;
                let mut store = Self::over(identity, Arc::new(load(&path)?.blocking()));
                store.is_forgetful = true;
                store
            }
            StoreName::File(path) => {
                options.must_not_choose_of_databases()?;
                let site = Arc::new(SavedWhole(open_site(&path, options.lock_timeout())?));
                let port = Arc::clone(&site) as Arc<dyn BlockingAccessGroupPort>;
                let mut store = Self::over(identity, port);
                store.file = Some(site);
                store
            }
            StoreName::Http(endpoint) => {
                options.must_not_choose_of_databases()?;
                Self::of_service(identity, endpoint, options)?
            }
        };
        Ok(store.with_given(given))
    }

    fn over(identity: String, port: Arc<dyn BlockingAccessGroupPort>) -> Self {
        Self {
            port,
            file: None,
            database: None,
            waits: Waits::default(),
            identity,
            options: Vec::new(),
            is_forgetful: false,
        }
    }

    fn of_service(
        identity: String,
        endpoint: Endpoint,
        options: &Options,
    ) -> Result<Self, Failure> {
        let (service, waits) = (endpoint.to_string(), Waits::default());
        let policy = RetryPolicy::default();
        let (limit, keeping) = (policy.call_timeout, waits.clone());
        let client = Client::builder(credential(options.api_key_file.as_deref())?)
            .endpoint(endpoint)
            .retry_policy(policy)
            .wait_observer(move |waiting| keeping.keep(waiting));
        let client = match rate(options, variable)? {
            Rate::Off => client,
            Rate::PerSecond(number) => client.rate_limit(RateLimit::per_second(number.get())),
        };
        let client = client.build().map_err(not_built)?;
        let watched = Watched::new(client, service, waits.clone(), limit);
        let port: Arc<dyn BlockingAccessGroupPort> = match options.page_size {
            Some(rows) => Arc::new(Paged::new(watched, rows)),
            None => Arc::new(watched),
        };
        let mut store = Self::over(identity, port);
        store.waits = waits;
        Ok(store)
    }

    fn in_database(name: DatabaseName, options: &Options) -> Result<Self, Failure> {
        let database = Database::open(name, options.lock_timeout())?;
        let chosen = database.choose(options)?;
        let actor = database::actor(options, variable)?;
        let actor = actor.unwrap_or_else(|| database::UNKNOWN.to_owned());
        let actor = Context::new().with_actor(actor);
        let port = WithContext::new(chosen.port(), actor);
        let mut store = Self::over(chosen.identity(), Arc::new(port));
        store.options = chosen.options(options);
        store.database = Some(chosen);
        Ok(store)
    }

    fn with_given(mut self, given: Option<String>) -> Self {
        let given = given.map(|store| ("--store", store));
        self.options.splice(0..0, given);
        self
    }

    /// Everything in the store as a site file, if the store itself can tell; else what its port shows.
    pub(crate) fn site(&self) -> Option<Result<String, Error>> {
        self.database.as_ref().map(Chosen::export)
    }

    /// Whether changes end with the command.
    pub(crate) fn is_forgetful(&self) -> bool {
        self.is_forgetful
    }

    /// Whether [`save`](Self::save) is what makes many changes last.
    pub(crate) fn is_saved_once(&self) -> bool {
        self.file.is_some()
    }

    /// The options that name it, if they were given: a further command needs them again.
    pub(crate) fn options(&self) -> &[(&'static str, String)] {
        &self.options
    }

    /// What the store is, the same whatever way its path is named: the whole path of a site file, the
    /// address of a service, or a database and the id of the workspace.
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

    /// Notes on stderr how to begin, if it is a database and nothing is in it.
    pub(crate) fn note_if_empty(&self) {
        let systems = AcsSystemFilter::new();
        if let Some(chosen) = &self.database
            // A failure will be told by the command itself.
            && self.port.acs_systems(systems).is_ok_and(|systems| systems.is_empty())
        {
            let workspace = chosen.called();
            output::to_stderr(format_args!(
                "note: the workspace {workspace} is empty: `access-groups import SITE.json` fills it, or \
                 begin with `systems create`, then `groups create` and `entrances create`"
            ));
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
    let bytes = File::open(path).and_then(|file| {
        must_end(&file)?;
        read_at_most(file, LARGEST)
    });
    let text = bytes.and_then(|bytes| Ok(file_text(bytes)?));
    text.map_err(|error| {
        let message = format!("the site file {} cannot be read", path.display());
        let failure = Failure::failed(message).caused_by(&error);
        failure.with_hint(hint_of_io(error.kind()))
    })
}

/// Reads all of it, unless there is more than that.
pub(crate) fn read_at_most(from: impl Read, bytes: u64) -> io::Result<Vec<u8>> {
    let mut read = Vec::new();
    from.take(bytes.saturating_add(1)).read_to_end(&mut read)?;
    match read.len() as u64 > bytes {
        true => Err(io::Error::other(format!(
            "it is larger than {} GiB, the largest that is read",
            bytes >> 30
        ))),
        false => Ok(read),
    }
}

/// Refuses devices, some of which never end. Folders are refused by whoever reads them.
fn must_end(file: &File) -> io::Result<()> {
    let kind = file.metadata()?.file_type();
    #[cfg(unix)]
    let is_pipe = {
        use std::os::unix::fs::FileTypeExt;
        kind.is_fifo() || kind.is_socket()
    };
    #[cfg(not(unix))]
    let is_pipe = true;
    match kind.is_file() || kind.is_dir() || is_pipe {
        true => Ok(()),
        false => Err(io::Error::other("it is neither a file nor a pipe")),
    }
}

/// The most bytes of a site that are read: several times as much are in memory then.
pub(crate) const LARGEST: u64 = 4 << 30;

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
    let hint = match error {
        CredentialError::WrongKind(kind) if kind.starts_with("a personal access token") => {
            "put it into SEAM_PERSONAL_ACCESS_TOKEN instead, and the id of the workspace that it is to open into \
             SEAM_WORKSPACE_ID"
        }
        _ => {
            "Seam's keys are made at https://console.seam.co; another service has its own, which \
             `access-groups serve` prints if it generated one"
        }
    };
    bad_credential(origin, error).with_hint(hint)
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

/// The hint for a lock file that cannot be used.
const LOCK_FILE: &str = "make the folder writable, and the lock file if there is one; \
    memory:SITE.json neither locks nor writes";

/// The hint for a site file with other content.
const FIX_OR_RESTORE: &str = "fix the listed problems, or restore a copy of the file";

const RATE: &str = "ACCESS_GROUPS_RATE";

/// Variables that select Seam, even if the credential turns out to be unusable.
pub(crate) const CREDENTIALS: &[&str] = &["SEAM_API_KEY", "SEAM_PERSONAL_ACCESS_TOKEN"];

/// The variable that only counts with a personal access token.
const WORKSPACE: &str = "SEAM_WORKSPACE_ID";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_read_than_there_may_be() {
        assert_eq!(
            read_at_most(&b"abc"[..], 3).ok().as_deref(),
            Some(&b"abc"[..])
        );
        let refused = read_at_most(io::repeat(b'['), 1 << 20).expect_err("it never ends");
        assert!(refused.to_string().contains("larger than"), "{refused}");
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
}
