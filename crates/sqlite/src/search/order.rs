//! Rows in the order of their numbers, put into that of pages.

#[cfg(test)]
mod tests;

use std::{cmp::Reverse, collections::BinaryHeap, ops::Range};

use access_groups_core::Position;
use rusqlite::Row;

use crate::{
    fault::Result,
    instant,
    session::{Key, key},
};

/// The row of a block of numbers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block {
    block: i64,
    /// No row of the block was created before this second.
    oldest: i64,
    /// Nor after this one.
    newest: i64,
    /// How many rows of the workspace were put into it.
    rows: i64,
}

impl Block {
    pub(super) fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            block: row.get(0)?,
            oldest: row.get(1)?,
            newest: row.get(2)?,
            rows: row.get(3)?,
        })
    }
}

/// How the age of rows goes with their numbers, in one workspace.
#[derive(Debug)]
pub(super) struct Blocks(Vec<Block>);

impl Blocks {
    /// The blocks that have rows of the workspace, in order.
    pub(super) fn new(mut blocks: Vec<Block>) -> Self {
        let mut oldest = i64::MAX;
        for block in blocks.iter_mut().rev() {
            oldest = oldest.min(block.oldest);
            block.oldest = oldest;
        }
        Self(blocks)
    }

    /// The numbers among which all rows after `start` are.
    pub(super) fn range(&self, start: Option<Position>) -> Range<i64> {
        let blocks = self.after(start);
        match (blocks.first(), blocks.last()) {
            (Some(first), Some(last)) => {
                first.block << BITS_OF_BLOCK..(last.block + 1) << BITS_OF_BLOCK
            }
            _ => 0..0,
        }
    }

    /// Whether most of these numbers are those of other workspaces.
    pub(super) fn are_few(&self, start: Option<Position>) -> bool {
        let range = self.range(start);
        let rows: i64 = self.after(start).iter().map(|block| block.rows).sum();
        rows < (range.end - range.start) / 4
    }

    /// Before these, no row comes after `start`.
    fn after(&self, start: Option<Position>) -> &[Block] {
        let [second, _] = start.map_or([i64::MIN, 0], |start| instant::columns(start.created_at));
        let first = self.0.iter().position(|block| block.newest >= second);
        &self.0[first.unwrap_or(self.0.len())..]
    }

    /// A second before which neither a row of this number's block was created nor a later one.
    fn oldest_from(&self, number: i64) -> i64 {
        let block = number >> BITS_OF_BLOCK;
        let at = self.0.partition_point(|known| known.block < block);
        self.0.get(at).map_or(i64::MIN, |known| known.oldest)
    }
}

/// 1,024 numbers, as in the statements that count a row into its block.
const BITS_OF_BLOCK: u32 = 10;

/// A row that the index has found, sorted by its place in the order of pages.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    created: [i64; 2],
    id: Key,
    number: i64,
    pub(super) system: Option<Key>,
    body: String,
}

impl Found {
    pub(super) fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            body: row.get(0)?,
            number: row.get(1)?,
            created: [row.get(2)?, row.get(3)?],
            id: row.get(4)?,
            system: row.get(5)?,
        })
    }
}

/// The bodies of rows that come in the order of their numbers, in the order of pages.
pub(super) struct InOrder<'a, I> {
    rows: I,
    blocks: &'a Blocks,
    start: Option<([i64; 2], Key)>,
    /// Those of which a row that is to come may be older.
    waiting: BinaryHeap<Reverse<Found>>,
    /// No row that is to come was created before this second.
    oldest_to_come: i64,
    is_too_much: &'a mut bool,
}

impl<'a, I: Iterator<Item = Found>> InOrder<'a, I> {
    /// Those after `start`. If too many would have to be kept at once, sets `is_too_much` and ends.
    pub(super) fn new(
        rows: I,
        blocks: &'a Blocks,
        start: Option<Position>,
        is_too_much: &'a mut bool,
    ) -> Self {
        Self {
            rows,
            blocks,
            start: start.map(|start| (instant::columns(start.created_at), key(start.id))),
            waiting: BinaryHeap::new(),
            oldest_to_come: i64::MIN,
            is_too_much,
        }
    }
}

impl<I: Iterator<Item = Found>> Iterator for InOrder<'_, I> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        loop {
            let first = self.waiting.peek();
            if first.is_some_and(|Reverse(first)| first.created[0] < self.oldest_to_come) {
                return self.waiting.pop().map(|Reverse(first)| first.body);
            }
            if self.waiting.len() >= MAX_WAITING {
                *self.is_too_much = true;
                return None;
            }
            let Some(row) = self.rows.next() else {
                self.oldest_to_come = i64::MAX;
                return self.waiting.pop().map(|Reverse(first)| first.body);
            };
            self.oldest_to_come = self.blocks.oldest_from(row.number);
            if self.start.is_none_or(|start| (row.created, row.id) > start) {
                self.waiting.push(Reverse(row));
            }
        }
    }
}

/// About 10 MB. So many are out of order only if clocks were, or in a site whose people are all of one
/// second.
const MAX_WAITING: usize = 10_000;
