//! Resources as rows: their columns, and the statements that write them.

use access_groups_core::{AccessGroup, AcsSystem, AcsUser, Entrance, Timestamp, UserIdentity};
use access_groups_sql::{
    IdentityKeys, Row, UserKeys, Write, instant::columns, text_of_identity, text_of_user,
};
use uuid::Uuid;

use crate::{
    find::Scope,
    link::{Query, Sql},
    rows::{Kind, Revisions, json},
    statements as sql,
    value::Value,
};

/// A resource with a table of its own.
pub(crate) trait Record {
    const KIND: Kind;
    const NEW: Sql;
    /// The same for many, as an array for each column.
    const NEW_ALL: Sql;
    const PUT: Sql;
    /// Locks the row, as [`DROP`](Self::DROP) does.
    const LOCK: Sql;
    const DROP: Sql;

    fn id(&self) -> Uuid;

    /// Columns that never change, after workspace and id.
    fn fixed(&self) -> Vec<Value>;

    /// Columns that may change, after those.
    fn columns(&self) -> Vec<Value>;
}

impl Scope {
    /// The statements of a write. Each fails if a row is not as it was seen. A row that is to be dropped is
    /// locked only: what ends with it is noted before it [goes](Self::dropped).
    pub(crate) fn written(self, write: &Write, seen: &Revisions) -> Vec<Query> {
        match write {
            Write::System(row) => vec![self.resource(row, seen)],
            Write::Identity(row) => vec![self.resource(row, seen)],
            Write::User(row) => vec![self.resource(row, seen)],
            Write::Group(row) => vec![self.resource(row, seen)],
            Write::Entrance(row) => vec![self.resource(row, seen)],
            Write::Leave(set) => self.pairs(sql::LEAVE, set),
            Write::Join(set) => self.pairs(sql::JOIN, set),
            Write::Ungrant(set) => self.pairs(sql::UNGRANT, set),
            Write::Grant(set) => self.pairs(sql::GRANT, set),
            Write::Release(set) => self.pairs(sql::RELEASE, set),
            Write::Hold(set) => self.pairs(sql::HOLD, set),
        }
    }

    /// Inserts the resource; fails if its id is taken.
    pub(crate) fn inserted<T: Record>(self, resource: &T) -> Query {
        self.query(T::NEW, columns_of(resource))
    }

    /// Inserts all of the resources; fails if an id is taken.
    pub(crate) fn all_inserted<T: Record>(self, resources: &[&T]) -> Query {
        let rows = resources.iter().map(|resource| columns_of(*resource));
        self.query(T::NEW_ALL, Value::arrays(rows))
    }

    /// Inserts all of the pairs; fails if one is there.
    pub(crate) fn all_pairs<A: Copy + Into<Uuid>, B: Copy + Into<Uuid>>(
        self,
        sql: Sql,
        pairs: &[(A, B)],
    ) -> Query {
        let rows = pairs
            .iter()
            .map(|(a, b)| vec![Value::id(*a), Value::id(*b)]);
        self.query(sql, Value::arrays(rows))
    }

    /// Each fails if somebody else has made or ended the pair since it was looked at: then the change begins
    /// again, finds nothing to do, and the history tells of it once.
    // One statement a pair: a plan for many at once could be made for an empty table, and kept.
    pub(crate) fn pairs<A: Copy + Into<Uuid>, B: Copy + Into<Uuid>>(
        self,
        sql: Sql,
        pairs: &[(A, B)],
    ) -> Vec<Query> {
        let queries = pairs
            .iter()
            .map(|(a, b)| self.query(sql, [Value::id(*a), Value::id(*b)]));
        queries.collect()
    }

    fn resource<T: Record>(self, row: &Row<T>, seen: &Revisions) -> Query {
        let as_seen = |id: Uuid| {
            // What was not seen is as no row is.
            let revision = seen.get(&(T::KIND, id)).copied().unwrap_or(-1);
            [Value::id(id), Value::Long(revision)].into_iter()
        };
        match row {
            Row::New(new) => self.inserted(&**new),
            Row::Put { before, after } => {
                self.query(T::PUT, as_seen(before.id()).chain(after.columns()))
            }
            Row::Drop(old) => self.query(T::LOCK, as_seen(old.id())),
        }
    }

    /// The statement that drops the row of a write, if it does.
    pub(crate) fn dropped(self, write: &Write) -> Option<Query> {
        let (sql, id): (_, Uuid) = match write {
            Write::System(Row::Drop(old)) => (AcsSystem::DROP, old.id()),
            Write::Identity(Row::Drop(old)) => (UserIdentity::DROP, old.id()),
            Write::User(Row::Drop(old)) => (AcsUser::DROP, old.id()),
            Write::Group(Row::Drop(old)) => (AccessGroup::DROP, old.id()),
            Write::Entrance(Row::Drop(old)) => (Entrance::DROP, old.id()),
            Write::System(_)
            | Write::Identity(_)
            | Write::User(_)
            | Write::Group(_)
            | Write::Entrance(_)
            | Write::Leave(_)
            | Write::Join(_)
            | Write::Ungrant(_)
            | Write::Grant(_)
            | Write::Release(_)
            | Write::Hold(_) => return None,
        };
        Some(self.query(sql, [Value::id(id)]))
    }
}

