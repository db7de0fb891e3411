//! The objects of the API, shared by REST and the pages.

mod picture;
mod token;

pub use picture::{Picture, Rendition};
use serde::{Deserialize, Serialize};
pub use token::{CreatedToken, Scope, TokenView};

use crate::{ArtworkId, CritiqueId, NotificationId, SessionId, Timestamp, UserId, live::Cursor};

/// A person, as others see them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Person {
    /// Handle, as in `/@handle`.
    #[cfg_attr(feature = "openapi", schema(example = "bo"))]
    pub handle: String,
    /// Display name.
    #[cfg_attr(feature = "openapi", schema(example = "Bo Lind"))]
    pub display_name: String,
}

impl Person {
    /// The handle that stands for every deleted account. It is reserved, so nobody has it.
    pub const GONE_HANDLE: &str = "deleted";

    /// Whether the account was deleted.
    pub fn is_gone(&self) -> bool {
        self.handle == Self::GONE_HANDLE
    }
}

/// The account that the request's session belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Viewer {
    /// Account id.
    pub id: UserId,
    /// Handle, as in `/@handle`.
    #[cfg_attr(feature = "openapi", schema(example = "ann"))]
    pub handle: String,
    /// Display name.
    #[cfg_attr(feature = "openapi", schema(example = "Ann Berg"))]
    pub display_name: String,
}

impl Viewer {
    /// The viewer, as others see them.
    pub fn person(&self) -> Person {
        Person {
            handle: self.handle.clone(),
            display_name: self.display_name.clone(),
        }
    }
}

/// An artwork in a list.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ArtworkCard {
    /// Its id.
    pub id: ArtworkId,
    /// Its title.
    #[cfg_attr(feature = "openapi", schema(example = "Dusk over the harbour"))]
    pub title: String,
    /// The artist.
    pub artist: Person,
    /// The picture.
    pub picture: Picture,
    /// Number of critiques.
    pub critique_count: i64,
    /// When it was posted.
    pub created_at: Timestamp,
    /// Increases with each edit of the title or description.
    pub version: i64,
}

/// An artwork with the first page of its critiques.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Artwork {
    /// Its id.
    pub id: ArtworkId,
    /// Its title.
    #[cfg_attr(feature = "openapi", schema(example = "Dusk over the harbour"))]
    pub title: String,
    /// The artist.
    pub artist: Person,
    /// The picture.
    pub picture: Picture,
    /// Number of critiques.
    pub critique_count: i64,
    /// When it was posted.
    pub created_at: Timestamp,
    /// The description, Markdown as typed.
    #[cfg_attr(
        feature = "openapi",
        schema(example = "Oil on canvas, *first attempt*.")
    )]
    pub description: String,
    /// The description as safe HTML.
    #[cfg_attr(
        feature = "openapi",
        schema(example = "<p>Oil on canvas, <em>first attempt</em>.</p>")
    )]
    pub description_html: String,
    /// Increases with each edit of the title or description. An edit that names an outdated version
    /// is rejected.
    pub version: i64,
    /// Increases with each change to the work and its critiques. Passed as `after`, it requests the
    /// changes since then.
    pub seq: i64,
    /// The first page of critiques, newest first.
    pub critiques: Vec<Critique>,
    /// Cursor for the next page of critiques, passed as `before`; null on the last page.
    #[cfg_attr(feature = "openapi", schema(required, example = json!(null)))]
    pub critiques_next: Option<String>,
    /// Whether the viewer may edit and delete it.
    pub editable: bool,
}

/// A critique as its artwork's page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Critique {
    /// Its id.
    pub id: CritiqueId,
    /// The artwork it is about.
    pub artwork_id: ArtworkId,
    /// The author.
    pub author: Person,
    /// The text, Markdown as typed.
    #[cfg_attr(
        feature = "openapi",
        schema(example = "The sky holds the picture together.")
    )]
    pub body: String,
    /// The text as safe HTML.
    #[cfg_attr(
        feature = "openapi",
        schema(example = "<p>The sky holds the picture together.</p>")
    )]
    pub body_html: String,
    /// Number of helpful marks.
    pub helpful_count: i64,
    /// Whether the viewer marked it helpful.
    pub helpful: bool,
    /// Whether the viewer may edit and delete it.
    pub editable: bool,
    /// When it was posted.
    pub created_at: Timestamp,
    /// When its text was last edited; null if it never was.
    #[cfg_attr(feature = "openapi", schema(required, example = json!(null)))]
    pub edited_at: Option<Timestamp>,
    /// Increases with each edit of the text. An edit that names an outdated version is rejected.
    pub version: i64,
}

/// Sort orders for a work's critiques.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CritiqueSort {
    /// Newest first.
    #[default]
    Newest,
    /// Most helpful first, newest first among equals.
    Helpful,
}

/// An artwork with one page of its critiques, for its page on the site.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ArtworkView {
    /// The work, with the critiques of this page in the order of `sort`.
    pub artwork: Artwork,
    /// The order of the critiques.
    pub sort: CritiqueSort,
    /// Whether this page is the first in that order.
    pub first: bool,
    /// The work's newest critique, on any page.
    pub newest: Option<CritiqueId>,
    /// Whether the request named a critique that the work does not have.
    pub missing: bool,
}

