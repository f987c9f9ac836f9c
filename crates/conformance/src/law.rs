//! Laws, and the one list of them.

use std::fmt;

use crate::{
    Capability, Open,
    case::{Bench, Checked, Stop},
    laws::*,
    readiness::{NOT_READY, objection},
};

/// One sentence of the port's contract, as a check.
///
/// # Examples
///
/// ```
/// use access_groups_conformance::LAWS;
///
/// assert!(LAWS.iter().any(|law| law.name() == "adding_twice_is_adding_once"));
/// ```
#[derive(Clone, Copy)]
pub struct Law {
    name: &'static str,
    check: fn(&Bench<'_>) -> Checked,
}

impl Law {
    /// The law of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        LAWS.iter().find(|law| law.name == name)
    }

    /// The sentence in snake case.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Checks it on fresh ports.
    pub fn check(&self, open: &Open<'_>) -> Outcome {
        let bench = Bench::new(open);
        let checked = (self.check)(&bench);
        match checked {
            Err(Stop::Broken(why)) => Outcome::broken(open, why),
            // A law may pass completely although it needed something absent.
            Ok(()) | Err(Stop::Absent) => Outcome::without(bench.absent()),
        }
    }

    /// Checks it inside a test, and prints which absent capabilities it needs.
    ///
    /// # Panics
    ///
    /// When the law does not hold, with the reason.
    #[track_caller]
    pub fn assert(&self, open: &Open<'_>) {
        self.check(open).assert(self.name);
    }
}

impl fmt::Debug for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Law").field(&self.name).finish()
    }
}

/// The result of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Outcome {
    /// The law holds.
    Holds,
    /// It needs these capabilities, which the adapter declares absent and refuses as
    /// `Unsupported`; what needs nothing of them holds.
    Absent(Vec<Capability>),
    /// It does not hold; the text shows what was expected, the answer, and the calls until then. Of a
    /// fixture that is not ready, it says only what must be added to it.
    Broken(String),
}

impl Outcome {
    /// A fixture that is not ready explains every failure, and better.
    pub(crate) fn broken(open: &Open<'_>, why: String) -> Self {
        Self::Broken(objection(open).unwrap_or(why))
    }

    /// What there was to check holds, but these were needed and absent.
    pub(crate) fn without(absent: Vec<Capability>) -> Self {
        if absent.is_empty() {
            Self::Holds
        } else {
            Self::Absent(absent)
        }
    }

    #[track_caller]
    pub(crate) fn assert(self, name: &str) {
        match self {
            Self::Holds => {}
            Self::Absent(capabilities) => {
                let names: Vec<_> = capabilities.iter().map(ToString::to_string).collect();
                let names = names.join(", ");
                say(&format!(
                    "{name}: declared absent and refused as Unsupported: {names}; what needs \
                     nothing of it was checked"
                ));
            }
            Self::Broken(why) if why.starts_with(NOT_READY) => panic!("{name}: {why}"),
            Self::Broken(why) => panic!("{name} does not hold\n\n{why}"),
        }
    }
}

/// Tells the reader of a test's output.
#[expect(
    clippy::print_stdout,
    reason = "the harness shows what a test prints, and captures it until then"
)]
pub(crate) fn say(line: &str) {
    println!("{line}");
}

