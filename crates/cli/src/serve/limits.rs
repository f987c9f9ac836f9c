//! The limits of a server: those that were set, and what holds where they cannot.

use access_groups_server::Limits;

use super::{config::LimitSetting, files};
use crate::failure::Failure;

/// The limits of a server of so many sites with these settings, of which later ones count, and a warning
/// for each that does not hold.
pub(super) fn holding<'a>(
    set: impl Iterator<Item = &'a LimitSetting>,
    sites: usize,
) -> Result<(Limits, Vec<String>), Failure> {
    let mut limits = Limits::default();
    let mut asked = None;
    for (name, value) in set {
        limits
            .set(name, value)
            .map_err(|error| Failure::usage(error.to_string()))?;
        if name == CONNECTIONS {
            asked = Some(limits.connections);
        }
    }
    let limits = files::leaving_files(limits, sites);
    let lowered = asked.filter(|asked| *asked > limits.connections);
    let lowered = lowered.map(|asked| too_few_files(asked, limits.connections));
    let all = lowered.into_iter().chain(limits.contradictions());
    let warnings = all.map(|line| format!("warning: {line}")).collect();
    Ok((limits, warnings))
}

fn too_few_files(asked: usize, left: usize) -> String {
    format!(
        "{CONNECTIONS}={asked} is more than the files that this process may open: there are {left} \
         at most; raise the limit, as with `ulimit -n`, or LimitNOFILE= of systemd"
    )
}

const CONNECTIONS: &str = "connections";
