//! The file of `--config`: several workspaces, and who may call each.

mod file;

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use access_groups_core::WorkspaceId;
use access_groups_server::Credentials;

use super::{Front, Served};
use crate::{
    failure::Failure,
    keys,
    store::{self, Site},
};
use file::{Content, Problems, WorkspaceConfig};

/// Reads the file, and locks and reads the site files that it names.
///
/// Problems are reported with their paths, and without secrets.
pub(super) fn open(
    path: &Path,
    lock_timeout: Duration,
    mut front: Front,
) -> Result<Served, Failure> {
    let file = keys::read_config(path)?;
    let mut problems = Problems::default();
    let content = file::read(file.text.expose(), &mut problems);
    // Relative paths are relative to the configuration, not to the current directory.
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    let opened = open_all(&content.workspaces, folder, lock_timeout, &mut problems);
    problems.into_result(&path.display().to_string())?;
    let mut notes: Vec<_> = opened.iter().map(|opened| opened.note.clone()).collect();
    if file.others_may_read && content.has_secrets {
        notes.push(warning(path));
    }
    Ok(Served {
        credentials: credentials(&content, &opened, &mut front),
        sites: opened.into_iter().map(|opened| opened.site).collect(),
        front,
        notes,
        authorization: None,
    })
}

/// A workspace whose site is open.
struct Opened {
    id: WorkspaceId,
    site: Arc<Site>,
    note: String,
}

/// Opens the site of each workspace; without problems, there is one for each, in their order.
fn open_all(
    workspaces: &[WorkspaceConfig],
    folder: &Path,
    lock_timeout: Duration,
    problems: &mut Problems,
) -> Vec<Opened> {
    let mut files: HashMap<PathBuf, String> = HashMap::new();
    let mut all = Vec::new();
    for workspace in workspaces {
        let Some(site) = &workspace.site else {
            continue;
        };
        let (path, place) = (folder.join(site), format!("{}.site", workspace.path));
        // A file that cannot be found is refused when it is opened.
        if let Ok(resolved) = fs::canonicalize(&path)
            && let Some(other) = files.insert(resolved, place.clone())
        {
            problems.add(&place, format!("the same file as {other}"));
            continue;
        }
        match open_workspace(workspace, &path, lock_timeout) {
            Ok(opened) => all.extend(opened),
            // Further sites are opened all the same, to report all problems at once.
            Err(failure) => problems.add_failure(&place, &failure),
        }
    }
    all
}

/// `None` if the id or the name has a problem: then the site is only checked.
fn open_workspace(
    workspace: &WorkspaceConfig,
    path: &Path,
    lock_timeout: Duration,
) -> Result<Option<Opened>, Failure> {
    let (Some(id), Some(name)) = (workspace.id, &workspace.name) else {
        // Opened all the same: its problems are reported with the others.
        store::open_site(path, lock_timeout)?;
        return Ok(None);
    };
    let site = store::open_site(path, lock_timeout)?;
    site.memory()
        .update(|state| state.adopt_workspace(id, name))
        .map_err(|error| {
            let message = format!("{}: {}", path.display(), error.message());
            store::site_failure(error.with_message(message))
        })?;
    let site = Arc::new(Site::File(site));
    let note = format!("workspace {id} ({name}): {}", path.display());
    Ok(Some(Opened { id, site, note }))
}

fn credentials(content: &Content, opened: &[Opened], front: &mut Front) -> Credentials {
    let ports = opened.iter().map(|opened| {
        let whose = format!(" of workspace {}", opened.id);
        (opened.id, front.over(&whose, opened.site.memory()))
    });
    let ports: HashMap<_, _> = ports.collect();
    let credentials = Credentials::new();
    for workspace in &content.workspaces {
        let Some(port) = workspace.id.and_then(|id| ports.get(&id)) else {
            continue;
        };
        for key in workspace.keys.iter().flatten() {
            credentials.insert_key(*key, Arc::clone(port));
        }
    }
    for token in &content.tokens {
        let Some(digest) = token.digest else { continue };
        for id in &token.workspaces {
            // Without problems there is a port for each id.
            if let Some(port) = ports.get(id) {
                credentials.insert_token(digest, *id, Arc::clone(port));
            }
        }
    }
    credentials
}

fn warning(path: &Path) -> String {
    format!(
        "warning: {} holds secrets, and other users of this machine may read it: restrict its \
         permissions, or write sha256: digests instead of the secrets",
        path.display()
    )
}

#[cfg(test)]
mod tests;
