//! Users: made, found, changed and deleted.

use access_groups_core::{
    AcsSystemId, AcsUserFilter, AcsUserId, AcsUserSelector, AcsUserUpdate, ClosedSchedule,
    ErrorKind, NewAcsUser, NewSchedule, Patch, Timestamp, UserIdentityId,
};

use super::{FreeUser, Oracle, Refusals, is_found, refused, unknown};
use crate::{
    answer::{Answer, ContactSeen, ScheduleSeen, UserSeen},
    time::is_far_off,
};

/// When users are created, as long as nobody has read it.
pub(super) const SOME_DAY: Timestamp = Timestamp::from_unix_seconds(2_000_000_000);

impl Oracle {
    pub(super) fn create_user(&mut self, new: &NewAcsUser) -> Result<Answer, Refusals> {
        let mut refusals = Vec::new();
        refusals.extend(self.system(new.system).err().unwrap_or_default());
        if let Some(identity) = new.identity {
            refusals.extend(self.look_at(identity.into()).err().unwrap_or_default());
            let linked = self.linked_in(identity, new.system);
            refusals.extend(linked.map(|_| refused(ErrorKind::Conflict)));
        }
        for group in &new.groups {
            match self.group(*group) {
                Ok(group) if group.system == new.system => {}
                Ok(_) => refusals.push(refused(ErrorKind::Invalid)),
                Err(unknown) => refusals.extend(unknown),
            }
        }
        if !new.access_schedule.is_none_or(ends_well) {
            refusals.push(refused(ErrorKind::Invalid));
        }
        if !refusals.is_empty() {
            return Err(refusals);
        }
        let name_and_age = FreeUser {
            name: true,
            created_at: true,
            ..FreeUser::default()
        };
        let id = self.make_user(new.system, new.identity, name_and_age);
        if let Some(user) = self.users.get_mut(&id) {
            user.full_name = Some(new.full_name.to_string());
            user.email = new.email_address.as_ref().map(ToString::to_string);
            user.phone.clone_from(&new.phone_number);
            user.schedule = new.access_schedule.and_then(schedule_seen);
        }
        self.members
            .extend(new.groups.iter().map(|group| (id, *group)));
        Ok(self.users_that(|it| it.id == id))
    }

    /// A user of whom nothing else is known yet.
    pub(super) fn make_user(
        &mut self,
        system: AcsSystemId,
        identity: Option<UserIdentityId>,
        free: FreeUser,
    ) -> AcsUserId {
        let id = AcsUserId::from_u128(self.placeholder());
        let user = UserSeen {
            id,
            system,
            name: String::new(),
            full_name: None,
            email: None,
            phone: None,
            suspended: false,
            schedule: None,
            hid_system: None,
            created_at: SOME_DAY,
            identity,
            of_identity: ContactSeen::default(),
        };
        self.users.insert(id, user);
        self.free_users.insert(id, free);
        id
    }

    /// The user who is meant.
    pub(super) fn find(&self, user: AcsUserSelector) -> Result<AcsUserId, Refusals> {
        match user {
            AcsUserSelector::Id(id) => {
                self.look_at(id.into())?;
                Ok(id)
            }
            AcsUserSelector::Identity { identity, system } => {
                self.look_at(identity.into())?;
                self.system(system)?;
                let linked = self.linked_in(identity, system);
                linked.ok_or_else(|| vec![refused(ErrorKind::NotFound)])
            }
        }
    }

    pub(super) fn update_user(
        &mut self,
        user: AcsUserSelector,
        update: &AcsUserUpdate,
    ) -> Result<Answer, Refusals> {
        let found = self.find(user);
        let mut refusals = found.clone().err().unwrap_or_default();
        if matches!(update.access_schedule, Patch::Set(schedule) if !is_sound(schedule)) {
            refusals.push(refused(ErrorKind::Invalid));
        }
        let (Ok(id), true) = (found, refusals.is_empty()) else {
            return Err(refusals);
        };
        let Some(known) = self.users.get_mut(&id) else {
            return Err(unknown(id));
        };
        let free = self.free_users.entry(id).or_default();
        if let Some(name) = &update.full_name {
            known.full_name = Some(name.to_string());
            free.full_name = false;
            // The name to show may follow, or not.
            free.name = true;
        }
        if let Some(email) = &update.email_address {
            known.email = Some(email.to_string());
            free.email = false;
        }
        if let Some(phone) = &update.phone_number {
            known.phone = Some(phone.clone());
            free.phone = false;
        }
        if let Some(system) = update.hid_acs_system {
            known.hid_system = Some(system.to_string());
        }
        let schedule = update.access_schedule.map(|it| ScheduleSeen {
            starts_at: it.starts_at,
            ends_at: Some(it.ends_at),
        });
        schedule.apply(&mut known.schedule);
        Ok(Answer::Done)
    }

    pub(super) fn set_suspended(
        &mut self,
        user: AcsUserSelector,
        suspended: bool,
    ) -> Result<Answer, Refusals> {
        let user = self.find(user)?;
        if let Some(known) = self.users.get_mut(&user) {
            known.suspended = suspended;
        }
        Ok(Answer::Done)
    }

    pub(super) fn forget_user(&mut self, user: AcsUserId) {
        self.users.remove(&user);
        self.members.retain(|(member, _)| *member != user);
        self.grants.retain(|(holder, _)| *holder != user);
    }

    pub(super) fn passes(&self, user: &UserSeen, filter: &AcsUserFilter) -> bool {
        let identity = user.identity.and_then(|it| self.identities.get(&it));
        let in_small_letters = |it: &Option<String>| it.as_ref().map(|it| it.to_lowercase());
        let email = identity.map(|it| in_small_letters(&it.contact.email));
        let phone = identity.map(|it| it.contact.phone.clone());
        let (id, identity_id) = (user.id.to_string(), user.identity.map(|it| it.to_string()));
        let of_identity = identity.map(|it| &it.contact);
        let texts = [
            user.full_name.as_ref(),
            user.email.as_ref(),
            user.phone.as_ref(),
            Some(&id),
            identity_id.as_ref(),
            of_identity.and_then(|it| it.name.as_ref()),
            of_identity.and_then(|it| it.phone.as_ref()),
        ];
        let texts = || texts.into_iter().flatten().map(String::as_str);
        let email_wanted = filter.identity_email_address.as_ref().map(in_small_letters);
        filter.system.is_none_or(|it| user.system == it)
            && filter.identity.is_none_or(|it| user.identity == Some(it))
            && email_wanted.is_none_or(|it| email == Some(it))
            && (filter.identity_phone_number.is_none() || phone == filter.identity_phone_number)
            && filter.created_before.is_none_or(|it| user.created_at < it)
            && filter
                .search
                .as_ref()
                .is_none_or(|it| is_found(it, texts()))
    }
}

fn schedule_seen(schedule: NewSchedule) -> Option<ScheduleSeen> {
    Some(ScheduleSeen {
        starts_at: schedule.starts_at?,
        ends_at: schedule.ends_at,
    })
}

fn ends_well(schedule: NewSchedule) -> bool {
    let starts_at = schedule.starts_at.unwrap_or(Timestamp::MIN);
    let ends_at = schedule.ends_at;
    ends_at.is_none_or(|ends_at| is_sound(ClosedSchedule { starts_at, ends_at }))
}

/// It ends after it starts, and in the future: the kit knows no time between long ago and far
/// off.
fn is_sound(schedule: ClosedSchedule) -> bool {
    schedule.starts_at < schedule.ends_at && is_far_off(schedule.ends_at)
}
