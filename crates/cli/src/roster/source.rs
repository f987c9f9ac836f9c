//! A roster as a file: read whole, and taken apart as often as a time zone needs it.

use std::{
    fs::File,
    io::{self, Read},
    num::NonZeroUsize,
    path::Path,
};

use access_groups_roster::{
    Journal, Problem, ProblemKind, Problems, ReadOptions, Roster, SavedPlan, SavedPlanError,
    TimeZone,
};
use serde::{Deserialize, de::IgnoredAny};

use crate::{failure::Failure, visible::printable};

/// The bytes of a roster, and where they come from.
#[derive(Clone)]
pub(crate) struct Source {
    /// The name of the file, for messages.
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    is_json: bool,
}

impl Source {
    /// Reads the file, or stdin for `-`.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let is_stdin = path == Path::new("-");
        let name = match is_stdin {
            true => "stdin".to_owned(),
            false => printable(&path.display().to_string()),
        };
        let bytes = read(path).map_err(|error| {
            Failure::failed(format!("the roster {name} cannot be read"))
                .caused_by(&error)
                .with_hint(hint_of(error.kind()))
        })?;
        let is_named_json = path
            .extension()
            .is_some_and(|ending| ending.eq_ignore_ascii_case("json"));
        let is_json = is_named_json || begins_like_json(&bytes);
        Ok(Self {
            name,
            bytes,
            is_json,
        })
    }

    /// The roster; local times are those of the zone. So many problems are listed.
    pub(crate) fn roster(&self, zone: &TimeZone, listed: NonZeroUsize) -> Result<Roster, Problems> {
        let options = ReadOptions::new()
            .with_time_zone(zone.clone())
            .with_listed_problems(listed);
        match self.is_json {
            true => Roster::from_json(&self.bytes, &options),
            false => Roster::from_csv(&self.bytes, &options),
        }
    }

    /// What the file is, if it is another one of this program.
    fn instead(&self, problem: &Problem) -> Option<String> {
        match problem.kind {
            ProblemKind::NoArray => other_file(&self.bytes).map(str::to_owned),
            _ => None,
        }
    }

    /// The failure for a roster with problems: each with row and column.
    pub(crate) fn refused(&self, problems: &Problems) -> Failure {
        self.refused_with(problems, |_| None)
    }

    /// The same, with what else there is to say of a problem.
    pub(crate) fn refused_with(
        &self,
        problems: &Problems,
        also: impl Fn(&Problem) -> Option<String>,
    ) -> Failure {
        let failure = Failure::failed(format!(
            "{}: {}",
            self.name,
            counted(problems.count(), "problem")
        ));
        let failure = problems.listed.iter().fold(failure, |failure, problem| {
            let also = also(problem).or_else(|| self.instead(problem));
            failure.with_detail(match also {
                Some(also) => format!("{problem}; {also}"),
                None => problem.to_string(),
            })
        });
        let failure = match problems.more {
            0 => failure,
            more => failure.with_detail(format!("and {more} more; --all lists them")),
        };
        match hint_of_problems(problems) {
            Some(hint) => failure.with_hint(hint),
            None => failure,
        }
    }
}

/// What helps more than a look at the row.
fn hint_of_problems(problems: &Problems) -> Option<&'static str> {
    let mut kinds = problems.listed.iter().map(|problem| &problem.kind);
    kinds.find_map(|kind| match kind {
        ProblemKind::Json { .. } | ProblemKind::NoArray => Some(
            "a roster in JSON is an array of objects with the keys user, group, from, until, note \
             and mode",
        ),
        ProblemKind::Empty | ProblemKind::MissingColumn(_) => Some(
            "the first row names the columns: user,group,from,until,note,mode; `export --roster` \
             prints a roster of what is",
        ),
        _ => None,
    })
}

/// The bytes of the file, or of stdin for `-`: less than 2 GiB.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    match path == Path::new("-") {
        true => bytes_of(io::stdin().lock()),
        false => File::open(path).and_then(bytes_of_file),
    }
}

/// What a JSON object is that this program has written, and who takes it.
fn other_file(bytes: &[u8]) -> Option<&'static str> {
    use SavedPlanError::{Changed, Version};
    if matches!(
        SavedPlan::from_json(bytes),
        Ok(_) | Err(Version(_) | Changed)
    ) {
        return Some("this is a saved plan: `access-groups apply` takes it");
    }
    if Journal::read(bytes).is_ok() {
        return Some(
            "this is the journal of an apply: `access-groups resume` and `access-groups undo` take it",
        );
    }
    let site: SiteHead = serde_json::from_slice(bytes).ok()?;
    let parts = [site.acs_systems, site.acs_users, site.acs_access_groups];
    parts.iter().any(Option::is_some).then_some(
        "this is a site file: `access-groups --store memory:SITE.json export --roster` prints a \
         roster of it",
    )
}

/// Parts that a site file has, and nothing else.
#[derive(Deserialize)]
struct SiteHead {
    acs_systems: Option<IgnoredAny>,
    acs_users: Option<IgnoredAny>,
    acs_access_groups: Option<IgnoredAny>,
}

/// Everything, but not much more than a roster may have: a device never ends.
fn bytes_of(reader: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(TOO_LARGE).read_to_end(&mut bytes)?;
    refuse_too_large(u64::try_from(bytes.len()).unwrap_or(u64::MAX))?;
    Ok(bytes)
}

pub(super) fn bytes_of_file(file: File) -> io::Result<Vec<u8>> {
    // Before it is read: it would take minutes, and the memory of the machine.
    refuse_too_large(file.metadata()?.len())?;
    bytes_of(file)
}

fn refuse_too_large(length: u64) -> io::Result<()> {
    match length >= TOO_LARGE {
        true => Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "it has 2 GiB or more",
        )),
        false => Ok(()),
    }
}

fn begins_like_json(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    matches!(text.trim_ascii_start().first(), Some(b'[' | b'{'))
}

fn hint_of(kind: io::ErrorKind) -> &'static str {
    match kind {
        io::ErrorKind::NotFound => {
            "name a file that exists; `access-groups export --roster > roster.csv` makes one of \
             what is"
        }
        io::ErrorKind::IsADirectory => "name a file in that folder, such as FOLDER/roster.csv",
        io::ErrorKind::FileTooLarge => "check whether it is the right file, or split it",
        _ => "make the file readable for the user who runs the command",
    }
}

/// "1 row", "12 rows"
pub(crate) fn counted(count: usize, noun: &str) -> String {
    match count {
        1 => format!("1 {noun}"),
        _ => format!("{count} {noun}s"),
    }
}

/// A roster has less bytes.
const TOO_LARGE: u64 = 1 << 31;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_known_by_its_first_character() {
        let check = |text: &str, expected| {
            assert_eq!(begins_like_json(text.as_bytes()), expected, "{text:?}")
        };
        check("[]", true);
        check("\u{feff} \r\n[{", true);
        check("{\"acs_users\": []}", true);
        check("user,group\n", false);
        check("", false);
    }

    #[test]
    fn file_of_2_gib_is_refused_by_its_size() {
        assert!(refuse_too_large(TOO_LARGE - 1).is_ok());
        let refused = refuse_too_large(TOO_LARGE).expect_err("too large");
        assert!(hint_of(refused.kind()).contains("right file"));
    }
}
