//! One error for every adapter.

use std::{borrow::Cow, error::Error as StdError, fmt, time::Duration};

use crate::{AccessGroupId, AcsSystemId, AcsUserId, EntranceId, UserIdentityId};

/// Why a call failed, in terms of what the caller can do about it.
///
/// The message is one line and tells its own layer only: which operation, what, why. What
/// caused it, if anything did, is in [`source`](StdError::source).
///
/// # For implementors
///
/// There is one constructor per [`ErrorKind`]; add what you know with `with_…`.
///
/// # Examples
///
/// ```
/// use access_groups_core::{AcsUserId, Error, ErrorKind, Subject};
///
/// let user = AcsUserId::from_u128(1);
/// let error = Error::unknown(user).with_operation("add_user");
///
/// assert_eq!(error.kind(), ErrorKind::NotFound);
/// assert_eq!(error.code(), Some("acs_user_not_found"));
/// assert_eq!(error.subject(), Some(Subject::AcsUser(user)));
/// assert_eq!(
///     error.to_string(),
///     "add_user: there is no ACS user 00000000-0000-0000-0000-000000000001 in this workspace",
/// );
/// ```
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    message: String,
    operation: Option<&'static str>,
    subject: Option<Subject>,
    code: Option<Cow<'static, str>>,
    fields: Vec<FieldError>,
    ambiguous: bool,
    repeatable: bool,
    retry_after: Option<Duration>,
    request_id: Option<String>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// Something that the call names does not exist, or belongs to another workspace.
    #[must_use]
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::of_kind(ErrorKind::NotFound, message)
    }

    /// Like [`not_found`](Self::not_found), with subject, code and message of the thing.
    #[must_use]
    pub fn unknown(subject: impl Into<Subject>) -> Self {
        let subject = subject.into();
        Self::not_found(format!("there is no {subject} in this workspace"))
            .with_code(subject.not_found_code())
            .with_subject(subject)
    }

    /// The call itself is wrong and will fail again as it is.
    #[must_use]
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::of_kind(ErrorKind::Invalid, message).with_code("invalid_input")
    }

    /// The credential is missing, unknown or of the wrong kind.
    #[must_use]
    pub fn unauthenticated(message: impl Into<String>) -> Self {
        Self::of_kind(ErrorKind::Unauthenticated, message).with_code("unauthorized")
    }

    /// Too many calls; see [`retry_after`](Self::retry_after).
    #[must_use]
    pub fn rate_limited(message: impl Into<String>) -> Self {
        Self::of_kind(ErrorKind::RateLimited, message).with_code("rate_limited")
    }

    /// The service cannot be reached, or cannot answer now.
    #[must_use]
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::of_kind(ErrorKind::Unavailable, message)
    }

    /// No answer in time.
    #[must_use]
    pub fn timed_out(message: impl Into<String>) -> Self {
        Self::of_kind(ErrorKind::TimedOut, message)
    }

    /// The state does not allow the call now.
    #[must_use]
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::of_kind(ErrorKind::Conflict, message).with_code("conflict")
    }

    /// This adapter or service does not have the operation.
    #[must_use]
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::of_kind(ErrorKind::Unsupported, message).with_code("not_implemented")
    }

    /// The service or the adapter broke its own rules: a bug worth reporting.
    #[must_use]
    pub fn internal(message: impl Into<String>) -> Self {
        Self::of_kind(ErrorKind::Internal, message).with_code("internal_server_error")
    }

    /// An error of that kind; the constructors named like kinds add the usual code.
    #[must_use]
    pub fn of_kind(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            operation: None,
            subject: None,
            code: None,
            fields: Vec::new(),
            ambiguous: false,
            repeatable: true,
            retry_after: None,
            request_id: None,
            source: None,
        }))
    }

    /// With this message instead.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        self.0.message = message.into();
        self
    }

    /// Failed in this operation: an [`Operation::name`](crate::Operation::name).
    #[must_use]
    pub fn with_operation(mut self, name: &'static str) -> Self {
        self.0.operation = Some(name);
        self
    }

    /// About this thing.
    #[must_use]
    pub fn with_subject(mut self, subject: impl Into<Subject>) -> Self {
        self.0.subject = Some(subject.into());
        self
    }

    /// Under this code: Seam's `error.type`.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<Cow<'static, str>>) -> Self {
        self.0.code = Some(code.into());
        self
    }

    /// With what is wrong field by field.
    #[must_use]
    pub fn with_fields(mut self, fields: Vec<FieldError>) -> Self {
        self.0.fields = fields;
        self
    }

    /// With a change that may or may not have happened.
    #[must_use]
    pub fn with_ambiguity(mut self, ambiguous: bool) -> Self {
        self.0.ambiguous = ambiguous;
        self
    }

    /// Not worth repeating, whatever its kind: an untrusted certificate stays untrusted.
    #[must_use]
    pub fn without_retry(mut self) -> Self {
        self.0.repeatable = false;
        self
    }

    /// Not to be repeated earlier than after this time.
    #[must_use]
    pub fn with_retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    /// Under this request id of the service.
    #[must_use]
    pub fn with_request_id(mut self, id: impl Into<String>) -> Self {
        self.0.request_id = Some(id.into());
        self
    }

    /// Caused by this.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// What the caller can do about it.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What went wrong, without the operation.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The operation that failed, if the adapter said so.
    #[must_use]
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// The thing that does not exist, for [`ErrorKind::NotFound`]; of other failures, adapters
    /// to a service do not know it.
    #[must_use]
    pub fn subject(&self) -> Option<Subject> {
        self.0.subject
    }

    /// Seam's `error.type`. Match on [`kind`](Self::kind) first: codes are informative and
    /// may change without notice.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// What is wrong field by field; often empty, even for [`ErrorKind::Invalid`].
    #[must_use]
    pub fn fields(&self) -> &[FieldError] {
        &self.0.fields
    }

    /// Whether the very same call may succeed later: by its kind, unless it is known better.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.0.repeatable
            && matches!(
                self.0.kind,
                ErrorKind::RateLimited
                    | ErrorKind::Unavailable
                    | ErrorKind::TimedOut
                    | ErrorKind::Internal
            )
    }

    /// Whether the change may have happened although the call failed: the request reached
    /// the service, or may have, and its answer did not come back. Never true for reads.
    #[must_use]
    pub fn is_ambiguous(&self) -> bool {
        self.0.ambiguous
    }

    /// How long the service wants to be left alone.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The id under which the service knows the request: quote it to their support.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(operation) = self.0.operation {
            write!(f, "{operation}: ")?;
        }
        f.write_str(&self.0.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_ref().map(|source| {
            let source: &(dyn StdError + 'static) = source.as_ref();
            source
        })
    }
}

