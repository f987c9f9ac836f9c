//! Output: data goes to stdout, everything else to stderr.

use std::{
    fmt,
    io::{self, ErrorKind, IsTerminal, Write},
};

use access_groups_core::Error;
use serde::Serialize;

use crate::failure::{Failure, printable};

/// The values of `--format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people; may change in any version
    #[default]
    Human,
    /// For scripts: one JSON object in one line, stable
    Json,
    /// For spreadsheets and scripts: lists only, stable
    Csv,
}

/// Prints a result that is no list, as text or JSON. CSV is for lists; the command refuses it
/// earlier.
pub(crate) fn answer(
    format: Format,
    command: &'static str,
    words: &str,
    body: &impl Serialize,
) -> Result<(), Failure> {
    match format {
        Format::Human => to_stdout(words),
        Format::Json | Format::Csv => json(command, body),
    }
}

/// Prints the result of a change. If that fails, the failure says that the change is made.
pub(crate) fn answer_after(
    done: &str,
    format: Format,
    command: &'static str,
    words: &str,
    body: &impl Serialize,
) -> Result<(), Failure> {
    let printed = answer(format, command, words, body);
    printed.map_err(|failure| failure.with_hint(format!("{done} nevertheless")))
}

/// Prints one JSON document: `format_version`, `command`, and the fields of `body`.
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

/// Prints a header and rows as CSV, as in RFC 4180 except for the line ends.
pub(crate) fn csv(header: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Result<(), Failure> {
    let failed = |error: &(dyn std::error::Error + 'static)| {
        Failure::failed("the answer cannot be written as CSV").caused_by(error)
    };
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    writer
        .write_record(header)
        .map_err(|error| failed(&error))?;
    for row in rows {
        writer.write_record(row).map_err(|error| failed(&error))?;
    }
    let text = writer.into_inner().map_err(|error| failed(&error))?;
    let text = String::from_utf8(text).map_err(|error| failed(&error))?;
    // A file gets names unchanged; a terminal must not be controlled by them.
    if io::stdout().is_terminal() {
        return text_to_stdout(&printable(&text));
    }
    text_to_stdout(&text)
}

/// The width of the terminal; `None` if stdout is none.
pub(crate) fn width() -> Option<u16> {
    let (width, _) = terminal_size::terminal_size_of(io::stdout())?;
    // Some terminals report a width of 0.
    Some(width.0).filter(|width| *width > 0)
}

/// Prints data and a line feed. A closed pipe (`| head`) is no failure.
pub(crate) fn to_stdout(text: &str) -> Result<(), Failure> {
    text_to_stdout(&format!("{text}\n"))
}

/// Prints data unchanged, in one write. A closed pipe is no failure.
pub(crate) fn text_to_stdout(text: &str) -> Result<(), Failure> {
    // Flushed here, so that an error is seen and not lost at the end of the process.
    let mut stdout = io::stdout().lock();
    let written = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::failed("the output could not be written").caused_by(&error))
        }
        _ => Ok(()),
    }
}

/// Prints a message for a person; if stderr is closed, it is lost.
pub(crate) fn to_stderr(text: impl fmt::Display) {
    // One write, so that lines of several threads do not mix.
    let _ = io::stderr().write_all(format!("{text}\n").as_bytes());
}

/// Warns that something was done and could not be described.
pub(crate) fn warn_unread(done: &str, what: &str, error: &Error) {
    let message = printable(error.message());
    to_stderr(format_args!(
        "warning: {done}, but {what} could not be read: {message}"
    ));
}

/// Incremented with every change that breaks scripts.
const FORMAT_VERSION: u32 = 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_replaced_and_names_stay() {
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
