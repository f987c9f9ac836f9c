use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use access_groups_core::{ErrorKind, prelude::*};
use access_groups_in_memory::SiteBuilder;
use tempfile::TempDir;

use super::*;

/// A folder with a site of one user and one group.
struct Folder {
    folder: TempDir,
    path: PathBuf,
    ada: AcsUserId,
    gym: AccessGroupId,
}

fn folder() -> Folder {
    let folder = tempfile::tempdir().expect("a folder");
    let mut site = SiteBuilder::new();
    let (ada, gym) = (site.user("Ada"), site.group("Gym"));
    let path = folder.path().join("site.json");
    fs::write(&path, site.build_state().to_site_json()).expect("written");
    Folder {
        folder,
        path,
        ada,
        gym,
    }
}

fn names(folder: &Path) -> Vec<OsString> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<_> = entries
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    names.sort();
    names
}

fn members(folder: &Folder) -> usize {
    let text = fs::read_to_string(&folder.path).expect("readable");
    let state = State::from_site_json(&text).expect("sound");
    state.members_of(folder.gym).count()
}

#[test]
fn a_change_is_saved_when_the_call_returns() {
    let site = folder();
    let store = SiteFile::open(&site.path).expect("not locked");
    store.add_user(site.ada, site.gym).expect("added");
    assert_eq!(members(&site), 1);
    assert_eq!(names(site.folder.path()), ["site.json", "site.json.lock"]);
    store.remove_user(site.ada, site.gym).expect("removed");
    assert_eq!(members(&site), 0);
}

#[test]
fn nothing_is_written_without_a_change() {
    let site = folder();
    let by_hand = fs::read_to_string(&site.path).expect("readable") + "\n";
    fs::write(&site.path, &by_hand).expect("written");
    let store = SiteFile::open(&site.path).expect("not locked");
    store.remove_user(site.ada, site.gym).expect("no member");
    store.users_in_group(site.gym).expect("listed");
    assert_eq!(store.save().expect("nothing to save"), 0);
    let text = fs::read_to_string(&site.path).expect("readable");
    assert_eq!(text, by_hand);
}

#[test]
fn a_change_in_memory_waits_for_save() {
    let site = folder();
    let store = SiteFile::open(&site.path).expect("not locked");
    let memory = store.memory().blocking();
    memory.add_user(site.ada, site.gym).expect("added");
    assert_eq!(members(&site), 0);
    assert_eq!(store.unsaved(), 1);
    assert_eq!(store.save().expect("saved"), 1);
    assert_eq!(members(&site), 1);
    assert_eq!(store.unsaved(), 0);
    assert_eq!(store.save().expect("saved already"), 0);
    store.remove_user(site.ada, site.gym).expect("removed");
    assert_eq!(store.unsaved(), 0, "a change of the store is saved");
}

#[test]
fn a_refused_call_changes_no_file() {
    let site = folder();
    let store = SiteFile::open(&site.path).expect("not locked");
    let nobody = AcsUserId::from_u128(404);
    let error = store.add_user(nobody, site.gym).expect_err("nobody");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert_eq!(error.operation(), Some("add_user"));
    assert_eq!(members(&site), 0);
}

#[test]
fn a_second_process_is_refused() {
    let site = folder();
    let first = SiteFile::open(&site.path).expect("not locked");
    let refused = SiteFile::open_within(&site.path, Duration::ZERO).expect_err("locked");
    assert_eq!(refused.kind(), ErrorKind::Unavailable);
    assert_eq!(refused.code(), Some("locked"));
    assert!(refused.message().contains("site.json.lock"), "{refused}");
    drop(first);
    SiteFile::open(&site.path).expect("free again");
}

/// Who may write the site may lock it, whoever came first.
#[cfg(unix)]
#[test]
fn a_lock_file_is_like_its_site() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let mode_of = |path: &Path| fs::metadata(path).expect("there").mode() & 0o777;
    for mode in [0o664, 0o600, 0o646] {
        let site = folder();
        fs::set_permissions(&site.path, fs::Permissions::from_mode(mode)).expect("set");
        let store = SiteFile::open(&site.path).expect("not locked");
        let lock = site.folder.path().join("site.json.lock");
        assert_eq!(mode_of(&lock), mode);
        let group = |path: &Path| fs::metadata(path).expect("there").gid();
        assert_eq!(group(&lock), group(&site.path));
        drop(store);
        // One that may only be read can still be locked, and keeps others out.
        fs::set_permissions(&lock, fs::Permissions::from_mode(0o444)).expect("set");
        let _first = SiteFile::open(&site.path).expect("not locked");
        SiteFile::open_within(&site.path, Duration::ZERO).expect_err("locked");
    }
}

