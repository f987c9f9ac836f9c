//! `check`: whether a user may open an entrance, or who may, and why.

use access_groups_core::{
    ResourceIssue,
    access::{AccessCheck, GroupReason, GroupVerdict, UserReason, Verdict, WhoCanOpen},
    prelude::*,
};
use serde::Serialize;

use crate::{
    args::Check,
    clock, concurrent, describe,
    failure::{Exit, Failure},
    list::{self, Row},
    local_time::Zones,
    output::{self, Format},
    resolve::{self, Found},
    table::Table,
    terminal::Progress,
};

/// Says whether the user may open the entrance, and what each group of its system contributes;
/// without a user, lists everybody who may.
pub(crate) fn run(
    arguments: &Check,
    port: &dyn BlockingAccessGroupPort,
    format: Format,
) -> Result<Exit, Failure> {
    let Some(user) = &arguments.user else {
        return who_can_open(arguments, port, format);
    };
    let (user, entrance) = resolve::pair::<AcsUser, Entrance>(user, &arguments.entrance, port)?;
    let zones = Zones::new(port);
    let given = arguments.at.as_ref();
    let given = given.map(|when| zones.instant(when, || system_of(&entrance, port)));
    let given = given.transpose()?;
    // Read once: the verdict and its description are about the same instant.
    let at = given.unwrap_or_else(clock::now);
    let check = AccessCheck::new(user.id, entrance.id, at);
    // The machine asks about every group: together, that takes three round trips.
    let mut verdict = concurrent::drive(port, check, |_| ())?;
    sort_groups(&mut verdict);
    let words = match format {
        Format::Human => describe::verdict(&verdict, given, &zones),
        // JSON has no words, so the read of the time zone is saved.
        Format::Json | Format::Csv | Format::Jsonl => String::new(),
    };
    let opens = verdict.opens();
    output::answer(format, "check", &words, &VerdictBody::from(verdict))?;
    Ok(match opens {
        true => Exit::Done,
        false => Exit::DoesNotOpen,
    })
}

/// Lists everybody who may open the entrance, each with the reason.
fn who_can_open(
    arguments: &Check,
    port: &dyn BlockingAccessGroupPort,
    format: Format,
) -> Result<Exit, Failure> {
    #[derive(Serialize)]
    struct WhoCanOpenBody<'a> {
        acs_entrance_id: EntranceId,
        at: Timestamp,
        can_open: &'a [Person],
        /// As in the answer about one user.
        blocked_by: Option<IssueBody>,
    }
    let entrance = resolve::found::<Entrance>(&arguments.entrance, port)?;
    let at = match &arguments.at {
        Some(when) => Zones::new(port).instant(when, || system_of(&entrance, port))?,
        None => clock::now(),
    };
    let entrance = entrance.id;
    let mut progress = Progress::start();
    let mut machine = WhoCanOpen::new(entrance, at);
    let verdicts = concurrent::drive(port, &mut machine, |answered| {
        progress.at(
            "looking for everybody who may open it: answers",
            answered,
            None,
        );
    });
    drop(progress);
    let mut people: Vec<_> = verdicts?.into_iter().map(Person::from).collect();
    people.sort_by_cached_key(|person| {
        let name = describe::user_name(&person.user);
        (describe::order(&name), person.user.acs_user_id)
    });
    let blocked_by = machine.blocked_by();
    let body = WhoCanOpenBody {
        acs_entrance_id: entrance,
        at,
        can_open: &people,
        blocked_by: blocked_by.clone().map(IssueBody::from),
    };
    let table = || {
        let rows = people.iter().map(|person| {
            vec![
                describe::user_name(&person.user),
                person.user.email_address.clone().unwrap_or_default(),
                person.reason(),
                person.user.acs_user_id.to_string(),
            ]
        });
        Table::new(["name", "e-mail", "through", "id"], rows)
    };
    let nobody = || describe::nobody(blocked_by.as_ref());
    list::show(format, "check", &body, &people, table, nobody)?;
    Ok(match people.is_empty() {
        true => Exit::DoesNotOpen,
        false => Exit::Done,
    })
}

/// The system of an entrance; one that was named by its id is read.
fn system_of(
    entrance: &Found<Entrance>,
    port: &dyn BlockingAccessGroupPort,
) -> Result<AcsSystemId, Error> {
    match &entrance.resource {
        Some(entrance) => Ok(entrance.acs_system_id),
        None => Ok(port.entrance(entrance.id)?.acs_system_id),
    }
}

