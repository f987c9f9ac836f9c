//! Systems, entrances, and who was granted one.

use access_groups_core::{
    AcsSystemFilter, AcsSystemId, EntranceFilter, EntranceId, UserIdentityId, UserRef,
};

use super::{Oracle, Refusals, is_found, unknown};
use crate::answer::{Answer, EntranceSeen, SystemSeen};

/// The filters of the sequences name systems, entrances and texts only.
impl Oracle {
    pub(super) fn system(&self, system: AcsSystemId) -> Result<&SystemSeen, Refusals> {
        self.systems.get(&system).ok_or_else(|| unknown(system))
    }

    pub(super) fn entrance(&self, entrance: EntranceId) -> Result<&EntranceSeen, Refusals> {
        let known = self.entrances.get(&entrance);
        known.ok_or_else(|| unknown(entrance))
    }

    pub(super) fn list_systems(&self, filter: &AcsSystemFilter) -> Answer {
        let passes = |system: &&SystemSeen| {
            let id = system.id.to_string();
            let text = filter.search.as_ref();
            text.is_none_or(|it| is_found(it, [&*system.name, &*id]))
        };
        Answer::Systems(self.systems.values().filter(passes).cloned().collect())
    }

    pub(super) fn list_entrances(&self, filter: &EntranceFilter) -> Answer {
        self.entrances_that(|entrance| {
            let among = filter.entrances.as_ref();
            let text = filter.search.as_ref();
            filter.system.is_none_or(|it| entrance.system == it)
                && among.is_none_or(|it| it.contains(&entrance.id))
                && text.is_none_or(|it| is_found(it, [&*entrance.name]))
        })
    }

    pub(super) fn grant(
        &mut self,
        user: UserRef,
        entrance: EntranceId,
    ) -> Result<Answer, Refusals> {
        self.look_at(user)?;
        let system = self.entrance(entrance)?.system;
        let user = self.user_in(user, system)?;
        self.grants.insert((user, entrance));
        Ok(Answer::Done)
    }

    pub(super) fn systems_of(&self, identity: UserIdentityId) -> Result<Answer, Refusals> {
        self.look_at(identity.into())?;
        let systems = self.systems.values();
        let has_user = |it: &&SystemSeen| self.linked_in(identity, it.id).is_some();
        Ok(Answer::Systems(systems.filter(has_user).cloned().collect()))
    }
}
