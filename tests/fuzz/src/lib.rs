//! What the fuzz targets do with their bytes. `tests/tests/fuzz_seeds.rs` runs the same functions on
//! the seeds, so that neither can rot.

mod client;
mod configuration;
mod server;
mod store;

pub use client::{response, retry_after};
pub use configuration::configuration;
pub use server::{query, request};
pub use store::{cursor, site_file};

use std::error::Error as StdError;

use access_groups_core::{Error, shown::without_addresses};

/// It looks like a real one.
pub(crate) const KEY: &str = "seam_testBird_5wordF15h5wordF15h5wordF1";

/// The bytes with the key in place of each `$KEY`, which a fuzzer finds more easily.
pub(crate) fn with_key(data: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(data.len());
    let mut rest = data;
    while let Some((first, others)) = rest.split_first() {
        if let Some(after) = rest.strip_prefix(b"$KEY") {
            bytes.extend_from_slice(KEY.as_bytes());
            rest = after;
        } else {
            bytes.push(*first);
            rest = others;
        }
    }
    bytes
}

/// The error in one line of bounded length, without the key and without an address.
pub(crate) fn must_be_presentable(error: &Error) {
    let message = error.to_string();
    assert_eq!(message.lines().count(), 1, "{message:?}");
    // Four texts of the service at most, each of 500 characters.
    assert!(message.chars().count() < 3000, "{message:?}");
    assert!(error.fields().len() <= 100, "{}", error.fields().len());
    let shown = chain(error);
    assert!(!shown.contains(KEY), "{shown}");
    for text in [error.message(), error.code().unwrap_or_default()] {
        assert_eq!(without_addresses(text), text);
    }
    for field in error.fields() {
        assert_eq!(without_addresses(&field.path), field.path);
        assert_eq!(without_addresses(&field.message), field.message);
    }
}

/// The error and its causes, in every form.
pub(crate) fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut text = format!("{error} {error:?}");
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(&format!(": {cause} {cause:?}"));
        next = cause.source();
    }
    text
}

// By the names that the sources of the command line know.
pub(crate) use configuration::misplaced;

/// As much of the command line's failures as its sources here need.
pub(crate) mod failure {
    /// The exit codes of a configuration.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) enum Exit {
        Failed,
        Unavailable,
    }

    #[derive(Debug)]
    pub(crate) struct Failure(Exit, String);

    impl Failure {
        pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
            Self(exit, message.into())
        }

        pub(crate) fn with_hint(self, _: &str) -> Self {
            self
        }

        pub(crate) fn without_hint(&self) -> String {
            self.1.clone()
        }

        pub(crate) fn exit(&self) -> Exit {
            self.0
        }
    }
}
