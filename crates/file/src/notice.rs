use std::{fmt, path::PathBuf};

/// What happened to a site file while it was open here, other than by this store.
///
/// [`SiteFile::take_notices`](crate::SiteFile::take_notices) hands them out. `Display` is one line that
/// names all files.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// Somebody else wrote the file, or put another one in its place. A save has replaced it, and what
    /// was there is kept.
    SetAside {
        /// The site file, which holds what was saved.
        site: PathBuf,
        /// Where the other file is now, with its own mode and owner.
        aside: PathBuf,
    },
    /// Somebody else deleted the file. A save has written it again.
    WasDeleted {
        /// The site file.
        site: PathBuf,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SetAside { site, aside } => write!(
                f,
                "{} was changed by another program meanwhile; what that wrote is not loaded, and is \
                 kept in {}",
                site.display(),
                aside.display()
            ),
            Self::WasDeleted { site } => write!(
                f,
                "{} was deleted meanwhile, and is written again",
                site.display()
            ),
        }
    }
}
