//! What was there before comes back: calls that name deleted ids and old values, and that give the
//! values to others. A store that has kept some of it answers wrongly.

use proptest::{sample::Index, strategy::Union};

use super::*;
use crate::answer::{ContactSeen, EntranceSeen, GroupSeen, IdentitySeen, SystemSeen, UserSeen};

impl Known {
    /// A call about something of the past; while there is nothing, a call that ends something.
    pub(super) fn returns(&self) -> BoxedStrategy<Operation> {
        let past = &self.scene.past;
        let kinds = [
            self.about(3, &past.users, Self::on_past_user),
            self.about(3, &past.identities, Self::on_past_identity),
            self.about(1, &past.groups, Self::on_past_group),
            self.about(1, &past.systems, Self::on_past_system),
            self.about(1, &past.entrances, Self::on_past_entrance),
            self.about(1, &past.members, Self::on_past_member),
            self.about(1, &past.grants, Self::on_past_grant),
            self.about(1, &past.holds, Self::on_past_hold),
        ];
        let kinds: Vec<_> = kinds.into_iter().flatten().collect();
        if kinds.is_empty() {
            return self.endings();
        }
        Union::new_weighted(kinds).boxed()
    }

    /// One of the calls about one of these, mostly about the latest.
    fn about<T: Clone + fmt::Debug + 'static>(
        &self,
        weight: u32,
        past: &[T],
        calls: fn(&Scene, &T) -> Vec<Operation>,
    ) -> Option<(u32, BoxedStrategy<Operation>)> {
        let latest = past.last()?.clone();
        let one = prop_oneof![2 => Just(latest), 1 => select(past.to_vec())];
        let scene = self.scene.clone();
        let call = (one, any::<Index>());
        let call = call.prop_map(move |(one, index)| index.get(&calls(&scene, &one)).clone());
        Some((weight, call.boxed()))
    }

    /// Calls that end or change something.
    pub(super) fn endings(&self) -> BoxedStrategy<Operation> {
        prop_oneof![
            made(self.selectors(), DeleteAcsUser::new),
            made(self.identities.clone(), DeleteUserIdentity::new),
            made(
                self.links.clone(),
                |(user, identity, _)| UnlinkAcsUser::new(user, identity)
            ),
            made((self.selectors(), self.user_updates()), |(user, update)| {
                UpdateAcsUser::new(user, update)
            }),
            made(
                (self.identities.clone(), self.identity_updates()),
                |(identity, update)| { UpdateUserIdentity::new(identity, update) }
            ),
        ]
        .boxed()
    }

    fn on_past_user(scene: &Scene, was: &UserSeen) -> Vec<Operation> {
        let mut calls = on_user(was.id);
        calls.extend(is_searched([&was.full_name, &was.email, &was.phone]));
        calls.extend(passed_on(scene, was.system, &was.contact()));
        if let Some(identity) = was.identity {
            calls.extend(on_user(AcsUserSelector::of(identity, was.system)));
            calls.push(LinkAcsUser::new(was.id, identity).into());
            calls.push(UnlinkAcsUser::new(was.id, identity).into());
            calls.extend(rejoins(scene, identity.into(), was.system));
        }
        calls.extend(rejoins(scene, was.id.into(), was.system));
        calls
    }

    fn on_past_identity(scene: &Scene, was: &IdentitySeen) -> Vec<Operation> {
        let (id, contact) = (was.id, &was.contact);
        let mut calls: Vec<Operation> = vec![
            GetUserIdentity::new(id).into(),
            ListUsersOfIdentity::new(id).into(),
            ListEntrancesOfIdentity::new(id).into(),
            UpdateUserIdentity::new(id, UserIdentityUpdate::default()).into(),
            DeleteUserIdentity::new(id).into(),
        ];
        calls.extend(is_searched([&contact.name, &contact.email, &contact.phone]));
        calls.extend(is_asked_for(contact));
        if let Some(key) = was
            .key
            .as_deref()
            .and_then(|key| key.parse::<UserIdentityKey>().ok())
        {
            calls.push(GetUserIdentity::new(key.clone()).into());
            let new = NewUserIdentity {
                key: Some(key.clone()),
                ..NewUserIdentity::default()
            };
            calls.push(CreateUserIdentity::new(new).into());
            for other in scene.oracle.identities.keys() {
                let update = UserIdentityUpdate {
                    key: Patch::Set(key.clone()),
                    ..UserIdentityUpdate::default()
                };
                calls.push(UpdateUserIdentity::new(*other, update).into());
            }
            let users = scene.oracle.users.keys();
            calls.extend(users.map(|user| LinkAcsUser::new(*user, key.clone()).into()));
        }
        for system in scene.oracle.systems() {
            calls.extend(passed_on(scene, system, contact));
            calls.extend(rejoins(scene, id.into(), system));
        }
        calls
    }

    fn on_past_group(scene: &Scene, was: &GroupSeen) -> Vec<Operation> {
        let mut calls: Vec<Operation> = vec![
            GetAccessGroup::new(was.id).into(),
            ListUsersInGroup::new(was.id).into(),
            ListEntrancesOfGroup::new(was.id).into(),
            DeleteAccessGroup::new(was.id).into(),
            UpdateAccessGroup::new(was.id, AccessGroupUpdate::default()).into(),
        ];
        if let Ok(text) = was.name.parse() {
            calls.push(ListAccessGroups::new(AccessGroupFilter::new().matching(text)).into());
        }
        if let Ok(name) = was.name.parse::<ResourceName>() {
            let again = NewAccessGroup::new(was.system, name);
            calls.push(CreateAccessGroup::new(again).into());
        }
        let users = scene
            .oracle
            .users
            .values()
            .filter(|user| user.system == was.system);
        calls.extend(users.map(|user| AddUser::new(user.id, was.id).into()));
        calls
    }

    fn on_past_system(_: &Scene, was: &SystemSeen) -> Vec<Operation> {
        let in_system = AccessGroupFilter::new().in_system(was.id);
        let users = AcsUserFilter::new().in_system(was.id);
        let entrances = EntranceFilter::new().in_system(was.id);
        let mut calls: Vec<Operation> = vec![
            GetAcsSystem::new(was.id).into(),
            DeleteAcsSystem::new(was.id).into(),
            UpdateAcsSystem::new(was.id, AcsSystemUpdate::default()).into(),
            ListAccessGroups::new(in_system).into(),
            ListAcsUsers::new(users, PageRequest::first()).into(),
            ListEntrances::new(entrances, PageRequest::first()).into(),
        ];
        if let Ok(name) = was.name.parse::<ResourceName>() {
            calls.push(CreateEntrance::new(NewEntrance::new(was.id, name.clone())).into());
            calls.push(CreateAccessGroup::new(NewAccessGroup::new(was.id, name.clone())).into());
            calls.push(CreateAcsSystem::new(NewAcsSystem::new(name)).into());
        }
        if let Ok(text) = was.name.parse() {
            let mut filter = AcsSystemFilter::new();
            filter.search = Some(text);
            calls.push(ListAcsSystems::new(filter).into());
        }
        calls
    }

    fn on_past_entrance(scene: &Scene, was: &EntranceSeen) -> Vec<Operation> {
        let mut among = EntranceFilter::new();
        among.entrances = Some(vec![was.id]);
        let mut calls: Vec<Operation> = vec![
            GetEntrance::new(was.id).into(),
            DeleteEntrance::new(was.id).into(),
            UpdateEntrance::new(was.id, EntranceUpdate::default()).into(),
            ListEntrances::new(among, PageRequest::first()).into(),
        ];
        if let Ok(name) = was.name.parse() {
            calls.push(CreateEntrance::new(NewEntrance::new(was.system, name)).into());
        }
        if let Ok(text) = was.name.parse() {
            let filter = EntranceFilter::new().matching(text);
            calls.push(ListEntrances::new(filter, PageRequest::first()).into());
        }
        let users = scene
            .oracle
            .users
            .values()
            .filter(|user| user.system == was.system);
        for user in users {
            calls.push(GrantAccess::new(user.id, was.id).into());
            calls.push(RevokeAccess::new(user.id, was.id).into());
        }
        calls.extend(
            scene
                .oracle
                .groups_of(was.system)
                .map(|group| adding(group, was.id)),
        );
        calls
    }

    fn on_past_member(_: &Scene, (user, group): &(AcsUserId, AccessGroupId)) -> Vec<Operation> {
        let groups = AccessGroupFilter::new().of_user(*user);
        vec![
            AddUser::new(*user, *group).into(),
            RemoveUser::new(*user, *group).into(),
            ListUsersInGroup::new(*group).into(),
            ListAccessGroups::new(groups).into(),
            ListEntrancesOfUser::new(*user).into(),
        ]
    }

    fn on_past_grant(_: &Scene, (user, entrance): &(AcsUserId, EntranceId)) -> Vec<Operation> {
        vec![
            GrantAccess::new(*user, *entrance).into(),
            RevokeAccess::new(*user, *entrance).into(),
            ListEntrancesOfUser::new(*user).into(),
        ]
    }

    fn on_past_hold(_: &Scene, (group, entrance): &(AccessGroupId, EntranceId)) -> Vec<Operation> {
        let removing = AccessGroupUpdate {
            remove_entrances: vec![*entrance],
            ..AccessGroupUpdate::default()
        };
        vec![
            adding(*group, *entrance),
            UpdateAccessGroup::new(*group, removing).into(),
            ListEntrancesOfGroup::new(*group).into(),
        ]
    }
}

