//! The configuration file: its form, then everything that serde cannot express.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::Hash,
    path::PathBuf,
};

use access_groups_core::WorkspaceId;
use access_groups_protocol::{Credential, CredentialError, Secret};
use access_groups_server::{Limits, SecretDigest};

use super::{
    json::{FileJson, LimitsJson, Text, TokenJson, WorkspaceJson, parse},
    problems::{Problems, member},
    strength::{Reach, Strength},
};
use crate::misplaced::looks_like_a_credential;

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

    fn limits(&mut self, limits: LimitsJson) -> Vec<LimitSetting> {
        let mut checked = Vec::new();
        for (name, number) in limits.0 {
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
