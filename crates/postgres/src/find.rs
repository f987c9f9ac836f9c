//! What changes and reads want to see, as statements.

use access_groups_core::{UserIdentitySelector, WorkspaceId};
use access_groups_sql::{Contact, UniqueValue, Want};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{
    link::{Query, Sql},
    statements as sql,
    value::Value,
};

/// The rows of one workspace, and no others: it is the first value of every statement.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope(Uuid);

impl Scope {
    pub(crate) fn new(workspace: WorkspaceId) -> Self {
        Self(workspace.into())
    }

    pub(crate) fn workspace(self) -> WorkspaceId {
        self.0.into()
    }

    pub(crate) fn query(self, sql: Sql, values: impl IntoIterator<Item = Value>) -> Query {
        let workspace = [Value::Uuid(Some(self.0))];
        let values = workspace.into_iter().chain(values).collect();
        Query { sql, values }
    }

    /// The statements that find what is wanted, in their order.
    pub(crate) fn wanted(self, want: &Want) -> Vec<Query> {
        let one = |sql: Sql, values: Vec<Value>| vec![self.query(sql, values)];
        match want {
            // Every workspace of a database is set: none needs its first system instead.
            Want::Workspace => one(sql::WORKSPACE, vec![]),
            Want::Systems(ids, lock) => {
                one(sql::SYSTEMS_WITH_IDS.with(*lock), vec![Value::ids(ids)])
            }
            Want::SomeOf(system) => {
                let some = [
                    sql::USER_OF_SYSTEM,
                    sql::GROUP_OF_SYSTEM,
                    sql::ENTRANCE_OF_SYSTEM,
                ];
                some.map(|sql| self.query(sql, [Value::id(*system)])).into()
            }
            Want::Identity(UserIdentitySelector::Id(id), lock) => {
                one(sql::IDENTITY.with(*lock), vec![Value::id(*id)])
            }
            // Without a claim: whoever wants the key for an identity claims it as one of the `Holders`, after
            // the lock of that identity.
            Want::Identity(UserIdentitySelector::Key(key), lock) => one(
                sql::IDENTITY_WITH_KEY.with(*lock),
                vec![Value::text(key.as_str())],
            ),
            Want::Holders(values) => self.holders(values),
            Want::User(id, lock) => one(sql::USER.with(*lock), vec![Value::id(*id)]),
            Want::UsersOf {
                identity,
                system,
                lock,
            } => match system {
                None => one(
                    sql::USERS_OF_IDENTITY.with(*lock),
                    vec![Value::id(*identity)],
                ),
                Some(system) => {
                    let values = vec![Value::id(*identity), Value::id(*system)];
                    one(sql::USERS_OF_IDENTITY_IN.with(*lock), values)
                }
            },
            Want::Unlinked(system, contact) => {
                let (sql, text) = match contact {
                    Contact::Email(text) => (sql::UNLINKED_WITH_EMAIL, text),
                    Contact::Phone(text) => (sql::UNLINKED_WITH_PHONE, text),
                };
                one(sql, vec![Value::id(*system), Value::text(text)])
            }
            Want::Groups(ids, lock) => one(sql::GROUPS_WITH_IDS.with(*lock), vec![Value::ids(ids)]),
            Want::Entrances(ids, lock) => {
                one(sql::ENTRANCES_WITH_IDS.with(*lock), vec![Value::ids(ids)])
            }
            Want::Memberships { users, group } => one(
                sql::MEMBERSHIPS_IN,
                vec![Value::ids(users), Value::id(*group)],
            ),
            Want::MembershipsOf(users) => one(sql::MEMBERSHIPS_OF, vec![Value::ids(users)]),
            Want::Grants { users, entrance } => one(
                sql::GRANTS_TO,
                vec![Value::ids(users), Value::id(*entrance)],
            ),
            Want::GrantsOf(users) => one(sql::GRANTS_OF, vec![Value::ids(users)]),
            Want::GroupEntrances { group, entrances } => one(
                sql::GROUP_ENTRANCES_AMONG,
                vec![Value::id(*group), Value::ids(entrances)],
            ),
        }
    }

    fn holders(self, values: &[UniqueValue]) -> Vec<Query> {
        let mut queries = self.claims(values);
        queries.extend(values.iter().map(|value| {
            let (sql, text) = match value {
                UniqueValue::Key(text) => (sql::HOLDER_OF_KEY, text),
                UniqueValue::Contact(Contact::Email(text)) => (sql::HOLDER_OF_EMAIL, text),
                UniqueValue::Contact(Contact::Phone(text)) => (sql::HOLDER_OF_PHONE, text),
            };
            self.query(sql, [Value::text(text)])
        }));
        queries
    }

    /// Keeps the values for this transaction.
    // A value that nobody has is no row that could be locked, and a unique index would refuse site files
    // that give it to several. So each value belongs to one of a few slots, which are rows; values that
    // share one wait for each other in vain, which is rare. A row for each value would keep every address
    // that was ever looked at.
    fn claims(self, values: &[UniqueValue]) -> Vec<Query> {
        let mut slots: Vec<_> = values.iter().map(slot).collect();
        slots.sort_unstable();
        slots.dedup();
        vec![
            self.query(sql::CLAIM, [Value::Ints(slots.clone())]),
            self.query(sql::LOCK_CLAIMS, [Value::Ints(slots)]),
        ]
    }
}

/// The slot of the value. Every version must find the same one.
fn slot(value: &UniqueValue) -> i32 {
    let (kind, text) = match value {
        UniqueValue::Key(text) => ("key", text),
        UniqueValue::Contact(Contact::Email(text)) => ("email", text),
        UniqueValue::Contact(Contact::Phone(text)) => ("phone", text),
    };
    let digest = Sha256::new()
        .chain_update(kind)
        .chain_update([0])
        .chain_update(text)
        .finalize();
    i32::from(u16::from_be_bytes([digest[0], digest[1]])) % SLOTS
}

const SLOTS: i32 = 4_096;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_never_change() {
        let email = Contact::Email("ada@example.com".into());
        assert_eq!(slot(&UniqueValue::Contact(email)), 2_615);
        assert_eq!(slot(&UniqueValue::Key("ada".into())), 1_881);
    }
}
