//! The objects of the API, as REST and the pages give them.

mod picture;

use serde::{Deserialize, Serialize};

pub use picture::{Picture, Rendition};

use crate::{
    ArtworkId, CritiqueId, NotificationId, SessionId, Timestamp, UserId, bidi::isolate,
    live::Cursor,
};

/// Somebody, as others see them.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Person {
    /// The name in their address, `/@handle`.
    pub handle: String,
    /// What they are called.
    pub display_name: String,
}

/// Who is looking: the account behind the session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Viewer {
    /// Their account.
    pub id: UserId,
    /// Their name in addresses.
    pub handle: String,
    /// What they are called.
    pub display_name: String,
}

impl Viewer {
    /// As others see them.
    pub fn person(&self) -> Person {
        Person {
            handle: self.handle.clone(),
            display_name: self.display_name.clone(),
        }
    }
}

/// An artwork in a list.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ArtworkCard {
    /// Its id.
    pub id: ArtworkId,
    /// Its title.
    pub title: String,
    /// Who made it.
    pub artist: Person,
    /// The picture.
    pub picture: Picture,
    /// How many critiques it has.
    pub critique_count: i64,
    /// When it was posted.
    pub created_at: Timestamp,
    /// Grows with each edit of its words.
    pub version: i64,
}

/// An artwork with what its page shows first.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Artwork {
    /// Its id.
    pub id: ArtworkId,
    /// Its title.
    pub title: String,
    /// Who made it.
    pub artist: Person,
    /// The picture.
    pub picture: Picture,
    /// How many critiques it has.
    pub critique_count: i64,
    /// When it was posted.
    pub created_at: Timestamp,
    /// The artist's words, Markdown as typed.
    pub description: String,
    /// The same, made safe for a page.
    pub description_html: String,
    /// Grows with each edit of its words. An edit that names it is refused once somebody else's
    /// edit came first.
    pub version: i64,
    /// Grows with each change to the work and its critiques. Given as `after`, it asks for the
    /// later ones.
    pub seq: i64,
    /// The first page of critiques, newest first.
    pub critiques: Vec<Critique>,
    /// Where the critiques go on, to be given as `before`; absent at the end.
    pub critiques_next: Option<String>,
    /// Whether the viewer may edit and delete it.
    pub editable: bool,
}

/// A critique as its artwork's page shows it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Critique {
    /// Its id.
    pub id: CritiqueId,
    /// The artwork it is about.
    pub artwork_id: ArtworkId,
    /// Who wrote it.
    pub author: Person,
    /// Markdown as typed.
    pub body: String,
    /// The same, made safe for a page.
    pub body_html: String,
    /// How many found it helpful.
    pub helpful_count: i64,
    /// Whether the viewer did.
    pub helpful: bool,
    /// Whether the viewer may edit and delete it.
    pub editable: bool,
    /// When it was posted.
    pub created_at: Timestamp,
    /// When its words last changed, if they did.
    pub edited_at: Option<Timestamp>,
    /// Grows with each edit of its words. An edit that names it is refused once somebody else's
    /// edit came first.
    pub version: i64,
}

/// The orders that a work's critiques can be read in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CritiqueSort {
    /// Newest first.
    #[default]
    Newest,
    /// Most helpful first, the newer first among equals.
    Helpful,
}

/// An artwork with one page of its critiques, for its page on the site.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ArtworkView {
    /// The work. Its critiques are those of this page, in the order of `sort`.
    pub artwork: Artwork,
    /// The order of the critiques.
    pub sort: CritiqueSort,
    /// Whether this page is the first of that order.
    pub first: bool,
    /// The newest critique of the work, on this page or another.
    pub newest: Option<CritiqueId>,
    /// Whether a critique was asked for by id that the work does not have.
    pub missing: bool,
}

/// What happened to a work and its critiques after a given `seq`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArtworkChanges {
    /// The `seq` that these changes lead to.
    pub seq: i64,
    /// The version of the work's words.
    pub version: i64,
    /// How many critiques the work has.
    pub critique_count: i64,
    /// Critiques that were posted, edited or marked, by ascending id.
    pub critiques: Vec<CritiqueState>,
    /// Critiques that were deleted.
    pub gone: Vec<CritiqueId>,
    /// There are more changes than are listed, or `after` is of another history: read the work
    /// again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reset: bool,
}

/// A critique in [`ArtworkChanges`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CritiqueState {
    /// Its id.
    pub id: CritiqueId,
    /// The version of its words.
    pub version: i64,
    /// How many found it helpful.
    pub helpful_count: i64,
}

