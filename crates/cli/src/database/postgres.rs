//! The name of a PostgreSQL database, and how it is opened.

use std::{fmt, sync::Arc, time::Duration};

use access_groups_postgres::{Database, Login, Settings};
use access_groups_sql::SqlStore;

use super::{
    open::{Caller, failure},
    password,
};
use crate::{Exit, failure::Failure, store};

/// The URL of a database. Nothing shows its password.
#[derive(Debug, Clone)]
pub(crate) struct PostgresUrl(Box<Settings>);

impl PostgresUrl {
    /// Reads the URL. One on the command line must have no password, which others could read.
    pub(super) fn parse(text: &str, origin: &str) -> Result<Self, Failure> {
        let settings = Settings::parse(text)
            .map_err(|error| failure(&origin, error).with_exit(Exit::Usage))?;
        if origin == store::OPTION && settings.has_password() {
            let message = "a password on the command line can be read by everybody on the machine";
            return Err(Failure::usage(message).with_hint(
                "put it into PGPASSWORD, into the file of PGPASSFILE or ~/.pgpass, or the whole URL \
                 into ACCESS_GROUPS_STORE; and change it, as others may have seen it",
            ));
        }
        Ok(Self(Box::new(settings)))
    }

    pub(super) async fn open(&self, caller: Caller) -> Result<Arc<dyn SqlStore>, Failure> {
        let settings = match caller {
            Caller::Server(_) => self.with_password()?,
            // Nobody else waits for a command, and some of its calls take long.
            Caller::Command(patience) => self
                .with_password()?
                .with_wait(patience)
                .with_limit(OF_COMMANDS),
        };
        let database = Database::connect(&settings).await;
        Ok(Arc::new(database.map_err(|error| failure(self, error))?))
    }

    /// Carries out the steps that the database lacks. Answers their names.
    pub(super) async fn migrate(&self) -> Result<Vec<String>, Failure> {
        let settings = self.with_password()?;
        let done = Database::migrate(&settings).await;
        let done = done.map_err(|error| failure(self, error))?;
        let steps = (1..).zip(Database::steps());
        let skipped = Database::steps().len().saturating_sub(done as usize);
        let done = steps
            .skip(skipped)
            .map(|(number, step): (u32, _)| format!("step {number}: {}", step.name));
        Ok(done.collect())
    }

    fn with_password(&self) -> Result<Settings, Failure> {
        let settings = Settings::clone(&self.0);
        if settings.has_password() {
            return Ok(settings);
        }
        Ok(match password::find(&self.0.logins(), store::variable)? {
            Some(password) => settings.with_password(password.expose()),
            None => settings,
        })
    }
}

/// Whoever logs in at the same place meets the same database.
impl PartialEq for PostgresUrl {
    fn eq(&self, other: &Self) -> bool {
        self.0.logins() == other.0.logins()
    }
}

impl Eq for PostgresUrl {}

/// Who logs in where, without the password and whatever else is set.
impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let logins = self.0.logins();
        let shown: Vec<_> = logins.iter().map(Login::to_string).collect();
        write!(f, "postgres://{}", shown.join(","))
    }
}

/// How long a call of a command may take: deletions of large groups, say.
const OF_COMMANDS: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_no_argument() {
        let url = "postgres://ada:swordfish@db.example/doors";
        for url in [url, "postgres://ada@db.example/doors?password=swordfish"] {
            let refused = PostgresUrl::parse(url, store::OPTION)
                .expect_err("argv")
                .to_string();
            assert!(refused.contains("PGPASSWORD"), "{refused}");
            assert!(!refused.contains("swordfish"), "{refused}");
        }
        let name = PostgresUrl::parse(url, "ACCESS_GROUPS_STORE").expect("a variable");
        assert_eq!(name.to_string(), "postgres://ada@db.example:5432/doors");
        assert!(!format!("{name:?}").contains("swordfish"));
    }

    #[test]
    fn a_bad_url_is_not_repeated() {
        for url in [
            "postgres://ada:swordfish@db.example/doors?sslmode=maybe",
            "postgres://ada:a@swordfish@db.example/doors",
        ] {
            let refused = PostgresUrl::parse(url, "ACCESS_GROUPS_STORE").expect_err("a bad one");
            assert!(!refused.to_string().contains("swordfish"), "{refused}");
            assert!(
                refused.to_string().contains("hint: a URL is like"),
                "{refused}"
            );
            assert!(refused.to_string().contains("PGPASSWORD"), "{refused}");
            assert_eq!(refused.exit(), Exit::Usage);
        }
    }
}
