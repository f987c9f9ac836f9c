//! What `serve` does when it cannot save, or when others write its file.

use crate::{
    harness::{ADA, GRACE, GYM, KEY, POOL, Running, Site, binary, end, run, serve_store},
    serving::set_read_only,
};

/// Serves a site that refuses changes once saving has failed for a second.
fn serve_impatiently(site: &Site) -> (Running, String) {
    let store = site.file();
    let mut command = binary(&["--store", &store, "serve", "--listen", "127.0.0.1:0"]);
    command.args(["--save-patience", "1"]);
    command.env("ACCESS_GROUPS_API_KEY", KEY);
    let mut server = Running::start(command);
    let line = server.line();
    let address = line.trim_end().strip_prefix("listening on ");
    (server, address.expect("an address").to_owned())
}

#[test]
fn changes_are_refused_while_saving_fails() {
    let site = Site::new();
    let (mut server, address) = serve_impatiently(&site);
    set_read_only(&site, true);
    run(&address, &["add", "--user", ADA, "--group", POOL]).well();
    server.await_note(&format!(
        "error: {} cannot be saved: from now on its changes are refused with 503; 1 change \
         that was accepted",
        site.path().display()
    ));
    // The client repeats it, and tells the last answer.
    run(&address, &["remove", "--user", ADA, "--group", GYM])
        .badly(69)
        .saying("changes cannot be saved at present")
        .saying("reads are answered");
    let members = run(&address, &["members", POOL]).well();
    assert!(members.stdout.contains("Ada Lovelace"), "it was accepted");
    let members = run(&address, &["members", GYM]).well();
    assert!(members.stdout.contains("Ada Lovelace"), "it was not made");
    set_read_only(&site, false);
    server.await_note("saved again: 1 change that");
    site.await_member(ADA, POOL);
    run(&address, &["remove", "--user", ADA, "--group", GYM]).well();
    server.signal("TERM");
    assert_eq!(server.end().code, Some(0));
}

#[test]
fn a_store_in_memory_is_never_called_saved() {
    let site = Site::new();
    let before = site.text();
    let (server, address) = serve_store(&site.memory());
    set_read_only(&site, true);
    run(&address, &["add", "--user", ADA, "--group", POOL]).well();
    server.signal("TERM");
    let ended = server.end().saying("forgets all changes");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(!ended.stderr.contains("saved"), "{ended:?}");
    assert_eq!(site.text(), before);
}

#[test]
fn what_others_do_to_the_file_is_told() {
    let site = Site::new();
    let (mut server, address) = serve_store(&site.file());
    std::fs::remove_file(site.path()).expect("there");
    run(&address, &["add", "--user", ADA, "--group", POOL]).well();
    let path = site.path().display().to_string();
    server.await_note(&format!("warning: {path} was deleted meanwhile"));
    site.write("somebody's notes\n");
    run(&address, &["add", "--user", GRACE, "--group", POOL]).well();
    server.await_note(&format!("warning: {path} was changed by another program"));
    server.signal("TERM");
    assert_eq!(server.end().code, Some(0));
    site.await_member(GRACE, POOL);
}

#[test]
fn the_last_save_after_failures_is_told() {
    let site = Site::new();
    let (mut server, address) = serve_store(&site.file());
    set_read_only(&site, true);
    run(&address, &["add", "--user", ADA, "--group", POOL]).well();
    server.await_note("  1 change that was accepted is not saved");
    set_read_only(&site, false);
    server.signal("TERM");
    // By the last save, if no other came before it.
    let ended = server.end().saying("1 change that was accepted meanwhile");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    site.await_member(ADA, POOL);
}

#[test]
fn patience_is_a_number_of_seconds() {
    let site = Site::new();
    for wrong in ["0", "-1", "soon", "3601", ""] {
        let patience = format!("--save-patience={wrong}");
        end(binary(&["--store", &site.memory(), "serve", &patience]))
            .badly(64)
            .saying("from 1 to 3600");
    }
}
