//! The document against the router that it is made from, and against the rules of OpenAPI 3.1.

use std::collections::{BTreeMap, BTreeSet};

use axum::Router;
use serde_json::Value;

use super::{
    complete,
    example::{example, kind, resolved},
    page,
};
use crate::http::{
    router::{reference, rest},
    state::Site,
};

const METHODS: [&str; 5] = ["get", "put", "post", "patch", "delete"];

fn document() -> Value {
    serde_json::to_value(complete(
        rest().merge(reference()).into_openapi(),
        "artcritique",
    ))
    .expect("JSON")
}

/// All operations, each with its method and path.
fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = document["paths"].as_object().expect("paths");
    paths
        .iter()
        .flat_map(|(path, item)| {
            let operations = item.as_object().expect("a path item");
            operations
                .iter()
                .map(move |(method, operation)| (method.as_str(), path.as_str(), operation))
        })
        .collect()
}

/// Calls `visit` with every object within a value.
fn each_object<'a>(value: &'a Value, visit: &mut impl FnMut(&'a serde_json::Map<String, Value>)) {
    match value {
        Value::Object(fields) => {
            visit(fields);
            fields.values().for_each(|value| each_object(value, visit));
        }
        Value::Array(items) => items.iter().for_each(|value| each_object(value, visit)),
        _ => {}
    }
}

/// The router's paths, each with its methods. axum lists its routes in its `Debug` output only.
fn routes() -> BTreeMap<String, BTreeSet<String>> {
    let router: Router<Site> = rest().merge(reference()).into();
    let text = format!("{router:?}");
    let (_, paths) = text.split_once("paths: {").expect("its paths");
    let methods: BTreeMap<&str, String> = text
        .split("RouteId(")
        .filter_map(|part| {
            let (id, rest) = part.split_once("): MethodRouter")?;
            let (_, header) = rest.split_once("allow_header: ")?;
            Some((id, header.split(" }").next()?.to_owned()))
        })
        .collect();
    paths
        .split("RouteId(")
        .filter_map(|part| {
            let (id, rest) = part.split_once("): \"")?;
            // The other paths are axum's own fallback.
            let path = rest
                .split('"')
                .next()
                .filter(|path| path.starts_with("/api"))?;
            let allow = &methods[id];
            let methods = allow.split(['"', ',']).filter_map(|word| {
                let method = word.to_lowercase();
                METHODS.contains(&method.as_str()).then_some(method)
            });
            Some((path.to_owned(), methods.collect()))
        })
        .collect()
}

#[test]
fn the_document_has_every_route_and_nothing_else() {
    let mut served = routes();
    let fallback = served.remove("/api/{*rest}");
    assert_eq!(fallback, Some(BTreeSet::new()), "it takes every method");
    let twin = served.remove("/api/notifications/");
    assert_eq!(twin.as_ref(), served.get("/api/notifications"));
    let document = document();
    let mut documented: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (method, path, _) in operations(&document) {
        documented
            .entry(path.to_owned())
            .or_default()
            .insert(method.to_owned());
    }
    assert!(served.len() > 10, "{served:?}");
    assert_eq!(documented, served);
}

