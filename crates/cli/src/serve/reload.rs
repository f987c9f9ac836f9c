//! `SIGHUP`: the configuration or the key file is read again, while everybody is served.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    config::{self, LimitSetting},
    detached,
    keys::Keys,
    opening::{Opening, of_keys},
    sites::{Changes, Loaded},
};
use crate::{
    failure::Failure,
    keys::{Reading, shown},
    output,
    signals::ServeSignals,
};

/// What can be read again.
pub(super) enum Source {
    /// The file of `--config`.
    Config(PathBuf),
    /// The file of `--api-key-file`.
    Keys(PathBuf),
    /// Nothing, for this reason.
    Nothing(&'static str),
}

/// Reads the source again, and serves what it says then.
pub(super) struct Reloader {
    source: Source,
    opening: Opening,
    /// Those of the configuration when the server started.
    limits: Vec<LimitSetting>,
}

/// What was read again, without any problem.
struct Reloaded {
    loaded: Loaded,
    warnings: Vec<String>,
}

impl Reloader {
    pub(super) fn new(source: Source, opening: Opening, limits: Vec<LimitSetting>) -> Self {
        Self {
            source,
            opening,
            limits,
        }
    }

    pub(super) fn opening(&self) -> &Opening {
        &self.opening
    }

    /// Reloads at each `SIGHUP`, one after the other, for ever.
    pub(super) async fn on_signals(self: Arc<Self>, mut signals: ServeSignals) {
        loop {
            signals.reload().await;
            match &self.source {
                Source::Config(path) => self.reload(path).await,
                Source::Keys(path) => self.reload(path).await,
                Source::Nothing(why) => {
                    output::to_stderr(format_args!("SIGHUP: there is nothing to reload: {why}"))
                }
            }
        }
    }

    async fn reload(self: &Arc<Self>, path: &Path) {
        // On a thread of its own: a disk may hang, and nobody is to wait for it.
        let reloader = Arc::clone(self);
        let read = detached(move || reloader.read()).await;
        let origin = shown(path);
        match read {
            Some(Ok(Reloaded { loaded, warnings })) => {
                let changes = self.opening.sites.serve(loaded);
                warnings.iter().for_each(output::to_stderr);
                output::to_stderr(format_args!("reloaded {origin}: {changes}"));
            }
            Some(Err(failure)) => output::to_stderr(
                failure.with_hint("nothing was reloaded: the server goes on as before"),
            ),
            None => output::to_stderr(format_args!(
                "error: {origin} could not be reloaded: the server goes on as before"
            )),
        }
    }

    fn read(&self) -> Result<Reloaded, Failure> {
        match &self.source {
            Source::Config(path) => {
                let config::Opened {
                    loaded,
                    limits,
                    mut warnings,
                } = config::open(path, &self.opening, Reading::Again)?;
                if limits != self.limits {
                    let origin = path.display();
                    let change = "the limits have changed, which needs a restart";
                    warnings.push(format!("warning: {origin}: {change}"));
                }
                Ok(Reloaded { loaded, warnings })
            }
            Source::Keys(path) => {
                let keys = Keys::read(path, Reading::Again, self.opening.reach)?;
                let workspaces = self.opening.sites.workspaces();
                let ports = workspaces.iter().map(|workspace| &workspace.port);
                let grants = ports.flat_map(|port| of_keys(&keys, port)).collect();
                Ok(Reloaded {
                    loaded: Loaded { workspaces, grants },
                    warnings: keys.warnings().to_vec(),
                })
            }
            Source::Nothing(why) => Err(Failure::failed(*why)),
        }
    }
}

/// In one line, with labels of keys and without secrets.
impl std::fmt::Display for Changes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let parts = [
            ("workspaces added", &self.added),
            ("workspaces removed", &self.removed),
            ("workspaces renamed", &self.renamed),
            ("keys and tokens added", &self.keys_added),
            ("keys and tokens removed", &self.keys_removed),
        ];
        let parts = parts.into_iter().filter(|(_, labels)| !labels.is_empty());
        let parts: Vec<_> = parts
            .map(|(what, labels)| {
                let (count, shown) = (labels.len(), labels.iter().take(LISTED));
                let shown: Vec<_> = shown.map(String::as_str).collect();
                let more = if count > LISTED { ", ..." } else { "" };
                format!("{what}: {count} [{}{more}]", shown.join(", "))
            })
            .collect();
        match parts.is_empty() {
            true => f.write_str("nothing has changed"),
            false => f.write_str(&parts.join("; ")),
        }
    }
}

/// How many labels of a kind are listed.
const LISTED: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_counted_and_some_are_named() {
        let check = |changes: Changes, expected: &str| assert_eq!(changes.to_string(), expected);
        check(Changes::default(), "nothing has changed");
        check(
            Changes {
                added: vec!["1 (North)".to_owned()],
                keys_removed: (10..22).map(|number| number.to_string()).collect(),
                ..Changes::default()
            },
            "workspaces added: 1 [1 (North)]; keys and tokens removed: 12 [10, 11, 12, 13, 14, \
             15, 16, 17, 18, 19, ...]",
        );
    }
}
