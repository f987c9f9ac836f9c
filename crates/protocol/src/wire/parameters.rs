//! The fields of a request that stand for one argument of an operation: read and written side by
//! side, under the API's names.

use std::{borrow::Cow, num::NonZeroU32, str::FromStr};

use access_groups_core::{
    AccessGroupFilter, AccessGroupId, AcsSystemFilter, AcsSystemId, AcsUserFilter, AcsUserId,
    AcsUserSelector, AcsUserUpdate, ClosedSchedule, ContactDetail, EmailAddress, EntranceFilter,
    EntranceId, MAX_TEXT_CHARS, NewAcsUser, NewSchedule, NewUserIdentity, PageCursor, PageRequest,
    ParseSearchError, ParseTextError, Patch, SearchText, TextProblem, Timestamp,
    UserIdentityFilter, UserIdentityId, UserIdentitySelector, UserIdentityUpdate, UserRef,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use crate::{
    fields::{FieldReader, FieldWriter},
    instants::in_milliseconds,
};

/// An argument of an operation.
pub(crate) trait Parameter: Sized {
    /// Reads it; `None` if a field is missing or wrong, which the reader then knows.
    fn read(reader: &mut FieldReader<'_>) -> Option<Self>;

    /// Writes it; absent fields are left out.
    fn write(&self, writer: &mut FieldWriter);
}

/// What is one id, under one name.
macro_rules! ids {
    ($($type:ty = $name:ident;)*) => {$(
        impl Parameter for $type {
            fn read(reader: &mut FieldReader<'_>) -> Option<Self> {
                reader.required($name, id)
            }

            fn write(&self, writer: &mut FieldWriter) {
                writer.text($name, self);
            }
        }
    )*};
}

ids! {
    AcsUserId = USER;
    AccessGroupId = GROUP;
    AcsSystemId = SYSTEM;
    EntranceId = ENTRANCE;
    UserIdentityId = IDENTITY;
}

/// What has only fields that may be missing. A row is a field, the method of [`FieldReader`] and
/// [`FieldWriter`] for its type, the name on the wire and the parser of its text.
macro_rules! optional_fields {
    ($($type:ident {$($field:ident: $method:ident $name:ident $parse:ident;)*})*) => {$(
        impl Parameter for $type {
            fn read(reader: &mut FieldReader<'_>) -> Option<Self> {
                let mut read = Self::default();
                $(read.$field = reader.$method($name, $parse);)*
                Some(read)
            }

            fn write(&self, writer: &mut FieldWriter) {
                $(writer.$method($name, &self.$field);)*
            }
        }
    )*};
}

optional_fields! {
    AccessGroupFilter {
        system: optional SYSTEM id;
        user: optional USER id;
        identity: optional IDENTITY id;
        search: optional SEARCH search;
    }
    AcsUserFilter {
        system: optional SYSTEM id;
        identity: optional IDENTITY id;
        identity_email_address: nullable IDENTITY_EMAIL checked;
        identity_phone_number: nullable IDENTITY_PHONE checked;
        search: optional SEARCH search;
        created_before: optional_instant CREATED_BEFORE instant;
    }
    AcsSystemFilter {
        connected_account: optional ACCOUNT id;
        customer_key: optional CUSTOMER checked;
        search: optional SEARCH search;
    }
    EntranceFilter {
        system: optional SYSTEM id;
        entrances: list ENTRANCES id;
        connected_account: optional ACCOUNT id;
        space: optional SPACE id;
        location: optional_or_null LOCATION id;
        credential: optional CREDENTIAL id;
        access_method: optional ACCESS_METHOD id;
        customer_key: optional CUSTOMER checked;
        search: optional SEARCH search;
    }
    UserIdentityFilter {
        identities: list IDENTITIES id;
        credential_manager: optional CREDENTIAL_MANAGER id;
        search: optional SEARCH search;
        created_before: optional_instant CREATED_BEFORE instant;
    }
    NewUserIdentity {
        key: optional_or_null KEY checked;
        full_name: optional_or_null FULL_NAME checked;
        email_address: optional_or_null EMAIL email_address;
        phone_number: optional_or_null PHONE checked;
        systems: list_or_empty SYSTEMS id;
    }
    UserIdentityUpdate {
        key: patch KEY checked;
        full_name: patch FULL_NAME checked;
        email_address: patch EMAIL email_address;
        phone_number: patch PHONE checked;
    }
}

impl Parameter for PageRequest {
    fn read(reader: &mut FieldReader<'_>) -> Option<Self> {
        let mut page = Self::first();
        page.limit = reader.limit(LIMIT).map(at_most);
        page.cursor = reader.optional_or_null(CURSOR, cursor);
        Some(page)
    }

    fn write(&self, writer: &mut FieldWriter) {
        writer.json(LIMIT, self.limit.map(|limit| at_most(limit).get()));
        let cursor = self.cursor.as_ref();
        writer.optional(CURSOR, &cursor.map(|cursor| cursor.as_str()));
    }
}

/// Both halves see to it: the other end, or the port behind it, may serve larger pages.
fn at_most(limit: NonZeroU32) -> NonZeroU32 {
    limit.min(PageRequest::MAX_LIMIT)
}

/// Exactly one of the two ids.
impl Parameter for UserRef {
    fn read(reader: &mut FieldReader<'_>) -> Option<Self> {
        match reader.exactly_one(USER, IDENTITY)? {
            USER => AcsUserId::read(reader).map(Self::AcsUser),
            _ => UserIdentityId::read(reader).map(Self::Identity),
        }
    }

    fn write(&self, writer: &mut FieldWriter) {
        match self {
            Self::AcsUser(id) => id.write(writer),
            Self::Identity(id) => id.write(writer),
        }
    }
}

/// Exactly one of id and key.
impl Parameter for UserIdentitySelector {
    fn read(reader: &mut FieldReader<'_>) -> Option<Self> {
        match reader.exactly_one(IDENTITY, KEY)? {
            IDENTITY => UserIdentityId::read(reader).map(Self::Id),
            _ => reader.required(KEY, checked).map(Self::Key),
        }
    }

    fn write(&self, writer: &mut FieldWriter) {
        match self {
            Self::Id(id) => id.write(writer),
            Self::Key(key) => writer.text(KEY, key),
        }
    }
}

/// By id, or by identity and system, never both.
impl Parameter for AcsUserSelector {
    fn read(reader: &mut FieldReader<'_>) -> Option<Self> {
        // Three fields, of which six combinations are wrong, each with a complaint of its own.
        let given = (reader.has(USER), reader.has(IDENTITY), reader.has(SYSTEM));
        let complaint = match given {
            (true, false, false) => return AcsUserId::read(reader).map(Self::Id),
            (false, true, true) => {
                let (identity, system) = (UserIdentityId::read(reader), AcsSystemId::read(reader));
                return Some(Self::of(identity?, system?));
            }
            (false, true, false) => format!("{SYSTEM} is required with {IDENTITY}"),
            (false, false, _) => {
                format!("Either {USER}, or {IDENTITY} with {SYSTEM}, is required")
            }
            (true, true, _) => format!("Only one of {USER} and {IDENTITY} may be given"),
            (true, false, true) => format!("{SYSTEM} may only be given with {IDENTITY}"),
        };
        reader.complain("", complaint);
        None
    }

    fn write(&self, writer: &mut FieldWriter) {
        match self {
            Self::Id(id) => id.write(writer),
            Self::Identity { identity, system } => {
                identity.write(writer);
                system.write(writer);
            }
        }
    }
}

impl Parameter for NewAcsUser {
    fn read(reader: &mut FieldReader<'_>) -> Option<Self> {
        let system = AcsSystemId::read(reader);
        let full_name = reader.required(FULL_NAME, checked);
        let email_address = read_email_address(reader);
        let phone_number = reader.optional(PHONE, checked);
        let identity = reader.optional(IDENTITY, id);
        let groups = reader.list_or_empty(GROUPS, id);
        let schedule = reader.object(SCHEDULE, false, |reader| {
            let starts_at = reader.optional(STARTS_AT, instant);
            let ends_at = reader.optional_or_null(ENDS_AT, instant);
            Some(NewSchedule { starts_at, ends_at })
        });
        let mut user = Self::new(system?, full_name?);
        user.email_address = email_address;
        user.phone_number = phone_number;
        user.identity = identity;
        user.groups = groups;
        user.access_schedule = schedule.flatten();
        Some(user)
    }

    fn write(&self, writer: &mut FieldWriter) {
        self.system.write(writer);
        writer.text(FULL_NAME, &self.full_name);
        writer.optional(EMAIL, &self.email_address);
        writer.optional(PHONE, &self.phone_number);
        writer.optional(IDENTITY, &self.identity);
        writer.list_or_empty(GROUPS, &self.groups);
        let schedule = self.access_schedule.map(|schedule| {
            let times = [(STARTS_AT, schedule.starts_at), (ENDS_AT, schedule.ends_at)];
            // An absent start means now, and an absent end never; null is not accepted for a start.
            let given = times.into_iter().filter_map(|(name, at)| {
                let at = in_milliseconds(at?);
                Some((name.to_owned(), Value::from(at)))
            });
            Value::Object(given.collect::<Map<_, _>>())
        });
        writer.json(SCHEDULE, schedule);
    }
}

impl Parameter for AcsUserUpdate {
    fn read(reader: &mut FieldReader<'_>) -> Option<Self> {
        // Unlike in a new user, both ends are required: an update replaces the whole schedule.
        let schedule = reader.object(SCHEDULE, true, |reader| {
            let starts_at = reader.required(STARTS_AT, instant);
            let ends_at = reader.required(ENDS_AT, instant);
            let (starts_at, ends_at) = (starts_at?, ends_at?);
            Some(ClosedSchedule { starts_at, ends_at })
        });
        Some(Self {
            full_name: reader.optional(FULL_NAME, checked),
            email_address: read_email_address(reader),
            phone_number: reader.optional(PHONE, checked),
            hid_acs_system: reader.optional(HID_SYSTEM, id),
            access_schedule: schedule.map_or(Patch::Keep, Patch::set_or_clear),
        })
    }

    fn write(&self, writer: &mut FieldWriter) {
        writer.optional(FULL_NAME, &self.full_name);
        writer.optional(EMAIL, &self.email_address);
        writer.optional(PHONE, &self.phone_number);
        writer.optional(HID_SYSTEM, &self.hid_acs_system);
        let schedule = match self.access_schedule {
            Patch::Keep => None,
            Patch::Clear => Some(Value::Null),
            Patch::Set(ClosedSchedule { starts_at, ends_at }) => {
                let (starts_at, ends_at) = (in_milliseconds(starts_at), in_milliseconds(ends_at));
                Some(json!({ STARTS_AT: starts_at, ENDS_AT: ends_at }))
            }
        };
        writer.json(SCHEDULE, schedule);
    }
}

/// Under its name, or else under its deprecated one; both must be valid.
fn read_email_address(reader: &mut FieldReader<'_>) -> Option<EmailAddress> {
    // Read first in any case, so that its complaint comes first.
    let deprecated = reader.optional(DEPRECATED_EMAIL, email_address);
    reader.optional(EMAIL, email_address).or(deprecated)
}

/// Checks the conditions of a list of unmanaged groups, which nothing meets.
pub(super) fn check_unmanaged_group_filter(reader: &mut FieldReader<'_>) {
    reader.optional(SYSTEM, id::<AcsSystemId>);
    reader.optional(USER, id::<AcsUserId>);
    reader.optional(SEARCH, search);
}

/// Checks the conditions of a list of unmanaged users, which nothing meets.
pub(super) fn check_unmanaged_user_filter(reader: &mut FieldReader<'_>) {
    reader.optional(SYSTEM, id::<AcsSystemId>);
    reader.optional(IDENTITY, id::<UserIdentityId>);
    reader.optional(IDENTITY_EMAIL, checked::<ContactDetail>);
    reader.optional(IDENTITY_PHONE, checked::<ContactDetail>);
    reader.optional(SEARCH, search);
    reader.limit(LIMIT);
}

/// A parsed text, or what is wrong with it in the API's wording.
type Parsed<T> = Result<T, Cow<'static, str>>;

pub(crate) fn id<T: FromStr>(text: &str) -> Parsed<T> {
    text.parse().map_err(|_| "Invalid uuid".into())
}

pub(crate) fn search(text: &str) -> Parsed<SearchText> {
    text.parse().map_err(|error| match error {
        ParseSearchError::Empty => TOO_SHORT.into(),
        ParseSearchError::TooLong => too_long(),
        ParseSearchError::HoldsNul => HOLDS_NUL.into(),
        _ => Cow::Owned(error.to_string()),
    })
}

pub(crate) fn instant(text: &str) -> Parsed<Timestamp> {
    text.parse().map_err(|_| "Invalid datetime".into())
}

/// A name, a key or a contact detail: a text with rules of its own.
pub(crate) fn checked<T: FromStr<Err = ParseTextError>>(text: &str) -> Parsed<T> {
    text.parse().map_err(complaint)
}

fn email_address(text: &str) -> Parsed<EmailAddress> {
    text.parse().map_err(|_| "Invalid email".into())
}

pub(crate) fn cursor(text: &str) -> Parsed<PageCursor> {
    // Seam's cursors are base64; what is inside is up to the store.
    match STANDARD.decode(text) {
        Ok(_) => Ok(PageCursor::new(text)),
        Err(_) => Err("Invalid base64".into()),
    }
}

fn complaint(error: ParseTextError) -> Cow<'static, str> {
    match error.problem() {
        TextProblem::Empty => TOO_SHORT.into(),
        TextProblem::TooLong => too_long(),
        TextProblem::HoldsNul => HOLDS_NUL.into(),
        _ => Cow::Owned(error.to_string()),
    }
}

fn too_long() -> Cow<'static, str> {
    format!("String must contain at most {MAX_TEXT_CHARS} character(s)").into()
}

