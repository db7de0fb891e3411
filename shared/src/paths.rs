//! Every address of the site: pages, actions of forms, sockets, files, and the REST API. Nothing
//! else writes an address.
//!
//! A constant with a name in braces is a pattern: it stands for all addresses with one segment in
//! that place. The routers take these patterns, and the functions here fill them in.

pub mod actions;
pub mod api;
pub mod files;
pub mod sockets;

use std::fmt::Display;

use crate::{ArtworkId, CritiqueId, NotificationId, dto::CritiqueSort};

/// The gallery.
pub const GALLERY: &str = "/";
/// The form for posting an artwork.
pub const NEW_ARTWORK: &str = "/artworks/new";
/// Where that form is sent: with a query, since a POST to the page's own address would evict the
/// page from the browser's cache (RFC 9111, section 4.4).
pub const POST_ARTWORK: &str = "/artworks/new?send";
/// An artwork's page.
pub const ARTWORK: &str = "/artworks/{id}";
/// The form that edits an artwork.
pub const EDIT_ARTWORK: &str = "/artworks/{id}/edit";
/// All notifications.
pub const NOTIFICATIONS: &str = "/notifications";
/// The notifications that are not read.
pub const UNREAD_NOTIFICATIONS: &str = "/notifications?filter=unread";
/// The link of a notification.
pub const NOTIFICATION: &str = "/notifications/{id}";
/// The settings of the account.
pub const SETTINGS: &str = "/settings";
/// The settings of the account, once the password was changed.
pub const PASSWORD_CHANGED: &str = "/settings?changed=1";
/// The settings of the account, once another language was chosen there.
pub const LANGUAGE_CHANGED: &str = "/settings?language=1";
/// The browsers that are signed in.
pub const SESSIONS: &str = "/settings/sessions";
/// The person's tokens.
pub const TOKENS: &str = "/settings/tokens";
/// Signing in.
pub const LOGIN: &str = "/login";
/// Registering.
pub const REGISTER: &str = "/register";
/// Asking for a link that resets a forgotten password.
pub const FORGOT: &str = "/forgot";
/// That page, once the link was asked for.
pub const RESET_ASKED: &str = "/forgot?sent=1";
/// The form that resets a password.
pub const RESET: &str = "/reset/{secret}";
/// Signing in, once the password was reset.
pub const PASSWORD_RESET: &str = "/login?reset=1";
/// The page that verifies an e-mail address.
pub const VERIFY: &str = "/verify/{secret}";
/// Signing in, once the address was verified.
pub const LOGIN_VERIFIED: &str = "/login?verified=1";
/// The settings of the account, once the address was verified.
pub const EMAIL_VERIFIED: &str = "/settings?verified=1";
/// The settings of the account, once the link that verifies the address was sent again.
pub const VERIFICATION_SENT: &str = "/settings?sent=1";
/// A person's page, whose one segment begins with `@`. Also every other address of one segment, so
/// routers try it last.
pub const PERSON: &str = "/{handle}";
/// Whether the process answers; for programs that watch over it.
pub const ALIVE: &str = "/healthz";
/// Whether the node can serve.
pub const READY: &str = "/readyz";

/// How the ids of the elements of critiques begin.
const CRITIQUE_ELEMENT: &str = "critique-";

/// The form that resets a password, by the secret in a mail.
pub fn reset(secret: &str) -> String {
    filled(RESET, &secret)
}

/// The page that verifies an e-mail address, by the secret in a mail.
pub fn verify(secret: &str) -> String {
    filled(VERIFY, &secret)
}

/// Whether a path contains a secret: its page is not stored, and names its address to nobody.
pub fn holds_secret(path: &str) -> bool {
    [RESET, VERIFY]
        .iter()
        .any(|pattern| path.starts_with(prefix(pattern)))
}

/// An artwork's page.
pub fn artwork(id: ArtworkId) -> String {
    filled(ARTWORK, &id)
}

