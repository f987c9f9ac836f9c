//! How a command fails: the text for a person, and the exit code for a script.

use std::{error::Error as StdError, fmt, process::ExitCode, time::Duration};

use access_groups_core::{
    CreateAccessGroup, CreateAcsSystem, CreateAcsUser, CreateEntrance, Error, ErrorKind, PageWalk,
    Subject, prelude::Call,
};
use access_groups_protocol::{
    CredentialError, NOT_THE_API, REDIRECTED, UNTRUSTED_CERTIFICATE, WITHOUT_WIRE,
};

use crate::{misplaced::without_keys, stderr, visible::printable};

/// Why a command failed, what to do next, and the exit code.
///
/// Printed, it is several lines: the error, its causes, a hint, the request id.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    message: String,
    details: Vec<String>,
    hint: Option<String>,
    request_id: Option<String>,
    is_of_damage: bool,
}

impl Failure {
    /// A failure with this exit code.
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            details: Vec::new(),
            hint: None,
            request_id: None,
            is_of_damage: false,
        }
    }

    /// A failure without a code of its own.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self::new(Exit::Failed, message)
    }

    /// The command line is wrong.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// With another exit code.
    pub(crate) fn with_exit(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }

    /// Adds the error that caused it, and its sources.
    pub(crate) fn caused_by(mut self, error: &(dyn StdError + 'static)) -> Self {
        let mut next = Some(error);
        // The whole chain: each error tells its own layer only.
        while let Some(cause) = next {
            self.details.push(format!("caused by: {cause}"));
            next = cause.source();
        }
        self
    }

    /// Adds a detail; it may have several lines.
    pub(crate) fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.details.push(detail.into());
        self
    }

    /// Sets the hint: what to do next.
    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Changes the message and the details.
    pub(crate) fn map_texts(mut self, mut change: impl FnMut(&str) -> String) -> Self {
        self.message = change(&self.message);
        for detail in &mut self.details {
            *detail = change(detail);
        }
        self
    }

    /// The exit code.
    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    /// Whether a database cannot be read since it is damaged.
    pub(crate) fn is_of_damage(&self) -> bool {
        self.is_of_damage
    }

    /// The message and its causes.
    pub(crate) fn in_one_line(&self) -> String {
        let causes = self.details.iter();
        let causes = causes.map(|cause| cause.strip_prefix("caused by: ").unwrap_or(cause));
        let message = std::iter::once(self.message.as_str());
        message.chain(causes).collect::<Vec<_>>().join(": ")
    }

    /// The message and the details, for a list of several failures.
    pub(crate) fn without_hint(&self) -> String {
        let mut lines = vec![self.message.clone()];
        let details = self.details.iter();
        lines.extend(details.map(|detail| format!("  {detail}")));
        lines.join("\n")
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let mut failure = Self::new(exit_of(&error), error.message());
        for field in error.fields() {
            let detail = format!("{}: {}", field.path, field.message);
            failure.details.push(detail);
        }
        if let Some(source) = error.source() {
            failure = failure.caused_by(source);
        }
        if error.is_ambiguous() {
            failure.details.push(ambiguous(&error).to_owned());
        }
        failure.hint = hint(&error);
        failure.request_id = error.request_id().map(str::to_owned);
        failure.is_of_damage = error.code() == Some("store_corrupt");
        failure
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Messages of services are untrusted: they must not control the terminal. What a person typed
        // may be a key in the wrong place.
        let printable = |text: &str| without_keys(&printable(text)).into_owned();
        let indented = |text: &str| printable(text).replace('\n', "\n  ");
        write!(f, "error: {}", printable(&self.message))?;
        for detail in &self.details {
            write!(f, "\n  {}", indented(detail))?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\n  hint: {}", indented(hint))?;
        }
        if let Some(id) = &self.request_id {
            write!(f, "\n  request id: {} (quote it to support)", indented(id))?;
        }
        Ok(())
    }
}