/// The calls on a user, who may be gone or no longer that of the identity.
fn on_user(user: impl Into<AcsUserSelector>) -> Vec<Operation> {
    let user = user.into();
    vec![
        GetAcsUser::new(user).into(),
        ListEntrancesOfUser::new(user).into(),
        SuspendAcsUser::new(user).into(),
        RevokeAccessToAllEntrances::new(user).into(),
        UpdateAcsUser::new(user, AcsUserUpdate::default()).into(),
        DeleteAcsUser::new(user).into(),
    ]
}

/// Searches for texts that may be nobody's any more.
pub(super) fn is_searched(texts: [&Option<String>; 3]) -> Vec<Operation> {
    let texts = texts.into_iter().flatten();
    let searches = texts.filter_map(|text| text.parse::<SearchText>().ok());
    let lists = searches.flat_map(|text| {
        let mut identities = UserIdentityFilter::new();
        identities.search = Some(text.clone());
        let users = AcsUserFilter::new().matching(text);
        let page = PageRequest::first;
        [
            Operation::from(ListAcsUsers::new(users, page())),
            ListUserIdentities::new(identities, page()).into(),
        ]
    });
    lists.collect()
}

/// Lists of the users of an identity that had this address or number.
pub(super) fn is_asked_for(contact: &ContactSeen) -> Vec<Operation> {
    let detail = |text: &Option<String>| Some(text.as_deref().and_then(|text| text.parse().ok()));
    let (mut by_email, mut by_phone) = (AcsUserFilter::new(), AcsUserFilter::new());
    by_email.identity_email_address = detail(&contact.email);
    by_phone.identity_phone_number = detail(&contact.phone);
    let list = |filter| ListAcsUsers::new(filter, PageRequest::first()).into();
    vec![list(by_email), list(by_phone)]
}