/// Somebody who may open an entrance, and why. Its JSON is documented.
#[derive(Serialize)]
struct Person {
    acs_user_id: AcsUserId,
    user: AcsUser,
    /// The groups that open it, sorted by name.
    groups: Vec<Group>,
    granted: bool,
}

#[derive(Serialize)]
struct Group {
    acs_access_group_id: AccessGroupId,
    name: String,
}

impl From<Verdict> for Person {
    fn from(mut verdict: Verdict) -> Self {
        sort_groups(&mut verdict);
        let groups = verdict.groups.into_iter();
        let opening = groups.filter(|group| group.reason == GroupReason::Opens);
        Self {
            acs_user_id: verdict.user.acs_user_id,
            user: verdict.user,
            groups: opening.map(Group::from).collect(),
            granted: verdict.granted,
        }
    }
}

impl From<GroupVerdict> for Group {
    fn from(verdict: GroupVerdict) -> Self {
        Self {
            acs_access_group_id: verdict.group_id,
            name: verdict.name,
        }
    }
}

impl Person {
    /// "Gym, Pool", or "granted directly".
    fn reason(&self) -> String {
        let names = self.groups.iter().map(|group| group.name.as_str());
        let granted = self.granted.then_some("granted directly");
        names.chain(granted).collect::<Vec<_>>().join(", ")
    }
}

impl Row for Person {
    const COLUMNS: &'static [&'static str] = PERSON_COLUMNS;

    fn issues(&self) -> Vec<ResourceIssue> {
        self.user.issues()
    }

    fn cells(&self, _now: Timestamp) -> Vec<String> {
        let ids = self.groups.iter();
        let ids = ids.map(|group| group.acs_access_group_id.to_string());
        vec![
            self.acs_user_id.to_string(),
            self.user.acs_system_id.to_string(),
            self.user.display_name.clone(),
            self.user.full_name.clone().unwrap_or_default(),
            self.user.email_address.clone().unwrap_or_default(),
            // A blank separates the ids: a comma would need quotes.
            match self.groups.is_empty() {
                true => list::NONE.to_owned(),
                false => ids.collect::<Vec<_>>().join(" "),
            },
            self.granted.to_string(),
            list::joined(&self.issues(), true),
            list::joined(&self.issues(), false),
        ]
    }
}

fn sort_groups(verdict: &mut Verdict) {
    let groups = &mut verdict.groups;
    groups.sort_by_cached_key(|group| (describe::order(&group.name), group.group_id));
}

/// A verdict as JSON; it is documented.
#[derive(Serialize)]
struct VerdictBody {
    acs_user_id: AcsUserId,
    acs_entrance_id: EntranceId,
    at: Timestamp,
    opens: bool,
    user: Reason,
    groups: Vec<GroupBody>,
    granted: bool,
    /// The error or warning of the entrance or its system because of which nobody opens it.
    blocked_by: Option<IssueBody>,
    /// Every error and warning of the user, the entrance, and its system.
    issues: Vec<NamedIssue>,
}

/// An error or a warning, and what has it.
#[derive(Serialize)]
struct NamedIssue {
    /// `user`, `entrance` or `system`.
    on: &'static str,
    is_error: bool,
    #[serde(flatten)]
    issue: IssueBody,
}

fn named(on: &'static str, issues: Vec<ResourceIssue>) -> impl Iterator<Item = NamedIssue> {
    issues.into_iter().map(move |issue| NamedIssue {
        on,
        is_error: issue.is_error,
        issue: issue.into(),
    })
}

#[derive(Serialize)]
struct GroupBody {
    #[serde(flatten)]
    group: Group,
    #[serde(flatten)]
    reason: Reason,
    issues: Vec<NamedIssue>,
}

impl From<Verdict> for VerdictBody {
    fn from(verdict: Verdict) -> Self {
        let opens = verdict.opens();
        let blocked_by = verdict.blocked_by().map(IssueBody::from);
        let of_system = verdict.system.as_ref().map(AcsSystem::issues);
        let issues = named("user", verdict.user.issues())
            .chain(named("entrance", verdict.entrance.issues()))
            .chain(named("system", of_system.unwrap_or_default()));
        let issues = issues.collect();
        let groups = verdict.groups.into_iter().map(|group| GroupBody {
            reason: group.reason.clone().into(),
            issues: named("group", group.issues.clone()).collect(),
            group: group.into(),
        });
        Self {
            acs_user_id: verdict.user.acs_user_id,
            acs_entrance_id: verdict.entrance.acs_entrance_id,
            at: verdict.at,
            opens,
            user: verdict.user_reason.into(),
            groups: groups.collect(),
            granted: verdict.granted,
            blocked_by,
            issues,
        }
    }
}

