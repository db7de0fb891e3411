//! Ribbons of colour that follow a flow field and never cross.
//!
//! Each ribbon is traced in both directions from a free point until it would touch another; wide
//! ribbons come first, narrow ones fill the gaps.

use rand::{Rng, rngs::StdRng};

use crate::art::{
    canvas::{Canvas, Point},
    colour::{Ink, hex, mix, multiply, scale},
    noise::{fbm, noise},
};

/// A background, and the colours of the ribbons, most frequent first.
const PALETTES: [(Ink, [Ink; 6]); 5] = [
    (
        hex(0xf2ead9),
        [
            hex(0x1f3a4d),
            hex(0x2f6c7a),
            hex(0xe2725b),
            hex(0xeab464),
            hex(0x8fb3a8),
            hex(0x2b2d34),
        ],
    ),
    (
        hex(0x1c2230),
        [
            hex(0xe9dcc3),
            hex(0xd9a45b),
            hex(0xb8503f),
            hex(0x54788c),
            hex(0x8aa39b),
            hex(0x39506b),
        ],
    ),
    (
        hex(0xefe3d6),
        [
            hex(0x6d2e46),
            hex(0xa26769),
            hex(0xd5b9b2),
            hex(0x3a3042),
            hex(0xdb9d47),
            hex(0x5b6b5d),
        ],
    ),
    (
        hex(0xe9ede6),
        [
            hex(0x274c43),
            hex(0x5b8a72),
            hex(0xb9c8a0),
            hex(0xe8c468),
            hex(0xd77a4a),
            hex(0x1e2b2e),
        ],
    ),
    (
        hex(0x2a1d2b),
        [
            hex(0xf0d9b8),
            hex(0xe58a5c),
            hex(0xb23a54),
            hex(0x7a4f80),
            hex(0xf2b880),
            hex(0x4c3b5e),
        ],
    ),
];

/// The painted area, on a grid of two pixels.
struct Taken {
    w: usize,
    h: usize,
    by: Vec<u16>,
}

impl Taken {
    fn cell(&self, (x, y): Point) -> Option<usize> {
        let (x, y) = (x + 60.0, y + 60.0);
        let inside = x >= 0.0 && y >= 0.0 && (x as usize) / 2 < self.w && (y as usize) / 2 < self.h;
        inside.then(|| (y as usize) / 2 * self.w + (x as usize) / 2)
    }

    /// Whether the width of the ribbon at this point is free, or taken by the same ribbon.
    fn free(&self, (x, y): Point, angle: f32, half: f32, own: u16) -> bool {
        let (sin, cos) = angle.sin_cos();
        let steps = (half / 1.4) as i32 + 1;
        (-steps..=steps).all(|k| {
            let off = k as f32 / steps as f32 * half;
            self.cell((x - sin * off, y + cos * off))
                .is_some_and(|c| self.by[c] == 0 || self.by[c] == own)
        })
    }

    fn take(&mut self, (x, y): Point, angle: f32, half: f32, own: u16) {
        let (sin, cos) = angle.sin_cos();
        let steps = (half / 0.8) as i32 + 1;
        for k in -steps..=steps {
            let off = k as f32 / steps as f32 * half;
            if let Some(cell) = self.cell((x - sin * off, y + cos * off)) {
                self.by[cell] = own;
            }
        }
    }
}