const HOLDS_NUL: &str = "String must not contain the character U+0000";
const TOO_SHORT: &str = "String must contain at least 1 character(s)";

const USER: &str = "acs_user_id";
const GROUP: &str = "acs_access_group_id";
const GROUPS: &str = "acs_access_group_ids";
const SYSTEM: &str = "acs_system_id";
const SYSTEMS: &str = "acs_system_ids";
const ENTRANCE: &str = "acs_entrance_id";
const ENTRANCES: &str = "acs_entrance_ids";
const IDENTITY: &str = "user_identity_id";
const IDENTITIES: &str = "user_identity_ids";
const KEY: &str = "user_identity_key";
const FULL_NAME: &str = "full_name";
const EMAIL: &str = "email_address";
const DEPRECATED_EMAIL: &str = "email";
const PHONE: &str = "phone_number";
const IDENTITY_EMAIL: &str = "user_identity_email_address";
const IDENTITY_PHONE: &str = "user_identity_phone_number";
const SCHEDULE: &str = "access_schedule";
const STARTS_AT: &str = "starts_at";
const ENDS_AT: &str = "ends_at";
const HID_SYSTEM: &str = "hid_acs_system_id";
const ACCOUNT: &str = "connected_account_id";
const CUSTOMER: &str = "customer_key";
const SPACE: &str = "space_id";
const LOCATION: &str = "location_id";
const CREDENTIAL: &str = "acs_credential_id";
const ACCESS_METHOD: &str = "access_method_id";
const CREDENTIAL_MANAGER: &str = "credential_manager_acs_system_id";
const SEARCH: &str = "search";
const CREATED_BEFORE: &str = "created_before";
const LIMIT: &str = "limit";
const CURSOR: &str = "page_cursor";
