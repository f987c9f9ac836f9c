//! The one error type of all adapters.

use std::{borrow::Cow, error::Error as StdError, fmt, sync::Arc, time::Duration};

use crate::{
    AccessGroupId, AccessMethodId, AcsCredentialId, AcsSystemId, AcsUserId, ConnectedAccountId,
    EntranceId, LocationId, ParseIdError, ParseSearchError, ParseTextError, ParseTimestampError,
    SpaceId, UserIdentityId, WorkspaceId,
};

/// Why a call failed, in terms of what the caller can do about it.
///
/// The message is one line about this layer only: which operation, what failed, and why. The cause
/// is not repeated in it; print [`source`](StdError::source) as well.
///
/// # For callers
///
/// Match on the [`kind`](Self::kind). Before you repeat a call, check
/// [`is_retryable`](Self::is_retryable), and [`is_ambiguous`](Self::is_ambiguous) if the operation
/// is not idempotent.
///
/// # For implementors
///
/// There is one constructor per [`ErrorKind`]; add details with `with_…`. A message must not contain
/// secrets, nor e-mail addresses, not even the caller's: see [`shown`](crate::shown).
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use access_groups_core::{Error, ErrorKind};
///
/// /// How long to wait before the next attempt; `None` if there should be none.
/// fn pause(error: &Error) -> Option<Duration> {
///     let is_safe = error.is_retryable() && !error.is_ambiguous();
///     is_safe.then(|| error.retry_after().unwrap_or(Duration::from_secs(1)))
/// }
///
/// let busy = Error::rate_limited("too many calls").with_retry_after(Duration::from_secs(30));
/// assert_eq!(pause(&busy), Some(Duration::from_secs(30)));
///
/// let lost = Error::timed_out("no answer").with_ambiguity(true);
/// assert!(lost.is_retryable());
/// assert_eq!(pause(&lost), None); // it may have happened: read the state before repeating
///
/// assert_eq!(pause(&Error::conflict("the identity has a user")), None);
/// ```
///
/// The error of an id that does not exist:
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
// Boxed: every `Result` of the port carries one, and the success is the common case.
#[derive(Debug, Clone)]
pub struct Error(Box<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    kind: ErrorKind,
    message: String,
    operation: Option<&'static str>,
    subject: Option<Subject>,
    // Static in the constructors, owned when a service sent it.
    code: Option<Cow<'static, str>>,
    fields: Vec<FieldError>,
    ambiguous: bool,
    repeatable: bool,
    retry_after: Option<Duration>,
    request_id: Option<String>,
    // Shared rather than owned, so that an error can be cloned: mocks and machines repeat results.
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Error {
    /// Like [`not_found`](Self::not_found), with the subject, and with the code and the message for
    /// it.
    #[must_use]
    pub fn unknown(subject: impl Into<Subject>) -> Self {
        let subject = subject.into();
        Self::not_found(format!("there is no {subject} in this workspace"))
            .with_code(subject.not_found_code())
            .with_subject(subject)
    }

    /// An error of this kind without a code. The constructors named after kinds add the usual code.
    #[must_use]
    pub fn of_kind(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            message: message.into(),
            operation: None,
            subject: None,
            code: None,
            fields: Vec::new(),
            // Only an adapter knows whether its request may have reached the service.
            ambiguous: false,
            repeatable: true,
            retry_after: None,
            request_id: None,
            source: None,
        }))
    }

    crate::setters! {
        /// Replaces the message.
        with_message(message: impl Into<String>) => 0.message = message.into();

        /// Sets the operation that failed: an [`Operation::name`](crate::Operation::name).
        with_operation(name: &'static str) => 0.operation = Some(name);

        /// Sets the resource that the error is about.
        with_subject(subject: impl Into<Subject>) => 0.subject = Some(subject.into());

        /// Sets the code: Seam's `error.type`.
        with_code(code: impl Into<Cow<'static, str>>) => 0.code = Some(code.into());

        /// Sets the list of wrong fields.
        with_fields(fields: Vec<FieldError>) => 0.fields = fields;

        /// Sets whether the change may have happened although the call failed.
        with_ambiguity(ambiguous: bool) => 0.ambiguous = ambiguous;

        /// Sets the minimum pause before a repeated call.
        with_retry_after(wait: Duration) => 0.retry_after = Some(wait);

        /// Sets the id that the service gave the request.
        with_request_id(id: impl Into<String>) => 0.request_id = Some(id.into());

        /// Sets the cause.
        with_source(source: impl Into<Box<dyn StdError + Send + Sync>>) =>
            0.source = Some(Arc::from(source.into()));
    }

    /// Makes the error not retryable, whatever its kind. An untrusted certificate is `Unavailable`, but
    /// repeating the call does not help.
    #[must_use]
    pub fn without_retry(mut self) -> Self {
        self.0.repeatable = false;
        self
    }

    /// The kind: what the caller can do about the failure.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// What failed and why, without the name of the operation.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The name of the failed operation, if the adapter set it.
    #[must_use]
    pub fn operation(&self) -> Option<&'static str> {
        self.0.operation
    }

    /// The resource that does not exist, for [`ErrorKind::NotFound`]. For other kinds it is usually
    /// `None`: a service does not report it.
    #[must_use]
    pub fn subject(&self) -> Option<Subject> {
        self.0.subject
    }

    /// Seam's `error.type`. Match on the [`kind`](Self::kind) first: codes are informative, and
    /// Seam adds and changes them without notice.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// The wrong fields. Often empty, even for [`ErrorKind::Invalid`]: Seam sends
    /// `validation_errors` only for some refusals.
    ///
    /// # Examples
    ///
    /// ```
    /// use access_groups_core::{Error, FieldError};
    ///
    /// let field = FieldError { path: "access_schedule.ends_at".into(), message: "Required".into() };
    /// let error = Error::invalid("1 input error").with_fields(vec![field]);
    /// assert_eq!(error.fields()[0].path, "access_schedule.ends_at");
    /// assert!(Error::invalid("the group is full").fields().is_empty());
    /// ```
    #[must_use]
    pub fn fields(&self) -> &[FieldError] {
        &self.0.fields
    }

    /// Whether the same call may succeed later: true for rate limits, unavailability, timeouts and
    /// internal errors, unless the adapter knows that it [cannot](Self::without_retry).
    ///
    /// It does not tell whether a repetition is safe: see [`is_ambiguous`](Self::is_ambiguous).
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.0.repeatable
            && matches!(
                self.0.kind,
                ErrorKind::RateLimited
                    | ErrorKind::Unavailable
                    | ErrorKind::TimedOut
                    // Seam's own clients repeat a call after any status from 500 on.
                    | ErrorKind::Internal
            )
    }

    /// Whether the change may have happened although the call failed: the request may have reached
    /// the service, but no answer came back. Never true for reads, and for a refusal only if the adapter
    /// has repeated the call by itself and no answer came to an earlier attempt.
    ///
    /// For a membership, [`verify`](crate::AccessGroupPortExt::verify) reads which it is:
    /// `Err(error) if error.is_ambiguous() => port.verify(user, group).await`.
    #[must_use]
    pub fn is_ambiguous(&self) -> bool {
        self.0.ambiguous
    }

    /// The minimum pause before a repeated call, if the service named one (`Retry-After`).
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The service's id of the request (Seam's header `seam-request-id`), to quote in a support
    /// request.
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
        // Without the source: code that prints the chain would show it twice.
        f.write_str(&self.0.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_ref().map(|source| {
            // The annotation drops `Send + Sync`, which inference would keep.
            let source: &(dyn StdError + 'static) = source.as_ref();
            source
        })
    }
}

