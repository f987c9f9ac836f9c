//! Texts that searches find rows by, made anew where another version has folded them.
//!
//! Each row says how its text was folded, so that programs of several versions may write at the same time.
//! Until all texts of a workspace are folded as this program folds, its searches walk over rows.

use access_groups_core::{AcsUser, WorkspaceId};
use access_groups_sql::{text_of_identity, text_of_user};
use serde::de::DeserializeOwned;

use crate::{
    everywhere,
    fault::Result,
    find::Scope,
    link::{Link, Sql},
    rows::body,
    statements as sql,
    value::Value,
};

/// Makes all texts of all workspaces anew that were folded in another way.
// Each chunk takes effect alone: changes that wait come in between.
pub(crate) async fn make_anew(link: &Link) -> Result<()> {
    for row in link
        .all(&[everywhere::workspaces()])
        .await?
        .iter()
        .flatten()
    {
        let id: uuid::Uuid = row.try_get(0)?;
        let scope = Scope::new(WorkspaceId::from(id));
        while chunk(link, scope, IDENTITIES, text_of_identity).await? {}
        while chunk(link, scope, USERS, |user: &AcsUser| {
            text_of_user(user, None)
        })
        .await?
        {}
    }
    Ok(())
}

/// Makes some texts anew; false if there are none.
async fn chunk<T: DeserializeOwned>(
    link: &Link,
    scope: Scope,
    [read, write]: [Sql; 2],
    text: impl Fn(&T) -> String,
) -> Result<bool> {
    let query = scope.query(read, [Value::Long(AT_A_TIME)]);
    let rows: Vec<_> = link.all(&[query]).await?.into_iter().flatten().collect();
    if rows.is_empty() {
        return Ok(false);
    }
    let (mut ids, mut revisions, mut texts) = (Vec::new(), Vec::new(), Vec::new());
    for row in &rows {
        ids.push(row.try_get(0)?);
        revisions.push(row.try_get(1)?);
        texts.push(Some(text(&body(row, 2)?)));
    }
    let values = [
        Value::Uuids(ids),
        Value::Longs(revisions),
        Value::texts(texts),
    ];
    link.all(&[scope.query(write, values)]).await?;
    Ok(true)
}

const IDENTITIES: [Sql; 2] = [sql::OTHER_FOLD_IDENTITIES, sql::FOLD_IDENTITIES];
const USERS: [Sql; 2] = [sql::OTHER_FOLD_USERS, sql::FOLD_USERS];
const AT_A_TIME: i64 = 1_000;
