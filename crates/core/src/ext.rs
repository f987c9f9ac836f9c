//! Functions over a port that need more than one operation.

use std::future::Future;

use crate::{
    AccessGroup, AccessGroupFilter, AccessGroupId, AccessGroupPort, AccessGroups, AcsSystemId,
    AcsUser, AcsUserFilter, AcsUserSelector, AcsUsers, BlockingAccessGroupPort,
    BlockingAccessGroups, BlockingAcsUsers, Call, Context, EmailAddress, EntranceId, Error,
    Timestamp, UserRef, WithContext,
    access::{AccessCheck, Verdict, WhoCanOpen},
    machine, names, port,
    verify::MembershipCheck,
};

/// Functions of every [`AccessGroupPort`] that need more than one operation, or another context.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use access_groups_core::prelude::*;
///
/// /// Adds the user with this e-mail address to the group with this name.
/// async fn add(
///     port: &dyn AccessGroupPort,
///     address: &EmailAddress,
///     group: &str,
/// ) -> Result<(), Error> {
///     let port = port.with_context(Context::new().with_timeout(Duration::from_secs(10)));
///     let user = port.acs_user_by_email_address(address, None).await?;
///     let group = port.access_group_by_name(group, Some(user.acs_system_id)).await?;
///     port.add_user(&user, group.acs_access_group_id).await
/// }
/// ```
pub trait AccessGroupPortExt: AccessGroupPort {
    /// Makes one call that is given as a value, with the reply of its type.
    ///
    /// # Errors
    ///
    /// Those of the operation.
    ///
    /// # Examples
    ///
    /// ```
    /// use access_groups_core::prelude::*;
    ///
    /// # async fn example(port: &dyn AccessGroupPort, ada: AcsUserId, gym: AccessGroupId)
    /// # -> Result<(), Error> {
    /// let call = AddUser::new(ada, gym);
    /// port.execute(call.clone()).await?;
    /// port.execute(call).await?; // idempotent: the second one changes nothing
    /// # Ok(())
    /// # }
    /// ```
    fn execute<C: Call>(&self, call: C) -> impl Future<Output = Result<C::Reply, Error>> + Send {
        port::call(self, call)
    }

    /// A port that passes this context with every call. What a call sets itself, or a further context
    /// around this port, wins. [`WithContext::new`] keeps the port too.
    fn with_context(&self, context: Context) -> WithContext<&Self> {
        WithContext::new(self, context)
    }

    /// Whether the user may open the entrance at this instant, and why.
    ///
    /// A pending change counts as not made: see [`Verdict`].
    ///
    /// # Errors
    ///
    /// - `NotFound`: the user or the entrance does not exist in this workspace.
    /// - Errors of the calls that [`AccessCheck`] makes: five, and one per group of the system.
    fn check(
        &self,
        user: impl Into<AcsUserSelector>,
        entrance: EntranceId,
        at: Timestamp,
    ) -> impl Future<Output = Result<Verdict, Error>> + Send {
        machine::drive_at_once(self, AccessCheck::new(user, entrance, at))
    }

    /// All users who may open the entrance at this instant, each with the reason, sorted by display
    /// name.
    ///
    /// # Errors
    ///
    /// - `NotFound`: the entrance does not exist in this workspace.
    /// - Errors of the calls that [`WhoCanOpen`] makes: up to one per user of the system.
    fn who_can_open(
        &self,
        entrance: EntranceId,
        at: Timestamp,
    ) -> impl Future<Output = Result<Vec<Verdict>, Error>> + Send {
        machine::drive_at_once(self, WhoCanOpen::new(entrance, at))
    }

    /// Whether the user is a member of the group, by reading it: after a change whose error
    /// [is ambiguous](Error::is_ambiguous).
    ///
    /// What the service has accepted counts, whether it has propagated or not; a nonexistent user or
    /// group counts as a non-member. The answer is that of the moment: a request that is still on its
    /// way, as after a timeout, may be carried out later.
    ///
    /// # Errors
    ///
    /// Those of listing the user's groups, but for `NotFound`.
    ///
    /// # Examples
    ///
    /// ```
    /// use access_groups_core::prelude::*;
    ///
    /// /// Adds the user, and says whether they are a member now.
    /// async fn add(
    ///     port: &dyn AccessGroupPort,
    ///     user: AcsUserId,
    ///     group: AccessGroupId,
    /// ) -> Result<bool, Error> {
    ///     match port.add_user(user, group).await {
    ///         Ok(()) => Ok(true),
    ///         Err(error) if error.is_ambiguous() => port.verify(user, group).await,
    ///         Err(error) => Err(error),
    ///     }
    /// }
    /// ```
    fn verify(
        &self,
        user: impl Into<UserRef>,
        group: AccessGroupId,
    ) -> impl Future<Output = Result<bool, Error>> + Send {
        machine::drive_at_once(self, MembershipCheck::new(user, group))
    }

