//! Stems and leaves cut in lino and printed in one colour.
//!
//! Leaves are white with gouged veins; the background is inked, with tool marks at its edges and
//! the patchy ink of a hand print.

use std::f32::consts::PI;

use rand::{Rng, rngs::StdRng};

use crate::art::{
    canvas::{Canvas, Point, smooth},
    colour::{Ink, hex, mix, step},
    noise::{fbm, grain, noise},
};

const INKS: [(Ink, Ink); 5] = [
    (hex(0x1d2b28), hex(0xf1e8d6)),
    (hex(0x22345c), hex(0xf3ecdc)),
    (hex(0x7d2e22), hex(0xf4e7d3)),
    (hex(0x2f5443), hex(0xf2ead3)),
    (hex(0x23201f), hex(0xefe6d8)),
];

/// The shape of the leaves.
#[derive(Clone, Copy)]
enum Leaf {
    Lance,
    Round,
    Willow,
}

pub fn paint(rng: &mut StdRng) -> Canvas {
    let (ink, paper) = INKS[rng.random_range(0..INKS.len())];
    let mut on = Canvas::new(1000, 1400, paper);
    let (w, h) = on.size();
    let seed: u32 = rng.random();
    let edge = 88.0;
    on.within(
        [edge - 9.0, edge - 9.0, w - edge + 9.0, h - edge + 9.0],
        |x, y, under| {
            let inset = (x - edge).min(w - edge - x).min(y - edge).min(h - edge - y)
                + noise(seed, x / 50.0, y / 50.0) * 2.2;
            mix(under, ink, inset.clamp(0.0, 1.0))
        },
    );
    chatter(&mut on, paper, edge, rng);
    let leaf = [Leaf::Lance, Leaf::Round, Leaf::Willow][rng.random_range(0..3)];
    let lean = rng.random_range(-0.06..0.06f32);
    let sprigs: &[(f32, f32, f32)] = match rng.random_range(0..3) {
        0 => &[(0.5, 0.0, 0.86)],
        1 => &[(0.62, 0.1, 0.72), (0.4, -0.06, 0.86)],
        _ => &[(0.37, -0.15, 0.62), (0.64, 0.15, 0.66), (0.5, 0.0, 0.84)],
    };
    if sprigs.len() < 3 {
        moon(
            &mut on,
            (ink, paper),
            (w * rng.random_range(0.36..0.64), h * 0.34),
            rng.random_range(190.0..235.0),
            rng,
        );
    }
    for &(foot, turn, tall) in sprigs {
        sprig(
            &mut on,
            (ink, paper),
            ((w * foot, h - edge - 46.0), turn + lean, h * 0.82 * tall),
            leaf,
            rng,
        );
    }
    // Nothing is printed outside the block.
    on.each(|x, y, under| {
        let inset = (x - edge).min(w - edge - x).min(y - edge).min(h - edge - y)
            + noise(seed, x / 50.0, y / 50.0) * 2.2;
        mix(under, paper, (1.0 - inset).clamp(0.0, 1.0))
    });
    starve(&mut on, paper, seed);
    on.tooth(seed, 0.03);
    on
}

/// A cleared disc behind the stems, with a few ridges left by the gouge.
fn moon(on: &mut Canvas, (ink, paper): (Ink, Ink), (cx, cy): Point, r: f32, rng: &mut StdRng) {
    let seed: u32 = rng.random();
    on.shape(
        [cx - r - 4.0, cy - r - 4.0, cx + r + 4.0, cy + r + 4.0],
        1.0,
        paper,
        1.0,
        |x, y| (x - cx).hypot(y - cy) - r + noise(seed, x / 30.0, y / 30.0) * 2.5,
    );
    for _ in 0..70 {
        let (x, y, long) = (
            cx + rng.random_range(-r..r),
            cy + rng.random_range(-r..r),
            rng.random_range(14.0..46.0),
        );
        if (x - cx).abs().max((x + long - cx).abs()).hypot(y - cy) < r - 12.0 {
            on.line(
                (x, y),
                (x + long, y + rng.random_range(-2.0..2.0)),
                (rng.random_range(1.2..2.6), 1.0),
                ink,
                1.0,
            );
        }
    }
}

/// Tool marks where the background was cleared.
fn chatter(on: &mut Canvas, paper: Ink, edge: f32, rng: &mut StdRng) {
    let (w, h) = on.size();
    let seed: u32 = rng.random();
    for _ in 0..900 {
        let (x, y) = (
            rng.random_range(edge + 16.0..w - edge - 16.0),
            rng.random_range(edge + 16.0..h - edge - 16.0),
        );
        let inset = (x - edge).min(w - edge - x).min(y - edge).min(h - edge - y);
        if rng.random::<f32>() > (1.15 - inset / 190.0).max(0.06) {
            continue;
        }
        // The marks run around the centre, as the hand moves.
        let angle = (y - h / 2.0).atan2(x - w / 2.0) + noise(seed, x / 130.0, y / 130.0) * 0.9;
        let long = rng.random_range(10.0..34.0);
        let (sin, cos) = angle.sin_cos();
        let ends = (
            (x - cos * long / 2.0, y - sin * long / 2.0),
            (x + cos * long / 2.0, y + sin * long / 2.0),
        );
        on.line(
            ends.0,
            ends.1,
            (rng.random_range(1.0..2.0), rng.random_range(2.4..4.6)),
            paper,
            1.0,
        );
    }
}

