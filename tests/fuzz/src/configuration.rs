//! What a person writes: addresses, keys, variables, instants, and the file of `serve --config`.

use std::fmt::Display;

use access_groups_core::*;
use access_groups_protocol::{Credential, Endpoint, ProxyVars, Settings};
use access_groups_server::SecretDigest;

use super::with_key;

// The sources of the command line, which is no library.
#[path = "../../../crates/cli/src/serve/config/file.rs"]
#[allow(dead_code, reason = "sites are not opened here")]
mod file;
#[path = "../../../crates/cli/src/serve/config/json.rs"]
mod json;
#[path = "../../../crates/cli/src/misplaced.rs"]
#[allow(dead_code, reason = "messages are not printed here")]
pub(crate) mod misplaced;
#[path = "../../../crates/cli/src/serve/config/problems.rs"]
#[allow(dead_code, reason = "sites are not opened here")]
mod problems;
#[path = "../../../crates/cli/src/serve/strength.rs"]
#[allow(dead_code, reason = "nobody is warned here")]
mod strength;

/// Each line is read as everything that a line may be; all of them are a configuration of `serve`.
///
/// What is read is written and read again without a difference, and no refusal shows the key.
pub fn configuration(data: &[u8]) {
    let Ok(text) = String::from_utf8(with_key(data)) else {
        return; // refused before it is parsed
    };
    let mut problems = problems::Problems::default();
    let content = file::read(&text, strength::Reach::Network, &mut problems);
    let shown = format!("{problems} {problems:?}");
    assert!(!shown.contains(super::KEY), "{shown}");
    if problems.into_result("a file").is_ok() {
        assert!(!content.workspaces.is_empty());
        let is_sound = |one: &file::WorkspaceConfig| one.id.is_some() && one.site.is_some();
        assert!(content.workspaces.iter().all(is_sound));
    }
    for line in text.lines() {
        comes_back::<Timestamp>(line);
        comes_back::<AcsUserId>(line);
        comes_back::<EmailAddress>(line);
        comes_back::<PersonName>(line);
        comes_back::<SearchText>(line);
        comes_back::<Endpoint>(line);
        let digest = line.parse::<SecretDigest>();
        must_be_silent(&format!("{digest:?}"));
        must_be_silent(&format!("{:?}", Credential::api_key(line)));
    }
    variables(&text);
}

/// The lines as the values of the variables that are read. A key in an address is shown with it, but
/// not where a password belongs.
fn variables(text: &str) {
    let names = [
        "SEAM_API_KEY",
        "SEAM_PERSONAL_ACCESS_TOKEN",
        "HTTPS_PROXY",
        "SEAM_ENDPOINT",
        "NO_PROXY",
        "SEAM_WORKSPACE_ID",
    ];
    let lookup = |name: &str| {
        let place = names.iter().position(|known| *known == name)?;
        let line = text.lines().nth(place)?;
        let public = match (place, line.rfind('@')) {
            (0 | 1, _) => line.len(),
            (2, Some(at)) => at,
            _ => 0,
        };
        let (secret, public) = line.split_at(public);
        Some(format!("{secret}{}", public.replace(super::KEY, "x")))
    };
    let settings = Settings::from_vars(lookup).with_proxy_vars(ProxyVars::from_vars(lookup));
    must_be_silent(&format!("{settings:?}"));
    match settings.requester(7) {
        Ok(requester) => must_be_silent(&format!("{requester:?}")),
        Err(error) => must_be_silent(&super::chain(&error)),
    }
}

fn comes_back<T: std::str::FromStr<Err: std::error::Error + 'static> + Display + PartialEq>(
    text: &str,
) {
    match text.parse::<T>() {
        Ok(value) => {
            let again = value.to_string().parse::<T>();
            assert!(again.is_ok_and(|again| again == value), "{text:?} {value}");
        }
        Err(error) => must_be_silent(&super::chain(&error)),
    }
}

fn must_be_silent(shown: &str) {
    assert!(!shown.contains(super::KEY), "{shown}");
}
