use serde::{Deserialize, Serialize};

/// One picture in its sizes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Picture {
    /// Its renditions, smallest first; the last is the whole picture.
    pub sources: Vec<Rendition>,
    /// Width of the whole picture, in pixels.
    pub width: u32,
    /// Height of the whole picture, in pixels.
    pub height: u32,
    /// A few blurred pixels as a `data:` address, shown until the picture is there; see-through
    /// where the picture is.
    pub placeholder: String,
    /// Whether something shows through the picture.
    #[serde(default)]
    pub see_through: bool,
}

/// A picture at one width.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Rendition {
    /// Where it is; never changes content, so it may be cached for ever.
    pub url: String,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    #[serde(default)]
    pub height: u32,
    /// The same as a smaller WebP, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webp: Option<String>,
}

impl Picture {
    /// Whether pages show a rendition of this size, in pixels. Larger ones are to be had by
    /// themselves: a page would load tens of megapixels where some are enough.
    pub const fn is_for_pages(width: u32, height: u32) -> bool {
        width <= 2_560 || (width as u64) * (height as u64) <= 6_000_000
    }

    fn for_pages(&self) -> impl Iterator<Item = &Rendition> {
        self.sources
            .iter()
            .filter(|source| Self::is_for_pages(source.width, source.height))
    }

    /// The `srcset` attribute.
    pub fn srcset(&self) -> String {
        join(self.for_pages().map(|source| (&source.url, source.width)))
    }

    /// The `srcset` attribute for browsers that know WebP; none if a size is missing in it.
    pub fn webp_srcset(&self) -> Option<String> {
        let sources: Option<Vec<_>> = self
            .for_pages()
            .map(|source| Some((source.webp.as_ref()?, source.width)))
            .collect();
        sources
            .filter(|sources| !sources.is_empty())
            .map(|sources| join(sources.into_iter()))
    }

    /// The rendition for clients that know no `srcset`: one of medium width.
    pub fn src(&self) -> String {
        let medium = self
            .for_pages()
            .find(|source| source.width >= 960)
            .or_else(|| self.for_pages().last());
        medium.map(|source| source.url.clone()).unwrap_or_default()
    }

    /// The whole picture.
    pub fn whole(&self) -> Option<&Rendition> {
        self.sources.last()
    }
}

fn join<'a>(sources: impl Iterator<Item = (&'a String, u32)>) -> String {
    sources
        .map(|(url, width)| format!("{url} {width}w"))
        .collect::<Vec<_>>()
        .join(", ")
}
