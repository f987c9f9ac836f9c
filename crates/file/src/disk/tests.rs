use std::ffi::OsString;

use tempfile::TempDir;

use super::*;
use crate::{leftover, save::save};

const WAYS: &[Way] = &[
    #[cfg(target_os = "linux")]
    Way::Exchange,
    Way::Link,
    Way::Move,
];

/// A folder with a file that says `old`, and is known.
struct Folder {
    folder: TempDir,
    site: PathBuf,
    known: Known,
}

impl Folder {
    fn new() -> Self {
        Self::with("site.json")
    }

    fn with(name: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let site = folder.path().join(name);
        fs::write(&site, "old").expect("written");
        let known = Known {
            print: Print::of(b"old"),
            like: fs::metadata(&site).expect("there").into(),
        };
        Self {
            folder,
            site,
            known,
        }
    }

    fn disk(&self, way: Way) -> OnDisk<'_> {
        OnDisk {
            way,
            ..OnDisk::at(&self.site, Some(&self.known), b"new")
        }
    }

    fn text(&self) -> String {
        fs::read_to_string(&self.site).expect("there")
    }

    fn names(&self) -> Vec<OsString> {
        let entries = fs::read_dir(self.folder.path()).expect("a folder");
        let mut names: Vec<_> = entries
            .map(|entry| entry.expect("an entry").file_name())
            .collect();
        names.sort();
        names
    }

    /// Puts another file in the place of the site, as editors do.
    fn replace(&self, text: &str) {
        let other = self.folder.path().join("editor");
        fs::write(&other, text).expect("written");
        fs::rename(other, &self.site).expect("renamed");
    }

    /// The one text that is set aside; nothing else is left beside the site.
    fn aside(&self, notices: &[Notice]) -> String {
        let [Notice::SetAside { site, aside }] = notices else {
            panic!("{notices:?}");
        };
        assert_eq!(site, &self.site);
        let name = aside.file_name().expect("a name");
        assert!(name.to_string_lossy().contains(".changed-"), "{name:?}");
        let mut expected = vec![self.site.file_name().expect("a name"), name];
        expected.sort();
        assert_eq!(self.names(), expected);
        fs::read_to_string(aside).expect("readable")
    }
}

fn saved(mut disk: OnDisk<'_>) -> Vec<Notice> {
    save(&mut disk, b"new").expect("saved");
    disk.into_known().1
}

/// The steps of a save up to the exchange.
fn synced(disk: &mut OnDisk<'_>) -> NamedTempFile {
    let mut new = disk.create().expect("made");
    disk.write(&mut new, b"new").expect("written");
    disk.keep_owner_and_mode(&new).expect("kept");
    disk.sync(&new).expect("synced");
    new
}

#[test]
fn what_is_known_is_replaced() {
    for way in WAYS {
        let folder = Folder::new();
        assert_eq!(saved(folder.disk(*way)), [], "{way:?}");
        assert_eq!(folder.text(), "new", "{way:?}");
        assert_eq!(folder.names(), ["site.json"], "{way:?}");
    }
}

#[test]
fn a_new_file_is_set_aside() {
    for way in WAYS {
        let folder = Folder::new();
        folder.replace("foreign");
        let notices = saved(folder.disk(*way));
        assert_eq!(folder.aside(&notices), "foreign", "{way:?}");
        assert_eq!(folder.text(), "new", "{way:?}");
    }
}

/// Also where size and, within a tick of the clock, times are the same.
#[test]
fn a_file_written_in_place_is_set_aside() {
    for way in WAYS {
        let folder = Folder::new();
        fs::write(&folder.site, "odd").expect("written");
        let times = fs::FileTimes::new().set_modified(folder.known.like.modified().expect("kept"));
        let site = File::options().write(true).open(&folder.site);
        site.expect("there").set_times(times).expect("set");
        let notices = saved(folder.disk(*way));
        assert_eq!(folder.aside(&notices), "odd", "{way:?}");
    }
}

#[test]
fn the_same_text_is_no_change() {
    for way in WAYS {
        for text in ["old", "new"] {
            let folder = Folder::new();
            folder.replace(text);
            assert_eq!(saved(folder.disk(*way)), [], "{way:?}");
            assert_eq!(folder.names(), ["site.json"], "{way:?}");
        }
    }
}

#[test]
fn a_file_that_was_unknown_is_set_aside() {
    for way in WAYS {
        let folder = Folder::new();
        let disk = OnDisk {
            known: None,
            ..folder.disk(*way)
        };
        assert_eq!(folder.aside(&saved(disk)), "old", "{way:?}");
    }
}

