//! A served store as the tests see it: asked through the API by code of its own, and what it logs.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::office::{Change, Memberships, Office};
use crate::{
    faults,
    harness::{KEY, Running, binary},
};

/// A living `access-groups serve`.
pub(super) struct Served {
    server: Running,
    pub(super) address: String,
}

impl Served {
    /// Serves this store, with these faults if there are any.
    pub(super) fn start(store: &str, faults: Option<&str>) -> Self {
        let listen = ["serve", "--listen", "127.0.0.1:0", "--log", "json"];
        let mut command = binary(&listen);
        command
            .args(["--store", store])
            .env("ACCESS_GROUPS_API_KEY", KEY);
        if let Some(faults) = faults {
            command.args(["--faults", faults]);
        }
        let mut server = Running::start(command);
        let line = server.line();
        let address = line.strip_prefix("listening on ").expect("an address");
        let address = address.trim_end().to_owned();
        Self { server, address }
    }

    /// Ends it: every change that it has made, by its own log.
    pub(super) fn end(self) -> BTreeSet<Change> {
        self.server.signal("TERM");
        let ended = self.server.end();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let mut made = BTreeSet::new();
        for line in ended.stderr.lines().filter(|line| line.starts_with('{')) {
            let line: Value = serde_json::from_str(line).expect("JSON");
            // The store has made it where only the answer is lost.
            if !matches!(line["outcome"].as_str(), Some("ok" | "answer_lost")) {
                continue;
            }
            let adds = match line["operation"].as_str() {
                Some("add_user") => true,
                Some("remove_user") => false,
                _ => continue,
            };
            let ids = line["ids"].as_array().expect("ids");
            let id = |place: usize| {
                let text = ids[place].as_str().expect("text");
                text.rsplit(' ').next().expect("an id").to_owned()
            };
            let change = Change {
                adds,
                person: id(0),
                group: id(1),
            };
            made.insert(change);
        }
        made
    }
}

/// Everybody who is in a group of the office.
pub(super) fn memberships(address: &str, office: &Office) -> Memberships {
    let mut all = Memberships::new();
    for group in &office.groups {
        let asked = json!({"acs_access_group_id": group.id});
        let answer = post(address, "/acs/access_groups/list_users", &asked);
        for user in answer["acs_users"].as_array().expect("users") {
            all.insert((group.id.clone(), office.person_of(user)));
        }
    }
    all
}

/// Makes a change, as somebody else.
pub(super) fn change(address: &str, change: &Change) {
    let path = match change.adds {
        true => "/acs/users/add_to_access_group",
        false => "/acs/users/remove_from_access_group",
    };
    let asked = json!({"acs_access_group_id": change.group, "acs_user_id": change.person});
    // A second writer meets the faults, too.
    for _ in 0..20 {
        if let Some(answer) = try_post(address, path, &asked) {
            assert_eq!(answer["ok"], true, "{answer}");
            return;
        }
    }
    panic!("no answer in 20 attempts");
}

/// Asks until there is an answer.
pub(super) fn post(address: &str, path: &str, body: &Value) -> Value {
    let answer = (0..20).find_map(|_| try_post(address, path, body));
    answer.expect("an answer in 20 attempts")
}

/// `None` if the answer is lost.
fn try_post(address: &str, path: &str, body: &Value) -> Option<Value> {
    let answer = faults::try_post(address, path, &body.to_string()).ok()?;
    let (_, body) = answer.split_once("\r\n\r\n")?;
    Some(serde_json::from_str(body).expect("JSON"))
}
