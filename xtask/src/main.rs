//! Chores of the repository: `cargo xtask CHORE`.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a chore reports to the terminal"
)]

mod bench;
mod ci;
mod contract;
mod docs;
mod interop;

use std::process::ExitCode;

use clap::Parser;

/// Chores of the repository.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask")]
enum Chore {
    /// Checks everything, exactly as CI does
    Ci(ci::Options),
    /// Runs the benchmarks and prints one table of ratios
    Bench(bench::Options),
    /// Updates the contract of Seam's API, or shows what a newer version would change
    Contract(contract::Options),
    /// Checks that the pages of `cargo doc` list every call, and name what people look for
    Docs,
    /// Lets Seam's own SDKs drive the server, and prints the table: operation by SDK
    Interop,
}

fn main() -> ExitCode {
    let outcome = match Chore::parse() {
        Chore::Ci(options) => ci::run(&options),
        Chore::Bench(options) => bench::run(&options),
        Chore::Contract(options) => contract::run(&options),
        Chore::Docs => docs::run(),
        Chore::Interop => interop::run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\n{failure}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        super::Chore::command().debug_assert();
    }
}
