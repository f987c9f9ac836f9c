//! Keys and ids that nobody can guess.

use access_groups_core::{Uuid, WorkspaceId};
use access_groups_protocol::Secret;

use crate::failure::Failure;

/// `seam_test`, four characters, `_`, 24 characters: 163 random bits in the form of Seam's.
pub(crate) fn api_key() -> Result<Secret, Failure> {
    let random = characters(28)?;
    // The shape of Seam's test keys, so that tools recognise it as a secret.
    let (first, rest) = random.split_at(4);
    Ok(Secret::new(format!("seam_test{first}_{rest}")))
}

/// `seam_at1`, `_`, 28 characters: a personal access token with as many random bits.
pub(crate) fn personal_access_token() -> Result<Secret, Failure> {
    Ok(Secret::new(format!("seam_at1_{}", characters(28)?)))
}

/// An id that no other workspace has.
pub(crate) fn workspace_id() -> Result<WorkspaceId, Failure> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| without_randomness(&error))?;
    // A random UUID: version 4 of RFC 9562.
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    Ok(Uuid::from_bytes(bytes).into())
}

fn characters(count: usize) -> Result<String, Failure> {
    let mut text = String::with_capacity(count);
    while text.len() < count {
        let mut bytes = [0; 64];
        getrandom::fill(&mut bytes).map_err(|error| without_randomness(&error))?;
        let missing = count - text.len();
        // 232 is a multiple of 58: bytes from there on would favour the first characters.
        let fair = bytes.iter().filter(|byte| **byte < 232);
        let characters = fair.map(|byte| char::from(BASE58[usize::from(*byte) % BASE58.len()]));
        text.extend(characters.take(missing));
    }
    Ok(text)
}

fn without_randomness(error: &getrandom::Error) -> Failure {
    Failure::failed("the system has no random numbers").caused_by(error)
}

/// Letters and digits that are easy to tell apart.
const BASE58: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

#[cfg(test)]
mod tests {
    use access_groups_protocol::Credential;

    use super::*;

    #[test]
    fn keys_and_tokens_are_valid_and_differ() {
        let key = api_key().expect("a key");
        let expected = "seam_testFjxz_3tNVqTzxFMVZJgyUjvDmzBqy".len();
        assert_eq!(key.expose().len(), expected);
        Credential::api_key(key.expose()).expect("acceptable");
        assert_ne!(api_key().expect("another").expose(), key.expose());
        let token = personal_access_token().expect("a token");
        Credential::personal_access_token(token.expose(), WorkspaceId::default())
            .expect("acceptable");
    }

    #[test]
    fn workspaces_get_random_uuids() {
        let id = workspace_id().expect("an id");
        assert_eq!(id.to_string().as_bytes()[14], b'4');
        assert_ne!(workspace_id().expect("another"), id);
    }
}
