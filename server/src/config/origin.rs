//! The site's own origin (RFC 6454), in the form that browsers send.

use std::{fmt, net::SocketAddr, str::FromStr};

use url::Url;

/// A public origin such as `https://art.example`, in the form that browsers send: scheme and host
/// in lower case, non-ASCII names in Punycode (`xn--…`), no default port, no path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(String);

impl FromStr for Origin {
    type Err = String;

    /// Parses an origin in any letter case, with or without the default port and a trailing slash.
    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let wanted = |why: &str| {
            Err(format!(
                "{why}; expected the site's public origin, such as https://art.example"
            ))
        };
        let Some((scheme, rest)) = text.split_once("://") else {
            return wanted("it has no https:// or http:// before the name");
        };
        if !["http", "https"]
            .iter()
            .any(|known| scheme.eq_ignore_ascii_case(known))
        {
            return wanted("it begins with neither https:// nor http://");
        }
        // The URL parser follows the lenient rules of browsers and would accept these mistakes.
        let name = rest.strip_suffix('/').unwrap_or(rest);
        if name.contains(['/', '\\', '?', '#']) {
            return wanted("it has a path or a query, and an origin has none");
        }
        if name.contains('@') {
            return wanted("it has a user name");
        }
        if name.contains(|char: char| {
            char.is_whitespace() || char.is_control() || "*,;\"'<>".contains(char)
        }) {
            return wanted("it is not one address");
        }
        match Url::parse(text) {
            Ok(url) if url.port() == Some(0) => wanted("its port is 0"),
            Ok(url) => Ok(Self(url.origin().ascii_serialization())),
            Err(error) => wanted(&format!("it can't be read ({error})")),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Origin {
    /// The origin as browsers send it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the scheme is `https`.
    pub fn secure(&self) -> bool {
        self.0.starts_with("https://")
    }
}

/// The site's own origins.
#[derive(Clone, Debug)]
pub struct Origins {
    public: Option<Origin>,
    port: u16,
}

impl Origins {
    /// The public origin, if set; otherwise the loopback names, for trying the site out locally.
    pub fn new(public: Option<Origin>, listening: SocketAddr) -> Self {
        Self {
            public,
            port: listening.port(),
        }
    }

    /// Whether cookies are `Secure`: browsers send them over TLS only.
    pub fn secure(&self) -> bool {
        self.public.as_ref().is_some_and(Origin::secure)
    }

    /// The name of the session cookie. Over TLS it has the prefix `__Host-`, with which browsers
    /// bind it to this host (RFC 6265bis, section 4.1.3).
    pub fn cookie_name(&self) -> &'static str {
        if self.secure() {
            "__Host-artcritique"
        } else {
            "artcritique"
        }
    }

    /// Whether this origin, in a request with this `Host`, is the site's own. Compares whole
    /// strings, so that a look-alike does not match.
    pub fn ours(&self, origin: &str, host: &str) -> bool {
        match &self.public {
            Some(public) => origin == public.as_str(),
            None => {
                self.loopback().any(|name| name == origin)
                    && origin.strip_prefix("http://") == Some(host)
            }
        }
    }

    fn loopback(&self) -> impl Iterator<Item = String> + use<> {
        let port = self.port;
        let port = if port == 80 {
            String::new()
        } else {
            format!(":{port}")
        };
        ["127.0.0.1", "localhost", "[::1]"]
            .into_iter()
            .map(move |host| format!("http://{host}{port}"))
    }

    /// The socket origins for the content security policy, whose grammar has no IPv6 addresses.
    pub fn sockets(&self) -> String {
        let socket = |origin: &str| {
            Some(origin.replacen("http", "ws", 1)).filter(|origin| !origin.contains('['))
        };
        match &self.public {
            Some(public) => socket(public.as_str()).unwrap_or_default(),
            None => self
                .loopback()
                .filter_map(|origin| socket(&origin))
                .collect::<Vec<_>>()
                .join(" "),
        }
    }

    /// The origin for absolute URLs that are read outside the site.
    pub fn canonical(&self) -> String {
        self.public.as_ref().map_or_else(
            || format!("http://127.0.0.1:{}", self.port),
            Origin::to_string,
        )
    }

    /// The address to print at start-up.
    pub fn address(&self, listening: SocketAddr) -> String {
        self.public
            .as_ref()
            .map_or_else(|| format!("http://{listening}"), Origin::to_string)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(port: u16) -> Origins {
        Origins { public: None, port }
    }

    #[test]
    fn origins_are_normalised_to_the_form_browsers_send() {
        for (written, sent) in [
            ("https://art.example", "https://art.example"),
            ("https://Art.Example", "https://art.example"),
            ("HTTPS://ART.EXAMPLE:443/", "https://art.example"),
            (" https://art.example/ ", "https://art.example"),
            ("http://art.example:80", "http://art.example"),
            ("https://art.example:8443/", "https://art.example:8443"),
            ("http://art.example:443", "http://art.example:443"),
            ("https://künst.example", "https://xn--knst-0ra.example"),
            ("https://KÜNST.example", "https://xn--knst-0ra.example"),
            (
                "https://xn--knst-0ra.example",
                "https://xn--knst-0ra.example",
            ),
            ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
            ("http://[::1]:3000/", "http://[::1]:3000"),
            ("http://[0:0::1]:80", "http://[::1]"),
        ] {
            assert_eq!(
                written.parse::<Origin>().expect(written).as_str(),
                sent,
                "{written}"
            );
        }
    }

    #[test]
    fn invalid_origins_are_rejected_with_a_reason() {
        for (written, why) in [
            ("art.example", "no https://"),
            ("//art.example", "no https://"),
            ("art.example:443", "no https://"),
            ("ftp://art.example", "neither https:// nor http://"),
            ("wss://art.example", "neither https:// nor http://"),
            ("https://", "can't be read"),
            ("https:///", "can't be read"),
            ("https://art.example/gallery", "a path"),
            ("https://art.example//", "a path"),
            ("https://art.example?x=1", "a path or a query"),
            ("https://art.example/?", "a path or a query"),
            ("https://art.example#top", "a path or a query"),
            ("https://art.example\\", "a path"),
            ("https://ann@art.example", "a user name"),
            ("https://@art.example", "a user name"),
            ("https://ann:secret@art.example", "a user name"),
            ("https://art.example, https://b.example", "a path"),
            ("https://art.example,b.example", "not one address"),
            ("https://*.example", "not one address"),
            ("https://art example", "not one address"),
            ("https://art.example:99999", "can't be read"),
            ("https://art.example:0", "port is 0"),
            ("https://art.example:x", "can't be read"),
            ("https://[::1", "can't be read"),
            ("null", "no https://"),
        ] {
            let error = written.parse::<Origin>().expect_err(written);
            assert!(
                error.contains(why) && error.contains("https://art.example"),
                "{written}: {error}"
            );
        }
    }

    #[test]
    fn only_the_exact_origin_matches() {
        let local = local(3000);
        assert!(local.ours("http://127.0.0.1:3000", "127.0.0.1:3000"));
        assert!(local.ours("http://localhost:3000", "localhost:3000"));
        let public = Origins {
            public: Some("https://Art.Example:443/".parse().expect("an origin")),
            port: 3000,
        };
        assert!(public.ours("https://art.example", "anything"));
        for foreign in [
            "",
            "null",
            "http://evil.example",
            "http://127.0.0.1",
            "http://127.0.0.1:30000",
            "http://127.0.0.1:3000.evil.example",
            "https://127.0.0.1:3000",
            "http://localhost:3000",
            "http://127.0.0.1:3000/",
            "HTTP://127.0.0.1:3000",
        ] {
            assert!(!local.ours(foreign, "127.0.0.1:3000"), "{foreign}");
        }
        for foreign in [
            "https://art.example.evil.example",
            "https://sub.art.example",
            "http://art.example",
            "https://art.example:443",
            "null",
        ] {
            assert!(!public.ours(foreign, "art.example"), "{foreign}");
        }
    }

    #[test]
    fn the_default_port_is_omitted() {
        assert!(local(80).ours("http://localhost", "localhost"));
        assert_eq!(local(80).sockets(), "ws://127.0.0.1 ws://localhost");
        let public = |origin: &str| {
            Origins {
                public: Some(origin.parse().expect("an origin")),
                port: 1,
            }
            .sockets()
        };
        assert_eq!(public("https://art.example:443"), "wss://art.example");
        assert_eq!(public("http://[::1]:3000"), "", "'self' has to do");
    }
}
