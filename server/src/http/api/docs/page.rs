//! The reference page: the whole document as HTML, without a script.

use serde_json::Value;
use shared::paths;

use super::{
    operation::{self, Call},
    schema::{self, fields},
};
use crate::http::html::Html;

/// Methods in the order of the page.
const METHODS: [(&str, &str); 5] = [
    ("get", "GET"),
    ("post", "POST"),
    ("put", "PUT"),
    ("patch", "PATCH"),
    ("delete", "DELETE"),
];

/// The page for a document. `css` is the address of the style sheet, `origin` that of the site.
pub fn page(document: &Value, css: &str, origin: &str) -> String {
    let mut html = Html::default();
    html.void("!DOCTYPE html", &[]);
    html.element("html", &[("lang", "en"), ("dir", "ltr")], |html| {
        html.element("head", &[], |html| head(html, css));
        html.element("body", &[], |html| {
            html.leaf(
                "a",
                &[("class", "skip"), ("href", "#main")],
                "Skip to content",
            );
            html.element("header", &[("class", "site")], |html| {
                html.leaf(
                    "a",
                    &[("class", "brand"), ("href", paths::GALLERY)],
                    "ArtCritique",
                );
                html.element("nav", &[("aria-label", "Site")], |html| {
                    html.leaf("a", &[("href", paths::api::DOCUMENT)], "openapi.json");
                });
            });
            html.element(
                "main",
                &[("id", "main"), ("class", "reference"), ("tabindex", "-1")],
                |html| main(html, document, origin),
            );
        });
    });
    html.into_text()
}

fn head(html: &mut Html, css: &str) {
    html.void("meta", &[("charset", "utf-8")]);
    let width = "width=device-width, initial-scale=1";
    html.void("meta", &[("name", "viewport"), ("content", width)]);
    html.void(
        "meta",
        &[("name", "color-scheme"), ("content", "light dark")],
    );
    html.leaf("title", &[], "API · ArtCritique");
    html.void(
        "link",
        &[
            ("rel", "icon"),
            ("href", paths::files::ICON),
            ("type", "image/svg+xml"),
        ],
    );
    html.void("link", &[("rel", "stylesheet"), ("href", css)]);
}

fn main(html: &mut Html, document: &Value, origin: &str) {
    let tags = tags(document);
    html.element("div", &[("class", "introduction")], |html| {
        html.leaf("h1", &[], "API");
        html.prose(document["info"]["description"].as_str().unwrap_or_default());
    });
    html.element(
        "nav",
        &[("class", "contents"), ("aria-label", "Contents")],
        |html| contents(html, &tags),
    );
    html.element("div", &[("class", "operations")], |html| {
        for tag in &tags {
            html.element("section", &[("aria-labelledby", &tag.anchor())], |html| {
                html.leaf("h2", &[("id", &tag.anchor())], tag.name);
                html.prose(tag.description);
                for call in &tag.calls {
                    call.section(html, document, origin);
                }
            });
        }
        html.element("section", &[("aria-labelledby", "errors")], |html| {
            html.leaf("h2", &[("id", "errors")], "Errors");
            html.prose("What these errors mean is the same for every operation.");
            operation::errors(html, document);
        });
        html.element("section", &[("aria-labelledby", "schemas")], |html| {
            html.leaf("h2", &[("id", "schemas")], "Schemas");
            let schemas = document["components"]["schemas"].as_object();
            for (name, schema) in schemas.into_iter().flatten() {
                html.element("article", &[("id", &schema::anchor(name))], |html| {
                    html.leaf("h3", &[], name);
                    html.prose(schema["description"].as_str().unwrap_or_default());
                    fields(html, schema);
                });
            }
        });
    });
}

fn contents(html: &mut Html, tags: &[Tag<'_>]) {
    for tag in tags {
        html.element("p", &[], |html| {
            let address = format!("#{}", tag.anchor());
            html.leaf("a", &[("href", &address)], tag.name);
        });
        html.element("ul", &[], |html| {
            for call in &tag.calls {
                html.element("li", &[], |html| {
                    let address = format!("#{}", call.anchor());
                    html.leaf("a", &[("href", &address)], call.summary());
                });
            }
        });
    }
    for (address, name) in [("#errors", "Errors"), ("#schemas", "Schemas")] {
        html.element("p", &[], |html| {
            html.leaf("a", &[("href", address)], name);
        });
    }
}

/// A group of operations.
struct Tag<'a> {
    name: &'a str,
    description: &'a str,
    calls: Vec<Call<'a>>,
}

impl Tag<'_> {
    fn anchor(&self) -> String {
        format!("tag-{}", self.name.to_lowercase())
    }
}

/// The operations by tag, in the document's order of tags.
fn tags(document: &Value) -> Vec<Tag<'_>> {
    let calls_of = |name: &str| {
        let paths = document["paths"].as_object();
        let paths = paths.into_iter().flatten();
        paths
            .flat_map(|(path, item)| {
                METHODS.into_iter().filter_map(move |(key, method)| {
                    let operation = item.get(key)?;
                    Some(Call {
                        method,
                        path,
                        operation,
                    })
                })
            })
            .filter(|call| call.operation["tags"][0] == name)
            .collect()
    };
    let tags = document["tags"].as_array();
    tags.into_iter()
        .flatten()
        .map(|tag| {
            let name = tag["name"].as_str().unwrap_or_default();
            Tag {
                name,
                description: tag["description"].as_str().unwrap_or_default(),
                calls: calls_of(name),
            }
        })
        .collect()
}
