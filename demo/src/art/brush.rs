//! Repaints a picture as in oils: broad strokes first, then finer ones.
//!
//! Each stroke takes its colour from the picture beneath and follows its forms, and its bristles
//! leave ridges.

use rand::{Rng, rngs::StdRng};

use crate::art::{
    canvas::Canvas,
    colour::{mix, scale, value},
    noise::{grain, noise},
};

/// One layer of strokes: their width, the ratio of length to width, and the variation of their
/// colours.
pub struct Layer {
    pub width: f32,
    pub stretch: f32,
    pub stray: f32,
}

/// Repaints `plan` in layers of strokes; fine layers only where there is detail.
pub fn oils(plan: &Canvas, layers: &[Layer], rng: &mut StdRng) -> Canvas {
    let mut out = plan.clone();
    let (w, h) = plan.size();
    let seed: u32 = rng.random();
    for (depth, layer) in layers.iter().enumerate() {
        let pitch = layer.width * 0.8;
        let count = (w * h / (pitch * pitch)) as usize;
        for _ in 0..count {
            let (x, y) = (rng.random_range(0.0..w), rng.random_range(0.0..h));
            let reach = layer.width * 0.8;
            let dx = value(plan.at(x + reach, y)) - value(plan.at(x - reach, y));
            let dy = value(plan.at(x, y + reach)) - value(plan.at(x, y - reach));
            let slope = dx.hypot(dy);
            if depth > 0 && slope < 0.035 * depth as f32 && rng.random_bool(0.75) {
                continue;
            }
            let drift = noise(seed, x / 260.0, y / 260.0) * 2.6 + 0.4;
            let along = (-dx).atan2(dy);
            let angle = if slope > 0.02 { along } else { drift } + rng.random_range(-0.2..0.2);
            let long = layer.width * layer.stretch * if slope > 0.15 { 0.55 } else { 1.0 };
            let Some(long) = room(plan, (x, y), angle, long) else {
                continue;
            };
            let ink = scale(
                plan.at(x, y),
                1.0 + rng.random_range(-layer.stray..layer.stray),
            );
            let shift = rng.random_range(-layer.stray..layer.stray) * 0.35;
            let ink = [ink[0] + shift, ink[1], ink[2] - shift];
            dab(
                &mut out,
                (x, y),
                angle,
                (long, layer.width),
                ink,
                rng.random(),
            );
        }
    }
    out
}

/// How long a stroke may be before it leaves the form it starts on; `None` when there is hardly any
/// room.
fn room(plan: &Canvas, (x, y): (f32, f32), angle: f32, long: f32) -> Option<f32> {
    let ink = plan.at(x, y);
    let (sin, cos) = angle.sin_cos();
    let same = |along: f32| {
        let there = plan.at(x + cos * along, y + sin * along);
        (0..3).all(|i| (ink[i] - there[i]).abs() < 0.075)
    };
    [1.0, 0.6, 0.3]
        .into_iter()
        .map(|part| long * part)
        .find(|long| same(long * 0.6) && same(long * -0.6) && same(long * 0.3) && same(long * -0.3))
}

/// One stroke: `long` by `wide`, streaked along its length and ragged at its ends.
pub fn dab(
    on: &mut Canvas,
    (cx, cy): (f32, f32),
    angle: f32,
    (long, wide): (f32, f32),
    ink: crate::art::colour::Ink,
    seed: u32,
) {
    let (sin, cos) = angle.sin_cos();
    let (half, side) = (long / 2.0, wide / 2.0);
    let (rx, ry) = (
        half * cos.abs() + side * sin.abs() + 1.0,
        half * sin.abs() + side * cos.abs() + 1.0,
    );
    let bend = grain(seed, 3, 3) * 0.12 / half;
    on.within([cx - rx, cy - ry, cx + rx, cy + ry], |x, y, under| {
        let (px, py) = (x - cx, y - cy);
        let u = px * cos + py * sin;
        let v = py * cos - px * sin + bend * u * u;
        let edge = side - v.abs();
        if edge <= 0.0 {
            return under;
        }
        let hair = noise(seed, v * 0.9, u / long * 1.5);
        let end = half * (1.0 + hair * 0.35) - u.abs();
        let cover = (edge * 0.8).clamp(0.0, 1.0)
            * (end * 0.5).clamp(0.0, 1.0)
            * (0.86 + hair * 0.3).clamp(0.0, 1.0);
        mix(under, scale(ink, 1.0 + hair * 0.07), cover)
    });
}
