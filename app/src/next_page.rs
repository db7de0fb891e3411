//! The page that a form leads to afterwards, as the form names it.

use shared::paths;

/// `next` if it is a path on this site, else the gallery. Prevents open redirects after sign-in.
/// The pages for signing in and registering count as none.
pub fn after_sign_in(next: &str) -> String {
    let page = on_this_site(next).filter(|path| {
        let page = path.split(['?', '#']).next().unwrap_or_default();
        ![paths::LOGIN, paths::REGISTER].contains(&page.trim_end_matches('/'))
    });
    page.unwrap_or_else(|| paths::GALLERY.to_owned())
}

/// `next` if it is a path on this site, else the gallery.
pub fn local(next: &str) -> String {
    on_this_site(next).unwrap_or_else(|| paths::GALLERY.to_owned())
}

/// The path as a browser resolves it (WHATWG URL), percent-encoded for a header; `None` if it is
/// not a path on this site.
fn on_this_site(next: &str) -> Option<String> {
    // The base is arbitrary: only whether the result keeps its origin matters.
    let base = url::Url::parse("http://this.invalid").ok()?;
    let target = Some(next)
        .filter(|next| next.starts_with('/') && next.len() <= MAX_NEXT_BYTES)
        .and_then(|next| base.join(next).ok())?;
    let path = &target[url::Position::BeforePath..];
    let allowed = target.origin() == base.origin() && !path.starts_with("//");
    allowed.then(|| path.to_owned())
}

/// Longest `next` accepted, in bytes.
const MAX_NEXT_BYTES: usize = 2_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sign_in_redirects_only_to_this_site() {
        for (next, to) in [
            ("/artworks/1#critique-2", "/artworks/1#critique-2"),
            ("/ü", "/%C3%BC"),
            ("/%C3%BC?q=a%20b", "/%C3%BC?q=a%20b"),
            (
                "/search?q=Öl und Kohle&x=%2F#é",
                "/search?q=%C3%96l%20und%20Kohle&x=%2F#%C3%A9",
            ),
            ("/@ann\r\nset-cookie: a=b", "/@annset-cookie:%20a=b"),
            ("/login-help", "/login-help"),
        ] {
            assert_eq!(after_sign_in(next), to);
            assert_eq!(local(next), to);
        }
        for away in [
            "",
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "/a/..//evil.example",
            "/./\\evil.example",
            "/%2e%2e//evil.example",
            "//this.invalid//evil.example",
            "javascript:alert(1)",
            &format!("/{}", "x".repeat(3_000)),
        ] {
            assert_eq!(after_sign_in(away), "/", "{away}");
            assert_eq!(local(away), "/", "{away}");
        }
    }
    #[test]
    fn signing_in_does_not_lead_to_signing_in() {
        for form in ["/login", "/login?next=/login", "/register/", "/login#a"] {
            assert_eq!(after_sign_in(form), "/", "{form}");
            assert_eq!(local(form), form);
        }
    }
}