    /// The only ACS user with this e-mail address, compared in any case of A to Z; in this system,
    /// if one is given.
    ///
    /// # Errors
    ///
    /// - `NotFound`: no user has the address.
    /// - `Conflict`: several users have it; the message names their ids.
    fn acs_user_by_email_address(
        &self,
        address: &EmailAddress,
        system: Option<AcsSystemId>,
    ) -> impl Future<Output = Result<AcsUser, Error>> + Send {
        let filter = users_to_search(address, system);
        async move { only_user(address, self.all_acs_users(filter?).collect().await?) }
    }

    /// The only access group with the [same](crate::names::are_same) name or display name; in this
    /// system, if one is given.
    ///
    /// # Errors
    ///
    /// - `NotFound`: no group has the name.
    /// - `Conflict`: several groups have it; the message names their ids.
    fn access_group_by_name(
        &self,
        name: &str,
        system: Option<AcsSystemId>,
    ) -> impl Future<Output = Result<AccessGroup, Error>> + Send {
        let filter = groups_to_search(system);
        async move { only_group(name, self.access_groups(filter).await?) }
    }
}

impl<P: AccessGroupPort + ?Sized> AccessGroupPortExt for P {}

/// The blocking flavour of [`AccessGroupPortExt`].
///
/// # Examples
///
/// ```
/// use access_groups_core::{ListAccessGroups, prelude::*};
///
/// /// A site with two groups of the same name.
/// struct TwoGyms;
///
/// impl BlockingAccessGroupPort for TwoGyms {
///     fn call(&self, operation: Operation, _: &Context) -> Result<Reply, Error> {
///         let gym = |id| {
///             AccessGroup::new(AccessGroupId::from_u128(id), AcsSystemId::from_u128(1), "Gym")
///         };
///         match operation {
///             Operation::ListAccessGroups(_) => {
///                 Ok(ListAccessGroups::answer(vec![gym(1), gym(2)]))
///             }
///             other => Err(Error::unsupported_operation(&other)),
///         }
///     }
/// }
///
/// // A name must be unique; none of the groups is picked:
/// let error = TwoGyms.access_group_by_name("Gym", None).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Conflict);
///
/// // A part of a name does not suffice:
/// let error = TwoGyms.access_group_by_name("Gy", None).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::NotFound);
/// ```
pub trait BlockingAccessGroupPortExt: BlockingAccessGroupPort {
    /// Makes one call that is given as a value, with the reply of its type.
    ///
    /// # Errors
    ///
    /// Those of the operation.
    fn execute<C: Call>(&self, call: C) -> Result<C::Reply, Error> {
        port::call_blocking(self, call)
    }

    /// A port that passes this context with every call. What a call sets itself, or a further context
    /// around this port, wins. [`WithContext::new`] keeps the port too.
    fn with_context(&self, context: Context) -> WithContext<&Self> {
        WithContext::new(self, context)
    }

    /// Whether the user may open the entrance at this instant, and why.
    ///
    /// A pending change counts as not made: see [`Verdict`].
    ///
    /// # Errors
    ///
    /// - `NotFound`: the user or the entrance does not exist in this workspace.
    /// - Errors of the calls that [`AccessCheck`] makes: five, and one per group of the system.
    fn check(
        &self,
        user: impl Into<AcsUserSelector>,
        entrance: EntranceId,
        at: Timestamp,
    ) -> Result<Verdict, Error> {
        machine::drive_at_once_blocking(self, AccessCheck::new(user, entrance, at))
    }

    /// All users who may open the entrance at this instant, each with the reason, sorted by display
    /// name.
    ///
    /// # Errors
    ///
    /// - `NotFound`: the entrance does not exist in this workspace.
    /// - Errors of the calls that [`WhoCanOpen`] makes: up to one per user of the system.
    fn who_can_open(&self, entrance: EntranceId, at: Timestamp) -> Result<Vec<Verdict>, Error> {
        machine::drive_at_once_blocking(self, WhoCanOpen::new(entrance, at))
    }

