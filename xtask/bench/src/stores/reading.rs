//! What stores read: pages, and users through a server.

use std::{num::NonZeroU32, sync::Arc, time::Instant};

use access_groups_core::{AccessGroupPort, AcsUser, AcsUserFilter, Error, Page, PageRequest};
use access_groups_in_memory::InMemory;

use super::{Limited, Sizes};
use crate::{
    Outcome, Server,
    load::Load,
    rounds,
    site::Site,
    table::{Row, Unit},
};

/// A page far behind, beside the first one.
pub(crate) fn pages(
    sizes: &Sizes,
    read: impl Fn(AcsUserFilter, PageRequest) -> Result<Page<AcsUser>, Error>,
) -> Outcome<Limited> {
    let filter = AcsUserFilter::new;
    let first = PageRequest::first().with_limit(ROWS);
    let mut far = first.clone();
    for _ in 1..sizes.page {
        let page = read(filter(), far)?;
        far = first
            .clone()
            .after(page.next.ok_or("fewer pages than that")?);
    }
    let time = |page: &PageRequest| -> Outcome<f64> {
        let start = Instant::now();
        for _ in 0..READS {
            read(filter(), page.clone())?;
        }
        Ok(start.elapsed().as_secs_f64() * 1e9 / f64::from(READS))
    };
    let what = format!("page {} of users / page 1", crate::thousands(sizes.page));
    let made = rounds(sizes.rounds, &what, || time(&far), || time(&first))?;
    Ok(Limited::new(
        Row::new(what, Unit::Nanoseconds, made),
        1.0 / 1.5,
    ))
}

/// How many users a page has.
pub(crate) const ROWS: NonZeroU32 = NonZeroU32::new(100).expect("not zero");
const READS: u32 = 20;

/// A server that reads from a store, beside one that reads from memory.
pub(crate) fn served(sizes: &Sizes, port: Arc<dyn AccessGroupPort>, site: &Site) -> Outcome<Row> {
    let ours = Server::over(port)?;
    let memory = Server::over(Arc::new(InMemory::new(site.state())))?;
    let connect = |to: &Server| Load::reading(to.address, site, CONNECTIONS);
    let (mut to_ours, mut to_memory) = (connect(&ours)?, connect(&memory)?);
    to_ours.run(CONNECTIONS * 10)?;
    to_memory.run(CONNECTIONS * 10)?;
    let what = "users that a server reads, 32 connections / from memory";
    let made = rounds(
        sizes.rounds,
        what,
        || Ok(to_ours.measure(sizes.requests, &ours.cpu)?.per_second),
        || Ok(to_memory.measure(sizes.requests, &memory.cpu)?.per_second),
    )?;
    Ok(Row::new(what, Unit::PerSecond, made))
}

const CONNECTIONS: usize = 32;
