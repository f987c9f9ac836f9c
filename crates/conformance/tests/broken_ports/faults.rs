//! What can be wrong with a port, and which law must say so.

/// A fault, the law that is named for it, and the laws that it breaks with that one.
pub(crate) struct Row {
    pub(crate) fault: Fault,
    pub(crate) law: &'static str,
    pub(crate) implied: &'static [&'static str],
}

impl Row {
    /// All laws that it breaks.
    pub(crate) fn laws(&self) -> impl Iterator<Item = &'static str> {
        [self.law].into_iter().chain(self.implied.iter().copied())
    }
}

/// One table of laws: each row is a law, the faults that it is named for, and the other laws that
/// these break.
macro_rules! faults {
    ($($law:ident { $($fault:ident $(and $($implied:ident)+)?;)+ })*) => {
        /// One way to break the contract.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Fault {
            $($($fault,)+)*
        }

        /// Every fault.
        pub(crate) const TABLE: &[Row] = &[$($(Row {
            fault: Fault::$fault,
            law: stringify!($law),
            implied: &[$($(stringify!($implied)),+)?],
        },)+)*];
    };
}

faults! {
    adding_makes_a_member {
        ForgetsToAdd and
            adding_twice_is_adding_once
            suspension_does_not_touch_membership
            an_identity_joins_as_its_user_of_the_group_s_system
            an_identity_without_a_user_is_linked_by_e_mail_address_or_phone_number
            a_linked_user_is_never_linked_to_another_identity
            an_identity_that_matches_nobody_gets_a_user
            a_change_is_seen_by_every_later_call
            calls_at_once_lose_nothing;
    }
    adding_twice_is_adding_once {
        AddsTwice;
    }
    removing_ends_membership_of_that_group_only {
        ForgetsToRemove and
            what_a_call_names_twice_counts_once
            adding_twice_is_adding_once
            suspension_does_not_touch_membership
            an_identity_leaves_as_its_user_of_the_group_s_system
            a_change_is_seen_by_every_later_call
            calls_at_once_lose_nothing;
        RemovesFromAllGroups and
            removing_a_non_member_succeeds_and_changes_nothing
            systems_do_not_mix
            the_entrances_of_a_user_are_those_of_their_groups_and_those_granted;
    }
    removing_a_non_member_succeeds_and_changes_nothing {
        RefusesRemovalOfNonMembers and
            systems_do_not_mix;
    }
    suspension_does_not_touch_membership {
        LeavesOutSuspendedUsers and
            a_user_reads_the_same_wherever_they_are_shown
            a_suspended_user_reads_as_suspended;
        RefusesSuspendedUsers;
        SuspensionEndsMemberships and
            a_user_reads_the_same_wherever_they_are_shown
            a_suspended_user_reads_as_suspended;
    }
    an_unknown_user_is_not_found {
        AcceptsUnknownUsers and
            the_user_is_looked_at_before_the_group
            another_workspace_s_ids_are_unknown
            a_deleted_identity_takes_its_users_with_it
            a_deleted_user_is_unknown
            a_key_that_nobody_has_makes_an_identity_when_a_user_is_linked_to_it
            an_unknown_identity_cannot_be_read
            granting_does_not_mix_systems;
        NamesNoUser and
            the_user_is_looked_at_before_the_group
            another_workspace_s_ids_are_unknown
            a_deleted_identity_takes_its_users_with_it
            a_deleted_user_is_unknown
            a_key_that_nobody_has_makes_an_identity_when_a_user_is_linked_to_it
            an_unknown_identity_cannot_be_read
            granting_does_not_mix_systems
            revoking_one_entrance_ends_that_grant_only;
    }
    an_unknown_group_is_not_found {
        WrongErrorKind and
            another_workspace_s_ids_are_unknown
            a_deleted_group_is_unknown
            a_created_user_is_in_their_groups_at_once
            a_creation_names_what_does_not_exist_before_a_conflict
            an_updated_group_keeps_what_was_not_named;
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
        RefusedEntrancesMayBeThere and
            another_workspace_s_ids_are_unknown
            a_created_system_or_entrance_is_there
            a_system_that_holds_something_is_not_deleted;
        ConflictsOfLinksMayBeLinks and
            linking_makes_the_user_the_identity_s
            a_key_that_nobody_has_makes_an_identity_when_a_user_is_linked_to_it
            unlinking_ends_that_link_only;
    }
    a_list_in_pages_comes_oldest_first {
        ListsUsersById and
            the_pages_of_users_hold_everybody_once
            a_row_that_stays_is_listed_once_whatever_comes_and_goes;
        ListsNamedEntrancesAsNamed and
            a_row_that_stays_is_listed_once_whatever_comes_and_goes
            the_pages_of_entrances_hold_each_once;
    }
    a_cursor_may_be_used_twice {
        CursorsAreUsedUp and
            a_page_cursor_belongs_to_its_question;
    }
    a_refused_call_changes_nothing {
        RefusedAddEndsAMembership and
            systems_do_not_mix;
    }
    what_an_adapter_cannot_do_is_unsupported {
        DoesWhatItDeclaresAbsent and
            an_unknown_group_is_not_found
            another_workspace_s_ids_are_unknown
            deleting_a_group_ends_its_memberships
            a_deleted_group_is_unknown
            a_change_is_seen_by_every_later_call
            calls_at_once_lose_nothing;
    }
    an_identity_joins_as_its_user_of_the_group_s_system {
        IdentityIgnoresItsUser and
            a_linked_user_is_never_linked_to_another_identity
            an_identity_that_matches_nobody_gets_a_user
            calls_at_once_lose_nothing;
    }
    an_identity_leaves_as_its_user_of_the_group_s_system {
        IdentityStays;
        IdentityLeavesEveryGroup and
            removing_an_identity_neither_creates_nor_links;
    }
    an_identity_without_a_user_is_linked_by_e_mail_address_or_phone_number {
        IdentityIgnoresEmail;
        MatchesThisCaseOnly;
        MatchesEmptyAddresses;
        IdentityPrefersPhone;
        IdentityTakesTheYoungest;
        IdentityJoinsUnlinked and
            an_identity_that_matches_nobody_gets_a_user
            calls_at_once_lose_nothing;
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
        IdentityNeedsAUser and
            calls_at_once_lose_nothing
            an_address_that_only_looks_alike_links_nobody;
    }
    removing_an_identity_neither_creates_nor_links {
        IdentityCreatesOnRemoval;
        IdentityLinksOnRemoval;
    }
    a_listing_shows_what_passes_the_whole_filter {
        IgnoresTheUserFilter and
            adding_makes_a_member
            another_workspace_s_ids_are_unknown
            deleting_a_group_ends_its_memberships
            a_created_user_is_in_their_groups_at_once
            a_created_user_is_there
            a_deleted_identity_takes_its_users_with_it
            a_deleted_user_is_unknown
            revoking_access_ends_every_membership_and_every_grant
            a_created_group_is_there;
        OneConditionSuffices and
            an_updated_group_keeps_what_was_not_named
            another_workspace_s_ids_are_unknown;
    }
    a_search_finds_part_of_a_name_or_id_in_any_case {
        SearchesInThisCaseOnly and
            a_search_finds_what_looks_the_same
            another_workspace_s_ids_are_unknown
            a_listing_shows_what_passes_the_whole_filter;
        SearchesNamesOnly and
            another_workspace_s_ids_are_unknown
            a_listing_shows_what_passes_the_whole_filter;
    }
    a_search_finds_its_text_and_nothing_else {
        SearchesPatterns and
            another_workspace_s_ids_are_unknown
            a_page_cursor_belongs_to_its_question
            a_list_of_entrances_shows_what_passes_the_whole_filter
            the_pages_of_entrances_hold_each_once;
        SearchesWords and
            a_page_cursor_belongs_to_its_question
            the_pages_of_identities_hold_each_once;
        SearchesJoinedTexts;
        SearchesDisplayNames;
    }
    a_search_finds_what_looks_the_same {
        SearchesLettersAsTheyAre;
        SearchesOneNormalForm;
        SearchesWithoutFullFolding;
    }
    a_listing_shows_nothing_twice {
        ListsTwice and
            an_updated_system_or_entrance_keeps_what_was_not_named
            another_workspace_s_ids_are_unknown
            a_listing_shows_what_passes_the_whole_filter;
    }
    a_listing_is_complete_however_long {
        LosesTheLastOfMany and
            another_workspace_s_ids_are_unknown
            a_listing_shows_what_passes_the_whole_filter;
        ListsStopAtAThousand;
        FiltersAfterTheCut and
            the_pages_of_users_hold_everybody_once
            a_page_cursor_belongs_to_its_question;
    }
    all_means_all_however_many {
        RevokesAThousandMemberships;
        CreatesInAThousandGroups;
        OpensAThousandEntrances;
        LooksForKeysAmongAThousand;
        DeletesAThousandUsersOfAnIdentity;
    }
    however_many_are_created_all_are_there {
        MembersAreCountedInSixteenBits;
        GroupsAreCountedInSixteenBits;
        GrantsStopAtAThousand;
    }
    the_entrances_of_a_group_are_those_it_holds {
        ShowsEntrancesOfTheSystem and
            a_created_group_is_there
            a_created_system_or_entrance_is_there
            an_updated_group_keeps_what_was_not_named;
    }
    deleting_a_group_ends_its_memberships {
        DeletionKeepsMemberships;
        DeletionEndsOtherMemberships;
        DeletionTakesTheUsers;
    }
    a_deleted_group_is_unknown {
        DeletedGroupStays and
            a_change_is_seen_by_every_later_call
            calls_at_once_lose_nothing;
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
        LosesTheScheduleOfOneGroup and
            an_instant_keeps_its_milliseconds
            a_created_group_is_there
            an_updated_group_keeps_what_was_not_named;
    }
    a_user_reads_the_same_wherever_they_are_shown {
        ListsMembersWithoutUnknownFields;
        HidesPhonesInListings and
            an_update_changes_what_it_names_and_nothing_else;
        LosesSchedulesOfMembers and
            an_update_changes_what_it_names_and_nothing_else;
        LosesTheScheduleOfOneUser and
            a_created_user_is_there
            an_update_changes_what_it_names_and_nothing_else
            an_instant_keeps_its_milliseconds;
    }
    an_entrance_reads_the_same_wherever_it_is_shown {
        ListsEntrancesOfUsersWithoutSpaces;
        RenamesEntrancesInListings and
            an_updated_system_or_entrance_keeps_what_was_not_named;
        RenamesEntrancesInPages;
    }
    an_unknown_user_cannot_be_read {
        UnknownUserIsInvalid and
            another_workspace_s_ids_are_unknown
            a_change_is_seen_by_every_later_call
            a_deleted_identity_takes_its_users_with_it
            a_deleted_user_is_unknown
            unlinking_ends_that_link_only;
    }
    an_unknown_entrance_cannot_be_read {
        UnknownEntranceIsInvalid and
            another_workspace_s_ids_are_unknown
            a_deleted_entrance_opens_to_nobody;
    }
    a_user_is_found_by_identity_and_system {
        IdentityAloneFindsUsers;
    }
    a_list_of_users_shows_what_passes_the_whole_filter {
        UserListIgnoresAges and
            another_workspace_s_ids_are_unknown
            a_page_cursor_belongs_to_its_question;
        UserListIgnoresAddresses and
            a_key_address_or_number_that_only_looks_alike_is_another_one
            another_workspace_s_ids_are_unknown
            a_page_cursor_belongs_to_its_question;
        UserSearchIgnoresIdentities and
            another_workspace_s_ids_are_unknown;
    }
    the_pages_of_users_hold_everybody_once {
        UserPagesAreTooLong and
            a_page_cursor_belongs_to_its_question;
        UserPagesAreReversed and
            a_row_that_stays_is_listed_once_whatever_comes_and_goes;
        SkipsUsersBetweenPages and
            a_page_has_1_000_rows_at_most
            a_row_that_stays_is_listed_once_whatever_comes_and_goes;
    }
    a_page_has_1_000_rows_at_most {
        PagesAreAsLongAsAsked and
            a_page_cursor_belongs_to_its_question;
        LimitsHaveSixteenBits;
    }
    an_instant_keeps_its_milliseconds {
        ClampsTheLastDay;
        CutsToSeconds;
        RoundsToMilliseconds;
        EndsIn2262;
    }
    what_was_created_at_an_instant_was_not_created_before_it {
        ListsWhatWasCreatedAtTheInstant and
            a_list_of_identities_shows_what_passes_the_whole_filter
            another_workspace_s_ids_are_unknown;
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
        CreatesNobody and
            a_change_is_seen_by_every_later_call
            a_created_user_is_in_their_groups_at_once
            a_user_created_for_an_identity_is_linked_to_it
            calls_at_once_lose_nothing
            a_text_of_1_000_characters_is_kept
            a_text_is_kept_exactly;
        CreatedUserLosesThePhone and
            a_text_is_kept_exactly;
        TheSameNewUserIsOne and
            calls_at_once_lose_nothing;
    }
    a_text_is_kept_exactly {
        TrimsPhoneNumbers;
        CutsTexts and
            a_text_of_1_000_characters_is_kept;
        EscapesNames;
        PadsNames and
            a_created_user_is_there
            a_text_of_1_000_characters_is_kept;
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
        SkipsUnknownGroups and
            a_creation_names_what_does_not_exist_before_a_conflict
            another_workspace_s_ids_are_unknown;
        RefusedCreationLeavesAUser and
            a_refused_call_changes_nothing
            a_schedule_must_end_in_the_future_and_after_it_starts
            a_user_created_for_an_identity_is_linked_to_it
            another_workspace_s_ids_are_unknown;
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
    a_deleted_user_is_unknown {
        DeletedUserStays and
            a_change_is_seen_by_every_later_call;
        DeletionTakesTheIdentitysOthers and
            a_user_is_found_by_identity_and_system;
    }
    the_entrances_of_a_user_are_those_of_their_groups_and_those_granted {
        HidesGrants and
            a_granted_entrance_is_among_those_of_its_user
            a_deleted_entrance_opens_to_nobody
            revoking_one_entrance_ends_that_grant_only;
        SuspendedUsersOpenNothing;
        ListsEntrancesByGroup;
    }
    revoking_access_ends_every_membership_and_every_grant {
        RevokesGrantsOnly;
        RevokesMembershipsOnly;
        RevokesOfTheWholeIdentity and
            a_user_is_found_by_identity_and_system;
    }
    the_workspace_names_itself_in_what_it_holds {
        GroupsNameAnotherWorkspace;
        NewUsersAreInNoWorkspace;
    }
    a_system_reads_the_same_wherever_it_is_shown {
        ListsSystemsOfIdentitiesWithoutErrors;
        RenamesSystemsInListings and
            what_an_identity_has_is_what_its_users_have;
    }
    an_unknown_system_cannot_be_read {
        UnknownSystemIsInvalid and
            another_workspace_s_ids_are_unknown
            a_system_that_holds_something_is_not_deleted;
    }
    a_list_of_systems_shows_what_passes_the_whole_filter {
        SystemListIgnoresTheSearch and
            another_workspace_s_ids_are_unknown
            a_search_finds_what_looks_the_same;
        SystemListIgnoresTheAccount;
    }
    a_list_of_entrances_shows_what_passes_the_whole_filter {
        NoEntrancesAreAllEntrances;
        EntranceListIgnoresTheSystem and
            a_page_cursor_belongs_to_its_question
            another_workspace_s_ids_are_unknown
            the_pages_of_entrances_hold_each_once;
        EntranceListIgnoresCredentials;
    }
    the_pages_of_entrances_hold_each_once {
        SkipsEntrancesBetweenPages;
    }
    a_granted_entrance_is_among_those_of_its_user {
        ForgetsGrants and
            the_entrances_of_a_user_are_those_of_their_groups_and_those_granted
            what_an_identity_has_is_what_its_users_have
            a_deleted_entrance_opens_to_nobody
            revoking_one_entrance_ends_that_grant_only;
        GrantJoinsAGroup and
            a_deleted_entrance_opens_to_nobody;
        GrantsTwice;
    }
    granting_does_not_mix_systems {
        GrantsAcrossSystems;
        ChecksEntranceBeforeUser;
    }
    a_created_identity_is_there {
        CreatesNoIdentity and
            a_change_is_seen_by_every_later_call
            a_created_identity_has_a_user_in_each_of_its_systems
            calls_at_once_lose_nothing
            a_text_of_1_000_characters_is_kept
            a_text_is_kept_exactly;
        CreatedIdentityForgetsItsKey and
            calls_at_once_lose_nothing
            a_text_of_1_000_characters_is_kept
            a_text_is_kept_exactly;
    }
    a_created_identity_has_a_user_in_each_of_its_systems {
        NewIdentityGetsNoUsers;
        NewIdentityGetsNewUsersOnly;
        SkipsUnknownSystems and
            a_creation_names_what_does_not_exist_before_a_conflict
            a_refused_call_changes_nothing
            another_workspace_s_ids_are_unknown;
        RefusedIdentityStays and
            a_refused_call_changes_nothing
            another_workspace_s_ids_are_unknown;
    }
    key_e_mail_address_and_phone_number_belong_to_one_identity {
        SharesKeys and
            calls_at_once_lose_nothing;
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
        UnknownIdentityIsInvalid and
            a_deleted_identity_takes_its_users_with_it
            another_workspace_s_ids_are_unknown;
        UnknownKeyIsInvalid and
            a_deleted_identity_takes_its_users_with_it
            a_key_that_nobody_has_makes_an_identity_when_a_user_is_linked_to_it
            another_workspace_s_ids_are_unknown
            a_key_address_or_number_that_only_looks_alike_is_another_one;
    }
    a_list_of_identities_shows_what_passes_the_whole_filter {
        IdentityListIgnoresTheSearch and
            a_page_cursor_belongs_to_its_question
            the_pages_of_identities_hold_each_once
            a_search_finds_what_looks_the_same;
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
        UpdatedIdentityLosesItsPhone and
            key_e_mail_address_and_phone_number_belong_to_one_identity;
        UsersKeepTheOldName;
    }
    linking_makes_the_user_the_identity_s {
        LinkTakesUsersFromOthers;
        LinkTakesThePlaceOfAnother and
            unlinking_ends_that_link_only;
        RefusesToLinkTwice and
            a_key_that_nobody_has_makes_an_identity_when_a_user_is_linked_to_it;
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
        RefusedGroupIsCreated and
            another_workspace_s_ids_are_unknown;
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
