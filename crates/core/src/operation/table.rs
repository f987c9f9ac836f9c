//! The one table of operations.
//!
//! A row gives an operation its method, its type, its fields, its reply and its effect, and a
//! deletion the field that names what it deletes. Three macros generate the rest: the types
//! (`operation.rs`), the methods of callers (`methods.rs`), and the list of calls in the docs of
//! ports and adapters.

/// Passes the table to another macro.
// A macro that calls a macro, because the table has three users and must exist once.
macro_rules! with_operations {
    ($then:ident) => {
        $then! {
        /// Adds users to access groups, removes them, and lists members and entrances.
        ///
        /// # Contract
        ///
        /// Each sentence in italics is the name of a law, which the conformance kit checks.
        ///
        /// - *Adding makes a member.* The user is then among the group's users, and the group among
        ///   the user's groups.
        /// - *Adding twice is adding once.* It succeeds, and one removal ends the membership.
        /// - *Removing ends membership of that group only.*
        /// - *Removing a non-member succeeds and changes nothing.*
        /// - *An unknown user is not found*, nor is an unknown identity: the error names it.
        /// - *An unknown group is not found*: the error names it.
        /// - *The user is looked at before the group*: if both are unknown, the error names the user.
        /// - *Another workspace's ids are unknown.*
        /// - *Systems do not mix.* Adding a user to a group of another system is
        ///   [`Invalid`](crate::ErrorKind::Invalid) and changes nothing; removing them succeeds,
        ///   because such a user is never a member.
        /// - *Suspension does not touch membership.* Suspended users are added, listed and removed
        ///   like any others.
        /// - *An identity joins as its user of the group's system*: the ACS user linked to it.
        /// - *An identity leaves as its user of the group's system.*
        /// - *An identity without a user is linked by e-mail address or phone number* when it is
        ///   added: to the unlinked user of the group's system with the same e-mail address, else
        ///   with the same phone number; of several, to the one that was created first. E-mail
        ///   addresses are compared in any case of the letters A to Z, phone numbers exactly; an
        ///   empty address or number matches nobody.
        /// - *An address that only looks alike links nobody*: no other letter, blank or normal form
        ///   is taken for another.
        /// - *A linked user is never linked to another identity.*
        /// - *An identity that matches nobody gets a user* when it is added: a new one of the group's
        ///   system, linked to it.
        /// - *Removing an identity neither creates nor links*: without a linked user in the group's
        ///   system it succeeds and changes nothing.
        /// - *A listing shows what passes the whole filter*; an unknown system, user or identity
        ///   gives an empty list.
        /// - *Verifying tells who is a member*, suspended or not, by user or by identity:
        ///   [`verify`](crate::AccessGroupPortExt::verify) reads it from the user's listing. Who or what
        ///   does not exist is no member.
        /// - *A search finds part of a name or id in any case*, in every list that has a search: the
        ///   filters name the fields.
        /// - *A search finds its text and nothing else*: signs such as `%` and `_` stand for themselves,
        ///   words have an order, and the whole text is in one field.
        /// - *A search finds what looks the same*: the text and what is searched are
        ///   [folded](crate::names::fold), in every list.
        /// - *A listing shows nothing twice.* The order is not specified.
        /// - *A listing is complete however long*: every list of this port, under every filter.
        /// - *All means all, however many*: whatever a call looks for, makes, changes, ends or deletes,
        ///   it reaches the last of thousands like the first; if one of them is refused, nothing is done.
        ///   A list of ids in a call may hold [1,000](crate::MAX_IDS); an adapter may refuse a longer one
        ///   as [`Invalid`](crate::ErrorKind::Invalid).
        /// - *However many are created, all are there*, each with an id of its own; so are memberships,
        ///   grants and links.
        /// - *The entrances of a group are those it holds.*
        /// - *A group reads the same wherever it is shown.*
        /// - *Deleting a group ends its memberships*, and no others; its users and entrances remain.
        /// - *A deleted group is unknown.*
        /// - *A created group is there*, with the name, schedule and entrances of the draft and without
        ///   members; if one of its entrances is unknown or of another system, no group is created.
        /// - *An updated group keeps what was not named*, its members among it; a refused update
        ///   changes nothing.
        /// - *A refused call changes nothing.*
        /// - *A refusal is never ambiguous*: an error of the kinds `NotFound`, `Invalid`, `Conflict`,
        ///   `Unsupported`, `Unauthenticated` and `RateLimited` says that nothing has changed, so
        ///   [`is_ambiguous`](crate::Error::is_ambiguous) is false. Exempt is an adapter that has repeated
        ///   a call by itself: an earlier attempt may have been carried out. A read is never ambiguous,
        ///   whatever it answers.
        /// - *A change is seen by every later call*, through any clone of the port.
        /// - *Calls at once lose nothing*: calls may be made from many tasks or threads, and every
        ///   successful one takes effect. None is refused because another one runs at the same time: an
        ///   adapter whose store aborts transactions that overlap repeats them.
        /// - *What an adapter cannot do is unsupported*: it answers
        ///   [`Unsupported`](crate::ErrorKind::Unsupported) and changes nothing.
        ///
        /// # Examples
        ///
        /// In the blocking flavour; the async one adds `.await` to each call:
        ///
        /// ```
        /// use access_groups_core::prelude::*;
        ///
        /// # fn main() -> Result<(), Error> {
        /// # #[cfg(feature = "mock")] {
        /// # use access_groups_core::{MockBlockingAccessGroupPort, testing::expect};
        /// # let (ada, nobody) = (AcsUserId::from_u128(1), AcsUserId::from_u128(9));
        /// # let (gym, elsewhere) = (AccessGroupId::from_u128(2), AccessGroupId::from_u128(3));
        /// # let mut port = MockBlockingAccessGroupPort::new();
        /// # expect(&mut port, AddUser::new(ada, gym)).times(2).returns(Ok(()));
        /// # expect(&mut port, RemoveUser::new(ada, gym)).times(2).returns(Ok(()));
        /// # let mixed = Error::invalid("user and group belong to different systems");
        /// # expect(&mut port, AddUser::new(ada, elsewhere)).returns(Err(mixed));
        /// # expect(&mut port, AddUser::new(nobody, gym)).returns(Err(Error::unknown(nobody)));
        /// port.add_user(ada, gym)?;
        /// port.add_user(ada, gym)?; // a member already: succeeds, and changes nothing
        ///
        /// port.remove_user(ada, gym)?; // one removal ends the membership
        /// port.remove_user(ada, gym)?; // not a member: succeeds, and changes nothing
        ///
        /// // A group of another system:
        /// let error = port.add_user(ada, elsewhere).unwrap_err();
        /// assert_eq!(error.kind(), ErrorKind::Invalid);
        ///
        /// // An id that does not exist in this workspace:
        /// let error = port.add_user(nobody, gym).unwrap_err();
        /// assert_eq!(error.kind(), ErrorKind::NotFound);
        /// assert_eq!(error.subject(), Some(nobody.into()));
        /// # }
        /// # Ok(())
        /// # }
        /// ```
        "Access groups" AccessGroups / BlockingAccessGroups {
            /// Makes the user a member of the group.
            ///
            /// An identity without a user in the group's system is linked to an existing user, or to
            /// a new one: see the contract. Success means accepted; to wait until the change has
            /// propagated, see [`propagation`](crate::propagation).
            ///
            /// # Errors
            ///
            /// - `NotFound`: the user or identity, else the group, does not exist in this workspace.
            /// - `Invalid`: user and group belong to different systems.
            add_user = AddUser {
                /// The user.
                user: UserRef = impl Into<UserRef>,
                /// The group.
                group: AccessGroupId = AccessGroupId,
            } -> (), Idempotent;

            /// Ends the user's membership of the group, and of this group only. It succeeds if
            /// the user is not a member.
            ///
            /// # Errors
            ///
            /// - `NotFound`: the user or identity, else the group, does not exist in this workspace.
            remove_user = RemoveUser {
                /// The user.
                user: UserRef = impl Into<UserRef>,
                /// The group.
                group: AccessGroupId = AccessGroupId,
            } -> (), Idempotent;

            /// Reads one group.
            ///
            /// # Errors
            ///
            /// - `NotFound`: the group does not exist in this workspace.
            access_group = GetAccessGroup {
                /// The group.
                group: AccessGroupId = AccessGroupId,
            } -> AccessGroup, Safe;

            /// Lists the groups that pass the filter, all at once: Seam does not page this list. An
            /// unknown system, user or identity gives an empty list.
            ///
            /// # Errors
            ///
            /// None of its own.
            access_groups = ListAccessGroups {
                /// Conditions that a listed group meets.
                filter: AccessGroupFilter = AccessGroupFilter,
            } -> Vec<AccessGroup>, Safe;

            /// Lists the members of the group, including suspended ones.
            ///
            /// # Errors
            ///
            /// - `NotFound`: the group does not exist in this workspace.
            users_in_group = ListUsersInGroup {
                /// The group.
                group: AccessGroupId = AccessGroupId,
            } -> Vec<AcsUser>, Safe;

            /// Lists the entrances that the group holds: its members can open them while its schedule
            /// is running.
            ///
            /// # Errors
            ///
            /// - `NotFound`: the group does not exist in this workspace.
            entrances_of_group = ListEntrancesOfGroup {
                /// The group.
                group: AccessGroupId = AccessGroupId,
            } -> Vec<Entrance>, Safe;

            /// Deletes the group and all its memberships; its users and entrances remain.
            ///
            /// Seam's reference documents this call, while its guide says that groups cannot be deleted
            /// through the API: expect most providers to refuse it.
            ///
            /// # Errors
            ///
            /// - `NotFound`: the group does not exist in this workspace, or no longer.
            delete_access_group = DeleteAccessGroup {
                /// The group.
                group: AccessGroupId = AccessGroupId,
            // Although the second call fails: RFC 9110 requires the same state, not the same answer.
            } -> (), Idempotent deletes group;

            /// Creates a group without members, and returns it.
            ///
            /// Seam's API has no such call: its clients answer `Unsupported` before anything is sent.
            /// If the answer is lost, repeating the call may create a second group.
            ///
            /// # Errors
            ///
            /// - `NotFound`: the system, else one of the entrances, does not exist in this workspace.
            /// - `Invalid`: an entrance belongs to another system, or the schedule does not end in the
            ///   future and after it starts.
            create_access_group = CreateAccessGroup {
                /// Attributes of the new group.
                group: NewAccessGroup = NewAccessGroup,
            } -> AccessGroup, NonIdempotent;

            /// Changes the attributes that the update names, and no others.
            ///
            /// Seam's API has no such call: its clients answer `Unsupported` before anything is sent.
            ///
            /// # Errors
            ///
            /// - `NotFound`: the group, else an entrance to add, does not exist in this workspace.
            /// - `Invalid`: an entrance to add belongs to another system, or the schedule does not end
            ///   in the future and after it starts.
            update_access_group = UpdateAccessGroup {
                /// The group.
                group: AccessGroupId = AccessGroupId,
                /// Attributes that change.
                update: AccessGroupUpdate = AccessGroupUpdate,
            } -> (), Idempotent;
        }

        /// Creates, reads, lists, changes and deletes ACS users (people as one system knows them), and
        /// grants and revokes access outside groups.
        ///
        /// # Contract
        ///
        /// Each sentence in italics is the name of a law, which the conformance kit checks.
        ///
        /// - *A user reads the same wherever they are shown*: here, in a listing, and among the members
        ///   of a group. This holds for the whole resource, its errors, its warnings and the fields that
        ///   no version of this crate knows among it; exempt is what changes without a call, such as
        ///   pending mutations.
        /// - *An unknown user cannot be read*, nor can one of another workspace: they are not found. By
        ///   identity and system, the identity is looked at first.
        /// - *A created user is there*, with the attributes of the draft: they can be read, are listed,
        ///   and are a member of the given groups only.
        /// - *A created user is in their groups at once*; if one of the groups is unknown or of another
        ///   system, no user is created.
        /// - *A user created for an identity is linked to it*; an unknown identity is not found, and
        ///   one that already has a user in the system is a [`Conflict`](crate::ErrorKind::Conflict).
        /// - *A creation names what does not exist before a conflict*: if one of the groups is unknown
        ///   and the identity already has a user in the system, the error is that of the group. For a
        ///   new identity, an unknown system comes before a key, address or number that is taken; for a
        ///   new or changed group, an unknown entrance before one of another system.
        /// - *What a call names twice counts once*: groups, systems and entrances, in a draft, an update
        ///   or a filter.
        /// - *A new resource reads as its creation showed it*, wherever it is shown: users, identities,
        ///   groups, systems and entrances.
        /// - *A user is found by identity and system*, in every call that takes a selector.
        /// - *A text is kept exactly*, in every field and wherever it is shown, but for the outer blanks
        ///   of a full name, which its type leaves out. An empty one of a user is not an absent one.
        /// - *A schedule must end in the future and after it starts*: otherwise the call is
        ///   [`Invalid`](crate::ErrorKind::Invalid) and changes nothing. The adapter's clock decides,
        ///   to the millisecond, and the `created_at` of what a call makes shows it: that instant is not
        ///   future, and the next millisecond is.
        /// - *An instant keeps its milliseconds*, in all years from 0000 to 9999. What is finer may be
        ///   cut, as Seam's API does, and is not rounded.
        /// - *What was created at an instant was not created before it*: `created_before` leaves it
        ///   out, in every list that has the condition.
        /// - *A text of 1,000 characters is kept.* Longer ones, and those with U+0000, cannot be passed:
        ///   their types refuse them.
        /// - *An update changes what it names and nothing else*, but for the display name, which may follow
        ///   the full name.
        /// - *A suspended user reads as suspended* until the suspension ends; suspending twice, and
        ///   ending it twice, has the effect of once. To be not suspended, and to show nothing of it, is
        ///   the same.
        /// - *A deleted user is unknown*, and in no group.
        /// - *What is deleted is unknown to every call*, whatever its kind: no call finds it, and no
        ///   condition lists it.
        /// - *What is made again begins anew*: whatever values it shares with something deleted, it has no
        ///   membership, grant, link, suspension or schedule of it.
        /// - *What is replaced or ended is free*: a key, an address or a number that was replaced or cleared
        ///   finds nobody, joins nobody and may be given to others; a link that has ended serves no call.
        /// - *The entrances of a user are those of their groups and those granted*: each is listed once.
        /// - *A granted entrance is among those of its user*; granting twice has the effect of once, and
        ///   creates no membership.
        /// - *Granting does not mix systems*: a user and an entrance of different systems are
        ///   [`Invalid`](crate::ErrorKind::Invalid); if both are unknown, the error names the user.
        /// - *Revoking access ends every membership and every grant* of that user, and no others.
        /// - *Revoking one entrance ends that grant only*; without a grant it succeeds and changes
        ///   nothing, and an identity is neither linked nor given a user. Access through groups
        ///   remains. If both are unknown, the error names the user.
        /// - *A list of users shows what passes the whole filter.*
        /// - *The pages of users hold everybody once*; no page exceeds the limit, and the order does not
        ///   depend on it.
        /// - *A list in pages comes oldest first*, by `created_at`, with every filter and limit. Rows of one
        ///   age may come in any order, as long as it stays the same.
        /// - *A page cursor belongs to its question*: with another filter or limit it is
        ///   [`Invalid`](crate::ErrorKind::Invalid) with code `mismatched_page_parameters`; that of
        ///   another list, and a text that no list has given, are `Invalid` too. This holds for every
        ///   list that comes in pages.
        /// - *A cursor may be used twice*, through any clone and in any order, also after the last page: as
        ///   long as nothing has changed, it gives the same page. It may expire with time, and with
        ///   nothing else.
        /// - *A row that stays is listed once, whatever comes and goes* between two pages: the next page
        ///   goes on after the rows that were shown, even if the last one is deleted. A row created
        ///   meanwhile may be listed or not, a deleted one is not. This holds for every list that comes
        ///   in pages.
        /// - *A page has 1,000 rows at most*, whatever the limit; the rest is on later pages.
        ///
        /// # Examples
        ///
        /// In the blocking flavour; the async one adds `.await` to each call. A creation whose answer
        /// was lost may have happened, so it is not simply repeated:
        ///
        /// ```
        /// use access_groups_core::prelude::*;
        ///
        /// fn create_once(
        ///     port: &dyn BlockingAccessGroupPort,
        ///     ada: NewAcsUser,
        ///     address: &EmailAddress,
        /// ) -> Result<AcsUser, Error> {
        ///     let system = Some(ada.system);
        ///     match port.create_acs_user(ada) {
        ///         Err(error) if error.is_ambiguous() => {
        ///             port.acs_user_by_email_address(address, system) // was it created?
        ///         }
        ///         result => result,
        ///     }
        /// }
        /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// # #[cfg(feature = "mock")] {
        /// # use access_groups_core::{MockBlockingAccessGroupPort, testing::expect};
        /// # use access_groups_core::{ListAcsUsers, CreateAcsUser, Page};
        /// # let system = AcsSystemId::from_u128(1);
        /// # let mut port = MockBlockingAccessGroupPort::new();
        ///
        /// let address: EmailAddress = "ada@example.com".parse()?;
        /// let draft = NewAcsUser::new(system, "Ada".parse()?).with_email_address(address.clone());
        /// # let lost = Error::timed_out("no answer").with_ambiguity(true);
        /// # expect(&mut port, CreateAcsUser::new(draft.clone())).returns(Err(lost));
        /// # let filter = AcsUserFilter::new().in_system(system).matching("ada@example.com".parse()?);
        /// # let ada = AcsUser::new(AcsUserId::from_u128(1), system, "Ada")
        /// #     .with_email_address("ada@example.com");
        /// # expect(&mut port, ListAcsUsers::new(filter, PageRequest::first()))
        /// #     .returns(Ok(Page::only(vec![ada])));
        /// assert_eq!(create_once(&port, draft, &address)?.display_name, "Ada");
        /// # }
        /// # Ok(())
        /// # }
        /// ```
        "ACS users" AcsUsers / BlockingAcsUsers {
            /// Creates a user, and returns it.
            ///
            /// If the answer is lost ([`is_ambiguous`](crate::Error::is_ambiguous)), repeating the call
            /// may create a second user: search for the first one before.
            ///
            /// # Errors
            ///
            /// - `NotFound`, before a conflict: the system, the identity or one of the groups does not
            ///   exist in this workspace.
            /// - `Invalid`: a group belongs to another system, or the schedule does not end in the
            ///   future and after it starts.
            /// - `Conflict`: the identity already has a user in this system.
            create_acs_user = CreateAcsUser {
                /// Attributes of the new user.
                user: NewAcsUser = NewAcsUser,
            } -> AcsUser, NonIdempotent;

            /// Reads one user.
            ///
            /// # Errors
            ///
            /// - `NotFound`: the user does not exist in this workspace. By identity: the identity, else
            ///   the system, does not exist, or the identity has no user in that system.
            acs_user = GetAcsUser {
                /// The user.
                user: AcsUserSelector = impl Into<AcsUserSelector>,
            } -> AcsUser, Safe;

            /// Lists the users that pass the filter, oldest first, one page per call. Seam's default
            /// limit is 500 rows.
            ///
            /// # Errors
            ///
            /// - `Invalid` with code `mismatched_page_parameters`: the cursor was made for another
            ///   filter or limit.
            /// - `Invalid`: the cursor was not made by this service.
            acs_users = ListAcsUsers {
                /// Conditions that a listed user meets.
                filter: AcsUserFilter = AcsUserFilter,
                /// Page size and cursor.
                page: PageRequest = PageRequest,
            } -> Page<AcsUser>, Safe, rows all_acs_users(AcsUserFilter) -> AcsUser, by acs_user_id;

            /// Changes the attributes that the update names, and no others.
            ///
            /// # Errors
            ///
            /// - `NotFound`: the user does not exist in this workspace. By identity: the identity, else
            ///   the system, does not exist, or the identity has no user in that system.
            /// - `Invalid`: the schedule does not end in the future and after it starts.
            update_acs_user = UpdateAcsUser {
                /// The user.
                user: AcsUserSelector = impl Into<AcsUserSelector>,
                /// Attributes that change.
                update: AcsUserUpdate = AcsUserUpdate,
            } -> (), Idempotent;

            /// Deletes the user, with all their memberships and grants.
            ///
            /// # Errors
            ///
            /// - `NotFound`: the user does not exist in this workspace. By identity: the identity, else
            ///   the system, does not exist, or the identity has no user in that system.
            delete_acs_user = DeleteAcsUser {
                /// The user.
                user: AcsUserSelector = impl Into<AcsUserSelector>,
            } -> (), Idempotent deletes user;

            /// Suspends the user: they can open nothing until the suspension ends. Their memberships
            /// and grants remain.
            ///
            /// # Errors
            ///
            /// - `NotFound`: the user does not exist in this workspace. By identity: the identity, else
            ///   the system, does not exist, or the identity has no user in that system.
            suspend_acs_user = SuspendAcsUser {
                /// The user.
                user: AcsUserSelector = impl Into<AcsUserSelector>,
            } -> (), Idempotent;

            /// Ends the suspension of the user. It succeeds if the user is not suspended.
            ///
            /// # Errors
            ///
            /// - `NotFound`: the user does not exist in this workspace. By identity: the identity, else
            ///   the system, does not exist, or the identity has no user in that system.
            unsuspend_acs_user = UnsuspendAcsUser {
                /// The user.
                user: AcsUserSelector = impl Into<AcsUserSelector>,
            } -> (), Idempotent;

            /// Lists the entrances that the user can open, through groups and direct grants.
            ///
            /// Whether they can open one *now* also depends on schedules and suspension: see
            /// [`check`](crate::AccessGroupPortExt::check).
            ///
            /// # Errors
            ///
            /// - `NotFound`: the user does not exist in this workspace. By identity: the identity, else
            ///   the system, does not exist, or the identity has no user in that system.
            entrances_of_user = ListEntrancesOfUser {
                /// The user.
                user: AcsUserSelector = impl Into<AcsUserSelector>,
            } -> Vec<Entrance>, Safe;

            /// Grants the user access to the entrance directly, in addition to their groups.
            ///
            /// An identity without a user in the entrance's system is linked to one or gets a new one,
            /// as in [`add_user`](crate::AccessGroups::add_user). Seam's API cannot end a single grant;
            /// [`revoke_access_to_all_entrances`](Self::revoke_access_to_all_entrances) ends all of
            /// them.
            ///
            /// # Errors
            ///
            /// - `NotFound`: the user or identity, else the entrance, does not exist in this
            ///   workspace.
            /// - `Invalid`: user and entrance belong to different systems.
            grant_access = GrantAccess {
                /// The user.
                user: UserRef = impl Into<UserRef>,
                /// The entrance.
                entrance: EntranceId = EntranceId,
            } -> (), Idempotent;

            /// Ends all access of the user: every membership and every direct grant. The user remains.
            ///
            /// # Errors
            ///
            /// - `NotFound`: the user does not exist in this workspace. By identity: the identity, else
            ///   the system, does not exist, or the identity has no user in that system.
            revoke_access_to_all_entrances = RevokeAccessToAllEntrances {
                /// The user.
                user: AcsUserSelector = impl Into<AcsUserSelector>,
            } -> (), Idempotent;

            /// Ends the direct grant of one entrance. It succeeds if there is none. Access through
            /// groups remains.
            ///
            /// Seam's API has no such call: its clients answer `Unsupported` before anything is sent.
            ///
            /// # Errors
            ///
            /// - `NotFound`: the user or identity, else the entrance, does not exist in this workspace.
            revoke_access = RevokeAccess {
                /// The user.
                user: UserRef = impl Into<UserRef>,
                /// The entrance.
                entrance: EntranceId = EntranceId,
            } -> (), Idempotent;
        }

        /// Reads the workspace, and reads and changes its access control systems and their entrances.
        ///
        /// # Contract
        ///
        /// Each sentence in italics is the name of a law, which the conformance kit checks.
        ///
        /// - *The workspace names itself in what it holds*: its systems, users, identities and groups have
        ///   its id.
        /// - *A system reads the same wherever it is shown*: here, in a listing, and among those of an
        ///   identity.
        /// - *An unknown system cannot be read*, nor can one of another workspace: it is not found.
        /// - *A list of systems shows what passes the whole filter.*
        /// - *An entrance reads the same wherever it is shown*: here, in a listing, among those of a
        ///   group, of a user and of an identity.
        /// - *An unknown entrance cannot be read*, nor can one of another workspace: it is not found.
        /// - *A list of entrances shows what passes the whole filter.*
        /// - *The pages of entrances hold each once*; no page exceeds the limit.
        /// - *A created system or entrance is there*, with the attributes of the draft; an entrance of
        ///   an unknown system is not created.
        /// - *An updated system or entrance keeps what was not named.*
        /// - *A system that holds something is not deleted*: with users, groups or entrances, deleting
        ///   it is a [`Conflict`](crate::ErrorKind::Conflict). An empty one is unknown afterwards.
        /// - *A deleted entrance opens to nobody*: it is unknown, in no group, and granted to nobody.
        ///
        /// # Examples
        ///
        /// In the blocking flavour; the async one adds `.await` to each call. All pages are one
        /// iterator, and a failed page ends it with an error:
        ///
        /// ```
        /// use access_groups_core::prelude::*;
        ///
        /// # fn main() -> Result<(), Error> {
        /// # #[cfg(feature = "mock")] {
        /// # use access_groups_core::{MockBlockingAccessGroupPort, testing::expect};
        /// # use access_groups_core::{ListEntrances, Page, PageCursor};
        /// # let system = AcsSystemId::from_u128(1);
        /// # let door = Entrance::new(EntranceId::from_u128(1), system, "Front Door");
        /// # let mut port = MockBlockingAccessGroupPort::new();
        /// # let (all, first) = (EntranceFilter::new().in_system(system), PageRequest::first());
        /// # let page = Page { items: vec![door], next: Some(PageCursor::new("c2")) };
        /// # expect(&mut port, ListEntrances::new(all.clone(), first.clone())).returns(Ok(page));
        /// # expect(&mut port, ListEntrances::new(all, first.after(PageCursor::new("c2"))))
        /// #     .returns(Err(Error::unavailable("the service is unavailable")));
        /// let mut doors = port.all_entrances(EntranceFilter::new().in_system(system));
        /// assert_eq!(doors.next().expect("a row")?.display_name, "Front Door");
        ///
        /// let error = doors.next().expect("the failure of page 2").unwrap_err();
        /// assert_eq!(error.kind(), ErrorKind::Unavailable);
        /// assert!(doors.next().is_none()); // the list is over, and is not complete
        /// # }
        /// # Ok(())
        /// # }
        /// ```
        "Directory" Directory / BlockingDirectory {
            /// Reads the workspace of the credential: the cheapest way to check that a credential is
            /// accepted.
            ///
            /// # Errors
            ///
            /// None of its own.
            workspace = GetWorkspace {} -> Workspace, Safe;

            /// Reads one system.
            ///
            /// # Errors
            ///
            /// - `NotFound`: the system does not exist in this workspace.
            acs_system = GetAcsSystem {
                /// The system.
                system: AcsSystemId = AcsSystemId,
            } -> AcsSystem, Safe;

            /// Lists the systems that pass the filter, all at once: Seam does not page this list.
            ///
            /// # Errors
            ///
            /// None of its own.
            acs_systems = ListAcsSystems {
                /// Conditions that a listed system meets.
                filter: AcsSystemFilter = AcsSystemFilter,
            } -> Vec<AcsSystem>, Safe;

            /// Reads one entrance.
            ///
            /// # Errors
            ///
            /// - `NotFound`: the entrance does not exist in this workspace.
            entrance = GetEntrance {
                /// The entrance.
                entrance: EntranceId = EntranceId,
            } -> Entrance, Safe;

            /// Lists the entrances that pass the filter, oldest first, one page per call. Seam's default
            /// limit is 900 rows.
            ///
            /// # Errors
            ///
            /// - `Invalid` with code `mismatched_page_parameters`: the cursor was made for another
            ///   filter or limit.
            /// - `Invalid`: the cursor was not made by this service.
            entrances = ListEntrances {
                /// Conditions that a listed entrance meets.
                filter: EntranceFilter = EntranceFilter,
                /// Page size and cursor.
                page: PageRequest = PageRequest,
            } -> Page<Entrance>, Safe, rows all_entrances(EntranceFilter) -> Entrance, by acs_entrance_id;

            /// Creates a system without users, groups and entrances, and returns it.
            ///
            /// Seam's API has no such call: its clients answer `Unsupported` before anything is sent.
            /// If the answer is lost, repeating the call may create a second system.
            ///
            /// # Errors
            ///
            /// None of its own.
            create_acs_system = CreateAcsSystem {
                /// Attributes of the new system.
                system: NewAcsSystem = NewAcsSystem,
            } -> AcsSystem, NonIdempotent;

            /// Changes the attributes that the update names, and no others.
            ///
            /// Seam's API has no such call: its clients answer `Unsupported` before anything is sent.
            ///
            /// # Errors
            ///
            /// - `NotFound`: the system does not exist in this workspace.
            update_acs_system = UpdateAcsSystem {
                /// The system.
                system: AcsSystemId = AcsSystemId,
                /// Attributes that change.
                update: AcsSystemUpdate = AcsSystemUpdate,
            } -> (), Idempotent;

            /// Deletes a system without users, groups and entrances.
            ///
            /// Seam's API has no such call: its clients answer `Unsupported` before anything is sent.
            ///
            /// # Errors
            ///
            /// - `NotFound`: the system does not exist in this workspace, or no longer.
            /// - `Conflict`: it has users, groups or entrances.
            delete_acs_system = DeleteAcsSystem {
                /// The system.
                system: AcsSystemId = AcsSystemId,
            } -> (), Idempotent deletes system;

            /// Creates an entrance that no group holds, and returns it.
            ///
            /// Seam's API has no such call: its clients answer `Unsupported` before anything is sent.
            /// If the answer is lost, repeating the call may create a second entrance.
            ///
            /// # Errors
            ///
            /// - `NotFound`: the system does not exist in this workspace.
            create_entrance = CreateEntrance {
                /// Attributes of the new entrance.
                entrance: NewEntrance = NewEntrance,
            } -> Entrance, NonIdempotent;

            /// Changes the attributes that the update names, and no others.
            ///
            /// Seam's API has no such call: its clients answer `Unsupported` before anything is sent.
            ///
            /// # Errors
            ///
            /// - `NotFound`: the entrance does not exist in this workspace.
            update_entrance = UpdateEntrance {
                /// The entrance.
                entrance: EntranceId = EntranceId,
                /// Attributes that change.
                update: EntranceUpdate = EntranceUpdate,
            } -> (), Idempotent;

            /// Deletes the entrance: no group holds it any more, and all its grants end.
            ///
            /// Seam's API has no such call: its clients answer `Unsupported` before anything is sent.
            ///
            /// # Errors
            ///
            /// - `NotFound`: the entrance does not exist in this workspace, or no longer.
            delete_entrance = DeleteEntrance {
                /// The entrance.
                entrance: EntranceId = EntranceId,
            } -> (), Idempotent deletes entrance;
        }

        /// Creates, reads, lists, changes and deletes user identities: people across systems.
        ///
        /// # Contract
        ///
        /// Each sentence in italics is the name of a law, which the conformance kit checks.
        ///
        /// - *A created identity is there*, with the attributes of the draft: it can be read by id and by
        ///   key, and is listed.
        /// - *A created identity has a user in each of its systems*: the unlinked one with its e-mail
        ///   address, else with its phone number, else a new one; if a system is unknown, nothing is
        ///   created.
        /// - *An identity reads the same wherever it is shown*: by id, by key and in a listing.
        /// - *An unknown identity cannot be read*, by id or by key, nor can one of another workspace:
        ///   it is not found.
        /// - *Key, e-mail address and phone number belong to one identity*: setting one that another
        ///   identity has is a [`Conflict`](crate::ErrorKind::Conflict) and changes nothing.
        /// - *An empty number or address belongs to nobody*: it is kept, and not turned into none, but
        ///   any number of identities may have it. It matches no user, and no condition that names a
        ///   number or an address; a condition on identities without one holds for those with an empty
        ///   one, too.
        /// - *A key, address or number that only looks alike is another one*: e-mail addresses are compared
        ///   in any case of the letters A to Z, keys and phone numbers exactly, in every call and filter.
        /// - *An updated identity keeps what was not named*; its users show the new name and addresses
        ///   as those of their identity.
        /// - *Linking makes the user the identity's*; linking twice has the effect of once. Until the link
        ///   ends, the user shows name, e-mail address and phone number of the identity; for one that it
        ///   has not, null and absent are the same. A user who is
        ///   linked to another identity, and a second user in one system, are a
        ///   [`Conflict`](crate::ErrorKind::Conflict).
        /// - *A key that nobody has makes an identity when a user is linked to it.* If another identity has
        ///   the e-mail address or the phone number of the user, that is a
        ///   [`Conflict`](crate::ErrorKind::Conflict), and no identity is made.
        /// - *Unlinking ends that link only*; if there is no such link, it succeeds and changes nothing.
        /// - *A deleted identity takes its users with it*: they are unknown, and in no group.
        /// - *What an identity has is what its users have*: its users, and their systems and entrances,
        ///   each listed once.
        /// - *A list of identities shows what passes the whole filter.*
        /// - *The pages of identities hold each once*; no page exceeds the limit.
        ///
        /// # Examples
        ///
        /// In the blocking flavour; the async one adds `.await` to each call:
        ///
        /// ```
        /// use access_groups_core::{UserIdentityKey, prelude::*};
        ///
        /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
        /// # #[cfg(feature = "mock")] {
        /// # use access_groups_core::{MockBlockingAccessGroupPort, testing::expect};
        /// # use access_groups_core::{GetUserIdentity, LinkAcsUser, UnlinkAcsUser};
        /// # let (ada, grace) = (AcsUserId::from_u128(1), AcsUserId::from_u128(2));
        /// # let identity = UserIdentity::new(UserIdentityId::from_u128(3), "Ada");
        /// # let id = identity.user_identity_id;
        /// # let mut port = MockBlockingAccessGroupPort::new();
        /// let key: UserIdentityKey = "employee-7".parse()?; // your own name for the person
        /// # let by_key = LinkAcsUser::new(ada, key.clone());
        /// # expect(&mut port, by_key).returns(Ok(()));
        /// # expect(&mut port, GetUserIdentity::new(key.clone())).returns(Ok(identity));
        /// # let taken = Error::conflict("the identity has another user in this system");
        /// # expect(&mut port, LinkAcsUser::new(grace, id)).returns(Err(taken));
        /// # expect(&mut port, UnlinkAcsUser::new(grace, id)).returns(Ok(()));
        /// port.link_acs_user(ada, key.clone())?; // a key that nobody has: creates the identity
        /// let identity = port.user_identity(key)?;
        ///
        /// // An identity has at most one user in each system:
        /// let error = port.link_acs_user(grace, &identity).unwrap_err();
        /// assert_eq!(error.kind(), ErrorKind::Conflict);
        ///
        /// // There is no such link: succeeds, and changes nothing.
        /// port.unlink_acs_user(grace, identity.user_identity_id)?;
        /// # }
        /// # Ok(())
        /// # }
        /// ```
        "User identities" UserIdentities / BlockingUserIdentities {
            /// Creates an identity, and links or creates a user of it in each of the systems given.
            ///
            /// If the answer is lost, repeating the call may create a second identity. With a key, an
            /// e-mail address or a phone number it cannot: the repetition is a `Conflict`.
            ///
            /// # Errors
            ///
            /// - `NotFound`, before a conflict: one of the systems does not exist in this workspace.
            /// - `Conflict`: another identity has the key, the e-mail address or the phone number.
            create_user_identity = CreateUserIdentity {
                /// Attributes of the new identity.
                identity: NewUserIdentity = NewUserIdentity,
            } -> UserIdentity, NonIdempotent;

            /// Reads one identity.
            ///
            /// # Errors
            ///
            /// - `NotFound`: the identity does not exist in this workspace.
            user_identity = GetUserIdentity {
                /// The identity.
                identity: UserIdentitySelector = impl Into<UserIdentitySelector>,
            } -> UserIdentity, Safe;

            /// Lists the identities that pass the filter, oldest first, one page per call. Seam's
            /// default limit is 500 rows.
            ///
            /// # Errors
            ///
            /// - `Invalid` with code `mismatched_page_parameters`: the cursor was made for another
            ///   filter or limit.
            /// - `Invalid`: the cursor was not made by this service.
            user_identities = ListUserIdentities {
                /// Conditions that a listed identity meets.
                filter: UserIdentityFilter = UserIdentityFilter,
                /// Page size and cursor.
                page: PageRequest = PageRequest,
            } -> Page<UserIdentity>, Safe,
                rows all_user_identities(UserIdentityFilter) -> UserIdentity, by user_identity_id;

            /// Changes the attributes that the update names, and no others.
            ///
            /// # Errors
            ///
            /// - `NotFound`: the identity does not exist in this workspace.
            /// - `Conflict`: another identity has the key, the e-mail address or the phone number.
            update_user_identity = UpdateUserIdentity {
                /// The identity.
                identity: UserIdentityId = UserIdentityId,
                /// Attributes that change.
                update: UserIdentityUpdate = UserIdentityUpdate,
            } -> (), Idempotent;

            /// Deletes the identity and its users, with all their memberships and grants.
            ///
            /// # Errors
            ///
            /// - `NotFound`: the identity does not exist in this workspace.
            delete_user_identity = DeleteUserIdentity {
                /// The identity.
                identity: UserIdentityId = UserIdentityId,
            } -> (), Idempotent deletes identity;

            /// Links the user to the identity.
            ///
            /// With a key that no identity has, the call creates an identity with the user's name,
            /// e-mail address and phone number.
            ///
            /// # Errors
            ///
            /// - `NotFound`: the user, else the identity of that id, does not exist in this workspace.
            /// - `Conflict`: the user is linked to another identity, or the identity to another user
            ///   of the system; or a new identity would have the e-mail address or the phone number of
            ///   another one.
            link_acs_user = LinkAcsUser {
                /// The user.
                user: AcsUserId = AcsUserId,
                /// The identity.
                identity: UserIdentitySelector = impl Into<UserIdentitySelector>,
            } -> (), Idempotent;

            /// Ends the link of the user to the identity, if there is one. Both remain, and so do the
            /// memberships of the user.
            ///
            /// # Errors
            ///
            /// - `NotFound`: the user, else the identity, does not exist in this workspace.
            unlink_acs_user = UnlinkAcsUser {
                /// The user.
                user: AcsUserId = AcsUserId,
                /// The identity.
                identity: UserIdentityId = UserIdentityId,
            } -> (), Idempotent;

            /// Lists the users linked to the identity.
            ///
            /// # Errors
            ///
            /// - `NotFound`: the identity does not exist in this workspace.
            users_of_identity = ListUsersOfIdentity {
                /// The identity.
                identity: UserIdentityId = UserIdentityId,
            } -> Vec<AcsUser>, Safe;

            /// Lists the systems in which the identity has a user.
            ///
            /// # Errors
            ///
            /// - `NotFound`: the identity does not exist in this workspace.
            systems_of_identity = ListSystemsOfIdentity {
                /// The identity.
                identity: UserIdentityId = UserIdentityId,
            } -> Vec<AcsSystem>, Safe;

            /// Lists the entrances that the users of the identity can open.
            ///
            /// # Errors
            ///
            /// - `NotFound`: the identity does not exist in this workspace.
            entrances_of_identity = ListEntrancesOfIdentity {
                /// The identity.
                identity: UserIdentityId = UserIdentityId,
            } -> Vec<Entrance>, Safe;
        }
        }
    };
}

