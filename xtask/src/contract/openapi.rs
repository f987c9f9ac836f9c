//! Reduces the package to the contract: which paths, where their parameters travel, what they
//! take and answer.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{
    package::{self, Package},
    shape,
};

/// The contract in a package: the paths in scope, and the resources in their responses.
///
/// # Errors
///
/// The package contains something unknown; the error tells where.
pub(crate) fn reduce(package: &Package) -> Result<Value, String> {
    let document = document(&package.openapi)?;
    let all = document["paths"].as_object().ok_or("there are no paths")?;
    let locations = locations(&package.route_types)?;
    let mut paths = Map::new();
    for (path, methods) in all.iter().filter(|(path, _)| covers(path)) {
        let operation = operation(path, methods, &locations);
        paths.insert(
            path.clone(),
            operation.map_err(|error| format!("{path}: {error}"))?,
        );
    }
    let schemas = schemas(&document["components"]["schemas"], &resources(&paths))?;
    let beside: Vec<_> = all.keys().filter(|path| borders(path)).collect();
    Ok(json!({
        "package": package::NAME,
        "version": package.version,
        "integrity": package.integrity,
        "paths": paths,
        "schemas": schemas,
        "not_served": beside,
    }))
}

/// The document is a JavaScript module, which holds nothing but one literal. It is parsed and
/// not run, so that no version of the package can do harm.
fn document(module: &str) -> Result<Value, String> {
    let (literal, _) = module
        .split_once("const openapi = ")
        .and_then(|(_, rest)| rest.rsplit_once("};"))
        .ok_or("the OpenAPI module does not begin and end as it used to")?;
    let lines: Vec<_> = literal.lines().map(json5_line).collect();
    json5::from_str(&(lines.join("\n") + "}"))
        .map_err(|error| format!("the OpenAPI module holds no literal: {error}"))
}

/// The literal is JSON5, except for keys that are numbers (`200: …`) and for
/// numbers in groups (`55_000`).
fn json5_line(line: &str) -> String {
    let Some((key, value)) = line.trim_start().split_once(": ") else {
        return line.to_owned();
    };
    let is_number = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'_')
    };
    if is_number(key) {
        format!("\"{key}\": {value}")
    } else if is_number(value.trim_end_matches(',')) {
        format!("{key}: {}", value.replace('_', ""))
    } else {
        line.to_owned()
    }
}

/// One path. Its methods must agree on everything but the location of the parameters.
fn operation(path: &str, methods: &Value, locations: &Locations) -> Result<Value, String> {
    let methods = methods.as_object().ok_or("a path is an object")?;
    let post = methods.get("post").ok_or("there is no POST")?;
    let request = request(post)?;
    for (name, method) in methods {
        let told = in_query(method)?;
        let is_same = told.is_none_or(|fields| json!({"fields": fields}) == request)
            && (method.get("requestBody").is_none() || self::request(method)? == request);
        if !is_same || auth(method)? != auth(post)? || method["responses"] != post["responses"] {
            return Err(format!("{name} and post are not the same operation"));
        }
    }
    let names: BTreeSet<_> = methods.keys().map(|name| name.to_uppercase()).collect();
    let (response, paginated) = response(post)?;
    let mut operation = Map::from_iter([
        ("methods".to_owned(), json!(names)),
        ("auth".to_owned(), json!(auth(post)?)),
        ("request".to_owned(), request),
        ("response".to_owned(), response),
        ("paginated".to_owned(), paginated.into()),
    ]);
    if let Some(location) = locations.get(path) {
        operation.insert("location".into(), (*location).into());
    }
    if post.get("x-undocumented").is_some() {
        operation.insert("undocumented".into(), true.into());
    }
    Ok(operation.into())
}

/// The fields of the body, or several sets of them, of which a request has one.
fn request(method: &Value) -> Result<Value, String> {
    let Some(body) = method.get("requestBody") else {
        return Ok(json!({"fields": {}}));
    };
    let schema = body["content"]["application/json"]["schema"]
        .as_object()
        .ok_or("the body is not described")?;
    let Some(alternatives) = schema.get("oneOf").and_then(Value::as_array) else {
        return Ok(json!({"fields": shape::fields(schema)?}));
    };
    let alternatives: Result<Vec<_>, _> = alternatives
        .iter()
        .map(|one| shape::fields(one.as_object().ok_or("an alternative is an object")?))
        .collect();
    Ok(json!({"one_of": alternatives?}))
}

/// The fields of the query, if the method has any; alternatives cannot be written there.
fn in_query(method: &Value) -> Result<Option<shape::Fields>, String> {
    let Some(parameters) = method["parameters"].as_array() else {
        return Ok(None);
    };
    let mut fields = Map::new();
    for parameter in parameters {
        let name = parameter["name"].as_str().unwrap_or_default();
        if parameter["in"] != "query" {
            return Err(format!("{name} does not travel in the query"));
        }
        let mut shape =
            shape::of(&parameter["schema"]).map_err(|error| format!("{name}: {error}"))?;
        if parameter["required"] == true {
            shape["required"] = true.into();
        }
        fields.insert(name.to_owned(), shape);
    }
    Ok(Some(fields))
}

