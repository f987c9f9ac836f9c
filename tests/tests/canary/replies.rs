//! What each operation may answer, with a text in every field that can hold one.

use access_groups_core::*;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// An answer to the operation.
pub(crate) fn reply_to(operation: &Operation, text: &str) -> Reply {
    macro_rules! answers {
        ($($operation:ident)*) => {
            match operation {
                $(Operation::$operation(_) => $operation::answer(Sampled::sample(text)),)*
            }
        };
    }
    answers! {
        AddUser RemoveUser GetAccessGroup ListAccessGroups ListUsersInGroup ListEntrancesOfGroup
        DeleteAccessGroup CreateAcsUser GetAcsUser ListAcsUsers UpdateAcsUser DeleteAcsUser
        SuspendAcsUser UnsuspendAcsUser ListEntrancesOfUser GrantAccess RevokeAccessToAllEntrances
        GetWorkspace GetAcsSystem ListAcsSystems GetEntrance ListEntrances CreateUserIdentity
        GetUserIdentity ListUserIdentities UpdateUserIdentity DeleteUserIdentity LinkAcsUser
        UnlinkAcsUser ListUsersOfIdentity ListSystemsOfIdentity ListEntrancesOfIdentity
        CreateAccessGroup UpdateAccessGroup RevokeAccess CreateAcsSystem UpdateAcsSystem
        DeleteAcsSystem CreateEntrance UpdateEntrance DeleteEntrance
    }
}

trait Sampled: Sized {
    fn sample(text: &str) -> Self;
}

impl Sampled for () {
    fn sample(_: &str) {}
}

impl<T: Sampled> Sampled for Vec<T> {
    fn sample(text: &str) -> Self {
        vec![T::sample(text)]
    }
}

impl<T: Sampled> Sampled for Page<T> {
    fn sample(text: &str) -> Self {
        Self {
            items: Vec::sample(text),
            next: Some(PageCursor::new(text)),
        }
    }
}

/// Each row is a resource, its ids, and its other fields that hold a text.
macro_rules! samples {
    ($($resource:ident { $($id:literal)* } $($field:literal)*;)*) => {$(
        impl Sampled for $resource {
            fn sample(text: &str) -> Self {
                let id = "00000000-0000-0000-0000-000000000001";
                let mut fields = everywhere(text);
                $(fields[$id] = id.into();)*
                $(fields[$field] = text.into();)*
                read(fields)
            }
        }
    )*};
}

samples! {
    AccessGroup { "acs_access_group_id" "acs_system_id" }
        "connected_account_id" "name" "display_name" "external_type"
        "external_type_display_name";
    AcsUser { "acs_user_id" "acs_system_id" }
        "connected_account_id" "display_name" "full_name" "email_address" "phone_number"
        "external_type" "external_type_display_name" "user_identity_id" "user_identity_full_name"
        "user_identity_email_address" "user_identity_phone_number" "hid_acs_system_id";
    Entrance { "acs_entrance_id" "acs_system_id" }
        "connected_account_id" "display_name";
    AcsSystem { "acs_system_id" }
        "connected_account_id" "name" "external_type" "external_type_display_name" "image_url"
        "image_alt_text";
    UserIdentity { "user_identity_id" }
        "display_name" "user_identity_key" "full_name" "email_address" "phone_number";
    Workspace { "workspace_id" }
        "name" "company_name" "connect_partner_name" "organization_id";
}

/// The fields that only some resources have, and unknown ones: all may be in any resource.
fn everywhere(text: &str) -> Value {
    let notice = |code: &str| json!([{code: text, "message": text, text: text}]);
    let change = |code: &str, side: Value| json!({"mutation_code": code, "message": text, "from": side, "to": side, text: text});
    json!({
        "errors": notice("error_code"),
        "warnings": notice("warning_code"),
        "pending_mutations": [
            change("updating_user_information", json!({"email_address": text})),
            change("updating_group_information", json!({"name": text})),
            change("updating_credential_assignment", json!({"acs_credential_id": text})),
            change(text, json!(text)),
        ],
        "connected_account_ids": [text],
        "space_ids": [text],
        "acs_user_ids": [text],
        "location": {"time_zone": text, text: text},
        "connect_webview_customization": {text: text},
        text: {"deep": [text]},
    })
}

fn read<T: DeserializeOwned>(fields: Value) -> T {
    serde_json::from_value(fields).expect("a resource")
}
