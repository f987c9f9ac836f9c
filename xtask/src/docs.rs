//! `cargo xtask docs`: reads the HTML that `cargo doc` made, as a reader who looks for a call does.
//!
//! The methods of a port come from a macro and belong to traits, so rustdoc shows them on no page
//! of a port or client by itself: the list of calls must be there, and lead somewhere.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use access_groups_core::Operation;

/// Checks the pages in `target/doc`.
///
/// # Errors
///
/// A page is missing, does not list a call with a working link, or does not name a task.
pub(crate) fn run() -> Result<(), String> {
    let folder = folder();
    let mut wrong = Vec::new();
    for page in PAGES_WITH_CALLS {
        let page = folder.join(page);
        for call in Operation::NAMES {
            wrong.extend(missing_call(&page, &read(&page)?, call));
        }
    }
    for (page, tasks) in FRONT_PAGES {
        let text = without_tags(&read(&folder.join(page))?);
        let missing = tasks.iter().filter(|task| !text.contains(**task));
        wrong.extend(missing.map(|task| format!("{page} does not name {task:?}")));
    }
    if !wrong.is_empty() {
        return Err(wrong.join("\n"));
    }
    println!(
        "docs: {} pages list all {} calls",
        PAGES_WITH_CALLS.len(),
        Operation::NAMES.len()
    );
    Ok(())
}

const PAGES_WITH_CALLS: &[&str] = &[
    "access_groups_core/port/trait.AccessGroupPort.html",
    "access_groups_core/port/trait.BlockingAccessGroupPort.html",
    "access_groups_http_async/struct.Client.html",
    "access_groups_http_blocking/struct.Client.html",
    "access_groups_in_memory/struct.InMemory.html",
    "access_groups_in_memory/struct.BlockingInMemory.html",
];

/// Tasks that a front page must name, in these words.
const FRONT_PAGES: &[(&str, &[&str])] = &[
    (
        "access_groups/index.html",
        &[
            "a user by e-mail address",
            "set a key and a timeout",
            "who can open",
        ],
    ),
    (
        "access_groups_core/index.html",
        &["a user by e-mail address", "who can open"],
    ),
];

/// What is wrong with the link to a call, if anything is.
fn missing_call(page: &Path, html: &str, call: &str) -> Option<String> {
    let end = format!("#method.{call}\"");
    let Some((before, _)) = html.split_once(&end) else {
        return Some(format!("{} does not list {call}", page.display()));
    };
    let target = before.rsplit('"').next().unwrap_or_default();
    // An address of another site is one of docs.rs, for a crate that was not documented here.
    if target.contains("://") {
        return Some(format!("{}: {call} leads to {target}", page.display()));
    }
    let file = page.parent().unwrap_or(page).join(target);
    let leads_there =
        fs::read_to_string(file).is_ok_and(|html| html.contains(&format!("id=\"method.{call}\"")));
    (!leads_there).then(|| format!("{}: {call} leads nowhere", page.display()))
}

/// The words of a page, with one space between two.
fn without_tags(html: &str) -> String {
    let pieces = html.split('<').map(|piece| match piece.split_once('>') {
        Some((_, text)) => text,
        None => piece,
    });
    let text: String = pieces.collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn read(page: &Path) -> Result<String, String> {
    fs::read_to_string(page).map_err(|error| {
        format!(
            "{}: {error}; `cargo doc --workspace --no-deps` makes the pages",
            page.display()
        )
    })
}

fn folder() -> PathBuf {
    let target = env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    target.unwrap_or_else(|| root.join("target")).join("doc")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_across_tags() {
        let html = "<td>know <a href=\"x\">who\ncan  open</a> it</td>";
        assert_eq!(without_tags(html), "know who can open it");
    }

    #[test]
    fn missing_and_broken_links_are_told() {
        let page = Path::new("trait.Port.html");
        let listed = r#"<a href="trait.Groups.html#method.add_user"><code>add_user</code></a>"#;
        let told = missing_call(page, listed, "remove_user");
        assert_eq!(
            told.as_deref(),
            Some("trait.Port.html does not list remove_user")
        );
        let told = missing_call(page, listed, "add_user");
        assert_eq!(
            told.as_deref(),
            Some("trait.Port.html: add_user leads nowhere")
        );
        let elsewhere = listed.replace("trait.G", "https://docs.example/trait.G");
        let told = missing_call(page, &elsewhere, "add_user").expect("it leads elsewhere");
        assert!(told.contains("leads to https://docs.example"), "{told}");
    }
}
