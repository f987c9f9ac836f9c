//! Which names come close to a text that matches none: suggestions, never acted upon. Pure.

use access_groups_core::{SearchText, names};
use deunicode::deunicode_with_tofu;

use super::Resource;
use crate::describe;

/// The resources with a name or an e-mail address that is like the text, the closest first, then by
/// name and id; each once.
///
/// Accents and scripts do not count, nor does the order of words; a third of the letters of a word
/// may differ, or of the whole.
pub(super) fn similar<T: Resource>(text: &SearchText, all: &[T]) -> Vec<T> {
    let own = text.as_str().split_once('@').map(|(own, _)| own);
    let asked = Plain::of(own.unwrap_or(text.as_str()));
    let mut found: Vec<_> = all
        .iter()
        .filter_map(|item| {
            // Whole companies share a domain.
            let own = item
                .addresses()
                .map(|address| match address.split_once('@') {
                    Some((own, _)) => own,
                    None => address,
                });
            let known = item.names().chain(own);
            let distances = known.filter_map(|known| asked.distance(&Plain::of(known)));
            Some((distances.min()?, item))
        })
        .collect();
    found.sort_by_cached_key(|(distance, item)| {
        (
            *distance,
            describe::order(&item.displayed_name()),
            item.id(),
        )
    });
    found.dedup_by_key(|(_, item)| item.id());
    found.into_iter().map(|(_, item)| item.clone()).collect()
}

/// The words of a text in ASCII small letters: "Żółw-Nowak" is "zolw" and "nowak".
struct Plain {
    words: Vec<String>,
    /// The words in one, as they are and in the order of the alphabet.
    whole: String,
    sorted: String,
}

impl Plain {
    fn of(text: &str) -> Self {
        // Folded first, which knows more of Unicode's forms. What has no likeness is left out.
        let letters = deunicode_with_tofu(&names::fold(text), "").to_ascii_lowercase();
        // "O'Neill" is one word.
        let letters = letters.replace('\'', "");
        let words = letters.split(|letter: char| !letter.is_ascii_alphanumeric());
        let words = words.filter(|word| !word.is_empty()).map(str::to_owned);
        let mut words: Vec<_> = words.collect();
        let whole = words.concat();
        words.sort_unstable();
        let sorted = words.concat();
        Self {
            words,
            whole,
            sorted,
        }
    }

    /// How far the known text is from this one, if it comes close.
    fn distance(&self, known: &Self) -> Option<usize> {
        if self.whole.is_empty() {
            return None;
        }
        // A letter or two are in nearly everything.
        if self.whole.len() >= SHORTEST_PART && known.whole.contains(&self.whole) {
            return Some(0);
        }
        let by_words = self.words.iter().map(|word| {
            let distances = known.words.iter().filter_map(|known| near(word, known));
            distances.min()
        });
        let by_words = by_words.sum::<Option<usize>>();
        // Somebody else may write two words as one.
        let by_whole = near(&self.whole, &known.whole);
        let by_sorted = near(&self.sorted, &known.sorted);
        let distances = [by_words, by_whole, by_sorted];
        distances.into_iter().flatten().min()
    }
}

/// How long a text must be to be looked for inside of words.
const SHORTEST_PART: usize = 3;

/// How many letters differ, if they are few; none if the known word begins with this one.
fn near(word: &str, known: &str) -> Option<usize> {
    if known.starts_with(word) {
        return Some(0);
    }
    let allowed = word.len().max(known.len()) / 3;
    // Most words differ in length by more: no need to compare their letters.
    if word.len().abs_diff(known.len()) > allowed {
        return None;
    }
    // Two neighbours that changed places count once: it is how people mistype.
    let distance = strsim::osa_distance(word, known);
    (distance <= allowed).then_some(distance)
}

#[cfg(test)]
mod tests {
    use access_groups_core::{AcsSystemId, AcsUser, AcsUserId};

    use super::*;

    const PEOPLE: &[&str] = &[
        "Józef Żółw",
        "Keiko Mori",
        "Groß Anna",
        "Ада Лавлейс",
        "Søren Ångström",
        "Anne-Marie O’Neill",
        "Kim",
    ];

    fn check(text: &str, expected: &[&str]) {
        let people = PEOPLE.iter().zip(1..);
        let people = people.map(|(name, id)| {
            AcsUser::new(AcsUserId::from_u128(id), AcsSystemId::from_u128(1), *name)
        });
        let found = similar(&text.parse().expect("a text"), &people.collect::<Vec<_>>());
        let names: Vec<_> = found.iter().map(|user| &*user.display_name).collect();
        assert_eq!(names, expected, "{text:?}");
    }

    #[test]
    fn accents_and_scripts_do_not_count() {
        check("Jozef Zolw", &["Józef Żółw"]);
        check("Soren Angstrom", &["Søren Ångström"]);
        check("Ada Lavleis", &["Ада Лавлейс"]);
        check("\u{41a}im", &["Kim"]); // a Cyrillic letter
    }

    #[test]
    fn words_in_any_order_are_similar() {
        check("Mori Keiko", &["Keiko Mori"]);
        check("Mori, K.", &["Keiko Mori"]);
        check("O'Neill Annemarie", &["Anne-Marie O’Neill"]);
        check("annemarie oneill", &["Anne-Marie O’Neill"]);
    }

    #[test]
    fn mistyped_letters_are_similar() {
        check("Jozef Zlow", &["Józef Żółw"]);
        check("Keikko Mory", &["Keiko Mori"]);
        check("Gros", &["Groß Anna"]);
        check("Kmi", &["Kim"]);
        check("Keiko Tanaka", &[]);
        check("Bob", &[]);
        check("?!", &[]);
    }

    #[test]
    fn parts_come_first() {
        check("kei", &["Keiko Mori"]);
        check("ann", &["Anne-Marie O’Neill", "Groß Anna"]);
    }
}
