//! What the upload's script finds its way by: ids on the page that the server renders.

/// The form.
pub const FORM: &str = "upload";
/// Why all of it was refused.
pub const MESSAGE: &str = "upload-message";
/// How far it is; hidden while nothing is under way.
pub const PROGRESS: &str = "upload-progress";
