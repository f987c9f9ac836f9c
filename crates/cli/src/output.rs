//! Where words go: data to stdout, everything else to stderr.

use std::{
    fmt,
    io::{self, ErrorKind, Write},
};

use serde::Serialize;

use crate::failure::Failure;

/// What `--format` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people; may change in any version
    #[default]
    Human,
    /// For scripts: one JSON object in one line, stable
    Json,
}

/// Prints one JSON document, `{"format_version":1,"command":…,` and what `body` has.
pub(crate) fn json(command: &'static str, body: &impl Serialize) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct Document<'a, T> {
        format_version: u32,
        command: &'static str,
        #[serde(flatten)]
        body: &'a T,
    }
    let document = Document {
        format_version: FORMAT_VERSION,
        command,
        body,
    };
    let text = serde_json::to_string(&document).map_err(|error| {
        Failure::failed("the answer cannot be written as JSON").caused_by(&error)
    })?;
    to_stdout(&text)
}

/// Prints data, and a line feed. That nobody reads on (`| head`) is no failure.
pub(crate) fn to_stdout(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    let written = writeln!(stdout, "{text}").and_then(|()| stdout.flush());
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::failed("the output could not be written").caused_by(&error))
        }
        _ => Ok(()),
    }
}

/// Tells the person at the terminal something, if anybody is there.
pub(crate) fn to_stderr(text: impl fmt::Display) {
    // One write, so that lines of several threads do not mix. Where stderr is gone, there
    // is nobody to tell.
    let _ = io::stderr().write_all(format!("{text}\n").as_bytes());
}

/// The text without what drives a terminal or turns the direction of writing; line feeds stay.
pub(crate) fn printable(text: &str) -> String {
    let harmful = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.replace(harmful, "\u{fffd}")
}

/// Grows when a script that reads the JSON has to change.
const FORMAT_VERSION: u32 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_drives_a_terminal_is_replaced_and_names_stay() {
        assert_eq!(
            printable("Ærø 東京 \u{1F469}\nGym"),
            "Ærø 東京 \u{1F469}\nGym"
        );
        assert_eq!(
            printable("a\u{1b}[31m\r\u{202e}b\u{9b}"),
            "a\u{fffd}[31m\u{fffd}\u{fffd}b\u{fffd}"
        );
    }
}