/// A person's page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Whose it is.
    pub person: Person,
    /// Since when they are here.
    pub joined_at: Timestamp,
    /// How many works they posted.
    pub artwork_count: i64,
    /// How many critiques they wrote.
    pub critique_count: i64,
    /// How often those were found helpful.
    pub helpful_count: i64,
    /// How many people are told of their new works.
    pub follower_count: i64,
    /// Whether the viewer is one of those; absent where they can't be.
    pub followed: Option<bool>,
    /// Their newest works.
    pub artworks: Page<ArtworkCard>,
}

/// A stretch of a list, and where the next one begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The items, newest first.
    pub items: Vec<T>,
    /// Give it as `before` to read on; absent at the end.
    pub next: Option<String>,
}

/// A browser where somebody is signed in, for the list in their settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionView {
    /// What to name when ending it.
    pub id: SessionId,
    /// What the browser calls itself, shortened.
    pub agent: String,
    /// The address it signed in from.
    pub address: String,
    /// When it signed in.
    pub signed_in_at: Timestamp,
    /// When it was last seen, to the hour.
    pub seen_at: Timestamp,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// What happened, for a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotificationKind {
    /// Somebody critiqued the recipient's work.
    Critique,
    /// Somebody found the recipient's critique helpful.
    Helpful,
    /// An artist whom the recipient follows posted a work.
    Artwork,
    /// A kind this build does not know; shown plainly.
    #[serde(other)]
    Other,
}

/// The work a notification is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// Its id.
    pub id: ArtworkId,
    /// Its title.
    pub title: String,
}

/// One line of an inbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "four independent flags, each a field of the JSON"
)]
pub struct Notification {
    /// Grows with time; the list is ordered by it.
    pub id: NotificationId,
    /// The `seq` at which it arrived, so that "all up to here" has one meaning on both ends.
    pub seq: u64,
    /// What happened.
    pub kind: NotificationKind,
    /// Who did it.
    pub actor: Person,
    /// On which work.
    pub artwork: Subject,
    /// The first words of the critique.
    pub excerpt: String,
    /// Where it happened, a path with fragment on this site.
    pub url: String,
    /// When.
    pub created_at: Timestamp,
    /// Whether the recipient has had it before their eyes.
    pub seen: bool,
    /// Whether they opened it or said so.
    pub read: bool,
    /// Put away: in no list and no count.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub archived: bool,
    /// Taken back: a tombstone that tells a client to drop the line.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub retracted: bool,
}

impl Notification {
    /// Whether it stands in the inbox at all.
    pub fn listed(&self) -> bool {
        !self.archived && !self.retracted
    }

    /// The sentence for people, as plain text: who did what to which work.
    pub fn sentence(&self) -> String {
        let (between, after) = self.words();
        format!(
            "{}{between}{}{after}",
            isolate(&self.actor.display_name),
            isolate(&self.artwork.title)
        )
    }

    /// The sentence's words between the actor's name and the title, and after it.
    pub const fn words(&self) -> (&'static str, &'static str) {
        match self.kind {
            NotificationKind::Critique => (" critiqued “", "”"),
            NotificationKind::Helpful => (" found your critique of “", "” helpful"),
            NotificationKind::Artwork => (" posted “", "”"),
            NotificationKind::Other => (": news about “", "”"),
        }
    }

    /// An address that marks it read and goes on to where it happened; works without JavaScript.
    pub fn open_url(&self) -> String {
        format!("/notifications/{}", self.id)
    }
}

/// A stretch of an inbox with the counts and the cursor of the same instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboxPage {
    /// The head: every change up to it is in here.
    pub cursor: Cursor,
    /// How many the recipient has not had before their eyes.
    pub unseen: u32,
    /// How many they have not opened.
    pub unread: u32,
    /// Newest first; for `after`, oldest change first with tombstones.
    pub items: Vec<Notification>,
    /// Give it as `before` to read on; absent at the end.
    pub next: Option<String>,
    /// The cursor asked for was too old or of another epoch: this is the first page instead.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reset: bool,
}

/// The state of an inbox after something was marked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// The new head.
    pub cursor: Cursor,
    /// How many are not seen now.
    pub unseen: u32,
    /// How many are not read now.
    pub unread: u32,
}

/// What to mark.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Marked {
    /// These.
    Ids(Vec<NotificationId>),
    /// All that had arrived by this cursor.
    Through(Cursor),
}
