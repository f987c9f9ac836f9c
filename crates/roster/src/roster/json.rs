//! JSON: an array of objects, one for each row.

use std::fmt;

use serde::{
    Deserializer,
    de::{DeserializeSeed, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;

use super::{
    Column, Problem, ProblemKind, Problems, ReadOptions, Roster,
    collect::{Cells, Collector},
    text,
};

pub(super) fn read(file: &[u8], options: &ReadOptions) -> Result<Roster, Problems> {
    let text = text::decode(file).map_err(Problems::one)?;
    if text.trim_start().starts_with('{') {
        return Err(Problems::one(Problem::of_file(ProblemKind::NoArray)));
    }
    let mut collector = Collector::new(options);
    let mut json = serde_json::Deserializer::from_str(&text);
    let read = json
        .deserialize_seq(Rows(&mut collector))
        .and_then(|()| json.end());
    match read {
        Ok(()) => collector.finish(),
        Err(error) => {
            // Of a value of a wrong type at the begin, it is the column before.
            let (line, column) = (error.line(), error.column().max(1));
            collector.refuse(Problem::of_file(ProblemKind::Json { line, column }));
            collector.finish()
        }
    }
}

struct Rows<'c, 'o>(&'c mut Collector<'o>);

impl<'de> Visitor<'de> for Rows<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<(), A::Error> {
        let mut number: u32 = 1;
        while rows.next_element_seed(RowAt(self.0, number))?.is_some() {
            number = number.saturating_add(1);
        }
        Ok(())
    }
}

/// The row with this number.
struct RowAt<'c, 'o>(&'c mut Collector<'o>, u32);

impl<'de> DeserializeSeed<'de> for RowAt<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for RowAt<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with the cells of a row")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        let Self(collector, number) = self;
        let mut texts: [Option<String>; Column::KNOWN.len()] = Default::default();
        let mut refused = Vec::new();
        let mut count = 0;
        while let Some((key, value)) = fields.next_entry::<String, Value>()? {
            count += 1;
            let place = Column::KNOWN
                .into_iter()
                .position(|known| Column::named(&key) == Some(known));
            let column = place.map_or(Column::Other(count), |place| Column::KNOWN[place]);
            let text = place.map(|place| &mut texts[place]);
            match (text, value) {
                (None, _) => refused.push((column, ProblemKind::UnknownColumn)),
                (Some(Some(_)), _) => refused.push((column, ProblemKind::RepeatedColumn)),
                (Some(text), Value::String(value)) => *text = Some(value),
                (Some(text), Value::Null) => *text = Some(String::new()),
                (Some(_), _) => refused.push((column, ProblemKind::NoText)),
            }
        }
        let mut cells = Cells::default();
        for (column, text) in Column::KNOWN.into_iter().zip(&texts) {
            if let (Some(cell), Some(text)) = (cells.cell(column), text) {
                *cell = text;
            }
        }
        // One mistake is one problem: what is left of the row would make more.
        if refused.is_empty() {
            collector.take(number, cells);
        }
        for (column, kind) in refused {
            collector.refuse(Problem::of_cell(number, column, kind));
        }
        Ok(())
    }
}
