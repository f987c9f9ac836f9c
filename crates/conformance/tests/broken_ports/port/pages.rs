//! Faults in lists of users, and in pages of any list.

use access_groups_core::{Error, Operation, Page, PageRequest, Reply};
use access_groups_in_memory::State;

use super::honest;
use crate::fault::Fault;

/// What the port does instead of what it should; `None` if this is no list in pages.
pub(super) fn instead(
    fault: Fault,
    state: &mut State,
    operation: &Operation,
) -> Option<Result<Reply, Error>> {
    let mut operation = operation.clone();
    if let Operation::ListAcsUsers(op) = &mut operation {
        match fault {
            Fault::UserListIgnoresAges => op.filter.created_before = None,
            Fault::UserListIgnoresAddresses => op.filter.identity_email_address = None,
            Fault::UserPagesAreTooLong => {
                op.page.limit = op.page.limit.map(|it| it.saturating_add(1));
            }
            _ => {}
        }
    }
    let page = page_of(&mut operation)?.clone();
    let answer = honest(state, operation.clone());
    let answer = match answer {
        Err(error) if error.code() == Some("mismatched_page_parameters") => match fault {
            Fault::AnyCursorWillDo => {
                page_of(&mut operation)?.cursor = None;
                honest(state, operation.clone())
            }
            Fault::CursorIsRefusedWithoutCode => Err(Error::invalid(error.message())),
            _ => Err(error),
        },
        answer => answer,
    };
    Some(answer.map(|reply| cut_wrongly(fault, &operation, &page, reply)))
}

fn cut_wrongly(fault: Fault, operation: &Operation, page: &PageRequest, reply: Reply) -> Reply {
    match (operation, reply) {
        (Operation::ListAcsUsers(op), Reply::AcsUserPage(mut users)) => {
            match (fault, &op.filter.search) {
                (Fault::UserPagesAreReversed, _) if page.limit.is_some() => users.items.reverse(),
                (Fault::UserSearchIgnoresIdentities, Some(text)) => users.items.retain(|it| {
                    let (id, name) = (it.acs_user_id.to_string(), it.full_name.as_deref());
                    let (email, phone) = (it.email_address.as_deref(), it.phone_number.as_deref());
                    let mut own = [Some(id.as_str()), name, email, phone]
                        .into_iter()
                        .flatten();
                    own.any(|it| text.is_in(it))
                }),
                (Fault::SkipsUsersBetweenPages, _) => skip(page, &mut users),
                _ => {}
            }
            users.into()
        }
        (_, Reply::EntrancePage(mut entrances)) => {
            if fault == Fault::SkipsEntrancesBetweenPages {
                skip(page, &mut entrances);
            }
            entrances.into()
        }
        (_, Reply::UserIdentityPage(mut identities)) => {
            if fault == Fault::SkipsIdentitiesBetweenPages {
                skip(page, &mut identities);
            }
            identities.into()
        }
        (_, reply) => reply,
    }
}

/// A later page begins one row too late.
fn skip<T>(page: &PageRequest, rows: &mut Page<T>) {
    if page.cursor.is_some() && !rows.items.is_empty() {
        rows.items.remove(0);
    }
}

fn page_of(operation: &mut Operation) -> Option<&mut PageRequest> {
    match operation {
        Operation::ListAcsUsers(op) => Some(&mut op.page),
        Operation::ListEntrances(op) => Some(&mut op.page),
        Operation::ListUserIdentities(op) => Some(&mut op.page),
        _ => None,
    }
}
