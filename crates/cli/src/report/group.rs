//! One group of the report: what it opens, and who joins or leaves it.

use access_groups_roster::Mode;
use maud::{Markup, html};

use super::{Group, Kind, List, Move, Person, page::number};

/// The group, which a reader can fold up.
pub(super) fn section(group: &Group, is_open: bool) -> Markup {
    let mode = match group.mode {
        Mode::Additive => "only adds",
        // A mode that a later version of the library knows removes until this page knows better.
        _ => "removes who is not listed",
    };
    html! {
        details id={ "g" (group.place) } open[is_open] data-stop[group.stop.is_some()] {
            summary {
                h2 { bdi { (group.name) } }
                span.where {
                    bdi { (group.system) } " · " (mode)
                    @if group.stop.is_some() { " · " strong { "✕ stopped by a guard" } }
                }
                (tally(group))
                span.members {
                    (number(group.members))
                    @if group.members != group.members_after { " → " b { (number(group.members_after)) } }
                    " " (if group.members_after == 1 { "member" } else { "members" })
                }
            }
            @if let Some(stop) = &group.stop { p.stop { strong { "✕ Stopped: " } (stop) "." } }
            dl.opens {
                div { dt { "Doors" } dd { @if group.doors.is_empty() { "none" } @else { (doors(&group.doors)) } } }
                div { dt { "Hours" } dd { (group.when) } }
            }
            @for list in &group.lists { (changes(list, group)) }
            @if group.lists.is_empty() { p { "Nothing changes." } }
        }
    }
}

/// "+3 −1 ~2 !1", with words for whoever hears it.
fn tally(group: &Group) -> Markup {
    let count = |kind: &str| {
        let lists = group.lists.iter().filter(|list| code(&list.kind) == kind);
        lists.map(|list| list.people.len()).sum::<usize>()
    };
    html! {
        span.tally {
            @for (kind, sign, words) in SIGNS {
                @let count = count(kind);
                @if count > 0 {
                    span data-kind=(kind) title={ (number(count)) " " (words) } { i { (sign) } (number(count)) }
                    " "
                }
            }
        }
    }
}

fn changes(list: &List, group: &Group) -> Markup {
    html! {
        section data-kind=(code(&list.kind)) {
            h3 { (title(&list.kind)) " " span { (number(list.people.len())) } }
            (effect(&list.kind, group))
            ul {
                @for person in &list.people { (line(person, sign(&list.kind))) }
            }
        }
    }
}

fn title(kind: &Kind) -> Markup {
    match kind {
        Kind::Added => html! { "Added" },
        Kind::Removed => html! { "Removed" },
        Kind::MovedIn(from) => html! { "Moved here from " (link(from)) },
        Kind::MovedOut(to) => html! { "Moved away to " (link(to)) },
        Kind::AdditionPending => html! { "Addition pending" },
        Kind::RemovalPending => html! { "Removal pending" },
    }
}

fn link(other: &Move) -> Markup {
    html! { a href={ "#g" (other.place) } { bdi { (other.other) } } }
}

/// What the change opens or closes for everybody in the list.
fn effect(kind: &Kind, group: &Group) -> Markup {
    let no_door = group.doors.is_empty();
    html! {
        p.effect {
            @match kind {
                _ if no_door && !matches!(kind, Kind::MovedIn(_) | Kind::MovedOut(_)) => {
                    "The group opens no door."
                }
                Kind::Added => { b { "Opens" } " " (doors(&group.doors)) }
                Kind::Removed => { b { "Closes" } " " (doors(&group.doors)) }
                Kind::MovedIn(other) | Kind::MovedOut(other) => { (effect_of_move(other)) }
                Kind::AdditionPending => {
                    "Asked for before and accepted, but not in effect yet: will open "
                    (doors(&group.doors))
                }
                Kind::RemovalPending => {
                    "Asked for before and accepted, but not in effect yet: may still open "
                    (doors(&group.doors))
                }
            }
        }
    }
}

fn effect_of_move(other: &Move) -> Markup {
    let parts = [
        ("Opens", &other.opened),
        ("Closes", &other.closed),
        ("Keeps", &other.kept),
    ];
    html! {
        @for (verb, list) in parts {
            @if !list.is_empty() { span { b { (verb) } " " (doors(list)) } " " }
        }
        @if parts.iter().all(|(_, list)| list.is_empty()) { "Neither group opens a door. " }
        @if let Some((before, after)) = &other.hours {
            span { b { "Hours" } " " (before) " → " (after) }
        }
    }
}

fn doors(doors: &[String]) -> Markup {
    html! {
        @for (place, door) in doors.iter().enumerate() {
            @if place > 0 { ", " }
            bdi { (door) }
        }
    }
}

fn line(person: &Person, sign: &str) -> Markup {
    html! {
        li {
            i { (sign) }
            b { bdi { @if person.name.is_empty() { "(no name)" } @else { (person.name) } } }
            span { bdi { (person.contact) } }
            span { @if let Some(row) = person.row { "row " (row) } }
            span {
                @if !person.note.is_empty() { bdi { (person.note) } }
                @if let Some(remains) = &person.remains { em { (remains) } }
            }
        }
    }
}

/// What style and script know the kind by.
fn code(kind: &Kind) -> &'static str {
    match kind {
        Kind::Added => "add",
        Kind::Removed => "remove",
        Kind::MovedIn(_) | Kind::MovedOut(_) => "move",
        Kind::AdditionPending | Kind::RemovalPending => "pending",
    }
}

fn sign(kind: &Kind) -> &'static str {
    let found = SIGNS.iter().find(|(known, ..)| *known == code(kind));
    found.map_or("", |(_, sign, _)| sign)
}

const SIGNS: [(&str, &str, &str); 4] = [
    ("add", "+", "added"),
    ("remove", "−", "removed"),
    ("move", "~", "moved"),
    ("pending", "!", "pending"),
];
