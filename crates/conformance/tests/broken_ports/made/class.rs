//! The classes of faults, and the laws that are named for each.

use std::fmt;

/// What a table of faults is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    Size,
    Texts,
    Searches,
    Instants,
    Filters,
    Cursors,
    Fields,
    Gone,
}

impl Class {
    /// The laws that may say so; those that are likely to, first.
    pub(crate) const fn laws(self) -> &'static [&'static str] {
        match self {
            Self::Size => SIZE,
            Self::Texts => TEXTS,
            Self::Searches => SEARCHES,
            Self::Instants => INSTANTS,
            Self::Filters => FILTERS,
            Self::Cursors => CURSORS,
            Self::Fields => FIELDS,
            Self::Gone => GONE,
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Size => "size",
            Self::Texts => "texts",
            Self::Searches => "searches",
            Self::Instants => "instants",
            Self::Filters => "filters",
            Self::Cursors => "cursors",
            Self::Fields => "fields",
            Self::Gone => "what is gone comes back",
        })
    }
}

const SIZE: &[&str] = &[
    "a_page_has_1_000_rows_at_most",
    "a_listing_is_complete_however_long",
    "all_means_all_however_many",
    "however_many_are_created_all_are_there",
];

const TEXTS: &[&str] = &[
    "a_text_is_kept_exactly",
    "a_text_of_1_000_characters_is_kept",
    "an_empty_number_or_address_belongs_to_nobody",
    "a_key_address_or_number_that_only_looks_alike_is_another_one",
    "an_address_that_only_looks_alike_links_nobody",
    "a_new_resource_reads_as_its_creation_showed_it",
];

const SEARCHES: &[&str] = &[
    "a_search_finds_part_of_a_name_or_id_in_any_case",
    "a_search_finds_its_text_and_nothing_else",
    "a_search_finds_what_looks_the_same",
    "a_text_of_1_000_characters_is_kept",
];

const INSTANTS: &[&str] = &[
    "an_instant_keeps_its_milliseconds",
    "what_was_created_at_an_instant_was_not_created_before_it",
    "a_schedule_must_end_in_the_future_and_after_it_starts",
    "a_list_of_users_shows_what_passes_the_whole_filter",
    "a_list_of_identities_shows_what_passes_the_whole_filter",
];

const FILTERS: &[&str] = &[
    "a_listing_shows_what_passes_the_whole_filter",
    "a_list_of_systems_shows_what_passes_the_whole_filter",
    "a_list_of_identities_shows_what_passes_the_whole_filter",
    "a_list_of_users_shows_what_passes_the_whole_filter",
    "a_list_of_entrances_shows_what_passes_the_whole_filter",
    "another_workspace_s_ids_are_unknown",
];

const CURSORS: &[&str] = &[
    "a_page_cursor_belongs_to_its_question",
    "a_list_in_pages_comes_oldest_first",
    "a_cursor_may_be_used_twice",
    "the_pages_of_users_hold_everybody_once",
    "the_pages_of_entrances_hold_each_once",
    "the_pages_of_identities_hold_each_once",
    "a_list_of_users_shows_what_passes_the_whole_filter",
    "a_list_of_identities_shows_what_passes_the_whole_filter",
    "a_list_of_entrances_shows_what_passes_the_whole_filter",
    "a_page_has_1_000_rows_at_most",
    "a_row_that_stays_is_listed_once_whatever_comes_and_goes",
    "a_listing_is_complete_however_long",
];

const FIELDS: &[&str] = &[
    "a_user_reads_the_same_wherever_they_are_shown",
    "a_group_reads_the_same_wherever_it_is_shown",
    "an_entrance_reads_the_same_wherever_it_is_shown",
    "a_system_reads_the_same_wherever_it_is_shown",
    "an_identity_reads_the_same_wherever_it_is_shown",
    "a_new_resource_reads_as_its_creation_showed_it",
    "the_workspace_names_itself_in_what_it_holds",
    "a_created_user_is_there",
    "a_user_created_for_an_identity_is_linked_to_it",
    "a_created_group_is_there",
    "a_created_system_or_entrance_is_there",
    "a_created_identity_is_there",
    "a_created_identity_has_a_user_in_each_of_its_systems",
    "what_an_identity_has_is_what_its_users_have",
];

const GONE: &[&str] = &[
    "what_is_deleted_is_unknown_to_every_call",
    "what_is_made_again_begins_anew",
    "what_is_replaced_or_ended_is_free",
    "a_deleted_user_is_unknown",
    "a_deleted_group_is_unknown",
    "a_deleted_entrance_opens_to_nobody",
    "a_deleted_identity_takes_its_users_with_it",
    "a_system_that_holds_something_is_not_deleted",
    "deleting_a_group_ends_its_memberships",
    "adding_twice_is_adding_once",
    "removing_ends_membership_of_that_group_only",
    "revoking_access_ends_every_membership_and_every_grant",
    "revoking_one_entrance_ends_that_grant_only",
    "a_granted_entrance_is_among_those_of_its_user",
    "a_suspended_user_reads_as_suspended",
    "suspension_does_not_touch_membership",
    "unlinking_ends_that_link_only",
    "linking_makes_the_user_the_identity_s",
    "an_updated_group_keeps_what_was_not_named",
    "an_updated_identity_keeps_what_was_not_named",
    "an_updated_system_or_entrance_keeps_what_was_not_named",
    "an_update_changes_what_it_names_and_nothing_else",
    "a_change_is_seen_by_every_later_call",
];
