//! A blocking port where an async one is asked for.

/// Shows a blocking port as an async one: each call is made, and finished, inside the first
/// `poll` of its future.
///
/// Right for a port that never waits: one in memory, or behind a lock that is held for
/// microseconds; and in tests, the conformance kit's among them. Wrong for a port that waits
/// for a disk, a database or a network: it would hold up every other task of the thread that
/// polls it. Whoever serves such a port moves each call to a thread where waiting is allowed.
///
/// What the blocking port has, the lifted one has: access groups, ACS users, the
/// directory, user identities.
///
/// # Examples
///
/// ```
/// use access_groups_core::{AccessGroupPort, BlockingAccessGroupPort, Lift};
///
/// fn shown_as_async(port: impl BlockingAccessGroupPort + 'static) -> Box<dyn AccessGroupPort> {
///     Box::new(Lift(port))
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lift<P>(
    /// The blocking port.
    pub P,
);
