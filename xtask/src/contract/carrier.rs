//! Where the parameters of a path travel: only the route types tell.

use std::collections::BTreeMap;

/// By path: `body` or `query_or_body`; paths without parameters are not in it.
pub(crate) type Carriers = BTreeMap<String, &'static str>;

/// Reads the carriers of all paths from the route types of the package.
///
/// # Errors
///
/// A path has parameters of two kinds.
pub(crate) fn all(route_types: &str) -> Result<Carriers, String> {
    let mut carriers = Carriers::new();
    let mut path = String::new();
    for line in route_types.lines() {
        if let Some(found) = quoted_key(line) {
            path = found.to_owned();
        } else if let Some(carrier) = carrier(line)
            && let Some(other) = carriers.insert(path.clone(), carrier)
        {
            return Err(format!("{path}: its parameters are {other} and {carrier}"));
        }
    }
    Ok(carriers)
}

/// The path that a line begins to declare, four blanks from the left.
fn quoted_key(line: &str) -> Option<&str> {
    line.strip_prefix("    '")?.strip_suffix("': {")
}

/// What a line declares parameters for; eight blanks from the left is one level below a path.
fn carrier(line: &str) -> Option<&'static str> {
    let (name, value) = line.strip_prefix("        ")?.split_once(": ")?;
    match (name, value) {
        (_, "{};") => None,
        ("commonParams", _) => Some("query_or_body"),
        ("jsonBody", _) => Some("body"),
        ("queryParams", _) => Some("query"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared(json_body: &str, common: &str) -> String {
        format!(
            "export type Routes = {{\n    '/a/b': {{\n        route: '/a/b';\n        \
             queryParams: {{}};\n        jsonBody: {json_body}\n        \
             commonParams: {common}\n        formData: {{}};\n        jsonResponse: {{\n            \
             jsonBody: string;\n        }};\n    }};\n}};\n"
        )
    }

    fn check(json_body: &str, common: &str, expected: Option<&'static str>) {
        let carriers = all(&declared(json_body, common)).expect("one kind");
        assert_eq!(carriers.get("/a/b").copied(), expected);
    }

    const FIELDS: &str = "{\n            /** A thing: {}; */\n            id: string;\n        };";

    #[test]
    fn parameters_travel_in_the_body_alone_or_anywhere() {
        check(FIELDS, "{};", Some("body"));
        check("{};", FIELDS, Some("query_or_body"));
        check("{};", "({", Some("query_or_body"));
        check("{};", "{};", None);
    }

    #[test]
    fn parameters_of_two_kinds_are_refused() {
        let failure = all(&declared(FIELDS, FIELDS)).expect_err("two kinds");
        assert_eq!(failure, "/a/b: its parameters are body and query_or_body");
    }
}
