//! Examples made from schemas, and the command line that sends one.

use serde_json::{Map, Value, json};

/// Most schemas within schemas to follow.
const DEPTH_MAX: usize = 12;

/// A value that the schema describes: its own example, or one made of its parts.
pub fn example(document: &Value, schema: &Value) -> Value {
    within(document, schema, DEPTH_MAX)
}

fn within(document: &Value, schema: &Value, depth: usize) -> Value {
    let own = schema
        .get("example")
        .or_else(|| schema.get("examples").and_then(|all| all.get(0)))
        .or_else(|| schema.get("enum").and_then(|all| all.get(0)));
    if let Some(own) = own {
        return own.clone();
    }
    let Some(depth) = depth.checked_sub(1) else {
        return Value::Null;
    };
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        return within(document, resolve(document, reference), depth);
    }
    for list in ["oneOf", "anyOf", "allOf"] {
        let parts = schema.get(list).and_then(Value::as_array);
        let part = parts.and_then(|parts| parts.iter().find(|part| kind(part) != "null"));
        if let Some(part) = part {
            return within(document, part, depth);
        }
    }
    match kind(schema) {
        "object" => {
            let fields = schema.get("properties").and_then(Value::as_object);
            let fields = fields.into_iter().flatten();
            Value::Object(
                fields
                    .map(|(name, field)| (name.clone(), within(document, field, depth)))
                    .collect(),
            )
        }
        "array" => {
            let item = schema.get("items").unwrap_or(&Value::Null);
            json!([within(document, item, depth)])
        }
        "integer" | "number" => schema.get("minimum").cloned().unwrap_or(json!(1)),
        "boolean" => json!(false),
        "string" => json!("text"),
        _ => Value::Object(Map::new()),
    }
}

/// The first type of a schema that is not null; empty if it has none.
pub fn kind(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::String(kind)) => kind,
        Some(Value::Array(kinds)) => kinds
            .iter()
            .filter_map(Value::as_str)
            .find(|kind| *kind != "null")
            .unwrap_or("null"),
        _ => "",
    }
}

/// What a reference within the document points at.
pub fn resolve<'a>(document: &'a Value, reference: &str) -> &'a Value {
    document
        .pointer(reference.trim_start_matches('#'))
        .unwrap_or(&Value::Null)
}

/// `value` itself, or what it refers to.
pub fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    match value.get("$ref").and_then(Value::as_str) {
        Some(reference) => resolve(document, reference),
        None => value,
    }
}

/// The command line that calls an operation, with examples for everything it needs.
pub fn curl(
    document: &Value,
    origin: &str,
    (method, path): (&str, &str),
    operation: &Value,
) -> String {
    let mut address = format!("{origin}{path}");
    let mut words = Vec::new();
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let value = plain(&example(
            document,
            parameter.get("schema").unwrap_or(parameter),
        ));
        let name = parameter["name"].as_str().unwrap_or_default();
        match parameter["in"].as_str() {
            Some("path") => address = address.replace(&format!("{{{name}}}"), &value),
            Some("header") if name == "Idempotency-Key" => {
                words.push(format!("-H {}", quoted(&format!("{name}: {value}"))));
            }
            _ => {}
        }
    }
    if sets_cookie(operation) {
        words.push("--cookie-jar cookies.txt".into());
    }
    // The document's own requirement holds where the operation has none.
    let signed_in = operation.get("security").is_none_or(|security| {
        let ways = security.as_array();
        ways.is_some_and(|ways| ways.iter().any(|way| way.get("session").is_some()))
    });
    if signed_in {
        words.push("--cookie cookies.txt".into());
    }
    let bodies = operation["requestBody"]["content"].as_object();
    if let Some((kind, body)) = bodies.and_then(|bodies| bodies.iter().next()) {
        let body = example(document, &body["schema"]);
        if kind == "multipart/form-data" {
            for (name, value) in body.as_object().into_iter().flatten() {
                words.push(format!(
                    "-F {}",
                    quoted(&format!("{name}={}", plain(value)))
                ));
            }
        } else {
            words.push(format!("-H {}", quoted(&format!("Content-Type: {kind}"))));
            words.push(format!("-d {}", quoted(&body.to_string())));
        }
    }
    let method = if method == "GET" {
        String::new()
    } else {
        format!("-X {method} ")
    };
    let mut command = format!("curl {method}{}", quoted(&address));
    for word in words {
        command.push_str(" \\\n  ");
        command.push_str(&word);
    }
    command
}

fn sets_cookie(operation: &Value) -> bool {
    let answers = operation["responses"].as_object();
    answers.into_iter().flatten().any(|(status, answer)| {
        status.starts_with('2') && answer["headers"].get("Set-Cookie").is_some()
    }) && operation.get("requestBody").is_some()
}

/// A value as it stands in an address or a form.
fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// A word for a POSIX shell.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}
