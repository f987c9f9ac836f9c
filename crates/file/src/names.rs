//! The names of the files that a save makes beside a site.
//!
//! Each belongs to one site, so that whoever opens it can tell what an interrupted save has left, and
//! takes no other file for it:
//!
//! - `.SITE.access-groups-XXXXXX.tmp` is being written.
//! - `.SITE.access-groups-XXXXXX-OLD-NEW.old` is exchanged with the site. The prints of the two texts are
//!   in the name, because after a crash nobody else knows them: any third text is somebody else's.
//! - `SITE.changed-20261127T023115Z` is a text of somebody else.

use std::{
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
};

use access_groups_core::Timestamp;

use crate::print::Print;

/// The names beside one site.
#[derive(Debug)]
pub(crate) struct Names<'a> {
    site: &'a Path,
    /// The name of the site, or something shorter that is no other site's.
    stem: OsString,
}

/// What an interrupted save has left.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Leftover {
    /// A file that was not complete: nobody needs it.
    Unfinished,
    /// A file with one of these two texts, or one of somebody else.
    Exchanged { old: String, new: String },
}

impl<'a> Names<'a> {
    /// The names for the site of this absolute path.
    pub(crate) fn of(site: &'a Path) -> Self {
        let name = site.file_name().unwrap_or_default();
        Self {
            site,
            stem: shortened(name),
        }
    }

    pub(crate) fn site(&self) -> &'a Path {
        self.site
    }

    pub(crate) fn folder(&self) -> &'a Path {
        self.site.parent().unwrap_or_else(|| Path::new("/"))
    }

    /// What precedes the random letters of a file that is being written.
    pub(crate) fn prefix(&self) -> OsString {
        let mut prefix = OsString::from(".");
        prefix.push(&self.stem);
        prefix.push(INFIX);
        prefix
    }

    /// The name for the exchange of a file that was being written as `new`.
    pub(crate) fn exchanged(&self, new: &Path, old: Option<Print>, print: Print) -> PathBuf {
        // Without a known text, no text is the known one.
        let old = old.map_or_else(|| "0".repeat(16), |old| old.to_string());
        let mut name = new.file_stem().unwrap_or_default().to_owned();
        name.push(format!("-{old}-{print}{EXCHANGED}"));
        self.folder().join(name)
    }

    /// The names for a text of somebody else that was found at this time, best first.
    pub(crate) fn aside(&self, now: Timestamp) -> impl Iterator<Item = PathBuf> {
        let mut first = self.stem.clone();
        let now = format!("{now:.0}").replace(['-', ':'], "");
        first.push(format!(".changed-{now}"));
        (1_u32..).map(move |count| {
            let mut name = first.clone();
            if count > 1 {
                name.push(format!("-{count}"));
            }
            self.folder().join(name)
        })
    }

    /// What the file of this name is, if it is one that a save of this site has made.
    pub(crate) fn leftover(&self, name: &OsStr) -> Option<Leftover> {
        let prefix = self.prefix();
        let rest = name.as_encoded_bytes();
        let rest = rest.strip_prefix(prefix.as_encoded_bytes())?;
        let rest = str::from_utf8(rest).ok()?;
        let (random, rest) = rest.split_at_checked(RANDOM)?;
        if !random.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return None;
        }
        if rest == UNFINISHED {
            return Some(Leftover::Unfinished);
        }
        let prints = rest.strip_prefix('-')?.strip_suffix(EXCHANGED)?;
        let (old, new) = prints.split_once('-')?;
        let is_print = |text: &str| text.len() == 16 && text.bytes().all(is_digit);
        (is_print(old) && is_print(new)).then(|| Leftover::Exchanged {
            old: old.to_owned(),
            new: new.to_owned(),
        })
    }
}

