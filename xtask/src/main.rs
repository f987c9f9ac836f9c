//! Chores of the repository: `cargo xtask CHORE`.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a chore reports to the terminal"
)]

mod browser;
mod ci;
mod commands;
mod contract;
mod docs;
mod fuzz;
mod interop;
mod postgres;
mod reliability;

use std::{
    env,
    process::{Command, ExitCode},
};

use clap::Parser;

use commands::Workspace;

/// Chores of the repository.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask")]
enum Chore {
    /// Checks everything, exactly as CI does
    Ci(ci::Options),
    /// Runs the benchmarks and prints one table of ratios
    // A package of its own, so that this one stays quick to build.
    Bench {
        /// Passed on to the benchmark: `--quick` runs everything on tiny sizes
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Tests the report of a plan in Chromium
    Browser,
    /// Runs the laws of the port on a PostgreSQL database of one's own, or on what speaks its protocol
    Conformance(postgres::Own),
    /// Updates the contract of Seam's API, or shows what a newer version would change
    Contract(contract::Options),
    /// Checks that the pages of `cargo doc` list every call, and name what people look for
    Docs,
    /// Lets every decoder of bytes from outside meet random ones, through cargo-fuzz
    Fuzz(fuzz::Options),
    /// Lets Seam's own SDKs drive the server, and prints the table: operation by SDK
    Interop(interop::Options),
    /// Runs the tests that need a PostgreSQL server, which they start by themselves
    Postgres(postgres::Options),
    /// Shows what calls survive: outages, lost answers, silence, cancellations
    Reliability(reliability::Options),
}

fn main() -> ExitCode {
    let outcome = match Chore::parse() {
        Chore::Ci(options) => ci::run(&options),
        Chore::Bench { arguments } => bench(&arguments),
        Chore::Browser => browser::run(),
        Chore::Conformance(own) => postgres::run_on(&own),
        Chore::Contract(options) => contract::run(&options),
        Chore::Docs => docs::run(),
        Chore::Fuzz(options) => fuzz::run(&options),
        Chore::Interop(options) => interop::run(&options),
        Chore::Postgres(options) => postgres::run(&options),
        Chore::Reliability(options) => reliability::run(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\n{failure}");
            ExitCode::FAILURE
        }
    }
}

/// Builds the benchmark with optimisations, and the command line that it finds beside itself, and runs it;
/// the table goes to stdout.
fn bench(arguments: &[String]) -> Result<(), String> {
    let mut cargo = Command::new(env!("CARGO"));
    // In one build, or what they share would be built twice: they need different features of it.
    let packages = ["access-groups-bench", "access-groups-cli"].map(|name| ["--package", name]);
    cargo
        .args(["build", "--release", "--quiet", "--locked"])
        .args(packages.concat());
    commands::run(&mut cargo)?;
    let built = Workspace::read(&commands::root())?.target_directory;
    let name = format!("access-groups-bench{}", env::consts::EXE_SUFFIX);
    commands::run(Command::new(built.join("release").join(name)).args(arguments))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        super::Chore::command().debug_assert();
    }
}
