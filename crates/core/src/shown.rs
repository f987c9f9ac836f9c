//! What is shown of personal data: nothing in `Debug`, and no e-mail address in a message.
//!
//! `Debug` texts end up in logs, panics and bug reports. There, a value of this crate shows ids,
//! codes, numbers and instants whole, and every other text as `…`. In messages of errors, texts of a
//! service or of a file go through [`without_addresses`]. A result that was asked for shows
//! everything: through its fields, `Display` and serde.
//!
//! A type with texts has no derived `Debug`, but a row in the table below. A row names all fields,
//! and a field needs a type that implements [`Shown`], so that a new field cannot show more by
//! accident.
//!
//! # Examples
//!
//! ```
//! use access_groups_core::{AcsSystemId, AcsUser, AcsUserId};
//!
//! let ada = AcsUser::new(AcsUserId::from_u128(1), AcsSystemId::from_u128(2), "Ada Lovelace");
//! let debug = format!("{ada:?}");
//! assert!(debug.contains("AcsUserId(00000000-0000-0000-0000-000000000001)"));
//! assert!(debug.contains("full_name: Some(…)") && !debug.contains("Ada"));
//! ```

#[cfg(any(test, feature = "whole-texts"))]
mod whole;

use std::{borrow::Cow, fmt, sync::Arc, time::Duration};

use crate::{id::parse_uuid, *};

#[cfg(any(test, feature = "whole-texts"))]
pub use whole::with_texts;

#[cfg(any(test, feature = "whole-texts"))]
use whole::are_texts_whole;

/// Without the feature, nothing can switch the guard off.
#[cfg(not(any(test, feature = "whole-texts")))]
const fn are_texts_whole() -> bool {
    false
}

/// The text with `…` in place of every e-mail address, plain or as in a URL or in JSON: for messages
/// that repeat what a service or a file says.
///
/// # Examples
///
/// ```
/// use access_groups_core::shown::without_addresses;
///
/// assert_eq!(without_addresses("ada@example.com is taken"), "… is taken");
/// assert_eq!(without_addresses("?email=ada%40example.com&page=2"), "?email=…&page=2");
/// assert_eq!(without_addresses("at 8 @ the gym"), "at 8 @ the gym");
/// ```
#[must_use]
pub fn without_addresses(text: &str) -> Cow<'_, str> {
    let mut shown = String::new();
    let (mut copied, mut from) = (0, 0);
    while let Some((at, after)) = next_sign(text, from) {
        from = after;
        let is_local = |letter: &char| letter.is_alphanumeric() || "._+-'%".contains(*letter);
        let local = text[copied..at].chars().rev().take(LONGEST_LOCAL);
        let start = at
            - local
                .take_while(is_local)
                .map(char::len_utf8)
                .sum::<usize>();
        let is_domain = |letter: &char| letter.is_alphanumeric() || ".-".contains(*letter);
        let domain = text[after..].chars().take_while(is_domain);
        let end = after + domain.map(char::len_utf8).sum::<usize>();
        // A text may be cut off after the sign.
        if start < at && (end > after || end == text.len()) {
            shown.push_str(&text[copied..start]);
            shown.push('…');
            (copied, from) = (end, end);
        }
    }
    match copied {
        0 => text.into(),
        _ => (shown + &text[copied..]).into(),
    }
}

/// Where the next `@` begins and ends, as it is or escaped for a URL or in JSON.
fn next_sign(text: &str, mut from: usize) -> Option<(usize, usize)> {
    loop {
        let at = from + text[from..].find(['@', '%', '\\'])?;
        let signs = ["@", "%40", "\\u0040"];
        let sign = signs.iter().find(|sign| text[at..].starts_with(**sign));
        match sign {
            Some(sign) => return Some((at, at + sign.len())),
            None => from = at + 1,
        }
    }
}

/// More characters than the part before the sign has: a hostile text must not be searched again and
/// again.
const LONGEST_LOCAL: usize = 320;

/// A value as a field in `Debug`. The default is the value's own `Debug`: for types without texts.
pub trait Shown: fmt::Debug {
    /// Shows the value without the texts in it.
    ///
    /// # Errors
    ///
    /// Those of the formatter.
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Shows a value as [`Shown`] does.
pub(crate) struct Show<'a, T: ?Sized>(pub(crate) &'a T);

impl<T: Shown + ?Sized> fmt::Debug for Show<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.show(f)
    }
}

/// An id in a text is shown: Seam's resources have some. So is an empty text.
impl Shown for str {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.is_empty() || parse_uuid(self).is_some() || are_texts_whole() {
            true => fmt::Debug::fmt(self, f),
            false => f.write_str("…"),
        }
    }
}

impl Shown for String {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().show(f)
    }
}

impl Shown for Arc<str> {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).show(f)
    }
}

impl Shown for Extra {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.is_empty() || are_texts_whole() {
            true => fmt::Debug::fmt(self, f),
            // The names of the fields are texts as well.
            false => f.write_str("{…}"),
        }
    }
}

impl<T: Shown> Shown for Option<T> {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.as_ref().map(Show), f)
    }
}

impl<T: Shown> Shown for Vec<T> {
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(Show)).finish()
    }
}

/// Types without texts.
macro_rules! whole {
    ($($name:ident)*) => {$(impl Shown for $name {})*};
}

whole! {
    bool Duration CancelToken
    AccessGroupId AcsSystemId AcsUserId EntranceId UserIdentityId WorkspaceId
    AccessEffect AccessSchedule DeferredVariant GroupReason Timestamp
    PendingEntrance PendingGroup PendingSchedule PendingSuspension PendingUser
}

