//! The page and its head: what is decided before anybody reads a name.

use std::fmt::Display;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::{Group, Origin, Report, Total, Totals, group};

/// The whole document.
pub(super) fn page(report: &Report) -> Markup {
    let Report {
        origin,
        groups,
        unchanged,
    } = report;
    let lines: usize = groups.iter().map(Group::lines).sum();
    // Long reports start as a table of contents: whoever opens it sees all groups first.
    let is_open = groups.len() <= OPEN_GROUPS && lines <= OPEN_LINES;
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                meta name="robots" content="noindex";
                title { "Access plan " (origin.hash) " for " (origin.roster) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                (header(report))
                @if lines > 0 { (tools()) }
                main {
                    @for group in groups { (group::section(group, is_open)) }
                    p #none hidden { "Nothing matches the search and the filters." }
                    (rest(unchanged))
                }
                (footer())
                @if lines > 0 { script { (PreEscaped(SCRIPT)) } }
            }
        }
    }
}

/// Nothing may be loaded, sent or run, but for the page's own style and script.
fn policy() -> String {
    let hash = |text: &str| BASE64_STANDARD.encode(Sha256::digest(text));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; \
         form-action 'none'",
        hash(STYLE),
        hash(SCRIPT)
    )
}

fn header(report: &Report) -> Markup {
    let origin = &report.origin;
    let totals = report.totals();
    let is_stopped = report.groups.iter().any(|group| group.stop.is_some());
    html! {
        header {
            p.kind { "Access plan" }
            h1 { (headline(&totals)) }
            @if is_stopped { (stopped(&report.groups)) }
            (counts(&totals))
            (command(origin, &totals, is_stopped))
            (facts(origin))
            p.limits {
                "Doors and hours are those of each group, as the store showed them. Not looked at: groups \
                 that the roster does not name, doors that are granted to somebody directly, and whether \
                 somebody is suspended."
            }
        }
    }
}

