use std::{borrow::Cow, fmt};

use url::Url;

/// What may be shown of a query; the value of anything else may be a secret.
const HARMLESS: [&str; 8] = [
    "sslmode",
    "host",
    "port",
    "dbname",
    "user",
    "application_name",
    "protocol",
    "mode",
];

/// The address of a service, which may hold a password. Shown without it, wherever it is shown.
#[derive(Clone)]
pub struct SecretUrl(String);

impl From<String> for SecretUrl {
    fn from(address: String) -> Self {
        Self(address)
    }
}

impl fmt::Display for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.starts_with("sqlite:") {
            return f.write_str(&self.0);
        }
        let unreadable = || {
            self.0
                .split_once("://")
                .map_or("…".to_owned(), |(scheme, _)| format!("{scheme}://…"))
        };
        let shown = Url::parse(&self.0)
            .ok()
            .and_then(shown)
            .unwrap_or_else(unreadable);
        f.write_str(&shown)
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The address without secrets; nothing if it is not certain which part of it is one.
fn shown(mut url: Url) -> Option<String> {
    // A password with a `/`, `?` or `#` in it that was not encoded ends up in what follows the
    // host.
    let rest = [Some(url.path()), url.query(), url.fragment()];
    if !url.has_host()
        || url.fragment().is_some()
        || rest.into_iter().flatten().any(|part| part.contains('@'))
    {
        return None;
    }
    if url.password().is_some() {
        url.set_password(Some("***")).ok()?;
    }
    if url.query().is_some() {
        let shown = |(name, value): (Cow<'_, str>, Cow<'_, str>)| {
            let value = if HARMLESS.contains(&&*name) {
                &*value
            } else {
                "***"
            };
            format!("{name}={value}")
        };
        let query: Vec<String> = url.query_pairs().map(shown).collect();
        url.set_query(Some(&query.join("&")));
    }
    Some(url.into())
}

#[cfg(test)]
mod tests {
    use super::SecretUrl;

    #[test]
    fn no_secret_is_shown_however_it_is_written() {
        for (address, shown) in [
            (
                "sqlite://data/artcritique.sqlite",
                "sqlite://data/artcritique.sqlite",
            ),
            (
                "postgres://ann:hush@db.example:5432/site",
                "postgres://ann:***@db.example:5432/site",
            ),
            (
                "postgres://ann:h%40ush%2F@db.example/site",
                "postgres://ann:***@db.example/site",
            ),
            (
                "postgres://ann@db.example/site?password=hush&sslmode=require",
                "postgres://ann@db.example/site?password=***&sslmode=require",
            ),
            (
                "postgres://db.example/site?sslpassword=hush",
                "postgres://db.example/site?sslpassword=***",
            ),
            (
                "redis://:hush@127.0.0.1:6379/3",
                "redis://:***@127.0.0.1:6379/3",
            ),
            (
                "rediss://ann:hush@redis.example",
                "rediss://ann:***@redis.example",
            ),
            ("postgres://ann:hu#sh@db.example/site", "postgres://…"),
            ("postgres://ann:12/hush@db.example/site", "postgres://…"),
            ("postgres://ann:12?hush@db.example/site", "postgres://…"),
            ("postgres://ann:hu/sh@db.example/site", "postgres://…"),
            ("ann:hush@db.example", "…"),
            ("hush", "…"),
        ] {
            let address = SecretUrl::from(address.to_owned());
            assert_eq!(
                (
                    address.to_string().as_str(),
                    format!("{address:?}").as_str()
                ),
                (shown, shown)
            );
        }
    }
}
