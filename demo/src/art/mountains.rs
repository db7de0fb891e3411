//! Receding ridges in evening mist, with firs in front, in oils.
//!
//! Each ridge is a line of noise; colours go from the haze to the dark foreground, and mist lies in
//! the valleys.

use rand::{Rng, rngs::StdRng};

use crate::art::{
    brush::{Layer, oils},
    canvas::Canvas,
    colour::{Ink, hex, mix, ramp, screen, step},
    noise::{fbm, noise},
};

struct Palette {
    sky: [Ink; 4],
    sun: Ink,
    near: Ink,
    mid: Ink,
}

const PALETTES: [Palette; 4] = [
    Palette {
        sky: [hex(0x4a5d84), hex(0x9d8ba5), hex(0xe8b298), hex(0xf7d9a8)],
        sun: hex(0xffe9c0),
        near: hex(0x141d2e),
        mid: hex(0x5f6689),
    },
    Palette {
        sky: [hex(0x2d4a5e), hex(0x6f96a0), hex(0xd3cdb2), hex(0xf3dfb4)],
        sun: hex(0xfff3d2),
        near: hex(0x10242a),
        mid: hex(0x4f7f86),
    },
    Palette {
        sky: [hex(0x3a2f55), hex(0x8a4d73), hex(0xe07a5f), hex(0xf6be76)],
        sun: hex(0xffe2a6),
        near: hex(0x1a1227),
        mid: hex(0x77486c),
    },
    Palette {
        sky: [hex(0x6b7f95), hex(0xa9b2b8), hex(0xdccfc3), hex(0xf0dcc8)],
        sun: hex(0xfff4e4),
        near: hex(0x222b33),
        mid: hex(0x74838f),
    },
];

const RIDGES: usize = 7;

pub fn paint(rng: &mut StdRng) -> Canvas {
    let mut on = Canvas::new(1400, 933, [0.0; 3]);
    let (w, h) = on.size();
    let palette = &PALETTES[rng.random_range(0..PALETTES.len())];
    let seed: u32 = rng.random();
    let skyline = h * rng.random_range(0.36..0.46);
    let sun = (
        w * rng.random_range(0.22..0.78),
        skyline - h * rng.random_range(-0.01..0.1),
    );
    sky(&mut on, palette, seed, sun, skyline);
    for ridge in 0..RIDGES {
        let depth = ridge as f32 / (RIDGES - 1) as f32;
        let base = skyline + (h * 0.98 - skyline) * depth.powf(1.25);
        lay_ridge(
            &mut on,
            palette,
            seed.wrapping_add(ridge as u32 * 77),
            (depth, base),
            sun.0,
        );
    }
    let mut on = oils(
        &on,
        &[
            Layer {
                width: 15.0,
                stretch: 4.5,
                stray: 0.035,
            },
            Layer {
                width: 7.0,
                stretch: 3.5,
                stray: 0.03,
            },
            Layer {
                width: 3.6,
                stretch: 3.0,
                stray: 0.02,
            },
        ],
        rng,
    );
    firs(&mut on, palette, rng);
    on.vignette(0.16);
    on.threads(seed, 0.035);
    on
}

fn sky(on: &mut Canvas, palette: &Palette, seed: u32, sun: (f32, f32), skyline: f32) {
    on.each(|x, y, _| {
        let drift = fbm(seed, x / 420.0, y / 90.0, 4);
        let mut ink = ramp(&palette.sky, y / (skyline * 1.15) + drift * 0.1);
        let cloud = step(0.12, 0.6, fbm(seed ^ 5, x / 380.0 + y / 300.0, y / 55.0, 5))
            * step(skyline, skyline * 0.3, y);
        ink = mix(ink, mix(palette.sky[3], palette.sun, 0.3), cloud * 0.55);
        let away = (x - sun.0).hypot(y - sun.1);
        ink = screen(ink, palette.sun.map(|c| c * 0.5 * (-away / 190.0).exp()));
        mix(ink, palette.sun, step(39.0, 36.0, away))
    });
}