#[test]
fn every_operation_is_described_and_has_its_errors() {
    let document = document();
    let tags: BTreeSet<&str> = document["tags"]
        .as_array()
        .expect("tags")
        .iter()
        .filter_map(|tag| tag["name"].as_str())
        .collect();
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations(&document) {
        let at = format!("{method} {path}");
        for field in ["operationId", "summary", "description"] {
            assert!(!operation[field].as_str().expect(&at).is_empty(), "{at}");
        }
        assert!(
            ids.insert(operation["operationId"].as_str()),
            "{at}: its id"
        );
        assert!(
            tags.contains(operation["tags"][0].as_str().expect(&at)),
            "{at}"
        );
        let answers = operation["responses"].as_object().expect(&at);
        assert!(answers.keys().any(|status| status.starts_with('2')), "{at}");
        let has = |statuses: &[&str]| statuses.iter().all(|status| answers.contains_key(*status));
        assert!(has(&["400", "405", "414", "431", "500", "503"]), "{at}");
        let has_body = operation.get("requestBody").is_some();
        assert_eq!(has(&["408", "413", "415", "422"]), has_body, "{at}");
        assert!(!path.contains('{') || has(&["404"]), "{at}");
        let reference = operation["tags"][0] == "Reference";
        assert_eq!(has(&["401"]), !reference, "{at}");
        let ways = operation["security"].as_array();
        let takes_token = ways.is_none_or(|ways| ways.iter().any(|way| way.get("token").is_some()));
        assert_eq!(has(&["403"]), method != "get" || takes_token, "{at}");
        let unlimited = method == "get" || at == "delete /api/session";
        assert_eq!(has(&["429"]), !unlimited, "{at}");
        for (status, answer) in answers {
            let answer = resolved(&document, answer);
            assert!(answer["description"].is_string(), "{at} {status}");
            let body = &answer["content"]["application/problem+json"]["schema"]["$ref"];
            let is_error = status.as_str() >= "400";
            assert_eq!(
                body == "#/components/schemas/Problem",
                is_error,
                "{at} {status}"
            );
        }
        for part in path.split('/').filter(|part| part.starts_with('{')) {
            let name = part.trim_matches(['{', '}']);
            let parameters = operation["parameters"].as_array().expect(&at);
            assert!(
                parameters.iter().any(|parameter| parameter["in"] == "path"
                    && parameter["required"] == true
                    && parameter["name"] == name),
                "{at}: {name}"
            );
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            assert!(parameter["description"].is_string(), "{at}: {parameter}");
        }
    }
}

#[test]
fn references_lead_somewhere_and_every_component_is_referenced() {
    let document = document();
    assert_eq!(document["openapi"], "3.1.0");
    let mut used = BTreeSet::new();
    each_object(&document, &mut |object| {
        if let Some(reference) = object.get("$ref").and_then(Value::as_str) {
            let place = reference.strip_prefix('#').expect("within the document");
            assert!(document.pointer(place).is_some(), "{reference}");
            used.insert(reference.to_owned());
        }
    });
    for section in ["schemas", "responses"] {
        for name in document["components"][section]
            .as_object()
            .expect(section)
            .keys()
        {
            let reference = format!("#/components/{section}/{name}");
            assert!(used.contains(&reference), "{reference} is not used");
        }
    }
    let schemes = document["components"]["securitySchemes"].as_object();
    let schemes: Vec<&String> = schemes.expect("schemes").keys().collect();
    assert_eq!(schemes, ["session", "token"]);
}

#[test]
fn every_field_is_described_in_words_for_clients() {
    let document = document();
    for (name, schema) in document["components"]["schemas"]
        .as_object()
        .expect("schemas")
    {
        assert!(schema["description"].is_string(), "{name}");
        for (field, property) in schema["properties"].as_object().into_iter().flatten() {
            let optional = &property["oneOf"][0];
            assert!(
                property
                    .get("description")
                    .or(optional.get("description"))
                    .is_some(),
                "{name}.{field}"
            );
        }
    }
    each_object(&document, &mut |object| {
        let description = object.get("description").and_then(Value::as_str);
        // A link of Rust's documentation means nothing in JSON.
        assert!(
            !description.unwrap_or_default().contains("[`"),
            "{description:?}"
        );
    });
}