/// The kinds of credential that are accepted.
fn auth(method: &Value) -> Result<BTreeSet<&String>, String> {
    let kinds = method["security"].as_array().ok_or("no `security`")?;
    let names = kinds.iter().filter_map(Value::as_object);
    Ok(names.flat_map(|kind| kind.keys()).collect())
}

/// The resource in the response, and whether it comes in pages.
fn response(method: &Value) -> Result<(Value, bool), String> {
    let schema = &method["responses"]["200"]["content"]["application/json"]["schema"];
    let mut keys = schema["properties"]
        .as_object()
        .ok_or("no response")?
        .clone();
    keys.remove("ok").ok_or("the response has no `ok`")?;
    let paginated = keys.remove("pagination").is_some();
    let required = schema["required"].as_array().map_or(0, Vec::len);
    if required != keys.len() + usize::from(paginated) + 1 {
        return Err("a key of the response is not required".to_owned());
    }
    let mut keys = keys.into_iter();
    let (first, second) = (keys.next(), keys.next());
    let Some((key, value)) = first else {
        return Ok((Value::Null, paginated));
    };
    if second.is_some() || method["x-response-key"] != key.as_str() {
        return Err(format!("{key} is not the one key of the response"));
    }
    let many = value["type"] == "array";
    let resource = if many { &value["items"] } else { &value };
    let resource = resource["$ref"]
        .as_str()
        .and_then(|text| text.strip_prefix("#/components/schemas/"))
        .ok_or_else(|| format!("{key} is not a resource"))?;
    let response = json!({"key": key, "resource": resource, "many": many});
    Ok((response, paginated))
}

/// The schemas of all responses, and that of pagination.
fn resources(paths: &Map<String, Value>) -> BTreeSet<&str> {
    paths
        .values()
        .filter_map(|path| path["response"]["resource"].as_str())
        .chain(["pagination"])
        .collect()
}

fn schemas(all: &Value, names: &BTreeSet<&str>) -> Result<Map<String, Value>, String> {
    let mut schemas = Map::new();
    for name in names {
        let schema = all[*name]
            .as_object()
            .ok_or_else(|| format!("{name} is not described"))?;
        let fields = shape::fields(schema).map_err(|error| format!("{name}: {error}"))?;
        schemas.insert((*name).to_owned(), fields.into());
    }
    Ok(schemas)
}

/// Where the parameters of a path travel, `body` or `query_or_body`; paths without parameters are
/// not in it.
type Locations = BTreeMap<String, &'static str>;

/// Reads the locations of all paths from the route types of the package: only these tell.
///
/// # Errors
///
/// A path has parameters of two kinds.
fn locations(route_types: &str) -> Result<Locations, String> {
    let mut locations = Locations::new();
    let mut path = String::new();
    for line in route_types.lines() {
        if let Some(found) = quoted_key(line) {
            path = found.to_owned();
        } else if let Some(location) = location(line)
            && let Some(other) = locations.insert(path.clone(), location)
        {
            return Err(format!("{path}: its parameters are {other} and {location}"));
        }
    }
    Ok(locations)
}

/// The path that a line begins to declare, indented by four blanks.
fn quoted_key(line: &str) -> Option<&str> {
    line.strip_prefix("    '")?.strip_suffix("': {")
}

/// What a line declares parameters for; it is indented by eight blanks, one level below a path.
fn location(line: &str) -> Option<&'static str> {
    let (name, value) = line.strip_prefix("        ")?.split_once(": ")?;
    match (name, value) {
        (_, "{};") => None,
        ("commonParams", _) => Some("query_or_body"),
        ("jsonBody", _) => Some("body"),
        ("queryParams", _) => Some("query"),
        _ => None,
    }
}

/// Whether the contract covers the path.
fn covers(path: &str) -> bool {
    WHOLE.iter().any(|part| path.starts_with(part)) || SINGLE.contains(&path)
}

/// Whether the path is a neighbour of covered ones: the contract names it, so that new neighbours
/// are noticed.
fn borders(path: &str) -> bool {
    !covers(path) && NEIGHBOURS.iter().any(|part| path.starts_with(part))
}

/// Every path below these.
const WHOLE: [&str; 2] = ["/acs/access_groups/", "/acs/users/"];

const SINGLE: [&str; 16] = [
    "/acs/entrances/get",
    "/acs/entrances/grant_access",
    "/acs/entrances/list",
    "/acs/systems/get",
    "/acs/systems/list",
    "/user_identities/add_acs_user",
    "/user_identities/create",
    "/user_identities/delete",
    "/user_identities/get",
    "/user_identities/list",
    "/user_identities/list_accessible_entrances",
    "/user_identities/list_acs_systems",
    "/user_identities/list_acs_users",
    "/user_identities/remove_acs_user",
    "/user_identities/update",
    "/workspaces/get",
];

const NEIGHBOURS: [&str; 4] = [
    "/acs/entrances/",
    "/acs/systems/",
    "/user_identities/",
    "/workspaces/",
];

#[cfg(test)]
mod tests;
