//! What happens inside, as lines on stderr: events of `tracing`, chosen by `RUST_LOG`.

use std::{fmt, panic};

use access_groups_core::Timestamp;
use serde_json::{Map, Value};
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
    subscriber,
};
use tracing_subscriber::{
    Registry,
    filter::Targets,
    layer::{Context, Layer, SubscriberExt},
};

use super::Log;
use crate::{
    clock,
    failure::Failure,
    output,
    stderr::{self, Form},
    visible::{escaped, printable},
};

/// From now on, all lines on stderr have the form of this log, and events are among them.
pub(super) fn start(log: Log, rust_log: Option<String>) -> Result<(), Failure> {
    let form = match log {
        Log::Json => Form::Json,
        Log::Text | Log::Off => Form::Text,
    };
    stderr::start(form)
        .map_err(|error| Failure::failed("no thread for the log").caused_by(&error))?;
    let targets = targets(log, rust_log.as_deref())?;
    // Whoever calls `serve` twice in a process has the first one's lines.
    let _ = subscriber::set_global_default(Registry::default().with(targets).with(Lines));
    panic::set_hook(Box::new(|panic| {
        output::to_stderr(format_args!("error: {panic}"));
    }));
    Ok(())
}

/// The events to show. What the variable does not name stays at warnings.
fn targets(log: Log, rust_log: Option<&str>) -> Result<Targets, Failure> {
    let targets = Targets::new().with_default(LevelFilter::WARN);
    let Some(text) = rust_log else {
        return Ok(match log {
            Log::Off => targets,
            Log::Text | Log::Json => targets.with_target(OURS, LevelFilter::INFO),
        });
    };
    let words = text.split(',').map(str::trim);
    let mut words = words.filter(|word| !word.is_empty());
    // Not with the parser of `Targets`: it takes a mistyped level for the name of a module, and
    // hides everything else.
    words.try_fold(targets, |targets, word| {
        let (target, level) = match word.split_once('=') {
            Some((target, level)) => (Some(target.trim()), level.trim()),
            None => (None, word),
        };
        let level = match level.parse::<LevelFilter>() {
            Ok(known) if !level.is_empty() => known,
            _ => {
                let levels = "none of off, error, warn, info, debug and trace";
                return Err(refused(level, levels));
            }
        };
        let is_module = |letter: char| letter.is_ascii_alphanumeric() || "_:-".contains(letter);
        if target.is_some_and(|target| target.is_empty() || !target.chars().all(is_module)) {
            return Err(refused(word, "no level of a module"));
        }
        Ok(match target {
            Some(target) => targets.with_target(target, level),
            None => targets.with_default(level),
        })
    })
}

fn refused(text: &str, why: &str) -> Failure {
    Failure::usage(format!("RUST_LOG: `{}` is {why}", printable(text))).with_hint(
        "write a level, or levels of modules, like `info` or `warn,access_groups_server=debug`",
    )
}

/// The beginning of the names of this project's crates.
const OURS: &str = "access_groups";

/// Writes each event as a line.
struct Lines;

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let Some(running) = stderr::running() else {
            return;
        };
        let mut fields = Fields::default();
        event.record(&mut fields);
        let (target, level) = (event.metadata().target(), *event.metadata().level());
        running.line(&line(clock::now(), level, target, fields, running.form()));
    }
}

fn line(at: Timestamp, level: Level, target: &str, fields: Fields, form: Form) -> String {
    let at = format!("{at:.3}");
    let Fields { message, others } = fields;
    match form {
        Form::Text => {
            let others = others.iter().map(|(name, value)| match value {
                Value::String(text) => format!(" {name}={}", in_one_line(text)),
                value => format!(" {name}={value}"),
            });
            let others: String = others.collect();
            let message = in_one_line(&message);
            format!("{at} {level} {target}: {message}{others}")
        }
        Form::Json => {
            let mut line = Map::new();
            line.insert("at".to_owned(), at.into());
            let level = level.as_str().to_ascii_lowercase();
            line.insert("level".to_owned(), level.into());
            line.insert("target".to_owned(), target.into());
            line.insert("message".to_owned(), message.into());
            line.extend(others);
            escaped(&Value::from(line).to_string())
        }
    }
}

/// A peer may have chosen the text, or a part of it.
fn in_one_line(text: &str) -> String {
    printable(text).replace('\n', "\\n")
}

/// The fields of an event.
#[derive(Default)]
struct Fields {
    message: String,
    others: Map<String, Value>,
}

impl Fields {
    fn add(&mut self, field: &Field, value: Value) {
        self.others.insert(field.name().to_owned(), value);
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => self.message = value.to_owned(),
            _ => self.add(field, value.into()),
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, value.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rust_log: Option<&str>, log: Log, expected: [&str; 2]) {
        let targets = targets(log, rust_log).expect("levels");
        let shown = ["access_groups_server::router", "hyper::proto"].map(|target| {
            let levels = [
                Level::TRACE,
                Level::DEBUG,
                Level::INFO,
                Level::WARN,
                Level::ERROR,
            ];
            let most = levels
                .iter()
                .find(|level| targets.would_enable(target, level));
            most.map_or("OFF", Level::as_str)
        });
        assert_eq!(shown, expected, "{rust_log:?}");
    }

    #[test]
    fn warnings_are_hidden_by_nothing_but_a_level() {
        check(None, Log::Text, ["INFO", "WARN"]);
        check(None, Log::Json, ["INFO", "WARN"]);
        check(None, Log::Off, ["WARN", "WARN"]);
        check(Some("debug"), Log::Off, ["DEBUG", "DEBUG"]);
        check(Some("error"), Log::Text, ["ERROR", "ERROR"]);
        check(Some("off"), Log::Text, ["OFF", "OFF"]);
        check(Some("hyper=trace"), Log::Text, ["WARN", "TRACE"]);
        check(Some("info, hyper=error"), Log::Text, ["INFO", "ERROR"]);
        check(Some("hyper=error,info"), Log::Text, ["INFO", "ERROR"]);
        check(Some("acces_groups=debug"), Log::Text, ["WARN", "WARN"]);
        check(Some(" , "), Log::Text, ["WARN", "WARN"]);
    }

    #[test]
    fn a_mistyped_level_is_refused() {
        for text in [
            "inof",
            "info,hyper",
            "hyper=inof",
            "hyper=",
            "=info",
            "[call]=info",
            "a=b=info",
        ] {
            let refused = targets(Log::Text, Some(text)).expect_err(text);
            assert_eq!(refused.exit().code(), 64, "{text}");
            assert!(refused.to_string().contains("RUST_LOG: "), "{refused}");
        }
    }

    fn fields(message: &str, peer: Value) -> Fields {
        Fields {
            message: message.to_owned(),
            others: [("peer".to_owned(), peer)].into_iter().collect(),
        }
    }

    #[test]
    fn an_event_is_one_line() {
        let check = |form, expected: &str| {
            let fields = fields("a wrong\nkey", "\u{1b}[2J\u{202e}".into());
            let at = Timestamp::UNIX_EPOCH;
            assert_eq!(line(at, Level::WARN, "server", fields, form), expected);
        };
        check(
            Form::Text,
            "1970-01-01T00:00:00.000Z WARN server: a wrong\\nkey peer=\u{fffd}[2J\u{fffd}",
        );
        check(
            Form::Json,
            r#"{"at":"1970-01-01T00:00:00.000Z","level":"warn","message":"a wrong\nkey","peer":"\u001b[2J\u202e","target":"server"}"#,
        );
    }
}
