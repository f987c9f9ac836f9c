//! The journal keeps the contract of its ports, and what it promises besides.

use std::{error::Error as _, fs, path::Path, sync::Arc};

use access_groups_conformance::{Capability, Fixture, Site, laws};
use access_groups_core::{
    AccessGroup, AccessGroupFilter, AcsUser, BlockingAccessGroups, UserIdentity, UserIdentityId,
};
use access_groups_example_journal::{Building, Journal, OpenError};
use tempfile::TempDir;

fn open(site: &Site) -> Fixture {
    let folder = folder();
    let journal = Arc::new(filled(&folder.path().join("journal"), site));
    Fixture::blocking(journal.clone())
        .with_clone(Fixture::blocking(journal))
        .without_all(Capability::CHANGING_ACS_USERS)
        .without_all(Capability::USER_IDENTITIES)
        .without_all(Capability::WITHOUT_WIRE)
        // Each look goes through everything, so that more would take minutes.
        .with_bulk(20)
        .without(Capability::GetWorkspace)
        .keeping(folder)
}

laws!(mod journal, open);

#[test]
fn a_reopened_journal_is_as_it_was() {
    let (folder, mut site) = (folder(), Site::sample());
    let (ada, grace) = (site.users[0].acs_user_id, &mut site.users[1]);
    grace.email_address = Some("grace@example.com".to_owned());
    let (linked, new) = (UserIdentityId::from_u128(1), UserIdentityId::from_u128(2));
    site.identities.extend([
        UserIdentity::new(linked, "Grace").with_email_address("grace@example.com"),
        UserIdentity::new(new, "Somebody New"),
    ]);
    let (gym, pool) = (&site.groups[0], &site.groups[1]);
    let (gym, pool) = (gym.acs_access_group_id, pool.acs_access_group_id);

    let path = folder.path().join("journal");
    let journal = filled(&path, &site);
    journal.add_user(linked, gym).expect("a member");
    journal.add_user(new, gym).expect("a member");
    journal.remove_user(ada, gym).expect("no member");
    journal.delete_access_group(pool).expect("a group less");

    let before = read(&journal);
    drop(journal);
    let after = read(&Journal::open(&path, building(&site)).expect("a journal"));
    assert_eq!(before, after);
    let lines = fs::read_to_string(&path).expect("a file");
    for kind in ["added", "linked", "created", "removed", "deleted"] {
        assert!(lines.contains(&format!("{{\"{kind}\":")), "{lines}");
    }
}

#[test]
fn half_a_line_at_the_end_is_cut_off() {
    let (folder, site) = (folder(), Site::sample());
    let path = folder.path().join("journal");
    let journal = filled(&path, &site);
    let before = read(&journal);
    drop(journal);
    let whole = fs::read(&path).expect("a file");

    let line = br#"{"deleted":{"group":"60000000-0000-4000-8000-000000000001"}}"#;
    for half in 1..=line.len() {
        fs::write(&path, [&whole, &line[..half]].concat()).expect("written");
        let journal = Journal::open(&path, building(&site)).expect("a journal");
        assert_eq!(read(&journal), before);
        assert_eq!(fs::read(&path).expect("a file"), whole);
    }
}

#[test]
fn any_other_malformed_line_is_named_and_nothing_is_cut_off() {
    check_malformed("{\"deleted\":{\"gro\n", "EOF while parsing");
    check_malformed("\n", "EOF while parsing");
    check_malformed("{\"renamed\":{}}\n", "unknown variant `renamed`");
    let unknown = "{\"deleted\":{\"group\":\"60000000-0000-4000-8000-ffffffffffff\"}}\n";
    check_malformed(unknown, "there is no access group");
}

/// That line, after those of the sample, keeps the journal shut.
fn check_malformed(line: &str, expected: &str) {
    let (folder, site) = (folder(), Site::sample());
    let path = folder.path().join("journal");
    drop(filled(&path, &site));
    let text = fs::read_to_string(&path).expect("a file") + line;
    fs::write(&path, &text).expect("written");

    let error = Journal::open(&path, building(&site)).expect_err("malformed");
    let number = text.lines().count();
    let message = format!("line {number} of the journal is malformed");
    assert_eq!(error.to_string(), message);
    let source = error.source().expect("a cause").to_string();
    assert!(source.contains(expected), "{source}");
    assert_eq!(fs::read_to_string(&path).expect("a file"), text);
}

#[test]
fn a_journal_is_open_once_at_a_time() {
    let (folder, site) = (folder(), Site::sample());
    let path = folder.path().join("journal");
    let journal = filled(&path, &site);
    let error = Journal::open(&path, building(&site)).expect_err("locked");
    assert!(matches!(error, OpenError::Io(_)), "{error:?}");
    drop(journal);
    Journal::open(&path, building(&site)).expect("free again");
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

/// A new journal with all of the site in it.
fn filled(path: &Path, site: &Site) -> Journal {
    let journal = Journal::open(path, building(site)).expect("a journal");
    for (user, group) in &site.memberships {
        journal.add_user(*user, *group).expect("a member");
    }
    journal
}

fn building(site: &Site) -> Building {
    Building {
        systems: site.systems.clone(),
        users: site.users.clone(),
        identities: site.identities.clone(),
        groups: site.groups.clone(),
        entrances: site.entrances.clone(),
        group_entrances: site.group_entrances.clone(),
    }
}

/// All groups, each with its members.
fn read(journal: &Journal) -> Vec<(AccessGroup, Vec<AcsUser>)> {
    let groups = journal.access_groups(AccessGroupFilter::new());
    let groups = groups.expect("groups").into_iter();
    let with_members = groups.map(|group| {
        let members = journal.users_in_group(group.acs_access_group_id);
        (group, members.expect("members"))
    });
    with_members.collect()
}