/// All columns after the workspace.
fn columns_of(resource: &impl Record) -> Vec<Value> {
    let mut columns = vec![Value::id(resource.id())];
    columns.extend(resource.fixed());
    columns.extend(resource.columns());
    columns
}

impl Record for AcsSystem {
    const KIND: Kind = Kind::System;
    const NEW: Sql = sql::NEW_SYSTEM;
    const NEW_ALL: Sql = sql::NEW_SYSTEMS;
    const PUT: Sql = sql::PUT_SYSTEM;
    const LOCK: Sql = sql::LOCK_SYSTEM;
    const DROP: Sql = sql::DROP_SYSTEM;

    fn id(&self) -> Uuid {
        self.acs_system_id.into()
    }

    fn fixed(&self) -> Vec<Value> {
        Vec::new()
    }

    fn columns(&self) -> Vec<Value> {
        vec![Value::text(json(self))]
    }
}

impl Record for UserIdentity {
    const KIND: Kind = Kind::Identity;
    const NEW: Sql = sql::NEW_IDENTITY;
    const NEW_ALL: Sql = sql::NEW_IDENTITIES;
    const PUT: Sql = sql::PUT_IDENTITY;
    const LOCK: Sql = sql::LOCK_IDENTITY;
    const DROP: Sql = sql::DROP_IDENTITY;

    fn id(&self) -> Uuid {
        self.user_identity_id.into()
    }

    fn fixed(&self) -> Vec<Value> {
        instant(self.created_at).into()
    }

    fn columns(&self) -> Vec<Value> {
        let keys = IdentityKeys::of(self);
        vec![
            Value::some_text(keys.key),
            Value::some_text(keys.email),
            Value::some_text(keys.phone),
            Value::text(text_of_identity(self)),
            Value::text(json(self)),
        ]
    }
}

impl Record for AcsUser {
    const KIND: Kind = Kind::User;
    const NEW: Sql = sql::NEW_USER;
    const NEW_ALL: Sql = sql::NEW_USERS;
    const PUT: Sql = sql::PUT_USER;
    const LOCK: Sql = sql::LOCK_USER;
    const DROP: Sql = sql::DROP_USER;

    fn id(&self) -> Uuid {
        self.acs_user_id.into()
    }

    fn fixed(&self) -> Vec<Value> {
        let system = [Value::id(self.acs_system_id)].into_iter();
        system.chain(instant(self.created_at)).collect()
    }

    fn columns(&self) -> Vec<Value> {
        let keys = UserKeys::of(self);
        vec![
            Value::some_id(keys.identity),
            Value::some_text(keys.email),
            Value::some_text(keys.phone),
            // Without the identity, whose own text is looked at beside this one: so no change of an
            // identity has to write those of its users.
            Value::text(text_of_user(self, None)),
            Value::text(json(self)),
        ]
    }
}

impl Record for AccessGroup {
    const KIND: Kind = Kind::Group;
    const NEW: Sql = sql::NEW_GROUP;
    const NEW_ALL: Sql = sql::NEW_GROUPS;
    const PUT: Sql = sql::PUT_GROUP;
    const LOCK: Sql = sql::LOCK_GROUP;
    const DROP: Sql = sql::DROP_GROUP;

    fn id(&self) -> Uuid {
        self.acs_access_group_id.into()
    }

    fn fixed(&self) -> Vec<Value> {
        vec![Value::id(self.acs_system_id)]
    }

    fn columns(&self) -> Vec<Value> {
        vec![Value::text(json(self))]
    }
}

impl Record for Entrance {
    const KIND: Kind = Kind::Entrance;
    const NEW: Sql = sql::NEW_ENTRANCE;
    const NEW_ALL: Sql = sql::NEW_ENTRANCES;
    const PUT: Sql = sql::PUT_ENTRANCE;
    const LOCK: Sql = sql::LOCK_ENTRANCE;
    const DROP: Sql = sql::DROP_ENTRANCE;

    fn id(&self) -> Uuid {
        self.acs_entrance_id.into()
    }

    fn fixed(&self) -> Vec<Value> {
        let system = [Value::id(self.acs_system_id)].into_iter();
        system.chain(instant(self.created_at)).collect()
    }

    fn columns(&self) -> Vec<Value> {
        vec![Value::text(json(self))]
    }
}

/// Seconds since 1970 and nanoseconds, which together sort as instants do.
pub(crate) fn instant(instant: Timestamp) -> [Value; 2] {
    columns(instant).map(Value::Long)
}
