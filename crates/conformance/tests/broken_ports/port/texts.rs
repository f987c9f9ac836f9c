//! Faults in how texts are kept, compared and searched.

use access_groups_core::*;
use access_groups_in_memory::State;

use super::{answered, ask, lists::edit};
use crate::faults::Fault;

/// What the port keeps instead of the text that it was given.
pub(super) fn instead(
    fault: Fault,
    state: &mut State,
    operation: &Operation,
) -> Option<Result<Reply, Error>> {
    match operation {
        Operation::CreateAcsUser(op) => {
            let mut made = op.user.clone();
            made.phone_number = made.phone_number.map(|number| kept(fault, number));
            if fault == Fault::EmptyNumbersAreNone {
                made.phone_number = made
                    .phone_number
                    .filter(|number| !number.as_str().is_empty());
            }
            let answer =
                ask(state, CreateAcsUser::new(made)).and_then(|user| renamed(fault, state, user));
            answered::<CreateAcsUser>(Some(answer))
        }
        Operation::CreateUserIdentity(op) if fault == Fault::TrimsKeys => {
            let mut made = op.identity.clone();
            let trimmed = made.key.as_ref().map(|key| key.as_str().trim().parse());
            made.key = trimmed.transpose().ok()?;
            answered::<CreateUserIdentity>(Some(ask(state, CreateUserIdentity::new(made))))
        }
        Operation::CreateUserIdentity(op) if fault == Fault::NewNumbersConflictAsDigits => {
            let digits =
                |text: &str| -> String { text.chars().filter(char::is_ascii_digit).collect() };
            let number = digits(op.identity.phone_number.as_ref()?.as_str());
            let mut taken = state
                .user_identities()
                .filter_map(|known| known.phone_number.as_deref());
            let is_taken = taken.any(|known| !number.is_empty() && digits(known) == number);
            is_taken.then(|| Err(Error::conflict("another identity has this number")))
        }
        Operation::UpdateUserIdentity(op) if fault == Fault::SetKeysConflictInAnyCase => {
            let Patch::Set(key) = &op.update.key else {
                return None;
            };
            let mut others = state.user_identities();
            let is_taken = others.any(|other| {
                let known = other.user_identity_key.as_deref().unwrap_or_default();
                other.user_identity_id != op.identity && known.eq_ignore_ascii_case(key.as_str())
            });
            is_taken.then(|| Err(Error::conflict("another identity has this key")))
        }
        Operation::ListAcsUsers(op) if fault == Fault::FiltersTrimAddresses => {
            let mut list = op.clone();
            let address = op.filter.identity_email_address.clone()??;
            list.filter.identity_email_address = Some(Some(trimmed(address)));
            answered::<ListAcsUsers>(Some(ask(state, list)))
        }
        Operation::GetUserIdentity(op) if fault == Fault::FoldsKeys => {
            let UserIdentitySelector::Key(key) = &op.identity else {
                return None;
            };
            let is_like = |known: &UserIdentity| {
                let known = known.user_identity_key.as_deref();
                known.is_some_and(|known| names::are_same(known, key.as_str()))
            };
            let found = state.user_identities().find(|known| is_like(known))?;
            Some(Ok(GetUserIdentity::answer(found.clone())))
        }
        Operation::UpdateAcsUser(op) if fault == Fault::TrimsUpdatesOfUsers => {
            let mut update = op.update.clone();
            update.phone_number = update.phone_number.map(trimmed);
            answered::<UpdateAcsUser>(Some(ask(state, UpdateAcsUser::new(op.user, update))))
        }
        Operation::UpdateUserIdentity(op) if fault == Fault::TrimsUpdatesOfIdentities => {
            let mut update = op.update.clone();
            if let Patch::Set(number) = update.phone_number {
                update.phone_number = Patch::Set(trimmed(number));
            }
            let update = UpdateUserIdentity::new(op.identity, update);
            answered::<UpdateUserIdentity>(Some(ask(state, update)))
        }
        Operation::ListEntrances(op) if fault == Fault::SearchesPatterns => {
            let search = op.filter.search.as_ref()?;
            let mut filter = op.filter.clone();
            filter.search = None;
            let list = ListEntrances::new(filter, PageRequest::first());
            let mut page = ask(state, list).ok()?;
            page.items
                .retain(|door| is_like(&door.display_name, search.as_str()));
            Some(Ok(ListEntrances::answer(Page::only(page.items))))
        }
        Operation::ListUserIdentities(op) if fault == Fault::SearchesWords => {
            let search = op.filter.search.as_ref()?;
            let mut filter = op.filter.clone();
            filter.search = None;
            let list = ListUserIdentities::new(filter, PageRequest::first());
            let mut page = ask(state, list).ok()?;
            let words: Vec<_> = search.as_str().split_whitespace().collect();
            page.items.retain(|identity| {
                let name = names::fold(identity.full_name.as_deref().unwrap_or_default());
                let has_all = words.iter().all(|word| name.contains(&names::fold(word)));
                op.filter.fits(identity) || (has_all && !words.is_empty())
            });
            Some(Ok(ListUserIdentities::answer(Page::only(page.items))))
        }
        Operation::ListAcsSystems(op) if fault == Fault::SearchesJoinedTexts => {
            let search = op.filter.search.as_ref()?;
            let mut filter = op.filter.clone();
            filter.search = None;
            let mut systems = ask(state, ListAcsSystems::new(filter)).ok()?;
            systems.retain(|system| {
                search.is_in(&format!("{} {}", system.name, system.acs_system_id))
            });
            Some(Ok(ListAcsSystems::answer(systems)))
        }
        Operation::ListAccessGroups(op) if fault == Fault::SearchesDisplayNames => {
            let search = op.filter.search.as_ref()?;
            let mut filter = op.filter.clone();
            filter.search = None;
            let mut groups = ask(state, ListAccessGroups::new(filter)).ok()?;
            groups.retain(|group| op.filter.fits(group) || search.is_in(&group.display_name));
            Some(Ok(ListAccessGroups::answer(groups)))
        }
        Operation::UpdateEntrance(op) if fault == Fault::TrimsNamesOfUpdatedEntrances => {
            let mut update = op.update.clone();
            let trimmed = update.name.map(|name| name.as_str().trim().parse());
            update.name = trimmed.transpose().ok()?;
            answered::<UpdateEntrance>(Some(ask(state, UpdateEntrance::new(op.entrance, update))))
        }
        Operation::UpdateAccessGroup(op) if fault == Fault::SkipsUpdatesThatLookTheSame => {
            let known = state.access_group(op.group).ok()?.name.clone();
            let name = op.update.name.as_ref()?;
            let looks_the_same = names::are_same(&known, name.as_str());
            looks_the_same.then(|| Ok(UpdateAccessGroup::answer(())))
        }
        Operation::LinkAcsUser(op) if fault == Fault::EscapesNamesOfMadeIdentities => {
            let users = ask(state, GetAcsUser::new(op.user));
            let mut user = users.ok()?;
            user.full_name = user.full_name.map(|name| name.replace('&', "&amp;"));
            state.replace_user(user).ok()?;
            None
        }
        _ => None,
    }
}