/// The kinds of errors. A row is the kind and its words, then its constructor and the code that an
/// error of this kind usually has.
macro_rules! kinds {
    ($(
        $(#[$doc:meta])* $kind:ident = $words:literal;
        $(#[$constructor_doc:meta])* $constructor:ident $(= $code:literal)?;
    )*) => {
        /// The kind of a failure, named by what the caller can do about it.
        ///
        /// # Examples
        ///
        /// ```
        /// use access_groups_core::{Error, ErrorKind};
        ///
        /// /// A removal succeeds if there is nothing left to remove.
        /// fn removed(result: Result<(), Error>) -> Result<(), Error> {
        ///     match result {
        ///         Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        ///         result => result,
        ///     }
        /// }
        ///
        /// assert!(removed(Err(Error::not_found("no such group"))).is_ok());
        /// let refused = removed(Err(Error::unauthenticated("unknown key"))).unwrap_err();
        /// assert_eq!(refused.to_string(), "unknown key");
        /// ```
        // Few kinds, because there are few things that a caller can do; details are in code and message.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorKind {
            $($(#[$doc])* $kind,)*
        }

        impl ErrorKind {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$kind,)*];
        }

        /// The kind in words: "not found".
        impl fmt::Display for ErrorKind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$kind => $words,)*
                })
            }
        }

        impl Error {$(
            $(#[$constructor_doc])*
            #[must_use]
            pub fn $constructor(message: impl Into<String>) -> Self {
                Self::of_kind(ErrorKind::$kind, message)$(.with_code($code))?
            }
        )*}
    };
}

