//! Addresses, numbers and keys: which of them are the same.

use super::{
    lookalikes::{FAMILIES, Family, Kind},
    *,
};

/// Neither when the identity joins a group, nor for a grant, nor when it is created; and among many
/// who only look like them, the user with the same address or number is found.
pub(crate) fn an_address_that_only_looks_alike_links_nobody(bench: &Bench<'_>) -> Checked {
    let mut site = Site::default();
    let crowds: Vec<_> = FAMILIES
        .iter()
        .map(|family| {
            let crowds = [false, true].map(|has_same| Crowd::of(&mut site, family, has_same));
            (family, crowds)
        })
        .collect();
    // A call can only make an identity whose address nobody has.
    let without_identities = site.clone();
    let identities = FAMILIES.iter().map(|family| {
        let id = site.identity("Nameless", None, None, &[]);
        if let Some(identity) = site.identities.last_mut() {
            family.kind.give_to(identity, family.base);
        }
        id
    });
    let identities: Vec<_> = identities.collect();

    for grants in [false, true] {
        let case = Case::open(bench, &site);
        for ((family, crowds), identity) in crowds.iter().zip(&identities) {
            for crowd in crowds {
                let call: Operation = match grants {
                    false => add(*identity, crowd.group),
                    true => GrantAccess::new(*identity, crowd.entrance).into(),
                };
                if case.must_succeed(&call)?.is_some() {
                    crowd.must_have_linked(&case, family, call.name(), *identity)?;
                }
            }
        }
    }
    let case = Case::open(bench, &without_identities);
    for (family, crowds) in &crowds {
        let Some(mut draft) = family.kind.draft(family.base) else {
            continue;
        };
        draft.systems = crowds.each_ref().map(|crowd| crowd.system).to_vec();
        let Some(made) = case.look(CreateUserIdentity::new(draft))? else {
            return Ok(());
        };
        for crowd in crowds {
            crowd.must_have_linked(&case, family, "CreateUserIdentity", made.user_identity_id)?;
        }
    }
    Ok(())
}