/// A reason, and what belongs to it: an instant, or the code and message of an error or a warning.
#[derive(Serialize)]
struct Reason {
    reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    instant: Option<Timestamp>,
    #[serde(flatten)]
    issue: Option<IssueBody>,
}

#[derive(Serialize)]
struct IssueBody {
    code: String,
    message: String,
}

impl From<ResourceIssue> for IssueBody {
    fn from(issue: ResourceIssue) -> Self {
        Self {
            code: issue.code,
            message: issue.message,
        }
    }
}

impl Reason {
    fn new(reason: &'static str, instant: Option<Timestamp>) -> Self {
        Self {
            reason,
            instant,
            issue: None,
        }
    }

    fn blocked(issue: ResourceIssue) -> Self {
        Self {
            reason: "blocked",
            instant: None,
            issue: Some(issue.into()),
        }
    }
}

impl From<UserReason> for Reason {
    fn from(reason: UserReason) -> Self {
        match reason {
            UserReason::Active => Self::new("active", None),
            UserReason::Suspended => Self::new("suspended", None),
            UserReason::Blocked(issue) => Self::blocked(issue),
            UserReason::Pending => Self::new("pending", None),
            UserReason::NotStarted(start) => Self::new("not_started", Some(start)),
            UserReason::Ended(end) => Self::new("ended", Some(end)),
            _ => Self::new("other", None),
        }
    }
}

impl From<GroupReason> for Reason {
    fn from(reason: GroupReason) -> Self {
        match reason {
            GroupReason::Opens => Self::new("opens", None),
            GroupReason::DoesNotHoldEntrance => Self::new("does_not_hold_entrance", None),
            GroupReason::NotAMember => Self::new("not_a_member", None),
            GroupReason::Blocked(issue) => Self::blocked(issue),
            GroupReason::Pending => Self::new("pending", None),
            GroupReason::NotStarted(start) => Self::new("not_started", Some(start)),
            GroupReason::Ended(end) => Self::new("ended", Some(end)),
            _ => Self::new("other", None),
        }
    }
}

/// The columns of the list of people as CSV; they are documented.
pub(crate) const PERSON_COLUMNS: &[&str] = &[
    "acs_user_id",
    "acs_system_id",
    "display_name",
    "full_name",
    "email_address",
    "acs_access_group_ids",
    "granted",
    "errors",
    "warnings",
];

#[cfg(test)]
mod tests {
    use access_groups_core::access::Candidate;

    use super::*;

    #[test]
    fn person_has_the_opening_groups_by_name_and_the_grant() {
        let system = AcsSystemId::from_u128(1);
        let ada = AcsUser::new(AcsUserId::from_u128(1), system, "Ada");
        let door = Entrance::new(EntranceId::from_u128(1), system, "Door");
        let group = |id, name: &str| AccessGroup::new(AccessGroupId::from_u128(id), system, name);
        let groups = [group(1, "pool"), group(2, "Gym"), group(3, "Sauna")];
        let candidates = groups.iter().map(|group| {
            let is_member = group.name != "Sauna";
            Candidate::new(group)
                .with_entrance(true)
                .with_member(is_member)
        });
        let verdict = Verdict::new(&ada, &door, candidates, Timestamp::UNIX_EPOCH);
        let person = Person::from(verdict.clone());
        assert_eq!(person.reason(), "Gym, pool");
        let ids = format!(
            "{} {}",
            AccessGroupId::from_u128(2),
            AccessGroupId::from_u128(1)
        );
        assert_eq!(
            person.cells(Timestamp::UNIX_EPOCH)[5..7],
            [ids, "false".to_owned()]
        );
        let granted = Person::from(verdict.with_grant(true));
        assert_eq!(granted.reason(), "Gym, pool, granted directly");
        assert_eq!(granted.cells(Timestamp::UNIX_EPOCH)[6], "true");
    }
}
