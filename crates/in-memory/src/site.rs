//! The site file: a [`State`] as one JSON document that people write and read.

mod export;
mod kind;
mod problem;
mod read;
#[cfg(test)]
mod tests;

use access_groups_core::{
    AccessGroup, AccessGroupFilter, AcsUser, BlockingStore, Context, Entrance, Error, Extra,
    FieldError, Store, Workspace, WorkspaceId,
};
use async_trait::async_trait;
use serde_json::{Value, json};

use crate::{BlockingInMemory, InMemory, State};

use kind::{Kind, SiteContext};

pub use export::{Export, ExportProgress, export_over};
pub use problem::{SiteError, SiteProblem};

impl State {
    /// Reads a site file, whose format the [crate](crate#the-site-file) describes.
    ///
    /// What the file shows as pending propagates as if it had been changed when
    /// [time passes](Self::advance_to) for the first time: then, after the delay, or when it is told
    /// to. Memberships stay as the file lists them.
    ///
    /// # Errors
    ///
    /// Every problem of the file, each with its place; for a text that is not JSON, only the first
    /// one.
    ///
    /// # Examples
    ///
    /// ```
    /// use access_groups_in_memory::State;
    ///
    /// let state = State::from_site_json(r#"{
    ///     "acs_systems": [{
    ///         "acs_system_id": "50000000-0000-4000-8000-000000000001",
    ///         "name": "Main"
    ///     }],
    ///     "acs_access_groups": [{
    ///         "acs_access_group_id": "60000000-0000-4000-8000-000000000001",
    ///         "acs_system_id": "50000000-0000-4000-8000-000000000001",
    ///         "name": "Gym"
    ///     }]
    /// }"#)?;
    /// assert_eq!(State::from_site_json(&state.to_site_json())?, state);
    ///
    /// let refused = State::from_site_json(r#"{"acs_user": []}"#).expect_err("a typo");
    /// assert_eq!(refused.problems()[0].path(), "$.acs_user");
    /// # Ok::<(), access_groups_in_memory::SiteError>(())
    /// ```
    pub fn from_site_json(text: &str) -> Result<Self, SiteError> {
        read::state(text)
    }

    /// Returns the site file. Equal states give the same text, and reading it gives an equal state,
    /// unless a text that was put into the state by hand holds U+0000.
    ///
    /// The text is indented by two spaces and ends with a line feed; keys are sorted by name,
    /// elements by id. Default values are left out.
    #[must_use]
    pub fn to_site_json(&self) -> String {
        let context = SiteContext::of(self);
        let all = AccessGroupFilter::new();
        let mut file = Extra::new();
        if let Some(workspace) = self.workspace() {
            file.insert(WORKSPACE.into(), without_defaults(workspace, &context));
        }
        write_part(&mut file, self.acs_systems(), &context);
        write_part(&mut file, self.acs_users(), &context);
        write_part(&mut file, self.user_identities(), &context);
        write_part(&mut file, self.access_groups(&all), &context);
        write_part(&mut file, self.entrances(), &context);
        let membership = |(user, group)| json!({ AccessGroup::ID: group, AcsUser::ID: user });
        let memberships: Value = self.memberships().map(membership).collect();
        file.insert(MEMBERSHIPS.into(), memberships);
        let pair = |(group, entrance)| json!({ AccessGroup::ID: group, Entrance::ID: entrance });
        let group_entrances: Value = self.group_entrances().map(pair).collect();
        file.insert(GROUP_ENTRANCES.into(), group_entrances);
        let grant = |(user, entrance)| json!({ AcsUser::ID: user, Entrance::ID: entrance });
        let grants: Vec<_> = self.grants().map(grant).collect();
        // Few sites have direct grants, so the part is not shown to the others.
        if !grants.is_empty() {
            file.insert(ENTRANCE_GRANTS.into(), grants.into());
        }
        let mut file = Value::Object(file);
        // Sorted already, unless another crate enables serde_json's `preserve_order`.
        file.sort_all_objects();
        format!("{file:#}\n")
    }

