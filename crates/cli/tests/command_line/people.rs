//! `users create`, `suspend`, `unsuspend` and `delete`.

use access_groups_in_memory::State;
use serde_json::Value;

use crate::harness::{ADA, GRACE, GYM, POOL, Site, run, serve_store};

fn state(site: &Site) -> State {
    State::from_site_json(&site.text()).expect("a whole site")
}

#[test]
fn created_user_has_all_attributes() {
    let site = Site::new();
    let create = [
        "users",
        "create",
        "--system",
        "main",
        "--name",
        "Alan Turing",
        "--email",
        "alan@example.com",
        "--phone",
        "+1 555",
        "--group",
        "gym",
        "--group",
        POOL,
        "--ends-at",
        "2999-01-01T00:00:00Z",
        "--starts-at",
        "2020-01-01T00:00:00Z",
    ];
    let created = run(&site.file(), &create).well();
    let mut lines = created.stdout.lines();
    assert_eq!(lines.next(), Some("Created Alan Turing in Main."));
    let id = lines.next().and_then(|line| line.strip_prefix("  id     "));
    let id = id.expect("an id").parse().expect("an id");
    assert_eq!(lines.next(), Some("  group  Gym, Pool"));
    let when = "  when   from 2020-01-01 00:00 until 2999-01-01 00:00 UTC";
    assert_eq!(lines.next(), Some(when));

    let state = state(&site);
    let user = state.acs_user(id).expect("there");
    assert_eq!(user.full_name.as_deref(), Some("Alan Turing"));
    assert_eq!(user.email_address.as_deref(), Some("alan@example.com"));
    assert_eq!(user.phone_number.as_deref(), Some("+1 555"));
    assert_eq!(state.groups_of(id).count(), 2);
    run(&site.file(), &["groups", "--user", "alan@example.com"]).well();
}

#[test]
fn created_user_is_json_over_http_too() {
    let site = Site::new();
    let (_server, address) = serve_store(&site.memory());
    let create = [
        "users", "create", "--system", "main", "--name", "Alan", "--group", "gym", "--format",
        "json",
    ];
    let document = run(&address, &create).well().json();
    assert_eq!(document["command"], "users create");
    assert_eq!(document["user"]["full_name"], "Alan");
    assert_eq!(document["user"]["acs_user_id"], document["acs_user_id"]);
    assert_eq!(document["acs_access_group_ids"], serde_json::json!([GYM]));
    let members = run(&address, &["members", "gym"]).well();
    assert!(members.stdout.contains("Alan"), "{members:?}");
}

#[test]
fn invalid_user_is_not_created() {
    let site = Site::new();
    let before = site.text();
    let create = |more: &[&str]| {
        let create = ["users", "create", "--system", "main", "--name", "Alan"];
        run(&site.file(), &[&create, more].concat())
    };
    create(&["--email", "alan at example"])
        .badly(64)
        .saying("expected the form local@domain.tld");
    create(&["--group", "sauna"])
        .badly(1)
        .saying("matches no group");
    create(&["--ends-at", "1999-01-01T00:00:00Z"])
        .badly(1)
        .saying("access cannot end on 1999-01-01 00:00 UTC: that is past");
    create(&["--ends-at", "2999-01-01", "--starts-at", "2999-01-02"])
        .badly(1)
        .saying("it starts on 2999-01-02 00:00 UTC");
    create(&["--starts-at", "tomorrow"]).badly(64);
    let nameless = ["users", "create", "--system", "main", "--name", " "];
    run(&site.file(), &nameless).badly(64).saying("full name");
    run(&site.file(), &["users", "create", "--name", "Alan"]).badly(64);
    assert_eq!(site.text(), before);
}

