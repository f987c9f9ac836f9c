//! `--format jsonl`: one object a line for each change, as it comes, and a summary at the end.

use access_groups_core::{Error, UserRef, prelude::*};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{failure::Failure, output};

/// What has happened to a change.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Event<'a> {
    /// It will be made, or would be.
    Planned,
    /// It is accepted.
    Applied,
    /// Nothing had to change.
    Unchanged,
    /// It is accepted, and has not propagated or is not shown.
    Pending,
    Failed(&'a Error),
    /// No call was made, for this reason.
    NotTried(&'a str),
}

/// The change that an event is about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct About<'a> {
    pub(crate) kind: MembershipChange,
    pub(crate) user: UserRef,
    pub(crate) group: AccessGroupId,
    pub(crate) group_name: &'a str,
    pub(crate) name: &'a str,
    /// The row of the file that asks for it.
    pub(crate) row: Option<u32>,
    /// The group that the person leaves for this one, or joins instead.
    pub(crate) moves: Option<AccessGroupId>,
}

/// Prints an event.
pub(crate) fn print(event: Event<'_>, about: &About<'_>) -> Result<(), Failure> {
    to_stdout(&line(event, about))
}

/// Prints the last line: `"event": "summary"`, and the fields of the body.
pub(crate) fn print_summary(body: &impl Serialize) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct Summary<'a, T> {
        event: &'static str,
        format_version: u32,
        #[serde(flatten)]
        body: &'a T,
    }
    to_stdout(&Summary {
        event: "summary",
        format_version: output::FORMAT_VERSION,
        body,
    })
}

fn line(event: Event<'_>, about: &About<'_>) -> Map<String, Value> {
    let name = match event {
        Event::Planned => "planned",
        Event::Applied => "applied",
        Event::Unchanged => "unchanged",
        Event::Pending => "pending",
        Event::Failed(_) => "failed",
        Event::NotTried(_) => "not_tried",
    };
    let user = match about.user {
        UserRef::AcsUser(id) => ("acs_user_id", id.to_string()),
        UserRef::Identity(id) => ("user_identity_id", id.to_string()),
    };
    let kind = match about.kind {
        MembershipChange::Added => "add",
        MembershipChange::Removed => "remove",
    };
    let mut line = Map::new();
    let mut set = |key: &str, value: Value| line.insert(key.to_owned(), value);
    set("event", name.into());
    set("format_version", output::FORMAT_VERSION.into());
    set("kind", kind.into());
    set(user.0, user.1.into());
    set("acs_access_group_id", about.group.to_string().into());
    set("group", about.group_name.into());
    set("name", about.name.into());
    set("row", about.row.into());
    if let Some(moves) = about.moves {
        set("moves", moves.to_string().into());
    }
    match event {
        Event::Failed(error) => {
            set("error", error.message().into());
            set("code", error.code().into());
            set("request_id", error.request_id().into());
            set("is_ambiguous", error.is_ambiguous().into());
        }
        Event::NotTried(reason) => {
            set("reason", reason.into());
        }
        _ => {}
    }
    line
}

fn to_stdout(line: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string(line);
    let text = text.map_err(|error| {
        Failure::failed("the event cannot be written as JSON").caused_by(&error)
    })?;
    output::to_stdout(&text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(event: Event<'_>, moves: Option<u128>, expected: Value) {
        let about = About {
            kind: MembershipChange::Added,
            user: AcsUserId::from_u128(1).into(),
            group: AccessGroupId::from_u128(2),
            group_name: "Gym",
            name: "Ada",
            row: Some(7),
            moves: moves.map(AccessGroupId::from_u128),
        };
        let mut whole = json!({
            "format_version": 1, "kind": "add", "name": "Ada", "group": "Gym", "row": 7,
            "acs_user_id": "00000000-0000-0000-0000-000000000001",
            "acs_access_group_id": "00000000-0000-0000-0000-000000000002",
        });
        let whole_map = whole.as_object_mut().expect("an object");
        whole_map.append(&mut expected.as_object().expect("an object").clone());
        assert_eq!(Value::Object(line(event, &about)), whole);
    }

    #[test]
    fn event_says_what_has_happened_to_whom() {
        check(Event::Applied, None, json!({"event": "applied"}));
        let moves = "00000000-0000-0000-0000-000000000003";
        check(
            Event::Planned,
            Some(3),
            json!({"event": "planned", "moves": moves}),
        );
        check(
            Event::NotTried("interrupted"),
            None,
            json!({"event": "not_tried", "reason": "interrupted"}),
        );
    }

    #[test]
    fn failed_event_has_its_error() {
        let error = Error::conflict("full")
            .with_code("full")
            .with_request_id("r");
        check(
            Event::Failed(&error),
            None,
            json!({"event": "failed", "error": "full", "code": "full", "request_id": "r",
                   "is_ambiguous": false}),
        );
    }
}