/// The exit codes; README.md and `--help` list them too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Success.
    Done,
    /// Refused, or failed for a reason that no other code names.
    Failed,
    /// Something would change, or has drifted.
    ChangesPending,
    /// A saved plan does not fit what is any more.
    Stale,
    /// A guard stopped a plan.
    Guarded,
    /// Of many changes, some are made and some failed.
    Partly,
    /// The credential is missing or refused.
    CredentialRefused,
    /// `check`: the entrance does not open, or opens to nobody.
    DoesNotOpen,
    /// The command line is wrong.
    Usage,
    /// The service or the site file is unavailable.
    Unavailable,
    /// A change is accepted, but was not seen, or has not propagated in time.
    NotPropagated,
    /// A signal ended it.
    Interrupted,
}

impl Exit {
    /// After an accepted change: whether the service shows it, if that could be read. What was not
    /// seen is not called done.
    pub(crate) const fn after_change(is_shown: Option<bool>) -> Self {
        match is_shown {
            Some(true) => Self::Done,
            Some(false) | None => Self::NotPropagated,
        }
    }

    /// The exit code as a number.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::ChangesPending => 2,
            Self::Partly => 3,
            Self::CredentialRefused => 4,
            Self::Stale => 5,
            Self::Guarded => 6,
            Self::DoesNotOpen => 10,
            Self::Usage => 64,
            Self::Unavailable => 69,
            Self::NotPropagated => 75,
            Self::Interrupted => 130,
        }
    }

    /// Ends the process immediately; a server may take a second to write its last lines.
    pub(crate) fn now(self) -> ! {
        stderr::finish();
        std::process::exit(self.code().into())
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

/// The exit code for the error.
pub(crate) fn exit_of(error: &Error) -> Exit {
    match error.kind() {
        // Whatever its kind: the service may be fine, but it cannot be reached safely.
        _ if matches!(
            error.code(),
            Some(UNTRUSTED_CERTIFICATE | NOT_THE_API | REDIRECTED)
        ) =>
        {
            Exit::Unavailable
        }
        // A disk that is full or read-only does not recover by itself.
        _ if is_not_saved(error) => Exit::Failed,
        _ if matches!(error.code(), Some("store_password" | "store_refused")) => {
            Exit::CredentialRefused
        }
        // Nor does what is not there, or not allowed.
        _ if matches!(
            error.code(),
            Some("store_no_file" | "store_denied" | "store_missing")
        ) =>
        {
            Exit::Failed
        }
        ErrorKind::Unauthenticated => Exit::CredentialRefused,
        ErrorKind::Cancelled => Exit::Interrupted,
        ErrorKind::Unavailable | ErrorKind::TimedOut | ErrorKind::RateLimited => Exit::Unavailable,
        _ => Exit::Failed,
    }
}

fn hint(error: &Error) -> Option<String> {
    if let Some(hint) = error.code().and_then(hint_of_database) {
        return Some(hint.to_owned());
    }
    let hint = match (error.kind(), error.subject()) {
        // The message says what to do: it depends on what is wrong with the certificate.
        _ if error.code() == Some(UNTRUSTED_CERTIFICATE) => return None,
        _ if error.code() == Some(NOT_THE_API) => {
            "check the address; behind a proxy, set HTTPS_PROXY, and NO_PROXY for what needs none; \
             in a guest network, sign in first"
        }
        _ if lacks_rights(error) => {
            "grant the user of the URL all rights on the tables of the schema access_groups; for \
             `access-groups migrate`, also to create that schema"
        }
        _ if error.code() == Some(LOCKED) => {
            "wait until it ends, longer with --lock-timeout SECONDS; if it is `access-groups serve`, \
             use its http:// address as the store"
        }
        _ if is_not_saved(error) => {
            "memory:SITE.json instead of file: tries a change out without writing"
        }
        _ if error.code() == Some(PageWalk::TOO_MANY_PAGES) => {
            "narrow the list, as with --system or --search, or ask for larger pages: --page-size 1000"
        }
        (ErrorKind::NotFound, Some(subject)) => return list_of(subject).map(str::to_owned),
        (ErrorKind::Unauthenticated, _) => {
            "set SEAM_API_KEY to a key of this service, or name a file with --api-key-file; a \
             personal access token goes with the workspace it is for (SEAM_WORKSPACE_ID)"
        }
        (ErrorKind::RateLimited, _) => return Some(later(error)),
        (ErrorKind::Unsupported, _) if is_without_wire(error) => {
            "use a sqlite:, file: or memory: store, or do it in your provider's own software"
        }
        // An answer came, so that nothing is wrong on the way.
        (ErrorKind::Unavailable | ErrorKind::TimedOut, _) if is_answered(error) => {
            let later = later(error);
            return Some(format!("the service is reached, but busy or down: {later}"));
        }
        (ErrorKind::Unavailable | ErrorKind::TimedOut, _) => {
            "check the address and the network, then try again"
        }
        _ => return None,
    };
    Some(hint.to_owned())
}

/// What to do about a database, by the code of its error.
fn hint_of_database(code: &str) -> Option<&'static str> {
    Some(match code {
        "store_busy" => {
            "another program writes to it: try again, or wait longer with --lock-timeout SECONDS"
        }
        "store_full" => "free space on the disk of the database, then try again",
        "store_io" => {
            "check that the folder exists, that you may read and write the file and its folder, and \
             that the disk is sound"
        }
        "store_no_file" => "name a file in a folder that exists, such as sqlite:FOLDER/SITE.db",
        "store_denied" => {
            "let this user read and write the file, the files beside it (-wal and -shm) and the folder, or \
             copy it"
        }
        "store_text" => {
            "a site file is opened as file:SITE.json, and `import SITE.json` copies it into a new database"
        }
        "store_moved" => {
            "put it back; or stop the program that has it open, move the files beside it (-wal and -shm) away, \
             and start again with the file that is there now"
        }
        "store_corrupt" => {
            "keep the file, with those beside it that end in -wal and -shm, and restore a copy that \
             `access-groups backup` made; `access-groups check-store` says what is wrong"
        }
        "store_older" => "keep a copy, then `access-groups migrate` brings it to this version",
        "store_empty" => "`access-groups migrate` makes them",
        "store_refused" => {
            "check the user and the database of the URL, and what the server's pg_hba.conf allows from here"
        }
        "store_password" => {
            "set PGPASSWORD, or write a line HOST:PORT:DATABASE:USER:PASSWORD into the file of PGPASSFILE \
             or into ~/.pgpass; PGPASSWORD comes first"
        }
        "store_untrusted" => {
            "use the host name that the certificate is for; if you trust who has signed it, install their \
             root certificate on this machine, or name its file (PEM) in the URL: ?sslrootcert=FILE"
        }
        "store_without_tls" => {
            "turn `ssl` on in the server; where nobody can listen in between, ?sslmode=disable in the URL \
             does without"
        }
        "store_missing" => {
            "check the name in the URL; `createdb NAME` makes a database, `access-groups migrate` its tables"
        }
        "store_encoding" => {
            "`createdb --encoding UTF8 --template template0 NAME` makes such a database"
        }
        "store_newer" => "use the version of access-groups that made it, or a later one",
        "store_differs" => {
            "use the build of access-groups that made it; with `access-groups export` of that build and \
             `access-groups import` of this one, the site moves to a new database"
        }
        "store_settings" => {
            "a URL is like postgres://USER@HOST:PORT/DATABASE?sslmode=require; the password is better in \
             PGPASSWORD, or in the file of PGPASSFILE or ~/.pgpass"
        }
        "store_on_network" => "keep the file on a disk of this machine, and serve it from there",
        "backup_exists" => "name a file that does not exist: nothing is overwritten",
        "backup_failed" => "name a file in a folder that you may write to, with enough space",
        "store_foreign" => "name another file: this one belongs to another program",
        _ => return None,
    })
}

