//! `--format jsonl`: one object a line for each change, as it comes, and a summary at the end.

use access_groups_core::{Error, UserRef, prelude::*};
use access_groups_roster::{Outcome, StopReason};
use serde::Serialize;

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
    NotTried(StopReason),
}

impl<'a> From<&'a Outcome> for Event<'a> {
    fn from(outcome: &'a Outcome) -> Self {
        match outcome {
            Outcome::Unchanged => Self::Unchanged,
            Outcome::Pending => Self::Pending,
            Outcome::Failed(error) => Self::Failed(error),
            Outcome::NotTried(why) => Self::NotTried(*why),
            _ => Self::Applied,
        }
    }
}

/// The change that an event is about.
#[derive(Clone, Copy)]
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

/// One line. Keys without a value are left out, except for those that every event has.
#[derive(Serialize)]
struct Line<'a> {
    event: &'static str,
    format_version: u32,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    acs_user_id: Option<AcsUserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_identity_id: Option<UserIdentityId>,
    acs_access_group_id: AccessGroupId,
    group: &'a str,
    name: &'a str,
    row: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    moves: Option<AccessGroupId>,
    #[serde(flatten)]
    failure: Option<ErrorOfLine<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

#[derive(Serialize)]
struct ErrorOfLine<'a> {
    error: &'a str,
    code: Option<&'a str>,
    request_id: Option<&'a str>,
    is_ambiguous: bool,
}

fn line<'a>(event: Event<'a>, about: &About<'a>) -> Line<'a> {
    let (acs_user_id, user_identity_id) = match about.user {
        UserRef::AcsUser(id) => (Some(id), None),
        UserRef::Identity(id) => (None, Some(id)),
    };
    let (mut failure, mut reason) = (None, None);
    let event = match event {
        Event::Planned => "planned",
        Event::Applied => "applied",
        Event::Unchanged => "unchanged",
        Event::Pending => "pending",
        Event::Failed(error) => {
            failure = Some(ErrorOfLine {
                error: error.message(),
                code: error.code(),
                request_id: error.request_id(),
                is_ambiguous: error.is_ambiguous(),
            });
            "failed"
        }
        Event::NotTried(why) => {
            reason = Some(why.to_string());
            "not_tried"
        }
    };
    Line {
        event,
        format_version: output::FORMAT_VERSION,
        kind: match about.kind {
            MembershipChange::Added => "add",
            MembershipChange::Removed => "remove",
        },
        acs_user_id,
        user_identity_id,
        acs_access_group_id: about.group,
        group: about.group_name,
        name: about.name,
        row: about.row,
        moves: about.moves,
        failure,
        reason,
    }
}

fn to_stdout(line: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string(line);
    let text = text.map_err(|error| {
        Failure::failed("the event cannot be written as JSON").caused_by(&error)
    })?;
    output::json_to_stdout(&format!("{text}\n"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

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
        let line = serde_json::to_value(line(event, &about)).expect("JSON");
        assert_eq!(line, whole);
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
            Event::NotTried(StopReason::Cancelled),
            None,
            json!({"event": "not_tried", "reason": "cancelled"}),
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