fn sprig(
    on: &mut Canvas,
    inks: (Ink, Ink),
    (foot, turn, tall): (Point, f32, f32),
    leaf: Leaf,
    rng: &mut StdRng,
) {
    let (ink, paper) = inks;
    let bow = rng.random_range(-0.1..0.1f32);
    let at = |t: f32| {
        (
            foot.0 + (turn * t + (bow + turn * 0.5) * t * t) * tall,
            foot.1 - tall * t * (1.0 - turn.abs() * 0.25 * t),
        )
    };
    let pairs = match leaf {
        Leaf::Lance => 9,
        Leaf::Round => 8,
        Leaf::Willow => 13,
    };
    for i in 0..40 {
        let t = i as f32 / 40.0;
        on.line(
            at(t),
            at(t + 0.025),
            (17.0 - 9.0 * t, 17.0 - 9.0 * t),
            ink,
            1.0,
        );
    }
    for i in 0..40 {
        let t = i as f32 / 40.0;
        on.line(
            at(t),
            at(t + 0.025),
            (8.0 - 4.0 * t, 8.0 - 4.0 * t),
            paper,
            1.0,
        );
    }
    for pair in 0..pairs {
        let t = 0.13 + 0.83 * pair as f32 / pairs as f32;
        let (here, next) = (at(t), at(t + 0.02));
        let up = (next.1 - here.1).atan2(next.0 - here.0);
        for side in [-1.0, 1.0] {
            let size = tall
                * 0.235
                * (1.0 - 0.5 * t)
                * rng.random_range(0.88..1.1)
                * if t < 0.2 { 0.8 } else { 1.0 };
            let angle = up + side * (1.02 - 0.42 * t + rng.random_range(-0.1..0.1));
            blade(on, inks, (here, angle, size), leaf, rng);
        }
    }
    let (tip, before) = (at(0.985), at(0.95));
    blade(
        on,
        inks,
        (tip, (tip.1 - before.1).atan2(tip.0 - before.0), tall * 0.14),
        leaf,
        rng,
    );
}

/// One leaf of length `long` from `foot` in the direction `angle`.
fn blade(
    on: &mut Canvas,
    (ink, paper): (Ink, Ink),
    (foot, angle, long): (Point, f32, f32),
    leaf: Leaf,
    rng: &mut StdRng,
) {
    let curl = rng.random_range(-0.16..0.16f32);
    let fat = match leaf {
        Leaf::Lance => 0.15,
        Leaf::Round => 0.27,
        Leaf::Willow => 0.1,
    };
    let half = |t: f32| {
        let belly = (t.powf(0.8) * PI).sin().max(0.0).powf(0.85) * fat;
        match leaf {
            Leaf::Lance | Leaf::Willow => belly,
            Leaf::Round => (t.powf(1.15) * PI).sin().max(0.0).powf(0.6) * fat,
        }
    };
    let (sin, cos) = angle.sin_cos();
    let place = |t: f32, across: f32| {
        let (u, v) = (t * long, across * long + curl * long * t * t);
        (foot.0 + u * cos - v * sin, foot.1 + u * sin + v * cos)
    };
    let steps = 12;
    let outline = |grow: f32| {
        let near = (0..=steps).map(|i| i as f32 / steps as f32);
        let mut points: Vec<Point> = near
            .clone()
            .map(|t| place(t * (1.0 + grow), half(t) + grow))
            .collect();
        points.extend(near.rev().map(|t| place(t * (1.0 + grow), -half(t) - grow)));
        smooth(&points, 3)
    };
    // A dark outline separates each leaf from the next.
    on.polygon(&outline(7.0 / long), ink, 1.0);
    on.polygon(&outline(0.0), paper, 1.0);
    for i in 0..12 {
        let t = i as f32 / 12.0 * 0.93;
        on.line(
            place(t, 0.0),
            place(t + 0.078, 0.0),
            (4.6 - t * 3.0, 4.4 - t * 3.0),
            ink,
            1.0,
        );
    }
    let veins = (long / 12.0) as usize;
    for i in 1..veins {
        let t = i as f32 / veins as f32 * 0.86;
        for side in [-1.0, 1.0] {
            let out = half((t + 0.1).min(1.0)) * rng.random_range(0.72..0.94);
            on.line(
                place(t, 0.0),
                place(t + 0.1, side * out),
                (3.2, 1.1),
                ink,
                1.0,
            );
            // One side of the leaf is in shade: finer lines between its veins.
            if side > 0.0 {
                let from = rng.random_range(0.3..0.5);
                on.line(
                    place(t + 0.06, out * from),
                    place(t + 0.115, out * 0.9),
                    (2.6, 1.0),
                    ink,
                    1.0,
                );
            }
        }
    }
}

/// Paper that shows through where the ink did not take.
fn starve(on: &mut Canvas, paper: Ink, seed: u32) {
    on.each(|x, y, under| {
        let patch = step(0.1, 0.75, fbm(seed ^ 7, x / 170.0, y / 170.0, 3));
        let speck = noise(seed ^ 8, x / 2.6, y / 2.6) + grain(seed, x as u32, y as u32) * 0.22;
        mix(
            under,
            paper,
            step(0.78 - patch * 0.32, 0.98 - patch * 0.25, speck) * 0.8 + patch * 0.04,
        )
    });
}