kinds! {
    /// The resource does not exist in this workspace. Use another id.
    NotFound = "not found";
    /// A resource that the call names does not exist, or belongs to another workspace. The two are
    /// not told apart, so that ids of other workspaces cannot be probed.
    not_found;

    /// The call is wrong and would fail again unchanged. Correct it.
    Invalid = "invalid";
    /// The call itself is wrong and would fail again unchanged. Code: `invalid_input`.
    invalid = "invalid_input";

    /// The credential is missing or was refused. Use another one.
    Unauthenticated = "unauthenticated";
    /// The credential is missing, unknown or of the wrong kind. Code: `unauthorized`.
    unauthenticated = "unauthorized";

    /// Too many calls. Wait, then repeat.
    RateLimited = "rate limited";
    /// Too many calls; add [`with_retry_after`](Self::with_retry_after) if the service named a time.
    /// Code: `rate_limited`.
    rate_limited = "rate_limited";

    /// The service is unavailable. Repeat later.
    Unavailable = "unavailable";
    /// The service cannot be reached, or cannot answer at present. No code: the failure may have
    /// happened on the way.
    unavailable;

    /// The call took too long. Repeat later, or allow more time.
    TimedOut = "timed out";
    /// There was no answer within the time limit. No code.
    timed_out;

    /// The present state does not allow the call. Read the state again before you decide.
    Conflict = "conflict";
    /// The present state does not allow the call. Code: `conflict`.
    conflict = "conflict";

    /// The adapter or the service does not support the operation. Use another adapter.
    Unsupported = "unsupported";
    /// The adapter or the service does not support the operation. Code: `not_implemented`.
    unsupported = "not_implemented";

    /// The caller ended the call, or shut the client down. If it [may have
    /// happened](Error::is_ambiguous), read the state again before you decide.
    Cancelled = "cancelled";
    /// The call was ended early: its [token](crate::CancelToken) was cancelled, or the client was shut
    /// down. Code: `cancelled`.
    cancelled = "cancelled";

    /// The service or the adapter violated its contract. Report it.
    Internal = "internal error";
    /// The service or the adapter violated its contract: a bug to report. Code:
    /// `internal_server_error`.
    internal = "internal_server_error";
}

/// A text that was refused where it was parsed makes an [invalid](Error::invalid) call.
macro_rules! from_parse_errors {
    ($($error:ty),*) => {$(
        impl From<$error> for Error {
            fn from(error: $error) -> Self {
                Self::invalid(error.to_string()).with_source(error)
            }
        }
    )*};
}

from_parse_errors!(
    ParseIdError,
    ParseSearchError,
    ParseTextError,
    ParseTimestampError
);

/// A wrong field of a refused call.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FieldError {
    /// The path of the field: names and indices joined with dots, such as
    /// `acs_access_group_ids.0`. Empty for the call as a whole.
    pub path: String,
    /// What is wrong with the field.
    pub message: String,
}

/// The subjects: each row is a kind of id, and the code for one that does not exist.
macro_rules! subjects {
    ($($(#[$doc:meta])* $variant:ident($id:ident) = $code:literal;)*) => {
        /// The resource that an error is about, or that an operation names.
        ///
        /// # Examples
        ///
        /// ```
        /// use access_groups_core::{AccessGroupId, EntranceId, Subject};
        ///
        /// let gym = Subject::from(AccessGroupId::from_u128(1));
        /// assert_eq!(gym.to_string(), "access group 00000000-0000-0000-0000-000000000001");
        /// assert_eq!(gym.not_found_code(), "acs_access_group_not_found");
        ///
        /// assert_ne!(gym, EntranceId::from_u128(1).into()); // the same UUID, another kind
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Subject {
            $($(#[$doc])* $variant($id),)*
        }

        impl Subject {
            /// The code of the error if the resource does not exist: Seam's `error.type`.
            #[must_use]
            pub const fn not_found_code(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $code,)*
                }
            }
        }

        /// The kind and the id: `ACS user 3f2504e0-…`.
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
    /// An ACS user.
    AcsUser(AcsUserId) = "acs_user_not_found";
    /// An access group.
    AccessGroup(AccessGroupId) = "acs_access_group_not_found";
    /// An access control system.
    AcsSystem(AcsSystemId) = "acs_system_not_found";
    /// An entrance.
    Entrance(EntranceId) = "acs_entrance_not_found";
    /// A user identity.
    UserIdentity(UserIdentityId) = "user_identity_not_found";
    /// A workspace.
    Workspace(WorkspaceId) = "workspace_not_found";
    /// A connected account.
    ConnectedAccount(ConnectedAccountId) = "connected_account_not_found";
    /// A credential.
    AcsCredential(AcsCredentialId) = "acs_credential_not_found";
    /// An access method.
    AccessMethod(AccessMethodId) = "access_method_not_found";
    /// A space.
    Space(SpaceId) = "space_not_found";
    /// A location.
    Location(LocationId) = "location_not_found";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_omits_its_source() {
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
    fn only_transient_kinds_are_retryable() {
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
    fn without_retry_overrides_the_kind() {
        assert!(
            !Error::unavailable("not to be trusted")
                .without_retry()
                .is_retryable()
        );
    }

    #[test]
    fn an_error_is_small_and_send() {
        fn crosses_threads<T: Send + Sync + 'static>() {}
        crosses_threads::<Error>();
        assert_eq!(size_of::<Error>(), size_of::<usize>());
    }
}
