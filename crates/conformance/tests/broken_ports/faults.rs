//! What can be wrong with a port, and which law must say so.

/// A fault, and the law that is named for it.
pub(crate) struct Row {
    pub(crate) fault: Fault,
    pub(crate) law: &'static str,
}

/// One table of laws: each row is a law, and the faults that it is named for. Other laws may find
/// a fault, too: those that compare everything in every place do so on purpose.
macro_rules! faults {
    ($($law:ident { $($fault:ident;)+ })*) => {
        /// One way to break the contract.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Fault {
            $($($fault,)+)*
        }

        /// Every fault.
        pub(crate) const TABLE: &[Row] = &[$($(Row {
            fault: Fault::$fault,
            law: stringify!($law),
        },)+)*];
    };
}

faults! {
    adding_makes_a_member {
        ForgetsToAdd;
    }
    adding_twice_is_adding_once {
        AddsTwice;
    }
    removing_ends_membership_of_that_group_only {
        ForgetsToRemove;
        RemovesFromAllGroups;
    }
    removing_a_non_member_succeeds_and_changes_nothing {
        RefusesRemovalOfNonMembers;
    }
    verifying_tells_who_is_a_member {
        ListsNoGroupsOfSuspendedUsers;
        ListsGroupsOfOneUserOfAnIdentity;
        ListsAllGroupsOfUnknownUsers;
    }
    suspension_does_not_touch_membership {
        LeavesOutSuspendedUsers;
        RefusesSuspendedUsers;
        SuspensionEndsMemberships;
    }
    an_unknown_user_is_not_found {
        AcceptsUnknownUsers;
        NamesNoUser;
    }
    an_unknown_group_is_not_found {
        WrongErrorKind;
    }
    the_user_is_looked_at_before_the_group {
        ChecksGroupBeforeUser;
    }
    another_workspace_s_ids_are_unknown {
        SeesOtherWorkspaces;
    }
    systems_do_not_mix {
        AcceptsOtherSystems;
        RefusesRemovalAcrossSystems;
    }
    a_refusal_is_never_ambiguous {
        RefusedEntrancesMayBeThere;
        ConflictsOfLinksMayBeLinks;
    }
    a_list_in_pages_comes_oldest_first {
        ListsUsersById;
        ListsNamedEntrancesAsNamed;
    }
    a_cursor_may_be_used_twice {
        CursorsAreUsedUp;
    }
    a_refused_call_changes_nothing {
        RefusedAddEndsAMembership;
    }
    what_an_adapter_cannot_do_is_unsupported {
        DoesWhatItDeclaresAbsent;
    }
    an_identity_joins_as_its_user_of_the_group_s_system {
        IdentityIgnoresItsUser;
    }
    an_identity_leaves_as_its_user_of_the_group_s_system {
        IdentityStays;
        IdentityLeavesEveryGroup;
    }
    an_identity_without_a_user_is_linked_by_e_mail_address_or_phone_number {
        IdentityIgnoresEmail;
        MatchesThisCaseOnly;
        MatchesEmptyAddresses;
        IdentityPrefersPhone;
        IdentityTakesTheYoungest;
        IdentityJoinsUnlinked;
    }
    an_address_that_only_looks_alike_links_nobody {
        LinksLookalikes;
        TrimsAddresses;
        ReadsPhoneNumbersAsDigits;
    }
    a_linked_user_is_never_linked_to_another_identity {
        IdentityTakesLinkedUsers;
    }
    an_identity_that_matches_nobody_gets_a_user {
        IdentityNeedsAUser;
    }
    removing_an_identity_neither_creates_nor_links {
        IdentityCreatesOnRemoval;
        IdentityLinksOnRemoval;
    }
    a_listing_shows_what_passes_the_whole_filter {
        IgnoresTheUserFilter;
        OneConditionSuffices;
    }
    a_search_finds_part_of_a_name_or_id_in_any_case {
        SearchesInThisCaseOnly;
        SearchesNamesOnly;
    }
    a_search_finds_its_text_and_nothing_else {
        SearchesPatterns;
        SearchesWords;
        SearchesJoinedTexts;
        SearchesDisplayNames;
    }
    a_search_finds_what_looks_the_same {
        SearchesLettersAsTheyAre;
        SearchesOneNormalForm;
        SearchesWithoutFullFolding;
    }
    a_listing_shows_nothing_twice {
        ListsTwice;
    }
    a_listing_is_complete_however_long {
        LosesTheLastOfMany;
        ListsStopAtAThousand;
        FiltersAfterTheCut;
    }
    all_means_all_however_many {
        RevokesAThousandMemberships;
        CreatesIn999Groups;
        Opens999Entrances;
        LooksForKeysAmongAThousand;
        DeletesAThousandUsersOfAnIdentity;
    }
    however_many_are_created_all_are_there {
        MembersAreCountedInSixteenBits;
        GroupsAreCountedInSixteenBits;
        GrantsStopAtAThousand;
    }
    the_entrances_of_a_group_are_those_it_holds {
        ShowsEntrancesOfTheSystem;
    }
    deleting_a_group_ends_its_memberships {
        DeletionKeepsMemberships;
        DeletionEndsOtherMemberships;
        DeletionTakesTheUsers;
    }
    a_deleted_group_is_unknown {
        DeletedGroupStays;
    }
    a_change_is_seen_by_every_later_call {
        CloneIsStale;
    }
    calls_at_once_lose_nothing {
        LosesCallsOfOtherThreads;
        CreationIsNotAtomic;
        DeletionIsNotAtomic;
        UsersAtOnceAreOne;
        KeysAtOnceAreShared;
    }
    a_group_reads_the_same_wherever_it_is_shown {
        ListsGroupsWithoutWarnings;
        RenamesGroupsInListings;
        LosesSchedulesInListings;
        LosesTheScheduleOfOneGroup;
    }
    a_user_reads_the_same_wherever_they_are_shown {
        ListsMembersWithoutUnknownFields;
        HidesPhonesInListings;
        LosesSchedulesOfMembers;
        LosesTheScheduleOfOneUser;
    }
    an_entrance_reads_the_same_wherever_it_is_shown {
        ListsEntrancesOfUsersWithoutSpaces;
        RenamesEntrancesInListings;
        RenamesEntrancesInPages;
    }
    an_unknown_user_cannot_be_read {
        UnknownUserIsInvalid;
    }
    an_unknown_entrance_cannot_be_read {
        UnknownEntranceIsInvalid;
    }
    a_user_is_found_by_identity_and_system {
        IdentityAloneFindsUsers;
    }
    a_list_of_users_shows_what_passes_the_whole_filter {
        UserListIgnoresAges;
        UserListIgnoresAddresses;
        UserSearchIgnoresIdentities;
    }
    the_pages_of_users_hold_everybody_once {
        UserPagesAreTooLong;
        UserPagesAreReversed;
        SkipsUsersBetweenPages;
    }
    a_page_has_1_000_rows_at_most {
        PagesAreAsLongAsAsked;
        LimitsHaveSixteenBits;
    }
    an_instant_keeps_its_milliseconds {
        ClampsTheLastDay;
        CutsToSeconds;
        RoundsToMilliseconds;
        EndsIn2262;
    }
    what_was_created_at_an_instant_was_not_created_before_it {
        ListsWhatWasCreatedAtTheInstant;
        ComparesAgesInSeconds;
    }
    a_text_of_1_000_characters_is_kept {
        CutsLongTexts;
        RefusesManyBytes;
    }
    a_page_cursor_belongs_to_its_question {
        AnyCursorWillDo;
        CursorIsRefusedWithoutCode;
    }
    a_row_that_stays_is_listed_once_whatever_comes_and_goes {
        CursorsOfDeletedRowsEndTheList;
    }
    a_created_user_is_there {
        CreatesNobody;
        CreatedUserLosesThePhone;
        TheSameNewUserIsOne;
    }
    a_text_is_kept_exactly {
        TrimsPhoneNumbers;
        CutsTexts;
        EscapesNames;
        PadsNames;
        TrimsKeys;
        TrimsUpdatesOfUsers;
        TrimsUpdatesOfIdentities;
        EmptyNumbersAreNone;
        ListsNamesWithoutLettersOfFourBytes;
        TrimsNamesOfUpdatedEntrances;
        EscapesNamesOfMadeIdentities;
        SkipsUpdatesThatLookTheSame;
    }
    a_created_user_is_in_their_groups_at_once {
        JoinsTheFirstGroupOnly;
        SkipsUnknownGroups;
        RefusedCreationLeavesAUser;
    }
    a_user_created_for_an_identity_is_linked_to_it {
        NewUserIsNotLinked;
        AcceptsASecondUser;
    }
    what_a_call_names_twice_counts_once {
        RefusesGroupsNamedTwice;
        ListsEntrancesNamedTwiceTwice;
    }
    a_new_resource_reads_as_its_creation_showed_it {
        CreatesUsersWithoutAccount;
    }
    a_creation_names_what_does_not_exist_before_a_conflict {
        ReportsSecondUsersFirst;
        ReportsTakenValuesFirst;
    }
    a_schedule_must_end_in_the_future_and_after_it_starts {
        AcceptsPastSchedules;
        TakesAnEndOfNow;
        AcceptsBackwardSchedules;
        RefusedScheduleRenames;
    }
    an_update_changes_what_it_names_and_nothing_else {
        UpdateClearsThePhone;
        UpdateIgnoresClearing;
    }
    a_suspended_user_reads_as_suspended {
        ForgetsToSuspend;
        ForgetsToUnsuspend;
        RefusesToSuspendTwice;
    }
    what_is_deleted_is_unknown_to_every_call {
        LeavesOutDeletedGroups;
    }
    what_is_made_again_begins_anew {
        NewUsersInheritByAddress;
    }
    what_is_replaced_or_ended_is_free {
        ReplacedKeysStillRead;
    }
    a_deleted_user_is_unknown {
        DeletedUserStays;
        DeletionTakesTheIdentitysOthers;
    }
    the_entrances_of_a_user_are_those_of_their_groups_and_those_granted {
        HidesGrants;
        SuspendedUsersOpenNothing;
        ListsEntrancesByGroup;
    }
    revoking_access_ends_every_membership_and_every_grant {
        RevokesGrantsOnly;
        RevokesMembershipsOnly;
        RevokesOfTheWholeIdentity;
    }
    the_workspace_names_itself_in_what_it_holds {
        GroupsNameAnotherWorkspace;
        NewUsersAreInNoWorkspace;
    }
    a_system_reads_the_same_wherever_it_is_shown {
        ListsSystemsOfIdentitiesWithoutErrors;
        RenamesSystemsInListings;
    }
    an_unknown_system_cannot_be_read {
        UnknownSystemIsInvalid;
    }
    a_list_of_systems_shows_what_passes_the_whole_filter {
        SystemListIgnoresTheSearch;
        SystemListIgnoresTheAccount;
    }
    a_list_of_entrances_shows_what_passes_the_whole_filter {
        NoEntrancesAreAllEntrances;
        EntranceListIgnoresTheSystem;
        EntranceListIgnoresCredentials;
    }
    the_pages_of_entrances_hold_each_once {
        SkipsEntrancesBetweenPages;
    }
    a_granted_entrance_is_among_those_of_its_user {
        ForgetsGrants;
        GrantJoinsAGroup;
        GrantsTwice;
    }
    granting_does_not_mix_systems {
        GrantsAcrossSystems;
        ChecksEntranceBeforeUser;
    }
    a_created_identity_is_there {
        CreatesNoIdentity;
        CreatedIdentityForgetsItsKey;
    }
    a_created_identity_has_a_user_in_each_of_its_systems {
        NewIdentityGetsNoUsers;
        NewIdentityGetsNewUsersOnly;
        SkipsUnknownSystems;
        RefusedIdentityStays;
    }
    key_e_mail_address_and_phone_number_belong_to_one_identity {
        SharesKeys;
        SharesAddressesInUpdates;
        SharesAddressesInOtherLetters;
    }
    an_empty_number_or_address_belongs_to_nobody {
        EmptyNumbersAreUnique;
        EmptyNumbersBecomeNone;
        EmptyConditionsAreConditionsOnNone;
    }
    an_identity_reads_the_same_wherever_it_is_shown {
        ListsIdentitiesWithoutErrors;
        FindsIdentitiesByKeyWithoutUsers;
    }
    a_key_address_or_number_that_only_looks_alike_is_another_one {
        FoldsKeys;
        NewNumbersConflictAsDigits;
        SetKeysConflictInAnyCase;
        FiltersTrimAddresses;
    }
    an_unknown_identity_cannot_be_read {
        UnknownIdentityIsInvalid;
        UnknownKeyIsInvalid;
    }
    a_list_of_identities_shows_what_passes_the_whole_filter {
        IdentityListIgnoresTheSearch;
        NoIdentitiesAreAllIdentities;
    }
    the_pages_of_identities_hold_each_once {
        SkipsIdentitiesBetweenPages;
    }
    what_an_identity_has_is_what_its_users_have {
        ListsSystemsOfTheWorkspace;
        ListsEntrancesOfOneUser;
    }
    an_updated_identity_keeps_what_was_not_named {
        UpdatedIdentityLosesItsPhone;
        UsersKeepTheOldName;
    }
    linking_makes_the_user_the_identity_s {
        LinkTakesUsersFromOthers;
        LinkTakesThePlaceOfAnother;
        RefusesToLinkTwice;
    }
    a_key_that_nobody_has_makes_an_identity_when_a_user_is_linked_to_it {
        LinkByKeyMakesNobody;
        MadeIdentityIsNameless;
        MadeIdentitySharesAddresses;
    }
    unlinking_ends_that_link_only {
        UnlinkEndsEveryLink;
        RefusesToUnlinkStrangers;
        UnlinkedUserLeavesGroups;
    }
    a_deleted_identity_takes_its_users_with_it {
        DeletedIdentityLeavesItsUsers;
        DeletedIdentityLeavesOneUser;
    }
    a_created_group_is_there {
        CreatesNoGroup;
        NewGroupOpensNothing;
        RefusedGroupIsCreated;
        TheSameNewGroupIsOne;
    }
    an_updated_group_keeps_what_was_not_named {
        UpdatedGroupOpensNothing;
        UpdatedGroupLosesItsMembers;
        UpdatedGroupKeepsItsSchedule;
        RefusedUpdateRenamesTheGroup;
    }
    revoking_one_entrance_ends_that_grant_only {
        ForgetsToRevoke;
        RevokesEveryGrant;
        RevocationEndsMemberships;
        RevocationLinksIdentities;
    }
    a_created_system_or_entrance_is_there {
        CreatesNoSystem;
        CreatesNoEntrance;
        NewEntranceIsInEveryGroup;
    }
    an_updated_system_or_entrance_keeps_what_was_not_named {
        UpdatedSystemLosesItsTimeZone;
        UpdatedEntranceLeavesItsGroups;
    }
    a_system_that_holds_something_is_not_deleted {
        DeletesSystemsWithEntrances;
        DeletedSystemStays;
    }
    a_deleted_entrance_opens_to_nobody {
        DeletedEntranceStaysInGroups;
        DeletedEntranceStays;
    }
}
