//! `export` and `import`: a whole site as one file.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use access_groups_core::{
    BlockingStore, Workspace, WorkspaceId, file_text, foreign::lenient_json, prelude::*,
};
use access_groups_file::SiteFile;
use access_groups_in_memory::{State, export_over};
use serde::{Deserialize, Serialize, Serializer, de::IgnoredAny};
use serde_json::Value;

use crate::{
    args::{Import, Options},
    database::{Chosen, Database, DatabaseName, UNKNOWN, actor},
    describe::line,
    failure::Failure,
    output, signals,
    store::{self, Store, StoreName},
    terminal::{self, Progress},
    visible::printable,
};

/// Prints the site file once all of it has been read: a failure prints nothing of it.
pub(crate) fn export(store: &Store) -> Result<(), Failure> {
    signals::set_note("interrupted: nothing was exported");
    match store.site() {
        // One view of everything, whatever changes meanwhile.
        Some(site) => output::json_to_stdout(&site?),
        None => export_over_port(store.port()),
    }
}

fn export_over_port(port: &dyn BlockingAccessGroupPort) -> Result<(), Failure> {
    let mut progress = Progress::start();
    let exported = export_over(port, &mut |step| {
        progress.at(step.part, step.done, step.total);
    });
    drop(progress);
    let exported = exported?;
    for what in &exported.left_out {
        output::to_stderr(format_args!("warning: left out: {}", printable(what)));
    }
    output::json_to_stdout(&exported.state.to_site_json())
}

/// Reads the site file, and writes it to the store if that is empty.
pub(crate) fn import(
    arguments: &Import,
    name: StoreName,
    options: &Options,
) -> Result<(), Failure> {
    let target = Target::of(name)?;
    if let Target::File(_) = target {
        options.must_not_choose_of_databases()?;
    }
    let read = || {
        let text = text_of(&arguments.site)?;
        // What is no site is refused before anything is made for it.
        let outline = Outline::of(&text).map_err(|_| refusal(arguments, &text))?;
        Ok::<_, Failure>((text, outline))
    };
    let (text, outline) = match is_stdin(&arguments.site) {
        // Somebody may be typing.
        true => read()?,
        false => {
            let what = format!("reading {}, seconds", arguments.site.display());
            terminal::while_waiting(&what, read)?
        }
    };
    let filled = match target {
        Target::File(path) => import_into_file(&path, &text, arguments, options)?,
        Target::Database(name) => import_into_database(name, &text, &outline, arguments, options)?,
    };
    let body = Imported {
        counts: &outline.counts,
        workspace_id: filled.workspace.workspace_id,
        site_workspace_id: outline.workspace.as_ref().map(|own| own.workspace_id),
    };
    let (counts, moved) = (outline.counts.in_words(), filled.moved_from(&outline));
    let words = format!("Imported {counts} into {}.{moved}", filled.shown);
    output::answer_after(
        "the site is imported",
        options.format,
        "import",
        &words,
        &body,
    )
}

/// What an import answers. The JSON is documented.
#[derive(Serialize)]
struct Imported<'a> {
    #[serde(flatten)]
    counts: &'a Counts,
    /// Of everything that was imported.
    workspace_id: WorkspaceId,
    /// What the site says.
    site_workspace_id: Option<WorkspaceId>,
}

/// What was filled.
struct Filled {
    /// The store.
    shown: String,
    workspace: Workspace,
}

impl Filled {
    /// What was another workspace's, on a line of its own.
    fn moved_from(&self, outline: &Outline) -> String {
        let now = &self.workspace;
        let Some(own) = outline
            .workspace
            .as_ref()
            .filter(|own| own.workspace_id != now.workspace_id)
        else {
            return String::new();
        };
        format!(
            "\nThe site was that of the workspace {} ({}): all of it is now that of {} ({}).",
            line(&own.name),
            own.workspace_id,
            line(&now.name),
            now.workspace_id
        )
    }
}

/// Where a site is imported.
enum Target {
    File(PathBuf),
    Database(DatabaseName),
}

impl Target {
    fn of(name: StoreName) -> Result<Self, Failure> {
        let (why, what) = match name {
            StoreName::File(path) => return Ok(Self::File(path)),
            StoreName::Database(name) => return Ok(Self::Database(name)),
            StoreName::Memory(_) => (
                "a memory: store forgets everything when the command ends",
                "memory:SITE.json reads a site file as it is",
            ),
            StoreName::Http(_) => (
                "a service creates no systems, groups or entrances for its callers",
                "`access-groups serve` serves it",
            ),
        };
        let message = format!("import needs a sqlite:, postgres: or file: store: {why}");
        Err(Failure::usage(message)
            .with_hint(format!("--store sqlite:NEW.db makes a new store; {what}")))
    }
}

