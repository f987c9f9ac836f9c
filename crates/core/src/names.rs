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
    CodePointSetData, CodePointSetDataBorrowed,
    props::{Dash, DefaultIgnorableCodePoint},
};

/// The form in which names are compared and searched. Names are the same if their folds are equal,
/// and the fold of a fold is itself.
///
/// It is Unicode's compatibility decomposition (NFKD) with full case folding, in which
///
/// - white space of any kind, and any length, is one blank, and none around the text;
/// - apostrophes are `'` and hyphens and dashes are `-`, as they are typed; accents that stand alone,
///   such as ´ and `, are apostrophes;
/// - a blank before an apostrophe is left out: to Unicode, ´ is a blank with an accent;
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

/// One text for all e-mail addresses that [are the same](are_same_address), to index them by.
#[must_use]
pub fn fold_address(address: &str) -> String {
    address.to_ascii_lowercase()
}

/// The text of these letters, with one kind of blank, apostrophe and hyphen.
fn assembled(letters: impl Iterator<Item = char>) -> String {
    let mut text = String::new();
    // Where the last blank ends, while nothing but marks below have followed it.
    let mut apart = Some(0);
    for letter in letters {
        if letter.is_whitespace() {
            if apart != Some(text.len()) {
                text.push(' ');
                apart = Some(text.len());
            }
            continue;
        }
        // Where the letter goes: an accent is read as standing before marks below it.
        let (at, letter) = match (letter, apart) {
            // What a decomposition has made of ´ and of the breathings of Greek.
            ('\u{301}' | '\u{313}' | '\u{314}', Some(at)) => (at, '\''),
            (letter, _) => (text.len(), as_typed(letter)),
        };
        match letter {
            '\'' => text.replace_range(text[..at].trim_end_matches(' ').len()..at, "'"),
            letter => text.push(letter),
        }
        apart = apart.filter(|_| (1..ABOVE).contains(&CLASSES.get_u8(letter)));
    }
    text.truncate(text.trim_end_matches(' ').len());
    text
}

/// The letter, or the apostrophe or hyphen that a keyboard has.
fn as_typed(letter: char) -> char {
    match letter {
        '`' | 'ʹ'..='ʿ' | 'ˈ' | 'ˊ' | 'ˋ' | '՚' | '׳' | 'ߴ' | 'ߵ' => '\'',
        '‘'..='‛' | '′' | '‵' | '❛' | '❜' | 'Ꞌ' | 'ꞌ' => '\'',
        '˗' | '⁃' => '-',
        letter if !letter.is_ascii() && DASHES.contains(letter) => '-',
        letter => letter,
    }
}

/// The class of marks above a letter: those of smaller classes stand before them.
const ABOVE: u8 = 230;

const DOT_ABOVE: char = '\u{307}';

const DECOMPOSED: DecomposingNormalizerBorrowed<'_> = DecomposingNormalizer::new_nfd();
const COMPATIBLE: DecomposingNormalizerBorrowed<'_> = DecomposingNormalizer::new_nfkd();
const CLASSES: CanonicalCombiningClassMapBorrowed<'_> = CanonicalCombiningClassMap::new();
const CASES: CaseMapperBorrowed<'_> = CaseMapper::new();
const DASHES: CodePointSetDataBorrowed<'_> = CodePointSetData::new::<Dash>();
const IGNORABLE: CodePointSetDataBorrowed<'_> =
    CodePointSetData::new::<DefaultIgnorableCodePoint>();

#[cfg(test)]
mod tests {
    use fastrand::Rng;
    use icu_normalizer::{ComposingNormalizer, ComposingNormalizerBorrowed};

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
        for apostrophe in [
            "’", "‘", "ʼ", "`", "´", "′", "＇", "ʿ", " \u{301}", "\u{1fbd}",
        ] {
            check("O'Neill", &format!("O{apostrophe}Neill"), true);
        }
        for hyphen in ["‐", "‑", "‒", "–", "—", "―", "−", "－", "﹣", "⸺", "⁻"]
        {
            check("Anne-Marie", &format!("Anne{hyphen}Marie"), true);
        }
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
    fn check_fold(text: &str) -> String {
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
        folded
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
        &["'", "’", "‘", "ʼ", "`", "´", "′", "ʾ", "＇"],
        &["-", "‐", "‑", "–", "—", "−", "－", "⸺"],
        &["i", "I", "ı", "İ", "i\u{307}"],
        &["k", "K", "\u{212a}", "ｋ"],
        &["ss", "SS", "ß", "ẞ", "ſs"],
        &["ö", "o\u{308}", "Ö", "O\u{308}"],
    ];

    /// Each of 50,000 names in two spellings, which differ in some letters and in the outer blanks.
    #[test]
    #[expect(clippy::print_stdout, reason = "the seed repeats the run")]
    fn sameness_is_an_equivalence() {
        let seed = 9;
        println!("100,000 names of seed {seed}");
        let mut random = Rng::with_seed(seed);
        let mut last = String::new();
        for _ in 0..50_000 {
            let (mut one, mut two) = (String::new(), any_of(ALIKE[0], &mut random).to_owned());
            for _ in 0..random.usize(1..10) {
                let alike = random.choice(ALIKE).filter(|_| random.u8(0..3) == 0);
                let alike = alike.copied().unwrap_or(&[]);
                let awkward = any_of(AWKWARD, &mut random);
                let mut part = || random.choice(alike).copied().unwrap_or(awkward);
                one.push_str(part());
                two.push_str(part());
            }
            two.push_str(any_of(ALIKE[0], &mut random));
            // Equal folds are an equivalence; `are_same` must agree with them.
            let (first, second) = (check_fold(&one), check_fold(&two));
            assert_eq!(first, second, "{one:?} {two:?}");
            assert!(are_same(&one, &two), "{one:?} {two:?}");
            assert_eq!(are_same(&last, &two), fold(&last) == first);
            last = one;
        }
    }

    fn any_of(parts: &[&'static str], random: &mut Rng) -> &'static str {
        parts[random.usize(..parts.len())]
    }
}
