//! The ids by which the upload script finds elements of the server-rendered page.

/// The form.
pub const FORM: &str = "upload";
/// The error above the form.
pub const MESSAGE: &str = "upload-message";
/// The progress bar; hidden while no upload is in flight.
pub const PROGRESS: &str = "upload-progress";
