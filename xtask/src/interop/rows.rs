//! The rows and columns of the table, and what each SDK lacks.

use access_groups_protocol::routes;

/// An SDK of Seam's, in one version.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Sdk {
    /// Its package, as its registry knows it.
    pub(crate) package: &'static str,
    /// The pinned version; the driver must report the same.
    pub(crate) version: &'static str,
    /// What runs its driver.
    pub(crate) runtime: Runtime,
}

/// What runs a driver, and where the SDK is found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Runtime {
    /// The pinned Node, importing this package.
    Node { import: &'static str },
    /// The installed Python, in a virtual environment of that name with these requirements.
    Python {
        environment: &'static str,
        requirements: &'static str,
    },
}

impl Sdk {
    const fn node(package: &'static str, version: &'static str, import: &'static str) -> Self {
        let runtime = Runtime::Node { import };
        Self {
            package,
            version,
            runtime,
        }
    }

    const fn python(
        version: &'static str,
        environment: &'static str,
        requirements: &'static str,
    ) -> Self {
        let runtime = Runtime::Python {
            environment,
            requirements,
        };
        Self {
            package: "seam",
            version,
            runtime,
        }
    }

    /// Its title in the table.
    pub(crate) fn title(&self) -> String {
        format!("{} {}", self.short_title(), self.version)
    }

    /// Its title without the version.
    pub(crate) fn short_title(&self) -> String {
        let registry = match (self.package, &self.runtime) {
            ("seam", Runtime::Node { .. }) => " (npm)",
            ("seam", Runtime::Python { .. }) => " (PyPI)",
            _ => "",
        };
        format!("{}{registry}", self.package)
    }

    /// A name for its folder.
    pub(crate) fn slug(&self) -> String {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '.';
        let words = self.title().replace(|letter| !plain(letter), "-");
        words.trim_matches('-').replace("--", "-")
    }

    /// Whether it is known to lack this check, or with `None` the whole row.
    pub(crate) fn lacks(&self, row: &str, check: Option<&str>) -> bool {
        self.lacking()
            .any(|lack| lack.row == row && lack.check == check)
    }

    /// All that it is known to lack.
    pub(crate) fn lacking(&self) -> impl Iterator<Item = &'static Lack> {
        LACKS.iter().filter(move |lack| lack.who.contains(&self))
    }
}

/// Something that some SDKs do not have. They must have everything else.
#[derive(Debug)]
pub(crate) struct Lack {
    who: &'static [&'static Sdk],
    /// The row of the table.
    pub(crate) row: &'static str,
    /// The check of the row; `None` is the row.
    pub(crate) check: Option<&'static str>,
    /// The reason.
    pub(crate) why: &'static str,
}

/// Every path that the server serves.
pub(crate) fn operations() -> Vec<&'static str> {
    let mut paths: Vec<_> = routes().map(|route| route.path).collect();
    paths.sort_unstable();
    paths
}

/// What must hold beyond single operations, in the order of the drivers.
pub(crate) const FURTHER: &[&str] = &[
    "suspended users join, stay and leave",
    "user and group of two systems",
    "an identity joins as its user",
    "an identity is linked when it joins",
    "an identity gets a user when it joins",
    "paginator: users",
    "paginator: entrances",
    "paginator: identities",
    "a cursor belongs to its question",
    "error: unauthorized",
    "error: invalid input",
    "error: a message for each field",
    "error: not found",
    "personal access token with its workspace",
    "personal access token without a workspace",
    "personal access token for another workspace",
    "the key of another workspace",
    "client session token",
    "null as a filter",
    "an array as a filter",
    "an instant as a filter",
    "the client by path",
    "the client for asyncio",
];

/// The columns. The versions are those of the lock files.
pub(crate) const SDKS: &[&Sdk] = &[&JS_HTTP, &JS_SEAM, &PYTHON, &JS_HTTP_1, &PYTHON_1];

const JS_HTTP: Sdk = Sdk::node("@seamapi/http", "2.32.0", "@seamapi/http");
const JS_SEAM: Sdk = Sdk::node("seam", "1.245.0", "seam");
const PYTHON: Sdk = Sdk::python("3.18.0", PYTHON_ENVIRONMENT, "requirements.txt");
/// The virtual environment of the current SDK for Python.
pub(crate) const PYTHON_ENVIRONMENT: &str = "python";
/// Before August 2026: creation is PUT, and everything else a POST with a body.
const JS_HTTP_1: Sdk = Sdk::node("@seamapi/http", "1.102.0", "@seamapi/http-1");
/// Everything is a POST with a body.
const PYTHON_1: Sdk = Sdk::python("1.99.0", "python-1", "requirements-1.txt");

