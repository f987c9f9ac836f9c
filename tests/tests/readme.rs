//! The README is true: its code compiles and runs, its commands print what it says.

use std::{
    error::Error as StdError,
    fs,
    os::unix::process::CommandExt,
    path::Path,
    process::{Command, Stdio},
};

use access_groups::{
    memory::{SiteBuilder, State},
    prelude::*,
    testing,
};
use access_groups_tests::server::TestServer;
use tokio::runtime::Runtime;

/// The three columns of the README, run for real. They differ from it in where the settings
/// come from: the README's `from_env` reads variables that a test must not set.
mod columns {
    use super::*;

    pub(super) fn blocking(server: &TestServer) -> Result<usize, Box<dyn StdError>> {
        let (user, group): (AcsUserId, AccessGroupId) = (USER.parse()?, GROUP.parse()?);
        let port = server.blocking_client(KEY);
        port.add_user(user, group)?;
        let members = port.users_in_group(group)?;
        port.remove_user(user, group)?;
        Ok(members.len())
    }

    pub(super) async fn asynchronous(server: &TestServer) -> Result<usize, Box<dyn StdError>> {
        let (user, group): (AcsUserId, AccessGroupId) = (USER.parse()?, GROUP.parse()?);
        let port = server.client(KEY);
        port.add_user(user, group).await?;
        let members = port.users_in_group(group).await?;
        port.remove_user(user, group).await?;
        Ok(members.len())
    }

    pub(super) async fn in_memory(site: String) -> Result<usize, Box<dyn StdError>> {
        let (user, group): (AcsUserId, AccessGroupId) = (USER.parse()?, GROUP.parse()?);
        let port = InMemory::new(State::from_site_json(&site)?);
        port.add_user(user, group).await?;
        let members = port.users_in_group(group).await?;
        port.remove_user(user, group).await?;
        Ok(members.len())
    }
}

#[test]
fn the_three_columns_do_the_same() -> Result<(), Box<dyn StdError>> {
    let site = site()?;
    let store = InMemory::new(State::from_site_json(&site)?);
    let group: AccessGroupId = GROUP.parse()?;
    let before = store.read(|state| state.members_of(group).count());
    let server = TestServer::over(KEY, store.clone());
    let runtime = Runtime::new()?;
    assert_eq!(columns::blocking(&server)?, before + 1);
    assert_eq!(
        runtime.block_on(columns::asynchronous(&server))?,
        before + 1
    );
    assert_eq!(runtime.block_on(columns::in_memory(site))?, before + 1);
    assert_eq!(store.read(|state| state.members_of(group).count()), before);
    Ok(())
}

#[test]
fn a_fault_comes_before_the_store() -> Result<(), Error> {
    let mut site = SiteBuilder::new();
    let (ada, gym) = (site.user("Ada"), site.group("Gym"));
    let store = site.build_blocking();

    let mut port = testing::MockBlockingAccessGroupPort::new();
    testing::expect(&mut port, AddUser::new(ada, gym))
        .times(1)
        .returns(Err(Error::unavailable("the service is unavailable")));
    testing::delegate(&mut port, store.clone());

    assert!(port.add_user(ada, gym).is_err());
    port.add_user(ada, gym)?;
    assert_eq!(store.users_in_group(gym)?.len(), 1);
    Ok(())
}

#[test]
fn the_code_of_the_readme_runs_here() {
    let readme = readme();
    let shown: Vec<_> = blocks(&readme, "rust").collect();
    assert_eq!(shown.len(), 4, "three columns and a test");
    let lines = shown.iter().flat_map(|block| block.lines());
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with("use ")) {
        let is_known = line.contains("::from_env()?;") || include_str!("readme.rs").contains(line);
        assert!(is_known, "{line}");
    }
}

#[test]
fn the_site_holds_the_named_ids() -> Result<(), Box<dyn StdError>> {
    let state = State::from_site_json(&site()?)?;
    let (user, group): (AcsUserId, AccessGroupId) = (USER.parse()?, GROUP.parse()?);
    assert!(
        !state.is_member(user, group),
        "adding them must change something"
    );
    assert_eq!(
        state.acs_user(user)?.acs_system_id,
        state.access_group(group)?.acs_system_id
    );
    assert!(state.access_groups(&AccessGroupFilter::new()).count() >= 8);
    Ok(())
}