/// The failure for a site file with other content, whose message lists all problems.
fn invalid(arguments: &Import, error: &Error) -> Failure {
    Failure::failed(format!("{}: {}", arguments.site.display(), error.message()))
        .with_hint("fix the listed problems, then try again; nothing was imported")
}

/// The same for a text that is no site at all, in the words of the store.
fn refusal(arguments: &Import, text: &str) -> Failure {
    match State::new().import(text) {
        Err(error) => invalid(arguments, &error),
        Ok(_) => Failure::failed(format!("{} is no site file", arguments.site.display())),
    }
}

/// Fills a new or empty file, and says what it is called.
fn import_into_file(
    path: &Path,
    text: &str,
    arguments: &Import,
    options: &Options,
) -> Result<Filled, Failure> {
    // Before there is a file.
    State::new()
        .import(text)
        .map_err(|error| invalid(arguments, &error))?;
    let store = SiteFile::create_within(path, options.lock_timeout());
    let store = store.map_err(|error| match error.kind() {
        ErrorKind::Conflict | ErrorKind::Invalid => not_empty(path, error),
        _ if error.code().is_some() => store::site_failure(error), // it is locked
        _ => store::site_failure(error)
            .with_hint("name a file in a folder that exists and that you may write to"),
    })?;
    let imported = signals::while_saving(|| store.import(text));
    store::warn(&store);
    imported.map_err(store::site_failure)?;
    Ok(Filled {
        shown: path.display().to_string(),
        workspace: store.workspace()?,
    })
}

/// Fills an empty workspace, and says what it is called. A signal ends it at any time: then nothing is
/// imported.
fn import_into_database(
    name: DatabaseName,
    text: &str,
    outline: &Outline,
    arguments: &Import,
    options: &Options,
) -> Result<Filled, Failure> {
    let own = outline.workspace.as_ref();
    let shown = name.to_string();
    let (database, made) = Database::open_to_fill(name, own, options)?;
    let filled = fill(&database, &shown, text, outline, arguments, options);
    let workspace = filled.map_err(|failure| match made.map(|id| database.delete_empty(id)) {
        // The next import makes its own.
        None | Some(Ok(_)) => failure,
        Some(Err(error)) => failure.with_detail(format!(
            "an empty workspace may be left: {}",
            error.message()
        )),
    })?;
    Ok(Filled { shown, workspace })
}

/// Fills the chosen workspace.
fn fill(
    database: &Database,
    shown: &str,
    text: &str,
    outline: &Outline,
    arguments: &Import,
    options: &Options,
) -> Result<Workspace, Failure> {
    let chosen = database.choose(options)?;
    let actor = actor(options, store::variable)?;
    let actor = actor.unwrap_or_else(|| UNKNOWN.to_owned());
    let what = format!("importing {}, seconds", outline.counts.in_words());
    signals::set_note(
        "interrupted: nothing was imported, unless it has ended at this moment: `access-groups systems` tells",
    );
    let imported = terminal::while_waiting(&what, || chosen.import(text, actor));
    imported.map_err(|error| match error.kind() {
        ErrorKind::Conflict => workspace_not_empty(shown, &chosen, error),
        ErrorKind::Invalid => invalid(arguments, &error),
        _ => Failure::from(error),
    })?;
    signals::set_note("interrupted: the site is imported");
    Ok(chosen.port().workspace()?)
}

fn workspace_not_empty(database: &str, chosen: &Chosen, error: Error) -> Failure {
    let message = format!(
        "the workspace {} of {database} is not empty",
        chosen.called()
    );
    Failure::from(error.with_message(message)).with_hint(
        "import fills an empty workspace only: `access-groups workspaces create NAME` makes one, \
         which --workspace NAME chooses; or name a new file",
    )
}

fn is_stdin(site: &Path) -> bool {
    site == Path::new("-")
}

fn text_of(site: &Path) -> Result<String, Failure> {
    if !is_stdin(site) {
        return store::read_site(site);
    }
    let read = store::read_at_most(io::stdin().lock(), store::LARGEST);
    let text = read.and_then(|bytes| Ok(file_text(bytes)?));
    text.map_err(|error| {
        Failure::failed("the site file cannot be read from stdin").caused_by(&error)
    })
}

/// The failure for a store that holds something: what it is, as far as it can be read.
fn not_empty(path: &Path, error: Error) -> Failure {
    let text = fs::read_to_string(path).unwrap_or_default();
    let shown = path.display();
    let message = match State::from_site_json(&text) {
        Ok(held) => {
            let counts = Counts::of(&held).in_words();
            format!("{shown} is not empty: it holds {counts}")
        }
        Err(problem) => format!("{shown} is not an empty store: {problem}"),
    };
    Failure::from(error.with_message(message)).with_hint(ELSEWHERE)
}

