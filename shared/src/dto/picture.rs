use serde::{Deserialize, Serialize};

/// A picture in all its sizes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Picture {
    /// Renditions, smallest first; the last is the full size.
    pub sources: Vec<Rendition>,
    /// Full width in pixels.
    pub width: u32,
    /// Full height in pixels.
    pub height: u32,
    /// A few blurred pixels as a `data:` URL, shown until the picture has loaded; transparent where
    /// the picture is.
    #[cfg_attr(
        feature = "openapi",
        schema(example = "data:image/png;base64,iVBORw0KGgo=")
    )]
    pub placeholder: String,
    /// Whether the picture has transparent pixels.
    #[serde(default)]
    pub see_through: bool,
}

/// A picture at one width.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Rendition {
    /// URL of the file. Its content never changes, so it may be cached forever.
    #[cfg_attr(feature = "openapi", schema(example = "/media/5k2c/640.jpg"))]
    pub url: String,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    #[serde(default)]
    pub height: u32,
    /// URL of a smaller WebP file of the same rendition, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(example = "/media/5k2c/640.webp"))]
    pub webp: Option<String>,
}

impl Picture {
    /// Whether pages show a rendition of this size, in pixels. Larger renditions are served on
    /// request only: a page would load tens of megapixels where a few are enough.
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

    /// The `srcset` attribute for browsers that support WebP; `None` if any size has no WebP file.
    pub fn webp_srcset(&self) -> Option<String> {
        let sources: Option<Vec<_>> = self
            .for_pages()
            .map(|source| Some((source.webp.as_ref()?, source.width)))
            .collect();
        sources
            .filter(|sources| !sources.is_empty())
            .map(|sources| join(sources.into_iter()))
    }

    /// URL for clients without `srcset` support: a rendition of medium width.
    pub fn src(&self) -> String {
        let medium = self
            .for_pages()
            .find(|source| source.width >= 960)
            .or_else(|| self.for_pages().last());
        medium.map(|source| source.url.clone()).unwrap_or_default()
    }

    /// The full-size rendition.
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