/// The one list of laws: each is a function, and a test of every adapter. `$then` is called with
/// `$given` and the names.
#[doc(hidden)]
#[macro_export]
macro_rules! __each_law {
    ($then:path, $given:tt) => {
        $then! {
            $given
            // Access groups: membership
            adding_makes_a_member
            adding_twice_is_adding_once
            removing_ends_membership_of_that_group_only
            removing_a_non_member_succeeds_and_changes_nothing
            suspension_does_not_touch_membership
            // Access groups: what is refused
            an_unknown_user_is_not_found
            an_unknown_group_is_not_found
            the_user_is_looked_at_before_the_group
            another_workspace_s_ids_are_unknown
            systems_do_not_mix
            a_refused_call_changes_nothing
            a_refusal_is_never_ambiguous
            what_an_adapter_cannot_do_is_unsupported
            // Access groups: identities
            an_identity_joins_as_its_user_of_the_group_s_system
            an_identity_leaves_as_its_user_of_the_group_s_system
            an_identity_without_a_user_is_linked_by_e_mail_address_or_phone_number
            an_address_that_only_looks_alike_links_nobody
            a_linked_user_is_never_linked_to_another_identity
            an_identity_that_matches_nobody_gets_a_user
            removing_an_identity_neither_creates_nor_links
            // Access groups: listings
            a_listing_shows_what_passes_the_whole_filter
            verifying_tells_who_is_a_member
            a_search_finds_part_of_a_name_or_id_in_any_case
            a_search_finds_its_text_and_nothing_else
            a_search_finds_what_looks_the_same
            a_listing_shows_nothing_twice
            a_listing_is_complete_however_long
            all_means_all_however_many
            however_many_are_created_all_are_there
            the_entrances_of_a_group_are_those_it_holds
            // Access groups: deletion
            deleting_a_group_ends_its_memberships
            a_deleted_group_is_unknown
            // Access groups: new ones, and changes
            a_created_group_is_there
            an_updated_group_keeps_what_was_not_named
            // Access groups: several callers
            a_change_is_seen_by_every_later_call
            calls_at_once_lose_nothing
            // Access groups: reading
            a_group_reads_the_same_wherever_it_is_shown
            // ACS users: reading, and lists
            a_user_reads_the_same_wherever_they_are_shown
            an_unknown_user_cannot_be_read
            a_user_is_found_by_identity_and_system
            a_list_of_users_shows_what_passes_the_whole_filter
            the_pages_of_users_hold_everybody_once
            a_list_in_pages_comes_oldest_first
            a_page_cursor_belongs_to_its_question
            a_cursor_may_be_used_twice
            a_row_that_stays_is_listed_once_whatever_comes_and_goes
            a_page_has_1_000_rows_at_most
            // ACS users: new ones
            a_created_user_is_there
            a_created_user_is_in_their_groups_at_once
            a_user_created_for_an_identity_is_linked_to_it
            a_creation_names_what_does_not_exist_before_a_conflict
            what_a_call_names_twice_counts_once
            a_new_resource_reads_as_its_creation_showed_it
            a_schedule_must_end_in_the_future_and_after_it_starts
            an_instant_keeps_its_milliseconds
            what_was_created_at_an_instant_was_not_created_before_it
            a_text_of_1_000_characters_is_kept
            a_text_is_kept_exactly
            // ACS users: changes
            an_update_changes_what_it_names_and_nothing_else
            a_suspended_user_reads_as_suspended
            a_deleted_user_is_unknown
            what_is_deleted_is_unknown_to_every_call
            what_is_made_again_begins_anew
            what_is_replaced_or_ended_is_free
            // ACS users: what they open
            the_entrances_of_a_user_are_those_of_their_groups_and_those_granted
            a_granted_entrance_is_among_those_of_its_user
            granting_does_not_mix_systems
            revoking_access_ends_every_membership_and_every_grant
            revoking_one_entrance_ends_that_grant_only
            // Directory: the workspace and its systems
            the_workspace_names_itself_in_what_it_holds
            a_system_reads_the_same_wherever_it_is_shown
            an_unknown_system_cannot_be_read
            a_list_of_systems_shows_what_passes_the_whole_filter
            // Directory: entrances
            an_entrance_reads_the_same_wherever_it_is_shown
            an_unknown_entrance_cannot_be_read
            a_list_of_entrances_shows_what_passes_the_whole_filter
            the_pages_of_entrances_hold_each_once
            // Directory: new ones, changes, deletion
            a_created_system_or_entrance_is_there
            an_updated_system_or_entrance_keeps_what_was_not_named
            a_system_that_holds_something_is_not_deleted
            a_deleted_entrance_opens_to_nobody
            // User identities: new ones
            a_created_identity_is_there
            a_created_identity_has_a_user_in_each_of_its_systems
            key_e_mail_address_and_phone_number_belong_to_one_identity
            an_empty_number_or_address_belongs_to_nobody
            a_key_address_or_number_that_only_looks_alike_is_another_one
            // User identities: reading, and lists
            an_identity_reads_the_same_wherever_it_is_shown
            an_unknown_identity_cannot_be_read
            a_list_of_identities_shows_what_passes_the_whole_filter
            the_pages_of_identities_hold_each_once
            what_an_identity_has_is_what_its_users_have
            // User identities: changes
            an_updated_identity_keeps_what_was_not_named
            linking_makes_the_user_the_identity_s
            a_key_that_nobody_has_makes_an_identity_when_a_user_is_linked_to_it
            unlinking_ends_that_link_only
            a_deleted_identity_takes_its_users_with_it
        }
    };
}

