//! Colour conversion of uploads to sRGB, the only colour space that is served.
//!
//! A wider gamut, such as Display P3, is converted too: colours outside sRGB are clipped, and every
//! screen shows the same. An unreadable profile is ignored: the pixels are taken as sRGB.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use moxcms::{
    ColorProfile, DataColorSpace, Layout, Transform8BitExecutor, Transform16BitExecutor,
    TransformOptions,
};

use crate::artworks::media::limits::PROFILE_MAX;

/// A difference too small to see, in steps of 255; rounding alone causes as much.
const TOLERANCE: u8 = 1;

/// The colour profile of an upload; `None` means sRGB.
#[derive(Default)]
pub(super) struct Profile(Option<Box<ColorProfile>>);

impl From<ColorProfile> for Profile {
    fn from(profile: ColorProfile) -> Self {
        Self(Some(Box::new(profile)))
    }
}

impl Profile {
    /// Reads an ICC profile for a picture in this colour space.
    pub fn read(icc: &[u8], space: DataColorSpace) -> Self {
        if icc.is_empty() || icc.len() > PROFILE_MAX {
            return Self::default();
        }
        match catch_unwind(|| ColorProfile::new_from_slice(icc)) {
            Ok(Ok(profile)) if profile.color_space == space => profile.into(),
            Ok(Ok(profile)) => {
                tracing::debug!(profile = ?profile.color_space, picture = ?space, "a colour profile's colour space differs from its picture's");
                Self::default()
            }
            Ok(Err(error)) => {
                tracing::debug!(%error, "a colour profile can't be read");
                Self::default()
            }
            Err(_panic) => Self::default(),
        }
    }

    /// The conversion for 8-bit pixels; `None` if the colours are sRGB already, or the profile
    /// can't be used.
    pub fn transform(&self, from: Layout, to: Layout) -> Option<Arc<Transform8BitExecutor>> {
        let profile = self.0.as_deref()?;
        let made = catch_unwind(AssertUnwindSafe(|| {
            let transform = profile
                .create_transform_8bit(
                    from,
                    &ColorProfile::new_srgb(),
                    to,
                    TransformOptions::default(),
                )
                .ok()?;
            // Probe with a few colours, so that a faulty profile fails here.
            let (probes, mut results) = (probes(from), vec![0; PROBES * to.channels()]);
            transform.transform(&probes, &mut results).ok()?;
            let changes = !is_unnoticeable(&probes, from, &results, to);
            changes.then_some(transform)
        }));
        made.ok().flatten()
    }

    /// The conversion for 16-bit pixels.
    pub fn transform_16(&self, from: Layout, to: Layout) -> Option<Arc<Transform16BitExecutor>> {
        self.transform(from, to)?;
        let profile = self.0.as_deref()?;
        let make = || {
            profile
                .create_transform_16bit(
                    from,
                    &ColorProfile::new_srgb(),
                    to,
                    TransformOptions::default(),
                )
                .ok()
        };
        catch_unwind(AssertUnwindSafe(make)).ok().flatten()
    }

    /// Converts rows of `line` pixels in place; `layout` is `Rgb` or `Rgba`.
    pub fn convert(&self, pixels: &mut [u8], line: usize, layout: Layout) {
        let Some(transform) = self.transform(layout, layout) else {
            return;
        };
        let mut before = vec![0; line * layout.channels()];
        for line in pixels.chunks_exact_mut(before.len().max(1)) {
            before.copy_from_slice(line);
            if let Err(error) = transform.transform(&before, line) {
                tracing::debug!(%error, "colours could not be converted");
                line.copy_from_slice(&before);
            }
        }
    }

    /// Converts grey rows of `line` pixels to RGB.
    pub fn grey_to_rgb(&self, grey: &[u8], line: usize) -> Vec<u8> {
        let mut rgb = vec![0; grey.len() * 3];
        let transform = self.transform(Layout::Gray, Layout::Rgb);
        for (grey, rgb) in grey
            .chunks(line.max(1))
            .zip(rgb.chunks_mut(line.max(1) * 3))
        {
            if transform
                .as_ref()
                .is_none_or(|transform| transform.transform(grey, rgb).is_err())
            {
                grey.iter()
                    .zip(rgb.chunks_exact_mut(3))
                    .for_each(|(grey, rgb)| rgb.fill(*grey));
            }
        }
        rgb
    }
}

/// Converts cyan, magenta, yellow and black to RGB without a profile.
pub(super) fn inks_to_rgb(inks: &[u8], rgb: &mut [u8]) {
    for (ink, rgb) in inks.chunks_exact(4).zip(rgb.chunks_exact_mut(3)) {
        let light = |ink: u8, black: u8| {
            let product = u16::from(255 - ink) * u16::from(255 - black);
            u8::try_from((product + 127) / 255).unwrap_or(u8::MAX)
        };
        rgb.copy_from_slice(&[
            light(ink[0], ink[3]),
            light(ink[1], ink[3]),
            light(ink[2], ink[3]),
        ]);
    }
}

/// Number of pixels in [`probes`].
const PROBES: usize = 216;

/// Sample colours from the whole colour space.
fn probes(layout: Layout) -> Vec<u8> {
    let channels = layout.channels();
    let level = |n: usize, channel: usize| {
        u8::try_from(n / 6_usize.pow(u32::try_from(channel % 3).unwrap_or(0)) % 6 * 51).unwrap_or(0)
    };
    (0..PROBES)
        .flat_map(|n| (0..channels).map(move |channel| level(n, channel)))
        .collect()
}

/// Whether the conversion makes no visible difference. Only colours of light (grey, RGB) can be
/// compared so.
fn is_unnoticeable(before: &[u8], from: Layout, after: &[u8], to: Layout) -> bool {
    let (from, to) = (from.channels(), to.channels());
    let same_sort = matches!((from, to), (1 | 3, 3) | (2 | 4, 4)) && to >= from;
    same_sort
        && before
            .chunks_exact(from)
            .zip(after.chunks_exact(to))
            .all(|(before, after)| {
                (0..3).all(|channel| {
                    after[channel].abs_diff(before[if from < 3 { 0 } else { channel }]) <= TOLERANCE
                })
            })
}
