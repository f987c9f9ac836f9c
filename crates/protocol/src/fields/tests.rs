use access_groups_core::{
    AcsUserId, ContactDetail, EntranceId, PageCursor, PageRequest, ParseTextError, PersonName,
    SearchText, Timestamp, UserIdentityKey,
};
use serde_json::json;

use super::*;
use crate::wire::parameters::{self as texts, Parameter};

/// How many ids a list may hold here.
const MAX_IDS: usize = 50;

fn params(query: &str, body: Value) -> (Query, Map<String, Value>) {
    let body = body.as_object().expect("an object").clone();
    (crate::query::read(query), body)
}

/// What `read` makes of the parameters, or the message that refuses them.
fn read<T>(
    query: &str,
    body: Value,
    read: impl FnOnce(&mut FieldReader<'_>) -> T,
) -> Result<T, String> {
    let (query, body) = params(query, body);
    let mut fields = FieldReader::new(&query, &body, MAX_IDS);
    let found = read(&mut fields);
    match fields.finish() {
        Ok(()) => Ok(found),
        Err(error) => Err(error.message().to_owned()),
    }
}

fn check(query: &str, body: Value, expected: Result<Option<&str>, &str>) {
    let found = read(query, body, |fields| {
        fields.optional("search", texts::search)
    });
    let found = found
        .as_ref()
        .map(|text| text.as_ref().map(SearchText::as_str));
    assert_eq!(found.map_err(String::as_str), expected, "{query}");
}

#[test]
fn the_body_beats_the_query_and_unknown_names_do_not_matter() {
    check("", json!({}), Ok(None));
    check("search=q", json!({}), Ok(Some("q")));
    check("search=q", json!({"search": "b"}), Ok(Some("b")));
    check("search[]=q&other=1&other=2", json!({"extra": 1}), Ok(None));
    check("search=a,b&_strict=true", json!({}), Ok(Some("a,b")));
}

#[test]
fn an_empty_text_is_null_in_the_query_and_too_short_in_the_body() {
    check(
        "search=",
        json!({}),
        Err("Expected string, received null for \"search\""),
    );
    let too_short = "String must contain at least 1 character(s) for \"search\"";
    check("", json!({"search": ""}), Err(too_short));
    let too_long = "String must contain at most 1000 character(s) for \"search\"";
    check("", json!({"search": "x".repeat(1001)}), Err(too_long));
}

#[test]
fn a_scalar_given_twice_in_the_query_is_ambiguous_even_beside_a_body() {
    let twice = "\"search\" is given more than once in the query";
    check("search=a&search=a", json!({}), Err(twice));
    check("search=a&search=b", json!({"search": "c"}), Err(twice));
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let (query, body) = params("", json!({"a": 5, "b": null, "c": "no"}));
    let mut fields = FieldReader::new(&query, &body, MAX_IDS);
    for name in ["a", "b", "c", "d"] {
        assert_eq!(fields.required(name, texts::id::<AcsUserId>), None);
    }
    let error = fields.finish().expect_err("four problems");
    assert_eq!(
        error.message(),
        "4 Input Errors: Expected string, received number for \"a\", \
         Expected string, received null for \"b\", Invalid uuid for \"c\", d is required",
    );
    let paths: Vec<_> = error
        .fields()
        .iter()
        .map(|field| field.path.as_str())
        .collect();
    assert_eq!(paths, ["a", "b", "c", "d"]);
}

fn check_list(query: &str, body: Value, expected: Result<Option<&[u128]>, &str>) {
    let found = read(query, body, |fields| {
        fields.list("ids", texts::id::<EntranceId>)
    });
    let ids: fn(&[u128]) -> Vec<EntranceId> = |numbers| {
        numbers
            .iter()
            .map(|number| EntranceId::from_u128(*number))
            .collect()
    };
    let expected = expected
        .map(|numbers| numbers.map(ids))
        .map_err(str::to_owned);
    assert_eq!(found, expected, "{query}");
}

const ONE: &str = "00000000-0000-0000-0000-000000000001";
const TWO: &str = "00000000-0000-0000-0000-000000000002";

#[test]
fn a_list_in_the_query_is_strict_or_generous() {
    let none = || json!({});
    check_list("", none(), Ok(None));
    check_list("ids=", none(), Ok(Some(&[])));
    check_list("ids=&_strict=true", none(), Ok(Some(&[])));
    check_list(
        &format!("ids={ONE}&ids={TWO}&_strict=true"),
        none(),
        Ok(Some(&[1, 2])),
    );
    check_list(&format!("ids={ONE}&ids={TWO}"), none(), Ok(Some(&[1, 2])));
    check_list(
        &format!("ids[]={ONE}&ids[]={TWO}"),
        none(),
        Ok(Some(&[1, 2])),
    );
    check_list(&format!("ids[]={ONE}&_strict=true"), none(), Ok(None));
    check_list(&format!("ids={ONE},{TWO}"), none(), Ok(Some(&[1, 2])));
    check_list(
        &format!("ids={ONE},{TWO}&_strict=true"),
        none(),
        Err("Invalid uuid for \"ids.0\""),
    );
    let mixed = "\"ids\" is a list in more than one way";
    check_list(&format!("ids={ONE}&ids[]={TWO}"), none(), Err(mixed));
    check_list(&format!("ids={ONE},"), none(), Err(mixed));
    check_list(&format!("ids={ONE}&ids="), none(), Err(mixed));
    check_list(&format!("ids={ONE}&ids=&_strict=true"), none(), Err(mixed));
    check_list(&format!("ids[]={ONE},{TWO}"), none(), Err(mixed));
}

#[test]
fn a_list_in_the_body_names_its_wrong_items() {
    check_list("", json!({"ids": [ONE, TWO]}), Ok(Some(&[1, 2])));
    check_list(&format!("ids={ONE}"), json!({"ids": []}), Ok(Some(&[])));
    check_list(
        "",
        json!({"ids": ONE}),
        Err("Expected array, received string for \"ids\""),
    );
    check_list(
        "",
        json!({"ids": [ONE, 5, "x"]}),
        Err(
            "2 Input Errors: Expected string, received number for \"ids.1\", \
             Invalid uuid for \"ids.2\"",
        ),
    );
}

fn check_limit(query: &str, body: Value, expected: Result<Option<u32>, &str>) {
    let found = read(query, body, |fields| {
        fields.limit("limit").map(NonZeroU32::get)
    });
    assert_eq!(found, expected.map_err(str::to_owned), "{query}");
}

#[test]
fn a_limit_is_a_whole_number_above_nothing() {
    let none = || json!({});
    check_limit("", none(), Ok(None));
    check_limit("limit=7", none(), Ok(Some(7)));
    check_limit("", json!({"limit": 7}), Ok(Some(7)));
    check_limit("", json!({"limit": 7.0}), Ok(Some(7)));
    let small = "Number must be greater than 0 for \"limit\"";
    check_limit("limit=0", none(), Err(small));
    check_limit("", json!({"limit": -1}), Err(small));
    let float = "Expected integer, received float for \"limit\"";
    check_limit("limit=1.5", none(), Err(float));
    let text = "Expected number, received string for \"limit\"";
    check_limit("limit=abc", none(), Err(text));
    check_limit("", json!({"limit": "7"}), Err(text));
    let null = "Expected number, received null for \"limit\"";
    check_limit("limit=", none(), Err(null));
    // Larger than any integer of ours is as large as any.
    check_limit("", json!({"limit": 4_294_967_296_u64}), Ok(Some(u32::MAX)));
    check_limit("limit=1e300", none(), Ok(Some(u32::MAX)));
}

#[test]
fn a_cursor_is_base64_and_null_is_the_first_page() {
    let cursor = |query: &str| {
        read(query, json!({}), |fields| {
            fields.optional_or_null("page_cursor", texts::cursor)
        })
    };
    assert_eq!(cursor("page_cursor="), Ok(None));
    assert_eq!(
        cursor("page_cursor=abcd"),
        Ok(Some(PageCursor::new("abcd")))
    );
    assert_eq!(
        cursor("page_cursor=%21"),
        Err("Invalid base64 for \"page_cursor\"".to_owned())
    );
}

#[test]
fn larger_limits_become_the_largest() {
    for (asked, expected) in [(1000, 1000), (1001, 1000), (u32::MAX, 1000), (1, 1)] {
        let expected = NonZeroU32::new(expected);
        let query = format!("limit={asked}");
        let page = read(&query, json!({}), PageRequest::read).expect("a limit");
        assert_eq!(page.map(|page| page.limit), Some(expected));
        let asked = PageRequest::first().with_limit(NonZeroU32::new(asked).expect("not 0"));
        let mut writer = FieldWriter::default();
        asked.write(&mut writer);
        let written = writer.into_fields();
        assert_eq!(written, [("limit", json!(expected))]);
    }
}

#[test]
fn overlong_texts_and_nul_are_refused() {
    fn check<T: std::str::FromStr<Err = ParseTextError>>(query: &str, body: Value, expected: &str) {
        let found = read(query, body, |fields| {
            fields.optional("phone", texts::checked::<T>).is_some()
        });
        assert_eq!(found, Err(format!("{expected} for \"phone\"")));
    }
    let too_long = "String must contain at most 1000 character(s)";
    check::<ContactDetail>("", json!({"phone": "x".repeat(1001)}), too_long);
    check::<PersonName>("", json!({"phone": "x".repeat(1001)}), too_long);
    check::<UserIdentityKey>(&format!("phone={}", "x".repeat(1001)), json!({}), too_long);
    let nul = "String must not contain the character U+0000";
    check::<ContactDetail>("", json!({"phone": "1\0"}), nul);
    check::<ContactDetail>("phone=1%00", json!({}), nul);
}

#[test]
fn an_object_has_fields_of_its_own() {
    let schedule = |body: Value| {
        read("", body, |fields| {
            fields.object("schedule", true, |fields| {
                fields.required("starts_at", texts::instant)
            })
        })
    };
    assert_eq!(schedule(json!({})), Ok(None));
    assert_eq!(schedule(json!({"schedule": null})), Ok(Some(None)));
    let instant = json!({"schedule": {"starts_at": "1970-01-01T00:00:00Z"}});
    assert_eq!(schedule(instant), Ok(Some(Some(Timestamp::UNIX_EPOCH))));
    let wrong = |body| schedule(body).expect_err("wrong");
    assert_eq!(
        wrong(json!({"schedule": {}})),
        "schedule.starts_at is required"
    );
    assert_eq!(
        wrong(json!({"schedule": {"starts_at": "soon"}})),
        "Invalid datetime for \"schedule.starts_at\""
    );
    assert_eq!(
        wrong(json!({"schedule": 1})),
        "Expected object, received number for \"schedule\""
    );
}

/// What a list of `count` ids is, all sound, or why it is refused.
fn check_count(query: &str, body: Value, expected: Result<usize, &str>) {
    let found = read(query, body, |fields| {
        let ids = fields.list("ids", texts::id::<EntranceId>);
        ids.map_or(0, |ids| ids.len())
    });
    assert_eq!(
        found.as_ref().map_err(String::as_str),
        expected.as_ref().map_err(|text| *text)
    );
}

#[test]
fn a_list_of_ids_is_bounded_in_body_and_query() {
    let id = EntranceId::from_u128(1).to_string();
    let too_many = Err("Array must contain at most 50 element(s) for \"ids\"");
    for (count, expected) in [(MAX_IDS, Ok(MAX_IDS)), (MAX_IDS + 1, too_many)] {
        let ids = vec![id.as_str(); count];
        check_count("", json!({ "ids": ids }), expected);
        check_count(&format!("ids={}", ids.join(",")), json!({}), expected);
        check_count(&format!("ids={}", ids.join("&ids=")), json!({}), expected);
        check_count(
            &format!("ids[]={}", ids.join("&ids[]=")),
            json!({}),
            expected,
        );
    }
}

#[test]
fn complaints_stop_at_twenty_and_are_counted_on() {
    let (query, body) = params(
        "",
        json!({"ids": vec!["no"; 30], "inner": {"ids": vec![5; 25]}}),
    );
    let mut fields = FieldReader::new(&query, &body, MAX_IDS);
    fields.object("inner", false, |inner| {
        inner.list("ids", texts::id::<EntranceId>)
    });
    fields.list("ids", texts::id::<EntranceId>);
    fields.required("name", texts::id::<EntranceId>);
    let error = fields.finish().expect_err("wrong ids");
    let message = error.message();
    assert!(message.starts_with("56 Input Errors: "), "{message}");
    assert!(
        message.ends_with(" for \"inner.ids.19\", and 36 more"),
        "{message}"
    );
    assert_eq!(error.fields().len(), 20);
}
