//! The kinds of resources in a site file, and what each key is when the file is silent.

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
use crate::state::identity_of;

/// A kind of resource, as reading and writing both see it.
pub(super) trait Kind: Serialize + DeserializeOwned {
    type Id: Copy + Ord + Default + fmt::Display + FromStr<Err = ParseIdError>;

    /// What a message calls one.
    const NOUN: &'static str;
    /// The key at the top of the file.
    const PLACE: &'static str;
    /// The key of its id.
    const ID: &'static str;
    /// The keys of its name: the first that is given counts, and one must be.
    const NAMES: &'static [&'static str];
    /// Whether it must say which system it belongs to.
    const IN_SYSTEM: bool = true;
    /// Deprecated keys, and the current ones that they stand in for.
    const ALIASES: &'static [(&'static str, &'static str)] = &[];
    /// Keys where core takes null for its own default, which is not the file's.
    const NEVER_NULL: &'static [&'static str] = &[];

    /// What every resource of a file has.
    fn mandatory(&self) -> Mandatory<Self::Id>;

    /// A resource of which the file gives nothing but what is mandatory, except that a
    /// default that follows another key follows the given one.
    fn of(mandatory: Mandatory<Self::Id>, given: &Extra, around: &Surroundings) -> Self;

    /// What the resource is in a file that leaves out nothing; under current keys only, or
    /// a default under one key would outdo what is given under the other.
    fn fields(&self) -> Extra {
        let Ok(Value::Object(mut fields)) = serde_json::to_value(self) else {
            unreachable!("a resource is an object with text keys");
        };
        for (deprecated, _) in Self::ALIASES {
            fields.remove(*deprecated);
        }
        fields
    }

    /// The key that holds the name.
    fn name_key(given: &Extra) -> Option<&'static str> {
        let mut keys = Self::NAMES.iter().copied();
        keys.find(|key| given.get(*key).is_some_and(|value| !value.is_null()))
    }
}

/// What every resource of a file has.
pub(super) struct Mandatory<Id> {
    pub(super) id: Id,
    /// Nil for a kind that is in no system.
    pub(super) system: AcsSystemId,
    pub(super) name: String,
}

/// What defaults depend on outside the resource.
#[derive(Debug, Default)]
pub(super) struct Surroundings {
    pub(super) workspace: WorkspaceId,
    systems: BTreeMap<AcsSystemId, AcsSystem>,
    /// The users that name an identity.
    linked: BTreeMap<UserIdentityId, BTreeSet<AcsUserId>>,
}

impl Surroundings {
    pub(super) fn set_systems<'a>(&mut self, systems: impl IntoIterator<Item = &'a AcsSystem>) {
        let systems = systems.into_iter();
        self.systems = systems.map(|it| (it.acs_system_id, it.clone())).collect();
    }

    pub(super) fn link<'a>(&mut self, users: impl IntoIterator<Item = &'a AcsUser>) {
        for user in users {
            if let Some(identity) = identity_of(user) {
                let linked = self.linked.entry(identity).or_default();
                linked.insert(user.acs_user_id);
            }
        }
    }

    /// A system's connected account is that of everything in it.
    fn connected_account(&self, system: AcsSystemId, otherwise: String) -> String {
        let system = self.systems.get(&system);
        system.map_or(otherwise, |system| system.connected_account_id.clone())
    }
}

impl Kind for Workspace {
    type Id = WorkspaceId;
    const NOUN: &'static str = WorkspaceId::NOUN;
    const PLACE: &'static str = WORKSPACE;
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

    fn of(mandatory: Mandatory<WorkspaceId>, _: &Extra, _: &Surroundings) -> Self {
        Self::new(mandatory.id, mandatory.name)
    }
}

impl Kind for AcsSystem {
    type Id = AcsSystemId;
    const NOUN: &'static str = AcsSystemId::NOUN;
    const PLACE: &'static str = "acs_systems";
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

    fn of(mandatory: Mandatory<AcsSystemId>, given: &Extra, around: &Surroundings) -> Self {
        let mut system = Self::new(mandatory.id, mandatory.name).with_workspace(around.workspace);
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
    const PLACE: &'static str = "acs_users";
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

    fn of(mandatory: Mandatory<AcsUserId>, given: &Extra, around: &Surroundings) -> Self {
        let Mandatory { id, system, name } = mandatory;
        let mut user = Self::new(id, system, name).with_workspace(around.workspace);
        user.connected_account_id = around.connected_account(system, user.connected_account_id);
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
    const PLACE: &'static str = "user_identities";
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

    fn of(mandatory: Mandatory<UserIdentityId>, given: &Extra, around: &Surroundings) -> Self {
        let Mandatory { id, name, .. } = mandatory;
        let mut identity = Self::new(id, name).with_workspace(around.workspace);
        if text(given, "full_name").is_none() {
            identity.full_name = None;
        }
        let linked = around.linked.get(&id).into_iter().flatten();
        identity.acs_user_ids = linked.map(ToString::to_string).collect();
        identity
    }
}

impl Kind for AccessGroup {
    type Id = AccessGroupId;
    const NOUN: &'static str = AccessGroupId::NOUN;
    const PLACE: &'static str = "acs_access_groups";
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

    fn of(mandatory: Mandatory<AccessGroupId>, given: &Extra, around: &Surroundings) -> Self {
        let Mandatory { id, system, name } = mandatory;
        let brand = around.systems.get(&system);
        let default = group_type(brand.and_then(|system| system.external_type.as_ref()));
        let shown = text(given, TYPE).map_or_else(|| default.clone(), AccessGroupType::from);
        let mut group = Self::new(id, system, name)
            .with_workspace(around.workspace)
            .with_external_type(shown);
        group.external_type = default;
        group.connected_account_id = around.connected_account(system, group.connected_account_id);
        group
    }
}

impl Kind for Entrance {
    type Id = EntranceId;
    const NOUN: &'static str = EntranceId::NOUN;
    const PLACE: &'static str = "acs_entrances";
    const ID: &'static str = "acs_entrance_id";
    const NAMES: &'static [&'static str] = &["display_name"];

    fn mandatory(&self) -> Mandatory<EntranceId> {
        Mandatory {
            id: self.acs_entrance_id,
            system: self.acs_system_id,
            name: self.display_name.clone(),
        }
    }

    fn of(mandatory: Mandatory<EntranceId>, _: &Extra, around: &Surroundings) -> Self {
        let Mandatory { id, system, name } = mandatory;
        let mut entrance = Self::new(id, system, name);
        entrance.connected_account_id =
            around.connected_account(system, entrance.connected_account_id);
        entrance
    }
}

/// What the groups of a system of this brand are called.
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