#[cfg(unix)]
#[test]
fn mode_stays_with_each_file() {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    for way in WAYS {
        let folder = Folder::new();
        folder.replace("foreign");
        fs::set_permissions(&folder.site, fs::Permissions::from_mode(0o606)).expect("set");
        let notices = saved(folder.disk(*way));
        let [Notice::SetAside { aside, .. }] = &notices[..] else {
            panic!("{notices:?}");
        };
        assert_eq!((mode(aside), mode(&folder.site)), (0o606, 0o606));
    }
}

#[test]
fn a_deleted_file_is_written_again() {
    for way in WAYS {
        let folder = Folder::new();
        fs::remove_file(&folder.site).expect("removed");
        let expected = Notice::WasDeleted {
            site: folder.site.clone(),
        };
        assert_eq!(saved(folder.disk(*way)), [expected], "{way:?}");
        assert_eq!(folder.text(), "new");
        assert_eq!(folder.names(), ["site.json"], "{way:?}");
        // Where there never was one, none was deleted.
        fs::remove_file(&folder.site).expect("removed");
        let disk = OnDisk {
            known: None,
            ..folder.disk(*way)
        };
        assert_eq!(saved(disk), [], "{way:?}");
    }
}

/// It may have been secret, and a new file is not.
#[cfg(unix)]
#[test]
fn a_deleted_file_keeps_its_mode() {
    use std::os::unix::fs::PermissionsExt;
    let mut folder = Folder::new();
    fs::set_permissions(&folder.site, fs::Permissions::from_mode(0o600)).expect("set");
    folder.known.like = fs::metadata(&folder.site).expect("there").into();
    fs::remove_file(&folder.site).expect("removed");
    saved(OnDisk::at(&folder.site, Some(&folder.known), b"new"));
    let mode = fs::metadata(&folder.site).expect("there").permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
}

/// A name that is taken stands for a file system that refuses second names.
#[test]
fn an_unsupported_way_leads_to_the_next() {
    for foreign in [None, Some("foreign")] {
        let folder = Folder::new();
        let mut disk = folder.disk(Way::Link);
        let new = synced(&mut disk);
        fs::write(disk.exchanged(new.path()), "taken").expect("written");
        foreign.iter().for_each(|text| folder.replace(text));
        let old = disk.exchange(new).expect("exchanged");
        assert_eq!(disk.way, Way::Move);
        assert_eq!(old.is_some(), foreign.is_some());
        assert_eq!(folder.text(), "new");
        old.into_iter().for_each(|old| disk.settle(old));
        if let Some(text) = foreign {
            assert_eq!(folder.aside(&disk.into_known().1), text);
        }
    }
}

/// Only moving first leaves a gap.
#[test]
fn a_change_at_the_last_moment_is_set_aside() {
    for way in WAYS {
        let folder = Folder::new();
        let mut disk = folder.disk(*way);
        let new = synced(&mut disk);
        folder.replace("foreign");
        let old = disk.exchange(new).expect("exchanged").expect("something");
        if *way != Way::Move {
            fs::write(&old, "written while it came out").expect("written");
        }
        disk.settle(old);
        let aside = folder.aside(&disk.into_known().1);
        let expected = match way {
            Way::Move => "foreign",
            _ => "written while it came out",
        };
        assert_eq!(aside, expected, "{way:?}");
        assert_eq!(folder.text(), "new");
    }
}

#[test]
fn what_is_no_file_stays() {
    type Put = fn(&Path);
    let kinds: &[(Put, &str)] = &[
        (|site| fs::create_dir(site).expect("made"), "a folder"),
        #[cfg(unix)]
        (
            |site| std::os::unix::fs::symlink("elsewhere", site).expect("linked"),
            "a symbolic link",
        ),
        #[cfg(target_os = "linux")]
        (
            |site| {
                use rustix::fs::{CWD, FileType, Mode, mknodat};
                mknodat(CWD, site, FileType::Fifo, Mode::RUSR, 0).expect("made");
            },
            "not a regular file",
        ),
    ];
    for way in WAYS {
        for (put, what) in kinds {
            for at_the_last_moment in [false, true] {
                let folder = Folder::new();
                let mut disk = folder.disk(*way);
                let new = at_the_last_moment.then(|| synced(&mut disk));
                fs::remove_file(&folder.site).expect("removed");
                put(&folder.site);
                let kind = || {
                    fs::symlink_metadata(&folder.site)
                        .expect("there")
                        .file_type()
                };
                let before = kind();
                let refused = match new {
                    Some(new) => disk.exchange(new).map(drop),
                    None => disk.create().map(drop),
                };
                let refused = refused.expect_err(what);
                assert!(refused.to_string().contains(what), "{refused}");
                assert_eq!(kind(), before, "{way:?}");
                assert_eq!(folder.names(), ["site.json"], "{way:?}");
            }
        }
    }
}

/// Does the steps of a save up to one, and fails there as on a full disk.
struct Failing<'a> {
    disk: OnDisk<'a>,
    step: usize,
    fails_at: usize,
}

