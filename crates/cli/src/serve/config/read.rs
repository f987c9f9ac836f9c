//! Reading a configuration: everything that is wrong with it, not just the first thing.

use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
    path::PathBuf,
};

use access_groups_core::WorkspaceId;
use access_groups_protocol::{Credential, CredentialError, Secret};
use access_groups_server::SecretDigest;

use super::{
    json::Json,
    problem::{Problems, looks_like_a_credential, member},
};

/// What a configuration says; what is wrong in it is missing here.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) workspaces: Vec<WorkspaceDraft>,
    pub(super) tokens: Vec<TokenDraft>,
    /// Whether a secret stands in it as it is, and not as its digest.
    pub(super) holds_secrets: bool,
}

#[derive(Debug)]
pub(super) struct WorkspaceDraft {
    pub(super) place: String,
    pub(super) id: Option<WorkspaceId>,
    pub(super) name: Option<String>,
    pub(super) site: Option<PathBuf>,
    pub(super) keys: Vec<Option<SecretDigest>>,
}

#[derive(Debug)]
pub(super) struct TokenDraft {
    pub(super) token: Option<SecretDigest>,
    pub(super) workspaces: Vec<WorkspaceId>,
}

/// Reads the text.
pub(super) fn draft(text: &str, problems: &mut Problems) -> Draft {
    let mut reader = Reader {
        problems,
        secrets: Seen::default(),
        holds_secrets: false,
    };
    match Json::parse(text) {
        Ok(value) => reader.file(value).unwrap_or_default(),
        Err(error) => {
            problems.add(ROOT, format!("this is not JSON: {error}"));
            Draft::default()
        }
    }
}

struct Reader<'a> {
    problems: &'a mut Problems,
    /// All keys and tokens so far.
    secrets: Seen<SecretDigest>,
    holds_secrets: bool,
}