/// Generates the macro that lists the calls as links: `calls!(async)` or `calls!(blocking)`.
// Absolute links, because the macro is also used in the docs of other crates.
macro_rules! list_calls {
    ($(
        $(#[$subject_doc:meta])*
        $title:literal $methods:ident / $blocking_methods:ident {$(
            $(#[$doc:meta])*
            $method:ident = $name:ident {
                $($(#[$field_doc:meta])* $field:ident: $type:ty = $argument:ty,)*
            } -> $reply:ty, $effect:ident $(deletes $deleted:ident)?
            $(, rows $rows:ident($filter:ty) -> $item:ty, by $id:ident)?;
        )*}
    )*) => {
        /// The calls of a port as links, for the docs of ports and adapters: `async` or
        /// `blocking`.
        #[doc(hidden)]
        #[macro_export]
        macro_rules! calls {
            (async) => {
                concat!($(
                    "- **", $title, "** ([`", stringify!($methods), "`](access_groups_core::",
                    stringify!($methods), "))",
                    $(" [`", stringify!($method), "`](access_groups_core::", stringify!($methods),
                    "::", stringify!($method), ")",)* "\n",
                )*)
            };
            (blocking) => {
                concat!($(
                    "- **", $title, "** ([`", stringify!($blocking_methods),
                    "`](access_groups_core::", stringify!($blocking_methods), "))",
                    $(" [`", stringify!($method), "`](access_groups_core::",
                    stringify!($blocking_methods), "::", stringify!($method), ")",)* "\n",
                )*)
            };
        }
    };
}

with_operations!(list_calls);
