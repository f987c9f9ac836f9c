//! Output: data goes to stdout, everything else to stderr.

use std::{
    fmt,
    io::{self, IsTerminal, Write},
    sync::OnceLock,
};

use access_groups_core::{Error, ErrorKind};
use serde::Serialize;
use terminal_size::{Height, Width, terminal_size_of};

use crate::{
    failure::Failure,
    layout, spreadsheet,
    stderr::{self, Form},
    table::{Ids, Table},
    visible::{escaped, printable},
};

/// The values of `--format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people; may change in any version
    #[default]
    Human,
    /// For scripts: one JSON object in one line, stable
    Json,
    /// For spreadsheets and scripts: lists and many changes only, stable
    Csv,
    /// For scripts: a JSON object a line for each change as it comes, stable; for commands with many
    /// changes only
    Jsonl,
}

/// How lists are printed, beside their format.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Style {
    pub(crate) ids: Ids,
    /// Whether CSV is for a spreadsheet.
    pub(crate) excel: bool,
}

impl Style {
    /// Sets the style of the process, once and before anything is printed.
    pub(crate) fn set(self) {
        let _ = STYLE.set(self);
    }

    fn of_process() -> Self {
        STYLE.get().copied().unwrap_or_default()
    }
}

// What no rule depends on, and every list needs: an argument of each command would say nothing.
static STYLE: OnceLock<Style> = OnceLock::new();

/// How ids are shown.
pub(crate) fn ids() -> Ids {
    Style::of_process().ids
}

/// Prints a result that is no list, as text or JSON. The other formats are refused earlier.
pub(crate) fn answer(
    format: Format,
    command: &'static str,
    words: &str,
    body: &impl Serialize,
) -> Result<(), Failure> {
    match format {
        Format::Human => message(words),
        Format::Json | Format::Csv | Format::Jsonl => json(command, body),
    }
}

/// Prints a text for people, broken between words at a terminal.
pub(crate) fn message(words: &str) -> Result<(), Failure> {
    match width(terminal_size_of(io::stdout())) {
        Some(width) => to_stdout(&layout::message(&printable(words), width)),
        None => to_stdout(words),
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
    json_to_stdout(&document(command, body)?)
}

/// The document that [`json`] prints, with a line feed.
pub(crate) fn document(command: &'static str, body: &impl Serialize) -> Result<String, Failure> {
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
    Ok(format!("{text}\n"))
}

/// Prints an array of objects, one a line: a file that other commands read.
pub(crate) fn json_rows(rows: impl Iterator<Item = impl Serialize>) -> Result<(), Failure> {
    let rows: Result<Vec<_>, _> = rows.map(|row| serde_json::to_string(&row)).collect();
    let rows = rows.map_err(|error| {
        Failure::failed("the answer cannot be written as JSON").caused_by(&error)
    })?;
    match rows.is_empty() {
        true => json_to_stdout("[]\n"),
        false => json_to_stdout(&format!("[\n{}\n]\n", rows.join(",\n"))),
    }
}

/// Prints a table.
pub(crate) fn table(table: Table) -> Result<(), Failure> {
    let width = width(terminal_size_of(io::stdout())).unwrap_or(WITHOUT_TERMINAL);
    to_stdout(&table.render(width, Style::of_process().ids))
}

/// A table as part of a failure, indented by two blanks.
pub(crate) fn table_in_failure(table: Table) -> String {
    let width = width(terminal_size_of(io::stderr())).unwrap_or(WITHOUT_TERMINAL);
    table.render(width.saturating_sub(2), Style::of_process().ids)
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
    let excel = Style::of_process().excel;
    for mut row in rows {
        if excel {
            row.iter_mut().for_each(spreadsheet::defuse);
        }
        writer.write_record(row).map_err(|error| failed(&error))?;
    }
    let text = writer.into_inner().map_err(|error| failed(&error))?;
    let text = String::from_utf8(text).map_err(|error| failed(&error))?;
    let text = match excel {
        true => format!("{}{text}", spreadsheet::BYTE_ORDER_MARK),
        false => text,
    };
    plain_to_stdout(&text)
}

/// The width of a terminal of this size; `None` without one.
fn width(size: Option<(Width, Height)>) -> Option<usize> {
    let (width, _) = size?;
    // Some terminals report a width of 0.
    Some(usize::from(width.0)).filter(|width| *width > 0)
}

/// Prints a text for people and a line feed. A closed pipe (`| head`) is no failure.
pub(crate) fn to_stdout(text: &str) -> Result<(), Failure> {
    plain_to_stdout(&format!("{text}\n"))
}

/// Prints a text. A file gets it unchanged; a terminal must not be controlled by the names in it.
fn plain_to_stdout(text: &str) -> Result<(), Failure> {
    match io::stdout().is_terminal() {
        true => text_to_stdout(&printable(text)),
        false => text_to_stdout(text),
    }
}

/// Prints JSON with its line feeds. A file gets it unchanged; at a terminal, escapes stand for what
/// would control it or could not be seen: the same values.
pub(crate) fn json_to_stdout(json: &str) -> Result<(), Failure> {
    match io::stdout().is_terminal() {
        true => text_to_stdout(&escaped(json)),
        false => text_to_stdout(json),
    }
}

/// Prints data of our own unchanged, in one write. A closed pipe is no failure.
pub(crate) fn text_to_stdout(text: &str) -> Result<(), Failure> {
    match write_to_stdout(text) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(|error| unwritten(&error)),
    }
}

