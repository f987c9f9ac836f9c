//! Whether the index of searches holds the text of each row, and nothing else.
//!
//! The index keeps no texts. It is read whole, trigram by trigram, and those of each entry are added up:
//! the sum is that of the row's text, or the entry is of another one. What is not compared are the
//! workspaces whose texts have another fold, since no search uses their entries.

use std::{
    collections::{HashMap, HashSet},
    hash::{DefaultHasher, Hash, Hasher},
};

use access_groups_core::WorkspaceId;
use rusqlite::{Connection, Row};
use uuid::Uuid;

use crate::{
    fault::{Fault, Result},
    search::{self, Searched},
    session::{Scope, Session, body_in},
};

use super::MOST;

/// Lets the connection read the trigrams of the indexes.
pub(super) fn prepare(connection: &Connection) -> Result<()> {
    connection.execute_batch(
        "CREATE VIRTUAL TABLE temp.terms_of_identities \
            USING fts5vocab (main, user_identity_search, instance); \
         CREATE VIRTUAL TABLE temp.terms_of_users \
            USING fts5vocab (main, acs_user_search, instance);",
    )?;
    Ok(())
}

/// The entries of an index that no row was found for yet: their numbers, and the sums of their trigrams.
pub(super) struct Entries {
    table: &'static str,
    sums: HashMap<i64, u64>,
}

impl Entries {
    pub(super) fn of_identities(connection: &Connection) -> Result<Self> {
        let terms = "SELECT term, doc FROM temp.terms_of_identities";
        Self::read(connection, "user_identity", terms)
    }

    pub(super) fn of_users(connection: &Connection) -> Result<Self> {
        Self::read(
            connection,
            "acs_user",
            "SELECT term, doc FROM temp.terms_of_users",
        )
    }

    fn read(connection: &Connection, table: &'static str, terms: &str) -> Result<Self> {
        let mut sums: HashMap<i64, u64> = HashMap::new();
        let mut statement = connection.prepare(terms)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let sum = sums.entry(row.get(1)?).or_default();
            *sum = sum.wrapping_add(hash(row.get_ref(0)?.as_bytes().unwrap_or_default()));
        }
        Ok(Self { table, sums })
    }

    /// Compares the rows of the workspace with their entries.
    pub(super) fn compare<T: Searched>(
        &mut self,
        session: &Session<'_>,
        workspace: WorkspaceId,
        problems: &mut Vec<String>,
    ) -> Result<()> {
        let scope = session.scope(workspace);
        let is_current = search::is_current(scope)?;
        let mut found = Vec::new();
        let read = |row: &Row<'_>| expected::<T>(scope, row);
        scope.each(T::NUMBERED, &[], read, |rows| {
            for (number, row) in rows {
                let sum = self.sums.remove(&number);
                let Some((id, expected)) = row.filter(|_| is_current && found.len() < MOST) else {
                    continue;
                };
                let problem = match sum {
                    Some(sum) if sum == expected => continue,
                    Some(_) => "searches find it by another text than its own",
                    None => "searches do not find it",
                };
                let table = self.table;
                found.push(format!("{table} {id} of workspace {workspace}: {problem}"));
            }
        })?;
        problems.append(&mut found);
        Ok(())
    }

    /// Tells of those that belong to no row, after all workspaces.
    pub(super) fn tell_surplus(self, problems: &mut Vec<String>) {
        if !self.sums.is_empty() {
            let (table, count) = (self.table, self.sums.len());
            problems.push(format!(
                "{table}: searches find {count} rows that are not there"
            ));
        }
    }
}

/// The number of a row, with its id and the sum of its trigrams; without these if its text cannot be read,
/// which is told elsewhere.
fn expected<T: Searched>(
    scope: Scope<'_, '_>,
    row: &Row<'_>,
) -> Result<(i64, Option<(Uuid, u64)>)> {
    let number = row.get(0)?;
    let text = |resource: T| Ok((resource.id(), resource.text(scope)?));
    match body_in(row, 1).and_then(text) {
        Ok((id, text)) => Ok((number, Some((id, sum(&text))))),
        Err(Fault::Unreadable(_)) => Ok((number, None)),
        Err(fault) => Err(fault),
    }
}

/// The sum of a text's trigrams, of which an entry has each one once.
fn sum(text: &str) -> u64 {
    let letters: Vec<char> = text.chars().filter_map(as_indexed).collect();
    let trigrams: HashSet<String> = letters.windows(3).map(String::from_iter).collect();
    let sums = trigrams.iter().map(|trigram| hash(trigram.as_bytes()));
    sums.fold(0, u64::wrapping_add)
}

/// As FTS5 reads it: it leaves one character out, and takes two for unreadable ones.
fn as_indexed(letter: char) -> Option<char> {
    match letter {
        '\0' => None,
        '\u{fffe}' | '\u{ffff}' => Some(char::REPLACEMENT_CHARACTER),
        letter => Some(letter),
    }
}

fn hash(trigram: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    trigram.hash(&mut hasher);
    hasher.finish()
}
