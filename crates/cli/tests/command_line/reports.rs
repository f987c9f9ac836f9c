//! `plan --html`. What the page looks like, and does, `cargo xtask browser` tests.

use std::fs;

use crate::harness::{Site, run};

const ROSTER: &str = "user,group,mode,until,note\n\
    a0000000-0000-4000-8000-000000000002,Gym,authoritative,2099-01-01,<b>late</b>\n\
    ADA@example.com,Pool,,,\n";

#[test]
fn report_says_what_the_plan_does_and_comes_from() {
    let site = Site::new();
    let roster = site.with_file("roster.csv", ROSTER);
    let page = site.path().with_file_name("plan.html");
    let (path, store) = (page.display().to_string(), site.memory());
    let shown = run(&store, &["plan", &roster, "--html", &path]).well();
    let (_, hash) = shown.stdout.split_once("hash ").expect("a hash");
    let html = fs::read_to_string(&page).expect("a page");
    let expected = [
        "<h1>1 person gets access and 1 moves</h1>",
        "Moved away to",
        "&lt;b&gt;late&lt;/b&gt;",
        "2099-01-01",
        &hash[..12],
        &roster,
        "<span>apply</span>",
        "No guard stops it.",
    ];
    for text in expected {
        assert!(html.contains(text), "{text}: {html}");
    }

    // With a saved plan, that is what is applied.
    let saved = page.with_extension("json").display().to_string();
    run(&store, &["plan", &roster, "--html", &path, "-o", &saved]).well();
    let html = fs::read_to_string(&page).expect("a page");
    assert!(html.contains(&format!("<span>{saved}</span>")), "{html}");

    // Nothing tells when a plan for another time will be right.
    run(
        &store,
        &["plan", &roster, "--html", &path, "--at", "2098-01-01"],
    )
    .well();
    let html = fs::read_to_string(&page).expect("a page");
    assert!(html.contains("for another time"), "{html}");
    assert!(!html.contains("<span>apply</span>"), "{html}");
}

#[test]
fn report_replaces_no_other_file() {
    let site = Site::new();
    let roster = site.with_file("roster.csv", ROSTER);
    let folder = site.path().with_file_name("").display().to_string();
    for (path, why) in [
        (roster.as_str(), "it exists and is not an HTML page"),
        (folder.as_str(), "it is a folder"),
    ] {
        let line = ["plan", &roster, "--html", path];
        run(&site.memory(), &line).badly(1).saying(why);
    }
    #[cfg(unix)]
    run(&site.memory(), &["plan", &roster, "--html", "/dev/null"])
        .badly(1)
        .saying("it is not a regular file");
    assert_eq!(fs::read_to_string(&roster).expect("a roster"), ROSTER);
}
