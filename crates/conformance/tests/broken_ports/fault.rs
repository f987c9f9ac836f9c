//! What can be wrong with a port, and which law must say so.

mod doors;
mod groups;
mod identities;
mod users;

/// One way to break the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    ForgetsToAdd,
    AddsTwice,
    ForgetsToRemove,
    RemovesFromAllGroups,
    RefusesRemovalOfNonMembers,
    LeavesOutSuspendedUsers,
    RefusesSuspendedUsers,
    AcceptsUnknownUsers,
    NamesNoUser,
    WrongErrorKind,
    ChecksGroupBeforeUser,
    SeesOtherWorkspaces,
    AcceptsOtherSystems,
    RefusesRemovalAcrossSystems,
    RefusedAddEndsAMembership,
    DoesWhatItDeclaresAbsent,
    IdentityIgnoresItsUser,
    IdentityStays,
    IdentityLeavesEveryGroup,
    IdentityIgnoresEmail,
    MatchesThisCaseOnly,
    MatchesEmptyAddresses,
    IdentityPrefersPhone,
    IdentityTakesTheYoungest,
    IdentityJoinsUnlinked,
    IdentityTakesLinkedUsers,
    IdentityNeedsAUser,
    IdentityCreatesOnRemoval,
    IdentityLinksOnRemoval,
    IgnoresTheUserFilter,
    OneConditionSuffices,
    SearchesInThisCaseOnly,
    SearchesNamesOnly,
    ListsTwice,
    LosesTheLastOfMany,
    ShowsEntrancesOfTheSystem,
    DeletionKeepsMemberships,
    DeletionEndsOtherMemberships,
    DeletionTakesTheUsers,
    DeletedGroupStays,
    CloneIsStale,
    LosesCallsOfOtherThreads,
    CreationIsNotAtomic,
    DeletionIsNotAtomic,
    RenamesGroupsInListings,
    LosesSchedulesInListings,
    LosesTheScheduleOfOneGroup,
    HidesPhonesInListings,
    LosesSchedulesOfMembers,
    LosesTheScheduleOfOneUser,
    UnknownUserIsInvalid,
    IdentityAloneFindsUsers,
    UserListIgnoresAges,
    UserListIgnoresAddresses,
    UserSearchIgnoresIdentities,
    UserPagesAreTooLong,
    UserPagesAreReversed,
    SkipsUsersBetweenPages,
    AnyCursorWillDo,
    CursorIsRefusedWithoutCode,
    CreatesNobody,
    CreatedUserLosesThePhone,
    TheSameNewUserIsOne,
    JoinsTheFirstGroupOnly,
    SkipsUnknownGroups,
    RefusedCreationLeavesAUser,
    NewUserIsNotLinked,
    AcceptsASecondUser,
    UsersAtOnceAreOne,
    AcceptsPastSchedules,
    AcceptsBackwardSchedules,
    RefusedScheduleRenames,
    UpdateClearsThePhone,
    UpdateIgnoresClearing,
    ForgetsToSuspend,
    ForgetsToUnsuspend,
    RefusesToSuspendTwice,
    SuspensionEndsMemberships,
    DeletedUserStays,
    DeletionTakesTheIdentitysOthers,
    HidesGrants,
    SuspendedUsersOpenNothing,
    ListsEntrancesByGroup,
    RevokesGrantsOnly,
    RevokesMembershipsOnly,
    RevokesOfTheWholeIdentity,
    GroupsNameAnotherWorkspace,
    NewUsersAreInNoWorkspace,
    RenamesSystemsInListings,
    UnknownSystemIsInvalid,
    SystemListIgnoresTheSearch,
    SystemListIgnoresTheAccount,
    RenamesEntrancesInListings,
    RenamesEntrancesInPages,
    UnknownEntranceIsInvalid,
    NoEntrancesAreAllEntrances,
    EntranceListIgnoresTheSystem,
    EntranceListIgnoresCredentials,
    SkipsEntrancesBetweenPages,
    ForgetsGrants,
    GrantJoinsAGroup,
    GrantsTwice,
    GrantsAcrossSystems,
    ChecksEntranceBeforeUser,
    CreatesNoIdentity,
    CreatedIdentityForgetsItsKey,
    NewIdentityGetsNoUsers,
    NewIdentityGetsNewUsersOnly,
    SkipsUnknownSystems,
    RefusedIdentityStays,
    SharesKeys,
    SharesAddressesInUpdates,
    SharesAddressesInOtherLetters,
    KeysAtOnceAreShared,
    UnknownIdentityIsInvalid,
    UnknownKeyIsInvalid,
    IdentityListIgnoresTheSearch,
    NoIdentitiesAreAllIdentities,
    SkipsIdentitiesBetweenPages,
    ListsSystemsOfTheWorkspace,
    ListsEntrancesOfOneUser,
    UpdatedIdentityLosesItsPhone,
    UsersKeepTheOldName,
    LinkTakesUsersFromOthers,
    LinkTakesThePlaceOfAnother,
    RefusesToLinkTwice,
    LinkByKeyMakesNobody,
    MadeIdentityIsNameless,
    UnlinkEndsEveryLink,
    RefusesToUnlinkStrangers,
    UnlinkedUserLeavesGroups,
    DeletedIdentityLeavesItsUsers,
    DeletedIdentityLeavesOneUser,
}

/// A fault, the law that is named for it, and the laws that it breaks with that one.
pub(crate) struct Row {
    pub(crate) fault: Fault,
    pub(crate) law: &'static str,
    pub(crate) implied: &'static [&'static str],
    /// Whether calls one after another show it, and not too rare ones: the model run makes no
    /// others.
    pub(crate) shows_in_sequence: bool,
}

const fn row(fault: Fault, law: &'static str, implied: &'static [&'static str]) -> Row {
    Row {
        fault,
        law,
        implied,
        shows_in_sequence: true,
    }
}

/// A fault that shows only when calls overlap.
const fn race(fault: Fault, law: &'static str) -> Row {
    Row {
        shows_in_sequence: false,
        ..row(fault, law, &[])
    }
}

/// A fault that the calls of the model run are too plain to show.
const fn rare(fault: Fault, law: &'static str, implied: &'static [&'static str]) -> Row {
    Row {
        shows_in_sequence: false,
        ..row(fault, law, implied)
    }
}

/// Every fault.
pub(crate) fn table() -> impl Iterator<Item = &'static Row> {
    let tables = [groups::TABLE, users::TABLE, doors::TABLE, identities::TABLE];
    tables.into_iter().flatten()
}