/// Others may put it there, in a folder that they may write.
#[cfg(unix)]
#[test]
fn a_lock_file_leads_nowhere() {
    let site = folder();
    let (lock, victim) = (
        site.folder.path().join("site.json.lock"),
        site.folder.path().join("victim"),
    );
    fs::write(&victim, "precious").expect("written");
    std::os::unix::fs::symlink(&victim, &lock).expect("linked");
    let refused = SiteFile::open(&site.path).expect_err("a link");
    assert_eq!(refused.code(), Some("lock_file"));
    assert_eq!(fs::read_to_string(&victim).expect("there"), "precious");
    fs::remove_file(&lock).expect("removed");
    // A text that is there stays: it is nobody's business.
    fs::write(&lock, "precious").expect("written");
    drop(SiteFile::open(&site.path).expect("a regular file"));
    assert_eq!(fs::read_to_string(&lock).expect("there"), "precious");
}

#[cfg(unix)]
#[test]
fn a_lock_file_follows_its_site() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let site = folder();
    drop(SiteFile::open(&site.path).expect("not locked"));
    fs::set_permissions(&site.path, fs::Permissions::from_mode(0o660)).expect("set");
    drop(SiteFile::open(&site.path).expect("not locked"));
    let lock = fs::metadata(site.folder.path().join("site.json.lock"));
    assert_eq!(lock.expect("there").mode() & 0o777, 0o660);
}

#[cfg(unix)]
#[test]
fn only_a_regular_file_is_a_site() {
    let refused = SiteFile::open("/dev/null").expect_err("a device");
    assert_eq!(refused.kind(), ErrorKind::Unavailable);
    SiteFile::create("/dev/null").expect_err("a device");
}

#[test]
fn a_trial_save_keeps_every_byte() {
    let site = folder();
    let text = fs::read_to_string(&site.path).expect("there") + "\n\n";
    fs::write(&site.path, &text).expect("written");
    let store = SiteFile::open(&site.path).expect("not locked");
    store.try_saving().expect("possible");
    assert_eq!(fs::read_to_string(&site.path).expect("there"), text);
    assert_eq!(names(site.folder.path()), ["site.json", "site.json.lock"]);
    let mut permissions = fs::metadata(&site.path).expect("there").permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&site.path, permissions).expect("set");
    let refused = store.try_saving().expect_err("read-only");
    assert_eq!(refused.code(), Some("not_saved"));
}

#[test]
fn a_missing_file_gets_no_lock_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let refused = SiteFile::open(folder.path().join("none.json")).expect_err("none");
    assert_eq!(refused.kind(), ErrorKind::NotFound);
    assert!(names(folder.path()).is_empty());
}

#[test]
fn an_unusable_lock_file_is_an_error() {
    let site = folder();
    fs::create_dir(site.folder.path().join("site.json.lock")).expect("in the way");
    let refused = SiteFile::open(&site.path).expect_err("no lock");
    assert!(!refused.is_retryable());
    assert!(refused.message().contains("site.json.lock"), "{refused}");
}

#[test]
fn a_damaged_file_lists_its_problems() {
    let site = folder();
    fs::write(&site.path, "{\"acs_users\": 5}").expect("written");
    let refused = SiteFile::open(&site.path).expect_err("damaged");
    assert_eq!(refused.kind(), ErrorKind::Invalid);
    assert_eq!(refused.fields()[0].path, "$.acs_users");
    assert!(refused.message().contains("site.json"), "{refused}");
}

#[test]
fn an_unsaved_change_is_not_made() {
    let site = folder();
    let mut permissions = fs::metadata(&site.path).expect("there").permissions();
    permissions.set_readonly(true);
    fs::set_permissions(&site.path, permissions).expect("set");
    let store = SiteFile::open(&site.path).expect("not locked");
    let refused = store.add_user(site.ada, site.gym).expect_err("read-only");
    assert_eq!(refused.code(), Some("not_saved"));
    assert!(!refused.is_ambiguous());
    let source = std::error::Error::source(&refused)
        .expect("a cause")
        .to_string();
    assert!(source.contains("read-only"), "{source}");
    assert!(store.users_in_group(site.gym).expect("listed").is_empty());
    assert_eq!(members(&site), 0);
    assert_eq!(names(site.folder.path()), ["site.json", "site.json.lock"]);
}

