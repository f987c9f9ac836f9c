//! What a run has met: it proves nothing about what it has never seen.

mod wanted;

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet},
};

// The tables name every call.
use access_groups_core::*;

use super::oracle::{JOININGS, Oracle, SEVERAL_THINGS};
use crate::{Capability, answer::Answer};

/// How many calls were answered correctly, and how often each came out in each way.
#[derive(Debug, Clone, Default)]
pub(crate) struct Met {
    pub(crate) calls: u64,
    cells: BTreeMap<(Capability, String), u32>,
}

impl Met {
    /// Notes a call that was answered correctly, and the situation that it was made in.
    pub(crate) fn note(
        &mut self,
        oracle: &mut Oracle,
        operation: &Operation,
        answers: &[Answer],
        situations: &[&str],
    ) {
        self.calls += 1;
        let Some(answer) = answers.first() else {
            return;
        };
        let call = Capability::of(operation);
        if let Answer::Refused(..) = answer {
            let refusals: BTreeSet<_> = answers.iter().map(refusal).collect();
            if answers
                .iter()
                .any(|other| other.refusal() != answer.refusal())
            {
                self.count(call, SEVERAL_FAULTS.to_owned());
            } else {
                refusals
                    .into_iter()
                    .for_each(|refusal| self.count(call, refusal));
            }
            return;
        }
        self.count(call, SUCCESS.to_owned());
        let rows = answer.len();
        for (field, less) in without_each_condition(operation) {
            let all = oracle.execute(&less, 0);
            if all.first().is_some_and(|all| rows < all.len()) {
                self.count(call, keeps_out(field));
            }
            if rows > 0 {
                self.count(call, lets_through(field));
            }
        }
        let situations = situations.iter().copied().chain(paging(operation, rows));
        situations.for_each(|situation| self.count(call, situation.to_owned()));
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.calls += other.calls;
        for ((call, what), times) in other.cells {
            *self.cells.entry((call, what)).or_default() += times;
        }
    }

    /// What should have been met and was not, by an adapter that lacks these.
    pub(crate) fn missing(&self, absent: impl Fn(Capability) -> bool) -> Vec<String> {
        let mut wanted = wanted::wanted();
        wanted.retain(|want| !absent(want.call) && !want.needs.iter().any(|need| absent(*need)));
        let missing = wanted.into_iter().filter(|want| {
            let cell = (want.call, want.what.clone());
            !self.cells.contains_key(&cell)
        });
        missing
            .map(|want| format!("{}: {}", want.call, want.what))
            .collect()
    }

    fn count(&mut self, call: Capability, what: String) {
        *self.cells.entry((call, what)).or_default() += 1;
    }
}

const SUCCESS: &str = "success";
const SEVERAL_FAULTS: &str = "faults of several kinds at once";

fn keeps_out(field: &str) -> String {
    format!("the condition {field} alone keeps out a row")
}

fn lets_through(field: &str) -> String {
    format!("a row passes the condition {field}")
}

/// The refusal without the id, which is another one each time.
fn refusal(answer: &Answer) -> String {
    match answer {
        Answer::Refused(kind, Some(subject)) => refused(*kind, Some(noun(*subject))),
        Answer::Refused(kind, None) => refused(*kind, None),
        _ => SUCCESS.to_owned(),
    }
}

fn refused(kind: ErrorKind, subject: Option<&str>) -> String {
    match subject {
        Some(noun) => format!("refused as {kind:?}, about the {noun}"),
        None => format!("refused as {kind:?}, about nothing"),
    }
}

fn noun(subject: Subject) -> &'static str {
    match subject {
        Subject::AcsUser(_) => AcsUserId::NOUN,
        Subject::UserIdentity(_) => UserIdentityId::NOUN,
        Subject::AccessGroup(_) => AccessGroupId::NOUN,
        Subject::AcsSystem(_) => AcsSystemId::NOUN,
        Subject::Entrance(_) => EntranceId::NOUN,
        _ => "something else",
    }
}

/// The ways in which rows fill pages.
const PAGINGS: [&str; 3] = [
    "more rows than the limit",
    "as many rows as the limit",
    "fewer rows than the limit",
];

