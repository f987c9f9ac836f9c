//! What a service shows of everything that a roster names.

mod survey;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use access_groups_core::{
    AccessGroup, AccessGroupChange, AccessGroupId, AccessGroupPort, AcsSystemId, AcsUser,
    AcsUserId, BlockingAccessGroupPort, Error, MembershipChange, PendingMembership, UserIdentity,
    UserIdentityId, UserRef, WorkspaceId, machine, names,
};

use crate::threads;

pub use survey::Survey;

/// What a service showed of the groups that a roster names, and of the people who may be in them.
///
/// [`observe`] reads it; [`Plan`](crate::Plan) compares it with the roster. It is a copy of the
/// moment: what changes afterwards is not in it.
#[derive(Clone, Default)]
pub struct Observed {
    pub(crate) groups: BTreeMap<AccessGroupId, AccessGroup>,
    /// Of the groups that were read.
    pub(crate) members: BTreeMap<AccessGroupId, Members>,
    pub(crate) users: Vec<KnownUser>,
    pub(crate) identities: Vec<KnownIdentity>,
}

/// The members of one group, in no order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Members {
    /// Each with whether the membership is pending.
    pub(crate) users: Vec<(AcsUserId, bool)>,
    /// Those who were removed, while the removal is pending.
    pub(crate) leaving: Vec<AcsUserId>,
}

/// What a plan needs of an ACS user: a hundred thousand of them must fit into memory.
#[derive(Clone)]
pub(crate) struct KnownUser {
    pub(crate) id: AcsUserId,
    pub(crate) system: AcsSystemId,
    pub(crate) identity: Option<UserIdentityId>,
    pub(crate) name: Box<str>,
    /// Of the user and of the identity, folded, each once.
    pub(crate) addresses: Vec<Box<str>>,
}

#[derive(Clone)]
pub(crate) struct KnownIdentity {
    pub(crate) id: UserIdentityId,
    pub(crate) name: Box<str>,
    pub(crate) address: Option<Box<str>>,
}

impl Observed {
    /// Nothing; add what was read.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The workspace of the groups; `None` without any.
    #[must_use]
    pub fn workspace(&self) -> Option<WorkspaceId> {
        let group = self.groups.values().next();
        group.map(|group| group.workspace_id)
    }

    /// The group with this id.
    #[must_use]
    pub fn group(&self, id: AccessGroupId) -> Option<&AccessGroup> {
        self.groups.get(&id)
    }

    /// Adds a group, whose members were not read.
    pub fn add_group(&mut self, group: AccessGroup) {
        self.groups.insert(group.acs_access_group_id, group);
    }

    /// Adds all members of a group that was [added](Self::add_group) before.
    pub fn add_members(&mut self, group: AccessGroupId, users: &[AcsUser]) {
        let found = self.groups.get(&group);
        let mut members = Members::default();
        for user in users {
            let pending = found.map(|group| PendingMembership::between(user, group));
            let is_pending = pending.is_some_and(|found| found.holds_up(MembershipChange::Added));
            members.users.push((user.acs_user_id, is_pending));
        }
        members.leaving = found.map(leaving).unwrap_or_default();
        self.members.insert(group, members);
    }

    /// The groups that were read, in the order of their ids.
    pub fn groups(&self) -> impl Iterator<Item = &AccessGroup> {
        self.groups.values()
    }

    /// The groups whose members were read, in the order of their ids.
    pub fn groups_with_members(&self) -> impl Iterator<Item = &AccessGroup> {
        let ids = self.members.keys();
        ids.filter_map(|group| self.groups.get(group))
    }

