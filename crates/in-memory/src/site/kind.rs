//! The kinds of resources in a site file, and the defaults of their fields.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    str::FromStr,
};

use access_groups_core::{
    AccessGroup, AccessGroupId, AccessGroupType, AcsSystem, AcsSystemId, AcsSystemType, AcsUser,
    AcsUserId, Entrance, EntranceId, Extra, ParseIdError, UserIdentity, UserIdentityId, Workspace,
    WorkspaceId,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{SYSTEM, WORKSPACE};
use crate::{State, index::identity_of};

/// A kind of resource. Reading adds the defaults and writing leaves them out, so both use this.
pub(super) trait Kind: Serialize + DeserializeOwned {
    type Id: Copy + Ord + Default + fmt::Display + FromStr<Err = ParseIdError>;

    /// The noun in messages.
    const NOUN: &'static str;
    /// The key of this part at the top of the file.
    const PART: &'static str;
    /// The key of its id.
    const ID: &'static str;
    /// The keys of the name, of which one is mandatory and the first given one counts.
    const NAMES: &'static [&'static str];
    /// Whether the key of its system is mandatory.
    const IN_SYSTEM: bool = true;
    /// Deprecated keys, each with the current one.
    const ALIASES: &'static [(&'static str, &'static str)] = &[];
    /// Keys for which `core` reads null as a default of its own, which differs from the file's.
    const NEVER_NULL: &'static [&'static str] = &[];

    /// The mandatory fields of this resource.
    fn mandatory(&self) -> Mandatory<Self::Id>;

    /// The resource with the mandatory fields and defaults. `given` is looked at only for defaults
    /// that depend on another field.
    fn of(mandatory: Mandatory<Self::Id>, given: &Extra, context: &SiteContext) -> Self;

    /// All fields, under current keys only: a default under a deprecated key would compete with a
    /// value under the current one.
    fn fields(&self) -> Extra {
        let Ok(Value::Object(mut fields)) = serde_json::to_value(self) else {
            unreachable!("a resource is an object with text keys");
        };
        for (deprecated, _) in Self::ALIASES {
            fields.remove(*deprecated);
        }
        fields
    }

    /// The key of the name that counts.
    fn name_key(given: &Extra) -> Option<&'static str> {
        let mut keys = Self::NAMES.iter().copied();
        keys.find(|key| given.get(*key).is_some_and(|value| !value.is_null()))
    }
}

/// The fields that every resource in a file has.
pub(super) struct Mandatory<Id> {
    pub(super) id: Id,
    /// Nil for kinds that belong to no system.
    pub(super) system: AcsSystemId,
    pub(super) name: String,
}

/// What the defaults of a resource depend on in other resources.
#[derive(Debug, Default)]
pub(super) struct SiteContext {
    pub(super) workspace: WorkspaceId,
    systems: BTreeMap<AcsSystemId, AcsSystem>,
    /// The users of each identity.
    linked: BTreeMap<UserIdentityId, BTreeSet<AcsUserId>>,
}

impl SiteContext {
    /// The context of everything in a state.
    pub(super) fn of(state: &State) -> Self {
        let mut context = Self::default();
        if let Some(workspace) = state.workspace() {
            context.workspace = workspace.workspace_id;
        }
        for system in state.acs_systems() {
            context.add_system(system);
        }
        for user in state.acs_users() {
            context.link(user);
        }
        context
    }

    pub(super) fn add_system(&mut self, system: &AcsSystem) {
        self.systems.insert(system.acs_system_id, system.clone());
    }

    pub(super) fn link(&mut self, user: &AcsUser) {
        if let Some(identity) = identity_of(user) {
            let linked = self.linked.entry(identity).or_default();
            linked.insert(user.acs_user_id);
        }
    }

    /// Everything in a system has the connected account of the system by default.
    fn connected_account(&self, system: AcsSystemId, otherwise: String) -> String {
        let system = self.systems.get(&system);
        system.map_or(otherwise, |system| system.connected_account_id.clone())
    }
}

