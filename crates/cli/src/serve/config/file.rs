//! The configuration file: read by serde, then checked for everything that serde cannot express.

use std::{
    collections::{BTreeMap, HashMap, hash_map::Entry},
    fmt,
    hash::Hash,
    path::PathBuf,
};

use access_groups_core::WorkspaceId;
use access_groups_protocol::{Credential, CredentialError, Secret};
use access_groups_server::{Limits, SecretDigest};
use serde::Deserialize;
use serde_path_to_error::Segment;

use super::strength::{Reach, Strength};
use crate::{
    failure::{Exit, Failure},
    misplaced::looks_like_a_credential,
};

/// The checked content of a configuration; whatever has a problem is missing.
#[derive(Debug, Default)]
pub(super) struct Content {
    pub(super) workspaces: Vec<WorkspaceConfig>,
    pub(super) tokens: Vec<TokenConfig>,
    pub(super) limits: Vec<LimitSetting>,
    /// The paths of secrets that are short.
    pub(super) short: Vec<String>,
    /// Whether it contains a secret itself, not only digests.
    pub(super) has_secrets: bool,
}

/// The name of a limit, and its value as text.
pub(in super::super) type LimitSetting = (String, String);

#[derive(Debug)]
pub(super) struct WorkspaceConfig {
    pub(super) path: String,
    pub(super) id: Option<WorkspaceId>,
    pub(super) name: Option<String>,
    pub(super) site: Option<PathBuf>,
    /// `None` for a key that has a problem.
    pub(super) keys: Vec<Option<SecretDigest>>,
}

#[derive(Debug)]
pub(super) struct TokenConfig {
    pub(super) digest: Option<SecretDigest>,
    pub(super) workspaces: Vec<WorkspaceId>,
}

/// Reads the text. A structural problem is reported alone, the others all together.
pub(super) fn read(text: &str, reach: Reach, problems: &mut Problems) -> Content {
    match parse(text) {
        Ok(file) => {
            let checker = Checker {
                problems,
                reach,
                secrets: FirstPaths::new(),
                short: Vec::new(),
                has_secrets: false,
            };
            checker.file(file)
        }
        Err((path, message)) => {
            problems.add(&path, message);
            Content::default()
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
struct FileJson {
    workspaces: Vec<WorkspaceJson>,
    #[serde(default)]
    personal_access_tokens: Vec<TokenJson>,
    #[serde(default)]
    limits: BTreeMap<String, serde_json::Number>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
struct WorkspaceJson {
    workspace_id: Text,
    name: Text,
    site: Text,
    #[serde(default)]
    api_keys: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an object")]
struct TokenJson {
    token: Text,
    workspace_ids: Vec<Text>,
}

/// A string. Any of them may be a secret in the wrong place, so all are wiped when dropped.
#[derive(Deserialize)]
#[serde(from = "String")]
struct Text(Secret);

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(Secret::new(text))
    }
}

/// The parts of the file, or the path and the message of its first structural problem.
fn parse(text: &str) -> Result<FileJson, (String, String)> {
    let mut json = serde_json::Deserializer::from_str(text);
    let file = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error
            .path()
            .iter()
            .fold(ROOT.to_owned(), |path, segment| match segment {
                Segment::Seq { index } => format!("{path}[{index}]"),
                Segment::Map { key } => member(&path, key),
                // No enum occurs, and an unknown segment is the end of a broken text.
                Segment::Enum { .. } | Segment::Unknown => path,
            });
        match error.inner().is_data() {
            true => (path, without_values(&error.inner().to_string())),
            false => not_json(error.inner()),
        }
    })?;
    // The deserializer stops after the first value: what follows must be blank.
    json.end().map_err(|error| not_json(&error))?;
    Ok(file)
}

fn not_json(error: &serde_json::Error) -> (String, String) {
    (ROOT.to_owned(), format!("this is not JSON: {error}"))
}

/// A message of serde without the values and names of the file that it repeats: they may be
/// secrets. What follows the last "expected" is about this program's types.
fn without_values(message: &str) -> String {
    let kinds = [
        ("invalid type: string", "a string"),
        ("invalid type: integer", "a number"),
        ("invalid type: floating point", "a number"),
        ("invalid type: boolean", "a boolean"),
        ("invalid type: null", "null"),
        ("invalid type: sequence", "an array"),
        ("invalid type: map", "an object"),
        ("invalid length", "an array"), // in the place of an object
    ];
    // The last one: a value of the file may contain the word too.
    let Some((found, expected)) = message.rsplit_once(", expected ") else {
        return message.to_owned(); // a missing or repeated member of this program's types
    };
    let expected = expected.replacen("a sequence", "an array", 1);
    let kind = kinds.iter().find(|(start, _)| found.starts_with(start));
    match kind {
        Some((_, kind)) => format!("found {kind}, expected {expected}"),
        None => format!("unknown member, expected {expected}"),
    }
}

/// Finds the problems that serde cannot express.
struct Checker<'a> {
    problems: &'a mut Problems,
    reach: Reach,
    secrets: FirstPaths<SecretDigest>,
    short: Vec<String>,
    has_secrets: bool,
}

