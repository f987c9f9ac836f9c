use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{File, OpenOptions},
    io::{self, BufRead, BufReader, Write},
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use access_groups_core::{
    AccessGroup, AccessGroupFilter, AccessGroupId, AcsUser, AcsUserId, AddUser,
    BlockingAccessGroupPort, Call, Context, DeleteAccessGroup, Entrance, EntranceId, Error,
    GetAccessGroup, ListAccessGroups, ListEntrancesOfGroup, ListUsersInGroup, Operation,
    RemoveUser, Reply, UserRef,
};
use serde::{Deserialize, Serialize};

/// The users, groups and entrances of a building, which never change.
#[derive(Debug, Default)]
pub struct Building {
    pub users: BTreeMap<AcsUserId, AcsUser>,
    pub groups: BTreeMap<AccessGroupId, AccessGroup>,
    pub entrances: BTreeMap<EntranceId, Entrance>,
    pub opens: BTreeSet<(AccessGroupId, EntranceId)>,
}

/// Memberships in a file: one line for each change, the latest last.
#[derive(Debug)]
pub struct Journal {
    building: Building,
    log: Mutex<Log>,
}

#[derive(Debug)]
struct Log {
    file: File,
    members: BTreeSet<(AcsUserId, AccessGroupId)>,
    deleted: BTreeSet<AccessGroupId>,
}

/// One line: `{"added":["a0000000-…","60000000-…"]}`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Change {
    Added(AcsUserId, AccessGroupId),
    Removed(AcsUserId, AccessGroupId),
    Deleted(AccessGroupId),
}

impl Journal {
    /// Replays the file, which is created if it does not exist.
    pub fn open(path: &Path, building: Building) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        let file = options.read(true).append(true).create(true).open(path)?;
        let mut log = Log {
            file: file.try_clone()?,
            members: BTreeSet::new(),
            deleted: BTreeSet::new(),
        };
        for line in BufReader::new(file).lines() {
            log.apply(&serde_json::from_str(&line?)?);
        }
        Ok(Self {
            building,
            log: Mutex::new(log),
        })
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn user(&self, user: AcsUserId) -> Result<&AcsUser, Error> {
        let found = self.building.users.get(&user);
        found.ok_or_else(|| Error::unknown(user))
    }

    /// The group, unless it is deleted.
    fn group(&self, log: &Log, group: AccessGroupId) -> Result<&AccessGroup, Error> {
        let found = self.building.groups.get(&group);
        let left = found.filter(|_| !log.deleted.contains(&group));
        left.ok_or_else(|| Error::unknown(group))
    }
}

impl Log {
    /// Writes before it applies: only what is in the file has happened.
    fn record(&mut self, change: &Change) -> Result<(), Error> {
        let mut line = serde_json::to_vec(change).map_err(unwritten)?;
        // In one write, so that a line without its break is a call that never returned.
        line.push(b'\n');
        self.file.write_all(&line).map_err(unwritten)?;
        self.apply(change);
        Ok(())
    }

    fn apply(&mut self, change: &Change) {
        match *change {
            Change::Added(user, group) => {
                self.members.insert((user, group));
            }
            Change::Removed(user, group) => {
                self.members.remove(&(user, group));
            }
            Change::Deleted(gone) => {
                self.deleted.insert(gone);
                self.members.retain(|(_, group)| *group != gone);
            }
        }
    }
}

fn unwritten(cause: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::unavailable("the journal could not be written")
        .with_ambiguity(true)
        .with_source(cause)
}

impl BlockingAccessGroupPort for Journal {
    fn call(&self, operation: Operation, _: &Context) -> Result<Reply, Error> {
        Ok(match operation {
            Operation::AddUser(op) => {
                self.add(op.user, op.group)?;
                AddUser::answer(())
            }
            Operation::RemoveUser(op) => {
                self.remove(op.user, op.group)?;
                RemoveUser::answer(())
            }
            Operation::GetAccessGroup(op) => {
                GetAccessGroup::answer(self.group(&self.log(), op.group)?.clone())
            }
            Operation::ListAccessGroups(op) => ListAccessGroups::answer(self.groups(&op.filter)?),
            Operation::ListUsersInGroup(op) => ListUsersInGroup::answer(self.members(op.group)?),
            Operation::ListEntrancesOfGroup(op) => {
                ListEntrancesOfGroup::answer(self.entrances(op.group)?)
            }
            Operation::DeleteAccessGroup(op) => {
                let mut log = self.log();
                self.group(&log, op.group)?;
                log.record(&Change::Deleted(op.group))?;
                DeleteAccessGroup::answer(())
            }
            unsupported => return Err(Error::unsupported_operation(&unsupported)),
        })
    }
}