const JS: &[&Sdk] = &[&JS_HTTP, &JS_SEAM, &JS_HTTP_1];
const BOTH_PYTHON: &[&Sdk] = &[&PYTHON, &PYTHON_1];
const ALL_BUT_JS_1: &[&Sdk] = &[&JS_HTTP, &JS_SEAM, &PYTHON, &PYTHON_1];
const BOTH_OLD: &[&Sdk] = &[&JS_HTTP_1, &PYTHON_1];
const OLD_PYTHON: &[&Sdk] = &[&PYTHON_1];

const UNMANAGED: &str = "undocumented: only version 1 for JavaScript has it";
const NO_PAGES: &str = "its list takes neither limit nor cursor";
const NO_PARAMETER: &str = "its method lacks the parameter";
const NO_FIELD: &str = "its resource lacks the field";
const NO_METHOD: &str = "the method is missing";
const NO_ASYNCIO: &str = "only later versions have it";
const NO_MESSAGES: &str = "its errors do not tell";
const FOR_BROWSERS: &str = "client sessions are for browsers";
const NO_NULL: &str = "it leaves out what is None, so it cannot send null";

const LACKS: &[Lack] = &[
    row(ALL_BUT_JS_1, "/acs/access_groups/unmanaged/get", UNMANAGED),
    row(ALL_BUT_JS_1, "/acs/access_groups/unmanaged/list", UNMANAGED),
    row(ALL_BUT_JS_1, "/acs/users/unmanaged/get", UNMANAGED),
    row(ALL_BUT_JS_1, "/acs/users/unmanaged/list", UNMANAGED),
    row(OLD_PYTHON, "/acs/access_groups/delete", NO_METHOD),
    row(
        BOTH_OLD,
        "/user_identities/list_accessible_entrances",
        NO_METHOD,
    ),
    row(JS, "the client for asyncio", "Python's"),
    row(OLD_PYTHON, "the client for asyncio", NO_ASYNCIO),
    row(BOTH_PYTHON, "the client by path", "JavaScript's"),
    row(BOTH_PYTHON, "client session token", FOR_BROWSERS),
    row(OLD_PYTHON, "paginator: entrances", NO_PAGES),
    row(OLD_PYTHON, "paginator: identities", NO_PAGES),
    row(OLD_PYTHON, "error: a message for each field", NO_MESSAGES),
    row(OLD_PYTHON, "null as a filter", NO_NULL),
    check(
        "/acs/access_groups/get",
        "without standing notices",
        NO_FIELD,
    ),
    check("/acs/access_groups/get", "with its schedule", NO_FIELD),
    check("/acs/entrances/get", "says how it is unlocked", NO_FIELD),
    check("/acs/users/update", "clears a schedule with null", NO_NULL),
    check("/user_identities/update", "clears with null", NO_NULL),
    check("/acs/access_groups/list", "by part of a name", NO_PARAMETER),
    check("/acs/entrances/list", "by part of a name", NO_PARAMETER),
    check("/acs/entrances/list", "of an account", NO_PARAMETER),
    check("/acs/systems/list", "by part of a name", NO_PARAMETER),
    check("/user_identities/list", "by part of a name", NO_PARAMETER),
    check(
        "an array as a filter",
        "of none, one and several",
        NO_PARAMETER,
    ),
    check("an array as a filter", "of identities", NO_PARAMETER),
];

const fn row(who: &'static [&'static Sdk], row: &'static str, why: &'static str) -> Lack {
    let check = None;
    Lack {
        who,
        row,
        check,
        why,
    }
}

const fn check(row: &'static str, check: &'static str, why: &'static str) -> Lack {
    Lack {
        check: Some(check),
        ..self::row(OLD_PYTHON, row, why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_and_folders_are_unique() {
        let slugs: Vec<_> = SDKS.iter().map(|sdk| sdk.slug()).collect();
        assert_eq!(
            slugs,
            [
                "seamapi-http-2.32.0",
                "seam-npm-1.245.0",
                "seam-PyPI-3.18.0",
                "seamapi-http-1.102.0",
                "seam-PyPI-1.99.0",
            ]
        );
    }

    #[test]
    fn every_lack_is_about_a_row() {
        let operations = operations();
        for lack in LACKS {
            let known = operations.contains(&lack.row) || FURTHER.contains(&lack.row);
            assert!(known, "{lack:?}");
        }
    }
}
