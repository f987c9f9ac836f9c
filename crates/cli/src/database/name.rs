//! The name of a database, as `--store` takes it.

use std::{fmt, path::PathBuf};

#[cfg(feature = "postgres")]
use super::postgres::PostgresUrl;
use crate::{failure::Failure, store::whole};

/// Which database, and how it is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DatabaseName {
    /// `sqlite:SITE.db`
    Sqlite(PathBuf),
    /// `postgres://USER@HOST/DATABASE`
    #[cfg(feature = "postgres")]
    Postgres(PostgresUrl),
}

impl DatabaseName {
    /// Reads what `--store` or its variable says; `None` if it names no database.
    pub(crate) fn parse(text: &str, origin: &str) -> Result<Option<Self>, Failure> {
        if is_postgres(text) {
            return Self::of_postgres(text, origin).map(Some);
        }
        let Some(("sqlite", path)) = text.split_once(':') else {
            return Ok(None);
        };
        match path {
            "" => Ok(None),
            ":memory:" => Err(Failure::usage(format!("{origin} names no file"))
                .with_hint("memory:SITE.json is a store in memory")),
            // What other programs mean by it differs: a path from here, or from the root.
            path if path.starts_with("//") => Err(Failure::usage(format!("{origin} is a URL"))
                .with_hint("give the path as it is: sqlite:SITE.db or sqlite:/FOLDER/SITE.db")),
            path if path.starts_with("file:") => {
                Err(Failure::usage(format!("{origin} is a URI of SQLite"))
                    .with_hint("give the path as it is, without settings: sqlite:SITE.db"))
            }
            path => Ok(Some(Self::Sqlite(path.into()))),
        }
    }

    #[cfg(feature = "postgres")]
    fn of_postgres(text: &str, origin: &str) -> Result<Self, Failure> {
        PostgresUrl::parse(text, origin).map(Self::Postgres)
    }

    #[cfg(not(feature = "postgres"))]
    fn of_postgres(_: &str, origin: &str) -> Result<Self, Failure> {
        let message = format!("{origin} is a PostgreSQL database, which this build cannot use");
        Err(Failure::usage(message).with_hint("build it with the feature `postgres`"))
    }

    /// Whether it is there, as far as that can be told: opening it tells the rest.
    pub(super) fn exists(&self) -> bool {
        match self {
            Self::Sqlite(path) => path.try_exists().unwrap_or(true),
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => true,
        }
    }

    /// Refuses a file that does not exist, where a new one would make no sense.
    pub(crate) fn must_exist(&self) -> Result<(), Failure> {
        match self.exists() {
            true => Ok(()),
            false => Err(
                Failure::failed(format!("there is no database {self}")).with_hint(
                    "name one that exists: this command makes none. `import SITE.json`, `systems create` and \
                     `workspaces create` do",
                ),
            ),
        }
    }

    /// The same whatever way a path is named. Of a database that exists.
    pub(crate) fn identity(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("sqlite:{}", whole(path).display()),
            #[cfg(feature = "postgres")]
            Self::Postgres(url) => url.to_string(),
        }
    }

    /// The name of the workspace that a new database begins with, if it begins with one.
    pub(super) fn of_first_workspace(&self) -> Option<String> {
        match self {
            Self::Sqlite(path) => {
                let stem = path.file_stem().unwrap_or_default();
                Some(stem.to_string_lossy().into_owned())
            }
            // It is there for others too: whoever creates a workspace says so.
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => None,
        }
    }
}

/// As `--store` takes it, without secrets.
impl fmt::Display for DatabaseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            #[cfg(feature = "postgres")]
            Self::Postgres(url) => url.fmt(f),
        }
    }
}

fn is_postgres(text: &str) -> bool {
    let schemes = ["postgres://", "postgresql://"];
    schemes.iter().any(|scheme| text.starts_with(scheme))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<DatabaseName>) {
        assert_eq!(
            DatabaseName::parse(text, "--store").ok(),
            Some(expected),
            "{text}"
        );
    }

    #[test]
    fn a_database_has_a_scheme_and_a_path() {
        let sqlite = |path: &str| Some(DatabaseName::Sqlite(path.into()));
        check("sqlite:a.db", sqlite("a.db"));
        check("sqlite:/a b/c:d.db", sqlite("/a b/c:d.db"));
        for text in ["", "sqlite", "sqlite:", "a.db", "file:a.json"] {
            check(text, None);
        }
        for refused in [
            "sqlite::memory:",
            "sqlite://site.db",
            "sqlite:///site.db",
            "sqlite:file:site.db?mode=ro",
        ] {
            assert!(
                DatabaseName::parse(refused, "--store").is_err(),
                "{refused}"
            );
        }
        let url = "postgresql://ada@a:1,b/doors?sslmode=disable";
        let name = DatabaseName::parse(url, "--store").ok().flatten();
        let shown = name.map(|name| name.to_string());
        let expected = cfg!(feature = "postgres")
            .then(|| "postgres://ada@a:1/doors,ada@b:5432/doors".to_owned());
        assert_eq!(shown, expected);
    }

    #[test]
    fn first_workspace_is_named_after_the_file() {
        let name = DatabaseName::Sqlite("/sites/maple-court.db".into());
        assert_eq!(name.of_first_workspace().as_deref(), Some("maple-court"));
    }
}
