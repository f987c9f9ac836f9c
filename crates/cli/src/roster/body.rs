//! A plan as JSON; it is documented.

use access_groups_core::prelude::*;
use access_groups_roster::{GroupPlan, Mode, Planned, Stop};
use serde::Serialize;

use super::show::{Counts, People, Presented};
use crate::local_time;

/// What is said of a plan as a whole.
#[derive(Serialize)]
pub(super) struct Summary<'a> {
    roster: Option<&'a str>,
    /// The instant that it is for, if that is not now.
    at: Option<Timestamp>,
    time_zone: &'a str,
    hash: String,
    additions: usize,
    removals: usize,
    moves: usize,
    pending: usize,
    repeated_rows: usize,
    next_begin: Option<Timestamp>,
    next_end: Option<Timestamp>,
    stops: Vec<StopBody>,
}

impl<'a> Summary<'a> {
    pub(super) fn new(presented: &Presented<'a>) -> Self {
        let plan = presented.plan;
        let counts = Counts::of(plan);
        Self {
            roster: presented.roster.map(|source| source.name.as_str()),
            at: (!presented.is_for_now).then_some(presented.made_at),
            time_zone: local_time::name(presented.zone),
            hash: plan.hash(),
            additions: counts.additions,
            removals: counts.removals,
            moves: counts.moves,
            pending: counts.pending,
            repeated_rows: plan.repeated_rows(),
            next_begin: plan.next_begin(),
            next_end: plan.next_end(),
            stops: plan
                .stops(presented.guards)
                .iter()
                .map(StopBody::from)
                .collect(),
        }
    }
}

/// A plan with its groups.
#[derive(Serialize)]
pub(super) struct Body<'a> {
    #[serde(flatten)]
    summary: Summary<'a>,
    groups: Vec<GroupBody<'a>>,
}

impl<'a> Body<'a> {
    pub(super) fn new(presented: &Presented<'a>, people: &People<'a>) -> Self {
        let groups = presented.plan.groups().iter();
        Self {
            summary: Summary::new(presented),
            groups: groups.map(|group| GroupBody::new(group, people)).collect(),
        }
    }
}

#[derive(Serialize)]
struct GroupBody<'a> {
    acs_access_group_id: AccessGroupId,
    acs_system_id: AcsSystemId,
    name: &'a str,
    mode: Mode,
    members: usize,
    members_after: usize,
    additions: Vec<ChangeBody<'a>>,
    removals: Vec<ChangeBody<'a>>,
    pending: Vec<ChangeBody<'a>>,
}

impl<'a> GroupBody<'a> {
    fn new(group: &'a GroupPlan, people: &People<'a>) -> Self {
        let all = |list: &'a [Planned]| {
            let list = list.iter().map(|planned| ChangeBody {
                person: PersonBody::new(planned, people),
                moves: planned.moves,
            });
            list.collect()
        };
        Self {
            acs_access_group_id: group.group,
            acs_system_id: group.system,
            name: &group.name,
            mode: group.mode,
            members: group.members,
            members_after: group.members_after(),
            additions: all(&group.additions),
            removals: all(&group.removals),
            pending: all(&group.pending),
        }
    }
}

#[derive(Serialize)]
struct ChangeBody<'a> {
    #[serde(flatten)]
    person: PersonBody<'a>,
    /// The other group, if the person moves.
    moves: Option<AccessGroupId>,
}

/// A person: one of the ids is there, as in Seam's requests.
#[derive(Serialize)]
pub(super) struct PersonBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    acs_user_id: Option<AcsUserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_identity_id: Option<UserIdentityId>,
    name: &'a str,
    email_address: Option<&'a str>,
    row: Option<u32>,
}

impl<'a> PersonBody<'a> {
    pub(super) fn new(planned: &'a Planned, people: &People<'a>) -> Self {
        let (acs_user_id, user_identity_id) = match planned.user {
            UserRef::AcsUser(id) => (Some(id), None),
            UserRef::Identity(id) => (None, Some(id)),
        };
        Self {
            acs_user_id,
            user_identity_id,
            name: &planned.name,
            email_address: people.address(planned.user),
            row: planned.row,
        }
    }
}

#[derive(Serialize)]
struct StopBody {
    acs_access_group_id: AccessGroupId,
    members: usize,
    removals: usize,
    allowed: usize,
    is_emptied: bool,
}

impl From<&Stop> for StopBody {
    fn from(stop: &Stop) -> Self {
        Self {
            acs_access_group_id: stop.group,
            members: stop.members,
            removals: stop.removals,
            allowed: stop.allowed,
            is_emptied: stop.is_emptied,
        }
    }
}
