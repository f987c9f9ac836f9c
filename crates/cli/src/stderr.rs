//! stderr of a server: a thread of its own writes the lines.
//!
//! Whoever reads them may stall for hours. That must stop neither an answer nor a save nor the end.

use std::{
    io::{self, Write},
    mem,
    sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError},
    thread,
    time::Duration,
};

use serde::Serialize;

use crate::{clock, output::counted, visible::escaped};

/// How the lines of a server look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Texts for people.
    Text,
    /// One JSON object in one line.
    Json,
}

/// From now on, what this process writes to stderr is written by the thread, in this form.
pub(crate) fn start(form: Form) -> io::Result<()> {
    let writing = move || QUEUE.write_to(io::stderr(), form);
    let thread = thread::Builder::new().name("stderr".to_owned());
    thread.spawn(writing)?;
    FORM.get_or_init(|| form);
    Ok(())
}

/// The lines, if [`start`] was called.
pub(crate) fn running() -> Option<Running> {
    FORM.get().map(|form| Running { form: *form })
}

/// Waits until everything is written, for a second at most: nobody may be reading.
pub(crate) fn finish() {
    QUEUE.finish(PATIENCE);
}

/// The lines of this process, which have a form.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Running {
    form: Form,
}

impl Running {
    pub(crate) fn form(self) -> Form {
        self.form
    }

    /// Adds a line that has the form already.
    pub(crate) fn line(self, line: &str) {
        QUEUE.push(line);
    }

    /// Adds a message for a person: a line or several.
    pub(crate) fn note(self, text: &str) {
        QUEUE.push(&note(text, self.form));
    }
}

static QUEUE: Queue = Queue::new(ROOM);

static FORM: OnceLock<Form> = OnceLock::new();

/// A message in this form. Its first word tells its level.
fn note(text: &str, form: Form) -> String {
    #[derive(Serialize)]
    struct Note<'a> {
        at: String,
        level: &'static str,
        message: &'a str,
    }
    let levels = [("error: ", "error"), ("warning: ", "warn")];
    let mut levels = levels.iter();
    let told = levels.find_map(|(word, level)| Some((*level, text.strip_prefix(word)?)));
    let (level, message) = told.unwrap_or(("info", text));
    match form {
        Form::Text => text.to_owned(),
        Form::Json => {
            let at = format!("{:.3}", clock::now());
            let note = Note { at, level, message };
            escaped(&serde_json::to_string(&note).unwrap_or_default())
        }
    }
}

/// Lines that wait to be written. When there is no room, further ones are dropped and counted.
#[derive(Debug)]
struct Queue {
    /// How many bytes may wait.
    room: usize,
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Waiting {
    text: String,
    lines: u64,
    /// Lines that nobody will read, since that was last said.
    dropped: u64,
    is_writing: bool,
}

impl Queue {
    const fn new(room: usize) -> Self {
        let waiting = Waiting {
            text: String::new(),
            lines: 0,
            dropped: 0,
            is_writing: false,
        };
        Self {
            room,
            waiting: Mutex::new(waiting),
            changed: Condvar::new(),
        }
    }

    fn push(&self, line: &str) {
        let mut waiting = self.lock();
        let is_full = waiting.text.len() + line.len() >= self.room;
        // A line that is longer than the room is written all the same, alone.
        if is_full && !waiting.text.is_empty() {
            waiting.dropped += 1;
            return;
        }
        waiting.text.push_str(line);
        waiting.text.push('\n');
        waiting.lines += 1;
        drop(waiting);
        self.changed.notify_all();
    }

    /// Writes whatever comes, for ever. All lines that wait are one write.
    fn write_to(&self, mut sink: impl Write, form: Form) {
        loop {
            let Waiting {
                mut text,
                lines,
                dropped,
                ..
            } = self.next();
            if dropped > 0 {
                let why = "nobody has read the lines before them";
                let one = "line of this log is left out";
                let told = counted(dropped, one, "lines of this log are left out");
                let told = format!("warning: {told}: {why}");
                text = text + &note(&told, form) + "\n";
            }
            let written = sink.write_all(text.as_bytes()).and_then(|()| sink.flush());
            let mut waiting = self.lock();
            if written.is_err() {
                waiting.dropped += dropped + lines;
            }
            waiting.is_writing = false;
            drop(waiting);
            self.changed.notify_all();
        }
    }

