//! Resources as rows: their columns, and the statements that write them.

use access_groups_core::{AccessGroup, AcsSystem, AcsUser, Entrance, UserIdentity};
use access_groups_sql::{IdentityKeys, UserKeys};
use rusqlite::{ToSql, types::Value};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::{
    fault::Result,
    instant, search,
    session::{Scope, Sql, json, key},
    statements as sql,
};

/// A resource with a table of its own.
pub(crate) trait Record: DeserializeOwned {
    const NEW: Sql;
    const PUT: Sql;
    const DROP: Sql;
    /// Every row: its id, and the columns after it.
    const CHECK: Sql;

    fn id(&self) -> Uuid;

    /// The columns after workspace and id, in the order of the table.
    fn columns(&self) -> Vec<Value>;

    /// Writes what the row is searched by, if it is; `before` is the row that it replaces.
    fn index(&self, _: Scope<'_, '_>, _before: Option<&Self>) -> Result<()> {
        Ok(())
    }
}

/// Inserts the resource; `false` if its id is taken.
pub(crate) fn insert<T: Record>(scope: Scope<'_, '_>, resource: &T) -> Result<bool> {
    let is_new = write(scope, T::NEW, resource)?;
    if is_new {
        resource.index(scope, None)?;
    }
    Ok(is_new)
}

/// Replaces the resource with that id; `false` if there is none.
pub(crate) fn replace<T: Record>(scope: Scope<'_, '_>, before: &T, after: &T) -> Result<bool> {
    let is_there = write(scope, T::PUT, after)?;
    if is_there {
        after.index(scope, Some(before))?;
    }
    Ok(is_there)
}

/// Deletes the resource with that id; `false` if there is none.
pub(crate) fn delete<T: Record>(scope: Scope<'_, '_>, resource: &T) -> Result<bool> {
    Ok(scope.execute(T::DROP, &[&key(resource.id())])? == 1)
}

fn write<T: Record>(scope: Scope<'_, '_>, sql: Sql, resource: &T) -> Result<bool> {
    let id = key(resource.id());
    let columns = resource.columns();
    let mut values: Vec<&dyn ToSql> = vec![&id];
    values.extend(columns.iter().map(|value| value as &dyn ToSql));
    Ok(scope.execute(sql, &values)? == 1)
}

impl Record for AcsSystem {
    const NEW: Sql = sql::NEW_SYSTEM;
    const PUT: Sql = sql::PUT_SYSTEM;
    const DROP: Sql = sql::DROP_SYSTEM;
    const CHECK: Sql = sql::CHECK_SYSTEM;

    fn id(&self) -> Uuid {
        self.acs_system_id.into()
    }

    fn columns(&self) -> Vec<Value> {
        vec![json(self).into()]
    }
}

impl Record for UserIdentity {
    const NEW: Sql = sql::NEW_IDENTITY;
    const PUT: Sql = sql::PUT_IDENTITY;
    const DROP: Sql = sql::DROP_IDENTITY;
    const CHECK: Sql = sql::CHECK_IDENTITY;

    fn id(&self) -> Uuid {
        self.user_identity_id.into()
    }

    fn columns(&self) -> Vec<Value> {
        let keys = IdentityKeys::of(self);
        let [seconds, nanoseconds] = instant::columns(self.created_at);
        vec![
            seconds.into(),
            nanoseconds.into(),
            keys.key.into(),
            keys.email.into(),
            keys.phone.into(),
            json(self).into(),
        ]
    }

    fn index(&self, scope: Scope<'_, '_>, before: Option<&Self>) -> Result<()> {
        search::put_identity(scope, self, before)
    }
}

impl Record for AcsUser {
    const NEW: Sql = sql::NEW_USER;
    const PUT: Sql = sql::PUT_USER;
    const DROP: Sql = sql::DROP_USER;
    const CHECK: Sql = sql::CHECK_USER;

    fn id(&self) -> Uuid {
        self.acs_user_id.into()
    }

    fn columns(&self) -> Vec<Value> {
        let keys = UserKeys::of(self);
        let [seconds, nanoseconds] = instant::columns(self.created_at);
        vec![
            blob(self.acs_system_id),
            seconds.into(),
            nanoseconds.into(),
            keys.identity.map_or(Value::Null, blob),
            keys.email.into(),
            keys.phone.into(),
            json(self).into(),
        ]
    }

    fn index(&self, scope: Scope<'_, '_>, before: Option<&Self>) -> Result<()> {
        search::put_user(scope, self, before)
    }
}

impl Record for AccessGroup {
    const NEW: Sql = sql::NEW_GROUP;
    const PUT: Sql = sql::PUT_GROUP;
    const DROP: Sql = sql::DROP_GROUP;
    const CHECK: Sql = sql::CHECK_GROUP;

    fn id(&self) -> Uuid {
        self.acs_access_group_id.into()
    }

    fn columns(&self) -> Vec<Value> {
        vec![blob(self.acs_system_id), json(self).into()]
    }
}

impl Record for Entrance {
    const NEW: Sql = sql::NEW_ENTRANCE;
    const PUT: Sql = sql::PUT_ENTRANCE;
    const DROP: Sql = sql::DROP_ENTRANCE;
    const CHECK: Sql = sql::CHECK_ENTRANCE;

    fn id(&self) -> Uuid {
        self.acs_entrance_id.into()
    }

    fn columns(&self) -> Vec<Value> {
        let [seconds, nanoseconds] = instant::columns(self.created_at);
        vec![
            blob(self.acs_system_id),
            seconds.into(),
            nanoseconds.into(),
            json(self).into(),
        ]
    }
}

fn blob(id: impl Into<Uuid>) -> Value {
    Value::Blob(key(id).to_vec())
}