impl Kind for Workspace {
    type Id = WorkspaceId;
    const NOUN: &'static str = WorkspaceId::NOUN;
    const PART: &'static str = WORKSPACE;
    const ID: &'static str = "workspace_id";
    const NAMES: &'static [&'static str] = &["name"];
    const IN_SYSTEM: bool = false;

    fn mandatory(&self) -> Mandatory<WorkspaceId> {
        Mandatory {
            id: self.workspace_id,
            system: AcsSystemId::default(),
            name: self.name.clone(),
        }
    }

    fn of(mandatory: Mandatory<WorkspaceId>, _: &Extra, _: &SiteContext) -> Self {
        Self::new(mandatory.id, mandatory.name)
    }
}

impl Kind for AcsSystem {
    type Id = AcsSystemId;
    const NOUN: &'static str = AcsSystemId::NOUN;
    const PART: &'static str = "acs_systems";
    const ID: &'static str = SYSTEM;
    const NAMES: &'static [&'static str] = &["name"];
    const IN_SYSTEM: bool = false;
    const ALIASES: &'static [(&'static str, &'static str)] = &[
        ("system_type", TYPE),
        ("system_type_display_name", "external_type_display_name"),
    ];

    fn mandatory(&self) -> Mandatory<AcsSystemId> {
        Mandatory {
            id: self.acs_system_id,
            system: AcsSystemId::default(),
            name: self.name.clone(),
        }
    }

    fn of(mandatory: Mandatory<AcsSystemId>, given: &Extra, context: &SiteContext) -> Self {
        let mut system = Self::new(mandatory.id, mandatory.name).with_workspace(context.workspace);
        if let Some(given) = text(given, TYPE) {
            system = system.with_external_type(given.into());
            system.external_type = None;
        }
        let account = text(given, "connected_account_id");
        let account = account.unwrap_or(&system.connected_account_id);
        system.connected_account_ids = vec![account.to_owned()];
        system
    }
}

impl Kind for AcsUser {
    type Id = AcsUserId;
    const NOUN: &'static str = AcsUserId::NOUN;
    const PART: &'static str = "acs_users";
    const ID: &'static str = "acs_user_id";
    const NAMES: &'static [&'static str] = &["full_name", "display_name"];
    const ALIASES: &'static [(&'static str, &'static str)] = &[("email", "email_address")];

    fn mandatory(&self) -> Mandatory<AcsUserId> {
        Mandatory {
            id: self.acs_user_id,
            system: self.acs_system_id,
            name: self
                .full_name
                .as_ref()
                .unwrap_or(&self.display_name)
                .clone(),
        }
    }

    fn of(mandatory: Mandatory<AcsUserId>, given: &Extra, context: &SiteContext) -> Self {
        let Mandatory { id, system, name } = mandatory;
        let mut user = Self::new(id, system, name).with_workspace(context.workspace);
        user.connected_account_id = context.connected_account(system, user.connected_account_id);
        if text(given, "full_name").is_none() {
            user.full_name = None;
        }
        if let Some(given) = text(given, TYPE) {
            user = user.with_external_type(given.into());
            user.external_type = None;
        }
        user
    }
}

impl Kind for UserIdentity {
    type Id = UserIdentityId;
    const NOUN: &'static str = UserIdentityId::NOUN;
    const PART: &'static str = "user_identities";
    const ID: &'static str = "user_identity_id";
    const NAMES: &'static [&'static str] = &["full_name", "display_name"];
    const IN_SYSTEM: bool = false;

    fn mandatory(&self) -> Mandatory<UserIdentityId> {
        Mandatory {
            id: self.user_identity_id,
            system: AcsSystemId::default(),
            name: self
                .full_name
                .as_ref()
                .unwrap_or(&self.display_name)
                .clone(),
        }
    }

    fn of(mandatory: Mandatory<UserIdentityId>, given: &Extra, context: &SiteContext) -> Self {
        let Mandatory { id, name, .. } = mandatory;
        let mut identity = Self::new(id, name).with_workspace(context.workspace);
        if text(given, "full_name").is_none() {
            identity.full_name = None;
        }
        let linked = context.linked.get(&id).into_iter().flatten();
        identity.acs_user_ids = linked.map(ToString::to_string).collect();
        identity
    }
}