    /// Reads a site file into this state, which must be empty but for its workspace. It counts as one
    /// change.
    ///
    /// The workspace of this state, if it has one, [keeps](Self::give_workspace) its id and its name.
    ///
    /// The [propagation mode](Self::set_propagation) stays. What the site shows as pending propagates
    /// in that mode, as [`from_site_json`](Self::from_site_json) says.
    ///
    /// # Errors
    ///
    /// - `Invalid`: the text is not a valid site file; [`fields`](Error::fields) lists each problem
    ///   with its place. Or a resource belongs to another workspace than the site, and this state has
    ///   one.
    /// - `Conflict`: the state is not empty.
    pub fn import(&mut self, site: &str) -> Result<(), Error> {
        let mut imported = Self::from_site_json(site)?;
        let own = self.workspace().cloned();
        let mut empty = Self::new();
        if let Some(own) = &own {
            empty.name_workspace(own.clone());
        }
        if *self != empty {
            return Err(Error::conflict("the store is not empty"));
        }
        if let Some(own) = own {
            imported.give_workspace(&own)?;
        }
        self.take_content(imported);
        Ok(())
    }

    /// Makes this site the one of a workspace, with this name. Resources without a workspace get
    /// this one.
    ///
    /// This is part of loading a site, not a change: [`revision`](Self::revision) stays.
    ///
    /// # Errors
    ///
    /// - `Invalid`: the site, or a resource in it, belongs to another workspace. To serve it would
    ///   show one workspace's people to another. Nothing has changed.
    ///
    /// # Examples
    ///
    /// ```
    /// use access_groups_core::WorkspaceId;
    /// use access_groups_in_memory::State;
    ///
    /// let mut site = State::new();
    /// let (north, south) = (WorkspaceId::from_u128(1), WorkspaceId::from_u128(2));
    /// site.adopt_workspace(north, "North")?;
    /// assert_eq!(site.workspace().map(|own| own.name.as_str()), Some("North"));
    ///
    /// assert!(site.adopt_workspace(south, "South").is_err());
    /// # Ok::<(), access_groups_core::Error>(())
    /// ```
    pub fn adopt_workspace(&mut self, id: WorkspaceId, name: &str) -> Result<(), Error> {
        let mut workspace = match self.workspace() {
            None => Workspace::new(id, name),
            Some(own) if own.workspace_id == id => own.clone(),
            Some(own) => {
                let other = own.workspace_id;
                let message = format!("the site is that of workspace {other}, not of {id}");
                return Err(Error::invalid(message).with_subject(other));
            }
        };
        // In a file that names no workspace, resources have the nil id.
        let unnamed = self.workspace().map_or_else(WorkspaceId::default, |_| id);
        self.refuse_foreign(id, unnamed)?;
        workspace.name = name.to_owned();
        self.name_workspace(workspace);
        Ok(())
    }

    /// Makes this site the one of the workspace of a store, which keeps its id and its name: all
    /// resources get the id, also those of a site that names another workspace. Whatever else the site
    /// says of its workspace counts.
    ///
    /// Like [`adopt_workspace`](Self::adopt_workspace), this is part of loading a site.
    ///
    /// # Errors
    ///
    /// - `Invalid`: a resource in it belongs to another workspace than the site. Nothing has changed.
    ///
    /// # Examples
    ///
    /// ```
    /// use access_groups_core::{Workspace, WorkspaceId};
    /// use access_groups_in_memory::State;
    ///
    /// let (north, south) = (WorkspaceId::from_u128(1), WorkspaceId::from_u128(2));
    /// let mut site = State::new();
    /// site.set_workspace(Workspace::new(north, "North"));
    /// site.give_workspace(&Workspace::new(south, "South"))?;
    /// assert_eq!(site.workspace(), Some(&Workspace::new(south, "South")));
    /// # Ok::<(), access_groups_core::Error>(())
    /// ```
    pub fn give_workspace(&mut self, workspace: &Workspace) -> Result<(), Error> {
        let own = self.workspace().unwrap_or(workspace);
        // Resources that were made without a workspace have the nil id.
        self.refuse_foreign(own.workspace_id, WorkspaceId::default())?;
        let mut given = own.clone();
        given.workspace_id = workspace.workspace_id;
        given.name.clone_from(&workspace.name);
        self.move_to_workspace(given);
        Ok(())
    }