pub fn paint(rng: &mut StdRng) -> Canvas {
    let (ground, inks) = PALETTES[rng.random_range(0..PALETTES.len())];
    let mut on = Canvas::new(1300, 1300, ground);
    let (w, h) = on.size();
    let seed: u32 = rng.random();
    on.each(|x, y, under| scale(under, 1.0 + fbm(seed ^ 4, x / 260.0, y / 260.0, 4) * 0.05));
    let mut taken = Taken {
        w: 710,
        h: 710,
        by: vec![0; 710 * 710],
    };
    let lean = rng.random_range(0.0..std::f32::consts::TAU);
    let twist = rng.random_range(1.7..2.9f32);
    let broad = rng.random_range(560.0..820.0f32);
    let current = |x: f32, y: f32| lean + fbm(seed, x / broad, y / broad, 2) * twist;
    let mut own = 0u16;
    for (tries, width) in [
        (240, 40.0),
        (700, 23.0),
        (1800, 12.0),
        (5200, 5.5),
        (9000, 2.6),
    ] {
        for _ in 0..tries {
            let width = width * rng.random_range(0.75..1.2f32);
            let start = (
                rng.random_range(-40.0..w + 40.0),
                rng.random_range(-40.0..h + 40.0),
            );
            let gap = width / 2.0 + 2.6 + width * 0.06;
            if !taken.free(start, current(start.0, start.1), gap, 0) {
                continue;
            }
            let most = rng.random_range(60..260) + (width * 3.0) as usize;
            let path = trace(&taken, start, gap, most, current);
            if path.len() < 12 + (width * 1.2) as usize {
                continue;
            }
            own += 1;
            for &(at, angle) in &path {
                taken.take(at, angle, width / 2.0, own);
            }
            for &(at, _) in path.first().iter().chain(&path.last()) {
                for k in 0..8 {
                    taken.take(*at, k as f32 * 0.4, width / 2.0, own);
                }
            }
            // Neighbouring ribbons share a family of colours.
            let region = noise(seed ^ 77, start.0 / 420.0, start.1 / 420.0) * 2.6 + 2.6;
            let pick = (region + rng.random_range(-1.3..1.3f32)).rem_euclid(6.0) as usize % 6;
            ribbon(
                &mut on,
                &path,
                width,
                (inks[pick], inks[(pick + 1) % 6]),
                rng,
            );
        }
    }
    on.tooth(seed, 0.05);
    on
}

/// Follows the flow through `start`, backwards and forwards, as far as it is free.
fn trace(
    taken: &Taken,
    start: Point,
    gap: f32,
    most: usize,
    current: impl Fn(f32, f32) -> f32,
) -> Vec<(Point, f32)> {
    let run = |sign: f32| {
        let mut path = Vec::new();
        let mut at = start;
        for _ in 0..most / 2 {
            let angle = current(at.0, at.1);
            at = (
                at.0 + angle.cos() * 3.0 * sign,
                at.1 + angle.sin() * 3.0 * sign,
            );
            // Look ahead by the width, so that round ends keep apart as well.
            let ahead = (
                at.0 + angle.cos() * gap * sign,
                at.1 + angle.sin() * gap * sign,
            );
            if !taken.free(at, angle, gap, 0) || !taken.free(ahead, angle, gap * 0.7, 0) {
                break;
            }
            path.push((at, angle));
        }
        path
    };
    let mut path = run(-1.0);
    path.reverse();
    path.extend(run(1.0));
    path
}

/// Paints a ribbon along a path: bristle streaks, a lit side, and sometimes a second colour towards
/// its end.
fn ribbon(
    on: &mut Canvas,
    path: &[(Point, f32)],
    width: f32,
    (ink, other): (Ink, Ink),
    rng: &mut StdRng,
) {
    let blend = rng.random_bool(0.35);
    let ink = scale(ink, rng.random_range(0.93..1.06));
    let last = path.len().saturating_sub(1).max(1) as f32;
    let seed: u32 = rng.random();
    for (i, pair) in path.windows(2).enumerate() {
        let t = i as f32 / last;
        let body = if blend { mix(ink, other, t * t) } else { ink };
        on.line(pair[0].0, pair[1].0, (width, width), body, 1.0);
    }
    if width < 7.0 {
        return;
    }
    let hairs = (width / 1.5) as i32;
    for hair in 0..hairs {
        let off = ((hair as f32 + 0.5) / hairs as f32 - 0.5) * width * 0.94;
        let dark = noise(seed, hair as f32 * 0.37, 3.3);
        for (i, pair) in path.windows(2).enumerate().step_by(2) {
            let fade = noise(seed ^ 2, hair as f32 * 0.8, i as f32 / 22.0);
            let strength = (dark * 0.3 + fade * 0.25 + off / width * 0.22).clamp(-0.4, 0.4);
            let side =
                |(at, angle): (Point, f32)| (at.0 - angle.sin() * off, at.1 + angle.cos() * off);
            let (a, b) = (side(pair[0]), side(path[(i + 2).min(path.len() - 1)]));
            let tone = if strength > 0.0 {
                multiply(on.at(a.0, a.1), [0.62, 0.6, 0.64])
            } else {
                mix(on.at(a.0, a.1), [1.0, 0.97, 0.9], 0.5)
            };
            if a.0 >= 0.0 && a.1 >= 0.0 {
                on.line(a, b, (1.3, 1.3), tone, strength.abs() * 0.45);
            }
        }
    }
}
