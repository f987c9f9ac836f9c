//! What a change must see before it can be decided.

use access_groups_core::{
    AccessGroupId, AcsSystemId, AcsUserId, EntranceId, UserIdentityId, UserIdentitySelector,
};

use crate::{Contact, UniqueValue};

/// Rows that a change must see, all of them in this workspace.
///
/// One want is one question: a store answers it with one statement, and what it finds goes into a
/// [`Slice`](crate::Slice). What does not exist is left out. Lists of ids are sorted, hold nothing
/// twice and are never empty.
///
/// # Contract
///
/// - *A want is answered whole and with nothing else*: the slice law holds for exactly these rows.
/// - *Later wants see what earlier locks protect.* The wants of a round are asked in their order,
///   each with a view of its own: a lock that waited for somebody else is held before the next want
///   is asked. A store that has one view for the whole transaction (SQLite, SERIALIZABLE) meets this
///   by itself.
/// - *Locks are taken in one order* over all rounds: systems, identities and then the values of
///   [`Holders`](Self::Holders), users, groups, entrances; rows of one kind by id. Only a link by a key
///   that nobody has may come back to earlier ones, when others change the same meanwhile.
/// - *A row that a lock has waited for is read again*: it is found as it is then, or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Want {
    /// The workspace; if none was set, the system with the smallest id instead.
    Workspace,
    /// These systems.
    Systems(Vec<AcsSystemId>, Lock),
    /// One user, one group and one entrance of the system, whichever they are, as far as there are
    /// any.
    SomeOf(AcsSystemId),
    /// The identity; of several with that key, the one created first, then the one with the smallest
    /// id.
    Identity(UserIdentitySelector, Lock),
    /// For each of these distinct values, the identity with the smallest id that has it.
    ///
    /// The change may give the values to an identity, so nobody else may do so before the transaction
    /// ends. Either a lock on the values ensures this (in the order of locks they are identities),
    /// or an index that refuses the second writer, whose whole change then starts again.
    Holders(Vec<UniqueValue>),
    /// The user.
    User(AcsUserId, Lock),
    /// The users linked to the identity, which need not exist.
    UsersOf {
        /// The identity: see [`UserKeys::identity`](crate::UserKeys::identity).
        identity: UserIdentityId,
        /// Only those of this system. `None`: those of all systems.
        system: Option<AcsSystemId>,
        /// What happens to the users.
        lock: Lock,
    },
    /// Of the users of the system without an identity and with this contact, the one created first,
    /// then the one with the smallest id: see [`UserKeys::email`](crate::UserKeys::email).
    ///
    /// Without a lock, because one that skips a user who is being linked would miss the next one. If
    /// the user has changed meanwhile, the [`Write`](crate::Write) finds out.
    Unlinked(AcsSystemId, Contact),
    /// These groups.
    Groups(Vec<AccessGroupId>, Lock),
    /// These entrances.
    Entrances(Vec<EntranceId>, Lock),
    /// Which of these users are in the group.
    Memberships {
        /// The users.
        users: Vec<AcsUserId>,
        /// The group.
        group: AccessGroupId,
    },
    /// Every membership of these users.
    MembershipsOf(Vec<AcsUserId>),
    /// Which of these users were granted the entrance directly.
    Grants {
        /// The users.
        users: Vec<AcsUserId>,
        /// The entrance.
        entrance: EntranceId,
    },
    /// Every direct grant of these users.
    GrantsOf(Vec<AcsUserId>),
    /// Which of these entrances the group holds.
    GroupEntrances {
        /// The group.
        group: AccessGroupId,
        /// The entrances.
        entrances: Vec<EntranceId>,
    },
}

/// What a change does to rows that it sees, from the weakest to the strongest: what others must not
/// do to them before the transaction ends.
///
/// A store with one writer at a time needs no locks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lock {
    /// It looks at them only. No lock.
    None,
    /// It refers to them: nobody may remove them. `FOR KEY SHARE`.
    Refer,
    /// It changes them, or what they are looked up by: nobody else may change or remove them.
    /// `FOR NO KEY UPDATE`.
    Change,
    /// It removes them: nobody may refer to them. `FOR UPDATE`.
    Remove,
}