#[test]
fn an_unconfirmed_save_is_ambiguous() {
    let site = folder();
    let store = SiteFile::open(&site.path).expect("not locked");
    let error = store.failed(NotSaved::Unconfirmed(io::Error::other("the disk is gone")));
    assert_eq!(error.code(), Some("not_confirmed"));
    assert!(error.is_ambiguous());
}

#[test]
fn only_a_file_without_content_is_created() {
    let site = folder();
    let refused = SiteFile::create(&site.path).expect_err("full");
    assert_eq!(refused.kind(), ErrorKind::Conflict);
    let text = fs::read_to_string(&site.path).expect("readable");
    for content in [None, Some(""), Some("{}")] {
        let path = site.folder.path().join("new.json");
        let _ = fs::remove_file(&path);
        if let Some(content) = content {
            fs::write(&path, content).expect("written");
        }
        let store = SiteFile::create(&path).expect("empty");
        store.import(&text).expect("imported");
        assert_eq!(fs::read_to_string(&path).expect("readable"), text);
        assert_eq!(store.export().expect("exported"), text);
        let refused = store.import(&text).expect_err("full now");
        assert_eq!(refused.kind(), ErrorKind::Conflict);
    }
    let nowhere = site.folder.path().join("none/site.json");
    assert!(SiteFile::create(nowhere).is_err());
}

#[test]
fn even_an_empty_import_is_saved() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("site.json");
    let store = SiteFile::create(&path).expect("new");
    store.import("{}").expect("imported");
    let text = fs::read_to_string(&path).expect("written");
    assert_eq!(text, State::new().to_site_json());
}

#[test]
fn a_file_that_is_gone_is_not_as_it_was() {
    let site = folder();
    let store = SiteFile::open(&site.path).expect("not locked");
    fs::remove_file(&site.path).expect("there");
    fs::create_dir(&site.path).expect("its place is free");
    let refused = store.add_user(site.ada, site.gym).expect_err("a folder");
    let message = refused.message();
    assert!(
        message.ends_with("could not be saved; nothing was written"),
        "{message}"
    );
    let source = std::error::Error::source(&refused).expect("a cause");
    let told = source.to_string();
    assert!(told.contains("a folder is in the place"), "{told}");
}

/// Each change that is accepted counts, once or more.
#[test]
fn unsaved_changes_are_counted() {
    let site = folder();
    let store = SiteFile::open(&site.path).expect("not locked");
    let memory = store.memory().blocking();
    for round in 1..=3_u64 {
        memory.add_user(site.ada, site.gym).expect("added");
        memory
            .add_user(site.ada, site.gym)
            .expect("a member already");
        memory.remove_user(site.ada, site.gym).expect("removed");
        assert_eq!(store.unsaved(), 2 * round);
    }
    fs::remove_dir_all(site.folder.path()).expect("removed");
    store.save().expect_err("the folder is gone");
    assert_eq!(store.unsaved(), 6);
    fs::create_dir(site.folder.path()).expect("made");
    assert_eq!(store.save().expect("saved"), 6);
}

/// A change of the store and a save of what others changed in memory.
#[test]
fn a_text_of_somebody_else_is_told() {
    let site = folder();
    let store = SiteFile::open(&site.path).expect("not locked");
    let foreign = fs::read_to_string(&site.path).expect("readable") + "\n";
    let changes: [fn(&SiteFile, &Folder); 2] = [
        |store, site| store.add_user(site.ada, site.gym).expect("added"),
        |store, site| {
            let memory = store.memory().blocking();
            memory.remove_user(site.ada, site.gym).expect("removed");
            store.save().expect("saved");
        },
    ];
    for (count, change) in changes.into_iter().enumerate() {
        assert_eq!(store.take_notices(), []);
        fs::write(&site.path, &foreign).expect("written");
        // A trial neither loses it nor takes it for ours.
        store.try_saving().expect("possible");
        change(&store, &site);
        let notices = store.take_notices();
        let [Notice::SetAside { aside, .. }] = &notices[..] else {
            panic!("{notices:?}");
        };
        assert_eq!(fs::read_to_string(aside).expect("there"), foreign);
        assert!(notices[0].to_string().contains(&*aside.to_string_lossy()));
        assert_eq!(members(&site), 1 - count);
    }
    fs::remove_file(&site.path).expect("removed");
    store.add_user(site.ada, site.gym).expect("added");
    assert!(matches!(
        store.take_notices()[..],
        [Notice::WasDeleted { .. }]
    ));
    assert_eq!(members(&site), 1);
}

