//! Where the project differs from the contract on purpose: what, and why.
//!
//! The only list of differences. An entry that no longer holds fails the test that reads it.

use std::collections::{BTreeMap, BTreeSet};

/// A difference, and the reason for it.
pub(crate) type Listed = (&'static str, &'static str);

/// Routes that the contract lacks.
pub(crate) const ROUTES_OF_OURS: &[Listed] = &[];

/// Fields of requests: path and field.
pub(crate) const WRITTEN_UNDER_ANOTHER_NAME: &[Listed] = &[
    ("/acs/users/create email", DEPRECATED),
    ("/acs/users/update email", DEPRECATED),
];

/// Fields of requests that may be null though the contract does not say so.
pub(crate) const NULL_IS_TAKEN: &[Listed] = &[
    ("/acs/users/list user_identity_email_address", NEWER),
    ("/acs/users/list user_identity_phone_number", NEWER),
];

/// Deprecated fields of resources, which say the same as current ones: the resource, the
/// deprecated name, the current one.
pub(crate) const ALIASES: &[(&str, &str, &str)] = &[
    ("acs_access_group", "access_group_type", "external_type"),
    (
        "acs_access_group",
        "access_group_type_display_name",
        "external_type_display_name",
    ),
    ("acs_system", "system_type", "external_type"),
    (
        "acs_system",
        "system_type_display_name",
        "external_type_display_name",
    ),
    ("acs_user", "email", "email_address"),
];

/// Fields of resources that no type in core looks at: they are kept, and written back. What is
/// inside of them goes with them; of an unmanaged resource, the same fields are.
pub(crate) const CARRIED: &[Listed] = &[
    (
        "acs_access_group.pending_mutations[updating_group_information].from.name",
        AS_SENT,
    ),
    (
        "acs_access_group.pending_mutations[updating_group_information].to.name",
        AS_SENT,
    ),
    ("acs_entrance.assa_abloy_vostio_metadata", BRAND),
    ("acs_entrance.avigilon_alta_metadata", BRAND),
    ("acs_entrance.brivo_metadata", BRAND),
    ("acs_entrance.dormakaba_ambiance_metadata", BRAND),
    ("acs_entrance.dormakaba_community_metadata", BRAND),
    ("acs_entrance.hotek_metadata", BRAND),
    ("acs_entrance.latch_metadata", BRAND),
    ("acs_entrance.salto_ks_metadata", BRAND),
    ("acs_entrance.salto_space_metadata", BRAND),
    ("acs_entrance.visionline_metadata", BRAND),
    ("acs_system.acs_access_group_count", COUNT),
    ("acs_system.acs_user_count", COUNT),
    (
        "acs_system.default_credential_manager_acs_system_id",
        CREDENTIALS,
    ),
    (
        "acs_system.errors[bridge_disconnected].is_bridge_error",
        DETAIL,
    ),
    ("acs_system.visionline_metadata", BRAND),
    (
        "acs_system.warnings[time_zone_does_not_match_location].misconfigured_acs_entrance_ids",
        DETAIL,
    ),
    (
        "acs_user.pending_mutations[updating_user_information].from.email_address",
        AS_SENT,
    ),
    (
        "acs_user.pending_mutations[updating_user_information].from.full_name",
        AS_SENT,
    ),
    (
        "acs_user.pending_mutations[updating_user_information].from.phone_number",
        AS_SENT,
    ),
    (
        "acs_user.pending_mutations[updating_user_information].to.email_address",
        AS_SENT,
    ),
    (
        "acs_user.pending_mutations[updating_user_information].to.full_name",
        AS_SENT,
    ),
    (
        "acs_user.pending_mutations[updating_user_information].to.phone_number",
        AS_SENT,
    ),
    ("acs_user.salto_ks_metadata", BRAND),
    ("acs_user.salto_space_metadata", BRAND),
    (
        "user_identity.errors[issue_with_acs_user].acs_system_id",
        DETAIL,
    ),
    (
        "user_identity.errors[issue_with_acs_user].acs_user_id",
        DETAIL,
    ),
    (
        "workspace.connect_webview_customization.inviter_logo_url",
        LOOKS,
    ),
    ("workspace.connect_webview_customization.logo_shape", LOOKS),
    (
        "workspace.connect_webview_customization.primary_button_color",
        LOOKS,
    ),
    (
        "workspace.connect_webview_customization.primary_button_text_color",
        LOOKS,
    ),
    (
        "workspace.connect_webview_customization.success_message",
        LOOKS,
    ),
    (
        "workspace.publishable_key",
        "publishable keys open nothing that this project serves",
    ),
];

/// Codes that core knows and the contract lacks: the field, and the code.
pub(crate) const KNOWN_BEFORE: &[Listed] = &[
    (
        "acs_access_group.access_group_type akiles_member_group",
        NEWER,
    ),
    ("acs_access_group.external_type akiles_member_group", NEWER),
    ("acs_system.errors insufficient_permissions", NEWER),
    ("acs_system.external_type akiles_organization", NEWER),
    ("acs_system.system_type akiles_organization", NEWER),
    ("acs_system.warnings unknown_issue_with_acs_system", NEWER),
];

/// Paths of which a server over memory never shows a resource.
pub(crate) const NOTHING_TO_SHOW: &[Listed] = &[
    ("/acs/access_groups/unmanaged/get", UNMANAGED),
    ("/acs/access_groups/unmanaged/list", UNMANAGED),
    ("/acs/users/unmanaged/get", UNMANAGED),
    ("/acs/users/unmanaged/list", UNMANAGED),
];

const DEPRECATED: &str = "a deprecated name; the current one is written";
const UNMANAGED: &str = "this project has no unmanaged resources";
const AS_SENT: &str = "kept as it was sent, for an absent text differs from a null one";
const BRAND: &str = "only one brand has it";
const COUNT: &str = "a count that no rule uses; lists tell the same";
const CREDENTIALS: &str = "credentials are not served";
const DETAIL: &str = "of one code only; the code and its message are typed";
const LOOKS: &str = "how a dialogue looks, which is not served";
const NEWER: &str = "of a newer version, which is not published as a package yet";

/// Fails with everything that breaks its rule and is not listed, and with everything that is
/// listed and does not break it.
pub(crate) fn judge_all(verdicts: &BTreeMap<String, Result<(), String>>, listed: &[Listed]) {
    let listed: BTreeSet<&str> = listed.iter().map(|(what, _why)| *what).collect();
    let mut wrong = Vec::new();
    for (what, verdict) in verdicts {
        match (verdict, listed.contains(what.as_str())) {
            (Err(why), false) => wrong.push(format!("{what}: {why}")),
            (Ok(()), true) => wrong.push(format!("{what} is listed and does not differ")),
            _ => {}
        }
    }
    for what in listed {
        if !verdicts.contains_key(what) {
            wrong.push(format!("{what} is listed and does not exist"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} in all:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
