//! Which credential a request presents.

use access_groups_core::{Error, WorkspaceId};
use http::{HeaderMap, header};

use crate::{Secret, credential::WORKSPACE_HEADER};

/// A credential of a kind that a server may accept, as a caller presents it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum PresentedCredential<'a> {
    /// An API key: it implies its workspace.
    ApiKey(&'a Secret),
    /// A personal access token, and the workspace that the caller names.
    PersonalAccessToken {
        /// The token.
        token: &'a Secret,
        /// The workspace.
        workspace: WorkspaceId,
    },
}

/// The headers that identify the caller.
#[derive(Debug)]
pub(super) struct Caller {
    bearer: Option<Secret>,
    workspace: Option<String>,
    has_client_session: bool,
    has_publishable_key: bool,
    /// Whether a header that identifies the caller occurs twice: proxies disagree on which counts.
    is_doubled: bool,
}

impl Caller {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        Self {
            bearer: bearer(headers),
            workspace: text(WORKSPACE_HEADER.as_str()).map(str::to_owned),
            has_client_session: CLIENT_SESSION_HEADERS
                .iter()
                .any(|name| headers.contains_key(*name)),
            has_publishable_key: headers.contains_key(PUBLISHABLE_KEY_HEADER),
            is_doubled: [header::AUTHORIZATION, WORKSPACE_HEADER]
                .iter()
                .any(|name| headers.get_all(name).iter().nth(1).is_some()),
        }
    }

    /// The credential, if it is of a kind that a server may accept.
    pub(super) fn credential(
        &self,
        client_sessions: bool,
    ) -> Result<PresentedCredential<'_>, Error> {
        self.presented(client_sessions)
            .map_err(Error::unauthenticated)
    }

    /// The credential, or why there is none.
    fn presented(&self, client_sessions: bool) -> Result<PresentedCredential<'_>, &'static str> {
        let client_session = match client_sessions {
            true => "the client session is unknown: this server has none",
            false => "a client session cannot do this: use an API key",
        };
        let kind = self.bearer.as_ref().map(|token| Kind::of(token.expose()));
        match (kind, &self.bearer) {
            _ if self.is_doubled => Err("the headers name more than one credential or workspace"),
            // Also beside an API key: the caller means to act as the session.
            _ if self.has_client_session => Err(client_session),
            (Some(Kind::ClientSession), _) => Err(client_session),
            (Some(Kind::PublishableKey), _) => Err(PUBLISHABLE_KEY),
            (Some(Kind::ConsoleSession), _) => {
                Err("console sessions are unknown here: use an API key")
            }
            (Some(Kind::PersonalAccessToken), Some(token)) => {
                let workspace = self.workspace.as_ref();
                let workspace = workspace
                    .ok_or("a personal access token needs the header \"seam-workspace\"")?;
                // The same message as for an unknown workspace: nothing is learnt about others.
                let unknown = "the token, or the workspace for it, is unknown";
                let workspace = workspace.trim().parse().map_err(|_| unknown)?;
                Ok(PresentedCredential::PersonalAccessToken { token, workspace })
            }
            // Whatever has no prefix of another kind: keys of other services are refused as unknown.
            (_, Some(key)) => Ok(PresentedCredential::ApiKey(key)),
            (_, None) if self.has_publishable_key => Err(PUBLISHABLE_KEY),
            (_, None) => Err("there is no \"Authorization: Bearer <API key>\" header"),
        }
    }
}

/// The kind of a token, by its prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    ApiKey,
    PersonalAccessToken,
    ClientSession,
    PublishableKey,
    ConsoleSession,
}

impl Kind {
    fn of(token: &str) -> Self {
        // `ey` begins every JSON Web Token: it is `{"` in base64.
        let prefixes = [
            ("seam_cst", Self::ClientSession),
            ("seam_at", Self::PersonalAccessToken),
            ("seam_pk", Self::PublishableKey),
            ("ey", Self::ConsoleSession),
        ];
        let found = prefixes
            .into_iter()
            .find(|(prefix, _)| token.starts_with(prefix));
        found.map_or(Self::ApiKey, |(_, kind)| kind)
    }
}

/// The token after `Bearer`, in any case: schemes are case-insensitive (RFC 9110, 11.1).
fn bearer(headers: &HeaderMap) -> Option<Secret> {
    let (scheme, token) = headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .split_once(' ')?;
    let token = token.trim_matches(' ');
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| Secret::new(token))
}