/// The size of a site: for each part, its key in JSON, its noun, and the count. The JSON is
/// documented.
struct Counts([(&'static str, &'static str, usize); 8]);

impl Counts {
    fn of(state: &State) -> Self {
        let all = AccessGroupFilter::new();
        let groups = state.access_groups(&all).count();
        Self([
            ("acs_systems", "system", state.acs_systems().count()),
            ("acs_users", "user", state.acs_users().count()),
            (
                "user_identities",
                "identity",
                state.user_identities().count(),
            ),
            ("acs_access_groups", "group", groups),
            ("acs_entrances", "entrance", state.entrances().count()),
            ("memberships", "membership", state.memberships().count()),
            ("group_entrances", "", state.group_entrances().count()),
            ("entrance_grants", "entrance grant", state.grants().count()),
        ])
    }

    /// "2 systems, 24 users"; zeros and parts without a noun are left out.
    fn in_words(&self) -> String {
        let shown = self
            .0
            .iter()
            .filter(|(_, noun, count)| !noun.is_empty() && *count > 0);
        let words: Vec<_> = shown
            .map(|(_, noun, count)| counted(*count, noun))
            .collect();
        match words.is_empty() {
            true => "a workspace and nothing in it".to_owned(),
            false => words.join(", "),
        }
    }
}

impl Serialize for Counts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, _, count)| (key, count)))
    }
}

/// What is told of a site file without reading it: whoever imports it says whether it is right.
struct Outline {
    counts: Counts,
    /// The workspace that the site says it is of.
    workspace: Option<Workspace>,
}

impl Outline {
    fn of(text: &str) -> serde_json::Result<Self> {
        // As whoever imports it reads it.
        let parts: Parts = serde_json::from_str(&lenient_json(text))?;
        let mut counts = Counts::of(&State::new());
        for ((_, _, count), length) in counts.0.iter_mut().zip(parts.lengths()) {
            *count = length;
        }
        let workspace = parts.workspace;
        Ok(Self {
            counts,
            workspace: workspace.and_then(|own| serde_json::from_value(own).ok()),
        })
    }
}

/// The parts of a site file, whose elements take no memory.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Parts {
    workspace: Option<Value>,
    acs_systems: Vec<IgnoredAny>,
    acs_users: Vec<IgnoredAny>,
    user_identities: Vec<IgnoredAny>,
    acs_access_groups: Vec<IgnoredAny>,
    acs_entrances: Vec<IgnoredAny>,
    memberships: Vec<IgnoredAny>,
    group_entrances: Vec<IgnoredAny>,
    entrance_grants: Vec<IgnoredAny>,
}

impl Parts {
    /// How many elements each has, in the order of [`Counts`].
    fn lengths(&self) -> [usize; 8] {
        [
            self.acs_systems.len(),
            self.acs_users.len(),
            self.user_identities.len(),
            self.acs_access_groups.len(),
            self.acs_entrances.len(),
            self.memberships.len(),
            self.group_entrances.len(),
            self.entrance_grants.len(),
        ]
    }
}

fn counted(count: usize, noun: &str) -> String {
    match (count, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{count} {stem}ies"),
        (_, None) => format!("{count} {noun}s"),
    }
}

const ELSEWHERE: &str = "import fills a new or empty store only: name another file, or move \
    this one away";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_counted_as_its_state() {
        let mut site = access_groups_in_memory::SiteBuilder::new();
        let [ada, grace] = site.users(["Ada", "Grace"]);
        let (gym, doors) = (site.group("Gym"), site.entrances(["Gym", "Side", "Roof"]));
        site.members(gym, [ada, grace]).opens(gym, doors);
        site.grant(ada, [doors[0]]);
        site.identity("Ada King", [ada]);
        let state = site.build_state();
        let text = state.to_site_json();
        let check = |text: &str, state: &State| {
            let counts = Outline::of(text).expect("a site").counts;
            assert_eq!(counts.0, Counts::of(state).0, "{text}");
            counts.in_words().matches(", ").count()
        };
        assert_eq!(check(&text, &state), 6, "each part");
        check(&format!("\u{feff}{text}"), &state);
        check(&text.replace("Gym", r"Gym \ud83d"), &state);
        assert!(Outline::of("[").is_err());
    }

    #[test]
    fn counts_leave_zeros_out() {
        let mut counts = Counts::of(&State::new());
        let mut check = |changes: &[(usize, usize)], expected| {
            changes
                .iter()
                .for_each(|(part, count)| counts.0[*part].2 = *count);
            assert_eq!(counts.in_words(), expected);
        };
        check(&[], "a workspace and nothing in it");
        check(&[(0, 1), (2, 2), (6, 9)], "1 system, 2 identities");
        check(&[(2, 1), (7, 3)], "1 system, 1 identity, 3 entrance grants");
    }
}
