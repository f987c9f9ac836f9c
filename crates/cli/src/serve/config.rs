//! The file of `--config`: several workspaces, and who may call each.

mod file;
mod json;
mod problems;

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use access_groups_core::{Error, WorkspaceId};

use super::{
    opening::Opening,
    site::Site,
    sites::{Grant, Loaded, OpenSite, Workspace},
    strength,
};
use crate::{
    failure::Failure,
    keys::{self, Reading},
    store,
};
use file::{Content, WorkspaceConfig};
use problems::Problems;

pub(super) use file::LimitSetting;

/// A configuration whose sites are open.
pub(super) struct Opened {
    pub(super) loaded: Loaded,
    pub(super) limits: Vec<LimitSetting>,
    pub(super) warnings: Vec<String>,
}

/// Reads the file, and locks and reads the site files that it names, but for those that are open.
///
/// Problems are reported with their paths, and without secrets; then nothing has changed.
pub(super) fn open(path: &Path, opening: &Opening, reading: Reading) -> Result<Opened, Failure> {
    let file = keys::read_config(path, reading)?;
    let mut problems = Problems::default();
    let content = file::read(file.text.expose(), opening.reach, &mut problems);
    opening.check_files(content.workspaces.len())?;
    // Relative paths are relative to the configuration, not to the current directory.
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    let found = find_all(&content.workspaces, folder, opening, &mut problems);
    let origin = path.display().to_string();
    problems.into_result(&origin)?;
    // Before anything is accepted that could not be kept. What is open already was tried before.
    let mut new = found.iter().filter(|found| found.open.is_none());
    new.try_for_each(|found| found.site.try_saving())?;
    let workspaces: Vec<_> = found
        .into_iter()
        .map(|found| found.into_workspace(opening))
        .collect();
    let mut warnings: Vec<_> = strength::warning(&origin, &content.short)
        .into_iter()
        .collect();
    if file.others_may_read && content.has_secrets {
        warnings.push(warning(path));
    }
    let grants = grants(&content, &workspaces);
    Ok(Opened {
        loaded: Loaded { workspaces, grants },
        limits: content.limits,
        warnings,
    })
}

/// A workspace whose site is open.
struct Found {
    id: WorkspaceId,
    name: String,
    site: Arc<Site>,
    /// If it was open before.
    open: Option<OpenSite>,
}

impl Found {
    fn into_workspace(self, opening: &Opening) -> Workspace {
        let whose = format!(" of workspace {}", self.id);
        let port = self.open.and_then(|open| open.port);
        let port = port.unwrap_or_else(|| opening.front.over(&whose, &self.site));
        Workspace {
            named: Some((self.id, self.name)),
            site: self.site,
            port,
        }
    }
}

/// Finds or opens the site of each workspace; without problems, there is one for each, in their
/// order.
fn find_all(
    workspaces: &[WorkspaceConfig],
    folder: &Path,
    opening: &Opening,
    problems: &mut Problems,
) -> Vec<Found> {
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
        match find(workspace, &path, opening) {
            Ok(found) => all.extend(found),
            // Further sites are opened all the same, to report all problems at once.
            Err(failure) => problems.add_failure(&place, &failure),
        }
    }
    all
}

/// `None` if the id or the name has a problem: then the site is only checked.
fn find(
    workspace: &WorkspaceConfig,
    path: &Path,
    opening: &Opening,
) -> Result<Option<Found>, Failure> {
    let open = fs::canonicalize(path).ok();
    let open = open.and_then(|path| opening.sites.of_file(&path));
    let site = match &open {
        Some(open) => Arc::clone(&open.site),
        None => Arc::new(Site::open(path, opening.lock_timeout)?),
    };
    let (Some(id), Some(name)) = (workspace.id, &workspace.name) else {
        // Opened all the same: its problems are reported with the others.
        return Ok(None);
    };
    let whose = |error: Error| {
        let message = format!("{}: {}", path.display(), error.message());
        store::site_failure(error.with_message(message))
    };
    let memory = site.memory();
    match memory.read(|state| state.workspace().map(|own| own.workspace_id)) {
        // Its name is taken when it is served: until then, nothing has changed.
        Some(own) if own == id => Ok(()),
        _ => memory.update(|state| state.adopt_workspace(id, name)),
    }
    .map_err(whose)?;
    let name = name.clone();
    Ok(Some(Found {
        id,
        name,
        site,
        open,
    }))
}

fn grants(content: &Content, workspaces: &[Workspace]) -> Vec<Grant> {
    let ports = workspaces.iter();
    let ports = ports.filter_map(|workspace| {
        let (id, _) = workspace.named.as_ref()?;
        Some((*id, &workspace.port))
    });
    let ports: HashMap<_, _> = ports.collect();
    let grant = |secret, id: WorkspaceId, of_token| {
        // Without problems there is a port for each id.
        let port = Arc::clone(ports.get(&id)?);
        Some(Grant {
            secret,
            of_token,
            port,
        })
    };
    let mut grants = Vec::new();
    for workspace in &content.workspaces {
        let keys = workspace.keys.iter().flatten();
        grants.extend(keys.filter_map(|key| grant(*key, workspace.id?, None)));
    }
    for token in &content.tokens {
        let ids = token.workspaces.iter();
        grants.extend(ids.filter_map(|id| grant(token.digest?, *id, Some(*id))));
    }
    grants
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
