//! The schema of a database in numbered steps, and what a database lacks.

use sha2::{Digest, Sha256};

/// One step of a schema. A step never changes once it was released: the next one does.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// What it does, in a few words.
    pub name: &'static str,
    /// The statements, which a store understands.
    pub sql: &'static str,
    /// The smallest number of steps that a program must know to work with a database that has this
    /// one. Steps are numbered from 1.
    pub reads_from: u32,
}

/// A step that a database has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The [digest](Step::digest) of the step.
    pub digest: [u8; 32],
    /// As the step says.
    pub reads_from: u32,
    /// The version of the program that carried it out, such as `0.3.0`.
    pub version: String,
}

impl Step {
    /// The SHA-256 of the statements: two builds with other statements for one step are told apart.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.sql.as_bytes()).into()
    }

    /// The step as a database notes it that gets it from this program.
    #[must_use]
    pub fn applied(&self) -> Applied {
        Applied {
            digest: self.digest(),
            reads_from: self.reads_from,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

/// What a database lacks: the steps that must be carried out, with their numbers. None if it has all
/// that this program knows, or more.
///
/// # Errors
///
/// This program must not work with the database: see [`SchemaError`].
///
/// # Examples
///
/// ```
/// use access_groups_sql::{Step, missing};
///
/// let steps = [Step {
///     name: "users",
///     sql: "CREATE TABLE acs_user (id BLOB PRIMARY KEY)",
///     reads_from: 1,
/// }];
/// let new = missing(&steps, &[])?;
/// assert_eq!(new.len(), 1);
/// assert!(missing(&steps, &[steps[0].applied()])?.is_empty());
/// # Ok::<(), access_groups_sql::SchemaError>(())
/// ```
pub fn missing<'a>(
    steps: &'a [Step],
    found: &[Applied],
) -> Result<Vec<(u32, &'a Step)>, SchemaError> {
    let numbered = || (1..).zip(steps);
    for ((number, step), applied) in numbered().zip(found) {
        if step.digest() != applied.digest {
            let name = step.name;
            return Err(SchemaError::Differs { number, name });
        }
    }
    let known = count(steps.len());
    // The last step knows best: an earlier one may have asked for less.
    let newest = found.iter().max_by_key(|applied| applied.reads_from);
    match newest {
        Some(newest) if newest.reads_from > known => Err(SchemaError::TooNew {
            found: count(found.len()),
            needed: newest.reads_from,
            known,
            version: newest.version.clone(),
        }),
        _ => Ok(numbered().skip(found.len()).collect()),
    }
}

fn count(steps: usize) -> u32 {
    u32::try_from(steps).unwrap_or(u32::MAX)
}

/// Why a program must not work with a database.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SchemaError {
    /// A newer version has changed the schema in a way that this one would misread.
    #[error(
        "access-groups {version} has brought the database to schema {found}, for which a program must \
         know schema {needed}, and this one knows {known}: use that version or a newer one"
    )]
    TooNew {
        /// How many steps the database has.
        found: u32,
        /// How many a program must know.
        needed: u32,
        /// How many this one knows.
        known: u32,
        /// The version of the program that carried out the step that this one would have to know.
        version: String,
    },
    /// A step of the database is not the one that this program knows.
    #[error(
        "step {number} of the database's schema ({name}) was made by another build of access-groups, \
         with other statements: use that one, or export its site and import it into a new database"
    )]
    Differs {
        /// Its number, from 1.
        number: u32,
        /// Its name here.
        name: &'static str,
    },
}

impl SchemaError {
    /// The code that callers are told: `store_newer` or `store_differs`, with the kind `Unsupported`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooNew { .. } => "store_newer",
            Self::Differs { .. } => "store_differs",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(sql: &'static str, reads_from: u32) -> Step {
        let name = "a step";
        Step {
            name,
            sql,
            reads_from,
        }
    }

    /// The numbers of the missing steps.
    fn check(known: &[Step], found: &[Step], expected: Result<&[u32], &SchemaError>) {
        let found: Vec<_> = found.iter().map(Step::applied).collect();
        let missing = missing(known, &found);
        let numbers = missing.map(|steps| steps.iter().map(|(number, _)| *number).collect());
        let numbers: Result<Vec<u32>, _> = numbers;
        assert_eq!(numbers.as_deref(), expected);
    }

    #[test]
    fn what_is_missing_is_carried_out() {
        let all = [step("one", 1), step("two", 1), step("three", 3)];
        check(&all, &[], Ok(&[1, 2, 3]));
        check(&all, &all[..1], Ok(&[2, 3]));
        check(&all, &all, Ok(&[]));
    }

    #[test]
    fn an_older_program_works_as_long_as_it_may() {
        let all = [step("one", 1), step("two", 1), step("three", 3)];
        check(&all[..1], &all[..2], Ok(&[]));
        let (found, needed, known) = (3, 3, 2);
        let version = env!("CARGO_PKG_VERSION").to_owned();
        let refused = SchemaError::TooNew {
            found,
            needed,
            known,
            version: version.clone(),
        };
        check(&all[..2], &all, Err(&refused));
        // A later step that asks for less does not take back what an earlier one needs.
        let later = [all[0], all[2], step("four", 1)];
        let known = 1;
        let refused = SchemaError::TooNew {
            found,
            needed,
            known,
            version,
        };
        check(&later[..1], &later, Err(&refused));
    }

    #[test]
    fn the_version_that_must_be_used_is_named() {
        let known = [step("one", 1)];
        let mut found: Vec<_> = [("one", 1), ("two", 2), ("three", 1)]
            .map(|(sql, reads_from)| step(sql, reads_from).applied())
            .into();
        found[1].version = "7.1.0".into();
        let refused = missing(&known, &found).expect_err("too new");
        assert_eq!(refused.code(), "store_newer");
        assert!(
            refused.to_string().starts_with("access-groups 7.1.0 has"),
            "{refused}"
        );
    }

    #[test]
    fn another_builds_step_is_refused() {
        let known = [step("one", 1), step("two", 1)];
        let found = [step("one", 1), step("zwei", 1)];
        let name = "a step";
        let refused = SchemaError::Differs { number: 2, name };
        check(&known, &found, Err(&refused));
        assert!(refused.to_string().contains("step 2"), "{refused}");
        assert_eq!(refused.code(), "store_differs");
    }
}
