//! The README is true: its code compiles and runs, its commands print what it says.

use std::{error::Error as StdError, fs, path::Path};

use access_groups::{
    memory::{SiteBuilder, State},
    prelude::*,
    testing,
};
use access_groups_tests::{
    console::{self, Console},
    server::TestServer,
};
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
    let shown: Vec<_> = console::blocks(&readme, "rust").collect();
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

#[test]
fn sessions_of_the_readme_run_as_written() -> Result<(), Box<dyn StdError>> {
    check_sessions("README.md", "examples", 4)
}

#[test]
fn sessions_of_the_command_line_run_as_written() -> Result<(), Box<dyn StdError>> {
    check_sessions("crates/cli/README.md", "examples/maple-court", 14)
}

#[test]
fn session_that_tells_something_else_fails() -> Result<(), Box<dyn StdError>> {
    let folder = tempfile::tempdir()?;
    let check = |session: &str| console().check(session, folder.path());
    check("$ export A=1\n$ echo $A\n1\n$ (exit 3)\n$ echo $?\n3\n")?;
    for wrong in [
        "$ echo 1\n2\n",
        "$ echo 1\n",
        "$ true\n1\n",
        "$ (exit 3)\n",
        "$ (exit 3)\n$ echo $?\n0\n",
        "$ no-such-program\n",
    ] {
        assert!(check(wrong).is_err(), "{wrong}");
    }
    Ok(())
}

/// Runs the sessions of a file in order in one copy of a folder, as a reader does: new files stay, and those of
/// the folder are as they were at the start of each.
fn check_sessions(file: &str, folder: &str, count: usize) -> Result<(), Box<dyn StdError>> {
    let text = fs::read_to_string(root().join(file))?;
    let sessions: Vec<_> = console::blocks(&text, "console").collect();
    assert_eq!(sessions.len(), count, "{file}");
    let copy = tempfile::tempdir()?;
    // In README.md, paths begin at the root; in others, at the folder itself.
    let inside = match folder {
        "examples" => copy.path().join(folder),
        _ => copy.path().to_owned(),
    };
    for session in sessions {
        copy_folder(&root().join(folder), &inside)?;
        console()
            .check(session, copy.path())
            .map_err(|wrong| format!("{file}, the session\n{session}\n{wrong}"))?;
    }
    Ok(())
}

fn console() -> Console {
    Console {
        root: root().to_owned(),
        cargo: env!("CARGO").into(),
        // It would run this test.
        left_out: Some("cargo test --workspace"),
    }
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
