use super::*;

fn package(paths: &str) -> Package {
    Package {
        version: "1.2.3".to_owned(),
        integrity: "sha512-x".to_owned(),
        openapi: format!(
            "const openapi = {{\n    components: {{\n        schemas: {{\n            \
             acs_user: {{ properties: {{ id: {{ type: 'string' }} }}, type: 'object' }},\n            \
             pagination: {{ properties: {{}}, type: 'object' }},\n        }},\n    }},\n    \
             paths: {paths},\n}};\nexport default openapi;\n//# sourceMappingURL=openapi.js.map"
        ),
        route_types: "    '/acs/users/list': {\n        commonParams: {\n        };\n    };\n"
            .to_owned(),
    }
}

/// A path with GET and POST.
fn path(name: &str, get: &str, auth: &str, properties: &str) -> String {
    let rest = |auth: &str| {
        format!(
            "responses: {{\n200: {{ content: {{ 'application/json': {{ schema: {{ \
             properties: {{ {properties} ok: {{ type: 'boolean' }} }}, \
             required: ['acs_users', 'pagination', 'ok'], type: 'object' }} }} }} }},\n}},\n\
             security: [{{ {auth}: [] }}], 'x-response-key': 'acs_users', description: 'It\\'s.',"
        )
    };
    format!(
        "'{name}': {{ get: {{ {get} {} }}, post: {{ requestBody: {{ content: {{ \
         'application/json': {{ schema: {{ properties: {{ limit: {{\ndefault: 55_000,\n\
         type: 'integer' }} }}, type: 'object' }} }} }} }}, {} }} }},",
        rest(auth),
        rest("api_key"),
    )
}

const LIST: &str = "/acs/users/list";
const QUERY: &str =
    "parameters: [{ in: 'query', name: 'limit', schema: { default: 55000, type: 'integer' } }],";
const USERS: &str = "acs_users: { items: { $ref: '#/components/schemas/acs_user' }, \
                     type: 'array' }, pagination: { $ref: '#/components/schemas/pagination' },";

#[test]
fn a_package_becomes_a_contract() {
    let beside = "'/workspaces/list': {}, '/devices/get': {},";
    let paths = format!("{{ {} {beside} }}", path(LIST, QUERY, "api_key", USERS));
    let expected = json!({
        "package": "@seamapi/types",
        "version": "1.2.3",
        "integrity": "sha512-x",
        "paths": {LIST: {
            "methods": ["GET", "POST"],
            "auth": ["api_key"],
            "location": "query_or_body",
            "request": {"fields": {"limit": {"type": "integer", "default": 55000}}},
            "response": {"key": "acs_users", "resource": "acs_user", "many": true},
            "paginated": true,
        }},
        "schemas": {"acs_user": {"id": {"type": "string"}}, "pagination": {}},
        "not_served": ["/workspaces/list"],
    });
    assert_eq!(reduce(&package(&paths)), Ok(expected));
}

fn check_refusal(paths: String, expected: &str) {
    let refusal = reduce(&package(&format!("{{ {paths} }}"))).expect_err("a refusal");
    assert!(refusal.contains(expected), "{refusal}");
}

#[test]
fn methods_that_differ_are_refused() {
    let expected = "/acs/users/list: get and post are not the same operation";
    check_refusal(path(LIST, QUERY, "client_session", USERS), expected);
    let less = "parameters: [],";
    check_refusal(path(LIST, less, "api_key", USERS), expected);
}

#[test]
fn a_response_of_another_form_is_refused() {
    let one = "acs_users: { type: 'string' }, pagination: {},";
    check_refusal(
        path(LIST, QUERY, "api_key", one),
        "acs_users is not a resource",
    );
    let three = format!("{USERS} more: {{ type: 'string' }},");
    let expected = "a key of the response is not required";
    check_refusal(path(LIST, QUERY, "api_key", &three), expected);
}

#[test]
fn a_module_with_code_is_refused() {
    check_refusal("a: require('fs')".to_owned(), "holds no literal");
    let mut other = package("{}");
    other.openapi = "export default 5;".to_owned();
    assert!(reduce(&other).is_err());
}

fn declared(json_body: &str, common: &str) -> String {
    format!(
        "export type Routes = {{\n    '/a/b': {{\n        route: '/a/b';\n        \
         queryParams: {{}};\n        jsonBody: {json_body}\n        \
         commonParams: {common}\n        formData: {{}};\n        jsonResponse: {{\n            \
         jsonBody: string;\n        }};\n    }};\n}};\n"
    )
}

fn check_location(json_body: &str, common: &str, expected: Option<&'static str>) {
    let locations = super::locations(&declared(json_body, common)).expect("one kind");
    assert_eq!(locations.get("/a/b").copied(), expected);
}

const FIELDS: &str = "{\n            /** A thing: {}; */\n            id: string;\n        };";

#[test]
fn locations_are_read() {
    check_location(FIELDS, "{};", Some("body"));
    check_location("{};", FIELDS, Some("query_or_body"));
    check_location("{};", "({", Some("query_or_body"));
    check_location("{};", "{};", None);
}

#[test]
fn parameters_of_two_kinds_are_refused() {
    let failure = locations(&declared(FIELDS, FIELDS)).expect_err("two kinds");
    assert_eq!(failure, "/a/b: its parameters are body and query_or_body");
}

fn check_scope(path: &str, expected: (bool, bool)) {
    assert_eq!((covers(path), borders(path)), expected, "{path}");
}

#[test]
fn scope_tells_covered_paths_and_neighbours() {
    check_scope("/acs/users/unmanaged/list", (true, false));
    check_scope("/acs/users/something_new", (true, false));
    check_scope("/acs/systems/get", (true, false));
    check_scope("/acs/systems/report_devices", (false, true));
    check_scope("/devices/get", (false, false));
}
