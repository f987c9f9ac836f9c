//! Where words go: data to stdout, everything else to stderr.

use std::{
    fmt,
    io::{self, ErrorKind, IsTerminal, Write},
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
    /// For spreadsheets and scripts: lists only, stable
    Csv,
}

/// Prints an answer that is no list, for people or as JSON: CSV is for lists, and refused
/// before anything is done.
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

/// Prints a header and rows as CSV, RFC 4180 but for the line ends.
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
    if io::stdout().is_terminal() {
        return text_to_stdout(&printable(&text));
    }
    text_to_stdout(&text)
}

/// How wide stdout is; `None` if it is no terminal.
pub(crate) fn width() -> Option<u16> {
    let (width, _) = terminal_size::terminal_size_of(io::stdout())?;
    Some(width.0).filter(|width| *width > 0)
}

/// Prints data, and a line feed. That nobody reads on (`| head`) is no failure.
pub(crate) fn to_stdout(text: &str) -> Result<(), Failure> {
    text_to_stdout(&format!("{text}\n"))
}

/// Prints data as it is, all at once. That nobody reads on is no failure.
pub(crate) fn text_to_stdout(text: &str) -> Result<(), Failure> {
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
