//! Sites that nobody would make, and that every store takes.

use access_groups_core::{
    AccessGroupPortExt, AccessGroups, AcsUserFilter, AcsUserId, AcsUserUpdate, AcsUsers, Context,
    NewAcsUser, NewUserIdentity, PageRequest, Patch, UserIdentities, UserIdentityFilter,
    UserIdentityKey, UserIdentityUpdate,
};
use access_groups_in_memory::SiteBuilder;
use access_groups_postgres::{Database, HistoryFilter, Postgres, SqlStore};

use super::opened;

async fn database() -> Database {
    let settings = opened::settings().await;
    Database::connect(&settings).await.expect("connected")
}

/// A site file may name several things by one id, as long as they are of different kinds.
#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn one_id_of_two_kinds_is_no_conflict() {
    let mut site = SiteBuilder::new();
    let ada = site.user("Ada");
    let identity = site.identity("Ada", [ada]);
    let site = site.build_state().to_site_json();
    let site = site.replace(&ada.to_string(), &identity.to_string());
    let port = opened::filled(&database().await, &site).await;
    let ada: AcsUserId = identity.to_string().parse().expect("an id");
    // The rows are written at different times, so that one is not as the other.
    for number in 0..3 {
        let name = format!("User {number}").parse().expect("a name");
        let update = AcsUserUpdate {
            full_name: Some(name),
            ..AcsUserUpdate::default()
        };
        port.update_acs_user(ada, update).await.expect("the user");
    }
    let update = UserIdentityUpdate {
        full_name: Patch::Set("Ada Lovelace".parse().expect("a name")),
        ..UserIdentityUpdate::default()
    };
    port.update_user_identity(identity, update)
        .await
        .expect("the identity");
    port.delete_user_identity(identity).await.expect("both");
}

/// What has an index is found by it, however long it is and however little it can be compressed.
#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask postgres"]
async fn longest_texts_are_found_by() {
    let mut site = SiteBuilder::new();
    let (system, gym) = (site.system(), site.group("Gym"));
    let port = opened::built(&database().await, site).await;
    let mut texts = Texts(fastrand::Rng::with_seed(14));
    let (key, actor) = (texts.any(1_000), texts.any(5_000));
    let [email, other_email] = [texts.email(), texts.email()];
    let [phone, other_phone] = [texts.any(1_000), texts.any(1_000)];
    let new = NewUserIdentity {
        key: Some(key.parse().expect("a key")),
        email_address: Some(email.parse().expect("an address")),
        phone_number: Some(phone.parse().expect("a number")),
        ..NewUserIdentity::named(texts.any(1_000).parse().expect("a name"))
    };
    let identity = port.create_user_identity(new.clone()).await;
    let identity = identity.expect("created").user_identity_id;
    let again = port.create_user_identity(new).await;
    again.expect_err("the values are taken");
    let key: UserIdentityKey = key.parse().expect("a key");
    let found = port.user_identity(key.clone()).await.expect("found");
    assert_eq!(found.user_identity_id, identity);
    // By a key of which another one is the beginning, nobody is found.
    let longer = format!("{}x", &key.as_str()[..key.as_str().len() - 4]);
    let longer: UserIdentityKey = longer.parse().expect("a key");
    port.user_identity(longer).await.expect_err("nobody");

    let mut new = NewAcsUser::new(system, texts.any(1_000).parse().expect("a name"));
    new.email_address = Some(other_email.parse().expect("an address"));
    new.phone_number = Some(other_phone.parse().expect("a number"));
    let user = port.create_acs_user(new).await.expect("created");
    assert_eq!(count(&port, &other_email).await, 1);
    assert_eq!(count(&port, &phone).await, 0, "it is no user's");
    port.link_acs_user(user.acs_user_id, key)
        .await
        .expect("linked");
    assert_eq!(count(&port, &phone).await, 1, "it is the user's identity's");
    let filter = UserIdentityFilter::new().matching(email.parse().expect("a search"));
    let page = port.user_identities(filter, PageRequest::first()).await;
    assert_eq!(page.expect("read").items.len(), 1);

    let named = port.with_context(Context::new().with_actor(&*actor));
    named.add_user(user.acs_user_id, gym).await.expect("added");
    let mut filter = HistoryFilter::default();
    filter.actor = Some(actor);
    let lines = port.database().history(port.workspace_id(), &filter).await;
    assert_eq!(lines.expect("read").len(), 1);
    let problems = port.database().check().await.expect("checked");
    assert_eq!(problems, Vec::<String>::new());
}

/// How many users a search finds.
async fn count(port: &Postgres, text: &str) -> usize {
    let filter = AcsUserFilter::new().matching(text.parse().expect("a search"));
    let page = port.acs_users(filter, PageRequest::first()).await;
    page.expect("read").items.len()
}

/// Random texts, which nothing can compress.
struct Texts(fastrand::Rng);

impl Texts {
    /// Of so many characters, four bytes each.
    fn any(&mut self, length: usize) -> String {
        let letters = (0..length).map(|_| self.0.char('\u{20000}'..='\u{2a6df}'));
        letters.collect()
    }

    fn email(&mut self) -> String {
        let letters: String = (0..988).map(|_| self.0.alphanumeric()).collect();
        format!("{letters}@example.com")
    }
}
