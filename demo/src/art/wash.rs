//! Flowers in watercolour, wet in wet.
//!
//! Pigment is modelled as optical density on the paper, so that overlapping glazes darken each
//! other like real ones. It gathers at the rim of a wash, bleeds into wet areas, and settles in the
//! texture of the paper.

use std::f32::consts::TAU;

use rand::{Rng, rngs::StdRng};

use crate::art::{
    canvas::{Canvas, Point},
    colour::{Ink, hex, step},
    noise::{fbm, grain, noise},
};

/// Colours of the petals, their blush, the centre, the leaves, and the background wash.
const PALETTES: [[Ink; 5]; 5] = [
    [
        hex(0xe8684f),
        hex(0xc22f4e),
        hex(0x3a2338),
        hex(0x6e8b52),
        hex(0xa9c9d0),
    ],
    [
        hex(0x6f7fc4),
        hex(0x8d4fa3),
        hex(0xd9a531),
        hex(0x5f8f76),
        hex(0xe9cfae),
    ],
    [
        hex(0xe9a23b),
        hex(0xd9603b),
        hex(0x5a2f22),
        hex(0x7f8f45),
        hex(0xb8c6d8),
    ],
    [
        hex(0xd67fa0),
        hex(0xa63f74),
        hex(0xe0b040),
        hex(0x4f7f6c),
        hex(0xcfd6b0),
    ],
    [
        hex(0x3f86a8),
        hex(0x2d4f94),
        hex(0xe2bf55),
        hex(0x77936a),
        hex(0xefd0c0),
    ],
];

const PAPER: Ink = hex(0xfaf6ec);

/// The absorption of red, green and blue at each pixel.
struct Wet {
    w: usize,
    depth: Vec<Ink>,
    on: Canvas,
}

impl Wet {
    /// Lays a wash within `area` where `cover` is above 0.
    fn lay(&mut self, area: [f32; 4], ink: Ink, mut cover: impl FnMut(f32, f32) -> f32) {
        // Absorption is the negative logarithm of the transmitted light.
        let takes = ink.map(|c| -(c.clamp(0.02, 0.99)).ln());
        let (w, depth) = (self.w, &mut self.depth);
        self.on.within(area, |x, y, blank| {
            let amount = cover(x, y);
            if amount > 0.0 {
                let at = &mut depth[y as usize * w + x as usize];
                *at = [
                    at[0] + takes[0] * amount,
                    at[1] + takes[1] * amount,
                    at[2] + takes[2] * amount,
                ];
            }
            blank
        });
    }

    fn dry(self, seed: u32) -> Canvas {
        let Self { w, depth, mut on } = self;
        on.each(|x, y, paper| {
            let pits =
                noise(seed, x / 3.4, y / 3.4) * 0.5 + noise(seed ^ 3, x / 7.0, y / 6.0) * 0.4;
            let take = depth[y as usize * w + x as usize];
            let settle = 1.0 + pits * 0.26 + grain(seed, x as u32, y as u32) * 0.05;
            let lit = 1.0 + pits * 0.018;
            [0, 1, 2].map(|i| paper[i] * lit * (-take[i] * settle).exp())
        });
        on
    }
}

/// The density of a wash at a point `inside` pixels within its edge.
fn pool(inside: f32, rim: f32) -> f32 {
    if inside <= 0.0 {
        return 0.0;
    }
    inside.min(1.5) / 1.5 * (1.0 + rim * (-inside / 3.2).exp() + rim * 0.3 * (-inside / 14.0).exp())
}

