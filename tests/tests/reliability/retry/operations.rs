//! The operations that the cases call, of every effect.

use access_groups_core::{operation::*, prelude::*};
use access_groups_in_memory::{BlockingInMemory, SiteBuilder};

/// What the operations name.
pub(super) struct Site {
    pub(super) store: BlockingInMemory,
    system: AcsSystemId,
    ada: AcsUserId,
    gym: AccessGroupId,
    identity: UserIdentityId,
}

impl Site {
    pub(super) fn new() -> Self {
        let mut site = SiteBuilder::new();
        let (ada, bob) = (site.user("Ada"), site.user("Bob"));
        let (gym, pool) = (site.group("Gym"), site.group("Pool"));
        site.members(pool, [ada, bob]);
        let identity = site.identity("Ada", []);
        Self {
            system: site.system(),
            store: site.build_blocking(),
            ada,
            gym,
            identity,
        }
    }
}

type Make = fn(&Site) -> Operation;

pub(super) const OPERATIONS: &[(&str, Make)] = &[
    ("acs_user", |site| GetAcsUser::new(site.ada).into()),
    ("access_groups", |_| {
        ListAccessGroups::new(AccessGroupFilter::new()).into()
    }),
    ("acs_users", |_| {
        ListAcsUsers::new(AcsUserFilter::new(), PageRequest::default()).into()
    }),
    ("workspace", |_| GetWorkspace::new().into()),
    ("add_user", |site| AddUser::new(site.ada, site.gym).into()),
    ("remove_user", |site| {
        RemoveUser::new(site.ada, site.gym).into()
    }),
    ("suspend_acs_user", |site| {
        SuspendAcsUser::new(site.ada).into()
    }),
    ("link_acs_user", |site| {
        LinkAcsUser::new(site.ada, site.identity).into()
    }),
    ("delete_acs_user", |site| {
        DeleteAcsUser::new(site.ada).into()
    }),
    ("create_acs_user", |site| {
        let name = "Keiko Sato".parse().expect("a name");
        CreateAcsUser::new(NewAcsUser::new(site.system, name)).into()
    }),
    ("create_user_identity", |_| {
        CreateUserIdentity::new(NewUserIdentity::default()).into()
    }),
];