/// `LIKE '%' || pattern || '%'`, without escapes.
fn is_like(text: &str, pattern: &str) -> bool {
    let (text, pattern) = (names::fold(text), names::fold(pattern));
    let mut rest = &*text;
    for part in pattern.split(['%', '_']) {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    true
}

fn kept(fault: Fault, text: ContactDetail) -> ContactDetail {
    match fault {
        Fault::TrimsPhoneNumbers => trimmed(text),
        Fault::CutsTexts => shorter(&text.as_str().chars().take(20).collect::<String>()),
        _ => text,
    }
}

fn trimmed(text: ContactDetail) -> ContactDetail {
    shorter(text.as_str().trim())
}

fn shorter(text: &str) -> ContactDetail {
    text.parse().expect("shorter than a valid one")
}

fn renamed(fault: Fault, state: &mut State, mut user: AcsUser) -> Result<AcsUser, Error> {
    let rename = |name: String| match fault {
        Fault::EscapesNames => name.replace('&', "&amp;").replace('<', "&lt;"),
        Fault::PadsNames => format!("{name} "),
        _ => name,
    };
    user.full_name = user.full_name.map(rename);
    state.replace_user(user.clone())?;
    Ok(user)
}

/// The list, without what a naive search does not find.
pub(super) fn spoiled(fault: Fault, operation: &Operation, reply: Reply) -> Reply {
    let finds = |search: &Option<SearchText>, texts: &[Option<&str>]| {
        let Some(search) = search else {
            return true;
        };
        let part = compared(fault, search.as_str());
        texts
            .iter()
            .flatten()
            .any(|text| compared(fault, text).contains(&part))
    };
    match (fault, operation) {
        (Fault::SearchesLettersAsTheyAre, Operation::ListAccessGroups(op)) => {
            edit::<ListAccessGroups>(reply, |groups| {
                groups.retain(|group| {
                    let id = group.acs_access_group_id.to_string();
                    finds(&op.filter.search, &[Some(&group.name), Some(&id)])
                });
            })
        }
        (Fault::ListsNamesWithoutLettersOfFourBytes, Operation::ListAccessGroups(_)) => {
            edit::<ListAccessGroups>(reply, |groups| {
                for group in groups {
                    group.name.retain(|letter| letter.len_utf8() < 4);
                }
            })
        }
        (Fault::SearchesOneNormalForm, Operation::ListAcsUsers(op)) => {
            edit::<ListAcsUsers>(reply, |page| {
                page.items.retain(|user| {
                    let id = user.acs_user_id.to_string();
                    let identity = user.user_identity_id.as_deref();
                    let of_identity = user.user_identity_full_name.iter().flatten();
                    let (name, phone) = (user.full_name.as_deref(), user.phone_number.as_deref());
                    let of_identity =
                        of_identity.chain(user.user_identity_phone_number.iter().flatten());
                    let of_identity = of_identity.map(|text| Some(text.as_str()));
                    let own = [
                        name,
                        phone,
                        user.email_address.as_deref(),
                        Some(&id),
                        identity,
                    ];
                    finds(
                        &op.filter.search,
                        &own.into_iter().chain(of_identity).collect::<Vec<_>>(),
                    )
                });
            })
        }
        (Fault::SearchesWithoutFullFolding, Operation::ListEntrances(op)) => {
            edit::<ListEntrances>(reply, |page| {
                page.items
                    .retain(|door| finds(&op.filter.search, &[Some(&door.display_name)]));
            })
        }
        _ => reply,
    }
}

/// A form of the text in which too few texts are the same.
fn compared(fault: Fault, text: &str) -> String {
    match fault {
        Fault::SearchesLettersAsTheyAre => text.to_ascii_lowercase(),
        Fault::SearchesOneNormalForm => text.to_lowercase(),
        // Simple folding keeps one letter one letter.
        _ => names::fold(&text.replace('ß', "\u{1}")),
    }
}