/// The artwork whose page has this path.
pub fn artwork_of(path: &str) -> Option<ArtworkId> {
    path.strip_prefix(prefix(ARTWORK))?.parse().ok()
}

/// The form that edits an artwork.
pub fn edit_artwork(id: ArtworkId) -> String {
    filled(EDIT_ARTWORK, &id)
}

/// The critiques on an artwork's page, in this order, from the cursor `before` on or from the
/// first.
pub fn critiques(id: ArtworkId, sort: CritiqueSort, before: Option<&str>) -> String {
    let page = with_query(
        artwork(id),
        &[
            ("sort", sort_word(sort).as_ref().map(display)),
            ("before", before.as_ref().map(display)),
        ],
    );
    format!("{page}#critiques")
}

/// The word for an order in a query; `None` for the order without one.
fn sort_word(sort: CritiqueSort) -> Option<&'static str> {
    match sort {
        CritiqueSort::Newest => None,
        CritiqueSort::Helpful => Some("helpful"),
    }
}

/// The path of a critique on its artwork's page. Browsers don't send the fragment to the server, so
/// if the critique may be beyond the first page of critiques (`further_on`), the query names it
/// too.
pub fn critique(artwork_id: ArtworkId, id: CritiqueId, further_on: bool) -> String {
    let named = further_on.then_some(id);
    let page = with_query(
        artwork(artwork_id),
        &[("critique", named.as_ref().map(display))],
    );
    format!("{page}#{}", critique_element(id))
}

/// The id of a critique's element on its artwork's page.
pub fn critique_element(id: CritiqueId) -> String {
    format!("{CRITIQUE_ELEMENT}{id}")
}

/// The critique that a fragment names, with or without its `#`.
pub fn critique_in_fragment(fragment: &str) -> Option<CritiqueId> {
    fragment
        .trim_start_matches('#')
        .strip_prefix(CRITIQUE_ELEMENT)?
        .parse()
        .ok()
}

/// The field for a critique on an artwork's page.
pub fn write_critique(id: ArtworkId) -> String {
    format!("{}#write", artwork(id))
}

/// A person's page.
pub fn person(handle: &str) -> String {
    filled(PERSON, &format_args!("@{handle}"))
}

/// Whether this is the path of a person's page.
pub fn is_person(path: &str) -> bool {
    path.strip_prefix(prefix(PERSON))
        .is_some_and(|segment| segment.starts_with('@') && !segment.contains('/'))
}

/// The link of a notification that marks it as read and leads on.
pub fn notification(id: NotificationId) -> String {
    filled(NOTIFICATION, &id)
}

/// A page of a list: `list`, which may have a query, from the cursor `before` on.
pub fn page_of(list: &str, before: &dyn Display) -> String {
    with_query(list.to_owned(), &[("before", Some(before))])
}

/// `form`, [`LOGIN`] or [`REGISTER`], leading to `page` afterwards; a path with its query and
/// fragment.
pub fn with_next(form: &str, page: &str) -> String {
    with_query(form.to_owned(), &[("next", Some(&escaped(page)))])
}

/// A path as one value of a query.
fn escaped(path: &str) -> String {
    path.replace('%', "%25")
        .replace('&', "%26")
        .replace('#', "%23")
        .replace('+', "%2B")
        .replace('?', "%3F")
}

/// The part of a pattern before its first name.
fn prefix(pattern: &str) -> &str {
    pattern
        .split_once('{')
        .map_or(pattern, |(before, _)| before)
}

/// A pattern's address, with `value` in place of its first name.
fn filled(pattern: &str, value: &dyn Display) -> String {
    let before = prefix(pattern);
    let after = pattern.split_once('}').map_or("", |(_, after)| after);
    format!("{before}{value}{after}")
}

fn display<T: Display>(value: &T) -> &dyn Display {
    value
}