/// Whether a PostgreSQL database does not allow its user what a call needs.
fn lacks_rights(error: &Error) -> bool {
    let first: Option<&(dyn StdError + 'static)> = error.source();
    let mut causes = std::iter::successors(first, |&cause| cause.source());
    causes.any(|cause| cause.to_string().starts_with("SQLSTATE 42501"))
}

/// The command that shows what there is of the kind.
fn list_of(subject: Subject) -> Option<&'static str> {
    Some(match subject {
        Subject::AccessGroup(_) => "`access-groups groups` lists the groups there are",
        Subject::AcsUser(_) => {
            "check the id; `access-groups users find TEXT` finds people and their ids"
        }
        Subject::AcsSystem(_) => "`access-groups systems` lists the systems there are",
        Subject::Entrance(_) => "`access-groups entrances list` lists the entrances there are",
        _ => return None,
    })
}

/// When to try again.
fn later(error: &Error) -> String {
    match error.retry_after() {
        Some(wait) => format!("try again in {} s", whole_seconds(wait)),
        None => "try again in a while".to_owned(),
    }
}

/// Rounded up: who comes back too early is refused again.
fn whole_seconds(wait: Duration) -> u64 {
    let started = u64::from(wait.subsec_nanos() > 0);
    wait.as_secs().saturating_add(started).max(1)
}

