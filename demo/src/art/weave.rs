//! A woven rug in bands, with stepped figures and a fringe.
//!
//! The pattern is a function of warp and weft, symmetric left and right; each thread is shaded as
//! round.

use rand::{Rng, rngs::StdRng};

use crate::art::{
    canvas::Canvas,
    colour::{Ink, hex, mix, scale, step},
    noise::{fbm, grain, noise},
};

/// Colours of the wools, the background first, and the cotton of the warp last.
const PALETTES: [[Ink; 6]; 5] = [
    [
        hex(0x8f2f2a),
        hex(0x1f3147),
        hex(0xe5d3ae),
        hex(0xc98436),
        hex(0x4c6b5c),
        hex(0xe8dcc0),
    ],
    [
        hex(0x243b53),
        hex(0xb4503a),
        hex(0xe8dabc),
        hex(0xd6a24c),
        hex(0x6f8f94),
        hex(0xe6dcc6),
    ],
    [
        hex(0xdccba8),
        hex(0x3b2f2b),
        hex(0xa8492f),
        hex(0x5f7466),
        hex(0xc98f4f),
        hex(0xeee4cc),
    ],
    [
        hex(0x2f4a3f),
        hex(0xd9b46c),
        hex(0xece0c4),
        hex(0xa8412f),
        hex(0x1f2a2c),
        hex(0xe5dcc4),
    ],
    [
        hex(0x5a2740),
        hex(0xe0b27a),
        hex(0xf0e2c8),
        hex(0x33505f),
        hex(0xb65a48),
        hex(0xe9dfca),
    ],
];

/// Number of threads across and down.
const ACROSS: i32 = 132;
const DOWN: i32 = 236;

/// The figure of a band.
#[derive(Clone, Copy)]
enum Figure {
    Diamonds,
    Steps,
    Combs,
    Stars,
    Plain,
}

struct Band {
    top: i32,
    tall: i32,
    figure: Figure,
    inks: [usize; 3],
    unit: i32,
}

pub fn paint(rng: &mut StdRng) -> Canvas {
    let wools = PALETTES[rng.random_range(0..PALETTES.len())];
    let floor = mix(hex(0xe9e4da), wools[2], 0.2);
    let mut on = Canvas::new(1100, 1400, floor);
    let (w, h) = on.size();
    let seed: u32 = rng.random();
    let bands = bands(rng);
    let (left, top, right, bottom) = (80.0, 108.0, w - 80.0, h - 108.0);
    let (pitch_x, pitch_y) = ((right - left) / ACROSS as f32, (bottom - top) / DOWN as f32);
    // The rug lies on a pale floor and casts a soft shadow.
    on.each(|x, y, under| {
        let out = ((left - x).max(x - right - 10.0)).max((top - y).max(y - bottom - 14.0));
        let soft = mix(scale(under, 0.62), under, step(-6.0, 26.0, out));
        scale(
            soft,
            1.0 + fbm(seed ^ 3, x / 240.0, y / 240.0, 4) * 0.03
                + noise(seed, x / 3.0, y / 90.0) * 0.008,
        )
    });
    for thread in 0..ACROSS / 2 {
        for (edge, sign) in [(top, -1.0), (bottom, 1.0)] {
            let x = left + (thread as f32 * 2.0 + 1.0) * pitch_x;
            let mut at = (x, edge - sign * 4.0);
            let lean = rng.random_range(-0.16..0.16f32);
            let segments = rng.random_range(9..13);
            let tint = scale(wools[5], rng.random_range(0.94..1.08));
            for i in 0..segments {
                let wave = lean + noise(seed ^ 21, x / 40.0, i as f32 / 4.0) * 0.35;
                let next = (at.0 + wave * 6.0, at.1 + sign * 6.0);
                on.line(
                    (at.0 + 2.0, at.1 + 2.5),
                    (next.0 + 2.0, next.1 + 2.5),
                    (4.0, 4.0),
                    scale(floor, 0.6),
                    0.3,
                );
                on.line(
                    at,
                    next,
                    (4.6 - i as f32 * 0.15, 4.5 - i as f32 * 0.15),
                    scale(tint, 0.95 + 0.08 * f32::from(i % 2 == 0)),
                    1.0,
                );
                at = next;
            }
        }
    }
    on.within(
        [left - 5.0, top - 4.0, right + 5.0, bottom + 4.0],
        |x, y, under| {
            let (wx, wy) = (
                x + noise(seed ^ 1, x / 120.0, y / 120.0) * 2.4,
                y + noise(seed ^ 2, x / 150.0, y / 80.0) * 2.2,
            );
            let (gx, gy) = ((wx - left) / pitch_x, (wy - top) / pitch_y);
            let (tx, ty) = (gx.floor() as i32, gy.floor() as i32);
            if tx < 0 || ty < 0 || tx >= ACROSS || ty >= DOWN {
                return under;
            }
            let (fx, fy) = (gx.fract(), gy.fract());
            let which = wool(&bands, tx, ty);
            // Plain weave: the weft bulges over every other warp thread.
            let over = (tx + ty) % 2 == 0;
            let swell = if over {
                (fx * std::f32::consts::PI).sin()
            } else {
                0.35 + 0.35 * (fx * std::f32::consts::PI).cos().abs()
            };
            let roundness = (1.0 - (fy * 2.0 - 1.0).powi(2)).max(0.0).sqrt();
            let ply = noise(seed ^ 5, gx * 1.6 + gy * 0.7, gy * 3.0) * 0.1;
            // Wool is dyed by the skein, so its colour drifts from row to row.
            let skein = noise(seed ^ 6, which as f32 * 9.1, ty as f32 / 6.0) * 0.09
                + grain(seed, which as u32, ty as u32) * 0.035;
            let wear = fbm(seed ^ 7, x / 200.0, y / 200.0, 4) * 0.07;
            let light = 0.56 + 0.3 * roundness + 0.2 * swell + ply + skein + wear - 0.1 * fy;
            scale(wools[which], light)
        },
    );
    on.tooth(seed, 0.035);
    on
}