fn paging(list: &Operation, rows: usize) -> Option<&'static str> {
    let page = match list {
        Operation::ListAcsUsers(op) => &op.page,
        Operation::ListEntrances(op) => &op.page,
        Operation::ListUserIdentities(op) => &op.page,
        _ => return None,
    };
    let limit = page.limit?.get() as usize;
    let [more, as_many, fewer] = PAGINGS;
    Some(match rows.cmp(&limit) {
        Ordering::Greater => more,
        Ordering::Equal => as_many,
        Ordering::Less => fewer,
    })
}

/// One table of filters: the conditions that the oracle knows.
macro_rules! conditions {
    ($($list:ident by $($field:ident)+;)*) => {
        const CONDITIONS: &[(Capability, &[&str])] = &[
            $((Capability::$list, &[$(stringify!($field)),+]),)*
        ];

        /// Each condition of the list that is set, with the list without it.
        fn without_each_condition(operation: &Operation) -> Vec<(&'static str, Operation)> {
            let mut all = Vec::new();
            match operation {
                $(Operation::$list(op) => {
                    $(if op.filter.$field.is_some() {
                        let mut less = op.clone();
                        less.filter.$field = None;
                        all.push((stringify!($field), less.into()));
                    })+
                })*
                _ => {}
            }
            all
        }
    };
}

conditions! {
    ListAccessGroups by system user identity search;
    ListAcsUsers by system identity identity_email_address identity_phone_number search
        created_before;
    ListAcsSystems by search connected_account customer_key;
    ListEntrances by system entrances search connected_account space location credential
        access_method customer_key;
    ListUserIdentities by identities search created_before credential_manager;
}

/// Conditions that nothing meets, because no resource names what they ask for.
const OF_NOTHING: [&str; 5] = [
    "customer_key",
    "location",
    "credential",
    "access_method",
    "credential_manager",
];

#[cfg(test)]
mod tests {
    use access_groups_in_memory::{BlockingInMemory, State};
    use serde_json::json;

    use super::*;
    use crate::{Fixture, ModelRun, Site, case::Bench};

    #[test]
    fn the_conditions_are_those_of_the_filters() {
        let mut of_users = AcsUserFilter::new();
        // Null asks for users without, so that these two are left out where nothing is asked.
        of_users.identity_email_address = Some(None);
        of_users.identity_phone_number = Some(None);
        let filters = [
            json!(AccessGroupFilter::new()),
            json!(of_users),
            json!(AcsSystemFilter::new()),
            json!(EntranceFilter::new()),
            json!(UserIdentityFilter::new()),
        ];
        for (filter, (call, conditions)) in filters.iter().zip(CONDITIONS) {
            let fields = filter.as_object().expect("an object").keys();
            let fields: Vec<_> = fields.map(String::as_str).collect();
            assert_eq!(fields.len(), conditions.len(), "{call}: {fields:?}");
            assert!(
                fields.iter().all(|field| conditions.contains(field)),
                "{call}: {fields:?}"
            );
        }
    }

    #[test]
    fn a_run_meets_what_is_wanted_and_nothing_else() {
        let met = met_by(&ModelRun::new());
        assert_eq!(met.missing(|_| false), [""; 0]);
        let wanted = wanted::wanted().into_iter();
        let wanted: BTreeSet<_> = wanted.map(|want| (want.call, want.what)).collect();
        let met: BTreeSet<_> = met.cells.into_keys().collect();
        let others: Vec<_> = met.difference(&wanted).collect();
        assert!(others.is_empty(), "{others:?}");
    }

    #[test]
    fn a_run_of_single_calls_meets_too_little() {
        let met = met_by(&ModelRun::new().with_cases(500).with_steps(1));
        let missing = met.missing(|_| false);
        let revoked = format!("revoke_access: {SEVERAL_THINGS}");
        assert!(missing.contains(&revoked), "{missing:?}");
        let without = met.missing(|capability| capability == Capability::GrantAccess);
        assert!(!without.contains(&revoked), "{without:?}");
    }

    fn met_by(run: &ModelRun) -> Met {
        let open = |site: &Site| {
            let state = State::from_site_json(&site.to_json()).expect("a sound site");
            Fixture::blocking(BlockingInMemory::new(state))
        };
        run.run_parts(&Bench::new(&open)).expect("a sound port")
    }
}
