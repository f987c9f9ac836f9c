//! Users: created, found, changed and deleted.

use super::*;

impl Oracle {
    pub(super) fn create_user(&mut self, new: &NewAcsUser) -> Result<Answer, Refusals> {
        // The contract orders few of these checks, so all refusals are collected.
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
        if !new
            .access_schedule
            .is_none_or(|schedule| self.ends_well(schedule))
        {
            refusals.push(refused(ErrorKind::Invalid));
        }
        none_of(of_creation(refusals))?;
        // The display name need not be the full name.
        let name_and_age = FreeUser {
            name: true,
            created_at: true,
            ..FreeUser::default()
        };
        let id = self.make_user(new.system, new.identity, name_and_age);
        if let Some(user) = self.users.get_mut(&id) {
            user.full_name = Some(new.full_name.to_string());
            user.email = new.email_address.as_ref().map(ToString::to_string);
            user.phone = new.phone_number.as_ref().map(ToString::to_string);
            user.schedule = new.access_schedule.and_then(schedule_seen);
        }
        self.members
            .extend(new.groups.iter().map(|group| (id, *group)));
        Ok(self.users_that(|user| user.id == id))
    }

    /// Adds a user of whom nothing else is known yet.
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
            created_at: NOW,
            identity,
            of_identity: ContactSeen::default(),
            issues: Issues::new(),
        };
        self.users.insert(id, user);
        self.free_users.insert(id, free);
        id
    }

    pub(super) fn known(&mut self, user: AcsUserId) -> Result<&mut UserSeen, Refusals> {
        self.users.get_mut(&user).ok_or_else(|| unknown(user))
    }

    /// The user that the selector names.
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
        // An unknown user with a bad schedule may be refused for either.
        if matches!(update.access_schedule, Patch::Set(schedule) if !self.is_sound(schedule)) {
            refusals.push(refused(ErrorKind::Invalid));
        }
        none_of(refusals)?;
        let id = found?;
        self.known(id)?.update(update);
        let free = self.free_users.entry(id).or_default();
        // What a call has set is no longer the adapter's choice.
        free.full_name &= update.full_name.is_none();
        free.email &= update.email_address.is_none();
        free.phone &= update.phone_number.is_none();
        // Whether the display name follows is the adapter's choice.
        free.name |= update.full_name.is_some();
        Ok(Answer::Done)
    }

    pub(super) fn set_suspended(
        &mut self,
        user: AcsUserSelector,
        suspended: bool,
    ) -> Result<Answer, Refusals> {
        let user = self.find(user)?;
        self.known(user)?.suspended = suspended;
        Ok(Answer::Done)
    }

    pub(super) fn forget_user(&mut self, user: AcsUserId) {
        self.users.remove(&user);
        self.members.retain(|(member, _)| *member != user);
        self.grants.retain(|(holder, _)| *holder != user);
    }

    pub(super) fn passes(&self, user: &UserSeen, filter: &AcsUserFilter) -> bool {
        let of_identity = self.contact_of(user.identity);
        // A condition on an identity's address holds for nobody without an identity.
        let has_email = |wanted: &Option<ContactDetail>| {
            let wanted = in_small_letters(&wanted.as_ref().map(ToString::to_string));
            let fits =
                |contact: &ContactSeen| is_wanted(&wanted, &in_small_letters(&contact.email));
            of_identity.as_ref().is_some_and(fits)
        };
        let has_phone = |wanted: &Option<ContactDetail>| {
            let wanted = wanted.as_ref().map(ToString::to_string);
            let fits = |contact: &ContactSeen| is_wanted(&wanted, &contact.phone);
            of_identity.as_ref().is_some_and(fits)
        };
        let none = ContactSeen::default();
        let of_identity = of_identity.as_ref().unwrap_or(&none);
        let id = Some(user.id.to_string());
        let identity_id = user.identity.map(|identity| identity.to_string());
        let texts = [
            &user.full_name,
            &user.email,
            &user.phone,
            &id,
            &identity_id,
            &of_identity.name,
            &of_identity.phone,
        ];
        let texts = texts.into_iter().flatten().map(String::as_str);
        let search = filter.search.as_ref();
        let (identity, before) = (filter.identity, filter.created_before);
        filter.system.is_none_or(|system| user.system == system)
            && identity.is_none_or(|identity| user.identity == Some(identity))
            && filter.identity_email_address.as_ref().is_none_or(has_email)
            && filter.identity_phone_number.as_ref().is_none_or(has_phone)
            && before.is_none_or(|before| user.created_at < before)
            && search.is_none_or(|text| is_found(text, texts))
    }
}

/// Whether an identity with this address or number meets the condition; an empty one is as good as
/// none, and nobody has it.
fn is_wanted(wanted: &Option<String>, actual: &Option<String>) -> bool {
    let actual = actual.as_ref().filter(|actual| !actual.is_empty());
    wanted.as_ref() == actual
}

pub(super) fn schedule_seen(schedule: NewSchedule) -> Option<ScheduleSeen> {
    let mut made = AccessSchedule::new(schedule.starts_at?);
    made.ends_at = schedule.ends_at;
    Some(made.into())
}
