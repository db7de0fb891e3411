//! Contour lines of an imaginary landscape, on layers of tinted paper.
//!
//! Heights are domain-warped noise; each level is a sheet that casts a shadow on the one below.

use rand::{Rng, rngs::StdRng};

use crate::art::{
    canvas::Canvas,
    colour::{Ink, hex, mix, ramp, scale, step},
    noise::fbm,
};

/// Paper colours from low to high, and the ink of the lines.
const PALETTES: [([Ink; 5], Ink); 5] = [
    (
        [
            hex(0x1f3d4f),
            hex(0x3f7582),
            hex(0xa9c6b8),
            hex(0xf0e3c6),
            hex(0xe08b5f),
        ],
        hex(0x16303d),
    ),
    (
        [
            hex(0x2b2440),
            hex(0x6a3f68),
            hex(0xc76b70),
            hex(0xf0b384),
            hex(0xf8e6c4),
        ],
        hex(0x2a1a35),
    ),
    (
        [
            hex(0x203a33),
            hex(0x4f7458),
            hex(0xa5b083),
            hex(0xe7d9b0),
            hex(0xf7f1e1),
        ],
        hex(0x1c2f2a),
    ),
    (
        [
            hex(0xf3ead9),
            hex(0xe4c9a8),
            hex(0xcf8f6b),
            hex(0x8f4a48),
            hex(0x3a2534),
        ],
        hex(0x33202c),
    ),
    (
        [
            hex(0x14283e),
            hex(0x2f5478),
            hex(0x86a9c0),
            hex(0xdfe4e0),
            hex(0xfbf6ea),
        ],
        hex(0x12243a),
    ),
];

const LEVELS: f32 = 9.0;

struct Land {
    w: usize,
    h: usize,
    heights: Vec<f32>,
}

impl Land {
    fn at(&self, x: f32, y: f32) -> f32 {
        let (x, y) = (
            (x - 0.5).clamp(0.0, self.w as f32 - 1.001),
            (y - 0.5).clamp(0.0, self.h as f32 - 1.001),
        );
        let (ix, iy) = (x as usize, y as usize);
        let (fx, fy) = (x.fract(), y.fract());
        let get = |dx: usize, dy: usize| {
            self.heights[(iy + dy).min(self.h - 1) * self.w + (ix + dx).min(self.w - 1)]
        };
        let top = get(0, 0) * (1.0 - fx) + get(1, 0) * fx;
        let low = get(0, 1) * (1.0 - fx) + get(1, 1) * fx;
        top * (1.0 - fy) + low * fy
    }
}

pub fn paint(rng: &mut StdRng) -> Canvas {
    let (tints, ink) = PALETTES[rng.random_range(0..PALETTES.len())];
    let mut on = Canvas::new(1400, 990, tints[0]);
    let (w, h) = on.size();
    let seed: u32 = rng.random();
    let land = survey(on.w, on.h, seed, rng);
    let margin = 58.0;
    let paper = mix(hex(0xf7f2e6), tints[3], 0.06);
    on.each(|x, y, _| {
        let here = land.at(x, y) * LEVELS;
        let level = here.floor();
        // Divide by the gradient, so that lines keep their width.
        let slope = (land.at(x + 1.0, y) - land.at(x - 1.0, y))
            .hypot(land.at(x, y + 1.0) - land.at(x, y - 1.0))
            * 0.5
            * LEVELS;
        let slope = slope.max(0.0006);
        let tint = |level: f32| ramp(&tints, (level + 0.5) / LEVELS);
        let below = (here - level) / slope;
        let mut colour = mix(tint(level - 1.0), tint(level), below.clamp(0.0, 1.0));
        // The sheet above casts its shadow down and to the right.
        let mut dark: f32 = 0.0;
        for (reach, weight) in [(3.0, 0.34), (7.0, 0.26), (12.0, 0.18), (19.0, 0.12)] {
            let above = land.at(x - reach * 0.7, y - reach) * LEVELS;
            dark += weight * step(0.0, 0.05 + slope * 2.0, above - level - 1.0);
        }
        colour = mix(colour, mix(scale(colour, 0.45), ink, 0.35), dark * 0.62);
        // The cut edge is lighter on the lit side.
        colour = mix(
            colour,
            [1.0, 0.98, 0.94],
            step(2.6, 0.8, below) * 0.4 * (1.0 - dark),
        );
        let fine = here * 4.0;
        let from = (fine - fine.round()).abs() / (slope * 4.0);
        let near_cut = (here - here.round()).abs() * 4.0 < 0.5;
        let line =
            step(1.15, 0.35, from) * if near_cut { 0.0 } else { 0.42 } * step(0.12, 0.06, slope);
        mix(colour, ink, line)
    });
    on.each(|x, y, under| {
        let out = (margin - x)
            .max(x - w + margin)
            .max((margin - y).max(y - h + margin));
        let edge = mix(under, scale(under, 0.55), step(-10.0, 0.0, out) * 0.5);
        mix(edge, paper, (out + 0.5).clamp(0.0, 1.0))
    });
    on.tooth(seed, 0.04);
    on
}

/// Computes a height between 0 and 1 for every pixel.
fn survey(w: usize, h: usize, seed: u32, rng: &mut StdRng) -> Land {
    let broad = rng.random_range(330.0..470.0f32);
    let bend = rng.random_range(0.5..1.1f32);
    let lean = rng.random_range(-0.35..0.35f32);
    let mut heights = Vec::with_capacity(w * h);
    for y in 0..h {
        for x in 0..w {
            let (u, v) = (x as f32 / broad, y as f32 / broad);
            let (du, dv) = (fbm(seed ^ 1, u, v, 2), fbm(seed ^ 2, u + 5.0, v, 2));
            let hills = fbm(seed, u + du * bend, v + dv * bend, 3);
            let slant =
                (x as f32 / w as f32 - 0.5) * lean + (y as f32 / h as f32 - 0.5) * lean * 0.6;
            heights.push((0.5 + hills * 0.72 + slant).clamp(0.02, 0.98));
        }
    }
    Land { w, h, heights }
}