fn is_digit(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

/// A name that leaves room for what is added to it. A long one is cut, and its print keeps it apart
/// from others that begin alike.
fn shortened(name: &OsStr) -> OsString {
    let bytes = name.as_encoded_bytes();
    if bytes.len() <= LONGEST_STEM {
        return name.to_owned();
    }
    let text = name.to_string_lossy();
    let room = LONGEST_STEM - "~".len() - 16;
    let cut = (0..=room).rev().find(|cut| text.is_char_boundary(*cut));
    let kept = &text[..cut.unwrap_or_default()];
    format!("{kept}~{}", Print::of(bytes)).into()
}

/// How long a name may be on all common file systems, in bytes, less what [`Names`] adds:
/// `.` and `.access-groups-XXXXXX-` and two prints with `-` between them and `.old`.
const LONGEST_STEM: usize = 255 - (1 + INFIX.len() + RANDOM + 1 + 16 + 1 + 16 + EXCHANGED.len());

const INFIX: &str = ".access-groups-";

/// How many letters and digits tempfile puts in a name.
pub(crate) const RANDOM: usize = 6;

pub(crate) const UNFINISHED: &str = ".tmp";

const EXCHANGED: &str = ".old";

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: Print = Print::from_bits(1);
    const NEW: Print = Print::from_bits(0xff);

    fn check(name: &str, expected: Option<Leftover>) {
        let names = Names::of(Path::new("/sites/site.json"));
        assert_eq!(names.leftover(name.as_ref()), expected, "{name}");
    }

    #[test]
    fn only_exact_names_are_ours() {
        check(
            ".site.json.access-groups-a1B2c3.tmp",
            Some(Leftover::Unfinished),
        );
        let exchanged = ".site.json.access-groups-a1B2c3-0000000000000001-00000000000000ff.old";
        check(
            exchanged,
            Some(Leftover::Exchanged {
                old: OLD.to_string(),
                new: NEW.to_string(),
            }),
        );
        for name in [
            "site.json",
            "site.json.access-groups-a1B2c3.tmp",
            ".site.json.backup.tmp",
            ".site.json.access-groups-a1B2c.tmp",
            ".site.json.access-groups-a1B2c34.tmp",
            ".site.json.access-groups-a1B2-3.tmp",
            ".site.json.access-groups-a1B2é.tmp",
            ".site.json.access-groups-a1B2c3.tmp~",
            ".site.json.access-groups-a1B2c3.old",
            ".Site.json.access-groups-a1B2c3.tmp",
            ".site.json.access-groups-aaaaaa.tmp.access-groups-bbbbbb.tmp",
            ".other.json.access-groups-a1B2c3.tmp",
            ".access-groups-a1B2c3.tmp",
            &exchanged.replace("ff.old", "fg.old"),
            &exchanged.replace("ff.old", "f.old"),
            &exchanged.replace("-0000", "-000"),
            &exchanged.replace("ff", "FF"),
        ] {
            check(name, None);
        }
    }

    #[test]
    fn an_exchange_has_a_name_of_ours() {
        for name in ["site.json", &"x".repeat(250), &"é".repeat(125)] {
            let site = Path::new("/sites").join(name);
            let names = Names::of(&site);
            let mut new = names.prefix();
            new.push("a1B2c3.tmp");
            assert_eq!(names.leftover(&new), Some(Leftover::Unfinished));
            for (old, shown) in [(Some(OLD), OLD.to_string()), (None, "0".repeat(16))] {
                let old = names.exchanged(&names.folder().join(&new), old, NEW);
                let name = old.file_name().expect("a name");
                assert!(name.len() <= 255, "{name:?}");
                let expected = Leftover::Exchanged {
                    old: shown,
                    new: NEW.to_string(),
                };
                assert_eq!(names.leftover(name), Some(expected), "{name:?}");
            }
        }
    }

    #[test]
    fn long_names_are_kept_apart() {
        let folder = Path::new("/sites");
        let (one, other) = ("é".repeat(124) + "a", "é".repeat(124) + "b");
        let (one, other) = (folder.join(one), folder.join(other));
        let (one, other) = (Names::of(&one), Names::of(&other));
        assert_ne!(one.prefix(), other.prefix());
    }

    #[test]
    fn a_name_aside_tells_the_time() {
        let now: Timestamp = "2026-11-27T02:31:15.678Z".parse().expect("a time");
        let names = Names::of(Path::new("/sites/site.json"));
        let aside: Vec<_> = names.aside(now).take(2).collect();
        assert_eq!(
            aside,
            [
                "/sites/site.json.changed-20261127T023115Z",
                "/sites/site.json.changed-20261127T023115Z-2"
            ]
            .map(PathBuf::from)
        );
        let whole: Timestamp = "2026-11-27T02:31:15Z".parse().expect("a time");
        assert_eq!(names.aside(whole).next(), aside.into_iter().next());
    }

    /// Names on Unix are bytes.
    #[cfg(unix)]
    #[test]
    fn a_name_need_not_be_text() {
        use std::os::unix::ffi::OsStrExt;
        let site = Path::new("/sites").join(OsStr::from_bytes(b"\xfe.json"));
        let names = Names::of(&site);
        let ours = OsStr::from_bytes(b".\xfe.json.access-groups-a1B2c3.tmp");
        assert_eq!(names.leftover(ours), Some(Leftover::Unfinished));
        let other = OsStr::from_bytes(b".\xff.json.access-groups-a1B2c3.tmp");
        assert_eq!(names.leftover(other), None);
        let long = Path::new("/sites").join(OsStr::from_bytes(&[0xfe; 250]));
        assert!(Names::of(&long).prefix().len() < 220);
    }
}
