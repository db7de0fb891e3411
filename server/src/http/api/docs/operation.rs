//! One operation as HTML.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    example::{curl, example, resolved},
    schema::{self, Field, fields, kind_of},
};
use crate::http::html::Html;

/// An operation with its address.
pub struct Call<'a> {
    /// `GET` and so on.
    pub method: &'a str,
    /// The path, with parameters in braces.
    pub path: &'a str,
    /// The operation's object in the document.
    pub operation: &'a Value,
}

impl Call<'_> {
    /// The id of its section.
    pub fn anchor(&self) -> &str {
        self.operation["operationId"].as_str().unwrap_or_default()
    }

    /// Its heading.
    pub fn summary(&self) -> &str {
        self.operation["summary"].as_str().unwrap_or_default()
    }

    /// Its section.
    pub fn section(&self, html: &mut Html, document: &Value, origin: &str) {
        html.element(
            "article",
            &[("id", self.anchor()), ("aria-labelledby", &self.title())],
            |html| {
                html.element("h3", &[("id", &self.title())], |html| {
                    let address = format!("#{}", self.anchor());
                    html.leaf("a", &[("href", &address)], self.summary());
                });
                html.element("p", &[("class", "call")], |html| {
                    html.leaf("b", &[], self.method);
                    html.text(" ");
                    html.leaf("code", &[], self.path);
                });
                html.prose(self.operation["description"].as_str().unwrap_or_default());
                self.sign_in(html);
                self.parameters(html);
                self.body(html, document);
                self.answers(html);
                html.leaf("h4", &[], "Example");
                let command = curl(document, origin, (self.method, self.path), self.operation);
                code(html, &format!("Example of {}", self.summary()), &command);
                self.example_answer(html, document);
            },
        );
    }

    fn title(&self) -> String {
        format!("{}-title", self.anchor())
    }

    fn sign_in(&self, html: &mut Html) {
        let ways = self.operation.get("security").and_then(Value::as_array);
        let open = |way: &Value| way.as_object().is_some_and(serde_json::Map::is_empty);
        html.leaf(
            "p",
            &[("class", "aside")],
            match ways {
                None => "Needs an account that is signed in.",
                Some(ways) if ways.iter().all(open) => "Needs no account.",
                Some(_) => "Needs no account, but takes one.",
            },
        );
    }

    fn parameters(&self, html: &mut Html) {
        let Some(parameters) = self.operation["parameters"].as_array() else {
            return;
        };
        html.leaf("h4", &[], "Parameters");
        html.element("dl", &[("class", "fields")], |html| {
            for parameter in parameters {
                let place = match parameter["in"].as_str() {
                    Some("path") => "in the path",
                    Some("header") => "a header",
                    _ => "in the query",
                };
                schema::field(
                    html,
                    &Field {
                        name: parameter["name"].as_str().unwrap_or_default(),
                        notes: &[place],
                        schema: &parameter["schema"],
                        description: parameter["description"].as_str().unwrap_or_default(),
                    },
                );
            }
        });
    }

    fn body(&self, html: &mut Html, document: &Value) {
        let bodies = self.operation["requestBody"]["content"].as_object();
        for (kind, body) in bodies.into_iter().flatten() {
            html.element("h4", &[], |html| html.line(&format!("Body: `{kind}`")));
            let schema = resolved(document, &body["schema"]);
            html.prose(schema["description"].as_str().unwrap_or_default());
            fields(html, schema);
        }
    }

    fn answers(&self, html: &mut Html) {
        let answers = self.operation["responses"].as_object();
        let answers = || answers.into_iter().flatten();
        html.leaf("h4", &[], "Answers");
        html.element("dl", &[("class", "fields")], |html| {
            for (status, answer) in answers().filter(|(_, answer)| shared(answer).is_none()) {
                self::answer(html, &[], status, answer);
            }
        });
        html.element("p", &[], |html| {
            html.text("Errors as everywhere:");
            for (status, name) in answers().filter_map(|(s, answer)| Some((s, shared(answer)?))) {
                html.text(" ");
                html.leaf(
                    "a",
                    &[("href", &format!("#{}", error_anchor(name)))],
                    status,
                );
            }
        });
    }

    fn example_answer(&self, html: &mut Html, document: &Value) {
        let answers = self.operation["responses"].as_object();
        let found = answers
            .into_iter()
            .flatten()
            .find(|(status, _)| status.starts_with('2'))
            .and_then(|(status, answer)| {
                let body = answer["content"].get("application/json")?;
                Some((status, body.get("schema")?))
            });
        // A schema of any value has no example that says anything.
        if let Some((status, schema)) = found.filter(|(_, schema)| schema.get("$ref").is_some()) {
            let text = serde_json::to_string_pretty(&example(document, schema)).unwrap_or_default();
            html.element("details", &[], |html| {
                html.leaf("summary", &[], &format!("Answer {status}"));
                code(html, &format!("Answer of {}", self.summary()), &text);
            });
        }
    }
}

/// The errors that operations share, each once.
pub fn errors(html: &mut Html, document: &Value) {
    let responses = |item: &Value| item["responses"].as_object().cloned();
    let items = document["paths"].as_object().into_iter().flatten();
    let operations = items.filter_map(|(_, item)| item.as_object()).flatten();
    let found: BTreeMap<String, Value> = operations
        .filter_map(|(_, operation)| responses(operation))
        .flatten()
        .filter(|(_, answer)| shared(answer).is_some())
        .collect();
    html.element("dl", &[("class", "fields")], |html| {
        for (status, answer) in &found {
            let id = error_anchor(shared(answer).unwrap_or_default());
            self::answer(html, &[("id", &id)], status, resolved(document, answer));
        }
    });
}

/// The name of the error that an answer refers to.
fn shared(answer: &Value) -> Option<&str> {
    answer.get("$ref")?.as_str()?.rsplit('/').next()
}

fn error_anchor(name: &str) -> String {
    format!("error-{name}")
}

/// An answer as an entry of a `dl`.
fn answer(html: &mut Html, attributes: &[(&str, &str)], status: &str, answer: &Value) {
    html.element("dt", attributes, |html| {
        html.leaf("b", &[], status);
        let bodies = answer["content"].as_object();
        for (kind, body) in bodies.into_iter().flatten() {
            html.text(" ");
            html.element("span", &[("class", "kind")], |html| {
                if status.starts_with('2') {
                    html.text(&format!("{kind}: "));
                }
                kind_of(html, &body["schema"]);
            });
        }
    });
    html.element("dd", &[], |html| {
        html.line(answer["description"].as_str().unwrap_or_default());
        let headers = answer["headers"].as_object();
        for (name, header) in headers.into_iter().flatten() {
            html.void("br", &[]);
            let description = header["description"].as_str().unwrap_or_default();
            html.line(&format!("`{name}`: {description}"));
        }
    });
}

/// A block of code that scrolls, by keyboard too.
fn code(html: &mut Html, label: &str, text: &str) {
    html.element(
        "pre",
        &[("tabindex", "0"), ("role", "region"), ("aria-label", label)],
        |html| html.leaf("code", &[], text),
    );
}