    /// Whether the user is a member of the group, by reading it: after a change whose error
    /// [is ambiguous](Error::is_ambiguous).
    ///
    /// What the service has accepted counts, whether it has propagated or not; a nonexistent user or
    /// group counts as a non-member. The answer is that of the moment: a request that is still on its
    /// way, as after a timeout, may be carried out later.
    ///
    /// # Errors
    ///
    /// Those of listing the user's groups, but for `NotFound`.
    ///
    /// # Examples
    ///
    /// ```
    /// use access_groups_core::prelude::*;
    ///
    /// /// Removes the user, and says whether they are still a member.
    /// fn remove(
    ///     port: &dyn BlockingAccessGroupPort,
    ///     user: AcsUserId,
    ///     group: AccessGroupId,
    /// ) -> Result<bool, Error> {
    ///     match port.remove_user(user, group) {
    ///         Ok(()) => Ok(false),
    ///         Err(error) if error.is_ambiguous() => port.verify(user, group),
    ///         Err(error) => Err(error),
    ///     }
    /// }
    /// ```
    fn verify(&self, user: impl Into<UserRef>, group: AccessGroupId) -> Result<bool, Error> {
        machine::drive_at_once_blocking(self, MembershipCheck::new(user, group))
    }

    /// The only ACS user with this e-mail address, compared in any case of A to Z; in this system,
    /// if one is given.
    ///
    /// # Errors
    ///
    /// - `NotFound`: no user has the address.
    /// - `Conflict`: several users have it; the message names their ids.
    fn acs_user_by_email_address(
        &self,
        address: &EmailAddress,
        system: Option<AcsSystemId>,
    ) -> Result<AcsUser, Error> {
        let users = self.all_acs_users(users_to_search(address, system)?);
        only_user(address, users.collect::<Result<_, _>>()?)
    }

    /// The only access group with the [same](crate::names::are_same) name or display name; in this
    /// system, if one is given.
    ///
    /// # Errors
    ///
    /// - `NotFound`: no group has the name.
    /// - `Conflict`: several groups have it; the message names their ids.
    fn access_group_by_name(
        &self,
        name: &str,
        system: Option<AcsSystemId>,
    ) -> Result<AccessGroup, Error> {
        only_group(name, self.access_groups(groups_to_search(system))?)
    }
}

impl<P: BlockingAccessGroupPort + ?Sized> BlockingAccessGroupPortExt for P {}

/// The listing that contains the user: the service finds parts of an address, in any case.
fn users_to_search(
    address: &EmailAddress,
    system: Option<AcsSystemId>,
) -> Result<AcsUserFilter, Error> {
    let search = address.as_str().parse();
    let search = search.map_err(|error| {
        Error::invalid("the e-mail address is too long to search for").with_source(error)
    })?;
    let mut filter = AcsUserFilter::new().matching(search);
    filter.system = system;
    Ok(filter)
}

fn only_user(address: &EmailAddress, mut users: Vec<AcsUser>) -> Result<AcsUser, Error> {
    // The search also finds longer addresses, and other attributes that contain this one.
    users.retain(|user| {
        let known = user.email_address.as_deref().unwrap_or_default();
        names::are_same_address(known, address.as_str())
    });
    only("ACS user with this e-mail address", users, |user| {
        user.acs_user_id
    })
}

/// The listing that contains the group. It is not paged, so no search text narrows it: a search
/// would miss groups that have the name as their display name only.
fn groups_to_search(system: Option<AcsSystemId>) -> AccessGroupFilter {
    let mut filter = AccessGroupFilter::new();
    filter.system = system;
    filter
}

fn only_group(name: &str, mut groups: Vec<AccessGroup>) -> Result<AccessGroup, Error> {
    // Both names, because people see one or the other, depending on the provider.
    groups.retain(|group| {
        names::are_same(&group.name, name) || names::are_same(&group.display_name, name)
    });
    only("access group with this name", groups, |group| {
        group.acs_access_group_id
    })
}

/// The only candidate. Messages name ids, but neither e-mail addresses, which are personal data, nor
/// names, which may be.
fn only<T, Id: ToString>(
    what: &str,
    mut candidates: Vec<T>,
    id: impl Fn(&T) -> Id,
) -> Result<T, Error> {
    match (candidates.pop(), candidates.is_empty()) {
        (None, _) => Err(Error::not_found(format!(
            "there is no {what} in this workspace"
        ))),
        (Some(only), true) => Ok(only),
        // No candidate is preferred, because a wrong guess would change somebody else's access.
        (Some(last), false) => {
            let mut ids: Vec<_> = candidates.iter().map(|one| id(one).to_string()).collect();
            ids.push(id(&last).to_string());
            let ids = ids.join(", ");
            Err(Error::conflict(format!(
                "there is more than one {what}: {ids}"
            )))
        }
    }
}