impl Reader<'_> {
    fn file(&mut self, value: Json) -> Option<Draft> {
        let mut file = self.object(ROOT.into(), value)?;
        let workspaces = self.required(&mut file, "workspaces");
        let workspaces = workspaces.map(|(path, value)| self.workspaces(&path, value));
        let known = workspaces
            .iter()
            .flatten()
            .filter_map(|workspace| workspace.id);
        let known: HashSet<_> = known.collect();
        let tokens = self.optional(&mut file, "personal_access_tokens");
        let tokens = tokens.map(|(path, value)| self.tokens(&path, value, &known));
        self.nothing_left(file, "workspaces and personal_access_tokens");
        let (workspaces, tokens) = (workspaces.unwrap_or_default(), tokens.unwrap_or_default());
        self.all_are_open(&workspaces, &tokens);
        Some(Draft {
            workspaces,
            tokens,
            holds_secrets: self.holds_secrets,
        })
    }

    fn workspaces(&mut self, path: &str, value: Json) -> Vec<WorkspaceDraft> {
        let Some(items) = self.array(path, value) else {
            return Vec::new();
        };
        if items.is_empty() {
            self.problems.add(path, "there is none: nothing to serve");
        }
        let mut ids = Seen::default();
        let workspaces = items.into_iter().filter_map(|(path, item)| {
            let workspace = self.object(path, item)?;
            Some(self.workspace(workspace, &mut ids))
        });
        workspaces.collect()
    }

    fn workspace(&mut self, mut given: Object, ids: &mut Seen<WorkspaceId>) -> WorkspaceDraft {
        let id = self.required(&mut given, "workspace_id");
        let id = id.and_then(|(path, value)| {
            let id = self.workspace_id(&path, value)?;
            self.unseen(ids, id, path, "workspace id")
        });
        let name = self.required(&mut given, "name");
        let name = name.and_then(|(path, value)| self.plain_text(&path, value));
        let site = self.required(&mut given, "site");
        let site = site.and_then(|(path, value)| self.plain_text(&path, value));
        let keys = self.optional(&mut given, "api_keys");
        let keys = keys.and_then(|(path, value)| self.array(&path, value));
        let keys = keys.unwrap_or_default().into_iter();
        let keys = keys.map(|(path, value)| self.secret(path, value, api_key));
        let keys = keys.collect();
        let place = self.nothing_left(given, "workspace_id, name, site and api_keys");
        WorkspaceDraft {
            place,
            id,
            name,
            site: site.map(PathBuf::from),
            keys,
        }
    }

    fn tokens(&mut self, path: &str, value: Json, known: &HashSet<WorkspaceId>) -> Vec<TokenDraft> {
        let items = self.array(path, value).unwrap_or_default().into_iter();
        let tokens = items.filter_map(|(path, item)| {
            let mut given = self.object(path, item)?;
            let token = self.required(&mut given, "token");
            let token = token.and_then(|(path, value)| self.secret(path, value, token_text));
            let ids = self.required(&mut given, "workspace_ids");
            let ids = ids.map(|(path, value)| self.workspaces_of_token(&path, value, known));
            self.nothing_left(given, "token and workspace_ids");
            let workspaces = ids.unwrap_or_default();
            Some(TokenDraft { token, workspaces })
        });
        tokens.collect()
    }

    fn workspaces_of_token(
        &mut self,
        path: &str,
        value: Json,
        known: &HashSet<WorkspaceId>,
    ) -> Vec<WorkspaceId> {
        let Some(items) = self.array(path, value) else {
            return Vec::new();
        };
        if items.is_empty() {
            self.problems
                .add(path, "there is none: the token opens nothing");
        }
        let mut seen = Seen::default();
        let ids = items.into_iter().filter_map(|(path, item)| {
            let id = self.workspace_id(&path, item)?;
            if !known.contains(&id) {
                let message = format!("there is no workspace {id} in this file");
                self.problems.add(&path, message);
            }
            self.unseen(&mut seen, id, path, "workspace id")
        });
        ids.collect()
    }

    /// A workspace that nobody can call is a mistake.
    fn all_are_open(&mut self, workspaces: &[WorkspaceDraft], tokens: &[TokenDraft]) {
        for workspace in workspaces {
            let Some(id) = workspace.id else { continue };
            let mut of_tokens = tokens.iter().flat_map(|token| &token.workspaces);
            if workspace.keys.is_empty() && !of_tokens.any(|other| *other == id) {
                let message = "no API key and no personal access token opens this workspace";
                self.problems.add(&workspace.place, message);
            }
        }
    }

    /// A key or token, or its digest.
    fn secret(
        &mut self,
        path: String,
        value: Json,
        check: fn(&Secret) -> Result<(), CredentialError>,
    ) -> Option<SecretDigest> {
        let text = self.text(&path, value)?;
        let digest = match text.expose().starts_with(SecretDigest::PREFIX) {
            true => text.expose().parse().map_err(|error| format!("{error}")),
            false => {
                self.holds_secrets = true;
                let refusal = |error| match error {
                    CredentialError::Missing => "the text is empty".to_owned(),
                    error => error.to_string(),
                };
                check(&text)
                    .map(|()| SecretDigest::of(&text))
                    .map_err(refusal)
            }
        };
        match digest {
            Ok(digest) => {
                let mut secrets = std::mem::take(&mut self.secrets);
                let unseen = self.unseen(&mut secrets, digest, path, "secret");
                self.secrets = secrets;
                unseen
            }
            Err(message) => {
                self.problems.add(&path, message);
                None
            }
        }
    }

    /// An id. The text is not repeated: it may be a secret in the wrong place.
    fn workspace_id(&mut self, path: &str, value: Json) -> Option<WorkspaceId> {
        let id = self.text(path, value)?.expose().parse();
        if id.is_err() {
            let message = "this is not an id: expected a UUID like \
                           3f2504e0-4f89-41d3-9a0c-0305e82c3301";
            self.problems.add(path, message);
        }
        id.ok()
    }

    /// A text that others may see.
    fn plain_text(&mut self, path: &str, value: Json) -> Option<String> {
        let text = self.text(path, value)?;
        let problem = match text.expose() {
            text if text.trim().is_empty() => "the text is empty",
            text if looks_like_a_credential(text) => "this looks like a credential",
            text if text.contains(char::is_control) => "the text holds a control character",
            text => return Some(text.to_owned()),
        };
        self.problems.add(path, problem);
        None
    }

    fn text(&mut self, path: &str, value: Json) -> Option<Secret> {
        match value {
            Json::Text(text) => Some(text),
            other => self.unexpected(path, "a text", &other),
        }
    }

    /// The items of an array and their places.
    fn array(&mut self, path: &str, value: Json) -> Option<Vec<(String, Json)>> {
        let items = match value {
            Json::Array(items) => items.into_iter().enumerate(),
            other => return self.unexpected(path, "an array", &other),
        };
        let items = items.map(|(index, item)| (format!("{path}[{index}]"), item));
        Some(items.collect())
    }

    fn object(&mut self, path: String, value: Json) -> Option<Object> {
        match value {
            Json::Object(members) => Some(Object { path, members }),
            other => self.unexpected(&path, "an object", &other),
        }
    }

    fn unexpected<T>(&mut self, path: &str, expected: &str, found: &Json) -> Option<T> {
        let message = format!("expected {expected}, found {}", found.noun());
        self.problems.add(path, message);
        None
    }

    fn required(&mut self, object: &mut Object, name: &str) -> Option<(String, Json)> {
        let found = self.optional(object, name);
        if found.is_none() {
            self.problems
                .add(&member(&object.path, name), "it is missing");
        }
        found
    }

    /// The member and its place; of several with that name, the first one.
    fn optional(&mut self, object: &mut Object, name: &str) -> Option<(String, Json)> {
        let path = member(&object.path, name);
        let mut named = object.members.extract_if(.., |(it, _)| it == name);
        let first = named.next();
        if named.count() > 0 {
            self.problems.add(&path, "it is there more than once");
        }
        first.map(|(_, value)| (path, value))
    }

    /// Whatever has not been read is a typo, perhaps of something that matters. Answers where
    /// the object stands.
    fn nothing_left(&mut self, object: Object, expected: &str) -> String {
        for (name, _) in &object.members {
            let message = format!("no such member: expected {expected}");
            self.problems.add(&member(&object.path, name), message);
        }
        object.path
    }

    /// The value, if it is the first one of its kind that is like this.
    fn unseen<T: Copy + Eq + Hash>(
        &mut self,
        seen: &mut Seen<T>,
        value: T,
        path: String,
        noun: &str,
    ) -> Option<T> {
        if let Some(first) = seen.0.get(&value) {
            self.problems
                .add(&path, format!("the same {noun} as {first}"));
            return None;
        }
        seen.0.insert(value, path);
        Some(value)
    }
}

/// Values, and where they stood first.
struct Seen<T>(HashMap<T, String>);

impl<T> Default for Seen<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

struct Object {
    path: String,
    members: Vec<(String, Json)>,
}

fn api_key(text: &Secret) -> Result<(), CredentialError> {
    Credential::api_key(text.expose()).map(drop)
}

fn token_text(text: &Secret) -> Result<(), CredentialError> {
    Credential::personal_access_token(text.expose(), WorkspaceId::default()).map(drop)
}

const ROOT: &str = "$";

#[cfg(test)]
mod tests;