/// The users of one system, the oldest of whom only look like an identity.
struct Crowd {
    system: AcsSystemId,
    group: AccessGroupId,
    entrance: EntranceId,
    strangers: Vec<(AcsUserId, &'static str)>,
    /// The user with the same address or number, if there is one.
    same: Option<(AcsUserId, &'static str)>,
}

impl Crowd {
    fn of(site: &mut Site, family: &Family, has_same: bool) -> Self {
        let system = site.system("Main");
        let mut user = |text: &'static str| {
            let id = site.user_with(system, "Nameless", |user| match family.kind {
                Kind::Email => user.with_email_address(text),
                Kind::Key | Kind::Phone => user.with_phone_number(text),
            });
            (id, text)
        };
        let strangers = family.others.iter().map(|text| user(text)).collect();
        let same = has_same.then(|| {
            let mut same = family.same().map(&mut user);
            let oldest = same.next();
            same.for_each(drop);
            oldest
        });
        Self {
            system,
            group: site.group(system, "Gym"),
            entrance: site.entrance(system, "Door"),
            strangers,
            same: same.flatten(),
        }
    }

    fn must_have_linked(
        &self,
        case: &Case<'_>,
        family: &Family,
        how: &str,
        identity: UserIdentityId,
    ) -> Checked {
        let by_identity = AcsUserSelector::of(identity, self.system);
        let Some(linked) = case.look(GetAcsUser::new(by_identity))? else {
            return Ok(());
        };
        let linked = linked.acs_user_id;
        let base = family.base;
        if let Some((_, text)) = self.strangers.iter().find(|(user, _)| *user == linked) {
            return Err(case.broken(format!(
                "{how} linked an identity with {base:?} to a user with {text:?}, which only looks like \
                 it"
            )));
        }
        let Some((expected, text)) = self.same else {
            return Ok(());
        };
        let why = format!(
            "{how} must link an identity with {base:?} to {expected}, who has {text:?}, not to \
             {linked}"
        );
        case.must(linked == expected, &why)
    }
}

/// In conflicts, whether created or updated; when an identity is read by key, or made by it; and in
/// the filters by address and number.
pub(crate) fn a_key_address_or_number_that_only_looks_alike_is_another_one(
    bench: &Bench<'_>,
) -> Checked {
    let site = Site::default();
    let case = Case::open(bench, &site);
    for kind in [Kind::Key, Kind::Email, Kind::Phone] {
        others_are_free_to_create(&case, kind)?;
        others_are_free_to_set(bench, kind)?;
    }
    keys_find_their_own(bench)?;
    filters_find_the_same(bench, Kind::Email)?;
    filters_find_the_same(bench, Kind::Phone)
}

fn others_are_free_to_create(case: &Case<'_>, kind: Kind) -> Checked {
    let mut taken: Vec<String> = Vec::new();
    for text in kind.texts() {
        let Some(draft) = kind.draft(&text) else {
            continue;
        };
        if taken.iter().any(|known| kind.are_same(known, &text)) {
            case.refused(CreateUserIdentity::new(draft), ErrorKind::Conflict)?;
        } else if case.look(CreateUserIdentity::new(draft))?.is_some() {
            taken.push(text);
        }
    }
    Ok(())
}

/// The other way round: what was compared with another text comes before it now.
fn others_are_free_to_set(bench: &Bench<'_>, kind: Kind) -> Checked {
    let mut site = Site::default();
    let texts = kind.texts();
    let identities = texts
        .iter()
        .map(|_| site.identity("Nameless", None, None, &[]));
    let identities: Vec<_> = identities.collect();
    let case = Case::open(bench, &site);
    let mut taken: Vec<String> = Vec::new();
    for (identity, text) in identities.into_iter().zip(texts).rev() {
        let Some(update) = kind.update(&text) else {
            continue;
        };
        let call = UpdateUserIdentity::new(identity, update);
        if taken.iter().any(|known| kind.are_same(known, &text)) {
            case.refused(call, ErrorKind::Conflict)?;
        } else if case.look(call)?.is_some() {
            taken.push(text);
        }
    }
    Ok(())
}

/// Every second key is somebody's; for each of the others, a user is linked to a new identity.
fn keys_find_their_own(bench: &Bench<'_>) -> Checked {
    let (mut site, main) = Site::with_one_system();
    let keys = Kind::Key.texts();
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for (number, text) in keys.into_iter().enumerate() {
        if number % 2 == 0 {
            let identity = site.identity("Nameless", None, None, &[]);
            if let Some(identity) = site.identities.last_mut() {
                Kind::Key.give_to(identity, &text);
            }
            known.push((key(&text), identity));
        } else {
            unknown.push((key(&text), site.user(main, "Nameless")));
        }
    }
    let case = Case::open(bench, &site);
    for (key, _) in &unknown {
        case.refused(GetUserIdentity::new(key.clone()), ErrorKind::NotFound)?;
    }
    for (key, user) in &unknown {
        if case.look(LinkAcsUser::new(*user, key.clone()))?.is_none() {
            break;
        }
        if let Some(made) = case.look(GetUserIdentity::new(key.clone()))? {
            let users = IdentitySeen::from(&made).users;
            let what = format!("the users of the identity that {:?} has made", key.as_str());
            case.must_equal(&what, &users, &[*user])?;
        }
    }
    for (key, identity) in known {
        if let Some(found) = case.look(GetUserIdentity::new(key.clone()))? {
            let found = found.user_identity_id;
            let key = key.as_str();
            let why = format!("the key {key:?} is that of {identity}, not of {found}");
            case.must(found == identity, &why)?;
        }
    }
    Ok(())
}

fn filters_find_the_same(bench: &Bench<'_>, kind: Kind) -> Checked {
    let (mut site, main) = Site::with_one_system();
    let texts = kind.texts();
    let mut linked: Vec<(&str, AcsUserId)> = Vec::new();
    for text in &texts {
        if linked.iter().any(|(known, _)| kind.are_same(known, text)) {
            continue;
        }
        let user = site.user(main, "Nameless");
        let (email, phone) = match kind {
            Kind::Email => (Some(&**text), None),
            Kind::Key | Kind::Phone => (None, Some(&**text)),
        };
        site.identity("Nameless", email, phone, &[user]);
        linked.push((text, user));
    }
    let case = Case::open(bench, &site);
    for text in &texts {
        let asked = Some(Some(contact(text)));
        let mut filter = AcsUserFilter::new();
        match kind {
            Kind::Email => filter.identity_email_address = asked,
            Kind::Key | Kind::Phone => filter.identity_phone_number = asked,
        }
        let with_the_same = linked
            .iter()
            .filter(|(known, _)| kind.are_same(known, text));
        let expected: Vec<_> = with_the_same.map(|(_, user)| *user).collect();
        case.must_list(&users_that(filter), &expected)?;
    }
    Ok(())
}
