//! The words of the site: every sentence that people read, in every language.
//!
//! The build script turns the catalogue in `locales/`, one Fluent file a language, into methods of
//! [`Locale`]: the message `sign-in-button` is `locale.sign_in_button()`. A message without
//! parameters is a `Cow<'static, str>`, one with parameters a `String`. The build fails if a
//! message or a parameter is missing in a language. Only the messages that a program uses are
//! linked into it, and nothing else is: no parser, no language data.
//!
//! Errors travel as a code with parameters; `Locale::error` finds the sentence, `shown` puts a
//! whole error into words, and [`codes`] names the codes. Messages are plain text: escape them in
//! HTML. [`around`] helps where a parameter is an element of the page.
//!
//! Start at [`Locale`]; `render` fills in parameters, `plural` and `pseudo` are its parts.

#[cfg(feature = "errors")]
mod errors;
mod locale;
mod markers;
mod messages;
mod negotiate;
mod plural;
mod pseudo;
mod render;
#[cfg(feature = "errors")]
mod shown;
mod slot;

#[cfg(feature = "errors")]
pub use errors::error_parameters;
pub use locale::Locale;
pub use messages::codes;
#[cfg(feature = "errors")]
pub use shown::{known, shown};
pub use slot::{SLOT, around};
