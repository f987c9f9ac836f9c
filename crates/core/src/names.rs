//! When two names, or two addresses, are the same.
//!
//! People type names as they see them, and a name that looks the same may be stored as other
//! characters: in another normal form, in capitals, with a no-break space, with the apostrophe of a
//! word processor. So **names** are compared by their [fold], which all of this leaves unchanged.
//! Searches use the same fold. What is shown is always the text as it was given.
//!
//! **Addresses decide who is who**, so they are compared more strictly: e-mail addresses without
//! regard to ASCII case and to nothing else ([`are_same_address`]), phone numbers and keys exactly.
//! An address that merely looks like another one never links anybody.
//!
//! # Examples
//!
//! ```
//! use access_groups_core::names;
//!
//! assert!(names::are_same("Zoë O’Neill", " zoe\u{308}  o'neill"));
//! assert!(!names::are_same("Zoë", "Zoe")); // another letter
//!
//! assert!(names::are_same_address("Ada@Example.com", "ada@example.com"));
//! assert!(!names::are_same_address("\u{212a}en@example.com", "ken@example.com")); // Kelvin sign
//! ```

use icu_casemap::{CaseMapper, CaseMapperBorrowed};
use icu_normalizer::{
    DecomposingNormalizer, DecomposingNormalizerBorrowed,
    properties::{CanonicalCombiningClassMap, CanonicalCombiningClassMapBorrowed},
};
use icu_properties::{
    CodePointSetData, CodePointSetDataBorrowed, props::DefaultIgnorableCodePoint,
};

/// The form in which names are compared and searched. Names are the same if their folds are equal,
/// and the fold of a fold is itself.
///
/// It is Unicode's compatibility decomposition (NFKD) with full case folding, in which
///
/// - white space of any kind, and any length, is one blank, and none around the text;
/// - apostrophes are `'` and hyphens and dashes are `-`, as they are typed;
/// - dotless ı and dotted İ are i, because a change of case turns both into it;
/// - characters that are never visible, such as a soft hyphen or a zero-width space, are left out.
///
/// The fold of two letters is the fold of the first, then that of the second. So a text without
/// accents also occurs in one with accents, though the two are not the same name.
///
/// Stores that keep folds must fold again when [`FOLD_VERSION`] changes.
///
/// # Examples
///
/// ```
/// use access_groups_core::names::fold;
///
/// assert_eq!(fold(" GROSS\u{a0} Anna"), "gross anna");
/// assert_eq!(fold("Groß Anna"), "gross anna");
/// ```
#[must_use]
pub fn fold(name: &str) -> String {
    if name.is_ascii() {
        // The same as below, where nothing needs a table.
        return assembled(name.chars().map(|letter| letter.to_ascii_lowercase()));
    }
    // Unicode's definition D146 of a compatibility caseless match: a fold may need a decomposition
    // that it makes possible.
    let once = DECOMPOSED.normalize(name);
    let once = COMPATIBLE.normalize(&CASES.fold_string(&once)).into_owned();
    let twice = CASES.fold_string(&once);
    let letters = COMPATIBLE.normalize(&twice);
    let visible = letters
        .chars()
        .filter(|letter| !IGNORABLE.contains(*letter));
    // Marks have an order, and a character between two of them may have kept it from them.
    let visible = visible.collect::<String>();
    let mut after_i = false;
    let letters = DECOMPOSED.normalize(&visible);
    assembled(letters.chars().filter_map(|letter| match letter {
        'ı' => {
            after_i = true;
            Some('i')
        }
        // The dot that tells İ from I; marks below the letter may stand between them.
        DOT_ABOVE if after_i => None,
        letter => {
            let is_mark = CLASSES.get_u8(letter) != 0;
            after_i = letter == 'i' || (after_i && is_mark);
            Some(letter)
        }
    }))
}

/// Changes when the same text may get another [fold]: with Unicode's tables, or with the rules.
pub const FOLD_VERSION: u32 = 1;

/// Whether two names are the same: see [`fold`].
#[must_use]
pub fn are_same(one: &str, other: &str) -> bool {
    one == other || fold(one) == fold(other)
}

