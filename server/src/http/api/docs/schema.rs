//! Schemas as HTML: a type in words, and a list of fields.

use serde_json::Value;

use super::example::kind;
use crate::http::html::Html;

/// The id of a schema's section.
pub fn anchor(name: &str) -> String {
    format!("schema-{name}")
}

/// A type in words: schemas with a name are links to their sections.
pub fn kind_of(html: &mut Html, schema: &Value) {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let name = reference.rsplit('/').next().unwrap_or_default();
        html.leaf("a", &[("href", &format!("#{}", anchor(name)))], name);
        return;
    }
    for list in ["oneOf", "anyOf", "allOf"] {
        if let Some(parts) = schema.get(list).and_then(Value::as_array) {
            // Null last: "string or null".
            let null = |part: &&Value| kind(part) == "null";
            let parts = parts
                .iter()
                .filter(|part| !null(part))
                .chain(parts.iter().filter(null));
            for (nth, part) in parts.enumerate() {
                if nth > 0 {
                    html.text(" or ");
                }
                kind_of(html, part);
            }
            return;
        }
    }
    match kind(schema) {
        "array" => {
            html.text("list of ");
            kind_of(html, &schema["items"]);
        }
        "" => html.text("any"),
        kind => html.text(kind),
    }
    let types = schema.get("type").and_then(Value::as_array);
    if types.is_some_and(|types| types.iter().any(|kind| kind == "null")) {
        html.text(" or null");
    }
    let format = schema.get("format").and_then(Value::as_str);
    if let Some(format @ ("date-time" | "email" | "binary" | "password")) = format {
        html.text(&format!(" ({format})"));
    }
}

/// The limits of a value in words; empty if it has none.
pub fn limits(schema: &Value) -> String {
    let mut limits = Vec::new();
    for (least, most, unit) in [
        ("minLength", "maxLength", " characters"),
        ("minItems", "maxItems", " items"),
        ("minimum", "maximum", ""),
    ] {
        match (schema.get(least), schema.get(most)) {
            (Some(least), Some(most)) => limits.push(format!("{least} to {most}{unit}")),
            (None, Some(most)) => limits.push(format!("at most {most}{unit}")),
            (Some(least), None) if least != 0 => limits.push(format!("at least {least}{unit}")),
            _ => {}
        }
    }
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        let words: Vec<_> = words
            .iter()
            .filter_map(Value::as_str)
            .map(|word| format!("`{word}`"))
            .collect();
        limits.push(format!("one of {}", words.join(", ")));
    }
    if let Some(pattern) = schema.get("pattern").and_then(Value::as_str) {
        limits.push(format!("matches `{pattern}`"));
    }
    limits.join("; ")
}

/// One entry of a list of fields or parameters.
pub struct Field<'a> {
    /// Its name.
    pub name: &'a str,
    /// Where a parameter stands, or `required`.
    pub notes: &'a [&'a str],
    /// Its type.
    pub schema: &'a Value,
    /// What it means.
    pub description: &'a str,
}

/// An entry of a `dl`.
pub fn field(html: &mut Html, field: &Field<'_>) {
    html.element("dt", &[], |html| {
        html.leaf("code", &[], field.name);
        html.text(" ");
        html.element("span", &[("class", "kind")], |html| {
            kind_of(html, field.schema);
            for note in field.notes {
                html.text(&format!(", {note}"));
            }
        });
    });
    let limits = limits(field.schema);
    html.element("dd", &[], |html| {
        html.line(field.description);
        if !limits.is_empty() {
            html.text(" ");
            html.element("span", &[("class", "limits")], |html| {
                html.line(&format!("({limits})"));
            });
        }
    });
}

/// A field's description. That of an optional field with a named type stands with the type.
fn description(property: &Value) -> &str {
    property
        .get("description")
        .or_else(|| property["oneOf"][0].get("description"))
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// The fields of an object, or what else the schema is.
pub fn fields(html: &mut Html, schema: &Value) {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
        html.element("p", &[], |html| {
            kind_of(html, schema);
            let limits = limits(schema);
            if !limits.is_empty() {
                html.line(&format!(", {limits}"));
            }
        });
        return;
    };
    let required = schema.get("required").and_then(Value::as_array);
    html.element("dl", &[("class", "fields")], |html| {
        for (name, property) in properties {
            let required = required.is_some_and(|required| required.iter().any(|one| one == name));
            field(
                html,
                &Field {
                    name,
                    notes: if required { &["required"] } else { &[] },
                    schema: property,
                    description: description(property),
                },
            );
        }
    });
}
