//! `check`: who can open what, and why.

use std::collections::BTreeSet;

use access_groups_core::{
    AccessGroup, AccessGroupFilter, AccessGroupId, AcsUser, AcsUserId, BlockingAcsUserPort,
    BlockingPorts, Candidate, Entrance, EntranceId, Error, ErrorKind, GroupReason, Timestamp,
    UserReason, Verdict,
};
use serde::Serialize;

use crate::{
    args::Check,
    clock::now,
    describe,
    exit::Exit,
    failure::Failure,
    output::{self, Format},
    resolve,
};

/// Says whether the user may open the entrance, and what each group of its system has to say.
pub(crate) fn run(check: &Check, ports: &BlockingPorts, format: Format) -> Result<Exit, Failure> {
    let (user, entrance) = resolve::pair::<AcsUser, Entrance>(&check.user, &check.entrance, ports)?;
    let users = ports.acs_users()?;
    let user = users.acs_user(user.into())?;
    let entrance = ports.directory()?.entrance(entrance)?;
    let groups = ports.access_groups();
    let mut of_system =
        groups.access_groups(AccessGroupFilter::new().in_system(entrance.acs_system_id))?;
    describe::sort_groups(&mut of_system);
    let of_user = groups.access_groups(AccessGroupFilter::new().of_user(user.acs_user_id))?;
    let joined: BTreeSet<_> = of_user
        .iter()
        .map(|group| group.acs_access_group_id)
        .collect();
    let mut is_granted = can_open(users, user.acs_user_id, entrance.acs_entrance_id)?;
    let mut candidates = Vec::with_capacity(of_system.len());
    for group in &of_system {
        let id = group.acs_access_group_id;
        let holds = match holds(ports, id, entrance.acs_entrance_id) {
            Err(error) if error.kind() == ErrorKind::NotFound => continue, // deleted meanwhile
            answer => answer?,
        };
        let member = joined.contains(&id);
        // What a group opens, or opened until a change that is on its way, is no grant.
        is_granted &= !(holds && (member || is_pending(&user, group)));
        candidates.push(
            Candidate::new(group)
                .with_member(member)
                .with_entrance(holds),
        );
    }
    let at = check.at.unwrap_or_else(now);
    let verdict = Verdict::new(&user, &entrance, candidates, at).with_grant(is_granted);
    let words = describe::verdict(&verdict, &user, &entrance, check.at);
    output::answer(format, "check", &words, &Body::from(&verdict))?;
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

/// Whether the entrance is among those of the user, through groups or directly. A service
/// that does not tell has granted nothing.
fn can_open(
    users: &dyn BlockingAcsUserPort,
    user: AcsUserId,
    entrance: EntranceId,
) -> Result<bool, Error> {
    match users.entrances_of_user(user.into()) {
        Err(error) if error.kind() == ErrorKind::Unsupported => Ok(false),
        entrances => Ok(entrances?
            .iter()
            .any(|of_user| of_user.acs_entrance_id == entrance)),
    }
}

/// Whether either says that the membership is changing.
fn is_pending(user: &AcsUser, group: &AccessGroup) -> bool {
    let of_user = user.pending_mutations.iter();
    let of_group = group.pending_mutations.iter();
    of_user
        .map(|pending| pending.change.is_about_group(group.acs_access_group_id))
        .chain(of_group.map(|pending| pending.change.is_about_user(user.acs_user_id)))
        .any(|is_about| is_about)
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
    granted: bool,
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
            granted: verdict.granted,
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