/// Values with the path of their first occurrence.
type FirstPaths<T> = HashMap<T, String>;

impl Checker<'_> {
    fn file(mut self, file: FileJson) -> Content {
        if file.workspaces.is_empty() {
            let message = "there is none: nothing to serve";
            self.problems.add("$.workspaces", message);
        }
        let mut ids = FirstPaths::new();
        let workspaces = file.workspaces.into_iter().enumerate();
        let workspaces: Vec<_> = workspaces
            .map(|(index, json)| self.workspace(format!("$.workspaces[{index}]"), json, &mut ids))
            .collect();
        let tokens = file.personal_access_tokens.into_iter().enumerate();
        let tokens: Vec<_> = tokens
            .map(|(index, json)| {
                self.token(&format!("$.personal_access_tokens[{index}]"), json, &ids)
            })
            .collect();
        self.all_can_be_opened(&workspaces, &tokens);
        Content {
            workspaces,
            tokens,
            limits: self.limits(file.limits),
            short: self.short,
            has_secrets: self.has_secrets,
        }
    }

    fn workspace(
        &mut self,
        path: String,
        json: WorkspaceJson,
        ids: &mut FirstPaths<WorkspaceId>,
    ) -> WorkspaceConfig {
        let id_path = format!("{path}.workspace_id");
        let id = self.workspace_id(&id_path, &json.workspace_id);
        let id = id.and_then(|id| first(self.problems, ids, id, id_path, "workspace id"));
        let name = self.public_text(format!("{path}.name"), json.name);
        let site = self.public_text(format!("{path}.site"), json.site);
        let keys = json.api_keys.into_iter().enumerate();
        let keys = keys.map(|(index, Text(key))| {
            self.secret(format!("{path}.api_keys[{index}]"), &key, |text| {
                Credential::api_key(text).map(drop)
            })
        });
        let keys = keys.collect();
        WorkspaceConfig {
            path,
            id,
            name,
            site: site.map(PathBuf::from),
            keys,
        }
    }

    fn token(
        &mut self,
        path: &str,
        json: TokenJson,
        known: &FirstPaths<WorkspaceId>,
    ) -> TokenConfig {
        let digest = self.secret(format!("{path}.token"), &json.token.0, |text| {
            // The check of the text is the same for every workspace.
            Credential::personal_access_token(text, WorkspaceId::default()).map(drop)
        });
        let path = format!("{path}.workspace_ids");
        if json.workspace_ids.is_empty() {
            self.problems
                .add(&path, "there is none: the token opens nothing");
        }
        let mut seen = FirstPaths::new();
        let ids = json.workspace_ids.iter().enumerate();
        let ids = ids.filter_map(|(index, text)| {
            let path = format!("{path}[{index}]");
            let id = self.workspace_id(&path, text)?;
            if !known.contains_key(&id) {
                let message = format!("there is no workspace {id} in this file");
                self.problems.add(&path, message);
            }
            first(self.problems, &mut seen, id, path, "workspace id")
        });
        let workspaces = ids.collect();
        TokenConfig { digest, workspaces }
    }

    fn limits(&mut self, limits: BTreeMap<String, serde_json::Number>) -> Vec<LimitSetting> {
        let mut checked = Vec::new();
        for (name, number) in limits {
            let (path, number) = (member("$.limits", &name), number.to_string());
            // A name that is unknown may be anything, and is not repeated.
            let is_known = Limits::NAMES.contains(&&*name);
            match Limits::default().set(&name, &number) {
                Ok(()) => checked.push((name, number)),
                Err(error) if is_known => self.problems.add(&path, error.to_string()),
                Err(_) => {
                    let names = Limits::NAMES.join(", ");
                    self.problems
                        .add(&path, format!("no such limit: there are {names}"));
                }
            }
        }
        checked
    }

    /// A workspace that nobody can call is a mistake.
    fn all_can_be_opened(&mut self, workspaces: &[WorkspaceConfig], tokens: &[TokenConfig]) {
        for workspace in workspaces {
            let Some(id) = workspace.id else { continue };
            let mut of_tokens = tokens.iter().flat_map(|token| &token.workspaces);
            // A key with a problem of its own counts: one report is enough.
            if workspace.keys.is_empty() && !of_tokens.any(|other| *other == id) {
                let message = "no API key and no personal access token opens this workspace";
                self.problems.add(&workspace.path, message);
            }
        }
    }

    /// The digest of a key or token, which is written as it is or as its digest.
    fn secret(
        &mut self,
        path: String,
        secret: &Secret,
        check: fn(&str) -> Result<(), CredentialError>,
    ) -> Option<SecretDigest> {
        let text = secret.expose();
        let digest = match text.starts_with(SecretDigest::PREFIX) {
            true => text.parse().map_err(|error| format!("{error}")),
            false => {
                // Noted even if the secret is refused: the file still holds it.
                self.has_secrets = true;
                let checked = check(text).map_err(|error| match error {
                    CredentialError::Missing => "the text is empty".to_owned(),
                    error => error.to_string(),
                });
                let strength = checked.and_then(|()| self.reach.check(text));
                if strength == Ok(Strength::Short) {
                    self.short.push(path.clone());
                }
                strength.map(|_| SecretDigest::of(secret))
            }
        };
        match digest {
            Ok(digest) => first(self.problems, &mut self.secrets, digest, path, "secret"),
            Err(message) => {
                self.problems.add(&path, message);
                None
            }
        }
    }

    /// An id. The message does not repeat the text: it may be a secret in the wrong place.
    fn workspace_id(&mut self, path: &str, Text(text): &Text) -> Option<WorkspaceId> {
        let id = text.expose().parse();
        if id.is_err() {
            let message = "this is not an id: expected a UUID like \
                           3f2504e0-4f89-41d3-9a0c-0305e82c3301";
            self.problems.add(path, message);
        }
        id.ok()
    }

    /// A text that may be shown.
    fn public_text(&mut self, path: String, Text(text): Text) -> Option<String> {
        let problem = match text.expose() {
            text if text.trim().is_empty() => "the text is empty",
            text if looks_like_a_credential(text) => "this looks like a credential",
            text if text.contains(char::is_control) => "the text contains a control character",
            text => return Some(text.to_owned()),
        };
        self.problems.add(&path, problem);
        None
    }
}

