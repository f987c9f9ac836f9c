//! Fields that no law is about, filled so that one that is lost in some place shows.

use access_groups_core::{
    AccessGroupErrorCode, AccessGroupType, AcsSystemErrorCode, AcsUserErrorCode, AcsUserType,
    ConnectedAccountId, Extra, NO_CONNECTED_ACCOUNT, ResourceError, ResourceWarning, SpaceId,
    UserIdentityErrorCode,
};
use serde_json::json;

use super::{Site, Timestamp};

impl Site {
    /// Gives every resource a value in each field that would be at its default; errors and warnings
    /// to each but the first of its kind.
    pub(crate) fn furnish(&mut self) {
        self.furnish_systems();
        self.furnish_users();
        self.furnish_identities();
        self.furnish_groups();
        self.furnish_entrances();
    }

    fn furnish_systems(&mut self) {
        for (number, system) in (0..).zip(&mut self.systems) {
            give_account(&mut system.connected_account_id, number);
            system.connected_account_ids = vec![system.connected_account_id.clone()];
            let zone = || "Europe/Paris".to_owned();
            system.location.time_zone.get_or_insert_with(zone);
            system.is_credential_manager = true;
            system.image_url = format!("https://example.com/{number}.png");
            system.image_alt_text = format!("Brand {number}");
            system.created_at = at(number);
            system.extra = extra(number);
            if number > 0 {
                system.errors = vec![error(AcsSystemErrorCode::AccountDisconnected, number)];
                system.warnings = vec![warning("setup_required", number)];
            }
        }
    }

    fn furnish_users(&mut self) {
        let manager = self.systems.first().map(|system| system.acs_system_id);
        for (number, user) in (0..).zip(&mut self.users) {
            give_account(&mut user.connected_account_id, number);
            let manager = manager.map(|system| system.to_string());
            user.hid_acs_system_id = user.hid_acs_system_id.take().or(manager);
            user.external_type = Some(AcsUserType::SaltoSiteUser);
            user.external_type_display_name = Some(format!("Salto user {number}"));
            user.extra = extra(number);
            if number > 0 {
                user.errors = vec![error(AcsUserErrorCode::DeletedExternally, number)];
                user.warnings = vec![warning("acs_user_inactive", number)];
            }
        }
    }

    fn furnish_identities(&mut self) {
        for (number, identity) in (0..).zip(&mut self.identities) {
            identity.extra = extra(number);
            if number > 0 {
                identity.errors = vec![error(UserIdentityErrorCode::IssueWithAcsUser, number)];
                identity.warnings = vec![warning("being_deleted", number)];
            }
        }
    }

    fn furnish_groups(&mut self) {
        for (number, group) in (0..).zip(&mut self.groups) {
            give_account(&mut group.connected_account_id, number);
            group.display_name = format!("{} {number}", group.name);
            group.external_type = AccessGroupType::KisiAccessGroup;
            group.external_type_display_name = format!("Kisi group {number}");
            group.created_at = at(number);
            group.extra = extra(number);
            if number > 0 {
                let code = AccessGroupErrorCode::FailedToCreateOnAcsSystem;
                group.errors = vec![error(code, number)];
                group.warnings = vec![warning("being_deleted", number)];
            }
        }
    }

    fn furnish_entrances(&mut self) {
        for (number, entrance) in (0..).zip(&mut self.entrances) {
            give_account(&mut entrance.connected_account_id, number);
            if entrance.space_ids.is_empty() {
                let spaces = [1, 2].map(|space| SpaceId::from_u128(u128::from(number * 2 + space)));
                entrance.space_ids = spaces.map(|space| space.to_string()).into();
            }
            entrance.can_unlock_with_card = Some(true);
            entrance.can_unlock_with_code = Some(false);
            entrance.can_unlock_with_cloud_key = Some(true);
            entrance.can_unlock_with_mobile_key = Some(false);
            entrance.can_belong_to_reservation = Some(true);
            entrance.extra = extra(number);
            if number > 0 {
                entrance.errors = vec![error("disconnected".to_owned(), number)];
                entrance.warnings = vec![warning("privacy_mode", number)];
            }
        }
    }
}

fn give_account(account: &mut String, number: u32) {
    // A law about accounts has given its own.
    if account == NO_CONNECTED_ACCOUNT {
        *account = ConnectedAccountId::from_u128(0xacc0 + u128::from(number)).to_string();
    }
}

/// A field that no version of the port knows.
fn extra(number: u32) -> Extra {
    let fields = json!({"unheard_of": {"number": number, "list": ["a", null]}});
    serde_json::from_value(fields).expect("an object")
}

fn error<C>(code: C, number: u32) -> ResourceError<C> {
    ResourceError::new(code, format!("Error {number}."), at(number))
}

fn warning<C: for<'t> From<&'t str>>(code: &str, number: u32) -> ResourceWarning<C> {
    // Every second code is one that this version does not know.
    let code = if number.is_multiple_of(2) {
        "a_new_code"
    } else {
        code
    };
    ResourceWarning::new(code.into(), format!("Warning {number}."), at(number))
}

fn at(number: u32) -> Timestamp {
    Timestamp::from_unix_seconds(1_000_000_000 + number)
}
