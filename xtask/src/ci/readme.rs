//! The two commands that the README shows, as it prints them.
//!
//! They stand in its first block fenced as `console`: lines that begin with `$ ` are commands,
//! the others are what the command above them prints. A command whose line ends with a
//! backslash goes on in the next line.

/// A command, and the lines that the README shows below it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) command: String,
    pub(crate) prints: Vec<String>,
}

/// The second command: it runs the tests.
pub(crate) const TEST: &str = "cargo test --workspace";

/// Finds the first command, which shows what the project does.
///
/// # Errors
///
/// There is no such block, or it does not hold exactly two commands, or the second does not
/// run the tests.
pub(crate) fn first_command(readme: &str) -> Result<Shown, String> {
    let block = first_console_block(readme)?;
    let [first, test] = <[Shown; 2]>::try_from(shown(&block)?).map_err(|all| {
        let count = all.len();
        format!("the first ```console block has {count} lines that begin with `$ `, not two")
    })?;
    if test.command == TEST {
        return Ok(first);
    }
    let command = test.command;
    Err(format!("the second command is `{command}`, not `{TEST}`"))
}

fn first_console_block(readme: &str) -> Result<Vec<&str>, String> {
    let mut lines = readme
        .lines()
        .skip_while(|line| line.trim_end() != "```console");
    lines.next().ok_or("there is no ```console block")?;
    let mut lines: Vec<_> = lines.collect();
    let end = lines.iter().position(|line| line.trim_end() == "```");
    lines.truncate(end.ok_or("the first ```console block has no end")?);
    Ok(lines)
}

fn shown(block: &[&str]) -> Result<Vec<Shown>, String> {
    let mut all: Vec<Shown> = Vec::new();
    let mut lines = block.iter();
    while let Some(line) = lines.next() {
        if let Some(start) = line.strip_prefix("$ ") {
            let mut command = start.trim_end().to_owned();
            while command.ends_with('\\') {
                let more = lines.next().ok_or("a command ends with a backslash")?;
                command = command + "\n" + more.trim_end();
            }
            let prints = Vec::new();
            all.push(Shown { command, prints });
        } else {
            let above = all.last_mut().ok_or_else(|| {
                format!("the first ```console block begins with `{line}`, not with a command")
            })?;
            above.prints.push((*line).to_owned());
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(readme: &str, expected: Result<(&str, &[&str]), &str>) {
        let actual = first_command(readme);
        let expected = expected
            .map_err(str::to_owned)
            .map(|(command, prints)| Shown {
                command: command.to_owned(),
                prints: prints.iter().map(|&line| line.to_owned()).collect(),
            });
        assert_eq!(actual, expected, "{readme}");
    }

    #[test]
    fn the_commands_and_what_the_first_one_prints_are_found() {
        check(
            "# Name\n\n```console\n$ echo hello\nhello\n\n$ cargo test --workspace\n```\n",
            Ok(("echo hello", &["hello", ""])),
        );
        check(
            "```console\n$ true\n$ cargo test --workspace\ntest result: ok\n```\n",
            Ok(("true", &[])),
        );
    }

    #[test]
    fn white_space_at_the_end_of_a_line_does_not_matter() {
        check(
            "```console\r\n$ echo hello \r\nhello\r\n$ cargo test --workspace\r\n```\r\n",
            Ok(("echo hello", &["hello"])),
        );
    }

    #[test]
    fn a_backslash_carries_a_command_into_the_next_line() {
        check(
            "```console\n$ echo \\\n    hello\nhello\n$ cargo test --workspace\n```\n",
            Ok(("echo \\\n    hello", &["hello"])),
        );
    }

    #[test]
    fn only_the_first_console_block_counts() {
        check(
            "```sh\n$ false\n```\n```console\n$ true\n$ cargo test --workspace\n```\n\
             ```console\n$ false\n```\n",
            Ok(("true", &[])),
        );
    }

    #[test]
    fn a_missing_or_endless_block_is_refused() {
        check("# Name\n", Err("there is no ```console block"));
        check("```sh\n$ true\n```\n", Err("there is no ```console block"));
        check(
            "```console\n$ true\n",
            Err("the first ```console block has no end"),
        );
    }

    #[test]
    fn any_number_of_commands_but_two_is_refused() {
        let refused = "the first ```console block has 1 lines that begin with `$ `, not two";
        check("```console\n$ true\n```\n", Err(refused));
        let refused = "the first ```console block has 3 lines that begin with `$ `, not two";
        check(
            "```console\n$ a\n$ b\n$ cargo test --workspace\n```\n",
            Err(refused),
        );
        let refused = "the first ```console block has 0 lines that begin with `$ `, not two";
        check("```console\n```\n", Err(refused));
    }

    #[test]
    fn a_second_command_that_does_not_run_the_tests_is_refused() {
        check(
            "```console\n$ true\n$ cargo test\n```\n",
            Err("the second command is `cargo test`, not `cargo test --workspace`"),
        );
    }

    #[test]
    fn output_without_a_command_is_refused() {
        check(
            "```console\nhello\n$ true\n$ cargo test --workspace\n```\n",
            Err("the first ```console block begins with `hello`, not with a command"),
        );
    }

    #[test]
    fn a_command_that_the_block_breaks_off_is_refused() {
        check(
            "```console\n$ echo \\\n```\n",
            Err("a command ends with a backslash"),
        );
    }
}