/// Why a value does not fit a schema; `None` if it does.
fn misfit(document: &Value, schema: &Value, value: &Value) -> Option<String> {
    let schema = resolved(document, schema);
    if let Some(parts) = schema.get("oneOf").and_then(Value::as_array) {
        let fits = parts
            .iter()
            .any(|part| misfit(document, part, value).is_none());
        return (!fits).then(|| format!("{value} fits no part of {schema}"));
    }
    let nullable = schema["type"]
        .as_array()
        .is_some_and(|kinds| kinds.iter().any(|k| k == "null"));
    if value.is_null() {
        let null = nullable || kind(schema) == "null";
        return (!null).then(|| format!("null for {schema}"));
    }
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        return (!words.contains(value)).then(|| format!("{value} is none of {words:?}"));
    }
    let fits = match kind(schema) {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.as_str().is_some_and(|text| {
            let (least, most) = (schema["minLength"].as_u64(), schema["maxLength"].as_u64());
            let length = text.chars().count() as u64;
            least.is_none_or(|least| length >= least) && most.is_none_or(|most| length <= most)
        }),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        _ => true,
    };
    if !fits {
        return Some(format!("{value} for {schema}"));
    }
    for item in value.as_array().into_iter().flatten() {
        if let Some(misfit) = misfit(document, &schema["items"], item) {
            return Some(misfit);
        }
    }
    let fields = value.as_object()?;
    for name in schema["required"].as_array().into_iter().flatten() {
        if !fields.contains_key(name.as_str().expect("a name")) {
            return Some(format!("{name} is missing from {value}"));
        }
    }
    fields
        .iter()
        .find_map(|(name, value)| match schema["properties"].get(name) {
            Some(property) => misfit(document, property, value),
            None if schema["additionalProperties"] == false => Some(format!("{name} is unknown")),
            None => None,
        })
}

#[test]
fn examples_fit_their_schemas() {
    let document = document();
    let mut examples = 0;
    let mut check = |schema: &Value, value: &Value| {
        examples += 1;
        assert_eq!(misfit(&document, schema, value), None);
    };
    each_object(&document["components"]["schemas"], &mut |schema| {
        let schema = Value::Object(schema.clone());
        if schema.get("type").is_some() && schema.get("example").is_some() {
            check(&schema, &schema["example"]);
        }
    });
    for schema in document["components"]["schemas"]
        .as_object()
        .expect("schemas")
        .values()
    {
        check(schema, &example(&document, schema));
    }
    for (_, _, operation) in operations(&document) {
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            if let Some(example) = parameter.get("example") {
                check(&parameter["schema"], example);
            }
        }
    }
    assert!(examples > 40, "{examples}");
}

#[test]
fn a_misfit_is_found() {
    let document = document();
    let schema = &document["components"]["schemas"]["Registration"];
    let mut value = example(&document, schema);
    assert_eq!(misfit(&document, schema, &value), None);
    value["handle"] = "a".into();
    assert!(misfit(&document, schema, &value).is_some(), "too short");
    value["handle"] = 7.into();
    assert!(misfit(&document, schema, &value).is_some(), "no text");
    value.as_object_mut().expect("an object").remove("handle");
    assert!(misfit(&document, schema, &value).is_some(), "missing");
}

#[test]
fn the_page_shows_every_operation_and_schema_at_its_anchor() {
    let document = document();
    let page = page::page(&document, "/pkg/site.css", "https://example.org");
    let ids: Vec<&str> = page
        .split(" id=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    let unique: BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(unique.len(), ids.len(), "ids are unique");
    for (method, path, operation) in operations(&document) {
        let id = operation["operationId"].as_str().expect("an id");
        assert!(unique.contains(id), "{method} {path}");
        assert!(page.contains(&format!("<code>{path}</code>")), "{path}");
    }
    for rest in page.split("href=\"#").skip(1) {
        let target = rest.split('"').next().expect("the end");
        assert!(unique.contains(target), "#{target}");
    }
    let command = "curl -X POST 'https://example.org/api/artworks/7/critiques'";
    assert!(page.contains(command), "an example");
    for unwanted in ["<script", "style=", "onclick", "http://"] {
        assert!(!page.contains(unwanted), "{unwanted}");
    }
}