/// Prints what is never shown again, and may be JSON. Here, a closed pipe is a failure: nobody has it.
pub(crate) fn once_to_stdout(text: &str) -> Result<(), Failure> {
    let written = match io::stdout().is_terminal() {
        true => write_to_stdout(&escaped(text)),
        false => write_to_stdout(text),
    };
    written.map_err(|error| unwritten(&error))
}

fn write_to_stdout(text: &str) -> io::Result<()> {
    // Flushed here, so that an error is seen and not lost at the end of the process.
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

fn unwritten(error: &io::Error) -> Failure {
    Failure::failed("the output could not be written").caused_by(error)
}

/// Prints a message for a person; if stderr is closed, it is lost. A server never waits for it.
pub(crate) fn to_stderr(text: impl fmt::Display) {
    let server = stderr::running();
    let text = for_stderr(text);
    if let Some(server) = server.filter(|server| server.form() == Form::Json) {
        return server.note(&text); // in one line, whatever the width
    }
    let text = match width(terminal_size_of(io::stderr())) {
        Some(width) => layout::message(&text, width),
        None => text,
    };
    if let Some(server) = server {
        return server.note(&text);
    }
    // One write, so that lines of several threads do not mix.
    let _ = io::stderr().write_all(format!("{text}\n").as_bytes());
}

/// Prints a line of a log, never broken; if stderr is closed, it is lost. A server never waits for it.
pub(crate) fn line_to_stderr(line: impl fmt::Display) {
    let line = for_stderr(line);
    if let Some(server) = stderr::running() {
        return server.line(&line);
    }
    let _ = io::stderr().write_all(format!("{line}\n").as_bytes());
}

fn for_stderr(text: impl fmt::Display) -> String {
    match io::stderr().is_terminal() {
        true => printable(&text.to_string()),
        false => text.to_string(),
    }
}

/// "1 change", "12 changes".
pub(crate) fn counted(count: u64, one: &str, many: &str) -> String {
    let noun = if count == 1 { one } else { many };
    format!("{count} {noun}")
}

/// Warns that something was done and could not be described.
pub(crate) fn warn_unread(done: &str, what: &str, error: &Error) {
    let message = printable(error.message());
    to_stderr(format_args!(
        "warning: {done}, but {what} could not be read: {message}"
    ));
}

/// Whether what was deleted is gone, by a read afterwards; `None` if that failed.
pub(crate) fn is_gone<T>(read: Result<T, Error>, what: &str) -> Option<bool> {
    match read {
        Ok(_) => Some(false),
        Err(error) if error.kind() == ErrorKind::NotFound => Some(true),
        Err(error) => {
            warn_unread("the deletion is accepted", what, &error);
            None
        }
    }
}

/// The width of tables in pipes and files: the same on every machine.
const WITHOUT_TERMINAL: usize = 80;

/// Incremented with every change that breaks scripts.
pub(crate) const FORMAT_VERSION: u32 = 1;
