//! Pictures as responsive images, over a placeholder and without layout shift.

use base64::{Engine, prelude::BASE64_STANDARD};
use leptos::prelude::*;
use shared::dto::Picture;

/// A picture's loading priority.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Wanted {
    /// High priority: the largest picture in view at first.
    First,
    /// Immediately, at normal priority.
    Now,
    /// Lazily, when it comes near the window.
    #[default]
    Later,
}

/// The CSS class of a picture too elongated to fit a box: ` tall` above 3:1, ` wide` above 5:1. A
/// broad picture no higher than [`WIDE_HEIGHT`] would gain nothing and gets none.
pub fn shape(picture: &Picture) -> &'static str {
    let Picture { width, height, .. } = *picture;
    if height > width.saturating_mul(3) {
        " tall"
    } else if width > height.saturating_mul(5) && height >= WIDE_HEIGHT * 16 {
        " wide"
    } else {
        ""
    }
}

/// The height at which a wide picture is shown on its own page, in rem (`artwork.css`).
pub const WIDE_HEIGHT: u32 = 18;

/// A picture; `sizes` is the attribute in HTML.
#[component]
pub fn Art(
    picture: Picture,
    alt: String,
    sizes: String,
    #[prop(optional)] wanted: Wanted,
) -> impl IntoView {
    let see_through = if picture.see_through {
        " see-through"
    } else {
        ""
    };
    let class = format!("art{}{see_through}", shape(&picture));
    let (width, height) = (picture.width.to_string(), picture.height.to_string());
    let webp = picture
        .webp_srcset()
        .map(|srcset| view! { <source type="image/webp" srcset=srcset sizes=sizes.clone()/> });
    view! {
        <span class=class>
            <img class="blur" src=stand_in(&picture) alt="" width=width.clone() height=height.clone() aria-hidden="true"/>
            <picture>
                {webp}
                <img
                    class="real"
                    src=picture.src()
                    srcset=picture.srcset()
                    sizes=sizes
                    width=width
                    height=height
                    alt=alt
                    loading=if wanted == Wanted::Later { "lazy" } else { "eager" }
                    fetchpriority=(wanted == Wanted::First).then_some("high")
                    decoding="async"
                />
            </picture>
        </span>
    }
}

/// Tolerated relative difference between the aspect ratios of placeholder and picture: a pixel or
/// two as shown.
const ASPECT_RATIO_TOLERANCE: f64 = 0.005;

/// The placeholder's address. A placeholder of another aspect ratio is stretched by an SVG of the
/// picture's size; the others are used directly, since browsers create a document for each SVG.
fn stand_in(picture: &Picture) -> String {
    let Picture {
        width,
        height,
        placeholder,
        ..
    } = picture;
    let shape = f64::from(*width) / f64::from(*height).max(1.0);
    if size_of(placeholder).is_some_and(|(width, height)| {
        (width / height / shape - 1.0).abs() < ASPECT_RATIO_TOLERANCE
    }) {
        return placeholder.clone();
    }
    let size = format!("width='{width}' height='{height}'");
    format!(
        "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' {size}%3E%3Cimage \
         href='{placeholder}' {size} preserveAspectRatio='none'/%3E%3C/svg%3E"
    )
}

/// The width and height of a placeholder that is a lossless WebP in a `data:` URL (WebP Lossless
/// Bitstream Specification, section 3).
fn size_of(placeholder: &str) -> Option<(f64, f64)> {
    let start = placeholder
        .strip_prefix("data:image/webp;base64,")?
        .get(..36)?;
    let header = BASE64_STANDARD.decode(start).ok()?;
    let bits = header
        .strip_prefix(b"RIFF")?
        .get(8..)?
        .strip_prefix(b"VP8L")?
        .get(4..)?
        .strip_prefix(&[0x2f])?
        .first_chunk()?;
    let bits = u32::from_le_bytes(*bits);
    Some((
        f64::from((bits & 0x3fff) + 1),
        f64::from((bits >> 14 & 0x3fff) + 1),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 4 × 2 pixels.
    const BROAD: &str = "data:image/webp;base64,UklGRhoAAABXRUJQVlA4TA4AAAAvA0AAAAfQ/+cf0f8AAA==";

    #[test]
    fn placeholder_with_the_pictures_aspect_ratio_needs_no_svg() {
        let picture = |width, height, placeholder: &str| {
            let placeholder = placeholder.to_owned();
            Picture {
                sources: Vec::new(),
                width,
                height,
                placeholder,
                see_through: false,
            }
        };
        assert_eq!(size_of(BROAD), Some((4.0, 2.0)));
        assert_eq!(stand_in(&picture(1_000, 500, BROAD)), BROAD);
        assert_eq!(stand_in(&picture(1_000, 499, BROAD)), BROAD);
        for other in [
            picture(1_000, 490, BROAD),
            picture(500, 1_000, BROAD),
            picture(10, 5, "data:image/png;base64,iVBO"),
            picture(0, 0, ""),
        ] {
            assert!(stand_in(&other).contains("svg"), "{other:?}");
        }
    }
}
