//! Pictures painted in code, for the demo gallery.
//!
//! [`paint`] gives the same picture for the same subject and seed, and a very different one for
//! another seed, because palette and composition follow from it. One file per subject, with shared
//! drawing tools.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "pixels: small numbers, to and fro between places and counts"
)]
#![expect(
    clippy::unreadable_literal,
    reason = "0xRRGGBB is how colours are written"
)]
#![expect(
    clippy::similar_names,
    reason = "`see` and what is `seen`, `lean` and `leaf`"
)]
#![expect(
    clippy::manual_midpoint,
    reason = "coordinates are nowhere near overflowing"
)]
#![expect(
    clippy::decimal_bitwise_operands,
    reason = "seeds are stirred with any number at hand"
)]
#![expect(
    clippy::many_single_char_names,
    reason = "x, y, r and the like are what they are called"
)]

mod bauhaus;
mod brush;
mod canvas;
mod city;
mod colour;
mod contours;
mod flow;
mod hatching;
mod linocut;
mod mountains;
mod noise;
mod portrait;
mod seascape;
mod still_life;
mod wash;
mod weave;

use image::RgbImage;
use rand::{SeedableRng, rngs::StdRng};

/// The subject of a picture, and the medium it imitates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// Ridges in evening mist, in oils.
    Mountains,
    /// The moon over the sea, in oils.
    Seascape,
    /// A bowl with fruit on a table, in oils.
    StillLife,
    /// A head in profile, in cut paper.
    Portrait,
    /// Stems with leaves, in linocut.
    Linocut,
    /// Ribbons of colour along a current, abstract.
    Flow,
    /// Circles, bars and arcs, as on a Bauhaus poster.
    Bauhaus,
    /// A city at night over water.
    City,
    /// Flowers in watercolour, wet in wet.
    Wash,
    /// Solids in light, hatched in ink.
    Hatching,
    /// A woven rug.
    Weave,
    /// Contour lines of an invented land.
    Contours,
}

/// Paints a picture; the longer side is 1400 pixels, except for square pictures.
pub fn paint(subject: Subject, seed: u64) -> RgbImage {
    let mut rng = StdRng::seed_from_u64(seed);
    let canvas = match subject {
        Subject::Mountains => mountains::paint(&mut rng),
        Subject::Seascape => seascape::paint(&mut rng),
        Subject::StillLife => still_life::paint(&mut rng),
        Subject::Portrait => portrait::paint(&mut rng),
        Subject::Linocut => linocut::paint(&mut rng),
        Subject::Flow => flow::paint(&mut rng),
        Subject::Bauhaus => bauhaus::paint(&mut rng),
        Subject::City => city::paint(&mut rng),
        Subject::Wash => wash::paint(&mut rng),
        Subject::Hatching => hatching::paint(&mut rng),
        Subject::Weave => weave::paint(&mut rng),
        Subject::Contours => contours::paint(&mut rng),
    };
    canvas.finish()
}
