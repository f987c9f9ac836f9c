//! What one place shows, compared with what the others have shown.

use std::fmt::Debug;

use serde_json::{Map, Value};

use super::*;

/// What the places that show a resource have shown of it so far, which must be the same.
pub(super) struct Places<'c, R: Resource> {
    case: &'c Case<'c>,
    pub(super) id: R::Id,
    /// The first place, and the fields in it.
    first: Option<(String, Map<String, Value>)>,
    /// What it showed first.
    shown: Option<R>,
    /// Fields that may differ from place to place.
    free: Vec<&'static str>,
}

impl<'c, R: Resource + Clone> Places<'c, R> {
    pub(super) fn of(case: &'c Case<'c>, id: R::Id) -> Self {
        Self {
            case,
            id,
            first: None,
            shown: None,
            free: CHANGING.into(),
        }
    }

    /// The first place is the reply of the call; `None` if the adapter lacks it.
    pub(super) fn of_new<C: Call<Reply = R>>(
        case: &'c Case<'c>,
        create: C,
    ) -> Checked<Option<Self>> {
        let call = call_shown(&create.clone().into());
        let Some(created) = case.look(create)? else {
            return Ok(None);
        };
        let mut places = Self::of(case, created.id());
        // Whatever becomes of it at the provider may show soon after.
        places.free.extend(["errors", "warnings"]);
        places.see(call, &created)?;
        Ok(Some(places))
    }

    /// Lets the next place show other values of these fields.
    pub(super) fn forget(&mut self, fields: &[&str]) {
        if let Some((_, known)) = &mut self.first {
            known.retain(|field, _| !fields.contains(&field.as_str()));
        }
    }

    pub(super) fn must_be_in<C: Call>(&mut self, call: C) -> Checked
    where
        C::Reply: Shows<R>,
    {
        match self.case.look(call.clone())? {
            Some(reply) => self.must_be_one_of(&call.into(), reply.rows()),
            None => Ok(()),
        }
    }

    /// As above, on any page of the list.
    pub(super) fn must_be_among<L: InPages<Row = R>>(&mut self, list: L) -> Checked {
        match self.case.rows(&list)? {
            Some(rows) => self.must_be_one_of(&list.into(), rows),
            None => Ok(()),
        }
    }

    fn must_be_one_of(&mut self, call: &Operation, rows: Vec<R>) -> Checked {
        let call = call_shown(call);
        let shown: Vec<_> = rows.iter().filter(|row| row.id() == self.id).collect();
        let why = format!("{call} does not show {:?}", self.id);
        self.case.must(!shown.is_empty(), &why)?;
        let mut shown = shown.into_iter();
        shown.try_for_each(|row| self.see(call.clone(), row))
    }

    fn see(&mut self, call: String, row: &R) -> Checked {
        let seen = fields_of(row, &self.free);
        let Some((place, known)) = &mut self.first else {
            (self.first, self.shown) = (Some((call, seen)), Some(row.clone()));
            return Ok(());
        };
        for (field, value) in &seen {
            // One that was forgotten is learnt again.
            let before = known.entry(field.clone()).or_insert_with(|| value.clone());
            if before != value {
                let why = format!("{call} shows {field} as {value},\n  and {place} as {before}");
                return Err(self.case.broken(why));
            }
        }
        if let Some(field) = known.keys().find(|field| !seen.contains_key(*field)) {
            let value = &known[field];
            let why = format!("{call} shows no {field},\n  and {place} shows {value}");
            return Err(self.case.broken(why));
        }
        Ok(())
    }

    /// What was shown is what the site has, in the fields that must be kept.
    pub(super) fn must_be_kept<S: PartialEq + Debug + for<'r> From<&'r R>>(
        &self,
        expected: S,
    ) -> Checked {
        let Some(shown) = self.shown.as_ref().map(S::from) else {
            return Ok(());
        };
        let why = format!("what the site has must be kept: {shown:?}, not\n  {expected:?}");
        self.case.must(shown == expected, &why)
    }
}

/// Fields that change without a call.
const CHANGING: [&str; 3] = ["pending_mutations", "last_successful_sync_at", "is_locked"];

/// The fields of a resource but for these; lists in one order.
fn fields_of(resource: &impl Resource, free: &[&str]) -> Map<String, Value> {
    let Value::Object(mut fields) = resource.json() else {
        return Map::new();
    };
    fields.retain(|field, _| !free.contains(&field.as_str()));
    for value in fields.values_mut() {
        if let Value::Array(items) = value {
            items.sort_by_cached_key(Value::to_string);
        }
    }
    fields
}

/// The reply of a call that shows resources of one kind.
pub(super) trait Shows<R> {
    fn rows(self) -> Vec<R>;
}

impl<R: Resource> Shows<R> for R {
    fn rows(self) -> Vec<R> {
        vec![self]
    }
}

impl<R: Resource> Shows<R> for Vec<R> {
    fn rows(self) -> Self {
        self
    }
}
