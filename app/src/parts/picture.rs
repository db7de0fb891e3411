//! Pictures: in the sizes and formats they are kept in, over a stand-in, without moving the page when they come.

use leptos::prelude::*;
use shared::dto::Picture;

/// How soon a picture is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Wanted {
    /// Before anything else: it is most of what is seen at first.
    First,
    /// At once.
    Now,
    /// When it comes near the window.
    #[default]
    Later,
}

/// The class of a strip, which fits no box as a whole: far longer than wide, or so broad that it would be a line across the page. One that
/// is no higher than [`WIDE_HEIGHT`] has nothing to gain.
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

/// How high a broad strip is shown on its own page, in rem (`artwork.css`).
pub const WIDE_HEIGHT: u32 = 18;

/// A picture; `sizes` as in HTML.
#[component]
pub fn Art(picture: Picture, alt: String, sizes: String, #[prop(optional)] wanted: Wanted) -> impl IntoView {
    let see_through = if picture.see_through { " see-through" } else { "" };
    let class = format!("art{}{see_through}", shape(&picture));
    let (width, height) = (picture.width.to_string(), picture.height.to_string());
    let webp = picture.webp_srcset().map(|srcset| view! { <source type="image/webp" srcset=srcset sizes=sizes.clone()/> });
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

/// The placeholder in exactly the picture's shape: in its own few pixels it could only have one near it.
fn stand_in(picture: &Picture) -> String {
    let Picture { width, height, placeholder, .. } = picture;
    let size = format!("width='{width}' height='{height}'");
    format!(
        "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {width} {height}' {size}%3E%3Cimage \
         href='{placeholder}' {size} preserveAspectRatio='none'/%3E%3C/svg%3E"
    )
}