impl Failing<'_> {
    fn step(&mut self) -> io::Result<()> {
        self.step += 1;
        match self.step == self.fails_at {
            true => Err(io::ErrorKind::StorageFull.into()),
            false => Ok(()),
        }
    }
}

impl Disk for Failing<'_> {
    type New = NamedTempFile;
    type Old = PathBuf;

    fn create(&mut self) -> io::Result<NamedTempFile> {
        self.step()?;
        self.disk.create()
    }
    fn write(&mut self, new: &mut NamedTempFile, text: &[u8]) -> io::Result<()> {
        self.disk.write(new, &text[..1])?;
        self.step()?;
        self.disk.write(new, &text[1..])
    }
    fn keep_owner_and_mode(&mut self, new: &NamedTempFile) -> io::Result<()> {
        self.step()?;
        self.disk.keep_owner_and_mode(new)
    }
    fn sync(&mut self, new: &NamedTempFile) -> io::Result<()> {
        self.step()?;
        self.disk.sync(new)
    }
    fn exchange(&mut self, new: NamedTempFile) -> io::Result<Option<PathBuf>> {
        self.step()?;
        self.disk.exchange(new)
    }
    fn settle(&mut self, old: PathBuf) {
        self.disk.settle(old);
    }
    fn sync_directory(&mut self) -> io::Result<()> {
        self.disk.sync_directory()
    }
}

#[test]
fn a_failed_save_leaves_nothing() {
    for fails_at in 1..=5 {
        let folder = Folder::new();
        let mut disk = Failing {
            disk: OnDisk::at(&folder.site, Some(&folder.known), b"new"),
            step: 0,
            fails_at,
        };
        let failure = save(&mut disk, b"new").expect_err("a full disk");
        assert!(
            format!("{failure:?}").contains("StorageFull"),
            "{failure:?}"
        );
        assert_eq!(folder.text(), "old", "{fails_at}");
        assert_eq!(folder.names(), ["site.json"], "{fails_at}");
    }
}

/// The process ends after one of the steps; then somebody opens the site.
#[test]
fn a_crash_leaves_old_or_new() {
    for way in WAYS {
        for foreign in [None, Some("foreign")] {
            for step in 0..4 {
                let folder = Folder::new();
                let mut disk = folder.disk(*way);
                let new = match step {
                    0 => disk.create().expect("made"),
                    _ => synced(&mut disk),
                };
                foreign.iter().for_each(|text| folder.replace(text));
                let expected = match step {
                    0 | 1 => {
                        kept(new.into_temp_path());
                        foreign.unwrap_or("old")
                    }
                    2 => {
                        drop(disk.exchange(new).expect("exchanged"));
                        "new"
                    }
                    _ => {
                        let old = disk.exchange(new).expect("exchanged");
                        old.into_iter().for_each(|old| disk.settle(old));
                        "new"
                    }
                };
                let mut notices = disk.into_known().1;
                notices.extend(leftover::clear(&folder.site));
                assert_eq!(folder.text(), expected, "{way:?} {step}");
                match (expected, foreign) {
                    ("new", Some(text)) => assert_eq!(folder.aside(&notices), text, "{way:?}"),
                    _ => assert_eq!(folder.names(), ["site.json"], "{way:?} {step}"),
                }
            }
        }
    }
}

/// After a crash between the two steps of a save without exchange, the site has two names.
#[test]
fn a_second_name_of_the_site_goes() {
    let folder = Folder::new();
    folder.replace("foreign");
    let disk = folder.disk(Way::Link);
    let unfinished = folder
        .folder
        .path()
        .join(".site.json.access-groups-a1B2c3.tmp");
    fs::hard_link(&folder.site, disk.exchanged(&unfinished)).expect("linked");
    assert_eq!(leftover::clear(&folder.site), []);
    assert_eq!(folder.names(), ["site.json"]);
    assert_eq!(folder.text(), "foreign");
}

#[test]
fn only_own_leftovers_are_deleted() {
    let folder = Folder::new();
    let put = |name: &str| fs::write(folder.folder.path().join(name), "x").expect("written");
    put(".site.json.access-groups-a1B2c3.tmp");
    let others = [
        ".access-groups-a1B2c3.tmp",
        ".other.json.access-groups-a1B2c3.tmp",
        ".site.json.access-groups-a1B2c.tmp",
        ".site.json.backup.tmp",
    ];
    others.iter().for_each(|name| put(name));
    let folders = ".site.json.access-groups-folder.tmp";
    fs::create_dir(folder.folder.path().join(folders)).expect("made");
    let mut expected = [&others[..], &[folders, "site.json"]].concat();
    #[cfg(unix)]
    {
        let link = ".site.json.access-groups-linked.tmp";
        let link_path = folder.folder.path().join(link);
        std::os::unix::fs::symlink("site.json", link_path).expect("linked");
        expected.push(link);
    }
    expected.sort_unstable();
    assert_eq!(leftover::clear(&folder.site), []);
    assert_eq!(folder.names(), expected);
}

