//! Servers end with the tests, however these end.
//!
//! A static is never dropped, and a killed process drops nothing. So a process of its own waits for the
//! end of a pipe, which the system closes in every case, and cleans up.

use std::{
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
};

/// Stops the servers of a folder and removes it, at the latest when this process ends.
#[derive(Debug)]
pub(super) struct Guard(Child);

impl Guard {
    /// Begins to watch over this folder.
    pub(super) fn over(folder: &Path) -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", CLEAN_UP, "sh"]).arg(folder);
        // In a group of its own: Ctrl-C ends the tests, and not what cleans up after them.
        shell.process_group(0).current_dir("/");
        shell.stdin(Stdio::piped()).stdout(Stdio::null());
        Self(shell.stderr(Stdio::null()).spawn().expect("a shell"))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// SIGQUIT ends a server at once but orderly: it removes its file, and its shared memory. SIGKILL is for
/// what does not answer.
const CLEAN_UP: &str = r#"
cat
for file in "$1"/*/postmaster.pid "$1"/*.pid; do
    [ -f "$file" ] && read -r pid <"$file" && kill -QUIT "$pid"
done
for file in "$1"/*/postmaster.pid "$1"/*.pid; do
    for _ in $(seq 200); do [ -f "$file" ] && sleep 0.05 || break; done
    [ -f "$file" ] && read -r pid <"$file" && kill -KILL "$pid"
done
[ -f "$1/namespace" ] && ip netns del "$(cat "$1/namespace")"
rm -rf "$1"
"#;

/// The file in the folder with the name of the network that goes with it.
pub(super) const NAMESPACE: &str = "namespace";
