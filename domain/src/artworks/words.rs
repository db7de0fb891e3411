//! The title and description of an artwork.

use shared::{
    AppError,
    text::{Description, Fields, Title},
};

use crate::entities::artwork::Model;

/// The validated title and description of an artwork.
#[derive(Clone)]
pub struct Words {
    /// The title.
    pub title: Title,
    /// The description.
    pub description: Description,
}

impl Words {
    /// Validates both fields and reports every invalid one.
    ///
    /// # Errors
    /// [`shared::Kind::Invalid`] with a message for each invalid field.
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

/// A validated edit of an artwork's title and description; `None` leaves a field as it is.
#[derive(Clone, Default)]
pub struct WordsEdit {
    /// The new title.
    pub title: Option<Title>,
    /// The new description.
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
    /// Validates both fields and reports every invalid one.
    ///
    /// # Errors
    /// [`shared::Kind::Invalid`] with a message for each invalid field.
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

    /// Whether the artwork already has these words.
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