/// What the caller of a failed call can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Name something that exists in this workspace.
    NotFound,
    /// Change the call.
    Invalid,
    /// Bring another credential.
    Unauthenticated,
    /// Slow down and repeat.
    RateLimited,
    /// Repeat later.
    Unavailable,
    /// Repeat later, or allow more time.
    TimedOut,
    /// Read the state again and decide anew.
    Conflict,
    /// Do without, or use another adapter.
    Unsupported,
    /// Report it.
    Internal,
}

impl ErrorKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::NotFound,
        Self::Invalid,
        Self::Unauthenticated,
        Self::RateLimited,
        Self::Unavailable,
        Self::TimedOut,
        Self::Conflict,
        Self::Unsupported,
        Self::Internal,
    ];
}

/// One field of a refused call.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FieldError {
    /// Where: names joined with dots; empty is the call as a whole.
    pub path: String,
    /// What is wrong there.
    pub message: String,
}

/// The thing that an error is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Subject {
    /// An ACS user.
    AcsUser(AcsUserId),
    /// An access group.
    AccessGroup(AccessGroupId),
    /// An access control system.
    AcsSystem(AcsSystemId),
    /// An entrance.
    Entrance(EntranceId),
    /// A user identity.
    UserIdentity(UserIdentityId),
}

impl Subject {
    /// The `error.type` of a call that names one that does not exist.
    #[must_use]
    pub const fn not_found_code(&self) -> &'static str {
        match self {
            Self::AcsUser(_) => "acs_user_not_found",
            Self::AccessGroup(_) => "acs_access_group_not_found",
            Self::AcsSystem(_) => "acs_system_not_found",
            Self::Entrance(_) => "acs_entrance_not_found",
            Self::UserIdentity(_) => "user_identity_not_found",
        }
    }
}

/// Every id names a subject, shown as its noun and the id.
macro_rules! subjects {
    ($($variant:ident($id:ident),)*) => {
        impl fmt::Display for Subject {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$variant(id) => write!(f, "{} {id}", $id::NOUN),)*
                }
            }
        }

        $(impl From<$id> for Subject {
            fn from(id: $id) -> Self {
                Self::$variant(id)
            }
        })*
    };
}

subjects! {
    AcsUser(AcsUserId),
    AccessGroup(AccessGroupId),
    AcsSystem(AcsSystemId),
    Entrance(EntranceId),
    UserIdentity(UserIdentityId),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_is_one_line_and_the_source_is_not_in_it() {
        let error = Error::unavailable("no connection to localhost:1")
            .with_operation("remove_user")
            .with_source(std::io::Error::other("refused"));
        assert_eq!(
            error.to_string(),
            "remove_user: no connection to localhost:1"
        );
        assert_eq!(error.source().expect("a source").to_string(), "refused");
    }

    #[test]
    fn what_the_caller_must_change_is_not_retryable() {
        let retryable: Vec<_> = ErrorKind::ALL
            .iter()
            .filter(|kind| Error::of_kind(**kind, "").is_retryable())
            .collect();
        use ErrorKind::{Internal, RateLimited, TimedOut, Unavailable};
        assert_eq!(
            retryable,
            [&RateLimited, &Unavailable, &TimedOut, &Internal]
        );
    }

    #[test]
    fn what_is_known_not_to_help_is_not_retryable() {
        assert!(
            !Error::unavailable("not to be trusted")
                .without_retry()
                .is_retryable()
        );
    }

    #[test]
    fn an_error_is_small_and_can_cross_threads() {
        fn crosses_threads<T: Send + Sync + 'static>() {}
        crosses_threads::<Error>();
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }
}
