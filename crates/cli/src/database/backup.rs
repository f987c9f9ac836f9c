//! `backup`: a copy of a database in a file, while others use it.

use access_groups_core::CancelToken;
use serde_json::json;

use super::{DatabaseName, open};
use crate::{args::Backup, args::Options, failure::Failure, output, signals, terminal};

pub(super) fn run(
    arguments: &Backup,
    name: &DatabaseName,
    options: &Options,
) -> Result<(), Failure> {
    name.must_exist()?;
    let path = &arguments.path;
    signals::set_note(format!(
        "interrupted: {} is not written; the next backup in that folder deletes what was copied, a hidden file \
         `.access-groups-….part`",
        path.display()
    ));
    let cancel = CancelToken::new();
    let stopping = signals::stop_with(cancel.clone());
    terminal::while_waiting("copying, seconds", || {
        open::backup(name, path, options.lock_timeout(), &cancel)
    })?;
    drop(stopping);
    let words = format!("Copied {name} to {}.", path.display());
    let body = json!({"path": path.display().to_string()});
    output::answer_after("the copy is made", options.format, "backup", &words, &body)
}