/// The plan in one sentence.
fn headline(totals: &Totals) -> String {
    let counts = [
        (&totals.added, "get access", "gets access"),
        (&totals.removed, "lose access", "loses access"),
        (&totals.moved, "move", "moves"),
    ];
    let parts: Vec<_> = counts
        .iter()
        .filter(|(total, ..)| total.lines > 0)
        .enumerate()
        .map(|(place, (total, many, one))| {
            let people = total.people.len();
            let verb = if people == 1 { one } else { many };
            match place {
                0 => format!("{} {verb}", counted(people, "person", "people")),
                _ => format!("{} {verb}", number(people)),
            }
        })
        .collect();
    match parts.as_slice() {
        [] => "Nothing changes".to_owned(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn stopped(groups: &[Group]) -> Markup {
    let stopped = groups.iter().filter(|group| group.stop.is_some());
    let stopped: Vec<_> = stopped.collect();
    let (first, rest) = stopped.split_at(stopped.len().min(LISTED_STOPS));
    html! {
        section.stop aria-labelledby="stop" {
            h2 #stop {
                "Stopped by a guard in " (counted(stopped.len(), "group", "groups"))
            }
            p { "Nothing is applied until somebody confirms exactly this plan. Is the roster complete?" }
            ul { @for group in first { (stop(group)) } }
            @if !rest.is_empty() {
                details {
                    summary { "and " (counted(rest.len(), "more group", "more groups")) }
                    ul { @for group in rest { (stop(group)) } }
                }
            }
        }
    }
}

fn stop(group: &Group) -> Markup {
    html! {
        li {
            a href={ "#g" (group.place) } { bdi { (group.name) } } ":"
            @if let Some(stop) = &group.stop { " " (stop) "." }
        }
    }
}

fn counts(totals: &Totals) -> Markup {
    let times = |total: &Total, one: &str, many: &str| {
        let (lines, groups) = (total.lines, total.groups);
        let groups = counted(groups, "group", "groups");
        format!("{} in {groups}", counted(lines, one, many))
    };
    html! {
        dl.counts {
            (count("add", "+", "Get access", &totals.added, &times(&totals.added, "addition", "additions")))
            (count("remove", "−", "Lose access", &totals.removed, &times(&totals.removed, "removal", "removals")))
            (count("move", "~", "Move", &totals.moved, "listed in both of their groups"))
            (count("pending", "!", "Pending", &totals.pending, "asked for before, not in effect yet"))
        }
    }
}

fn count(kind: &str, sign: &str, label: &str, total: &Total, about: &str) -> Markup {
    html! {
        div data-kind=(kind) data-empty[total.lines == 0] {
            dt { i { (sign) } " " (label) }
            dd { b { (number(total.people.len())) } span { @if total.lines > 0 { (about) } @else { "nobody" } } }
        }
    }
}

fn command(origin: &Origin, totals: &Totals, is_stopped: bool) -> Markup {
    if [&totals.added, &totals.removed, &totals.moved]
        .iter()
        .all(|total| total.lines == 0)
    {
        return html! { p.command { "There is nothing to apply." } };
    }
    let Some(command) = &origin.command else {
        return html! {
            p.command { "The plan is for another time and was not saved: make it again when that has come." }
        };
    };
    // The roster may be another one by then.
    let command = format!("{command} --confirm {}", origin.hash);
    html! {
        section.command aria-labelledby="apply" {
            h2 #apply { "To apply exactly this plan" }
            pre tabindex="0" { code { (words(&command)) } }
            p {
                @if is_stopped {
                    "“--confirm” with the plan’s hash lets this plan pass the guards, and no other."
                } @else {
                    "No guard stops it. “--confirm” lets this plan pass, and no other."
                }
            }
        }
    }
}

/// Each word apart, so that no line ends in the middle of an option.
fn words(command: &str) -> Markup {
    html! {
        @for (place, word) in command.split(' ').enumerate() {
            @if place > 0 { " " }
            span { (word) }
        }
    }
}

fn facts(origin: &Origin) -> Markup {
    html! {
        dl.facts {
            (fact("Plan", &origin.hash, true))
            (fact(if origin.is_for_now { "Made" } else { "For" }, &origin.made, false))
            (fact("Store", &origin.store, false))
            @if let Some(workspace) = &origin.workspace { (fact("Workspace", workspace, false)) }
            (fact("Roster", &origin.roster, false))
            (fact("Made by", concat!("access-groups ", env!("CARGO_PKG_VERSION")), false))
            (fact("Rows begin next", origin.next_begin.as_deref().unwrap_or("no row begins later"), false))
            (fact("Rows end next", origin.next_end.as_deref().unwrap_or("no row ends later"), false))
            (fact("SHA-256 of the roster", &origin.roster_hash, true))
        }
    }
}

fn fact(label: &str, value: &str, is_code: bool) -> Markup {
    html! {
        div {
            dt { (label) }
            dd { @if is_code { code { (value) } } @else { bdi { (value) } } }
        }
    }
}

/// Search and filters; the script shows them.
fn tools() -> Markup {
    let filter = |kind: &str, sign: &str, label: &str| {
        html! {
            button type="button" aria-pressed="false" data-filter=(kind) {
                i aria-hidden="true" { (sign) } " " (label)
            }
        }
    };
    html! {
        search #tools hidden {
            label for="query" { "Search" }
            input #query type="search" autocomplete="off" spellcheck="false"
                placeholder="Name, address, group or door" aria-keyshortcuts="/" aria-controls="hits";
            div role="group" aria-label="Show only" {
                (filter("add", "+", "Additions"))
                (filter("remove", "−", "Removals"))
                (filter("move", "~", "Moves"))
                (filter("pending", "!", "Pending"))
                (filter("stop", "✕", "Stopped groups"))
            }
            p {
                output #hits for="query" {}
                button #fold type="button" { "Open all groups" }
            }
        }
    }
}

/// The groups of the roster that stay as they are.
fn rest(unchanged: &[String]) -> Markup {
    html! {
        @if !unchanged.is_empty() {
            section.rest aria-labelledby="rest" {
                h2 #rest { "No changes in " (counted(unchanged.len(), "group", "groups")) }
                p {
                    @for (place, name) in unchanged.iter().enumerate() {
                        @if place > 0 { ", " }
                        bdi { (name) }
                    }
                }
            }
        }
    }
}

fn footer() -> Markup {
    html! {
        footer {
            p {
                "This page names people: keep it as you keep the roster. It loads nothing and sends \
                 nothing."
            }
        }
    }
}

/// With spaces between thousands, which every reader takes for the same number.
pub(super) fn number(number: usize) -> String {
    let digits = number.to_string();
    let mut spaced = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            spaced.push('\u{202f}');
        }
        spaced.push(digit);
    }
    spaced
}

/// "1 group", "2 groups".
pub(super) fn counted(count: usize, one: impl Display, many: impl Display) -> String {
    match count {
        1 => format!("1 {one}"),
        _ => format!("{} {many}", number(count)),
    }
}

/// So many groups, with so many lines, are open when the page is.
const OPEN_GROUPS: usize = 12;
const OPEN_LINES: usize = 500;

/// So many stopped groups are listed at the top; the others unfold.
const LISTED_STOPS: usize = 8;

const STYLE: &str = include_str!("style.css");

const SCRIPT: &str = include_str!("script.js");
