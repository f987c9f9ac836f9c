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
    let covered = all.iter().filter(|(path, _)| covers(path));
    let paths = covered.map(|(path, methods)| {
        let operation = operation(path, methods, &locations);
        let operation = operation.map_err(|error| format!("{path}: {error}"))?;
        Ok((path.clone(), operation))
    });
    let paths = paths.collect::<Result<_, String>>()?;
    let schemas = schemas(&document["components"]["schemas"], &paths)?;
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
    let is_digit = |letter: char| letter.is_ascii_digit() || letter == '_';
    let is_number = |text: &str| text.chars().all(is_digit);
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
    let mut operation = json!({
        "methods": names,
        "auth": auth(post)?,
        "request": request,
        "response": response,
        "paginated": paginated,
    });
    if let Some(location) = locations.get(path) {
        operation["location"] = (*location).into();
    }
    if post.get("x-undocumented").is_some() {
        operation["undocumented"] = true.into();
    }
    Ok(operation)
}

/// The fields of the body, or several sets of them, of which a request has one.
fn request(method: &Value) -> Result<Value, String> {
    let Some(body) = method.get("requestBody") else {
        return Ok(json!({"fields": {}}));
    };
    let schema = &body["content"]["application/json"]["schema"];
    let fields = |schema: &Value| shape::fields(schema.as_object().ok_or("a body is an object")?);
    let Some(alternatives) = schema["oneOf"].as_array() else {
        return Ok(json!({"fields": fields(schema)?}));
    };
    let alternatives: Result<Vec<_>, String> = alternatives.iter().map(fields).collect();
    Ok(json!({"one_of": alternatives?}))
}

/// The fields of the query, if the method has any; alternatives cannot be written there.
fn in_query(method: &Value) -> Result<Option<shape::Fields>, String> {
    let Some(parameters) = method["parameters"].as_array() else {
        return Ok(None);
    };
    let fields = parameters.iter().map(|parameter| {
        let name = parameter["name"].as_str().unwrap_or_default();
        if parameter["in"] != "query" {
            return Err(format!("{name} does not travel in the query"));
        }
        let shape = shape::of(&parameter["schema"]);
        let mut shape = shape.map_err(|error| format!("{name}: {error}"))?;
        if parameter["required"] == true {
            shape["required"] = true.into();
        }
        Ok((name.to_owned(), shape))
    });
    fields.collect::<Result<_, _>>().map(Some)
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
fn schemas(all: &Value, paths: &Map<String, Value>) -> Result<Map<String, Value>, String> {
    let resources = paths.values().map(|path| &path["response"]["resource"]);
    let resources = resources.filter_map(Value::as_str).chain(["pagination"]);
    let schema = |name: &str| {
        let schema = all[name].as_object().ok_or("it is not described")?;
        let fields = shape::fields(schema);
        Ok((name.to_owned(), fields?.into()))
    };
    let schema = |name| schema(name).map_err(|error: String| format!("{name}: {error}"));
    resources.map(schema).collect()
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
        let declared = line.strip_prefix("    '");
        if let Some(found) = declared.and_then(|rest| rest.strip_suffix("': {")) {
            path = found.to_owned();
        } else if let Some(location) = location(line)
            && let Some(other) = locations.insert(path.clone(), location)
        {
            return Err(format!("{path}: its parameters are {other} and {location}"));
        }
    }
    Ok(locations)
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
