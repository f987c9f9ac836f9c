//! A site with more of everything than a page, a batch or a small counter holds.

use super::*;

/// More than 1,000, which is the most rows of a page, and more than 1,024.
pub(super) const MANY: usize = 1_100;

/// A building whose every list is long.
///
/// The caretaker is in every room of the main system, one after another, and the crowd in one hall
/// at once. The inspector is an identity with a user in every wing, each in a group of that wing.
pub(super) struct Tower {
    pub(super) site: Site,
    pub(super) main: AcsSystemId,
    pub(super) wings: Vec<AcsSystemId>,
    /// Linked to the inspector, and a member of every room.
    pub(super) caretaker: AcsUserId,
    pub(super) crowd: Vec<AcsUserId>,
    /// The inspector's users, one in each wing.
    pub(super) inspectors: Vec<AcsUserId>,
    /// Of the main system; the whole crowd is in it, and it holds every door.
    pub(super) hall: AccessGroupId,
    /// Of the main system; each holds one door.
    pub(super) rooms: Vec<AccessGroupId>,
    pub(super) doors: Vec<EntranceId>,
    /// Of the main system; every room holds it.
    pub(super) passage: EntranceId,
    /// One in each wing; each holds the wing's gate, and its member is the inspector's user there.
    pub(super) lodges: Vec<AccessGroupId>,
    pub(super) gates: Vec<EntranceId>,
    pub(super) inspector: UserIdentityId,
    /// Without users; each has a key, an address and a number of its own.
    pub(super) people: Vec<UserIdentityId>,
}

impl Tower {
    /// With this many of each.
    pub(super) fn of(many: usize) -> Self {
        let (mut site, main) = Site::with_one_system();
        let caretaker = site.user(main, "Caretaker");
        let hall = site.group(main, "Hall");
        let passage = site.entrance(main, "Passage");
        // Before the many, so that a search for those begins with a row that does not pass.
        site.identity("Stranger", None, None, &[]);
        let mut tower = Self {
            site,
            main,
            wings: Vec::new(),
            caretaker,
            crowd: Vec::new(),
            inspectors: Vec::new(),
            hall,
            rooms: Vec::new(),
            doors: Vec::new(),
            passage,
            lodges: Vec::new(),
            gates: Vec::new(),
            inspector: NO_IDENTITY,
            people: Vec::new(),
        };
        // The main system and the wings take turns: what passes a condition lies between what does
        // not, and a port that cuts before it filters loses rows.
        for number in 1..=many {
            tower.build_main(number);
            tower.build_wing(number);
        }
        for wing in &mut tower.site.systems[1..] {
            wing.connected_account_id = WINGS_ACCOUNT.to_string();
        }
        tower.site.members(hall, &tower.crowd);
        tower.site.holds(hall, &tower.doors);
        let users = [&tower.inspectors[..], &[caretaker]].concat();
        let (email, phone) = (Some(INSPECTOR_EMAIL), Some(INSPECTOR_PHONE));
        tower.inspector = tower.site.identity("Inspector", email, phone, &users);
        tower
    }

    fn build_main(&mut self, number: usize) {
        let (site, main) = (&mut self.site, self.main);
        let member = site.user_with(main, &format!("Guest {number}"), |user| {
            let user = user.with_email_address(email_of("guest", number));
            user.with_phone_number(phone_of("556", number))
        });
        self.crowd.push(member);
        let room = site.group(main, &format!("Room {number}"));
        let door = site.entrance(main, &format!("Door {number}"));
        let entrance = site.entrances.last_mut().expect("just made");
        entrance.connected_account_id = MAIN_ACCOUNT.to_string();
        entrance.space_ids = vec![GROUND_FLOOR.to_string()];
        site.members(room, &[self.caretaker]);
        site.holds(room, &[door, self.passage]);
        self.rooms.push(room);
        self.doors.push(door);
        let email = email_of("person", number);
        let phone = phone_of("555", number);
        let person = format!("Person {number}");
        let person = site.identity(&person, Some(&email), Some(&phone), &[]);
        let identity = site.identities.last_mut().expect("just made");
        identity.user_identity_key = Some(key_of(number).to_string());
        self.people.push(person);
    }

    fn build_wing(&mut self, number: usize) {
        let site = &mut self.site;
        let wing = site.system(&format!("Wing {number}"));
        let user = site.user(wing, &format!("Inspector {number}"));
        let lodge = site.group(wing, &format!("Lodge {number}"));
        let gate = site.entrance(wing, &format!("Gate {number}"));
        site.members(lodge, &[user]);
        site.holds(lodge, &[gate]);
        self.wings.push(wing);
        self.inspectors.push(user);
        self.lodges.push(lodge);
        self.gates.push(gate);
    }

    /// Every system, the main one first.
    pub(super) fn systems(&self) -> Vec<AcsSystemId> {
        [&[self.main], &self.wings[..]].concat()
    }

    /// What the caretaker can open, through as many groups as there are doors.
    pub(super) fn of_caretaker(&self) -> Vec<EntranceId> {
        [&self.doors[..], &[self.passage]].concat()
    }

    /// Every user of the inspector.
    pub(super) fn of_inspector(&self) -> Vec<AcsUserId> {
        [&self.inspectors[..], &[self.caretaker]].concat()
    }
}

/// As many as every adapter takes in one call.
pub(super) fn most<T>(ids: &[T]) -> &[T] {
    &ids[..ids.len().min(MAX_IDS)]
}

/// As many of these as every adapter takes in one call with the other one, which comes last.
pub(super) fn with_another<T: Copy>(ids: &[T], other: T) -> Vec<T> {
    [&ids[..ids.len().min(MAX_IDS - 1)], &[other]].concat()
}

pub(super) const WINGS_ACCOUNT: ConnectedAccountId = ConnectedAccountId::from_u128(0xc2);
pub(super) const MAIN_ACCOUNT: ConnectedAccountId = ConnectedAccountId::from_u128(0xc1);
pub(super) const GROUND_FLOOR: SpaceId = SpaceId::from_u128(0x5a);
pub(super) const INSPECTOR_EMAIL: &str = "inspector@example.com";
pub(super) const INSPECTOR_PHONE: &str = "+1 555 0199";

pub(super) fn email_of(who: &str, number: usize) -> String {
    format!("{who}-{number}@example.com")
}

pub(super) fn phone_of(area: &str, number: usize) -> String {
    format!("+1 {area} {number:07}")
}

pub(super) fn key_of(number: usize) -> UserIdentityKey {
    key(&format!("person-{number}"))
}
