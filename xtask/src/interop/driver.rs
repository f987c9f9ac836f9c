//! Runs a driver and reads its output: one line of JSON for each check.

use std::{
    io::{self, BufRead, BufReader, Write},
    process::{Child, Command, Stdio},
};

use serde::{Deserialize, de::IgnoredAny};

use super::{
    install::Tools,
    rows::{Runtime, Sdk},
};
use crate::commands::hide_variables;

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
        let heard = transcript.listen(BufReader::new(stdout));
        let status = child.wait()?;
        heard.map(|()| status)
    });
    transcript.problems.extend(match ended {
        Err(error) => Some(format!("the driver cannot be run: {error}")),
        Ok(status) if status.success() => None,
        Ok(status) => Some(format!("the driver ended with {status}")),
    });
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
    hide_variables(&mut command, &["SEAM_", "NODE_", "PYTHON"]);
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
    fn listen(&mut self, output: impl BufRead) -> io::Result<()> {
        let (mut version, mut counted) = (None, None);
        for line in output.lines() {
            let line = line?;
            let (row, name, outcome) = match serde_json::from_str(&line) {
                Ok(Line::Hello { version: of, .. }) => {
                    version = Some(of);
                    continue;
                }
                Ok(Line::Goodbye { checks }) => {
                    counted = Some(checks);
                    continue;
                }
                Ok(Line::Made { row, check, ok, .. }) if ok => (row, Some(check), Outcome::Passed),
                Ok(Line::Made {
                    row, check, detail, ..
                }) => (row, Some(check), Outcome::Failed(detail)),
                Ok(Line::Lacking {
                    row,
                    check,
                    lacks: true,
                    ..
                }) => (row, check, Outcome::Lacking),
                Ok(Line::Lacking { .. }) | Err(_) => {
                    self.problems.push(format!("the driver says: {line}"));
                    continue;
                }
            };
            self.checks.push(Check { row, name, outcome });
        }
        self.problems.extend(match version {
            None => Some("the driver did not say which SDK it drives with".to_owned()),
            Some(version) if version == self.sdk.version => None,
            Some(version) => Some(format!("version {version} is driving")),
        });
        let arrived = self.checks.len();
        self.problems.extend(match counted {
            None => Some("the driver died early".to_owned()),
            Some(count) if count == arrived => None,
            Some(count) => Some(format!(
                "the driver has made {count} checks, of which {arrived} arrived"
            )),
        });
        Ok(())
    }
}

/// A line of a driver's output.
#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Line {
    Hello {
        #[serde(rename = "sdk")]
        _sdk: IgnoredAny,
        version: String,
        #[serde(rename = "runtime")]
        _runtime: Option<IgnoredAny>,
    },
    Goodbye {
        checks: usize,
    },
    Made {
        row: String,
        check: String,
        ok: bool,
        detail: String,
    },
    Lacking {
        row: String,
        check: Option<String>,
        lacks: bool,
        #[serde(rename = "detail")]
        _detail: Option<IgnoredAny>,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::interop::rows::SDKS;

    const HELLO: &str = r#"{"sdk":"@seamapi/http","version":"2.32.0","runtime":"x"}"#;
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
        let reason = r#"{"row":"/a","check":"c","lacks":true,"detail":"why"}"#;
        check(&[HELLO, failed, lacks, reason, r#"{"checks":3}"#], 3, &[]);
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
        for line in [
            "Error: x",
            r#"{"row":"/a","ok":true}"#,
            r#"{"row":"/a"}"#,
            r#"{"row":"/a","lacks":false}"#,
            r#"{"row":"/a","check":"b","ok":true,"detail":"","lacks":true}"#,
        ] {
            let problem = format!("the driver says: {line}");
            check(&[HELLO, line, r#"{"checks":0}"#], 0, &[&problem]);
        }
    }
}
