//! What the page says, without a browser.

mod gathered;

use access_groups_core::AcsUserId;

use super::*;

fn person(name: &str) -> Person {
    Person {
        user: AcsUserId::from_u128(1).into(),
        name: name.to_owned(),
        contact: "ada@example.com".to_owned(),
        row: Some(7),
        note: String::new(),
        remains: None,
    }
}

fn group(lists: Vec<List>) -> Group {
    Group {
        place: 0,
        name: "Gym".to_owned(),
        system: "Maple Court East".to_owned(),
        mode: Mode::Authoritative,
        members: 12,
        members_after: 12,
        doors: vec!["Gym door".to_owned()],
        when: "always".to_owned(),
        stop: None,
        lists,
    }
}

fn report(groups: Vec<Group>) -> Report {
    Report {
        origin: Origin {
            store: "file:site.json".to_owned(),
            workspace: None,
            roster: "roster.csv".to_owned(),
            roster_hash: "ab".repeat(32),
            made: "2026-04-03 08:00 UTC".to_owned(),
            is_for_now: true,
            next_begin: None,
            next_end: Some("2026-05-01 00:00 UTC".to_owned()),
            hash: "0123456789ab".to_owned(),
            command: Some("access-groups apply plan.json".to_owned()),
        },
        groups,
        unchanged: Vec::new(),
    }
}

fn with(kind: Kind, names: &[&str]) -> Report {
    let people = names.iter().map(|name| person(name)).collect();
    report(vec![group(vec![List { kind, people }])])
}

#[test]
fn names_are_text_and_not_markup() {
    let html = with(
        Kind::Added,
        &["<img src=x onerror=alert(1)>", "</script><b>"],
    )
    .to_html();
    assert!(!html.contains("<img"), "{html}");
    assert!(
        html.contains("&lt;img src=x onerror=alert(1)&gt;"),
        "{html}"
    );
    assert!(html.contains("&lt;/script&gt;&lt;b&gt;"), "{html}");
    assert_eq!(html.matches("</script>").count(), 1);
}

#[test]
fn policy_names_the_style_and_the_script() {
    use base64::prelude::{BASE64_STANDARD, Engine as _};
    use sha2::{Digest, Sha256};

    let html = with(Kind::Added, &["Ada"]).to_html();
    assert!(html.contains("default-src 'none'"), "{html}");
    for name in ["style", "script"] {
        let (_, rest) = html.split_once(&format!("<{name}>")).expect(name);
        let (text, _) = rest.split_once(&format!("</{name}>")).expect(name);
        let hash = BASE64_STANDARD.encode(Sha256::digest(text));
        let source = format!("{name}-src 'sha256-{hash}'");
        assert!(html.contains(&source), "{source}");
    }
    for elsewhere in ["http:", "https:", "url(", "@import", " style=", " src="] {
        assert!(!html.contains(elsewhere), "{elsewhere}");
    }
}

#[test]
fn guard_comes_first_and_is_named_in_the_command() {
    let mut stopped = with(Kind::Removed, &["Ada"]);
    stopped.groups[0].stop = Some("14 of 40 would be removed".to_owned());
    let html = stopped.to_html();
    let guard = html
        .find("Stopped by a guard in 1 group")
        .expect("the guard");
    assert!(guard < html.find("<dl class=\"counts\">").expect("the counts"));
    let words = [
        "access-groups",
        "apply",
        "plan.json",
        "--confirm",
        "0123456789ab",
    ];
    let command = words.map(|word| format!("<span>{word}</span>")).join(" ");
    assert!(html.contains(&command), "{html}");
    let html = with(Kind::Removed, &["Ada"]).to_html();
    // The roster may be another one by then.
    assert!(html.contains(&command), "{html}");
    assert!(html.contains("No guard stops it."));
}

#[test]
fn many_stopped_groups_are_folded() {
    let stopped = |place| {
        let mut group = group(Vec::new());
        group.place = place;
        group.stop = Some("All would leave".to_owned());
        group
    };
    let folded = |count| report((0..count).map(stopped).collect()).to_html();
    assert!(!folded(8).contains("more group"));
    assert!(folded(9).contains("and 1 more group<"));
    assert!(folded(200).contains("and 192 more groups<"));
}

#[test]
fn person_of_two_groups_is_one() {
    let added = || {
        group(vec![List {
            kind: Kind::Added,
            people: vec![person("Ada")],
        }])
    };
    let html = report(vec![added(), added()]).to_html();
    assert!(html.contains("<h1>1 person gets access</h1>"), "{html}");
    assert!(html.contains("2 additions in 2 groups"), "{html}");
}

#[test]
fn move_counts_once() {
    let from = |place: usize| Move {
        place,
        other: "Pool".to_owned(),
        opened: vec!["Pool door".to_owned()],
        closed: vec!["Gym door".to_owned()],
        kept: vec!["Lobby".to_owned()],
        hours: None,
    };
    let list = |kind| List {
        kind,
        people: vec![person("Ada")],
    };
    let gym = group(vec![list(Kind::MovedOut(from(1)))]);
    let pool = group(vec![list(Kind::MovedIn(from(0)))]);
    let html = report(vec![gym, pool]).to_html();
    assert!(html.contains("<h1>1 person moves</h1>"), "{html}");
    for text in [
        "Moved away to",
        "Moved here from",
        "Opens",
        "Closes",
        "Keeps",
    ] {
        assert!(html.contains(text), "{text}");
    }
}

#[test]
fn nothing_to_apply_is_said() {
    let html = report(Vec::new()).to_html();
    assert!(html.contains("<h1>Nothing changes</h1>"));
    assert!(html.contains("There is nothing to apply."));
    assert!(!html.contains("<script>"));
    let html = with(Kind::AdditionPending, &["Ada"]).to_html();
    assert!(html.contains("<h1>Nothing changes</h1>"));
    assert!(html.contains("Addition pending"));
}

#[test]
fn plan_for_another_time_has_no_command() {
    let mut later = with(Kind::Added, &["Ada"]);
    later.origin.command = None;
    later.origin.is_for_now = false;
    let html = later.to_html();
    assert!(html.contains("for another time"), "{html}");
    assert!(!html.contains("access-groups apply"), "{html}");
}

#[test]
fn page_says_where_it_comes_from() {
    let html = with(Kind::Added, &["Ada"]).to_html();
    let version = concat!("access-groups ", env!("CARGO_PKG_VERSION"));
    let roster_hash = "ab".repeat(32);
    for text in [
        "file:site.json",
        "roster.csv",
        &roster_hash,
        "0123456789ab",
        version,
    ] {
        assert!(html.contains(text), "{text}");
    }
}

#[test]
fn thousands_are_apart() {
    for (number, expected) in [
        (0, "0"),
        (999, "999"),
        (1000, "1 000"),
        (1_234_567, "1 234 567"),
    ] {
        assert_eq!(page::number(number).replace('\u{202f}', " "), expected);
    }
}

#[test]
fn long_report_is_folded() {
    let is_open = |html: &str| html.contains("<details id=\"g0\" open");
    assert!(is_open(&with(Kind::Added, &["Ada"; 500]).to_html()));
    assert!(!is_open(&with(Kind::Added, &["Ada"; 501]).to_html()));
}