pub fn paint(rng: &mut StdRng) -> Canvas {
    let (w, h) = (1120, 1400);
    let mut wet = Wet {
        w,
        depth: vec![[0.0; 3]; w * h],
        on: Canvas::new(w, h, PAPER),
    };
    let (w, h) = wet.on.size();
    let inks = PALETTES[rng.random_range(0..PALETTES.len())];
    let seed: u32 = rng.random();
    background(&mut wet, inks, seed);
    let left = rng.random_bool(0.5);
    let mirror = |x: f32| if left { x } else { w - x };
    let flowers: [(Point, f32); 3] = [
        ((mirror(w * 0.4), h * 0.33), 270.0),
        ((mirror(w * 0.7), h * 0.56), 200.0),
        ((mirror(w * 0.26), h * 0.66), 135.0),
    ];
    let root = (mirror(w * rng.random_range(0.46..0.56)), h * 1.02);
    for (centre, r) in flowers {
        stem(&mut wet, inks[3], centre, root, r, rng);
    }
    for (centre, r) in flowers {
        let centre = (
            centre.0 + rng.random_range(-25.0..25.0),
            centre.1 + rng.random_range(-25.0..25.0),
        );
        flower(
            &mut wet,
            inks,
            centre,
            r * rng.random_range(0.92..1.05),
            rng,
        );
    }
    for _ in 0..46 {
        let near = flowers[rng.random_range(0..3)].0;
        let (angle, far) = (
            rng.random_range(0.0..TAU),
            rng.random_range(160.0..520.0f32),
        );
        let (x, y, r) = (
            near.0 + angle.cos() * far,
            near.1 + angle.sin() * far,
            rng.random_range(1.0f32..3.2).powf(1.7),
        );
        wet.lay(
            [x - r, y - r, x + r, y + r],
            inks[rng.random_range(0..2)],
            |px, py| pool(r - (px - x).hypot(py - y), 0.8) * 0.45,
        );
    }
    wet.dry(seed)
}

/// A pale wash with ragged edges that leaves the paper bare; the colours of the flowers bleed into
/// it.
fn background(wet: &mut Wet, inks: [Ink; 5], seed: u32) {
    let (w, h) = wet.on.size();
    let middle = (w * 0.5, h * 0.46);
    wet.lay([0.0, 0.0, w, h], inks[4], |x, y| {
        let warp = fbm(seed, x / 260.0, y / 260.0, 5);
        let out = ((x - middle.0) / (w * 0.43)).hypot((y - middle.1) / (h * 0.4));
        let inside = (1.0 - out + warp * 0.55) * 330.0;
        pool(inside, 0.5) * (0.34 + fbm(seed ^ 1, x / 200.0, y / 300.0, 4) * 0.4).max(0.08)
    });
    wet.lay([0.0, 0.0, w, h], inks[3], |x, y| {
        let low = step(h * 0.4, h * 0.85, y) * step(h * 1.0, h * 0.88, y);
        (fbm(seed ^ 2, x / 210.0, y / 240.0, 4) - 0.02).max(0.0) * low * 0.8
    });
    wet.lay([0.0, 0.0, w, h], inks[0], |x, y| {
        let out = ((x - middle.0) / (w * 0.4)).hypot((y - middle.1) / (h * 0.36));
        (fbm(seed ^ 12, x / 230.0, y / 230.0, 4) - 0.06).max(0.0) * step(1.0, 0.5, out) * 0.5
    });
}

fn stem(wet: &mut Wet, ink: Ink, from: Point, root: Point, r: f32, rng: &mut StdRng) {
    let seed: u32 = rng.random();
    let sway = rng.random_range(-70.0..70.0f32);
    let at = |t: f32| {
        let (u, s) = (1.0 - t, t);
        let bend = (from.0 + sway, from.1 + (root.1 - from.1) * 0.55);
        (
            u * u * from.0 + 2.0 * u * s * bend.0 + s * s * root.0,
            u * u * from.1 + 2.0 * u * s * bend.1 + s * s * root.1,
        )
    };
    let reach = [
        from.0.min(root.0) - 120.0,
        from.1,
        from.0.max(root.0) + 120.0,
        root.1,
    ];
    let top = r * 0.25;
    wet.lay(reach, ink, |x, y| {
        let t = ((y - from.1) / (root.1 - from.1)).clamp(0.0, 1.0);
        // The curve descends almost uniformly, so a height identifies a position on it.
        let (mut lo, mut hi) = (0.0, 1.0);
        for _ in 0..9 {
            let mid = (lo + hi) / 2.0;
            if at(mid).1 < y { lo = mid } else { hi = mid }
        }
        let wide = (4.0 + 4.5 * t) * (1.0 + noise(seed, 0.0, y / 70.0) * 0.35);
        let inside = wide - (x - at(lo).0 + noise(seed, x / 30.0, y / 24.0) * 1.6).abs();
        pool(inside, 0.5)
            * (0.8 + noise(seed ^ 5, 0.0, y / 120.0) * 0.5)
            * step(top, top + 60.0, y - from.1)
    });
    for side in [-1.0, 1.0] {
        let foot = at(rng.random_range(0.45..0.8));
        let angle = -0.9 * side
            + if side > 0.0 {
                0.0
            } else {
                std::f32::consts::PI
            };
        petal(
            wet,
            ink,
            ink,
            (foot, angle, r * rng.random_range(0.7..0.95)),
            (0.16, 0.85),
            rng,
        );
    }
}

