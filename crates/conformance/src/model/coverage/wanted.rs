//! What every run of many cases must meet.

use super::*;

/// A way in which a call comes out.
pub(super) struct Wanted {
    pub(super) call: Capability,
    pub(super) what: String,
    /// What an adapter must support beside the call.
    pub(super) needs: Vec<Capability>,
}

pub(super) fn wanted() -> Vec<Wanted> {
    let mut all = Vec::new();
    let mut want = |call, what: &str, needs: &[Capability]| {
        all.push(Wanted {
            call,
            what: what.to_owned(),
            needs: needs.to_vec(),
        });
    };
    let calls = Capability::ALL.iter().copied();
    for call in calls.filter(|call| *call != Capability::Identities) {
        want(call, SUCCESS, &[]);
    }
    for (call, refusals) in REFUSALS {
        for refusal in *refusals {
            want(*call, &shown(*refusal), needs_of(*call, *refusal));
        }
    }
    for (call, fields) in CONDITIONS {
        for field in *fields {
            // What a search of users finds without identities is open.
            let is_search = (*call, *field) == (Capability::ListAcsUsers, "search");
            let needs = field.starts_with("identity") || is_search;
            let needs = if needs { IDENTITIES } else { &[] };
            want(*call, &keeps_out(field), needs);
            if !OF_NOTHING.contains(field) {
                want(*call, &lets_through(field), needs);
            }
        }
    }
    for call in IN_PAGES {
        PAGINGS.iter().for_each(|paging| want(call, paging, &[]));
    }
    for (call, needs) in ENDING_SEVERAL {
        want(*call, SEVERAL_THINGS, needs);
    }
    for call in JOINING {
        // The operations on identities name them as what they are.
        let needs = if call == Capability::CreateUserIdentity {
            &[]
        } else {
            IDENTITIES
        };
        JOININGS
            .iter()
            .for_each(|joining| want(call, joining, needs));
    }
    all
}

const IDENTITIES: &[Capability] = &[Capability::Identities];

/// A way in which a call is refused.
#[derive(Debug, Clone, Copy)]
enum Refusal {
    NoUser,
    NoIdentity,
    NoGroup,
    NoSystem,
    /// The system in which an identity should have a user.
    NoSystemOfIdentity,
    NoEntrance,
    /// There is no id that could be named: a key that nobody has, an identity without a user.
    Nothing,
    Invalid,
    Conflict,
    /// The identity has a user.
    ConflictOfIdentity,
    /// Several things are wrong in different ways, of which the adapter may name any.
    Several,
}

use Refusal::{
    Conflict, ConflictOfIdentity, Invalid, NoEntrance, NoGroup, NoIdentity, NoSystem,
    NoSystemOfIdentity, NoUser, Nothing, Several,
};

fn shown(refusal: Refusal) -> String {
    let unknown = |noun| refused(ErrorKind::NotFound, Some(noun));
    match refusal {
        NoUser => unknown(AcsUserId::NOUN),
        NoIdentity => unknown(UserIdentityId::NOUN),
        NoGroup => unknown(AccessGroupId::NOUN),
        NoSystem | NoSystemOfIdentity => unknown(AcsSystemId::NOUN),
        NoEntrance => unknown(EntranceId::NOUN),
        Nothing => refused(ErrorKind::NotFound, None),
        Invalid => refused(ErrorKind::Invalid, None),
        Conflict | ConflictOfIdentity => refused(ErrorKind::Conflict, None),
        Several => SEVERAL_FAULTS.to_owned(),
    }
}

/// What must be supported for this refusal, beside the call.
fn needs_of(call: Capability, refusal: Refusal) -> &'static [Capability] {
    let names_identity = matches!(
        refusal,
        NoIdentity | NoSystemOfIdentity | Nothing | ConflictOfIdentity
    );
    // The operations on identities name them as what they are.
    if names_identity && !Capability::USER_IDENTITIES.contains(&call) {
        IDENTITIES
    } else {
        &[]
    }
}

const OF_SELECTOR: &[Refusal] = &[NoUser, NoIdentity, NoSystemOfIdentity, Nothing];

