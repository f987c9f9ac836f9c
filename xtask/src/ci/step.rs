//! One step of CI: a line for the shell, and what must come of it.

use std::{
    io::{self, BufRead, BufReader, Read},
    path::Path,
    process::{Command, ExitStatus, Stdio},
};

use crate::commands::{CARGO_RUN, hide_variables};

/// A line for the shell with a name.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) line: String,
    note: Option<&'static str>,
    expect: Expect,
}

/// What must come of a step.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Expect {
    /// Exit code 0.
    Success,
    /// Exit code 0, and these lines on standard output; white space at their ends is ignored.
    Prints(Vec<String>),
    /// Exit code 1: by it, a search says that there is nothing of the kind.
    NothingFound,
}

impl Step {
    /// A step that must succeed.
    pub(crate) fn new(name: impl Into<String>, line: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            line: line.into(),
            note: None,
            expect: Expect::Success,
        }
    }

    /// Something else must come of it.
    pub(crate) fn expecting(self, expect: Expect) -> Self {
        Self { expect, ..self }
    }

    /// Whoever watches should know this.
    pub(crate) fn noting(self, note: &'static str) -> Self {
        let note = Some(note);
        Self { note, ..self }
    }

    /// Runs it in this folder, with its output going where ours goes.
    ///
    /// # Errors
    ///
    /// It did not do what was expected of it.
    pub(crate) fn run(&self, folder: &Path) -> Result<(), String> {
        println!("\n== {}\n$ {}", self.name, self.line);
        if let Some(note) = self.note {
            println!("   ({note})");
        }
        self.carry_out(folder).map_err(|why| {
            let Self { name, line, .. } = self;
            format!("FAILED: {name}\n{why}\nTo repeat it, in the repository's folder:\n$ {line}")
        })
    }

    fn carry_out(&self, folder: &Path) -> Result<(), String> {
        let mut shell = shell(&self.line);
        if matches!(self.expect, Expect::Prints(_)) {
            shell.stdout(Stdio::piped());
        }
        let mut child = shell
            .current_dir(folder)
            .spawn()
            .map_err(|error| format!("The shell `sh` does not start: {error}"))?;
        let printed = child.stdout.take().map_or_else(|| Ok(Vec::new()), echo);
        let status = child
            .wait()
            .map_err(|error| format!("Its end cannot be waited for: {error}"))?;
        let printed = printed.map_err(|error| format!("Its output cannot be read: {error}"))?;
        self.expect.judge(status, &printed)
    }
}

impl Expect {
    fn judge(&self, status: ExitStatus, printed: &[String]) -> Result<(), String> {
        match (self, status.code()) {
            (Self::Success, Some(0)) | (Self::NothingFound, Some(1)) => Ok(()),
            (Self::NothingFound, Some(0)) => Err("It found the lines above.".to_owned()),
            (Self::Prints(expected), Some(0)) => same_lines(expected, printed),
            _ => Err(format!("It ended with {status}.")),
        }
    }
}

/// A shell that sees what it would see if a person had typed the line: nobody answers its
/// questions, and nothing is left of the `cargo run` around us, which would set other builds
/// apart from theirs.
fn shell(line: &str) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", line]).stdin(Stdio::null());
    hide_variables(&mut shell, CARGO_RUN);
    shell
}

/// Passes on what it reads, line by line, and keeps it.
fn echo(output: impl Read) -> io::Result<Vec<String>> {
    BufReader::new(output)
        .lines()
        .inspect(|line| {
            if let Ok(line) = line {
                println!("{line}");
            }
        })
        .collect()
}

fn same_lines(expected: &[String], printed: &[String]) -> Result<(), String> {
    let [expected, printed] = [expected, printed].map(trimmed);
    if expected == printed {
        Ok(())
    } else {
        Err(format!(
            "It should have printed:\n{expected}\nIt printed:\n{printed}"
        ))
    }
}

fn trimmed(lines: &[String]) -> String {
    let lines: Vec<_> = lines.iter().map(|line| line.trim_end()).collect();
    lines.join("\n").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expect: Expect, outcome: Result<(), &str>) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        let actual = Step::new("a step", line)
            .expecting(expect)
            .carry_out(folder);
        assert_eq!(
            actual.as_ref().map(|&()| ()).map_err(String::as_str),
            outcome
        );
    }

    fn prints(lines: &[&str]) -> Expect {
        Expect::Prints(lines.iter().map(|&line| line.to_owned()).collect())
    }

    #[test]
    fn success_is_exit_code_0() {
        check("true", Expect::Success, Ok(()));
        check(
            "exit 3",
            Expect::Success,
            Err("It ended with exit status: 3."),
        );
    }

    #[test]
    fn a_search_must_find_nothing_and_must_have_searched() {
        check("exit 1", Expect::NothingFound, Ok(()));
        check(
            "true",
            Expect::NothingFound,
            Err("It found the lines above."),
        );
        check(
            "exit 128",
            Expect::NothingFound,
            Err("It ended with exit status: 128."),
        );
    }

    #[test]
    fn the_lines_must_be_those_expected_but_for_white_space_at_their_ends() {
        check(
            "printf 'one \\ntwo\\n\\n'",
            prints(&["one", "two  "]),
            Ok(()),
        );
        check(
            "echo two",
            prints(&["one"]),
            Err("It should have printed:\none\nIt printed:\ntwo"),
        );
        check(
            "echo one; exit 3",
            prints(&["one"]),
            Err("It ended with exit status: 3."),
        );
    }

    #[test]
    fn a_failure_names_the_step_and_how_to_repeat_it() {
        let failure = Step::new("a step", "exit 3").run(Path::new("."));
        let expected = "FAILED: a step\nIt ended with exit status: 3.\n\
                        To repeat it, in the repository's folder:\n$ exit 3";
        assert_eq!(failure, Err(expected.to_owned()));
    }
}
