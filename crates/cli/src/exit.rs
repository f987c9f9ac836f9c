//! How a command ends, as scripts see it.

use std::process::ExitCode;

/// The exit codes; README.md and `--help` list them too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It is done.
    Done,
    /// Refused, or failed for a reason that no other code names.
    Failed,
    /// The credential is missing or refused.
    CredentialRefused,
    /// `check`: the door does not open.
    DoesNotOpen,
    /// The command line is wrong.
    Usage,
    /// The service, or the site file, is not to be had now.
    Unavailable,
    /// A change is accepted, but the doors did not know of it in time.
    NotEffective,
    /// A signal ended it.
    Interrupted,
}

impl Exit {
    /// The number.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::CredentialRefused => 4,
            Self::DoesNotOpen => 10,
            Self::Usage => 64,
            Self::Unavailable => 69,
            Self::NotEffective => 75,
            Self::Interrupted => 130,
        }
    }

    /// Ends the process here and now.
    pub(crate) fn now(self) -> ! {
        std::process::exit(self.code().into())
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}