/// The refusals of each call; a test sees to it that there are no others.
const REFUSALS: &[(Capability, &[Refusal])] = &[
    (Capability::AddUser, &[NoUser, NoIdentity, NoGroup, Invalid]),
    (Capability::RemoveUser, &[NoUser, NoIdentity, NoGroup]),
    (Capability::GetAccessGroup, &[NoGroup]),
    (Capability::ListUsersInGroup, &[NoGroup]),
    (Capability::ListEntrancesOfGroup, &[NoGroup]),
    (Capability::DeleteAccessGroup, &[NoGroup]),
    (
        Capability::CreateAccessGroup,
        &[NoSystem, NoEntrance, Invalid],
    ),
    (
        Capability::UpdateAccessGroup,
        &[NoGroup, NoEntrance, Invalid],
    ),
    (
        Capability::CreateAcsUser,
        &[
            NoSystem,
            NoIdentity,
            NoGroup,
            Invalid,
            ConflictOfIdentity,
            Several,
        ],
    ),
    (Capability::GetAcsUser, OF_SELECTOR),
    (
        Capability::UpdateAcsUser,
        &[
            NoUser,
            NoIdentity,
            NoSystemOfIdentity,
            Nothing,
            Invalid,
            Several,
        ],
    ),
    (Capability::DeleteAcsUser, OF_SELECTOR),
    (Capability::SuspendAcsUser, OF_SELECTOR),
    (Capability::UnsuspendAcsUser, OF_SELECTOR),
    (Capability::ListEntrancesOfUser, OF_SELECTOR),
    (
        Capability::GrantAccess,
        &[NoUser, NoIdentity, NoEntrance, Invalid],
    ),
    (Capability::RevokeAccessToAllEntrances, OF_SELECTOR),
    (Capability::RevokeAccess, &[NoUser, NoIdentity, NoEntrance]),
    (Capability::GetAcsSystem, &[NoSystem]),
    (Capability::GetEntrance, &[NoEntrance]),
    (Capability::UpdateAcsSystem, &[NoSystem]),
    (Capability::DeleteAcsSystem, &[NoSystem, Conflict]),
    (Capability::CreateEntrance, &[NoSystem]),
    (Capability::UpdateEntrance, &[NoEntrance]),
    (Capability::DeleteEntrance, &[NoEntrance]),
    (Capability::CreateUserIdentity, &[NoSystem, Conflict]),
    (Capability::GetUserIdentity, &[NoIdentity, Nothing]),
    (
        Capability::UpdateUserIdentity,
        &[NoIdentity, Conflict, Several],
    ),
    (Capability::DeleteUserIdentity, &[NoIdentity]),
    (Capability::LinkAcsUser, &[NoUser, NoIdentity, Conflict]),
    (Capability::UnlinkAcsUser, &[NoUser, NoIdentity]),
    (Capability::ListUsersOfIdentity, &[NoIdentity]),
    (Capability::ListSystemsOfIdentity, &[NoIdentity]),
    (Capability::ListEntrancesOfIdentity, &[NoIdentity]),
];

const IN_PAGES: [Capability; 3] = [
    Capability::ListAcsUsers,
    Capability::ListEntrances,
    Capability::ListUserIdentities,
];

/// Calls that end one or all of several things, and what makes those.
const ENDING_SEVERAL: &[(Capability, &[Capability])] = &[
    (Capability::RemoveUser, &[]),
    (Capability::DeleteAccessGroup, &[]),
    (Capability::DeleteAcsUser, &[Capability::GrantAccess]),
    (Capability::RevokeAccess, &[Capability::GrantAccess]),
    (
        Capability::RevokeAccessToAllEntrances,
        &[Capability::GrantAccess],
    ),
    (Capability::DeleteEntrance, &[Capability::GrantAccess]),
    (Capability::UnlinkAcsUser, &[]),
    (Capability::DeleteUserIdentity, &[]),
];

/// Calls by which an identity gets a user.
const JOINING: [Capability; 3] = [
    Capability::AddUser,
    Capability::GrantAccess,
    Capability::CreateUserIdentity,
];