impl Kind for AccessGroup {
    type Id = AccessGroupId;
    const NOUN: &'static str = AccessGroupId::NOUN;
    const PART: &'static str = "acs_access_groups";
    const ID: &'static str = "acs_access_group_id";
    const NAMES: &'static [&'static str] = &["name"];
    const ALIASES: &'static [(&'static str, &'static str)] = &[
        ("access_group_type", TYPE),
        (
            "access_group_type_display_name",
            "external_type_display_name",
        ),
    ];
    const NEVER_NULL: &'static [&'static str] = &[TYPE, "external_type_display_name"];

    fn mandatory(&self) -> Mandatory<AccessGroupId> {
        Mandatory {
            id: self.acs_access_group_id,
            system: self.acs_system_id,
            name: self.name.clone(),
        }
    }

    fn of(mandatory: Mandatory<AccessGroupId>, given: &Extra, context: &SiteContext) -> Self {
        let Mandatory { id, system, name } = mandatory;
        let brand = context.systems.get(&system);
        let default = group_type(brand.and_then(|system| system.external_type.as_ref()));
        let shown = text(given, TYPE).map_or_else(|| default.clone(), AccessGroupType::from);
        let mut group = Self::new(id, system, name)
            .with_workspace(context.workspace)
            .with_external_type(shown);
        group.external_type = default;
        group.connected_account_id = context.connected_account(system, group.connected_account_id);
        group
    }
}

impl Kind for Entrance {
    type Id = EntranceId;
    const NOUN: &'static str = EntranceId::NOUN;
    const PART: &'static str = "acs_entrances";
    const ID: &'static str = "acs_entrance_id";
    const NAMES: &'static [&'static str] = &["display_name"];

    fn mandatory(&self) -> Mandatory<EntranceId> {
        Mandatory {
            id: self.acs_entrance_id,
            system: self.acs_system_id,
            name: self.display_name.clone(),
        }
    }

    fn of(mandatory: Mandatory<EntranceId>, _: &Extra, context: &SiteContext) -> Self {
        let Mandatory { id, system, name } = mandatory;
        let mut entrance = Self::new(id, system, name);
        entrance.connected_account_id =
            context.connected_account(system, entrance.connected_account_id);
        entrance
    }
}

/// The type of groups in a system of this brand.
fn group_type(brand: Option<&AcsSystemType>) -> AccessGroupType {
    match brand {
        Some(AcsSystemType::PtiSite) => AccessGroupType::PtiAccessLevel,
        Some(AcsSystemType::SaltoKsSite) => AccessGroupType::SaltoKsAccessGroup,
        Some(AcsSystemType::BrivoAccount) => AccessGroupType::BrivoGroup,
        Some(AcsSystemType::SaltoSpaceSystem) => AccessGroupType::SaltoSpaceGroup,
        Some(AcsSystemType::DormakabaCommunitySite) => {
            AccessGroupType::DormakabaCommunityAccessGroup
        }
        Some(AcsSystemType::DormakabaAmbianceSite) => AccessGroupType::DormakabaAmbianceAccessGroup,
        Some(AcsSystemType::AvigilonAltaOrg) => AccessGroupType::AvigilonAltaGroup,
        Some(AcsSystemType::KisiOrganization) => AccessGroupType::KisiAccessGroup,
        Some(AcsSystemType::AkilesOrganization) => AccessGroupType::AkilesMemberGroup,
        _ => AccessGroupType::default(),
    }
}

fn text<'a>(given: &'a Extra, key: &str) -> Option<&'a str> {
    given.get(key).and_then(Value::as_str)
}

const TYPE: &str = "external_type";
