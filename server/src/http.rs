//! The site over HTTP: the route table, the layers around it, and what answers each route.
//!
//! Start at [`router`] and [`middleware`]. REST is in [`api`], sockets in [`live`], plain forms in
//! [`forms`], rendered pages in [`pages`].

pub(crate) mod admission;
pub(crate) mod api;
pub(crate) mod assets;
pub(crate) mod auth;
pub(crate) mod body;
pub(crate) mod cookies;
#[cfg(any(test, feature = "embed"))]
pub(crate) mod embedded;
pub(crate) mod entity_tag;
pub(crate) mod error_pages;
pub(crate) mod files;
pub(crate) mod forms;
pub(crate) mod guest_pages;
pub(crate) mod health;
pub(crate) mod html;
pub(crate) mod idempotency;
pub(crate) mod intake;
pub(crate) mod language;
pub(crate) mod limits;
pub(crate) mod live;
pub(crate) mod media;
pub(crate) mod metrics;
pub(crate) mod middleware;
pub(crate) mod pages;
pub(crate) mod problem;
pub(crate) mod reference;
pub(crate) mod rendering;
pub(crate) mod request;
pub mod router;
pub(crate) mod shape;
pub mod state;
pub(crate) mod uploads;