impl Journal {
    fn add(&self, user: UserRef, group: AccessGroupId) -> Result<(), Error> {
        let mut log = self.log();
        let user = self.user(acs_user(user)?)?; // the user first,
        let group = self.group(&log, group)?; // then the group
        if user.acs_system_id != group.acs_system_id {
            let message = "user and group belong to different systems";
            return Err(Error::invalid(message).with_subject(user.acs_user_id));
        }
        let (user, group) = (user.acs_user_id, group.acs_access_group_id);
        if log.members.contains(&(user, group)) {
            return Ok(());
        }
        log.record(&Change::Added(user, group))
    }

    fn remove(&self, user: UserRef, group: AccessGroupId) -> Result<(), Error> {
        let mut log = self.log();
        let user = self.user(acs_user(user)?)?.acs_user_id;
        self.group(&log, group)?;
        if !log.members.contains(&(user, group)) {
            return Ok(());
        }
        log.record(&Change::Removed(user, group))
    }

    fn groups(&self, filter: &AccessGroupFilter) -> Result<Vec<AccessGroup>, Error> {
        if filter.identity.is_some() {
            return Err(no_identities());
        }
        let log = self.log();
        let passes = |group: &&AccessGroup| {
            let id = group.acs_access_group_id;
            let has = |user| log.members.contains(&(user, id));
            // `fits` compares system and text; a group does not know its members.
            !log.deleted.contains(&id) && filter.fits(group) && filter.user.is_none_or(has)
        };
        let groups = self.building.groups.values();
        Ok(groups.filter(passes).cloned().collect())
    }

    fn members(&self, group: AccessGroupId) -> Result<Vec<AcsUser>, Error> {
        let log = self.log();
        self.group(&log, group)?;
        let users = self.building.users.iter();
        let members = users.filter(|(user, _)| log.members.contains(&(**user, group)));
        Ok(members.map(|(_, user)| user.clone()).collect())
    }

    fn entrances(&self, group: AccessGroupId) -> Result<Vec<Entrance>, Error> {
        self.group(&self.log(), group)?;
        let entrances = self.building.entrances.iter();
        let held = entrances.filter(|(id, _)| self.building.opens.contains(&(group, **id)));
        Ok(held.map(|(_, entrance)| entrance.clone()).collect())
    }
}

fn acs_user(user: UserRef) -> Result<AcsUserId, Error> {
    match user {
        UserRef::AcsUser(user) => Ok(user),
        UserRef::Identity(_) => Err(no_identities()),
    }
}

fn no_identities() -> Error {
    Error::unsupported("this journal knows no identities")
}

#[cfg(test)]
mod conformance {
    use std::sync::Arc;

    use access_groups_conformance::{Capability, Fixture, Site, laws};
    use access_groups_core::BlockingAccessGroups;

    use super::*;

    fn open(site: &Site) -> Fixture {
        let folder = tempfile::tempdir().expect("a folder");
        let journal = Journal::open(&folder.path().join("journal"), building(site));
        let journal = Arc::new(journal.expect("a journal"));
        for (user, group) in &site.memberships {
            journal.add_user(*user, *group).expect("a member");
        }
        Fixture::blocking(journal.clone())
            .with_clone(Fixture::blocking(journal))
            .without_all(Capability::ACS_USERS)
            .without_all(Capability::DIRECTORY)
            .without_all(Capability::USER_IDENTITIES)
            .without_all(Capability::WITHOUT_WIRE)
            .without(Capability::Identities)
            .keeping(folder)
    }

    fn building(site: &Site) -> Building {
        let (users, groups) = (site.users.iter(), site.groups.iter());
        let entrances = site.entrances.iter();
        Building {
            users: users.map(|user| (user.acs_user_id, user.clone())).collect(),
            groups: groups
                .map(|group| (group.acs_access_group_id, group.clone()))
                .collect(),
            entrances: entrances
                .map(|entrance| (entrance.acs_entrance_id, entrance.clone()))
                .collect(),
            opens: site.group_entrances.iter().copied().collect(),
        }
    }

    laws!(mod journal, open);
}