fn bands(rng: &mut StdRng) -> Vec<Band> {
    let figures = [
        Figure::Diamonds,
        Figure::Steps,
        Figure::Combs,
        Figure::Stars,
    ];
    let shift = rng.random_range(0..4);
    let mut bands = Vec::new();
    let mut top = 0;
    // One half only; the other half mirrors it.
    while top < DOWN / 2 {
        let plain = bands.len() % 2 == 0;
        let unit = rng.random_range(2..4);
        let tall = if plain {
            [5, 7, 9][rng.random_range(0..3)]
        } else {
            [24, 32, 40][rng.random_range(0..3)]
        };
        let figure = if plain {
            Figure::Plain
        } else {
            figures[(bands.len() / 2 + shift) % 4]
        };
        let ground = if bands.len() % 4 == 1 {
            0
        } else {
            rng.random_range(0..5)
        };
        let second = (ground + rng.random_range(1..5)) % 5;
        let third = (0..5)
            .map(|i| (second + i) % 5)
            .find(|i| *i != ground && *i != second)
            .unwrap_or(2);
        bands.push(Band {
            top,
            tall,
            figure,
            inks: [ground, second, third],
            unit,
        });
        top += tall;
    }
    bands
}

/// The wool at a crossing of warp and weft.
fn wool(bands: &[Band], tx: i32, ty: i32) -> usize {
    let x = if tx < ACROSS / 2 { tx } else { ACROSS - 1 - tx };
    let y = if ty < DOWN / 2 { ty } else { DOWN - 1 - ty };
    // A border down each side.
    if x < 11 {
        return match (x, (y / 4) % 2) {
            (0..2 | 9..11, _) => 1,
            (_, 0) if (3..8).contains(&x) => 2,
            (_, 1) if (4..7).contains(&x) => 3,
            _ => 0,
        };
    }
    let Some(band) = bands.iter().rev().find(|band| band.top <= y) else {
        return 0;
    };
    let [ground, second, third] = band.inks;
    let (u, v) = (ACROSS / 2 - 1 - x, y - band.top);
    let middle = (v * 2 - band.tall + 1).abs() / 2;
    let half = band.tall / 2;
    let step = |n: i32| n / band.unit * band.unit;
    match band.figure {
        Figure::Plain => match v * 3 / band.tall {
            1 if (u / 3) % 2 == 0 => third,
            1 => second,
            _ => ground,
        },
        Figure::Diamonds => {
            let period = half * 2;
            let off = ((u + half) % period - half).abs();
            let ring = step(off) + step(middle);
            if ring < half / 4 {
                ground
            } else if ring < half / 2 {
                third
            } else if ring < half - 3 {
                second
            } else if ring < half - 1 {
                third
            } else {
                ground
            }
        }
        Figure::Steps => {
            let ring = (u + step(v) * 2) / (band.unit * 4);
            [ground, second, ground, third][(ring % 4) as usize]
        }
        Figure::Combs => {
            let period = 22;
            let off = ((u + period / 2) % period - period / 2).abs();
            let tooth = (v / band.unit) % 2 == 0;
            if off < 2
                || (tooth
                    && off < half.min(period / 2 - 2) - middle / 2
                    && v > 2
                    && v < band.tall - 3)
            {
                second
            } else if v < 2 || v >= band.tall - 2 {
                third
            } else {
                ground
            }
        }
        Figure::Stars => {
            let period = half * 2 + 4;
            let off = ((u + period / 2) % period - period / 2).abs();
            let (a, b) = (step(off), step(middle));
            let star = (a.max(b) + a.min(b) / 2 < half - 4) && (a.min(b) < half / 3);
            if star && a + b < half / 3 {
                ground
            } else if star {
                second
            } else if (a - b).abs() < band.unit && a.max(b) < half - 2 {
                third
            } else {
                ground
            }
        }
    }
}
