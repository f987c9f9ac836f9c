//! Answers that change nothing: [`Read`] says what to ask and makes the reply of it.

mod lists;
mod pages;

use access_groups_core::{Call, ListAcsUsers, ListEntrances, ListUserIdentities, Operation, Reply};
use access_groups_sql::{Ask, Read};

use crate::{
    fault::{Fault, Result},
    find,
    session::Scope,
    workspaces,
};

/// Answers an operation that reads; `None` if it is a change.
pub(crate) fn answer(scope: Scope<'_, '_>, operation: &Operation) -> Result<Option<Reply>> {
    scope.session().take_has_found();
    let outcome = read(scope, operation);
    // One that finds something needs no look at the workspace.
    if !scope.session().take_has_found() {
        workspaces::must_exist(scope)?;
    }
    outcome.map_err(|fault| match fault {
        Fault::Refused(error) => Fault::Refused(error.with_operation(operation.name())),
        other => other,
    })
}

fn read(scope: Scope<'_, '_>, operation: &Operation) -> Result<Option<Reply>> {
    use Operation as O;
    let Ok(read) = Read::new(operation.clone()) else {
        return Ok(None);
    };
    Ok(Some(match (read.asks(), operation) {
        // Pages are not asked for in chunks: rows are read one after another until the page is full.
        ([Ask::Next(chunk)], O::ListAcsUsers(op)) => {
            ListAcsUsers::answer(pages::users(scope, op, chunk)?)
        }
        ([Ask::Next(chunk)], O::ListEntrances(op)) => {
            ListEntrances::answer(pages::entrances(scope, op, chunk)?)
        }
        ([Ask::Next(chunk)], O::ListUserIdentities(op)) => {
            ListUserIdentities::answer(pages::identities(scope, op, chunk)?)
        }
        _ => asked(scope, read)?,
    }))
}

/// Answers the questions of an operation, round by round.
fn asked(scope: Scope<'_, '_>, mut read: Read) -> Result<Reply> {
    while !read.asks().is_empty() {
        let answers = read.asks().iter().map(|ask| match ask {
            Ask::Rows(want) => find::answer(scope, std::slice::from_ref(want)),
            Ask::All(list) => lists::answer(scope, list),
            Ask::Next(_) => unreachable!("pages are walked"),
        });
        let answers = answers.collect::<Result<Vec<_>>>()?;
        read.found(answers);
    }
    Ok(read.reply()?)
}
