//! Limits that keep each other from holding.

use super::Limits;

impl Limits {
    /// What no server can keep of these limits, since another one is stricter: a sentence for each, which
    /// says what holds instead. None of the defaults is among them.
    ///
    /// # Examples
    ///
    /// ```
    /// use access_groups_server::Limits;
    ///
    /// let limits = Limits::default().with_connections(3).with_connections_per_peer(Some(50));
    /// assert_eq!(
    ///     limits.contradictions(),
    ///     ["connections_per_peer=50 is more than connections=3: one address has 3 at most"]
    /// );
    /// ```
    #[must_use]
    pub fn contradictions(&self) -> Vec<String> {
        let all = [self.of_shutdown(), self.of_peers(), self.of_heavy_calls()];
        all.into_iter().flatten().collect()
    }

    fn of_shutdown(&self) -> Option<String> {
        let (unfinished, shutdown) = (self.unfinished.as_secs_f64(), self.shutdown.as_secs_f64());
        (unfinished > shutdown).then(|| {
            format!(
                "unfinished={unfinished} is more than shutdown={shutdown}: a shutdown waits for \
                 {shutdown} s in all"
            )
        })
    }

    /// As many as there are of all are asked for where a proxy is the only peer.
    fn of_peers(&self) -> Option<String> {
        let (all, own) = (self.connections, self.connections_per_peer?);
        (own > all).then(|| {
            format!(
                "connections_per_peer={own} is more than connections={all}: one address has {all} \
                 at most"
            )
        })
    }

    /// With as many as all, nothing is left for others.
    fn of_heavy_calls(&self) -> Option<String> {
        let (all, own) = (self.heavy_calls, self.heavy_calls_per_port);
        (own >= all).then(|| {
            format!(
                "heavy_calls_per_port={own} is not below heavy_calls={all}: one workspace may take \
                 all {all}, and the others wait"
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(set: &[(&str, &str)], expected: &[&str]) {
        let mut limits = Limits::default().with_connections(1_000);
        for (name, value) in set {
            limits.set(name, value).expect("a number");
        }
        assert_eq!(limits.contradictions(), expected, "{set:?}");
    }

    #[test]
    fn stricter_limits_are_told() {
        check(&[], &[]);
        check(&[("unfinished", "7")], &[]);
        check(
            &[("unfinished", "8")],
            &["unfinished=8 is more than shutdown=7: a shutdown waits for 7 s in all"],
        );
        check(&[("connections_per_peer", "1000")], &[]);
        check(
            &[("connections_per_peer", "1001")],
            &[
                "connections_per_peer=1001 is more than connections=1000: one address has 1000 at most",
            ],
        );
        check(&[("heavy_calls", "9")], &[]);
        check(
            &[("heavy_calls", "8")],
            &[
                "heavy_calls_per_port=8 is not below heavy_calls=8: one workspace may take all 8, \
               and the others wait",
            ],
        );
        let both = [("unfinished", "60"), ("heavy_calls_per_port", "65")];
        let mut limits = Limits::default();
        both.iter()
            .for_each(|(name, value)| limits.set(name, value).expect("a number"));
        assert_eq!(limits.contradictions().len(), 2);
    }
}