#[test]
fn changed_schedule_is_refused_in_local_time() {
    let site = Site::new();
    let before = site.text();
    let update = |more: &[&str]| run(&site.file(), &[&["users", "update", ADA], more].concat());
    update(&["--ends-at", "1999-01-01"])
        .badly(1)
        .saying("access cannot end on 1999-01-01 00:00 UTC: that is past")
        .saying("nothing has changed");
    update(&["--starts-at", "2999-01-02", "--ends-at", "2999-01-01"])
        .badly(1)
        .saying("it starts on 2999-01-02 00:00 UTC");
    assert_eq!(site.text(), before);
}

#[test]
fn suspension_is_reported_and_can_be_ended() {
    let site = Site::new();
    let suspend = |verb: &str, user: &str| run(&site.file(), &["users", verb, user]).well().stdout;
    let shut = "Suspended Ada Lovelace: no door opens until that ends.\n";
    assert_eq!(suspend("suspend", "ada lovelace"), shut);
    let again = "Ada Lovelace is suspended already; nothing changed.\n";
    assert_eq!(suspend("suspend", ADA), again);
    let ada = ADA.parse().expect("an id");
    let is_suspended = |site: &Site| state(site).acs_user(ada).expect("there").is_suspended;
    assert_eq!(is_suspended(&site), Some(true));
    assert!(
        state(&site).is_member(ada, GYM.parse().expect("an id")),
        "still a member"
    );
    assert_eq!(
        suspend("unsuspend", ADA),
        "Ada Lovelace is no longer suspended.\n"
    );
    assert_eq!(is_suspended(&site), Some(false));
    let again = "Ada Lovelace is not suspended; nothing changed.\n";
    assert_eq!(suspend("unsuspend", ADA), again);
}

#[test]
fn json_of_a_suspension_has_the_new_user() {
    let site = Site::new();
    let (_server, address) = serve_store(&site.memory());
    let run = |verb: &str| -> Value {
        run(&address, &["users", verb, GRACE, "--format", "json"])
            .well()
            .json()
    };
    for (verb, changed, suspended) in [
        ("suspend", false, true),
        ("unsuspend", true, false),
        ("suspend", true, true),
    ] {
        let document = run(verb);
        assert_eq!(document["command"], format!("users {verb}"));
        assert_eq!(document["acs_user_id"], GRACE);
        assert_eq!(document["changed"], changed);
        assert_eq!(document["user"]["is_suspended"], suspended);
    }
}

#[test]
fn deletion_without_terminal_needs_yes() {
    let site = Site::new();
    let before = site.text();
    run(&site.file(), &["users", "delete", ADA])
        .badly(64)
        .saying("--yes");
    assert_eq!(site.text(), before);
    let deleted = run(&site.file(), &["users", "delete", "ada lovelace", "--yes"]).well();
    assert_eq!(
        deleted.stdout,
        "Deleted Ada Lovelace, with all memberships.\n"
    );
    let state = state(&site);
    assert!(
        state
            .acs_user(ADA.parse::<access_groups_core::AcsUserId>().expect("an id"))
            .is_err()
    );
    assert_eq!(state.memberships().count(), 0);
    run(&site.file(), &["users", "delete", ADA, "--yes"])
        .badly(1)
        .saying("no ACS user");
}

#[test]
fn json_of_a_deletion_has_the_old_user() {
    let site = Site::new();
    let (_server, address) = serve_store(&site.memory());
    let delete = ["users", "delete", ADA, "--yes", "--format", "json"];
    let document = run(&address, &delete).well().json();
    assert_eq!(document["command"], "users delete");
    assert_eq!(document["acs_user_id"], ADA);
    assert_eq!(document["user"]["email_address"], "ada@example.com");
    run(&address, &delete).badly(1);
}

#[test]
fn memory_store_forgets_users() {
    let site = Site::new();
    let before = site.text();
    for arguments in [
        &["users", "create", "--system", "main", "--name", "Alan"][..],
        &["users", "suspend", ADA],
        &["users", "delete", ADA, "--yes"],
    ] {
        let done = run(&site.memory(), arguments).saying("forgets");
        assert_eq!(done.code, Some(0), "{done:?}");
    }
    assert_eq!(site.text(), before);
}