#[test]
fn a_long_name_is_saved_too() {
    for way in WAYS {
        let folder = Folder::with(&"x".repeat(250));
        folder.replace("foreign");
        assert_eq!(folder.aside(&saved(folder.disk(*way))), "foreign");
        let folder = Folder::with(&"é".repeat(125));
        kept(synced(&mut folder.disk(*way)).into_temp_path());
        assert_eq!(folder.names().len(), 2);
        leftover::clear(&folder.site);
        assert_eq!(folder.names().len(), 1);
    }
}

#[test]
fn a_name_that_is_taken_is_kept() {
    let folder = Folder::new();
    let names = Names::of(&folder.site);
    let now: Timestamp = "2026-11-27T02:31:15Z".parse().expect("a time");
    let beside = |name: &str| folder.folder.path().join(name);
    for (count, text) in ["one", "two", "three"].into_iter().enumerate() {
        fs::write(beside("foreign"), text).expect("written");
        let notice = set_aside(&names, beside("foreign"), now);
        let Notice::SetAside { aside, .. } = notice else {
            panic!("{notice:?}");
        };
        let suffix = ["", "-2", "-3"][count];
        assert_eq!(
            aside,
            beside(&format!("site.json.changed-20261127T023115Z{suffix}"))
        );
        assert_eq!(fs::read_to_string(aside).expect("there"), text);
    }
    let first = beside("site.json.changed-20261127T023115Z");
    assert_eq!(fs::read_to_string(first).expect("there"), "one");
}

/// Another program exchanges texts of its own with the site all the time. Each of them is in the end
/// somewhere: it came out again, is set aside, or is in the site.
#[cfg(target_os = "linux")]
#[test]
fn no_text_of_a_busy_writer_is_lost() {
    use std::collections::BTreeSet;

    use rustix::fs::{CWD, RenameFlags, renameat_with};

    let folder = Folder::new();
    let texts: Vec<_> = (0..200).map(|number| format!("foreign {number}")).collect();
    let (mut known, mut aside) = (Some(folder.known.clone()), BTreeSet::new());
    let mut seen = std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let own = folder.folder.path().join("editor");
            let came_out = texts.iter().map(|text| {
                fs::write(&own, text).expect("written");
                renameat_with(CWD, &own, CWD, &folder.site, RenameFlags::EXCHANGE).expect("done");
                fs::read_to_string(&own).expect("readable")
            });
            came_out.collect::<BTreeSet<_>>()
        });
        for number in 0.. {
            let is_last = writer.is_finished();
            let text = format!("ours {number}");
            let mut disk = OnDisk::at(&folder.site, known.as_ref(), text.as_bytes());
            save(&mut disk, text.as_bytes()).expect("saved");
            let (written, notices) = disk.into_known();
            known = written;
            for notice in notices {
                let Notice::SetAside { aside: path, .. } = notice else {
                    panic!("{notice:?}");
                };
                aside.insert(fs::read_to_string(path).expect("readable"));
            }
            if is_last {
                break;
            }
        }
        writer.join().expect("no panic")
    });
    assert!(!aside.is_empty(), "the two have met");
    assert!(aside.iter().all(|text| text.starts_with("foreign")));
    seen.extend(aside);
    let lost: Vec<_> = texts.iter().filter(|text| !seen.contains(*text)).collect();
    assert!(lost.is_empty(), "{lost:?}");
}

/// Linux refuses to sync what no disk holds: that shows that it was asked to.
#[cfg(target_os = "linux")]
#[test]
fn syncing_asks_the_operating_system() {
    let mut disk = OnDisk::at(Path::new("/proc/site.json"), None, b"new");
    disk.sync_directory().expect_err("no disk holds /proc");
    let device = File::open("/dev/null").expect("there");
    let path = NamedTempFile::new().expect("a file").into_temp_path();
    let new = NamedTempFile::from_parts(device, path);
    disk.sync(&new).expect_err("no disk holds a device");
}

/// Who may not give files away owns both; root sees that the owner stays.
#[cfg(unix)]
#[test]
fn the_owner_stays() {
    use std::os::unix::fs::{MetadataExt, chown};
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("site.json");
    fs::write(&path, "old").expect("written");
    let _ = chown(&path, Some(12_345), Some(23_456));
    let owner = || fs::metadata(&path).map(|old| (old.uid(), old.gid()));
    let before = owner().expect("there");
    saved(OnDisk::at(&path, None, b"new"));
    assert_eq!(owner().expect("there"), before);
    assert_eq!(fs::read_to_string(&path).expect("readable"), "new");
}
