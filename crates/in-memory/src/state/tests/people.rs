//! Indexes of people by address and number agree with a plain scan, whatever the letters are.

use access_groups_core::{
    AcsUserFilter, EmailAddress, NewUserIdentity, PageRequest, SearchText, names,
};
use fastrand::Rng;

use super::*;
use crate::index::Paged;

/// Addresses that are the same, and others that only look it.
const ADDRESSES: &[&str] = &[
    "ken@example.com",
    "KEN@example.com",
    "Ken@Example.com",
    "\u{212a}en@example.com", // the sign of kelvins
    "ｋｅｎ@example.com",
    "ken@example.com ",
    "isik@example.com",
    "ISIK@example.com",
    "ısık@example.com",
    "İSİK@example.com",
    "strasse@example.com",
    "straße@example.com",
    "zoe\u{308}@example.com",
    "zoë@example.com",
    "ZOË@example.com",
    "",
];

const NUMBERS: &[&str] = &["+1 555", "+1\u{a0}555", "+1555", "+１ 555", "+1 555 ", ""];

const SYSTEMS: [AcsSystemId; 2] = [AcsSystemId::from_u128(1), AcsSystemId::from_u128(2)];
const GROUPS: [AccessGroupId; 2] = [AccessGroupId::from_u128(1), AccessGroupId::from_u128(2)];

/// People who come, change and go at random.
struct Crowd {
    state: State,
    random: Rng,
    made: u128,
}

impl Crowd {
    fn new(seed: u64) -> Self {
        let mut state = State::new();
        for (system, group) in SYSTEMS.into_iter().zip(GROUPS) {
            let main = AcsSystem::new(system, "Main");
            state.insert_system(main).expect("fresh");
            let gym = AccessGroup::new(group, system, "Gym");
            state.insert_group(gym).expect("fresh");
        }
        let random = Rng::with_seed(seed);
        Self {
            state,
            random,
            made: 0,
        }
    }

    fn text(&mut self, texts: &[&str]) -> Option<String> {
        let text = self.random.choice(texts)?;
        self.random.bool().then(|| (*text).to_owned())
    }

    fn user(&mut self, id: AcsUserId, system: AcsSystemId) -> AcsUser {
        let mut user = AcsUser::new(id, system, "somebody");
        user.email_address = self.text(ADDRESSES);
        user.phone_number = self.text(NUMBERS);
        user.created_at = Timestamp::from_unix_seconds(self.random.u32(..4));
        user
    }

    fn identity(&mut self, id: UserIdentityId) -> UserIdentity {
        let mut identity = UserIdentity::new(id, "somebody");
        identity.email_address = self.text(ADDRESSES);
        identity.phone_number = self.text(NUMBERS);
        identity
    }

    fn some_user(&mut self) -> Option<AcsUser> {
        let users: Vec<_> = self.state.acs_users().cloned().collect();
        self.random.choice(users)
    }

    fn some_identity(&mut self) -> Option<UserIdentity> {
        let identities: Vec<_> = self.state.user_identities().cloned().collect();
        self.random.choice(identities)
    }

    /// One change, most often of somebody new.
    fn step(&mut self) {
        self.made += 1;
        let (user, identity) = (self.some_user(), self.some_identity());
        match (self.random.u8(..8), user, identity) {
            (0, Some(user), _) => {
                let mut changed = self.user(user.acs_user_id, user.acs_system_id);
                changed.user_identity_id = user.user_identity_id;
                self.state.replace_user(changed).expect("there");
            }
            (1, _, Some(identity)) => {
                let changed = self.identity(identity.user_identity_id);
                self.state.replace_identity(changed).expect("there");
            }
            (2, Some(user), _) => self.state.delete_user(user.acs_user_id).expect("there"),
            (3, _, Some(identity)) => {
                let id = identity.user_identity_id;
                self.state.delete_user_identity(id).expect("there");
            }
            (4, _, Some(identity)) => self.check_join(&identity),
            (5, ..) => self.check_creation(),
            (6, ..) => {
                let identity = self.identity(UserIdentityId::from_u128(self.made));
                self.state.insert_identity(identity).expect("fresh");
            }
            _ => {
                let system = SYSTEMS[self.random.usize(..2)];
                let user = self.user(AcsUserId::from_u128(self.made), system);
                self.state.insert_user(user).expect("fresh");
            }
        }
    }

