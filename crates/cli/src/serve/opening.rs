//! What the command line asks a server for, opened: sites, keys and limits.

use std::{path::Path, sync::Arc, time::Duration};

use access_groups_core::AccessGroupPort;
use access_groups_server::Limits;

use super::{
    Front,
    config::{self, LimitSetting},
    files::OpenFiles,
    keys::Keys,
    limits,
    notes::Notes,
    reload::{Reloader, Source},
    saving::Saves,
    site::Site,
    sites::{Grant, Loaded, Sites, Workspace},
    strength::Reach,
};
use crate::{
    args::{self, Options},
    failure::Failure,
    keys::Reading,
    store::{self, StoreName},
};

/// What sites and keys are opened with, now and in a reload.
pub(super) struct Opening {
    pub(super) front: Front,
    pub(super) sites: Arc<Sites>,
    pub(super) reach: Reach,
    pub(super) lock_timeout: Duration,
    pub(super) files: OpenFiles,
    /// For how many connections files are left; set when the server starts.
    pub(super) connections: usize,
}

impl Opening {
    /// Checks that so many sites can be open beside the connections.
    pub(super) fn check_files(&self, sites: usize) -> Result<(), Failure> {
        self.files.check(sites.max(1), self.connections)
    }
}

/// A server that may start.
pub(super) struct Opened {
    pub(super) loaded: Loaded,
    pub(super) limits: Limits,
    pub(super) notes: Notes,
    pub(super) reloader: Arc<Reloader>,
}

impl Opened {
    /// Opens what the arguments name. It may wait for disks, pipes and locks.
    pub(super) fn open(
        arguments: &args::Serve,
        options: &Options,
        files: OpenFiles,
        sites: Arc<Sites>,
    ) -> Result<Self, Failure> {
        let opening = Opening {
            front: Front::new(arguments.log, arguments.faults.as_ref())?,
            sites,
            reach: Reach::of(arguments.listen),
            lock_timeout: options.lock_timeout(),
            files,
            connections: 1,
        };
        match &arguments.config {
            Some(config) => Self::open_config(config, arguments, options, opening),
            None => Self::open_single(arguments, options, opening),
        }
    }

    /// Opens the sites of the configuration.
    fn open_config(
        path: &Path,
        arguments: &args::Serve,
        options: &Options,
        opening: Opening,
    ) -> Result<Self, Failure> {
        if options.store.is_some() || options.api_key_file.is_some() {
            return Err(Failure::usage("--config names the sites and the keys")
                .with_hint("leave --store and --api-key-file out"));
        }
        let config::Opened {
            loaded,
            limits,
            warnings,
        } = config::open(path, &opening, Reading::First)?;
        let mut lines: Vec<_> = loaded.workspaces.iter().map(Workspace::note).collect();
        lines.extend(warnings);
        lines.extend(opening.front.note());
        let notes = Notes::new(lines);
        let source = Source::Config(path.to_owned());
        Self::with(arguments, loaded, opening, source, limits, notes)
    }

    /// Opens the site of the options.
    fn open_single(
        arguments: &args::Serve,
        options: &Options,
        opening: Opening,
    ) -> Result<Self, Failure> {
        let name = StoreName::choose(options, store::variable)?;
        options.must_not_choose_of_databases()?;
        let key_file = options.api_key_file.as_deref();
        let keys = Keys::find(key_file, store::variable, opening.reach)?;
        let site = site(name, opening.lock_timeout)?;
        // Before anything is accepted that could not be kept.
        site.try_saving()?;
        let mut lines = Vec::new();
        if !site.is_kept() {
            let line = "note: a memory: store forgets all changes when the server ends";
            lines.push(line.to_owned());
        }
        lines.extend(suggestion(&site));
        lines.extend(keys.warnings().iter().cloned());
        lines.extend(keys.note());
        lines.extend(opening.front.note());
        let notes = Notes::new(lines).with_authorization(keys.authorization());
        let port = opening.front.over("", &site);
        let loaded = Loaded {
            grants: of_keys(&keys, &port),
            workspaces: vec![Workspace {
                named: None,
                site: Arc::new(site),
                port,
            }],
        };
        let source = source(options);
        Self::with(arguments, loaded, opening, source, Vec::new(), notes)
    }

    fn with(
        arguments: &args::Serve,
        loaded: Loaded,
        mut opening: Opening,
        source: Source,
        of_config: Vec<LimitSetting>,
        mut notes: Notes,
    ) -> Result<Self, Failure> {
        let set = of_config.iter().chain(&arguments.limits);
        let (limits, warnings) = limits::holding(set, loaded.workspaces.len())?;
        notes.warn(warnings);
        opening.connections = limits.connections;
        Ok(Self {
            loaded,
            limits,
            notes,
            reloader: Arc::new(Reloader::new(source, opening, of_config)),
        })
    }
}

/// Where a file is rewritten whole at each save, many people make it slow.
fn suggestion(site: &Site) -> Option<String> {
    let path = site.path()?;
    let people = site.memory().read(|state| state.acs_users().count());
    let database = path.with_extension("db");
    let (file, database) = (path.display(), database.display());
    (people > MANY).then(|| {
        format!(
            "note: a database keeps so many people better: `access-groups --store sqlite:{database} \
             import {file}`, then `access-groups --store sqlite:{database} serve`"
        )
    })
}

/// With more people, a save takes tenths of a second, and a change of the CLI seconds.
const MANY: usize = 10_000;

/// The site of a store that can be served.
fn site(name: StoreName, lock_timeout: Duration) -> Result<Site, Failure> {
    match name {
        StoreName::Memory(path) => store::load(&path).map(Site::in_memory),
        StoreName::File(path) => Site::open(&path, lock_timeout),
        StoreName::Database(_) => unreachable!("a database is served by itself"),
        StoreName::Http(_) => {
            let message = "serve needs a sqlite:, postgres:, file: or memory: store: an http store is served already";
            Err(Failure::usage(message)
                .with_hint("--store memory:SITE.json serves a site file and never writes it"))
        }
    }
}

/// What a reload reads again.
fn source(options: &Options) -> Source {
    match &options.api_key_file {
        Some(path) if path != Path::new("-") => Source::Keys(path.clone()),
        Some(_) => Source::Nothing("the keys came from stdin"),
        None => Source::Nothing("no file of keys was named at the start"),
    }
}

/// All keys open one port.
pub(super) fn of_keys(keys: &Keys, port: &Arc<dyn AccessGroupPort>) -> Vec<Grant> {
    let grants = keys.iter().map(|key| Grant {
        secret: key.into(),
        of_token: None,
        port: Arc::clone(port),
    });
    grants.collect()
}