macro_rules! laws_of {
    (() $($law:ident)*) => {
        /// Every law, in the order of the contracts.
        pub const LAWS: &[Law] = &[$(Law { name: stringify!($law), check: $law },)*];
    };
}

crate::__each_law!(laws_of, ());

/// Makes one `#[test]` of each law, one of the model run, and one of the fixture, for an adapter.
///
/// `laws!(mod NAME, OPEN)` makes a module `NAME` with the tests. `OPEN` is a function or closure
/// from [`&Site`](crate::Site) to [`Fixture`](crate::Fixture); it is evaluated in each test and
/// may use whatever is in scope at the call.
///
/// `laws!(mod NAME, OPEN, MODEL)` replaces the default model run, for example by
/// `ModelRun::new().with_cases(32)` for a slow adapter. The variables of
/// [`ModelRun`](crate::ModelRun) override both.
///
/// `laws!(mod NAME, OPEN, MODEL, ignored = "REASON")` makes tests that `cargo test` lists as ignored,
/// for an adapter whose service is not on every machine.
///
/// # Examples
///
/// ```
/// use access_groups_conformance::{Fixture, Site, laws};
/// use access_groups_in_memory::{BlockingInMemory, State};
///
/// fn open(site: &Site) -> Fixture {
///     let state = State::from_site_json(&site.to_json()).expect("a sound site");
///     Fixture::blocking(BlockingInMemory::new(state))
/// }
///
/// laws!(mod in_memory, open);
/// ```
#[macro_export]
macro_rules! laws {
    ($(#[$attribute:meta])* mod $name:ident, $open:expr $(,)?) => {
        $crate::laws!($(#[$attribute])* mod $name, $open, $crate::ModelRun::new());
    };
    ($(#[$attribute:meta])* mod $name:ident, $open:expr, $model:expr $(,)?) => {
        $crate::laws!(@tests $(#[$attribute])* mod $name, $open, $model, []);
    };
    ($(#[$attribute:meta])* mod $name:ident, $open:expr, $model:expr, ignored = $reason:literal $(,)?) => {
        $crate::laws!(@tests $(#[$attribute])* mod $name, $open, $model, [#[ignore = $reason]]);
    };
    (@tests $(#[$attribute:meta])* mod $name:ident, $open:expr, $model:expr, $ignored:tt) => {
        $(#[$attribute])*
        #[cfg(test)]
        mod $name {
            #[allow(unused_imports, reason = "the fixture may name nothing of the outer module")]
            use super::*;

            $crate::__each_law!($crate::__tests, ($open, $model, $ignored));
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __tests {
    (($open:expr, $model:expr, $ignored:tt) $($law:ident)*) => {
        $(
            $crate::__test!($ignored $law {
                let open: &$crate::Open<'_> = &$open;
                $crate::Law::named(stringify!($law)).expect("of the same list").assert(open);
            });
        )*

        // The underscore puts it before the others, in the summary as well.
        $crate::__test!($ignored _the_fixture_is_ready {
            let open: &$crate::Open<'_> = &$open;
            $crate::Fixture::assert_ready(open);
        });

        $crate::__test!($ignored random_calls_answer_like_the_oracle {
            let open: &$crate::Open<'_> = &$open;
            $crate::ModelRun::with_env($model).assert(open);
        });
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __test {
    ([$(#[$attribute:meta])*] $name:ident $body:block) => {
        #[test]
        $(#[$attribute])*
        fn $name() $body
    };
}
