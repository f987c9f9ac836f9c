//! A PostgreSQL server for another program: prints where so many empty databases are, one on each line, and
//! stops when its input ends.

#![allow(clippy::print_stdout, reason = "another program reads the lines")]

use std::{env, error::Error, io};

use access_groups_tests::cluster::Cluster;

fn main() -> Result<(), Box<dyn Error>> {
    let databases: usize = env::args().nth(1).ok_or("how many databases?")?.parse()?;
    let cluster = Cluster::start();
    for _ in 0..databases {
        println!("{}", cluster.url(&cluster.create_database()));
    }
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}
