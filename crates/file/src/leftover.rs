//! What saves that a crash has interrupted left beside a site.

use std::{fs, path::Path};

use access_groups_in_memory::system_clock;

use crate::{
    disk::set_aside,
    names::{Leftover, Names},
    notice::Notice,
    print::Print,
};

/// Deletes it, under the lock of the site; but a text of somebody else, which an interrupted save had just
/// taken out, is set aside. Nothing here is worth an error: the site is whole.
pub(crate) fn clear(site: &Path) -> Vec<Notice> {
    let names = Names::of(site);
    let Ok(entries) = fs::read_dir(names.folder()) else {
        return Vec::new();
    };
    let found = entries.flatten().filter_map(|entry| {
        let leftover = names.leftover(&entry.file_name())?;
        // No link is followed: others may have put one there.
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        is_file.then(|| (leftover, entry.path()))
    });
    let mut notices = Vec::new();
    // Collected first: the folder changes.
    for (leftover, path) in found.collect::<Vec<_>>() {
        match is_ours(&leftover, &path, site) {
            true => drop(fs::remove_file(path)),
            false => notices.push(set_aside(&names, path, system_clock())),
        }
    }
    notices
}

fn is_ours(leftover: &Leftover, path: &Path, site: &Path) -> bool {
    let Leftover::Exchanged { old, new } = leftover else {
        return true;
    };
    let Ok(print) = Print::of_file(path) else {
        return false;
    };
    let text = print.to_string();
    // What the site says is not lost either: it may be a second name of it.
    text == *old || text == *new || Print::of_file(site).is_ok_and(|site| site == print)
}
