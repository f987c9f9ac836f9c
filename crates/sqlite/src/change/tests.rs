use access_groups_core::{
    Call, CreateAcsSystem, ErrorKind, NewAcsSystem, Timestamp, Workspace, WorkspaceId,
};
use rusqlite::Connection;

use super::*;
use crate::{
    OpenOptions,
    connection::{self, Source},
    session::Session,
    workspaces,
};

const WORKSPACE: WorkspaceId = WorkspaceId::from_u128(1);

fn with_file(check: impl FnOnce(&Connection)) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("site.db");
    let options = OpenOptions::new();
    check(&connection::writer(&Source { path, options }).expect("opened"));
}

fn origin(nonce: u64) -> Origin {
    Origin {
        nonce,
        now: Timestamp::UNIX_EPOCH,
        actor: None,
        request_id: None,
    }
}

fn create_workspace(session: &Session<'_>) {
    let workspace = Workspace::new(WORKSPACE, "Lab");
    assert!(workspaces::create(session, &workspace).expect("created"));
}

fn create_system() -> Operation {
    CreateAcsSystem::new(NewAcsSystem::new("Main".parse().expect("a name"))).into()
}

#[test]
fn a_retry_makes_the_same_ids() {
    with_file(|connection| {
        let session = Session::new(connection);
        create_workspace(&session);
        let create = |nonce| {
            session.control("BEGIN").expect("begun");
            let scope = session.scope(WORKSPACE);
            let created = carry_out(scope, &create_system(), &origin(nonce));
            session.control("ROLLBACK").expect("ended");
            CreateAcsSystem::reply(created.expect("created"))
                .expect("a system")
                .acs_system_id
        };
        assert_eq!(create(7), create(7));
        assert_ne!(create(7), create(8));
    });
}

#[test]
fn what_cannot_be_written_goes_with_the_transaction() {
    with_file(|connection| {
        let session = Session::new(connection);
        let scope = session.scope(WORKSPACE);
        // The workspace does not exist, which no operation looks at.
        let fault = decide_and_write(scope, create_system(), &origin(7));
        let fault = fault.expect_err("no workspace");
        assert!(!fault.is_of_call(), "{fault:?}");
        // Then somebody does.
        let fault = carry_out(scope, &create_system(), &origin(7));
        let error = fault.expect_err("no workspace").into_error();
        assert_eq!(error.kind(), ErrorKind::NotFound);
    });
}
