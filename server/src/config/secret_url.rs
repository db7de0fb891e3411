use std::{borrow::Cow, fmt};

use url::Url;

/// Query parameters whose values may be shown; any other value may be a secret.
const PUBLIC_PARAMETERS: [&str; 9] = [
    "sslmode",
    "host",
    "port",
    "dbname",
    "user",
    "application_name",
    "protocol",
    "mode",
    "tls",
];

/// The URL of a service, which may contain a password. `Display` and `Debug` mask it.
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

/// The URL with its secrets masked; `None` if it is unclear which part is a secret.
fn shown(mut url: Url) -> Option<String> {
    // An unencoded `/`, `?` or `#` in a password moves the rest of the password behind the host.
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
            let value = if PUBLIC_PARAMETERS.contains(&&*name) {
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
    fn secrets_are_masked_in_every_form() {
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
