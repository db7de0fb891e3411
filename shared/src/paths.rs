//! Every address of the site: pages, actions of forms, and the REST API. Routers spell their
//! patterns out, since macros want literals; nothing else writes an address.

use crate::{ArtworkId, CritiqueId, NotificationId};

/// The gallery.
pub const GALLERY: &str = "/";
/// The form for posting an artwork.
pub const NEW_ARTWORK: &str = "/artworks/new";
/// Where that form is sent: with a query, since a POST to the page's own address would evict the
/// page from the browser's cache (RFC 9111, section 4.4).
pub const POST_ARTWORK: &str = "/artworks/new?send";
/// All notifications.
pub const NOTIFICATIONS: &str = "/notifications";
/// The notifications that are not read.
pub const UNREAD_NOTIFICATIONS: &str = "/notifications?filter=unread";
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
/// Signing in, once the password was reset.
pub const PASSWORD_RESET: &str = "/login?reset=1";
/// Signing in, once the address was verified.
pub const LOGIN_VERIFIED: &str = "/login?verified=1";
/// The settings of the account, once the address was verified.
pub const EMAIL_VERIFIED: &str = "/settings?verified=1";
/// The settings of the account, once the link that verifies the address was sent again.
pub const VERIFICATION_SENT: &str = "/settings?sent=1";
/// How the addresses begin that reset a password or verify an address. The rest is a secret.
const SECRET_PREFIXES: [&str; 2] = ["/reset/", "/verify/"];

/// The form that resets a password, by the secret in a mail.
pub fn reset(secret: &str) -> String {
    format!("/reset/{secret}")
}

/// The page that verifies an e-mail address, by the secret in a mail.
pub fn verify(secret: &str) -> String {
    format!("/verify/{secret}")
}

/// Whether a path contains a secret: its page is not stored, and names its address to nobody.
pub fn holds_secret(path: &str) -> bool {
    SECRET_PREFIXES
        .iter()
        .any(|prefix| path.starts_with(prefix))
}

/// An artwork's page.
pub fn artwork(id: ArtworkId) -> String {
    format!("/artworks/{id}")
}

/// The form that edits an artwork.
pub fn edit_artwork(id: ArtworkId) -> String {
    format!("/artworks/{id}/edit")
}

/// The critiques on an artwork's page. `query` selects an order and a page of them; it is empty or
/// begins with `?`.
pub fn critiques(id: ArtworkId, query: &str) -> String {
    format!("/artworks/{id}{query}#critiques")
}

/// The path of a critique on its artwork's page. Browsers don't send the fragment to the server, so
/// if the critique may be beyond the first page of critiques (`further_on`), the query names it
/// too.
pub fn critique(artwork: ArtworkId, id: CritiqueId, further_on: bool) -> String {
    let query = if further_on {
        format!("?critique={id}")
    } else {
        String::new()
    };
    format!("/artworks/{artwork}{query}#critique-{id}")
}

/// The field for a critique on an artwork's page.
pub fn write_critique(id: ArtworkId) -> String {
    format!("/artworks/{id}#write")
}

/// A person's page.
pub fn person(handle: &str) -> String {
    format!("/@{handle}")
}

/// The link of a notification that marks it as read and leads on.
pub fn notification(id: NotificationId) -> String {
    format!("/notifications/{id}")
}

/// A page of a list: `list`, which may have a query, from the cursor `before` on.
pub fn page_of(list: &str, before: &str) -> String {
    let separator = if list.contains('?') { '&' } else { '?' };
    format!("{list}{separator}before={before}")
}

/// `form`, [`LOGIN`] or [`REGISTER`], leading to `page` afterwards; a path with its query and
/// fragment.
pub fn with_next(form: &str, page: &str) -> String {
    format!("{form}?next={}", escaped(page))
}

/// A path as one value of a query.
fn escaped(path: &str) -> String {
    path.replace('%', "%25")
        .replace('&', "%26")
        .replace('#', "%23")
        .replace('+', "%2B")
        .replace('?', "%3F")
}

/// The addresses that forms are sent to.
pub mod actions {
    /// How all of them begin.
    pub const PREFIX: &str = "/actions/";
    /// Signs in.
    pub const SIGN_IN: &str = "/actions/sign_in";
    /// Registers.
    pub const REGISTER: &str = "/actions/register";
    /// Signs out.
    pub const SIGN_OUT: &str = "/actions/sign_out";
    /// Changes the password.
    pub const CHANGE_PASSWORD: &str = "/actions/change_password";
    /// Asks for a link that resets the password.
    pub const REQUEST_PASSWORD_RESET: &str = "/actions/request_password_reset";
    /// Resets the password by such a link.
    pub const RESET_PASSWORD: &str = "/actions/reset_password";
    /// Verifies the e-mail address by a link.
    pub const VERIFY_EMAIL: &str = "/actions/verify_email";
    /// Sends the link that verifies the e-mail address again.
    pub const SEND_VERIFICATION: &str = "/actions/send_verification";
    /// Signs another browser out.
    pub const REVOKE_SESSION: &str = "/actions/revoke_session";
    /// Creates a token.
    pub const CREATE_TOKEN: &str = "/actions/create_token";
    /// Revokes a token.
    pub const REVOKE_TOKEN: &str = "/actions/revoke_token";
    /// Chooses the language of the site.
    pub const SET_LANGUAGE: &str = "/actions/set_language";
    /// Marks notifications.
    pub const MARK_NOTIFICATIONS: &str = "/actions/mark_notifications";
    /// Follows a person, or stops following.
    pub const FOLLOW: &str = "/actions/follow";
    /// Edits an artwork.
    pub const EDIT_ARTWORK: &str = "/actions/edit_artwork";
    /// Deletes an artwork.
    pub const DELETE_ARTWORK: &str = "/actions/delete_artwork";
    /// Posts a critique.
    pub const POST_CRITIQUE: &str = "/actions/post_critique";
    /// Edits a critique.
    pub const EDIT_CRITIQUE: &str = "/actions/edit_critique";
    /// Deletes a critique.
    pub const DELETE_CRITIQUE: &str = "/actions/delete_critique";
    /// Marks a critique as helpful, or removes the mark.
    pub const SET_HELPFUL: &str = "/actions/set_helpful";
}

/// The addresses of the REST API.
pub mod api {
    use crate::{ArtworkId, live::Cursor};

    /// The OpenAPI document of the REST API.
    pub const DOCUMENT: &str = "/api/openapi.json";
    /// The same document as a page.
    pub const REFERENCE: &str = "/api/docs";

    /// An artwork.
    pub fn artwork(id: ArtworkId) -> String {
        format!("/api/artworks/{id}")
    }

    /// An artwork's critiques. `query` has no `?`.
    pub fn critiques(id: ArtworkId, query: &str) -> String {
        format!("/api/artworks/{id}/critiques?{query}")
    }

    /// What happened to an artwork after a `seq`.
    pub fn changes(id: ArtworkId, after: i64) -> String {
        format!("/api/artworks/{id}/changes?after={after}")
    }

    /// The newest notifications.
    pub fn notifications(limit: u32) -> String {
        format!("/api/notifications?limit={limit}")
    }

    /// The notifications that changed after a cursor.
    pub fn notifications_after(cursor: &Cursor) -> String {
        format!("/api/notifications?after={cursor}")
    }
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
    fn pages_of_lists_keep_their_filter() {
        assert_eq!(page_of(SESSIONS, "5"), "/settings/sessions?before=5");
        assert_eq!(
            page_of(UNREAD_NOTIFICATIONS, "5"),
            "/notifications?filter=unread&before=5"
        );
    }
}