    /// Takes what waits, as soon as there is anything.
    fn next(&self) -> Waiting {
        let waiting = self.lock();
        let is_empty = |waiting: &mut Waiting| waiting.text.is_empty();
        let waiting = self.changed.wait_while(waiting, is_empty);
        let mut waiting = waiting.unwrap_or_else(PoisonError::into_inner);
        let writing = Waiting {
            is_writing: true,
            ..Waiting::default()
        };
        mem::replace(&mut waiting, writing)
    }

    /// Whether everything was written in this time.
    fn finish(&self, patience: Duration) -> bool {
        let waiting = self.lock();
        let is_busy = |waiting: &mut Waiting| waiting.is_writing || !waiting.text.is_empty();
        let ended = self.changed.wait_timeout_while(waiting, patience, is_busy);
        let (_waiting, result) = ended.unwrap_or_else(PoisonError::into_inner);
        !result.timed_out()
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many bytes wait at most: some thousand lines.
const ROOM: usize = 1024 * 1024;

/// How long the end of the process waits for a reader.
const PATIENCE: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use std::sync::{Arc, mpsc};

    use super::*;

    /// What was written, each write as soon as the test lets it pass.
    struct Gate {
        passes: mpsc::Receiver<()>,
        written: mpsc::Sender<String>,
    }

    impl Write for Gate {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let passes = self.passes.recv();
            passes.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
            let text = String::from_utf8(bytes.to_vec()).expect("text");
            let sent = self.written.send(text);
            sent.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn gated(room: usize) -> (Arc<Queue>, mpsc::Sender<()>, mpsc::Receiver<String>) {
        let (pass, passes) = mpsc::channel();
        let (written, writes) = mpsc::channel();
        let queue = Arc::new(Queue::new(room));
        let writer = Arc::clone(&queue);
        thread::spawn(move || writer.write_to(Gate { passes, written }, Form::Text));
        (queue, pass, writes)
    }

    #[test]
    fn lines_without_room_are_counted_once() {
        let (queue, pass, writes) = gated(20);
        queue.push("first");
        while !queue.lock().is_writing {
            thread::yield_now(); // it takes the line, and waits to be let pass
        }
        for _ in 0..100 {
            queue.push("0123456789"); // there is room for one
        }
        assert!(!queue.finish(Duration::ZERO));
        for _ in 0..2 {
            pass.send(()).expect("it writes");
        }
        assert_eq!(writes.recv().expect("written"), "first\n");
        let text = writes.recv().expect("written");
        let told = "0123456789\nwarning: 99 lines of this log are left out: ";
        assert!(text.starts_with(told), "{text}");
        assert_eq!(text.lines().count(), 2);
        drop(pass);
        queue.push("last");
        assert!(queue.finish(Duration::from_secs(60)), "also if it fails");
        assert_eq!(queue.lock().dropped, 1);
    }

    #[test]
    fn a_long_line_is_written_alone() {
        let (queue, pass, writes) = gated(5);
        pass.send(()).expect("it writes");
        queue.push("a longer line");
        assert_eq!(writes.recv().expect("written"), "a longer line\n");
        assert!(queue.finish(Duration::from_secs(60)));
    }

    #[test]
    fn a_note_is_text_or_json() {
        let check = |text: &str, expected: &str| {
            assert_eq!(note(text, Form::Text), text);
            let json = note(text, Form::Json);
            assert!(json.starts_with(r#"{"at":"2"#), "{json}");
            assert!(json.ends_with(expected), "{json}");
            assert_eq!(json.lines().count(), 1);
        };
        check(
            "error: no\n  hint: yes",
            r#""level":"error","message":"no\n  hint: yes"}"#,
        );
        check("warning: oh", r#""level":"warn","message":"oh"}"#);
        check("saved again", r#""level":"info","message":"saved again"}"#);
    }
}
