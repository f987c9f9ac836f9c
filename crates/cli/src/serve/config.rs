//! The file of `--config`: several workspaces, and who may call each.

mod adopt;
mod json;
mod problem;
mod read;

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use access_groups_core::{Ports, WorkspaceId};
use access_groups_server::Credentials;

use crate::{failure::Failure, key_file, site::Site};
use problem::{Problems, member};
use read::{Draft, WorkspaceDraft};

/// Workspaces with open sites, and what opens them.
#[derive(Debug)]
pub(super) struct Config {
    pub(super) sites: Vec<Arc<Site>>,
    pub(super) credentials: Credentials,
    /// What whoever starts the server should know.
    pub(super) notes: Vec<String>,
}

impl Config {
    /// Reads the file, and locks and reads the site files that it names.
    ///
    /// Everything that is wrong is told at once, each thing with its place, and no secret.
    pub(super) fn load(path: &Path) -> Result<Self, Failure> {
        let file = key_file::read_config(path)?;
        let mut problems = Problems::default();
        let draft = read::draft(file.text.expose(), &mut problems);
        let folder = path.parent().unwrap_or_else(|| Path::new(""));
        let opened = open_all(&draft.workspaces, folder, &mut problems);
        problems.into_result(&path.display().to_string())?;
        let mut notes: Vec<_> = opened.iter().map(|opened| opened.note.clone()).collect();
        if file.others_may_read && draft.holds_secrets {
            notes.push(warning(path));
        }
        Ok(Self {
            credentials: credentials(&draft, &opened),
            sites: opened.into_iter().map(|opened| opened.site).collect(),
            notes,
        })
    }
}

/// A workspace that can be served.
struct Opened {
    id: WorkspaceId,
    site: Arc<Site>,
    note: String,
}

/// Opens the site of each workspace; without problems, there is one for each, in their order.
fn open_all(workspaces: &[WorkspaceDraft], folder: &Path, problems: &mut Problems) -> Vec<Opened> {
    let mut files: HashMap<PathBuf, &str> = HashMap::new();
    let mut all = Vec::new();
    for workspace in workspaces {
        let Some(site) = &workspace.site else {
            continue;
        };
        let (path, place) = (folder.join(site), member(&workspace.place, "site"));
        // A file that cannot be found is refused when it is opened.
        if let Ok(resolved) = fs::canonicalize(&path)
            && let Some(other) = files.insert(resolved, &workspace.place)
        {
            problems.add(
                &place,
                format!("the same file as {}", member(other, "site")),
            );
            continue;
        }
        match open(workspace, &path) {
            Ok(opened) => all.extend(opened),
            Err(failure) => problems.add_failure(&place, &failure),
        }
    }
    all
}

/// `None` where it is not known which workspace this is: the site is sound at least.
fn open(workspace: &WorkspaceDraft, path: &Path) -> Result<Option<Opened>, Failure> {
    let (Some(id), Some(name)) = (workspace.id, &workspace.name) else {
        Site::open(path)?;
        return Ok(None);
    };
    let site = Site::open_as(path, |text| adopt::state(text, id, name))?;
    let note = format!("workspace {id} ({name}): {}", path.display());
    let site = Arc::new(site);
    Ok(Some(Opened { id, site, note }))
}

fn credentials(draft: &Draft, opened: &[Opened]) -> Credentials {
    let ports = |site: &Site| Ports::of(site.memory().clone());
    let ports: HashMap<_, _> = opened.iter().map(|it| (it.id, ports(&it.site))).collect();
    let credentials = Credentials::new();
    for workspace in &draft.workspaces {
        let Some(ports) = workspace.id.and_then(|id| ports.get(&id)) else {
            continue;
        };
        for key in workspace.keys.iter().flatten() {
            credentials.insert_key(*key, ports.clone());
        }
    }
    for token in &draft.tokens {
        let Some(secret) = token.token else { continue };
        for id in &token.workspaces {
            if let Some(ports) = ports.get(id) {
                credentials.insert_token(secret, *id, ports.clone());
            }
        }
    }
    credentials
}

fn warning(path: &Path) -> String {
    format!(
        "warning: {} holds secrets, and other users of this machine may read it: take that away \
         from them, or write sha256: digests instead of the secrets",
        path.display()
    )
}
