//! The adapter that the guide builds is `journal.rs`, to the letter, and keeps the contract.

#[expect(unreachable_pub, reason = "in the guide it is the root of a library")]
mod journal;

#[test]
fn the_guide_shows_the_adapter_that_is_tested() {
    let guide = include_str!("../../README.md");
    let blocks = guide.split("```rs\n").skip(1);
    let code: Vec<_> = blocks
        .filter_map(|block| block.split("```").next())
        .collect();
    assert_eq!(code.join("\n"), include_str!("journal.rs"));
}