/// The value, if this is its first occurrence.
fn first<T: Copy + Eq + Hash>(
    problems: &mut Problems,
    seen: &mut FirstPaths<T>,
    value: T,
    path: String,
    noun: &str,
) -> Option<T> {
    match seen.entry(value) {
        Entry::Occupied(first) => {
            problems.add(&path, format!("the same {noun} as {}", first.get()));
            None
        }
        Entry::Vacant(place) => {
            place.insert(path);
            Some(value)
        }
    }
}

/// All problems of a configuration, each with its path and the exit code that it calls for.
#[derive(Debug, Default)]
pub(super) struct Problems(Vec<(String, Exit)>);

impl Problems {
    /// Adds a problem of the value at this path.
    pub(super) fn add(&mut self, path: &str, message: impl AsRef<str>) {
        self.push(path, message.as_ref(), Exit::Failed);
    }

    /// Adds the failure of what the value at this path names.
    pub(super) fn add_failure(&mut self, path: &str, failure: &Failure) {
        self.push(path, &failure.without_hint(), failure.exit());
    }

    /// All of them as one failure, if there are any.
    pub(super) fn into_result(self, origin: &str) -> Result<(), Failure> {
        if self.0.is_empty() {
            return Ok(());
        }
        let is_lock = |(_, exit): &(String, Exit)| *exit == Exit::Unavailable;
        let (exit, hint) = match self.0.iter().all(is_lock) {
            true => (
                Exit::Unavailable,
                "stop the other process, then start the server again",
            ),
            false => (
                Exit::Failed,
                "fix the listed problems; `access-groups serve --help` shows the format",
            ),
        };
        Err(Failure::new(exit, format!("{origin} has {self}")).with_hint(hint))
    }

    fn push(&mut self, path: &str, message: &str, exit: Exit) {
        self.0.push((format!("{path}: {message}"), exit));
    }
}

/// A summary in the first line, then the first 20 problems.
impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.len() {
            1 => f.write_str("a problem:")?,
            count => write!(f, "{count} problems:")?,
        }
        for (problem, _) in self.0.iter().take(LISTED) {
            write!(f, "\n  {}", problem.replace('\n', "\n  "))?;
        }
        match self.0.len().saturating_sub(LISTED) {
            0 => Ok(()),
            hidden => write!(f, "\n  ... and {hidden} more"),
        }
    }
}

/// The path of a member. A name that may be a secret is not repeated.
pub(super) fn member(path: &str, name: &str) -> String {
    let is_word = |c: char| c.is_ascii_lowercase() || c == '_';
    let is_name = !name.is_empty()
        && name.len() <= LONGEST_NAME
        && name.chars().all(is_word)
        && !looks_like_a_credential(name);
    match is_name {
        true => format!("{path}.{name}"),
        false => format!("{path}[…]"),
    }
}

const ROOT: &str = "$";

/// How many problems a message lists.
const LISTED: usize = 20;

/// The length of the longest name that a path repeats.
const LONGEST_NAME: usize = 32;
