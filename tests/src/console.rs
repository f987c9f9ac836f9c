//! Console sessions of documentation, run as they stand.
//!
//! A session is a block fenced as `console`. Lines that begin with `$ ` are commands, all for one bash;
//! the others are what the command above them prints to stdout. A command whose line ends with a
//! backslash goes on in the next line. `…` in a printed line stands for any text; alone, for any lines.
//!
//! A command must succeed, unless the next one is `echo $?`, which then shows its exit code.

use std::{
    env, fs, io,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// The contents of the fenced blocks in that language, in their order.
///
/// # Panics
///
/// If a block has no end.
pub fn blocks<'a>(text: &'a str, language: &str) -> impl Iterator<Item = &'a str> {
    let fence = format!("```{language}\n");
    let mut rest = text;
    std::iter::from_fn(move || {
        let (_, after) = rest.split_once(fence.as_str())?;
        let (block, after) = after.split_once("```\n").expect("a block ends");
        rest = after;
        Some(block)
    })
}

/// What sessions run with.
#[derive(Debug)]
pub struct Console {
    /// The repository, whose programs are run.
    pub root: PathBuf,
    /// The program `cargo`.
    pub cargo: PathBuf,
    /// A command that is not run.
    pub left_out: Option<&'static str>,
}

impl Console {
    /// Runs a session in this folder.
    ///
    /// A command in the background is a server: it gets a free port instead of 3030, and the next command
    /// begins when it has printed its first line.
    ///
    /// # Errors
    ///
    /// Every command that prints something else than is written, or that fails without `echo $?`.
    pub fn check(&self, session: &str, folder: &Path) -> Result<(), String> {
        let mut shown = shown(session)?;
        shown.retain(|shown| Some(&*shown.command) != self.left_out);
        let ran = self.run(&shown, folder);
        let ran = ran.map_err(|error| format!("bash cannot be run: {error}"))?;
        let mut wrong = Vec::new();
        for (place, (shown, ran)) in shown_and_next(&shown).zip(&ran).enumerate() {
            let (shown, next) = shown;
            if ran.code != "0" && next != Some(EXIT_CODE) {
                wrong.push(format!("`{}` ended with {}", shown.command, ran.code));
            }
            if !matches(&shown.prints, &ran.prints) {
                wrong.push(format!(
                    "command {} of the session, `{}`, printed\n{}\nand not\n{}",
                    place + 1,
                    shown.command,
                    ran.prints.join("\n"),
                    shown.prints.join("\n")
                ));
            }
        }
        match wrong.is_empty() {
            true => Ok(()),
            false => Err(wrong.join("\n\n")),
        }
    }