#[test]
fn what_a_crash_left_goes_on_opening() {
    let site = folder();
    let beside = |name: &str| site.folder.path().join(name);
    let unfinished = ".site.json.access-groups-a1B2c3.tmp";
    let exchanged = format!(
        ".site.json.access-groups-a1B2c3-{0}-{0}.old",
        "0".repeat(16)
    );
    fs::write(beside(unfinished), "half a te").expect("written");
    fs::write(beside(&exchanged), "foreign").expect("written");
    let first = SiteFile::open_within(&site.path, Duration::ZERO).expect("not locked");
    let notices = first.take_notices();
    let [Notice::SetAside { aside, .. }] = &notices[..] else {
        panic!("{notices:?}");
    };
    assert_eq!(fs::read_to_string(aside).expect("there"), "foreign");
    let aside = aside.file_name().expect("a name").to_owned();
    assert_eq!(
        names(site.folder.path()),
        [OsString::from("site.json"), aside, "site.json.lock".into()]
    );
    // Whoever does not get the lock leaves the files of whoever has it.
    fs::write(beside(unfinished), "half a te").expect("written");
    SiteFile::open_within(&site.path, Duration::ZERO).expect_err("locked");
    assert!(beside(unfinished).exists());
    drop(first);
    SiteFile::create(&site.path).expect_err("full");
    assert!(!beside(unfinished).exists());
}

#[test]
fn the_longest_name_is_usable() {
    let site = folder();
    let path = site.folder.path().join("x".repeat(250));
    fs::rename(&site.path, &path).expect("renamed");
    let store = SiteFile::open(&path).expect("not locked");
    fs::write(&path, "foreign").expect("written");
    store.add_user(site.ada, site.gym).expect("added");
    assert_eq!(store.take_notices().len(), 1);
    assert_eq!(names(site.folder.path()).len(), 3);
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_never_replaced() {
    let site = folder();
    let store = SiteFile::open(&site.path).expect("not locked");
    let elsewhere = site.folder.path().join("elsewhere");
    fs::rename(&site.path, &elsewhere).expect("moved");
    std::os::unix::fs::symlink(&elsewhere, &site.path).expect("linked");
    let refused = store.add_user(site.ada, site.gym).expect_err("a link");
    assert_eq!(refused.code(), Some("not_saved"));
    let source = std::error::Error::source(&refused).expect("a cause");
    assert!(source.to_string().contains("a symbolic link"), "{source}");
    assert!(site.path.is_symlink());
    assert_eq!(members(&site), 0);
    assert!(store.users_in_group(site.gym).expect("listed").is_empty());
    assert_eq!(
        names(site.folder.path()),
        ["elsewhere", "site.json", "site.json.lock"]
    );
}

/// The lock keeps to the name, and to the file that was opened.
#[cfg(unix)]
#[test]
fn saves_do_not_loosen_the_lock() {
    let site = folder();
    let other = site.folder.path().join("other.json");
    let store = SiteFile::open(&site.path).expect("not locked");
    fs::hard_link(&site.path, &other).expect("linked");
    for _ in 0..2 {
        store.add_user(site.ada, site.gym).expect("added");
        store.remove_user(site.ada, site.gym).expect("removed");
        assert_eq!(store.take_notices(), [], "a link is no change");
        for name in [&site.path, &other] {
            let refused = SiteFile::open_within(name, Duration::ZERO).expect_err("locked");
            assert_eq!(refused.code(), Some("locked"), "{refused}");
        }
    }
}

#[cfg(unix)]
#[test]
fn mode_and_symbolic_link_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let site = folder();
    fs::set_permissions(&site.path, fs::Permissions::from_mode(0o640)).expect("set");
    let link = site.folder.path().join("link.json");
    symlink("site.json", &link).expect("a link");

    let store = SiteFile::open(&link).expect("not locked");
    store.add_user(site.ada, site.gym).expect("added");

    assert!(link.is_symlink());
    assert_eq!(members(&site), 1);
    let mode = fs::metadata(&site.path)
        .expect("there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o640);
}
