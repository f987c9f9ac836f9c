//! What the command line asks a server for, opened: sites, keys and limits.

use std::{path::Path, sync::Arc, time::Duration};

use access_groups_core::AccessGroupPort;
use access_groups_server::Limits;

use super::{
    Front,
    config::{self, LimitSetting},
    files::{self, OpenFiles},
    keys::Keys,
    reload::{Reloader, Source},
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
    /// For the person who starts it.
    pub(super) notes: Vec<String>,
    /// The header of a call, as a word of a shell command; for a single site.
    pub(super) authorization: Option<String>,
    pub(super) reloader: Reloader,
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
        let Some(config) = &arguments.config else {
            return Self::open_single(arguments, options, opening);
        };
        if options.store.is_some() || options.api_key_file.is_some() {
            return Err(Failure::usage("--config names the sites and the keys")
                .with_hint("leave --store and --api-key-file out"));
        }
        let config::Opened {
            loaded,
            limits,
            warnings,
        } = config::open(config, &opening, Reading::First)?;
        let mut notes: Vec<_> = loaded.workspaces.iter().map(Workspace::note).collect();
        notes.extend(warnings);
        Self::with(
            arguments,
            loaded,
            opening,
            Source::Config(config.clone()),
            limits,
        )
        .map(|opened| Self { notes, ..opened })
    }

    /// Opens the site of the options.
    fn open_single(
        arguments: &args::Serve,
        options: &Options,
        opening: Opening,
    ) -> Result<Self, Failure> {
        let name = StoreName::choose(options, store::variable)?;
        let key_file = options.api_key_file.as_deref();
        let keys = Keys::find(key_file, store::variable, opening.reach)?;
        let mut notes = Vec::new();
        let site = match name {
            StoreName::Memory(path) => {
                let note = "note: a memory: store forgets all changes when the server ends";
                notes.push(note.to_owned());
                Site::in_memory(store::load(&path)?)
            }
            StoreName::File(path) => Site::open(&path, opening.lock_timeout)?,
            StoreName::Http(_) => {
                let message =
                    "serve needs a memory: or file: store: an http store is served already";
                return Err(Failure::usage(message)
                    .with_hint("--store memory:SITE.json serves a site file and never writes it"));
            }
        };
        // Before anything is accepted that could not be kept.
        site.try_saving()?;
        notes.extend(keys.warnings().iter().cloned());
        notes.extend(keys.note());
        let port = opening.front.over("", &site);
        let loaded = Loaded {
            grants: of_keys(&keys, &port),
            workspaces: vec![Workspace {
                named: None,
                site: Arc::new(site),
                port,
            }],
        };
        let opened = Self::with(arguments, loaded, opening, source(options), Vec::new())?;
        Ok(Self {
            notes,
            authorization: Some(keys.authorization()),
            ..opened
        })
    }

    fn with(
        arguments: &args::Serve,
        loaded: Loaded,
        mut opening: Opening,
        source: Source,
        of_config: Vec<LimitSetting>,
    ) -> Result<Self, Failure> {
        let mut limits = Limits::default();
        let set = of_config.iter().chain(&arguments.limits);
        for (name, value) in set {
            limits
                .set(name, value)
                .map_err(|error| Failure::usage(error.to_string()))?;
        }
        let limits = files::leaving_files(limits, loaded.workspaces.len());
        opening.connections = limits.connections;
        Ok(Self {
            loaded,
            limits,
            notes: Vec::new(),
            authorization: None,
            reloader: Reloader::new(source, opening, of_config),
        })
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