/// Whether two e-mail addresses are the same: in any case of the letters A to Z, and exactly in
/// everything else.
#[must_use]
pub fn are_same_address(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// The text of these letters, with one kind of blank, apostrophe and hyphen.
fn assembled(letters: impl Iterator<Item = char>) -> String {
    let mut text = String::new();
    let mut is_after_blank = true;
    for letter in letters {
        match letter {
            blank if blank.is_whitespace() => {
                if !is_after_blank {
                    text.push(' ');
                }
                is_after_blank = true;
                continue;
            }
            '`' | '‘'..='‛' | 'ʹ' | 'ʻ'..='ʽ' | 'ˈ' | 'ˊ' | 'ˋ' | '′' | '‵' | 'ꞌ' | '׳' =>
            {
                text.push('\'');
            }
            '‐'..='―' | '−' | '⁃' | '˗' | '֊' | '־' => text.push('-'),
            letter => text.push(letter),
        }
        is_after_blank = false;
    }
    text.truncate(text.trim_end_matches(' ').len());
    text
}

const DOT_ABOVE: char = '\u{307}';

const DECOMPOSED: DecomposingNormalizerBorrowed<'_> = DecomposingNormalizer::new_nfd();
const COMPATIBLE: DecomposingNormalizerBorrowed<'_> = DecomposingNormalizer::new_nfkd();
const CLASSES: CanonicalCombiningClassMapBorrowed<'_> = CanonicalCombiningClassMap::new();
const CASES: CaseMapperBorrowed<'_> = CaseMapper::new();
const IGNORABLE: CodePointSetDataBorrowed<'_> =
    CodePointSetData::new::<DefaultIgnorableCodePoint>();

#[cfg(test)]
mod tests {
    use icu_normalizer::{ComposingNormalizer, ComposingNormalizerBorrowed};
    use proptest::{
        collection::vec,
        prelude::*,
        sample::select,
        test_runner::{Config, RngSeed, TestRunner},
    };

    use super::*;

    fn check(one: &str, other: &str, expected: bool) {
        assert_eq!(are_same(one, other), expected, "{one:?} {other:?}");
    }

    #[test]
    fn names_that_look_alike_are_same() {
        check("Józef Żółw", "Jo\u{301}zef Z\u{307}o\u{301}łw", true);
        check("GROSS ANNA", "Groß Anna", true);
        check("Keiko\u{a0}Mori", "keiko  mori", true);
        check("  Mara Lind\t", "Mara Lind", true);
        check("O'Neill", "O\u{2019}NEILL", true);
        check("Anne-Marie", "Anne\u{2011}Marie", true);
        check("IŞIK", "ışık", true);
        check("İpek", "ipek", true);
        check("Ｋｅｎ", "\u{212a}en", true);
        check("ﬁona", "FIONA", true);
        check("ΟΔΥΣΣΕΥΣ", "Οδυσσευς", true);
        check("soft\u{ad}ly", "softly", true);
    }

    #[test]
    fn other_names_differ() {
        check("Ada", "Adam", false);
        check("Zoë", "Zoe", false);
        check("Jörg", "Joerg", false);
        check("AdaLovelace", "Ada Lovelace", false);
        check("Ada", "Аda", false); // a Cyrillic letter
        check("", "Ada", false);
    }

    /// All of these hold for the text and for what people and programs make of it.
    fn check_fold(text: &str) {
        let folded = fold(text);
        assert_eq!(fold(&folded), folded, "{text:?}");
        let (nfd, nfkd) = (DECOMPOSED.normalize(text), COMPATIBLE.normalize(text));
        let (nfc, nfkc) = (
            COMPOSED.normalize(text),
            COMPATIBLY_COMPOSED.normalize(text),
        );
        // Decomposed: a mark after the Greek iota below a letter would else become one of the iota.
        let (upper, lower) = (nfd.to_uppercase(), nfd.to_lowercase());
        for variant in [&*upper, &*lower, &*nfc, &*nfd, &*nfkc, &*nfkd] {
            assert_eq!(fold(variant), folded, "{text:?} as {variant:?}");
        }
    }

    const COMPOSED: ComposingNormalizerBorrowed<'_> = ComposingNormalizer::new_nfc();
    const COMPATIBLY_COMPOSED: ComposingNormalizerBorrowed<'_> = ComposingNormalizer::new_nfkc();

    #[test]
    fn every_character_keeps_its_fold() {
        // Ideographs, Hangul and private use are tens of thousands of letters without case.
        let is_dull = |letter: &u32| matches!(letter, 0x3400..=0x4dbf | 0x4e00..=0x9fff | 0xac00..=0xf8ff | 0x17000..=0x1cfff);
        let letters = (0..0x1_ffff)
            .chain(0xe_0000..0xe_1000)
            .filter(|letter| !is_dull(letter));
        for letter in letters.filter_map(char::from_u32) {
            check_fold(&format!("i{letter}b"));
        }
    }

    /// Letters, marks, blanks, apostrophes and hyphens that are easily taken for others.
    const AWKWARD: &[&str] = &[
        "a", "A", "i", "I", "ı", "İ", "k", "K", "\u{212a}", "s", "ſ", "ß", "ẞ", "ss", "ﬁ", "ﬃ",
        "ﬅ", "Ａ", "ａ", "Å", "\u{212b}", "Ω", "\u{2126}", "σ", "ς", "Σ", "ΐ", "ᾳ", "ŉ", "ǆ", "ǅ",
        "Ǆ", "ŀ", "é", "e", "ż", "ọ", "ñ", "한", "ᄒ", "ᅡ", "ﷺ", "か", "が", "ｶﾞ", "Ꮳ", "ꮳ", "ⅷ",
        "①", "½", "😀", "\u{301}", "\u{307}", "\u{308}", "\u{323}", "\u{327}", "\u{345}",
        "\u{30a}", "\u{3099}", " ", "  ", "\t", "\u{a0}", "\u{2009}", "\u{3000}", "\u{85}",
        "\u{2028}", "'", "’", "‘", "ʼ", "`", "´", "′", "-", "‐", "‑", "–", "—", "−", "\u{ad}",
        "\u{200b}", "\u{200d}", "\u{feff}", "\u{fe0f}", "\u{34f}",
    ];

    /// Each row holds texts that mean the same in a name.
    const ALIKE: &[&[&str]] = &[
        &[" ", "\u{a0}", "\u{2003}", "\t", "  ", " \u{3000}"],
        &["'", "’", "‘", "ʼ", "`", "′"],
        &["-", "‐", "‑", "–", "—", "−"],
        &["i", "I", "ı", "İ", "i\u{307}"],
        &["k", "K", "\u{212a}", "ｋ"],
        &["ss", "SS", "ß", "ẞ", "ſs"],
        &["ö", "o\u{308}", "Ö", "O\u{308}"],
    ];

    #[test]
    #[expect(clippy::print_stdout, reason = "the seed repeats the run")]
    fn sameness_is_an_equivalence() {
        let seed = RngSeed::Fixed(1);
        println!("100,000 names, {seed:?}");
        let config = Config {
            cases: 50_000,
            rng_seed: seed,
            failure_persistence: None,
            ..Config::default()
        };
        let name = || vec(select(AWKWARD), 0..8).prop_map(|parts| parts.concat());
        let alike = select(ALIKE).prop_flat_map(|row| (select(row), select(row)));
        let names = (name(), vec((alike, name()), 0..3), name());
        let run = TestRunner::new(config).run(&names, |(begin, rest, other)| {
            let (mut one, mut two) = (begin.clone(), begin);
            for ((first, second), end) in rest {
                one.extend([first, &end]);
                two.extend([second, &end]);
            }
            check_fold(&one);
            assert!(are_same(&one, &two), "{one:?} {two:?}");
            assert!(are_same(&two, &one));
            // Whatever is the same as one of them is the same as the other.
            assert_eq!(are_same(&one, &other), are_same(&two, &other));
            Ok(())
        });
        run.expect("sameness");
    }
}