    /// Whether every resource is one of this workspace, or says that it is of none.
    fn refuse_foreign(&self, id: WorkspaceId, unnamed: WorkspaceId) -> Result<(), Error> {
        let is_foreign = |other: &WorkspaceId| *other != id && *other != unnamed;
        let foreign: Vec<_> = self.resource_workspaces().filter(is_foreign).collect();
        let Some(first) = foreign.first() else {
            return Ok(());
        };
        let more = match foreign.len() - 1 {
            0 => String::new(),
            more => format!(", and so are {more} more of another one"),
        };
        let message =
            format!("a resource of the site is that of workspace {first}, not of {id}{more}");
        Err(Error::invalid(message).with_subject(*first))
    }

    /// The workspace of each resource.
    fn resource_workspaces(&self) -> impl Iterator<Item = WorkspaceId> {
        let all = AccessGroupFilter::new();
        let groups = self.access_groups(&all).map(|group| group.workspace_id);
        // Collected, because the filter must not be borrowed beyond this function.
        let groups: Vec<_> = groups.collect();
        let systems = self.acs_systems().map(|system| system.workspace_id);
        let users = self.acs_users().map(|user| user.workspace_id);
        let identities = self.user_identities().map(|identity| identity.workspace_id);
        systems.chain(users).chain(identities).chain(groups)
    }
}

impl BlockingStore for BlockingInMemory {
    fn import_with(&self, site: &str, _: &Context) -> Result<(), Error> {
        self.update(|state| state.import(site))
    }

    fn export(&self) -> Result<String, Error> {
        Ok(self.read(State::to_site_json))
    }
}

#[async_trait]
impl Store for InMemory {
    async fn import_with(&self, site: &str, _: &Context) -> Result<(), Error> {
        self.update(|state| state.import(site))
    }

    async fn export(&self) -> Result<String, Error> {
        Ok(self.read(State::to_site_json))
    }
}

/// Each problem becomes a field of the error.
impl From<SiteError> for Error {
    fn from(error: SiteError) -> Self {
        let problems = error.problems().iter();
        let fields = problems.map(|problem| FieldError {
            path: problem.path().to_owned(),
            message: problem.message().to_owned(),
        });
        let fields = fields.collect();
        Self::invalid(error.to_string()).with_fields(fields)
    }
}

fn write_part<'a, K: Kind + 'a>(
    file: &mut Extra,
    resources: impl Iterator<Item = &'a K>,
    context: &SiteContext,
) {
    let written = resources
        .map(|resource| without_defaults(resource, context))
        .collect();
    file.insert(K::PART.into(), Value::Array(written));
}

/// The fields of a resource that reading would not add by itself.
fn without_defaults<K: Kind>(resource: &K, context: &SiteContext) -> Value {
    let mut written = resource.fields();
    let mut defaults = K::of(resource.mandatory(), &written, context).fields();
    let name = K::name_key(&written);
    defaults.retain(|key, _| {
        key != K::ID && Some(key.as_str()) != name && !(K::IN_SYSTEM && key == SYSTEM)
    });
    for (key, default) in defaults {
        match written.get(&key) {
            Some(value) if *value == default => {
                written.remove(&key);
            }
            Some(_) => {}
            None => {
                // Null keeps reading from adding the default.
                written.insert(key, Value::Null);
            }
        }
    }
    Value::Object(written)
}

/// The key of the system that a resource belongs to, and of the system itself.
const SYSTEM: &str = "acs_system_id";

/// The part that is one resource, not an array.
const WORKSPACE: &str = "workspace";

/// Array of pairs (group, user).
const MEMBERSHIPS: &str = "memberships";

/// Array of pairs (group, entrance).
const GROUP_ENTRANCES: &str = "group_entrances";

/// Array of pairs (user, entrance): direct grants. Left out while it is empty.
const ENTRANCE_GRANTS: &str = "entrance_grants";