const CLIENT_SESSION_HEADERS: &[&str] = &["seam-client-session-token", "client-session-token"];
const PUBLISHABLE_KEY_HEADER: &str = "seam-publishable-key";
const PUBLISHABLE_KEY: &str = "a publishable key opens nothing by itself: use an API key";

#[cfg(test)]
mod tests {
    use super::*;

    const WORKSPACE: &str = "00000000-0000-0000-0000-000000000007";

    /// The credential in the headers as text, or the refusal.
    fn presented(headers: &[(&'static str, &str)]) -> Result<String, String> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(*name, value.parse().expect("a header"));
        }
        let caller = Caller::of(&map);
        match caller.credential(true) {
            Ok(PresentedCredential::ApiKey(key)) => Ok(format!("key {}", key.expose())),
            Ok(PresentedCredential::PersonalAccessToken { token, workspace }) => {
                Ok(format!("token {} {workspace}", token.expose()))
            }
            Err(error) => {
                assert_eq!(error.code(), Some("unauthorized"));
                Err(error.message().to_owned())
            }
        }
    }

    fn check(headers: &[(&'static str, &str)], expected: Result<&str, &str>) {
        match (presented(headers), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected),
            (Err(found), Err(part)) => assert!(found.contains(part), "{found}"),
            (found, expected) => panic!("{headers:?}: {found:?}, not {expected:?}"),
        }
    }

    #[test]
    fn the_scheme_may_be_in_any_case() {
        check(&[("authorization", "Bearer seam_a")], Ok("key seam_a"));
        check(&[("authorization", "bearer  seam_a")], Ok("key seam_a"));
        for none in ["Basic seam_a", "Bearer ", "seam_a"] {
            check(&[("authorization", none)], Err("there is no"));
        }
        check(&[], Err("there is no"));
    }

    #[test]
    fn a_personal_access_token_needs_a_workspace() {
        let token = ("authorization", "Bearer seam_at1_a");
        let with = format!("token seam_at1_a {WORKSPACE}");
        check(&[token, ("seam-workspace", WORKSPACE)], Ok(&with));
        check(&[token], Err("needs the header \"seam-workspace\""));
        check(&[token, ("seam-workspace", "north")], Err("unknown"));
        // A key implies its workspace, whatever the header says.
        let key = ("authorization", "Bearer seam_a");
        check(&[key, ("seam-workspace", "north")], Ok("key seam_a"));
    }

    #[test]
    fn kinds_that_open_nothing_are_called_by_their_names() {
        let bearer = |token| [("authorization", token)];
        check(&bearer("Bearer seam_cst1_a"), Err("client session"));
        check(&bearer("Bearer seam_pk1_a"), Err("publishable key"));
        check(&bearer("Bearer eyJhbGciOi"), Err("console session"));
        check(
            &[("seam-publishable-key", "seam_pk1_a")],
            Err("publishable key"),
        );
        let key = ("authorization", "Bearer seam_a");
        for header in CLIENT_SESSION_HEADERS {
            check(&[key, (*header, "seam_cst1_a")], Err("client session"));
        }
    }

    #[test]
    fn two_credentials_or_workspaces_are_none() {
        let doubled = |name: &'static str, values: [&str; 2]| {
            let mut headers = HeaderMap::new();
            headers.insert(
                "authorization",
                "Bearer seam_at1_a".parse().expect("a header"),
            );
            headers.insert("seam-workspace", WORKSPACE.parse().expect("a header"));
            headers.remove(name);
            for value in values {
                headers.append(name, value.parse().expect("a header"));
            }
            let caller = Caller::of(&headers);
            let refused = caller.credential(true).expect_err("a refusal");
            assert!(refused.message().contains("more than one"), "{refused}");
        };
        doubled("authorization", ["Bearer seam_a", "Bearer seam_b"]);
        doubled("authorization", ["Bearer seam_a", "Bearer seam_a"]);
        doubled("seam-workspace", [WORKSPACE, WORKSPACE]);
    }

    #[test]
    fn a_client_session_learns_whether_it_could_ever_do_this() {
        let mut headers = HeaderMap::new();
        let token = "Bearer seam_cst1_a".parse().expect("a header");
        headers.insert("authorization", token);
        let message = |allowed| {
            let caller = Caller::of(&headers);
            let error = caller.credential(allowed).expect_err("a refusal");
            error.message().to_owned()
        };
        assert!(message(true).contains("unknown"));
        assert!(message(false).contains("cannot do this"));
    }
}
