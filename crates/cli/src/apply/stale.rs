//! How a plan or a journal that does not fit any more is refused.

use access_groups_core::{WorkspaceId, prelude::*};
use access_groups_roster::{Moved, Observed, Stale};

use crate::{
    describe,
    failure::{Exit, Failure},
};

/// The failure for what does not fit any more. People are named by id: stderr may be a log.
pub(super) fn failure(stale: &Stale) -> Failure {
    let (message, hint) = match stale {
        Stale::Rows(at) => (
            format!("rows of the roster have begun or ended since: on {at} first"),
            "make a new plan of the roster",
        ),
        Stale::OtherWorkspace { planned, found } => return other_workspace(*planned, *found),
        Stale::ClockSetBack(made_at) => (
            format!("it was made at {made_at}, which this machine's clock has not reached"),
            "set the clock, or make a new plan",
        ),
        Stale::Moved(moved) => return moved_since(moved),
        // A reason that a later version of the library knows.
        other => (other.to_string(), "make a new plan"),
    };
    outdated(message).with_hint(hint)
}

/// Refuses what was made for another workspace.
pub(super) fn check_workspace(
    expected: Option<WorkspaceId>,
    observed: &Observed,
) -> Result<(), Failure> {
    match (expected, observed.workspace()) {
        (Some(expected), Some(found)) if expected != found => Err(other_workspace(expected, found)),
        _ => Ok(()),
    }
}

fn other_workspace(planned: WorkspaceId, found: WorkspaceId) -> Failure {
    let message = format!("it was made for workspace {planned}, and the credential is for {found}");
    outdated(message).with_hint("use the credential of that workspace")
}

fn moved_since(moved: &[Moved]) -> Failure {
    let failure = outdated("memberships have changed since the plan was made".to_owned());
    let listed = moved.iter().take(LISTED);
    let failure = listed.fold(failure, |failure, moved| {
        let group = describe::line(&moved.group_name);
        failure.with_detail(match moved.membership {
            None => format!("{group}: the group does not exist any more"),
            Some((MembershipChange::Added, user)) => {
                format!("{group}: {user} is a member already")
            }
            Some((MembershipChange::Removed, user)) => {
                format!("{group}: {user} is not a member any more")
            }
        })
    });
    let failure = match moved.len().saturating_sub(LISTED) {
        0 => failure,
        more => failure.with_detail(format!("and {more} more")),
    };
    failure.with_hint("make a new plan; `access-groups users find ID` says who it is")
}

fn outdated(message: String) -> Failure {
    Failure::new(Exit::Stale, message).with_detail("nothing was changed")
}

/// How many memberships are listed at most.
const LISTED: usize = 20;
