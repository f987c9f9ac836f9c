//! Rows as resources: what the rows of each statement are.

use std::collections::HashMap;

use access_groups_sql::Slice;
use serde::{Serialize, de::DeserializeOwned};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::fault::{Fault, Result};

/// What the rows of a statement are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// None.
    Nothing,
    /// One row says yes.
    Flag,
    /// One row if the statement has written one row. Otherwise the statement divides by zero, and with it
    /// fails what was sent after it: `COMMIT` too.
    Guarded,
    /// Whatever the caller reads from them.
    Columns,
    Workspace,
    System,
    Identity,
    User,
    /// Users, each with the identity that they are linked to.
    Linked,
    Group,
    Entrance,
    Membership,
    Grant,
    Held,
}

/// Resources and pairs that were found, and which write of each row was seen.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) slice: Slice,
    pub(crate) revisions: Revisions,
}

/// The number of the last write of each row that was read. A site file may give one id to rows of several
/// kinds.
pub(crate) type Revisions = HashMap<(Kind, Uuid), i64>;

impl Found {
    /// Adds the rows of a statement.
    pub(crate) fn take(&mut self, kind: Kind, rows: Vec<Row>) -> Result<()> {
        for row in &rows {
            self.add(kind, row)?;
        }
        Ok(())
    }

    fn add(&mut self, kind: Kind, row: &Row) -> Result<()> {
        let slice = &mut self.slice;
        let row_of = match kind {
            Kind::Linked => Kind::User,
            other => other,
        };
        let id: Uuid = match kind {
            Kind::Nothing | Kind::Flag | Kind::Guarded | Kind::Columns => return Ok(()),
            Kind::Workspace => {
                slice.workspace = Some(body(row, 0)?);
                return Ok(());
            }
            Kind::Membership => {
                slice.memberships.push(pair(row)?);
                return Ok(());
            }
            Kind::Grant => {
                slice.grants.push(pair(row)?);
                return Ok(());
            }
            Kind::Held => {
                slice.group_entrances.push(pair(row)?);
                return Ok(());
            }
            Kind::System => push(&mut slice.systems, row, |system| system.acs_system_id)?,
            Kind::Identity => push(&mut slice.identities, row, |row| row.user_identity_id)?,
            Kind::User => push(&mut slice.users, row, |user| user.acs_user_id)?,
            Kind::Group => push(&mut slice.groups, row, |group| group.acs_access_group_id)?,
            Kind::Entrance => push(&mut slice.entrances, row, |door| door.acs_entrance_id)?,
            Kind::Linked => {
                if row.try_get::<_, Option<&str>>(2)?.is_some() {
                    slice.identities.push(body(row, 2)?);
                }
                push(&mut slice.users, row, |user| user.acs_user_id)?
            }
        };
        self.revisions.insert((row_of, id), row.try_get(1)?);
        Ok(())
    }
}

fn push<T: DeserializeOwned, Id: Into<Uuid>>(
    rows: &mut Vec<T>,
    row: &Row,
    id: impl Fn(&T) -> Id,
) -> Result<Uuid> {
    let resource = body(row, 0)?;
    let id = id(&resource).into();
    rows.push(resource);
    Ok(id)
}

fn pair<A: From<Uuid>, B: From<Uuid>>(row: &Row) -> Result<(A, B)> {
    let (a, b): (Uuid, Uuid) = (row.try_get(0)?, row.try_get(1)?);
    Ok((a.into(), b.into()))
}

/// The resource in this column.
pub(crate) fn body<T: DeserializeOwned>(row: &Row, column: usize) -> Result<T> {
    let text: &str = row.try_get(column)?;
    // Without the reason, which would quote personal data.
    serde_json::from_str(text).map_err(|_| Fault::Unreadable(short_name::<T>()))
}

fn short_name<T>() -> &'static str {
    let name = std::any::type_name::<T>();
    name.rsplit("::").next().unwrap_or(name)
}

/// The resource as it is stored.
pub(crate) fn json(resource: &impl Serialize) -> String {
    serde_json::to_string(resource).expect("resources are JSON objects")
}
