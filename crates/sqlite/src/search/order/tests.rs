use access_groups_core::{AcsUserId, Timestamp};
use fastrand::Rng;

use super::*;
use crate::statements as sql;

/// Rows of a workspace in the order of their numbers, and their blocks.
struct Rows {
    rows: Vec<([i64; 2], u128, i64)>,
    blocks: Blocks,
}

impl Rows {
    /// So many rows, of which each may be so many seconds older than the one before.
    fn random(count: i64, disorder: i64, random: &mut Rng) -> Self {
        let (mut number, mut second) = (0, 0);
        let rows = (0..count).map(|_| {
            number += random.i64(1..300); // others are of other workspaces
            second = (second + random.i64(-disorder..=disorder + 2)).max(0);
            ([second, random.i64(0..2)], random.u128(..), number)
        });
        let rows: Vec<_> = rows.collect();
        let mut blocks: Vec<Block> = Vec::new();
        for ([second, _], _, number) in &rows {
            let block = number >> BITS_OF_BLOCK;
            match blocks.last_mut().filter(|last| last.block == block) {
                Some(last) => {
                    last.oldest = last.oldest.min(*second);
                    last.newest = last.newest.max(*second);
                    last.rows += 1;
                }
                None => blocks.push(Block {
                    block,
                    oldest: *second,
                    newest: *second,
                    rows: 1,
                }),
            }
        }
        let blocks = Blocks::new(blocks);
        Self { rows, blocks }
    }

    fn in_order(&self, start: Option<Position>, take: usize) -> (Vec<String>, usize) {
        let range = self.blocks.range(start);
        let mut read = 0;
        let rows = self
            .rows
            .iter()
            .filter(|(_, _, number)| range.contains(number));
        let rows = rows.map(|(created, id, number)| {
            read += 1;
            Found {
                created: *created,
                id: id.to_be_bytes(),
                number: *number,
                system: None,
                body: id.to_string(),
            }
        });
        let mut is_too_much = false;
        let ids = InOrder::new(rows, &self.blocks, start, &mut is_too_much);
        let ids = ids.take(take).collect();
        assert!(!is_too_much);
        (ids, read)
    }
}

#[test]
fn every_order_becomes_that_of_pages() {
    let mut random = Rng::with_seed(5);
    for case in 0..300 {
        let rows = Rows::random(100, case % 40, &mut random);
        let mut sorted = rows.rows.clone();
        sorted.sort_unstable();
        let start = random.usize(..100);
        let ([second, nanosecond], id, _) = sorted[start];
        let second = u32::try_from(second).expect("small");
        let nanosecond = std::time::Duration::from_nanos(nanosecond.unsigned_abs());
        let created_at = Timestamp::from_unix_seconds(second).saturating_add(nanosecond);
        let position = Position::new(created_at, AcsUserId::from_u128(id));
        let ids = |rows: &[([i64; 2], u128, i64)]| -> Vec<_> {
            rows.iter().map(|(_, id, _)| id.to_string()).collect()
        };
        assert_eq!(rows.in_order(None, 100).0, ids(&sorted), "case {case}");
        let after = rows.in_order(Some(position), 100).0;
        assert_eq!(
            after,
            ids(&sorted[start + 1..]),
            "case {case} after {start}"
        );
    }
}

#[test]
fn a_page_reads_little_more_than_itself() {
    let rows = Rows::random(10_000, 3, &mut Rng::with_seed(6));
    let (ids, read) = rows.in_order(None, 100);
    assert_eq!(ids.len(), 100);
    assert!(read < 130, "{read}");
}

#[test]
fn statements_count_in_the_same_blocks() {
    let block = format!("SELECT number >> {BITS_OF_BLOCK} FROM");
    for statement in [sql::COUNT_USER, sql::COUNT_IDENTITY] {
        assert!(statement.0.contains(&block), "{}", statement.0);
    }
}