/// One ridge and the mist at its foot: `depth` is 0 for the farthest and 1 for the nearest, `base`
/// is its mean height.
fn lay_ridge(on: &mut Canvas, palette: &Palette, seed: u32, (depth, base): (f32, f32), sun: f32) {
    let (w, h) = on.size();
    let steep = h * (0.15 - 0.05 * depth);
    let pitch = 430.0 - depth * 90.0;
    let crest: Vec<f32> = (0..=on.w)
        .map(|x| {
            let x = x as f32 / pitch;
            // Folding the noise makes peaks instead of hills.
            let peaks = 1.0 - noise(seed, x, 0.5).abs() * 1.7;
            let rough = fbm(seed ^ 3, x * 2.6, 4.0, 5);
            base - steep * (peaks * 0.75 + rough * 0.42) + steep * 0.25
        })
        .collect();
    let haze = mix(palette.sky[2], palette.sky[3], 0.35);
    let body = if depth < 0.6 {
        mix(haze, palette.mid, 0.25 + depth * 1.25)
    } else {
        mix(palette.mid, palette.near, (depth - 0.6) * 2.5)
    };
    on.each(|x, y, under| {
        let i = x as usize;
        let top = crest[i];
        let lean = crest[(i + 1).min(crest.len() - 1)] - top;
        let cover = ((y - top) / lean.hypot(1.0) + 0.5).clamp(0.0, 1.0);
        if cover <= 0.0 {
            return under;
        }
        let down = ((y - top) / (h * 0.2)).clamp(0.0, 1.0);
        let fold = fbm(seed ^ 8, x / 70.0 + y / 90.0, y / 130.0 - x / 200.0, 4);
        let lit = (1.0 - (x - sun).abs() / w).max(0.0) * (1.0 - depth) * 0.25;
        let warm = mix(body, palette.sun, lit * step(0.5, 0.0, down));
        let ink = warm.map(|c| c * (1.0 + fold * 0.22 * (0.3 + depth)));
        let mist = down.powf(0.8) * (0.8 - depth * 0.62)
            + fbm(seed ^ 6, x / 300.0, y / 60.0, 3) * 0.16 * down;
        mix(under, mix(ink, haze, mist.clamp(0.0, 0.9)), cover)
    });
}

/// Firs on the near slope, in loose groups.
fn firs(on: &mut Canvas, palette: &Palette, rng: &mut StdRng) {
    let (w, h) = on.size();
    let seed: u32 = rng.random();
    for row in 0..3 {
        let near = row as f32 / 2.0;
        let ink = mix(
            mix(palette.mid, palette.near, 0.72),
            palette.near.map(|c| c * 0.75),
            near,
        );
        let mut x = -20.0;
        while x < w + 20.0 {
            let crowd = noise(seed.wrapping_add(row), x / 210.0, 0.0);
            x += rng.random_range(9.0..26.0) + near * 8.0;
            if crowd < -0.12 + near * 0.2 {
                continue;
            }
            let tall = h * (0.07 + 0.1 * near) * rng.random_range(0.55..1.1) * (0.75 + crowd * 0.7);
            let foot = h * (0.91 + 0.06 * near) + noise(seed ^ 4, x / 160.0, near) * 22.0 + 14.0;
            fir(on, (x, foot), tall, ink, rng);
        }
        let ground = h * (0.915 + 0.06 * near);
        on.within([0.0, ground - 40.0, w, h], |x, y, under| {
            let top =
                ground + noise(seed ^ 4, x / 160.0, near) * 22.0 + noise(seed, x / 9.0, near) * 2.5;
            mix(under, ink, (y - top).clamp(0.0, 1.0))
        });
    }
}

fn fir(on: &mut Canvas, (x, foot): (f32, f32), tall: f32, ink: Ink, rng: &mut StdRng) {
    on.line(
        (x, foot + 4.0),
        (x, foot - tall),
        (tall * 0.045, 0.5),
        ink,
        1.0,
    );
    let tiers = (tall / 5.0) as usize;
    for tier in 0..tiers {
        let t = tier as f32 / tiers as f32;
        let y = foot - tall * (0.08 + 0.9 * t);
        for side in [-1.0, 1.0] {
            let reach = tall * 0.24 * (1.0 - t).powf(0.9) * rng.random_range(0.55..1.15);
            on.line(
                (x, y - tall * 0.03),
                (x + side * reach, y + reach * 0.36),
                (tall * 0.034 * (1.05 - t), 0.8),
                ink,
                1.0,
            );
        }
    }
}
