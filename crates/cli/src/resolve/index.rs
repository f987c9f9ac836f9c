//! Which of many resources match thousands of texts. Pure.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Bound,
};

use access_groups_core::names;

use super::{Resource, matching::is_id_prefix, sort};
use crate::args::IdOrName;

/// Resources by whatever names them: each text finds what
/// [`matches`](super::matching::matches) would find, without a look at all of them.
pub(crate) struct Index<'a, T: Resource> {
    all: &'a [T],
    by_id: BTreeMap<String, usize>,
    by_name: HashMap<String, Vec<usize>>,
    /// By names that may be addresses.
    by_shown_address: HashMap<String, Vec<usize>>,
    by_address: HashMap<String, Vec<usize>>,
}

impl<'a, T: Resource> Index<'a, T> {
    pub(crate) fn new(all: &'a [T]) -> Self {
        let mut index = Self {
            all,
            by_id: BTreeMap::new(),
            by_name: HashMap::new(),
            by_shown_address: HashMap::new(),
            by_address: HashMap::new(),
        };
        for (place, item) in all.iter().enumerate() {
            index.by_id.insert(item.id().to_string(), place);
            for name in item.names() {
                let by_name = index.by_name.entry(names::fold(name));
                by_name.or_default().push(place);
                if name.contains('@') {
                    let address = names::fold_address(name.trim());
                    let by_address = index.by_shown_address.entry(address);
                    by_address.or_default().push(place);
                }
            }
            for address in item.addresses() {
                let by_address = index.by_address.entry(names::fold_address(address));
                by_address.or_default().push(place);
            }
        }
        index
    }

    /// What the argument names; each once, sorted by name and then by id.
    pub(crate) fn matches(&self, argument: &IdOrName<T::Id>) -> Vec<T> {
        let text = match argument {
            IdOrName::Id(id) => {
                let place = self.by_id.get(&id.to_string());
                return place
                    .map(|place| self.all[*place].clone())
                    .into_iter()
                    .collect();
            }
            IdOrName::Name(text) => text.as_str(),
        };
        let (folded, address) = (names::fold(text), names::fold_address(text));
        let by_name = match text.contains('@') {
            true => self.by_shown_address.get(&address),
            // A text of nothing that is shown names nobody, not those without a name.
            false if folded.is_empty() => None,
            false => self.by_name.get(&folded),
        };
        let by_address = self.by_address.get(&address);
        let places = by_name.into_iter().chain(by_address).flatten().copied();
        let mut places: Vec<_> = places.chain(self.beginning_with(text)).collect();
        places.sort_unstable();
        places.dedup();
        let found = places.into_iter().map(|place| self.all[place].clone());
        let mut found: Vec<_> = found.collect();
        sort(&mut found);
        // A list in pages may show the same resource twice.
        found.dedup_by_key(|item| item.id());
        found
    }

    fn beginning_with(&self, text: &str) -> impl Iterator<Item = usize> {
        let begin = is_id_prefix(text).then(|| text.to_ascii_lowercase());
        begin.into_iter().flat_map(|begin| {
            let from = (Bound::Included(begin.clone()), Bound::Unbounded);
            let ids = self.by_id.range::<String, _>(from);
            let ids = ids.take_while(move |(id, _)| id.starts_with(&begin));
            ids.map(|(_, place)| *place)
        })
    }
}
