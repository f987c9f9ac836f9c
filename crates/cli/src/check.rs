//! `check`: who can open what, and why.

use std::collections::BTreeSet;

use access_groups_core::{
    AccessGroupFilter, AccessGroupId, AcsUserId, BlockingPorts, Candidate, EntranceId, Error,
    ErrorKind, GroupReason, Timestamp, UserReason, Verdict,
};
use serde::Serialize;

use crate::{
    args::Check,
    clock::now,
    describe,
    exit::Exit,
    failure::Failure,
    output::{self, Format},
};

/// Says whether the user may open the entrance, and what each group of its system has to say.
pub(crate) fn run(check: &Check, ports: &BlockingPorts, format: Format) -> Result<Exit, Failure> {
    let user = ports.acs_users()?.acs_user(check.user)?;
    let entrance = ports.directory()?.entrance(check.entrance)?;
    let groups = ports.access_groups();
    let mut of_system =
        groups.access_groups(AccessGroupFilter::new().in_system(entrance.acs_system_id))?;
    of_system.sort_by_cached_key(|group| {
        (
            describe::order(&describe::group_name(group)),
            group.acs_access_group_id,
        )
    });
    let of_user = groups.access_groups(AccessGroupFilter::new().of_user(check.user))?;
    let joined: BTreeSet<_> = of_user
        .iter()
        .map(|group| group.acs_access_group_id)
        .collect();
    let mut candidates = Vec::with_capacity(of_system.len());
    for group in &of_system {
        let id = group.acs_access_group_id;
        let holds = match holds(ports, id, check.entrance) {
            Err(error) if error.kind() == ErrorKind::NotFound => continue, // deleted meanwhile
            answer => answer?,
        };
        let member = joined.contains(&id);
        candidates.push(
            Candidate::new(group)
                .with_member(member)
                .with_entrance(holds),
        );
    }
    let at = check.at.unwrap_or_else(now);
    let verdict = Verdict::new(&user, &entrance, candidates, at);
    match format {
        Format::Human => {
            output::to_stdout(&describe::verdict(&verdict, &user, &entrance, check.at))?
        }
        Format::Json => output::json("check", &Body::from(&verdict))?,
    }
    Ok(if verdict.opens() {
        Exit::Done
    } else {
        Exit::DoesNotOpen
    })
}

fn holds(ports: &BlockingPorts, group: AccessGroupId, entrance: EntranceId) -> Result<bool, Error> {
    let entrances = ports.access_groups().entrances_of_group(group)?;
    Ok(entrances
        .iter()
        .any(|held| held.acs_entrance_id == entrance))
}

/// The verdict as JSON; it is documented.
#[derive(Serialize)]
struct Body<'a> {
    acs_user_id: AcsUserId,
    acs_entrance_id: EntranceId,
    at: Timestamp,
    opens: bool,
    user: Reason,
    groups: Vec<GroupBody<'a>>,
}

#[derive(Serialize)]
struct GroupBody<'a> {
    acs_access_group_id: AccessGroupId,
    name: &'a str,
    #[serde(flatten)]
    reason: Reason,
}

/// A reason, and the instant that it names, if it names one.
#[derive(Serialize)]
struct Reason {
    reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    instant: Option<Timestamp>,
}

impl<'a> From<&'a Verdict> for Body<'a> {
    fn from(verdict: &'a Verdict) -> Self {
        let groups = verdict.groups.iter().map(|group| GroupBody {
            acs_access_group_id: group.group_id,
            name: &group.name,
            reason: group.reason.into(),
        });
        Self {
            acs_user_id: verdict.user_id,
            acs_entrance_id: verdict.entrance_id,
            at: verdict.at,
            opens: verdict.opens(),
            user: verdict.user.into(),
            groups: groups.collect(),
        }
    }
}

impl From<UserReason> for Reason {
    fn from(reason: UserReason) -> Self {
        let (reason, instant) = match reason {
            UserReason::Active => ("active", None),
            UserReason::Suspended => ("suspended", None),
            UserReason::NotStarted(start) => ("not_started", Some(start)),
            UserReason::Ended(end) => ("ended", Some(end)),
        };
        Self { reason, instant }
    }
}

impl From<GroupReason> for Reason {
    fn from(reason: GroupReason) -> Self {
        let (reason, instant) = match reason {
            GroupReason::Opens => ("opens", None),
            GroupReason::DoesNotHoldEntrance => ("does_not_hold_entrance", None),
            GroupReason::NotAMember => ("not_a_member", None),
            GroupReason::Pending => ("pending", None),
            GroupReason::NotStarted(start) => ("not_started", Some(start)),
            GroupReason::Ended(end) => ("ended", Some(end)),
        };
        Self { reason, instant }
    }
}