/// The first console block is left to CI: its second command runs this test.
#[test]
fn the_commands_print_as_written() -> Result<(), Box<dyn StdError>> {
    let readme = readme();
    let blocks: Vec<_> = blocks(&readme, "console").skip(1).collect();
    assert_eq!(blocks.len(), 2);
    for block in blocks {
        let folder = tempfile::tempdir()?;
        copy_folder(&root().join("examples"), &folder.path().join("examples"))?;
        assert_eq!(run(block, folder.path())?, outputs(block), "{block}");
    }
    Ok(())
}

/// What each command of a block prints, command by command.
fn outputs(block: &str) -> Vec<String> {
    let mut outputs = Vec::new();
    for line in block.lines() {
        match (line.strip_prefix("$ "), outputs.last_mut()) {
            (Some(_), _) => outputs.push(String::new()),
            (None, Some(output)) => *output += &format!("{}\n", line.trim_end()),
            (None, None) => panic!("output before the first command: {line}"),
        }
    }
    outputs
}

/// Runs the commands of a block in one shell in `folder`, and returns what each printed.
///
/// A command in the background is the server: it gets a free port instead of the printed one, and
/// the next command waits for its first line.
fn run(block: &str, folder: &Path) -> Result<Vec<String>, Box<dyn StdError>> {
    let mut script = String::from(PRELUDE);
    for command in block.lines().filter_map(|line| line.strip_prefix("$ ")) {
        script += &match command.strip_suffix(" &") {
            Some(server) => format!(
                "printf '{MARK}'\nmkfifo ready\n{} >ready 2>server.log &\nread -r line <ready\n\
                 PORT=${{line##*:}}\necho \"${{line%:*}}:3030\"\n",
                server.replace(":3030", ":0"),
            ),
            None => format!("printf '{MARK}'\n{}\n", command.replace(":3030", ":$PORT")),
        };
    }
    let shell = Command::new("bash")
        .args(["-c", &script])
        .current_dir(folder)
        .env("ROOT", root())
        .env("CARGO", env!("CARGO"))
        .env_remove("ACCESS_GROUPS_STORE")
        .env_remove("ACCESS_GROUPS_API_KEY")
        .env_remove("SEAM_API_KEY")
        .stdout(Stdio::piped())
        .process_group(0)
        .spawn()?;
    let group = format!("-{}", shell.id());
    let output = shell.wait_with_output();
    // The server, if the block left one running; without one, there is nothing to stop.
    Command::new("kill")
        .args(["-TERM", "--", &group])
        .stderr(Stdio::null())
        .status()?;
    let output = output?;
    assert!(output.status.success(), "{script}");
    let printed = String::from_utf8(output.stdout)?;
    let printed = printed.split(MARK).skip(1);
    Ok(printed
        .map(|text| {
            text.lines()
                .map(|line| format!("{}\n", line.trim_end()))
                .collect()
        })
        .collect())
}

/// `cargo` as the README writes it, from a folder that is not the repository.
const PRELUDE: &str = "set -euo pipefail\n\
    cargo() { local verb=$1; shift; \"$CARGO\" \"$verb\" --manifest-path \"$ROOT/Cargo.toml\" \"$@\"; }\n";

/// Before what each command prints: nothing prints this.
const MARK: &str = "@@@";

/// The contents of the fenced blocks in that language.
fn blocks<'a>(text: &'a str, language: &str) -> impl Iterator<Item = &'a str> {
    let fence = format!("```{language}\n");
    let mut rest = text;
    std::iter::from_fn(move || {
        let (_, after) = rest.split_once(fence.as_str())?;
        let (block, after) = after.split_once("```\n").expect("a block ends");
        rest = after;
        Some(block)
    })
}

fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn readme() -> String {
    fs::read_to_string(root().join("README.md")).expect("the README")
}

fn site() -> std::io::Result<String> {
    fs::read_to_string(root().join("examples/maple-court/site.json"))
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

const USER: &str = "a111d9c1-88b5-4931-9e44-ad1f5b5386ad";
const GROUP: &str = "6002a9aa-3e5e-48fd-b57e-0315341bf1cd";
const KEY: &str = "seam_test_readme";
