//! One change, from the operation to what must be written.

use access_groups_core::{Error, Operation, Reply, Timestamp};
use access_groups_in_memory::State;

use crate::{
    Slice, Want, Write,
    rounds::{self, Next},
    write::difference,
};

/// An operation that changes something, on its way through one transaction.
///
/// It says what it [wants](Self::wants) to see, takes what was [found](Self::found), and wants more
/// or nothing, after three rounds at most. Then it [decides](Self::decide). See the
/// [crate](crate) for an example.
///
/// The nonce is a random number of the caller's. Ids of what is created follow from it and from the
/// time, so that a further attempt with both makes the same ids. Its highest bit is ignored: the
/// other 63 fit into a signed column.
#[derive(Debug, Clone)]
pub struct Change {
    operation: Operation,
    nonce: u64,
    wants: Vec<Want>,
    next: Next,
    seen: Slice,
}

impl Change {
    /// A change that has seen nothing yet.
    ///
    /// # Errors
    ///
    /// The operation itself, if it only reads.
    // Not boxed: whoever gets it back carries it out at once.
    #[allow(
        clippy::result_large_err,
        reason = "the caller gets its own value back"
    )]
    pub fn new(operation: Operation, nonce: u64) -> Result<Self, Operation> {
        if operation.effect().is_safe() {
            return Err(operation);
        }
        let (wants, next) = rounds::first(&operation);
        Ok(Self {
            // The revision of the slice counts on from here, and must not overflow.
            nonce: nonce & (u64::MAX >> 1),
            operation,
            wants,
            next,
            seen: Slice::default(),
        })
    }

    /// The operation.
    #[must_use]
    pub fn operation(&self) -> &Operation {
        &self.operation
    }

    /// The nonce without its highest bit.
    #[must_use]
    pub fn nonce(&self) -> u64 {
        self.nonce
    }

    /// What the change must see next; nothing if it can be decided.
    #[must_use]
    pub fn wants(&self) -> &[Want] {
        &self.wants
    }

    /// Takes what all of the wants have found.
    pub fn found(&mut self, rows: Slice) {
        self.seen.append(rows);
        let next = std::mem::replace(&mut self.next, Next::Nothing);
        (self.wants, self.next) = next.wants(&mut self.seen);
    }

    /// The outcome at this time: the answer, and what must be written before it is given.
    ///
    /// The time is the database's, in whole milliseconds, and the same in every attempt.
    ///
    /// # Errors
    ///
    /// Those of the operation: see [`State`]. Nothing must be written then.
    ///
    /// # Panics
    ///
    /// If something is still [wanted](Self::wants): the decision could be wrong.
    pub fn decide(&self, now: Timestamp) -> Result<Decision, Error> {
        assert!(
            self.wants.is_empty(),
            "{} was decided before it saw everything",
            self.operation.name()
        );
        let mut after = State::from_slice(self.seen.clone(), self.nonce);
        let reply = after.execute(self.operation.clone(), now)?;
        let writes = difference(&self.seen, &after);
        Ok(Decision { reply, writes })
    }
}

/// What comes of a change that is not refused.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Decision {
    /// The answer.
    pub reply: Reply,
    /// What must be written, in this order; nothing if nothing changes.
    pub writes: Vec<Write>,
}

#[cfg(test)]
mod tests {
    use access_groups_core::{
        AcsSystem, AcsSystemId, Content, CreateEntrance, GetWorkspace, NewEntrance,
    };

    use super::*;

    const MAIN: AcsSystemId = AcsSystemId::from_u128(1);

    fn creation(nonce: u64) -> Change {
        let name = "Door".parse().expect("a name");
        let operation = CreateEntrance::new(NewEntrance::new(MAIN, name)).into();
        Change::new(operation, nonce).expect("it changes something")
    }

    /// What the creation answers at this second.
    fn made(nonce: u64, second: u32) -> Content {
        let mut change = creation(nonce);
        change.found(Slice {
            systems: vec![AcsSystem::new(MAIN, "Main")],
            ..Slice::default()
        });
        let decision = change.decide(Timestamp::from_unix_seconds(second));
        decision.expect("there is a system").reply.content().clone()
    }

    #[test]
    fn nonce_and_time_make_the_id() {
        assert_eq!(made(7, 0), made(7, 0));
        let ids = [made(7, 0), made(8, 0), made(7, 1)].map(|content| match content {
            Content::Entrance(door) => door.acs_entrance_id,
            other => panic!("no entrance: {other:?}"),
        });
        assert!(ids[0] != ids[1] && ids[0] != ids[2] && ids[1] != ids[2]);
    }

    #[test]
    fn every_nonce_leaves_room_to_count() {
        assert_eq!(made(u64::MAX, 0), made(u64::MAX >> 1, 0));
    }

    #[test]
    fn a_read_is_given_back() {
        let read = Operation::from(GetWorkspace::new());
        assert_eq!(Change::new(read.clone(), 0).err(), Some(read));
    }

    #[test]
    #[should_panic(expected = "create_entrance was decided before it saw everything")]
    fn deciding_early_panics() {
        drop(creation(0).decide(Timestamp::UNIX_EPOCH));
    }
}