/// Whether the service answered: what fails on the way has a cause.
fn is_answered(error: &Error) -> bool {
    error.source().is_none()
}

/// Whether it is about an operation that Seam's API lacks.
fn is_without_wire(error: &Error) -> bool {
    let operation = error.operation();
    operation.is_some_and(|operation| WITHOUT_WIRE.contains(&operation))
}

/// Whether a site file could not be saved, or the disk did not confirm it.
pub(crate) fn is_not_saved(error: &Error) -> bool {
    matches!(error.code(), Some("not_saved" | "not_confirmed"))
}

/// The code of an error about a site file that another process has locked.
const LOCKED: &str = "locked";

/// Advice about a call that may have changed something.
fn ambiguous(error: &Error) -> &'static str {
    match error.operation() {
        Some(CreateAcsUser::NAME) => CREATED_PERHAPS,
        Some(CreateAccessGroup::NAME | CreateAcsSystem::NAME | CreateEntrance::NAME) => {
            "it may have been created nevertheless; look at the list before you create a second one"
        }
        _ => "the change may have been made nevertheless; repeating the command is safe",
    }
}

const CREATED_PERHAPS: &str = "the user may have been created nevertheless; \
    look with `access-groups users find TEXT` before you create a second one";

/// The failure for a credential that is refused before anything is sent.
pub(crate) fn bad_credential(origin: &str, error: &CredentialError) -> Failure {
    let message = match error {
        CredentialError::Missing => format!("there is no API key in {origin}"),
        other => format!("{origin}: {other}"),
    };
    Failure::new(Exit::CredentialRefused, message)
}

#[cfg(test)]
mod tests {
    use std::io;

    use access_groups_core::{AccessGroupId, FieldError};

    use super::*;

    fn check(error: Error, exit: Exit, text: &str) {
        let failure = Failure::from(error);
        assert_eq!(failure.to_string(), text);
        assert_eq!(failure.exit(), exit);
    }

    #[test]
    fn error_shows_causes_hint_and_request_id() {
        check(
            Error::unavailable("no answer from a.example")
                .with_operation("add_user")
                .with_source(io::Error::other("the line is cut"))
                .with_ambiguity(true)
                .with_request_id("r-1"),
            Exit::Unavailable,
            "error: no answer from a.example\n  \
             caused by: the line is cut\n  \
             the change may have been made nevertheless; repeating the command is safe\n  \
             hint: check the address and the network, then try again\n  \
             request id: r-1 (quote it to support)",
        );
        check(
            Error::invalid("wrong").with_fields(vec![FieldError {
                path: "acs_user_id".into(),
                message: "Required".into(),
            }]),
            Exit::Failed,
            "error: wrong\n  acs_user_id: Required",
        );
    }

    #[test]
    fn creating_is_not_called_safe_to_repeat() {
        let error = Error::timed_out("no answer").with_ambiguity(true);
        let shown = |error| Failure::from(error).to_string();
        let created = shown(error.with_operation(CreateAcsUser::NAME));
        assert!(created.contains("before you create a second"), "{created}");
        assert!(!created.contains("is safe"), "{created}");
    }

