//! The contract of the port and the laws of the kit are one list.

use std::{collections::BTreeSet, fs};

use access_groups_conformance::LAWS;

#[test]
fn every_sentence_of_the_contracts_is_a_law_and_every_law_a_sentence() {
    let table = fs::read_to_string("../core/src/operation/table.rs").expect("the table is there");
    let sentences = sentences(&table);
    let names: Vec<_> = sentences
        .iter()
        .map(|sentence| law_name(sentence))
        .collect();
    let unique: BTreeSet<_> = names.iter().map(String::as_str).collect();
    let laws: BTreeSet<_> = LAWS.iter().map(|law| law.name()).collect();
    assert_eq!(unique, laws);
    assert_eq!(names.len(), unique.len(), "a sentence is there twice");
    assert_eq!(LAWS.len(), laws.len(), "a law is there twice");
}

#[test]
fn a_sentence_becomes_a_name() {
    let check = |sentence, expected| assert_eq!(law_name(sentence), expected);
    check("Adding makes a member.", "adding_makes_a_member");
    check("An identity joins by e-mail", "an_identity_joins_by_e_mail");
    check("The group's users", "the_group_s_users");
}

/// What is in italics in the items of a `# Contract`.
fn sentences(source: &str) -> Vec<String> {
    let docs = source
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("///"));
    let text = docs.map(str::trim).collect::<Vec<_>>().join(" ");
    let items = text.split("- *").skip(1);
    let sentences = items.filter_map(|item| item.split_once('*'));
    sentences.map(|(sentence, _)| sentence.to_owned()).collect()
}

fn law_name(sentence: &str) -> String {
    let words = sentence.split(|letter: char| !letter.is_alphanumeric());
    let words = words.filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("_")
}
