//! Runs a driver and reads its output: one line of JSON for each check.

use std::{
    io::{self, BufRead, BufReader, Write},
    process::{Child, Command, Stdio},
};

use serde_json::Value;

use super::{
    install::Tools,
    rows::{Runtime, Sdk},
};

/// The output of a driver.
#[derive(Debug)]
pub(crate) struct Transcript {
    /// The SDK that was driven.
    pub(crate) sdk: &'static Sdk,
    /// Its checks, in the order in which they ran.
    pub(crate) checks: Vec<Check>,
    /// Problems of the whole run: the driver died early, another version was installed.
    pub(crate) problems: Vec<String>,
}

/// One check of one row, with its outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Check {
    /// The row of the table.
    pub(crate) row: String,
    /// The check; `None` is the whole row, which can only be lacking.
    pub(crate) name: Option<String>,
    /// Its outcome.
    pub(crate) outcome: Outcome,
}

/// The outcome of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The expectation holds.
    Passed,
    /// It does not hold, and why.
    Failed(String),
    /// The SDK cannot make the request.
    Lacking,
}

/// Runs the driver of an SDK to its end. It reads its settings from its standard input, so that
/// no key is an argument.
pub(crate) fn drive(sdk: &'static Sdk, tools: &Tools, settings: &str) -> Transcript {
    let mut transcript = Transcript {
        sdk,
        checks: Vec::new(),
        problems: Vec::new(),
    };
    let ended = start(sdk, tools, settings).and_then(|mut child| {
        let stdout = child.stdout.take().expect("stdout is piped");
        let said = transcript.listen(BufReader::new(stdout));
        let status = child.wait()?;
        said.map(|()| status)
    });
    match ended {
        Err(error) => transcript.problem(format!("the driver cannot be run: {error}")),
        Ok(status) if !status.success() => {
            transcript.problem(format!("the driver ended with {status}"));
        }
        Ok(_) => {}
    }
    transcript
}

fn start(sdk: &Sdk, tools: &Tools, settings: &str) -> io::Result<Child> {
    let mut command = match sdk.runtime {
        Runtime::Node { import } => {
            let mut command = Command::new(&tools.node);
            command.arg(tools.js.join("drive.mjs")).arg(import);
            command
        }
        Runtime::Python { environment, .. } => {
            let mut command = Command::new(tools.python(environment));
            command.arg(tools.python_drivers.join("drive.py"));
            command
        }
    };
    // The SDKs read variables too: none of this process may change what they do.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if ["SEAM_", "NODE_", "PYTHON"]
            .iter()
            .any(|of| text.starts_with(of))
        {
            command.env_remove(&name);
        }
    }
    let mut child = command
        .env("NO_PROXY", "127.0.0.1")
        .env("no_proxy", "127.0.0.1")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    // Dropped at the end of the statement, which closes the pipe: the driver reads to its end.
    let told = child
        .stdin
        .take()
        .expect("stdin is piped")
        .write_all(settings.as_bytes());
    match told {
        // A driver that does not read its settings has died; its status tells.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(child),
    }
}

impl Transcript {
    /// Adds how the server stopped; any failure is a problem.
    pub(crate) fn and_stopped(mut self, stopped: Result<(), String>) -> Self {
        self.problems.extend(stopped.err());
        self
    }

    fn listen(&mut self, output: impl BufRead) -> io::Result<()> {
        let mut greeted = false;
        let mut counted = None;
        for line in output.lines() {
            let line = line?;
            match Line::read(&line) {
                Some(Line::Hello { version }) => {
                    greeted = true;
                    if version != self.sdk.version {
                        self.problem(format!("version {version} is driving"));
                    }
                }
                Some(Line::Goodbye { checks }) => counted = Some(checks),
                Some(Line::Check(check)) => self.checks.push(check),
                None => self.problem(format!("the driver says: {line}")),
            }
        }
        if !greeted {
            self.problem("the driver did not say which SDK it drives with".to_owned());
        }
        match counted {
            None => self.problem("the driver died early".to_owned()),
            Some(count) if count != self.checks.len() as u64 => self.problem(format!(
                "the driver has made {count} checks, of which {} arrived",
                self.checks.len()
            )),
            Some(_) => {}
        }
        Ok(())
    }

    fn problem(&mut self, what: String) {
        self.problems.push(what);
    }
}

enum Line {
    Hello { version: String },
    Check(Check),
    Goodbye { checks: u64 },
}

impl Line {
    fn read(line: &str) -> Option<Self> {
        let line: Value = serde_json::from_str(line).ok()?;
        let text = |key: &str| line.get(key)?.as_str().map(str::to_owned);
        let flag = |key: &str| line.get(key).and_then(Value::as_bool);
        if let Some(checks) = line.get("checks") {
            let checks = checks.as_u64()?;
            return Some(Self::Goodbye { checks });
        }
        if line.get("sdk").is_some() {
            let version = text("version")?;
            return Some(Self::Hello { version });
        }
        let outcome = match (flag("ok"), flag("lacks")) {
            (Some(true), None) => Outcome::Passed,
            (Some(false), None) => Outcome::Failed(text("detail")?),
            (None, Some(true)) => Outcome::Lacking,
            _ => return None,
        };
        let (row, name) = (text("row")?, text("check"));
        (name.is_some() || outcome == Outcome::Lacking).then_some(Self::Check(Check {
            row,
            name,
            outcome,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interop::rows::SDKS;

    const HELLO: &str = r#"{"sdk":"@seamapi/http","version":"2.32.0"}"#;
    const PASSED: &str = r#"{"row":"/a","check":"b","ok":true,"detail":""}"#;

    fn check(lines: &[&str], checks: usize, problems: &[&str]) {
        let mut transcript = Transcript {
            sdk: SDKS[0],
            checks: Vec::new(),
            problems: Vec::new(),
        };
        let output = lines.join("\n");
        transcript.listen(output.as_bytes()).expect("text is read");
        assert_eq!(transcript.checks.len(), checks);
        assert_eq!(transcript.problems, problems);
    }

    #[test]
    fn a_complete_transcript_is_read() {
        check(&[HELLO, PASSED, r#"{"checks":1}"#], 1, &[]);
        let failed = r#"{"row":"/a","check":"b","ok":false,"detail":"why"}"#;
        let lacks = r#"{"row":"/a","lacks":true}"#;
        check(&[HELLO, failed, lacks, r#"{"checks":2}"#], 2, &[]);
    }

    #[test]
    fn a_driver_that_dies_early_is_noticed() {
        check(&[HELLO, PASSED], 1, &["the driver died early"]);
        check(
            &[],
            0,
            &[
                "the driver did not say which SDK it drives with",
                "the driver died early",
            ],
        );
    }

    #[test]
    fn a_check_that_is_lost_is_noticed() {
        let problem = "the driver has made 2 checks, of which 1 arrived";
        check(&[HELLO, PASSED, r#"{"checks":2}"#], 1, &[problem]);
    }

    #[test]
    fn another_version_is_noticed() {
        let other = r#"{"sdk":"@seamapi/http","version":"2.33.0"}"#;
        check(
            &[other, r#"{"checks":0}"#],
            0,
            &["version 2.33.0 is driving"],
        );
    }

    #[test]
    fn anything_else_it_says_is_a_problem() {
        for line in ["Error: x", r#"{"row":"/a","ok":true}"#, r#"{"row":"/a"}"#] {
            let problem = format!("the driver says: {line}");
            check(&[HELLO, line, r#"{"checks":0}"#], 0, &[&problem]);
        }
    }
}
