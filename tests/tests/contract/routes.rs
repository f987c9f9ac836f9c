//! Paths, methods, locations and callers: those of the contract, and no others.

use std::collections::BTreeSet;

use access_groups_core::{Error, ErrorKind};
use access_groups_protocol::{
    Parameters, PresentedCredential, ReceivedHead, RouteInfo, is_known_path, receive_head, routes,
};
use http::{Method, Request};

use crate::{
    contract::{CONTRACT, Location, Path},
    differences::ROUTES_OF_OURS,
};

#[test]
fn routes_are_the_contracts_paths() {
    let theirs: BTreeSet<&str> = CONTRACT.paths.keys().map(String::as_str).collect();
    let ours: BTreeSet<&str> = routes().map(|route| route.path).collect();
    assert_eq!(routes().count(), ours.len(), "a path has two routes");
    let missing: Vec<_> = theirs.difference(&ours).collect();
    assert!(missing.is_empty(), "no routes for {missing:?}");
    let more: BTreeSet<_> = ours.difference(&theirs).copied().collect();
    let allowed = ROUTES_OF_OURS.iter().map(|(path, _why)| *path).collect();
    assert_eq!(more, allowed, "routes that the contract lacks");
}

#[test]
fn routes_accept_what_the_contract_says() {
    for route in routes() {
        if let Some(path) = CONTRACT.paths.get(route.path) {
            check(route, path);
        }
    }
}

fn check(route: RouteInfo, path: &Path) {
    let methods: BTreeSet<_> = route.methods.iter().map(Method::as_str).collect();
    let expected = path.methods.iter().map(String::as_str).collect();
    assert_eq!(methods, expected, "methods of {}", route.path);

    let in_body = route.parameters == Parameters::InBody;
    let expected = path.location == Some(Location::Body);
    assert_eq!(in_body, expected, "{} reads the body only", route.path);

    let callers: BTreeSet<_> = path.auth.iter().map(String::as_str).collect();
    for always in ["api_key", "pat_with_workspace"] {
        assert!(callers.contains(always), "{} without {always}", route.path);
    }
    let expected = callers
        .iter()
        .any(|kind| kind.starts_with("client_session"));
    let found = route.client_sessions;
    assert_eq!(found, expected, "{} lets in client sessions", route.path);
}

#[test]
fn client_sessions_get_the_right_refusal() {
    let mut words = [BTreeSet::new(), BTreeSet::new()];
    for (path, operation) in &CONTRACT.paths {
        let is_let_in = operation
            .auth
            .iter()
            .any(|kind| kind.starts_with("client_session"));
        for header in ["client-session-token", "seam-client-session-token"] {
            let (kind, refusal) = refusal(path, header, "seam_cst_1");
            assert_eq!(kind, ErrorKind::Unauthenticated, "{path}");
            words[usize::from(is_let_in)].insert(refusal);
        }
        let bearer = refusal(path, "authorization", "Bearer seam_cst_1");
        assert!(words[usize::from(is_let_in)].contains(&bearer.1), "{path}");
    }
    assert_eq!(words.each_ref().map(BTreeSet::len), [1, 1], "{words:?}");
    assert_ne!(words[0], words[1]);
}

#[test]
fn publishable_keys_are_refused() {
    for path in CONTRACT.paths.keys() {
        let key = [("authorization", "Bearer seam_1")];
        let token = [
            ("authorization", "Bearer seam_at1_1"),
            ("seam-workspace", "00000000-0000-0000-0000-000000000001"),
        ];
        presents(path, &key, |presented| {
            assert!(matches!(presented, Ok(PresentedCredential::ApiKey(_))))
        });
        presents(path, &token, |presented| {
            assert!(matches!(
                presented,
                Ok(PresentedCredential::PersonalAccessToken { .. })
            ));
        });
        let (kind, _) = refusal(path, "authorization", "Bearer seam_pk_1");
        assert_eq!(kind, ErrorKind::Unauthenticated, "{path}");
    }
}

fn refusal(path: &str, header: &str, credential: &str) -> (ErrorKind, String) {
    presents(path, &[(header, credential)], |presented| {
        let error = presented.expect_err("a refusal");
        (error.kind(), error.message().to_owned())
    })
}

/// What a call with these headers presents as credential.
fn presents<R>(
    path: &str,
    headers: &[(&str, &str)],
    judge: impl FnOnce(Result<PresentedCredential<'_>, Error>) -> R,
) -> R {
    let mut request = Request::post(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (parts, ()) = request.body(()).expect("a request").into_parts();
    match receive_head(&parts) {
        ReceivedHead::Call(head) => judge(head.credential()),
        ReceivedHead::Answer(answer) => panic!("{path} is not a call: {answer:?}"),
    }
}

#[test]
fn unserved_paths_are_unknown() {
    for path in &CONTRACT.not_served {
        assert!(!is_known_path(path), "{path}");
    }
}
