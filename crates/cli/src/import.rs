//! `import`: fills a new or empty `file:` store from a site file.

use std::{
    io::{self, Read},
    path::{Path, PathBuf},
};

use access_groups_in_memory::State;
use serde::Serialize;

use crate::{
    args::Import,
    failure::Failure,
    output::{self, Format},
    site_file::{self, SiteFile},
    store::StoreName,
};

/// Reads the site file, and writes it to the store if nothing is there.
pub(crate) fn run(wanted: &Import, name: StoreName, format: Format) -> Result<(), Failure> {
    let path = file_of(name)?;
    let text = text_of(&wanted.site)?;
    let state = State::from_site_json(&text).map_err(|error| {
        Failure::failed(format!("{}: {error}", wanted.site.display()))
            .with_hint("mend the places named, then try again; nothing was imported")
    })?;
    let counts = Counts::of(&state);
    let store = SiteFile::open_or_new(&path)?;
    refuse_unless_empty(&store, &path)?;
    store.write(&state.to_site_json())?;
    let words = format!("Imported {} into {}.", counts.in_words(), path.display());
    output::answer(format, "import", &words, &counts)
        .map_err(|failure| failure.with_hint("the site is imported all the same"))
}

fn file_of(name: StoreName) -> Result<PathBuf, Failure> {
    match name {
        StoreName::File(path) => Ok(path),
        StoreName::Memory(_) => Err(Failure::usage(
            "import needs a file: store: a memory: store forgets everything when the command ends",
        )
        .with_hint(
            "--store file:NEW.json makes a new store; memory:SITE.json reads a site file as it is",
        )),
        StoreName::Http(_) => Err(Failure::usage(
            "import needs a file: store: a service creates no systems, groups or entrances for \
             its callers",
        )
        .with_hint(
            "--store file:NEW.json makes a new store, which `access-groups serve` can serve",
        )),
    }
}

fn text_of(site: &Path) -> Result<String, Failure> {
    if site != Path::new("-") {
        return site_file::read(site);
    }
    let mut text = String::new();
    io::stdin()
        .lock()
        .read_to_string(&mut text)
        .map_err(|error| {
            Failure::failed("the site file cannot be read from stdin").caused_by(&error)
        })?;
    Ok(text)
}

/// An empty file is an empty store, and so is a site file without anything.
fn refuse_unless_empty(store: &SiteFile, shown: &Path) -> Result<(), Failure> {
    let Some(text) = store.text()? else {
        return Ok(());
    };
    if text.trim().is_empty() {
        return Ok(());
    }
    let held = State::from_site_json(&text).map_err(|error| {
        Failure::failed(format!(
            "{} is not an empty store: {error}",
            shown.display()
        ))
        .with_hint(ELSEWHERE)
    })?;
    if held == State::new() {
        return Ok(());
    }
    let counts = Counts::of(&held).in_words();
    let message = format!("{} is not empty: it holds {counts}", shown.display());
    Err(Failure::failed(message).with_hint(ELSEWHERE))
}

/// How much there is of everything; documented as JSON.
#[derive(Debug, Serialize)]
struct Counts {
    acs_systems: usize,
    acs_users: usize,
    user_identities: usize,
    acs_access_groups: usize,
    acs_entrances: usize,
    memberships: usize,
    group_entrances: usize,
    entrance_grants: usize,
}

impl Counts {
    fn of(state: &State) -> Self {
        let all = access_groups_core::AccessGroupFilter::new();
        Self {
            acs_systems: state.acs_systems().count(),
            acs_users: state.acs_users().count(),
            user_identities: state.user_identities().count(),
            acs_access_groups: state.access_groups(&all).count(),
            acs_entrances: state.entrances().count(),
            memberships: state.memberships().count(),
            group_entrances: state.group_entrances().count(),
            entrance_grants: state.grants().count(),
        }
    }

    /// "2 systems, 24 users"; what there is none of is left out.
    fn in_words(&self) -> String {
        let all = [
            (self.acs_systems, "system"),
            (self.acs_users, "user"),
            (self.user_identities, "identity"),
            (self.acs_access_groups, "group"),
            (self.acs_entrances, "entrance"),
            (self.memberships, "membership"),
            (self.entrance_grants, "entrance grant"),
        ];
        let there = all.iter().filter(|(count, _)| *count > 0);
        let words: Vec<_> = there.map(|(count, noun)| counted(*count, noun)).collect();
        match words.is_empty() {
            true => "a workspace and nothing in it".to_owned(),
            false => words.join(", "),
        }
    }
}

fn counted(count: usize, noun: &str) -> String {
    match (count, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{count} {stem}ies"),
        (_, None) => format!("{count} {noun}s"),
    }
}

const ELSEWHERE: &str = "import fills a new or an empty store only: name another file, or move \
    this one away";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_there_is_is_counted_and_the_rest_left_out() {
        let mut counts = Counts::of(&State::new());
        assert_eq!(counts.in_words(), "a workspace and nothing in it");
        counts.acs_systems = 1;
        counts.user_identities = 2;
        assert_eq!(counts.in_words(), "1 system, 2 identities");
        counts.user_identities = 1;
        counts.entrance_grants = 3;
        assert_eq!(counts.in_words(), "1 system, 1 identity, 3 entrance grants");
    }
}
