//! The addresses that forms are sent to. Their names are the `endpoint`s of the server functions.
//!
//! The page that answers a form begins at the address's fragment, if there is one.

use crate::{CritiqueId, paths::critique_element};

/// How all of them begin.
pub const PREFIX: &str = "/actions/";
/// Each of them, those that only scripts send included.
pub const ACTION: &str = "/actions/{name}";
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
/// The same, sent by the form on a person's page.
pub const FOLLOW_AT_FORM: &str = "/actions/follow#follow";
/// Edits an artwork.
pub const EDIT_ARTWORK: &str = "/actions/edit_artwork";
/// Deletes an artwork.
pub const DELETE_ARTWORK: &str = "/actions/delete_artwork";
/// Posts a critique.
pub const POST_CRITIQUE: &str = "/actions/post_critique";
/// The same, sent by the form on the artwork's page.
pub const POST_CRITIQUE_AT_FORM: &str = "/actions/post_critique#write";
/// Edits a critique.
pub const EDIT_CRITIQUE: &str = "/actions/edit_critique";
/// Deletes a critique.
pub const DELETE_CRITIQUE: &str = "/actions/delete_critique";
/// Marks a critique as helpful, or removes the mark.
pub const SET_HELPFUL: &str = "/actions/set_helpful";

/// An action, sent by a form in this critique.
pub fn at_critique(action: &str, id: CritiqueId) -> String {
    format!("{action}#{}", critique_element(id))
}
