//! Who logs in where: what a file of passwords tells logins apart by.

use std::fmt;

use tokio_postgres::config::{Config, Host};

use crate::Settings;

/// Who logs in at one host. Its `Display` is `user@host:port/database`, without what is not known.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Login {
    /// The name of the host, or its address, or the folder of its socket.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The user; `None` for the name of the process's user.
    pub user: Option<String>,
    /// The database; `None` for one of the user's name.
    pub database: Option<String>,
}

impl Settings {
    /// Who logs in where, for each host.
    #[must_use]
    pub fn logins(&self) -> Vec<Login> {
        self.hosts().iter().map(Login::of).collect()
    }
}

impl Login {
    pub(crate) fn of(host: &Config) -> Self {
        let name = host.get_hosts().first().map(|name| match name {
            Host::Tcp(name) => name.clone(),
            #[cfg(unix)]
            Host::Unix(folder) => folder.display().to_string(),
        });
        let address = || host.get_hostaddrs().first().map(ToString::to_string);
        Self {
            host: name.or_else(address).unwrap_or_default(),
            port: host.get_ports().first().copied().unwrap_or(5432),
            user: host.get_user().map(str::to_owned),
            database: host.get_dbname().map(str::to_owned),
        }
    }
}

impl fmt::Display for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port)?,
            false => write!(f, "{}:{}", self.host, self.port)?,
        }
        match &self.database {
            Some(database) => write!(f, "/{database}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let settings = Settings::parse(text).expect("sound settings");
        let logins = settings.logins();
        let shown: Vec<_> = logins.iter().map(Login::to_string).collect();
        assert_eq!(shown, expected, "{text}");
    }

    #[test]
    fn each_host_is_a_login_without_a_password() {
        check(
            "postgres://ada:hunter2@a:1,b/doors",
            &["ada@a:1/doors", "ada@b:5432/doors"],
        );
        check("host=/tmp port=7", &["/tmp:7"]);
        check("postgres://ada@[::1]:7/doors", &["ada@[::1]:7/doors"]);
        check("hostaddr=127.0.0.1 user=ada", &["ada@127.0.0.1:5432"]);
    }
}
