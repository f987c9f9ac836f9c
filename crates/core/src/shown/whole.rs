//! Whole texts in `Debug`, for tests: the one way around the guard.

use std::cell::Cell;

/// Runs this with whole texts in the `Debug` output of the calling thread: for tests, whose messages
/// must tell two texts apart. The data of a test is nobody's, so only tests enable the feature
/// `whole-texts`.
///
/// # Examples
///
/// ```
/// use access_groups_core::{PersonName, shown::with_texts};
///
/// let ada: PersonName = "Ada Lovelace".parse()?;
/// assert_eq!(format!("{ada:?}"), "PersonName(…)");
/// assert_eq!(with_texts(|| format!("{ada:?}")), r#"PersonName("Ada Lovelace")"#);
/// # Ok::<(), access_groups_core::ParseTextError>(())
/// ```
pub fn with_texts<R>(work: impl FnOnce() -> R) -> R {
    /// Restores the former state, after a panic too.
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            WITH_TEXTS.set(self.0);
        }
    }
    let _restore = Restore(WITH_TEXTS.replace(true));
    work()
}

/// Whether the calling thread is in [`with_texts`].
pub(super) fn are_texts_whole() -> bool {
    WITH_TEXTS.get()
}

thread_local! {
    static WITH_TEXTS: Cell<bool> = const { Cell::new(false) };
}
