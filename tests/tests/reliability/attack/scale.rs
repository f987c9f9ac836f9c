//! How large the attack is, and how long the limits are.

use std::time::Duration;

/// The whole attack, with the limits that people have, or a tenth of it with short ones.
pub(super) struct Scale {
    /// Of each of the five kinds.
    pub(super) dripping: usize,
    pub(super) silent: usize,
    pub(super) keyless: usize,
    pub(super) lists: usize,
    pub(super) wrong_keys: usize,
    /// Users of the tenant that attacks.
    pub(super) users: usize,
    pub(super) header: Duration,
    pub(super) body: Duration,
    pub(super) idle: Duration,
    pub(super) unread: Duration,
    /// How long the honest crowd is there.
    pub(super) honest: Duration,
    /// How long the attack lasts at least.
    pub(super) attack: Duration,
    /// Between two calls of one of the honest crowd.
    pub(super) pause: Duration,
    /// `NAME=NUMBER` for `--limit`.
    pub(super) options: &'static [&'static str],
}

impl Scale {
    pub(super) const FULL: Self = Self {
        dripping: 400,
        silent: 1_100,
        keyless: 32,
        lists: 256,
        wrong_keys: 10_000,
        users: 20_000,
        header: Duration::from_secs(10),
        body: Duration::from_secs(30),
        idle: Duration::from_secs(75),
        unread: Duration::from_secs(30),
        honest: Duration::from_secs(30),
        attack: Duration::from_secs(100),
        pause: Duration::from_secs(4),
        options: &[],
    };

    pub(super) const SHORT: Self = Self {
        dripping: 40,
        silent: 110,
        keyless: 4,
        lists: 26,
        wrong_keys: 1_000,
        users: 2_000,
        header: Duration::from_secs(1),
        body: Duration::from_secs(2),
        idle: Duration::from_secs(3),
        unread: Duration::from_secs(2),
        honest: Duration::from_secs(3),
        attack: Duration::from_secs(8),
        pause: Duration::from_millis(500),
        options: &["header=1", "body=2", "idle=3", "unread=2"],
    };

    /// Connections of the attack, but for those of wrong keys.
    pub(super) fn connections(&self) -> usize {
        5 * self.dripping + self.silent + self.keyless + self.lists
    }
}