    /// The identity joins as the user that a scan finds, or as a new one.
    fn check_join(&mut self, identity: &UserIdentity) {
        let id = identity.user_identity_id;
        let place = self.random.usize(..2);
        let (system, group) = (SYSTEMS[place], GROUPS[place]);
        let users: Vec<_> = self.state.acs_users().cloned().collect();
        let here = |user: &&AcsUser| user.acs_system_id == system;
        let linked = users.iter().filter(here);
        let linked = linked.filter(|user| identity_of(user) == Some(id));
        let free = || {
            let free = users.iter().filter(here);
            free.filter(|user| user.user_identity_id.is_none())
        };
        let by_email = free().filter(|user| is_same_email(user, identity));
        let by_phone = free().filter(|user| is_same(&user.phone_number, &identity.phone_number));
        let oldest = linked.min_by_key(|user| user.position());
        let oldest = oldest.or_else(|| by_email.min_by_key(|user| user.position()));
        let oldest = oldest.or_else(|| by_phone.min_by_key(|user| user.position()));

        self.state.join(id, group, NOW).expect("they are there");
        let joined = self.state.users_of_identity(id);
        let mut joined = joined.filter(|user| self.state.is_member(*user, group));
        let joined = joined.next().expect("a member");
        match oldest {
            Some(oldest) => assert_eq!(joined, oldest.acs_user_id, "{identity:?} {users:?}"),
            None => assert!(users.iter().all(|user| user.acs_user_id != joined)),
        }
    }

    /// A new identity is refused if a scan finds another with its address or number.
    fn check_creation(&mut self) {
        let (email, phone) = (self.text(ADDRESSES), self.text(NUMBERS));
        let mut new = NewUserIdentity::named("somebody".parse().expect("a name"));
        let email = email.and_then(|email| email.parse::<EmailAddress>().ok());
        new.email_address.clone_from(&email);
        new.phone_number = phone.as_ref().map(|phone| phone.parse().expect("short"));
        let email = email.map(String::from);
        let is_taken = self.state.user_identities().any(|other| {
            let (theirs, ours) = (other.email_address.as_deref(), email.as_deref());
            let same = theirs.zip(ours);
            same.is_some_and(|(theirs, ours)| names::are_same_address(theirs, ours))
                || is_same(&other.phone_number, &phone)
        });
        let created = self.state.create_user_identity(new, NOW);
        assert_eq!(created.is_err(), is_taken, "{email:?} {phone:?}");
    }

    /// Lists hold what a scan of everybody finds.
    fn check_lists(&mut self) {
        let contact = |text: Option<String>| text.map(|text| text.parse().expect("short"));
        let mut filter = AcsUserFilter::new();
        filter.identity_email_address = Some(contact(self.text(ADDRESSES)));
        if self.random.bool() {
            filter.identity_phone_number = Some(contact(self.text(NUMBERS)));
        }
        let search = self.text(ADDRESSES);
        let search = search.and_then(|text| text.parse::<SearchText>().ok());
        for filter in [
            filter,
            search.map_or_else(AcsUserFilter::new, |text| {
                AcsUserFilter::new().matching(text)
            }),
        ] {
            let mut scan: Vec<_> = self.state.acs_users().collect();
            scan.retain(|user| {
                let identity = identity_of(user);
                let identity = identity.and_then(|id| self.state.user_identity(id).ok());
                filter.fits(user, identity)
            });
            scan.sort_by_key(|user| user.position());
            let listed = self.state.acs_users_page(&filter, &PageRequest::first());
            let listed = listed.expect("a first page").items;
            assert!(listed.iter().eq(scan), "{filter:?}");
        }
    }
}

fn is_same_email(user: &AcsUser, identity: &UserIdentity) -> bool {
    let both = (&user.email_address, &identity.email_address);
    matches!(both, (Some(one), Some(other)) if !one.is_empty() && names::are_same_address(one, other))
}

/// Exactly; an empty text is nobody's.
fn is_same(one: &Option<String>, other: &Option<String>) -> bool {
    one == other && one.as_ref().is_some_and(|text| !text.is_empty())
}

#[test]
#[expect(clippy::print_stdout, reason = "the seed repeats the run")]
fn indexes_agree_with_a_plain_scan() {
    for seed in 0..200 {
        println!("seed {seed}");
        let mut crowd = Crowd::new(seed);
        for _ in 0..100 {
            crowd.step();
            crowd.check_lists();
        }
    }
}
