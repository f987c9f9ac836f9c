//! The password of a database server, where it is no part of the name: `PGPASSWORD`, or the file that
//! libpq reads.

use std::path::{Path, PathBuf};

use access_groups_postgres::Login;
use access_groups_protocol::Secret;

use crate::{
    failure::{Exit, Failure},
    keys::{self, Reading},
};

/// The password of `PGPASSWORD`, else that of the file for the first of these logins that is in it.
pub(super) fn find(
    logins: &[Login],
    lookup: impl Fn(&str) -> Option<String>,
) -> Result<Option<Secret>, Failure> {
    if let Some(password) = lookup("PGPASSWORD") {
        return Ok(Some(Secret::new(password)));
    }
    let named = lookup("PGPASSFILE").map(PathBuf::from);
    let Some(path) = named.clone().or_else(|| usual(&lookup)) else {
        return Ok(None);
    };
    // Only a file that somebody has named must be there.
    if named.is_none() && !path.exists() {
        return Ok(None);
    }
    let text = read(&path)?;
    let user = ["USER", "LOGNAME", "USERNAME"]
        .iter()
        .find_map(|name| lookup(name));
    let user = user.unwrap_or_default();
    Ok(logins
        .iter()
        .find_map(|login| of(login, &user, text.expose())))
}

fn usual(lookup: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    if cfg!(windows) {
        let folder = PathBuf::from(lookup("APPDATA")?);
        return Some(folder.join("postgresql").join("pgpass.conf"));
    }
    Some(PathBuf::from(lookup("HOME")?).join(".pgpass"))
}

/// As libpq does, it refuses a file that others may read.
fn read(path: &Path) -> Result<Secret, Failure> {
    let shown = path.display();
    let refused = |message: String| {
        Failure::new(Exit::CredentialRefused, message).with_hint(format!(
            "`chmod 600 {shown}`, and a line HOST:PORT:DATABASE:USER:PASSWORD"
        ))
    };
    let file = keys::read_of_server(path, Reading::First)
        .map_err(|_| refused(format!("the password file {shown} cannot be read")))?;
    match file.others_may_read {
        true => Err(refused(format!(
            "others may read the password file {shown}"
        ))),
        false => Ok(file.text),
    }
}

/// The password in the first line that fits; `user` is that of the process.
fn of(login: &Login, user: &str, text: &str) -> Option<Secret> {
    let (port, user) = (
        login.port.to_string(),
        login.user.as_deref().unwrap_or(user),
    );
    let database = login.database.as_deref().unwrap_or(user);
    let wanted = [&*login.host, &port, database, user];
    let mut lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.find_map(|line| {
        let fields = fields(line)?;
        let (password, fields) = fields.split_last()?;
        let mut pairs = fields.iter().zip(wanted);
        let fits = pairs.all(|(field, wanted)| field == "*" || field == wanted);
        (fits && !password.is_empty()).then(|| Secret::new(password.clone()))
    })
}

/// Five fields between colons. A backslash takes the meaning from the character behind it.
fn fields(line: &str) -> Option<[String; 5]> {
    let mut fields = vec![String::new()];
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => fields.last_mut()?.extend(letters.next()),
            // What comes after the fourth colon is the password, with all colons.
            ':' if fields.len() < 5 => fields.push(String::new()),
            letter => fields.last_mut()?.push(letter),
        }
    }
    fields.try_into().ok()
}

#[cfg(test)]
mod tests {
    use access_groups_postgres::Settings;

    use super::*;

    fn logins(url: &str) -> Vec<Login> {
        Settings::parse(url).expect("sound settings").logins()
    }

    fn check(text: &str, expected: Option<&str>) {
        let logins = logins("postgres://ada@db.example/doors");
        let found = of(&logins[0], "root", text);
        assert_eq!(found.as_ref().map(Secret::expose), expected, "{text}");
    }

    #[test]
    fn the_first_line_that_fits_counts() {
        check("db.example:5432:doors:ada:one", Some("one"));
        check("*:*:*:*:any\ndb.example:5432:doors:ada:one", Some("any"));
        check("db.example:5433:doors:ada:no\n*:*:doors:*:yes", Some("yes"));
        check("#*:*:*:*:no\nother:*:*:*:no\n", None);
        check("db.example:5432:doors:ada:", None);
        check("*:*:*:ada", None);
        check("", None);
    }

    #[test]
    fn colons_and_backslashes_are_escaped() {
        check(r"db.example:5432:doors:ada:a\:b\\c", Some(r"a:b\c"));
        check("db.example:5432:doors:ada:a:b", Some("a:b"));
        let here = logins("postgres://ada@[::1]/doors");
        assert!(of(&here[0], "root", r"\:\:1:*:*:*:v6").is_some());
    }

    #[test]
    fn the_user_of_the_process_is_the_default() {
        let url = logins("postgres://db.example");
        let found = |text| of(&url[0], "grace", text).is_some();
        assert!(found("db.example:*:grace:grace:one"));
        assert!(!found("db.example:*:grace:ada:one"));
    }

    #[test]
    fn the_variable_comes_before_the_file() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), "*:*:*:*:of-file").expect("written");
        let path = file.path().display().to_string();
        let find = |password: Option<&str>, path: &str| {
            let found = super::find(
                &logins("postgres://ada@db.example/doors"),
                |name| match name {
                    "PGPASSWORD" => password.map(str::to_owned),
                    "PGPASSFILE" => Some(path.to_owned()),
                    _ => None,
                },
            );
            found.map(|found| found.map(|secret| secret.expose().to_owned()))
        };
        assert_eq!(
            find(Some("of-env"), &path).ok().flatten().as_deref(),
            Some("of-env")
        );
        assert_eq!(find(None, &path).ok().flatten().as_deref(), Some("of-file"));
        let missing = find(None, "none.pgpass").expect_err("no such file");
        assert_eq!(missing.exit(), Exit::CredentialRefused);
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), "*:*:*:*:swordfish").expect("written");
        let open = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(file.path(), open).expect("set");
        let refused = read(file.path()).expect_err("others").to_string();
        assert!(refused.contains("chmod 600"), "{refused}");
        assert!(!refused.contains("swordfish"), "{refused}");
    }
}
