//! The words of a work.

use shared::{
    AppError,
    text::{Description, Fields, Title},
};

use crate::entities::artwork::Model;

/// The words of a work, checked.
#[derive(Clone)]
pub struct Words {
    /// Its title.
    pub title: Title,
    /// What the artist says of it.
    pub description: Description,
}

impl Words {
    /// Checks what was typed, both fields at once.
    ///
    /// # Errors
    /// [`shared::Kind::Invalid`] with a sentence for each bad field.
    pub fn parse(title: &str, description: &str) -> Result<Self, AppError> {
        let mut fields = Fields::default();
        let title = fields.take("title", Title::parse(title));
        let description = fields.take("description", Description::parse(description));
        match (title, description) {
            (Some(title), Some(description)) => Ok(Self { title, description }),
            _ => Err(fields.into_error()),
        }
    }
}

/// New words for a work, checked; those left out stay as they are.
#[derive(Clone, Default)]
pub struct WordsEdit {
    /// Another title.
    pub title: Option<Title>,
    /// Something else that the artist says of it.
    pub description: Option<Description>,
}

impl From<Words> for WordsEdit {
    fn from(Words { title, description }: Words) -> Self {
        Self {
            title: Some(title),
            description: Some(description),
        }
    }
}

impl WordsEdit {
    /// Checks what was typed, both fields at once.
    ///
    /// # Errors
    /// [`shared::Kind::Invalid`] with a sentence for each bad field.
    pub fn parse(title: Option<&str>, description: Option<&str>) -> Result<Self, AppError> {
        let mut fields = Fields::default();
        let taken_title = title.map(|title| fields.take("title", Title::parse(title)));
        let taken_description = description
            .map(|description| fields.take("description", Description::parse(description)));
        match (taken_title, taken_description) {
            (Some(None), _) | (_, Some(None)) => Err(fields.into_error()),
            (title, description) => Ok(Self {
                title: title.flatten(),
                description: description.flatten(),
            }),
        }
    }

    /// Whether a work has these words already.
    pub(super) fn changes_nothing(&self, row: &Model) -> bool {
        self.title
            .as_ref()
            .is_none_or(|title| title.as_str() == row.title)
            && self
                .description
                .as_ref()
                .is_none_or(|description| description.as_str() == row.description)
    }
}