    fn run(&self, shown: &[Shown], folder: &Path) -> io::Result<Vec<Ran>> {
        // Not in that folder: a session may list its files.
        let results = tempfile::tempdir()?;
        let results = results.path();
        let mut script = String::from(PRELUDE);
        for (place, shown) in shown.iter().enumerate() {
            script += &step(&shown.command, place);
        }
        let mut shell = Command::new("bash");
        shell
            .args(["-c", &script])
            .current_dir(folder)
            .envs([
                ("ROOT", &*self.root),
                ("CARGO", &*self.cargo),
                ("RESULTS", results),
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .process_group(0);
        // What is set on this machine is not set on that of a reader.
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("ACCESS_GROUPS_") || text.starts_with("SEAM_") {
                shell.env_remove(&name);
            }
        }
        let mut shell = shell.spawn()?;
        let group = format!("-{}", shell.id());
        let ended = shell.wait();
        // The server, if the session left one running; without one, there is nothing to stop.
        Command::new("kill")
            .args(["-TERM", "--", &group])
            .stderr(Stdio::null())
            .status()?;
        ended?;
        let ran = (0..shown.len()).map(|place| Ran::read(results, place));
        ran.collect()
    }
}

/// A command with what is written below it.
#[derive(Debug, PartialEq, Eq)]
struct Shown {
    command: String,
    prints: Vec<String>,
}

fn shown(session: &str) -> Result<Vec<Shown>, String> {
    let mut all: Vec<Shown> = Vec::new();
    let mut lines = session.lines();
    while let Some(line) = lines.next() {
        let Some(command) = line.strip_prefix("$ ") else {
            let above = all.last_mut();
            let above = above.ok_or_else(|| format!("output before the first command: {line}"))?;
            above.prints.push(line.trim_end().to_owned());
            continue;
        };
        let mut command = command.trim_end().to_owned();
        while command.ends_with('\\') {
            let more = lines
                .next()
                .ok_or("the last command ends with a backslash")?;
            command = format!("{command}\n{}", more.trim_end());
        }
        let prints = Vec::new();
        all.push(Shown { command, prints });
    }
    Ok(all)
}

/// Each command, with the one after it.
fn shown_and_next(shown: &[Shown]) -> impl Iterator<Item = (&Shown, Option<&str>)> {
    let next = shown.iter().skip(1).map(|next| Some(&*next.command));
    shown.iter().zip(next.chain([None]))
}

/// How a command ended, and what it printed.
struct Ran {
    code: String,
    prints: Vec<String>,
}

impl Ran {
    fn read(results: &Path, place: usize) -> io::Result<Self> {
        let file = |end| fs::read(results.join(format!("{place}.{end}")));
        let text = String::from_utf8_lossy(&file("out")?).into_owned();
        Ok(Self {
            code: String::from_utf8_lossy(&file("code")?).trim().to_owned(),
            prints: text
                .lines()
                .map(|line| line.trim_end().to_owned())
                .collect(),
        })
    }
}

/// The part of the script that runs a command, and keeps what it printed and how it ended.
fn step(command: &str, place: usize) -> String {
    let (out, code) = (
        format!("\"$RESULTS/{place}.out\""),
        format!("\"$RESULTS/{place}.code\""),
    );
    match command.strip_suffix(" &") {
        Some(server) => {
            let listen = match server.contains("--listen") {
                true => "",
                false => " --listen 127.0.0.1:0",
            };
            let server = server.replace(":3030", ":0");
            format!(
                "mkfifo \"$RESULTS/ready\"\n{server}{listen} >\"$RESULTS/ready\" &\n\
                 read -r line <\"$RESULTS/ready\"\nPORT=${{line##*:}}\n\
                 echo \"${{line%:*}}:3030\" >{out}\necho 0 >{code}\n"
            )
        }
        // In braces, not in parentheses: a variable is set for what follows. The next command may
        // show the exit code.
        None => format!(
            "{{\n{}\n}} >{out}\ncode=$?\necho $code >{code}\n(exit $code)\n",
            command.replace(":3030", ":$PORT")
        ),
    }
}

/// The programs as the documentation writes them, from a folder that is not the repository.
const PRELUDE: &str = "set -uo pipefail\n\
    PORT=3030\n\
    cargo() { local verb=$1; shift; \"$CARGO\" \"$verb\" --manifest-path \"$ROOT/Cargo.toml\" \"$@\"; }\n\
    access-groups() { cargo run -q -p access-groups-cli -- \"$@\"; }\n";

/// The command that shows how the one before it ended.
const EXIT_CODE: &str = "echo $?";

/// Whether the printed lines are as written.
fn matches(written: &[String], printed: &[String]) -> bool {
    match (written, printed) {
        ([], []) => true,
        ([any, rest @ ..], _) if any.trim() == ANY => {
            (0..=printed.len()).any(|skipped| matches(rest, &printed[skipped..]))
        }
        ([line, rest @ ..], [first, others @ ..]) => {
            matches_line(line, first) && matches(rest, others)
        }
        ([], _) | (_, []) => false,
    }
}

fn matches_line(written: &str, printed: &str) -> bool {
    let Some((begin, rest)) = written.split_once(ANY) else {
        return written == printed;
    };
    let Some(printed) = printed.strip_prefix(begin) else {
        return false;
    };
    let mut ends = printed.char_indices().map(|(end, _)| end);
    matches_line(rest, "") || ends.any(|end| matches_line(rest, &printed[end..]))
}

/// Stands for any text.
const ANY: &str = "…";

#[cfg(test)]
mod tests {
    use super::*;

    fn check(written: &str, printed: &str, expected: bool) {
        let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
        let matched = matches(&lines(written), &lines(printed));
        assert_eq!(matched, expected, "{written:?} {printed:?}");
    }

    #[test]
    fn printed_lines_are_as_written() {
        check("", "", true);
        check("a\nb", "a\nb", true);
        check("a", "a\nb", false);
        check("a\nb", "a", false);
        check("a", "b", false);
    }

    #[test]
    fn ellipsis_stands_for_any_text_or_lines() {
        check("id …", "id 7", true);
        check("id …", "id ", true);
        check("id …!", "id 7", false);
        check("id … of …", "id 7 of 9", true);
        check("id … of …", "id 7 or 9", false);
        check("a\n…\nz", "a\nz", true);
        check("a\n…\nz", "a\nb\nc\nz", true);
        check("a\n…\nz", "a\nb", false);
    }

    #[test]
    fn command_may_have_several_lines() {
        let all = shown("$ echo \\\n    a\na\n$ true\n").expect("a session");
        assert_eq!(all[0].command, "echo \\\n    a");
        assert_eq!((all[0].prints.len(), all[1].prints.len()), (1, 0));
        assert!(shown("a\n$ true\n").is_err());
        assert!(shown("$ true \\\n").is_err());
    }
}
