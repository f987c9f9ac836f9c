//! Reduces the package to the contract.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{
    carrier::{self, Carriers},
    package::{self, Package},
    scope, shape,
};

/// The contract that a package spells: its paths in scope, and the resources that they answer.
///
/// # Errors
///
/// The package says something that is not understood here; where, the error tells.
pub(crate) fn reduce(package: &Package) -> Result<Value, String> {
    let document = document(&package.openapi)?;
    let all = document["paths"].as_object().ok_or("there are no paths")?;
    let carriers = carrier::all(&package.route_types)?;
    let mut paths = Map::new();
    for (path, methods) in all.iter().filter(|(path, _)| scope::covers(path)) {
        let operation = operation(path, methods, &carriers);
        paths.insert(
            path.clone(),
            operation.map_err(|error| format!("{path}: {error}"))?,
        );
    }
    let schemas = schemas(&document["components"]["schemas"], &resources(&paths))?;
    let beside: Vec<_> = all.keys().filter(|path| scope::borders(path)).collect();
    Ok(json!({
        "package": package::NAME,
        "version": package.version,
        "integrity": package.integrity,
        "paths": paths,
        "schemas": schemas,
        "not_served": beside,
    }))
}

/// The document is a JavaScript module, which holds nothing but one literal. It is read, not
/// run: whatever the newest version may be, it does nothing here.
fn document(module: &str) -> Result<Value, String> {
    let (literal, _) = module
        .split_once("const openapi = ")
        .and_then(|(_, rest)| rest.rsplit_once("};"))
        .ok_or("the OpenAPI module does not begin and end as it used to")?;
    let lines: Vec<_> = literal.lines().map(json5_line).collect();
    json5::from_str(&(lines.join("\n") + "}"))
        .map_err(|error| format!("the OpenAPI module holds no literal: {error}"))
}

/// JSON5 is the language of such literals, but for keys that are numbers (`200: …`) and for
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

/// One path. Its methods must agree on everything but the carrier.
fn operation(path: &str, methods: &Value, carriers: &Carriers) -> Result<Value, String> {
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
    if let Some(carrier) = carriers.get(path) {
        operation.insert("carrier".into(), (*carrier).into());
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

/// The fields of the query, if the method has any; alternatives cannot be said there.
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

/// The kinds of credential that are let in.
fn auth(method: &Value) -> Result<BTreeSet<&String>, String> {
    let kinds = method["security"].as_array().ok_or("no `security`")?;
    let names = kinds.iter().filter_map(Value::as_object);
    Ok(names.flat_map(|kind| kind.keys()).collect())
}

/// What comes back, and whether in pages.
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
        .ok_or_else(|| format!("{key} is no resource"))?;
    let response = json!({"key": key, "resource": resource, "many": many});
    Ok((response, paginated))
}

/// What the paths answer, and what pages say of themselves.
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

#[cfg(test)]
mod tests;