/// Types with texts: a row is a type with all of its fields.
macro_rules! structs {
    ($($name:ident $(<$parameter:ident>)? { $($field:ident)* })*) => {$(
        impl$(<$parameter: Shown>)? fmt::Debug for $name$(<$parameter>)? {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let Self { $($field),* } = self;
                let mut shown = f.debug_struct(stringify!($name));
                $(shown.field(stringify!($field), &Show($field));)*
                shown.finish()
            }
        }

        impl$(<$parameter: Shown>)? Shown for $name$(<$parameter>)? {}
    )*};
}

structs! {
    AccessGroup {
        acs_access_group_id acs_system_id workspace_id connected_account_id name display_name
        external_type external_type_display_name access_schedule created_at is_managed errors
        warnings pending_mutations extra
    }
    AcsSystem {
        acs_system_id workspace_id connected_account_id connected_account_ids name external_type
        external_type_display_name location is_credential_manager image_url image_alt_text
        created_at errors warnings extra
    }
    AcsUser {
        acs_user_id acs_system_id workspace_id connected_account_id display_name full_name
        email_address phone_number external_type external_type_display_name is_suspended
        access_schedule user_identity_id user_identity_full_name user_identity_email_address
        user_identity_phone_number hid_acs_system_id created_at last_successful_sync_at is_managed
        errors warnings pending_mutations extra
    }
    Context { actor request_id timeout cancel }
    Entrance {
        acs_entrance_id acs_system_id connected_account_id display_name space_ids is_locked
        can_unlock_with_card can_unlock_with_code can_unlock_with_cloud_key
        can_unlock_with_mobile_key can_belong_to_reservation created_at errors warnings extra
    }
    Location { time_zone extra }
    UserIdentity {
        user_identity_id workspace_id display_name user_identity_key full_name email_address
        phone_number acs_user_ids created_at errors warnings extra
    }
    Workspace {
        workspace_id name company_name connect_partner_name is_sandbox is_suspended
        is_publishable_key_auth_enabled organization_id connect_webview_customization extra
    }
    ResourceError<Code> { code message created_at extra }
    ResourceWarning<Code> { code message created_at extra }
    ResourceIssue { is_error code message effect }
    GroupVerdict { group_id name reason issues }
    PendingMutation<Change> { change message created_at extra }
    PendingCredential { acs_credential_id }
    Update<T> { from to }
}

/// Enums with texts: a row is a type with all of its variants, and names for what they hold.
macro_rules! enums {
    ($($name:ident { $($variant:ident $(($one:ident))? $({ $($field:ident)* })?,)* })*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$variant $(($one))? $({ $($field),* })? => {
                        f.debug_tuple(stringify!($variant))
                            $(.field(&Show($one)))?
                            $($(.field(&Show($field)))*)?
                            .finish()
                    })*
                }
            }
        }

        impl Shown for $name {}
    )*};
}

enums! {
    AccessGroupChange {
        Creating,
        Deleting,
        DeferringDeletion,
        UpdatingGroupInformation(update),
        UpdatingAccessSchedule(update),
        UpdatingUserMembership(update),
        UpdatingEntranceMembership(update),
        DeferringUserMembershipUpdate { acs_user_id variant },
        Other(code),
    }
    AcsUserChange {
        Creating,
        Deleting,
        DeferringCreation { scheduled_at },
        UpdatingUserInformation(update),
        UpdatingAccessSchedule(update),
        UpdatingSuspensionState(update),
        UpdatingGroupMembership(update),
        DeferringGroupMembershipUpdate { acs_access_group_id variant },
        UpdatingCredentialAssignment(update),
        Other(code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(without_addresses(text), expected, "{text:?}");
        // A message may be cut anywhere, and may not be cut where an address shows again.
        assert_eq!(without_addresses(expected), expected, "{text:?}");
    }

    #[test]
    fn every_address_is_hidden() {
        check("ada@example.com", "…");
        check("<Ada.L+x@a.example>, g'h@b-c.example.", "<…>, …");
        check("a@b@c", "…@c");
        check("https://ada:pw@a.example/x", "https://ada:…/x");
        check(
            "to=ada%40example.com;\\u0061da\\u0040example.com!",
            "to=…;\\…!",
        );
        check("cut: ada@", "cut: …");
        check("é@ü.example 💡", "… 💡");
        check("%40%40 a%40b", "%40%40 …");
    }

    #[test]
    fn signs_that_are_no_address_stay() {
        for text in ["", "@", " @example", "8 @ 9", "ada @ example.com", "100 %4"] {
            check(text, text);
            assert!(matches!(without_addresses(text), Cow::Borrowed(_)));
        }
    }

    #[test]
    fn whole_texts_end_with_their_scope() {
        let name: PersonName = "Ada".parse().expect("a name");
        let panicked = std::panic::catch_unwind(|| with_texts(|| panic!("for a test")));
        assert!(panicked.is_err());
        assert_eq!(format!("{name:?}"), "PersonName(…)");
        with_texts(|| {
            assert_eq!(with_texts(|| format!("{name:?}")), r#"PersonName("Ada")"#);
            assert_eq!(format!("{name:?}"), r#"PersonName("Ada")"#);
        });
        assert_eq!(format!("{name:#?}"), "PersonName(\n    …,\n)");
    }

    #[test]
    fn ids_in_texts_and_empty_texts_are_shown() {
        let id = "00000000-0000-0000-0000-000000000001";
        let shown = |text: &str| format!("{:?}", Show(text));
        assert_eq!(shown(id), format!("{id:?}"));
        assert_eq!(shown(""), r#""""#);
        assert_eq!(shown("00000000000000000000000000000001"), "…");
    }
}
