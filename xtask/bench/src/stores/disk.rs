//! How long the disk takes to keep a block.

use std::{
    fs::File,
    io::{Seek, SeekFrom, Write},
    path::Path,
    time::{Duration, Instant},
};

use crate::Outcome;

/// The median time of a write and an fsync, as one COMMIT makes them.
pub(crate) fn fsync(folder: &Path) -> Outcome<Duration> {
    let mut file = File::create(folder.join("probe"))?;
    let block = [7; BLOCK];
    // As in a WAL, which is written over: a file that grows has to write its size as well.
    file.write_all(&[0; BLOCK * PROBES])?;
    file.sync_all()?;
    file.seek(SeekFrom::Start(0))?;
    let mut times = [Duration::ZERO; PROBES];
    for time in &mut times {
        let start = Instant::now();
        file.write_all(&block)?;
        file.sync_data()?;
        *time = start.elapsed();
    }
    times.sort_unstable();
    Ok(times[PROBES / 2])
}

const BLOCK: usize = 4096;
const PROBES: usize = 200;
