//! Instants as Seam's API writes them: in UTC, with exactly three digits of the fraction.

use std::io::{self, Write};

use access_groups_core::Timestamp;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter};

/// An instant as the API writes it. What is finer is cut, not rounded, as Seam's SDKs do.
pub(crate) fn in_milliseconds(instant: Timestamp) -> String {
    format!("{instant:.3}")
}

/// Writes compact JSON. Members of objects whose name ends in `_at` and whose text is an instant are
/// cut to the millisecond, as far down as they stand.
///
/// The resources themselves write up to nine digits: that is how stores and site files keep them.
/// This is done while they are written, because a copy of a list of 100,000 users takes too long.
#[derive(Debug, Default)]
pub(crate) struct CutInstants {
    string: InString,
    /// The name of a member, or what may become an instant.
    text: String,
}

/// What the string is that is being written.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum InString {
    Name,
    /// Kept back until its end, when the whole text is known.
    PerhapsInstant,
    #[default]
    Other,
}

impl Formatter for CutInstants {
    fn begin_object_key<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.string = InString::Name;
        self.text.clear();
        CompactFormatter.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.string = match self.text.ends_with("_at") {
            true => InString::PerhapsInstant,
            false => InString::Other,
        };
        self.text.clear();
        CompactFormatter.begin_object_value(writer)
    }

    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.string = InString::Other;
        CompactFormatter.begin_array(writer)
    }

    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        if self.string != InString::Other {
            self.text.push_str(fragment);
        }
        match self.string {
            InString::PerhapsInstant => Ok(()),
            InString::Name | InString::Other => writer.write_all(fragment.as_bytes()),
        }
    }

    fn write_char_escape<W: ?Sized + Write>(
        &mut self,
        writer: &mut W,
        escape: CharEscape,
    ) -> io::Result<()> {
        // No instant has one.
        if self.string == InString::PerhapsInstant {
            self.string = InString::Other;
            writer.write_all(self.text.as_bytes())?;
        }
        CompactFormatter.write_char_escape(writer, escape)
    }

    fn end_string<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        if self.string == InString::PerhapsInstant {
            self.string = InString::Other;
            let text = &self.text;
            // As most have: the clock of a store gives milliseconds.
            let is_cut = text.len() == "YYYY-MM-DDTHH:MM:SS.mmmZ".len() && text.ends_with('Z');
            let instant = if is_cut { None } else { text.parse().ok() };
            let cut = instant.map(in_milliseconds);
            writer.write_all(cut.as_ref().unwrap_or(text).as_bytes())?;
        }
        CompactFormatter.end_string(writer)
    }
}

#[cfg(test)]
mod tests {
    use access_groups_core::{
        AcsSystemId, AcsUserFilter, AcsUserId, AcsUserUpdate, ClosedSchedule, CreateAcsUser,
        ListAcsUsers, NewAcsUser, NewSchedule, Operation, PageRequest, Patch, UpdateAcsUser,
    };
    use serde::Serialize;
    use serde_json::{Value, json};

    use super::*;

    fn check(value: Value, expected: Value) {
        let mut body = Vec::new();
        let mut serializer =
            serde_json::Serializer::with_formatter(&mut body, CutInstants::default());
        value.serialize(&mut serializer).expect("json");
        let written: Value = serde_json::from_slice(&body).expect("json");
        assert_eq!(written, expected);
    }

    #[test]
    fn instants_have_three_digits() {
        check(
            json!({"created_at": "2026-07-01T08:00:00.9999Z", "name": "2026-07-01T08:00:00Z"}),
            json!({"created_at": "2026-07-01T08:00:00.999Z", "name": "2026-07-01T08:00:00Z"}),
        );
        check(
            json!([{"deep": {"ends_at": "9999-12-31T23:59:59Z", "starts_at": null}}]),
            json!([{"deep": {"ends_at": "9999-12-31T23:59:59.000Z", "starts_at": null}}]),
        );
        check(
            json!({"a_at": "2026-07-01T10:00:00+02:00"}),
            json!({"a_at": "2026-07-01T08:00:00.000Z"}),
        );
    }

    #[test]
    fn other_texts_are_kept() {
        for value in [
            json!({"made_at": "yesterday", "x": "y"}),
            json!({"made_at": "2026-07-01T08:00:00Z\n\"", "x": "\\"}),
            json!({"made_at": ["2026-07-01T08:00:00Z"], "x\n_at": 5}),
            json!({"made_at": "", "x_at": {"at": "2026-07-01T08:00:00Z"}}),
            json!("2026-07-01T08:00:00Z"),
        ] {
            check(value.clone(), value);
        }
    }

    #[test]
    fn requests_cut_instants_too() {
        let at: Timestamp = "9999-12-31T23:59:59.9999Z".parse().expect("an instant");
        let mut before = AcsUserFilter::new();
        before.created_before = Some(at);
        let name = "Ada".parse().expect("a name");
        let mut new = NewAcsUser::new(AcsSystemId::from_u128(1), name);
        new.access_schedule = Some(NewSchedule {
            starts_at: None,
            ends_at: Some(at),
        });
        let update = AcsUserUpdate {
            access_schedule: Patch::Set(ClosedSchedule {
                starts_at: at,
                ends_at: at,
            }),
            ..AcsUserUpdate::default()
        };
        let requests: [Operation; 3] = [
            ListAcsUsers::new(before, PageRequest::first()).into(),
            CreateAcsUser::new(new).into(),
            UpdateAcsUser::new(AcsUserId::from_u128(1), update).into(),
        ];
        for request in requests {
            let (path, fields) = crate::wire::write(&request).expect("a path");
            let fields = json!(fields.into_fields()).to_string();
            assert!(
                fields.contains("9999-12-31T23:59:59.999Z"),
                "{path}: {fields}"
            );
            assert!(!fields.contains("9999Z"), "{path}: {fields}");
        }
    }
}