/// Others get this address or number.
pub(super) fn passed_on(scene: &Scene, system: AcsSystemId, was: &ContactSeen) -> Vec<Operation> {
    let email = was
        .email
        .as_deref()
        .and_then(|text| text.parse::<EmailAddress>().ok());
    let phone = was
        .phone
        .as_deref()
        .and_then(|text| text.parse::<ContactDetail>().ok());
    let mut calls = Vec::new();
    for (email, phone) in [(email.clone(), None), (None, phone.clone()), (email, phone)] {
        if email.is_none() && phone.is_none() {
            continue;
        }
        calls.extend(made_like(system, was, &email, &phone));
        let users = scene.oracle.users.values();
        // The values of a linked user link nobody.
        let users = users.filter(|user| user.system == system && user.identity.is_none());
        calls.extend(users.map(|user| {
            let update = AcsUserUpdate {
                email_address: email.clone(),
                phone_number: phone.clone(),
                ..AcsUserUpdate::default()
            };
            UpdateAcsUser::new(user.id, update).into()
        }));
        calls.extend(scene.oracle.identities.keys().map(|identity| {
            let update = UserIdentityUpdate {
                email_address: email.clone().map_or(Patch::Keep, Patch::Set),
                phone_number: phone.clone().map_or(Patch::Keep, Patch::Set),
                ..UserIdentityUpdate::default()
            };
            UpdateUserIdentity::new(*identity, update).into()
        }));
    }
    calls
}

/// A new user and a new identity with these.
pub(super) fn made_like(
    system: AcsSystemId,
    was: &ContactSeen,
    email: &Option<EmailAddress>,
    phone: &Option<ContactDetail>,
) -> [Operation; 2] {
    let name: Option<PersonName> = was.name.as_deref().and_then(|name| name.parse().ok());
    let full_name = name.clone().unwrap_or_else(somebody);
    let mut user = NewAcsUser::new(system, full_name);
    user.email_address.clone_from(email);
    user.phone_number.clone_from(phone);
    let identity = NewUserIdentity {
        full_name: name,
        email_address: email.clone(),
        phone_number: phone.clone(),
        systems: vec![system],
        ..NewUserIdentity::default()
    };
    [
        CreateAcsUser::new(user).into(),
        CreateUserIdentity::new(identity).into(),
    ]
}

/// The user or identity gets groups and entrances of the system.
pub(super) fn rejoins(scene: &Scene, user: UserRef, system: AcsSystemId) -> Vec<Operation> {
    let groups = scene.oracle.groups_of(system);
    let mut calls: Vec<Operation> = groups
        .map(|group| AddUser::new(user, group).into())
        .collect();
    let entrances = scene.oracle.entrances_of(system);
    calls.extend(entrances.map(|entrance| GrantAccess::new(user, entrance).into()));
    calls
}

/// The group gets the entrance.
pub(super) fn adding(group: AccessGroupId, entrance: EntranceId) -> Operation {
    let update = AccessGroupUpdate {
        add_entrances: vec![entrance],
        ..AccessGroupUpdate::default()
    };
    UpdateAccessGroup::new(group, update).into()
}

fn somebody() -> PersonName {
    "Somebody New".parse().expect("a name has letters")
}
