//! Colours and how to mix them.
//!
//! Values are sRGB between 0 and 1. Mixing them without linearizing gives the results that a
//! painter expects of a palette.

/// A colour: red, green and blue between 0 and 1.
pub type Ink = [f32; 3];

/// The colour `0xRRGGBB`.
pub const fn hex(rgb: u32) -> Ink {
    [
        ((rgb >> 16) & 255) as f32 / 255.0,
        ((rgb >> 8) & 255) as f32 / 255.0,
        (rgb & 255) as f32 / 255.0,
    ]
}

/// Interpolates from `a` to `b` as `t` goes from 0 to 1.
pub fn mix(a: Ink, b: Ink, t: f32) -> Ink {
    [
        a[0] + (b[0] - a[0]) * t,
        a[1] + (b[1] - a[1]) * t,
        a[2] + (b[2] - a[2]) * t,
    ]
}

/// Lighter or darker by a factor.
pub fn scale(a: Ink, by: f32) -> Ink {
    a.map(|c| c * by)
}

/// Multiplies two colours, as transparent glazes and printing inks combine.
pub fn multiply(a: Ink, b: Ink) -> Ink {
    [a[0] * b[0], a[1] * b[1], a[2] * b[2]]
}

/// Screens two colours, as lights add up.
pub fn screen(a: Ink, b: Ink) -> Ink {
    [0, 1, 2].map(|i| 1.0 - (1.0 - a[i]) * (1.0 - b[i]))
}

/// A smooth gradient of evenly spaced stops, at `t` between 0 and 1.
pub fn ramp(stops: &[Ink], t: f32) -> Ink {
    let last = stops.len() - 1;
    let at = t.clamp(0.0, 1.0) * last as f32;
    let i = (at as usize).min(last.saturating_sub(1));
    mix(stops[i], stops[(i + 1).min(last)], at - i as f32)
}

/// The perceived lightness of a colour.
pub fn value([r, g, b]: Ink) -> f32 {
    0.3 * r + 0.59 * g + 0.11 * b
}

/// Smoothstep: 0 below `a`, 1 above `b`, and an S-curve between.
pub fn step(a: f32, b: f32, x: f32) -> f32 {
    let t = ((x - a) / (b - a)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}