/// `address`, which may have a query, with those parameters that have a value added to the query.
fn with_query(mut address: String, parameters: &[(&str, Option<&dyn Display>)]) -> String {
    for (name, value) in parameters {
        if let Some(value) = value {
            let separator = if address.contains('?') { '&' } else { '?' };
            address = format!("{address}{separator}{name}={value}");
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_value_of_the_query() {
        let page = critique(ArtworkId(7), CritiqueId(3), true);
        assert_eq!(
            with_next(LOGIN, &page),
            "/login?next=/artworks/7%3Fcritique=3%23critique-3"
        );
        assert_eq!(
            with_next(LOGIN, "/a?b=1&c=%2B+d"),
            "/login?next=/a%3Fb=1%26c=%252B%2Bd"
        );
    }

    #[test]
    fn links_in_mails_hold_a_secret() {
        assert!(holds_secret(&reset("abc")) && holds_secret(&verify("abc")));
        for path in [GALLERY, FORGOT, LOGIN, SETTINGS, "/reset", "/@reset/"] {
            assert!(!holds_secret(path), "{path}");
        }
    }

    #[test]
    fn patterns_are_filled_in() {
        for (address, expected) in [
            (artwork(ArtworkId(7)), "/artworks/7"),
            (edit_artwork(ArtworkId(7)), "/artworks/7/edit"),
            (person("ann"), "/@ann"),
            (notification(NotificationId(9)), "/notifications/9"),
            (reset("abc"), "/reset/abc"),
            (files::picture("5k2c", "640.jpg"), "/media/5k2c/640.jpg"),
            (api::follow("ann"), "/api/people/ann/follow"),
        ] {
            assert_eq!(address, expected);
        }
    }

    #[test]
    fn paths_of_artworks_and_people_are_recognised() {
        assert_eq!(artwork_of("/artworks/7"), Some(ArtworkId(7)));
        for other in ["/artworks/new", "/artworks/7/edit", "/artworks/", "/7"] {
            assert_eq!(artwork_of(other), None, "{other}");
        }
        assert!(is_person("/@ann"));
        for other in ["/", "/ann", "/@ann/x", "@ann"] {
            assert!(!is_person(other), "{other}");
        }
    }

    #[test]
    fn a_page_of_critiques_is_named_by_order_and_cursor() {
        let (id, newest, helpful) = (ArtworkId(7), CritiqueSort::Newest, CritiqueSort::Helpful);
        for (sort, before, expected) in [
            (newest, None, "/artworks/7#critiques"),
            (newest, Some("9"), "/artworks/7?before=9#critiques"),
            (helpful, None, "/artworks/7?sort=helpful#critiques"),
            (
                helpful,
                Some("3.9"),
                "/artworks/7?sort=helpful&before=3.9#critiques",
            ),
        ] {
            assert_eq!(critiques(id, sort, before), expected);
        }
        assert_eq!(
            api::critiques(id, helpful, "3.9", Some(1)),
            "/api/artworks/7/critiques?sort=helpful&before=3.9&limit=1"
        );
    }

    #[test]
    fn a_critique_is_found_again_in_the_fragment_of_its_path() {
        let path = critique(ArtworkId(7), CritiqueId(3), false);
        assert_eq!(path, "/artworks/7#critique-3");
        let (_, fragment) = path.split_once('#').expect("a fragment");
        assert_eq!(critique_in_fragment(fragment), Some(CritiqueId(3)));
        assert_eq!(critique_in_fragment("#critique-3"), Some(CritiqueId(3)));
        assert_eq!(critique_in_fragment("#critiques"), None);
    }

    #[test]
    fn pages_of_lists_keep_their_filter() {
        assert_eq!(page_of(SESSIONS, &5), "/settings/sessions?before=5");
        assert_eq!(
            page_of(UNREAD_NOTIFICATIONS, &5),
            "/notifications?filter=unread&before=5"
        );
    }
}