    #[test]
    fn kind_decides_exit_code_and_hint() {
        check(
            Error::unknown(AccessGroupId::from_u128(1)).with_message("no such group"),
            Exit::Failed,
            "error: no such group\n  hint: `access-groups groups` lists the groups there are",
        );
        check(
            Error::rate_limited("slow down").with_retry_after(Duration::from_secs(7)),
            Exit::Unavailable,
            "error: slow down\n  hint: try again in 7 s",
        );
        check(
            Error::internal("the list did not end").with_code("too_many_pages"),
            Exit::Failed,
            "error: the list did not end\n  hint: narrow the list, as with --system or --search, \
             or ask for larger pages: --page-size 1000",
        );
        check(
            Error::unauthenticated("unknown key"),
            Exit::CredentialRefused,
            "error: unknown key\n  hint: set SEAM_API_KEY to a key of this service, \
             or name a file with --api-key-file; a personal access token goes with the workspace \
             it is for (SEAM_WORKSPACE_ID)",
        );
        check(Error::internal("oops"), Exit::Failed, "error: oops");
    }

    #[test]
    fn a_refused_login_is_a_refused_credential() {
        for code in ["store_password", "store_refused"] {
            let failure = Failure::from(Error::unavailable("no").with_code(code));
            assert_eq!(failure.exit(), Exit::CredentialRefused, "{code}");
        }
    }

    #[test]
    fn every_failure_of_a_database_has_a_hint() {
        let check = |code: &'static str, hint: &str| {
            let failure = Failure::from(Error::unavailable("no").with_code(code));
            assert!(
                failure.to_string().contains(&format!("hint: {hint}")),
                "{failure}"
            );
        };
        check("store_busy", "another program writes");
        check("store_full", "free space");
        check("store_io", "check that the folder");
        check("store_corrupt", "keep the file");
        check("store_no_file", "name a file");
        check("store_denied", "let this user");
        check("store_text", "a site file");
        check("store_moved", "put it back");
        check("store_older", "keep a copy, then `access-groups migrate`");
        check("store_empty", "`access-groups migrate` makes them");
        check("store_refused", "check the user");
        check("store_password", "set PGPASSWORD");
        check("store_untrusted", "use the host name");
        check("store_without_tls", "turn `ssl` on");
        check("store_missing", "check the name in the URL");
        check("store_encoding", "`createdb --encoding UTF8");
        check("store_newer", "use the version");
        check("store_differs", "use the build");
        check("store_foreign", "name another file");
        check("store_on_network", "keep the file");
        check("store_settings", "a URL is like");
        check("backup_exists", "name a file that does not exist");
        check("backup_failed", "name a file in a folder");
    }

    #[test]
    fn wait_is_rounded_up() {
        let check = |millis, seconds| {
            assert_eq!(whole_seconds(Duration::from_millis(millis)), seconds);
        };
        check(0, 1);
        check(400, 1);
        check(2000, 2);
        check(2001, 3);
        assert_eq!(whole_seconds(Duration::MAX), u64::MAX);
    }

    #[test]
    fn untrusted_certificate_is_69_without_a_hint() {
        for error in [Error::unavailable("no"), Error::internal("no")] {
            check(
                error.with_code("untrusted_certificate"),
                Exit::Unavailable,
                "error: no",
            );
        }
    }

    #[test]
    fn redirect_is_69() {
        let error = Error::invalid("the answer redirects").with_code("redirected");
        check(error, Exit::Unavailable, "error: the answer redirects");
    }

    #[test]
    fn answer_of_a_proxy_refuses_no_key() {
        let error = Error::internal("a page").with_code("not_the_api");
        let failure = Failure::from(error);
        assert_eq!(failure.exit(), Exit::Unavailable);
        assert!(!failure.to_string().contains("SEAM_API_KEY"), "{failure}");
        assert!(failure.to_string().contains("HTTPS_PROXY"), "{failure}");
    }

    #[test]
    fn message_of_service_cannot_control_terminal() {
        check(
            Error::conflict("\u{1b}[2Jnothing to see"),
            Exit::Failed,
            "error: \u{fffd}[2Jnothing to see",
        );
    }
}