    /// The members of a group, in no order; none if they were not read.
    pub fn members_of(&self, group: AccessGroupId) -> impl Iterator<Item = AcsUserId> + '_ {
        let members = self.members.get(&group).into_iter();
        members.flat_map(|members| members.users.iter().map(|(user, _)| *user))
    }

    /// The e-mail addresses of the users and identities that were read, in lower case. Somebody may
    /// have several, or none.
    pub fn addresses(&self) -> impl Iterator<Item = (UserRef, &str)> {
        let of_users = self.users.iter().flat_map(|user| {
            let addresses = user.addresses.iter();
            addresses.map(|address| (user.id.into(), &**address))
        });
        let of_identities = self.identities.iter().filter_map(|identity| {
            let address = identity.address.as_deref()?;
            Some((identity.id.into(), address))
        });
        of_users.chain(of_identities)
    }

    /// The names of everybody who was observed, to show.
    #[must_use]
    pub fn names(&self) -> BTreeMap<UserRef, &str> {
        let users = self.users.iter();
        let users = users.map(|user| (UserRef::from(user.id), &*user.name));
        let identities = self.identities.iter();
        let identities = identities.map(|identity| (identity.id.into(), &*identity.name));
        users.chain(identities).collect()
    }

    /// Adds a user who may be named by a roster.
    pub fn add_user(&mut self, user: &AcsUser) {
        let of_identity = user.user_identity_email_address.iter().flatten();
        let addresses = user.email_address.iter().chain(of_identity);
        let addresses = addresses.map(|address| names::fold_address(address.trim()));
        let addresses: BTreeSet<_> = addresses.filter(|address| !address.is_empty()).collect();
        self.users.push(KnownUser {
            id: user.acs_user_id,
            system: user.acs_system_id,
            identity: user
                .user_identity_id
                .as_deref()
                .and_then(|id| id.parse().ok()),
            name: user.display_name.as_str().into(),
            addresses: addresses.into_iter().map(String::into_boxed_str).collect(),
        });
    }

    /// Adds an identity, through which a person without a user in a system can join its groups.
    pub fn add_identity(&mut self, identity: &UserIdentity) {
        let address = identity.email_address.as_deref().map(str::trim);
        let address = address.filter(|address| !address.is_empty());
        self.identities.push(KnownIdentity {
            id: identity.user_identity_id,
            name: identity.display_name.as_str().into(),
            address: address.map(|address| names::fold_address(address).into()),
        });
    }
}

/// Counts only: everything else names people.
impl fmt::Debug for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Observed")
            .field("groups", &self.groups.len())
            .field("groups_with_members", &self.members.len())
            .field("users", &self.users.len())
            .field("identities", &self.identities.len())
            .finish()
    }
}

/// What names a group in a roster: its id and its names. Two may be one.
pub(crate) fn keys(group: &AccessGroup) -> BTreeSet<String> {
    let id = group.acs_access_group_id.to_string();
    [
        id,
        names::fold(&group.name),
        names::fold(&group.display_name),
    ]
    .into()
}

/// The [key](keys) that a text of a roster stands for.
pub(crate) fn key(text: &str) -> String {
    match text.parse::<AccessGroupId>() {
        Ok(id) => id.to_string(),
        Err(_) => names::fold(text),
    }
}

/// Those whose removal from the group is pending.
fn leaving(group: &AccessGroup) -> Vec<AcsUserId> {
    let changes = group
        .pending_mutations
        .iter()
        .map(|pending| &pending.change);
    let leaving = changes.filter_map(|change| match change {
        AccessGroupChange::UpdatingUserMembership(update) => update.from.acs_user_id,
        _ => None,
    });
    leaving.collect()
}

/// Reads what a roster names, or what a [`Survey`] is of: the groups and their members, the users of the
/// groups' systems, and the identities. It makes one call for all groups, one for the members of each named group, one for each
/// page of users and identities; up to 8 at a time.
///
/// # Errors
///
/// The first of any call: what is incomplete is not used. A port without identities is no error.
///
/// # Examples
///
/// ```
/// use access_groups_core::{AccessGroupPort, Error, Timestamp};
/// use access_groups_roster::{Plan, PlanOptions, Roster, observe};
///
/// /// How many changes the roster asks for.
/// async fn differences(
///     port: &dyn AccessGroupPort,
///     roster: &Roster,
///     now: Timestamp,
/// ) -> Result<usize, Box<dyn std::error::Error>> {
///     let observed = observe(port, roster).await?;
///     let plan = Plan::new(roster, &observed, now, &PlanOptions::new())?;
///     Ok(plan.changes().count())
/// }
/// ```
pub async fn observe(
    port: &(impl AccessGroupPort + ?Sized),
    survey: impl Into<Survey>,
) -> Result<Observed, Error> {
    let clock = || std::time::Duration::ZERO; // it never waits
    machine::drive(port, survey.into(), clock, |_| std::future::ready(())).await
}

/// The blocking flavour of [`observe`]: with up to 8 threads. For a port behind a `dyn`, pass an
/// `Arc`.
///
/// # Errors
///
/// As for [`observe`].
pub fn observe_blocking<P: BlockingAccessGroupPort + Clone + 'static>(
    port: P,
    survey: impl Into<Survey>,
) -> Result<Observed, Error> {
    let clock = || std::time::Duration::ZERO; // it never waits
    threads::drive(port, survey.into(), clock, |_| ())
}