/// The changes to a work and its critiques since a given `seq`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ArtworkChanges {
    /// The `seq` after these changes.
    pub seq: i64,
    /// The version of the work's title and description.
    pub version: i64,
    /// Number of critiques.
    pub critique_count: i64,
    /// Critiques that were posted, edited or marked helpful, by ascending id.
    pub critiques: Vec<CritiqueState>,
    /// Critiques that were deleted.
    pub gone: Vec<CritiqueId>,
    /// The list of changes is incomplete, or `after` belongs to another history: fetch the work
    /// again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reset: bool,
}

/// A critique that changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CritiqueState {
    /// Its id.
    pub id: CritiqueId,
    /// The version of its text.
    pub version: i64,
    /// Number of helpful marks.
    pub helpful_count: i64,
}

/// A person's profile page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The person.
    pub person: Person,
    /// When they joined.
    pub joined_at: Timestamp,
    /// Number of works they posted.
    pub artwork_count: i64,
    /// Number of critiques they wrote.
    pub critique_count: i64,
    /// Number of helpful marks on their critiques.
    pub helpful_count: i64,
    /// Number of followers, who are notified of new works.
    pub follower_count: i64,
    /// Whether the viewer follows them; absent if the viewer can't.
    pub followed: Option<bool>,
    /// Their newest works.
    pub artworks: Page<ArtworkCard>,
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page<T> {
    /// The items, newest first.
    pub items: Vec<T>,
    /// Cursor for the next page, passed as `before`; null on the last page.
    #[cfg_attr(feature = "openapi", schema(required, example = "41"))]
    pub next: Option<String>,
}

/// A signed-in browser, for the list of sessions in the settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionView {
    /// Id to pass when ending the session.
    pub id: SessionId,
    /// The browser's user agent, shortened.
    pub agent: String,
    /// The IP address it signed in from.
    pub address: String,
    /// When it signed in.
    pub signed_in_at: Timestamp,
    /// When it was last active, to the hour.
    pub seen_at: Timestamp,
    /// Whether the request comes from this session.
    pub current: bool,
}

/// The kind of event that a notification reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum NotificationKind {
    /// The recipient's work got a critique.
    Critique,
    /// The recipient's critique was marked helpful.
    Helpful,
    /// An artist whom the recipient follows posted a work.
    Artwork,
    /// A kind this build does not know; shown with a generic sentence.
    #[serde(other)]
    Other,
}

/// The artwork a notification is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Subject {
    /// Its id.
    pub id: ArtworkId,
    /// Its title.
    #[cfg_attr(feature = "openapi", schema(example = "Dusk over the harbour"))]
    pub title: String,
}

/// A notification in an inbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four independent flags, each a field of the JSON"
)]
pub struct Notification {
    /// Increases over time; the inbox is ordered by it.
    pub id: NotificationId,
    /// The inbox's `seq` when it arrived, so that "everything up to here" means the same on the
    /// server and in the browser.
    pub seq: u64,
    /// The kind of event.
    pub kind: NotificationKind,
    /// The person who caused the event.
    pub actor: Person,
    /// The artwork it is about.
    pub artwork: Subject,
    /// The first words of the critique.
    #[cfg_attr(
        feature = "openapi",
        schema(example = "The sky holds the picture together.")
    )]
    pub excerpt: String,
    /// Where the event can be seen: a path with fragment on this site.
    #[cfg_attr(feature = "openapi", schema(example = "/artworks/7#critique-12"))]
    pub url: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// Whether it was displayed to the recipient.
    pub seen: bool,
    /// Whether the recipient opened it or marked it read.
    pub read: bool,
    /// Archived: excluded from lists and counts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub archived: bool,
    /// Retracted: a tombstone that tells a client to remove the notification.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retracted: bool,
}

impl Notification {
    /// Whether the inbox lists it.
    pub fn listed(&self) -> bool {
        !self.archived && !self.retracted
    }
}

/// One page of an inbox, with counts and cursor from the same snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InboxPage {
    /// The inbox head: the page includes every change up to it.
    pub cursor: Cursor,
    /// Number of notifications not yet displayed to the recipient.
    pub unseen: u32,
    /// Number of notifications the recipient has not read.
    pub unread: u32,
    /// Newest first; in a response to `after`, oldest change first, with tombstones.
    pub items: Vec<Notification>,
    /// Cursor for the next page, passed as `before`; null on the last page.
    #[cfg_attr(feature = "openapi", schema(required, example = json!(null)))]
    pub next: Option<String>,
    /// The requested cursor was too old or from another epoch: this is the first page instead.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reset: bool,
}

/// The counts of an inbox after notifications were marked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Counts {
    /// The new inbox head.
    pub cursor: Cursor,
    /// Number of unseen notifications.
    pub unseen: u32,
    /// Number of unread notifications.
    pub unread: u32,
}

/// Which notifications to mark.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Marked {
    /// The notifications with these ids.
    Ids(Vec<NotificationId>),
    /// All notifications that had arrived by this cursor.
    Through(Cursor),
}
