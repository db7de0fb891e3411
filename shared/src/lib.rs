//! What both ends of the wire agree on: ids, validated text, errors, the objects of the API, and
//! the live protocol with the two pure machines that speak it, [`live::Inbox`] and [`live::Bell`].
//!
//! Nothing here does I/O, reads a clock or knows which target it is built for, so everything can be
//! proved on the host in seconds. Start reading at [`live`].
#![warn(missing_docs)]

pub mod bidi;
pub mod dto;
pub mod error;
pub mod ids;
pub mod live;
pub mod paths;
pub mod shape;
pub mod text;
mod timestamp;

pub use error::{AppError, Current, FieldError, Kind, UPLOAD_MAX};
pub use ids::{ArtworkId, CritiqueId, NotificationId, SessionId, UserId};
pub use timestamp::Timestamp;