fn flower(wet: &mut Wet, inks: [Ink; 5], centre: Point, r: f32, rng: &mut StdRng) {
    let petals = rng.random_range(5..8);
    let turn = rng.random_range(0.0..TAU);
    for i in 0..petals {
        let angle = turn + TAU * i as f32 / petals as f32 + rng.random_range(-0.16..0.16);
        // Seen slightly from below, so the lower petals are shorter.
        let long = r * rng.random_range(0.86..1.08) * (1.0 - 0.2 * angle.sin());
        petal(
            wet,
            inks[0],
            inks[1],
            (centre, angle, long),
            (0.36, 0.62),
            rng,
        );
    }
    let own: u32 = rng.random();
    let heart = r * 0.15;
    wet.lay(
        [centre.0 - r, centre.1 - r, centre.0 + r, centre.1 + r],
        inks[2],
        |x, y| {
            let away = (x - centre.0).hypot(y - centre.1);
            let spread = fbm(own, x / 30.0, y / 30.0, 4);
            pool(heart * (1.0 + spread * 0.7) - away, 0.5) * 0.85
                + (-(away / (r * 0.24))).exp() * (0.35 + spread * 0.5).max(0.0)
        },
    );
    for _ in 0..34 {
        let (angle, far) = (
            rng.random_range(0.0..TAU),
            heart * rng.random_range(1.15..2.3),
        );
        let (x, y, dot) = (
            centre.0 + angle.cos() * far,
            centre.1 + angle.sin() * far * 0.9,
            rng.random_range(1.8..4.6),
        );
        wet.lay([x - dot, y - dot, x + dot, y + dot], inks[2], |px, py| {
            pool(dot - (px - x).hypot(py - y), 0.3) * 0.9
        });
    }
}

/// A petal or a leaf of length `long` from `foot` at `angle`; `fat` is its width for its length,
/// and it is widest at `belly` of its length.
fn petal(
    wet: &mut Wet,
    ink: Ink,
    blush: Ink,
    (foot, angle, long): (Point, f32, f32),
    (fat, belly): (f32, f32),
    rng: &mut StdRng,
) {
    let own: u32 = rng.random();
    let (sin, cos) = angle.sin_cos();
    let curl = rng.random_range(-0.25..0.25f32);
    let strength = rng.random_range(0.55..0.95f32);
    let reach = long * 1.15;
    let area = [
        foot.0 - reach,
        foot.1 - reach,
        foot.0 + reach,
        foot.1 + reach,
    ];
    let place = |x: f32, y: f32| {
        let (px, py) = (x - foot.0, y - foot.1);
        let ragged = fbm(own, x / 85.0, y / 85.0, 4) * 0.085;
        let (u, v) = ((px * cos + py * sin) / long, (py * cos - px * sin) / long);
        let v = v + curl * u * u + ragged;
        let swell = if u <= 0.0 || u >= 1.08 {
            -0.05
        } else {
            (u / 1.08).powf(belly * 1.6) * (1.0 - (u / 1.08).powi(5)).max(0.0).powf(0.7) * fat * 1.6
        };
        ((swell * (1.0 + ragged * 2.0) - v.abs()) * long * 0.9, u, v)
    };
    let run = |x: f32, y: f32| fbm(own ^ 6, x / 75.0, y / 75.0, 4);
    wet.lay(area, ink, |x, y| {
        let (inside, u, _) = place(x, y);
        if inside <= 0.0 {
            return 0.0;
        }
        pool(inside, 0.62) * (0.3 + run(x, y) * 0.55 + 0.28 * u).max(0.1) * strength
    });
    wet.lay(area, blush, |x, y| {
        let (inside, u, v) = place(x, y);
        if inside <= 0.0 {
            return 0.0;
        }
        let veins = noise(own ^ 8, v / u.max(0.12) * 13.0, u * 2.0).max(0.0) * 0.4;
        pool(inside, 0.2)
            * (step(0.75, 0.05, u + run(x, y) * 0.45) * 0.6 + veins * step(1.0, 0.4, u))
            * strength
    });
}
