//! Types shared by the server and the browser: ids, validated text, errors, the objects of the API,
//! and the live protocol with its two pure state machines, [`live::Inbox`] and [`live::Bell`].
//!
//! Nothing here does I/O, reads a clock or depends on the target, so all of it is tested on the
//! host in seconds. Start reading at [`live`].
#![warn(missing_docs)]

pub mod bidi;
mod cursor;
pub mod dto;
pub mod error;
pub mod ids;
pub mod live;
pub mod paths;
mod phrase;
pub mod shape;
pub mod text;
mod timestamp;

pub use error::{AppError, Current, FieldError, FieldFault, Kind, ShownError, Thing, UPLOAD_MAX};
pub use ids::{ArtworkId, CritiqueId, NotificationId, SessionId, TokenId, UserId};
pub use phrase::Phrase;
pub use timestamp::Timestamp;
