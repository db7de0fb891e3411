//! A head in profile, in cut and painted paper.
//!
//! One fixed outline with random attributes: hair, a garment, an earring, leaves or a sun behind
//! it. Every piece of paper casts a small shadow.

mod dress;

use std::f32::consts::TAU;

use rand::{Rng, rngs::StdRng};

use crate::art::{
    canvas::{Canvas, Point, smooth},
    colour::{Ink, hex, mix, scale, step},
    noise::{fbm, noise},
};

struct Palette {
    ground: Ink,
    sun: Ink,
    leaf: [Ink; 2],
    skin: [Ink; 2],
    hair: [Ink; 2],
    cloth: [Ink; 2],
}

const PALETTES: [Palette; 4] = [
    Palette {
        ground: hex(0xe9d8bd),
        sun: hex(0xd9683f),
        leaf: [hex(0x2f5d50), hex(0x6f8f5f)],
        skin: [hex(0x8a5238), hex(0xb47650)],
        hair: [hex(0x1e1a24), hex(0x3a3040)],
        cloth: [hex(0x2b4a66), hex(0xe3b54e)],
    },
    Palette {
        ground: hex(0x27495a),
        sun: hex(0xe9b64d),
        leaf: [hex(0x173039), hex(0x5c8b83)],
        skin: [hex(0xd9966f), hex(0xf0bd94)],
        hair: [hex(0x6e2c20), hex(0x99452c)],
        cloth: [hex(0xe4d7bd), hex(0xb8452f)],
    },
    Palette {
        ground: hex(0xd7a48f),
        sun: hex(0xf3e3c6),
        leaf: [hex(0x7a3145), hex(0xb65f5a)],
        skin: [hex(0x5d3527), hex(0x84513a)],
        hair: [hex(0x16121a), hex(0x33283a)],
        cloth: [hex(0x33554f), hex(0xe6a94f)],
    },
    Palette {
        ground: hex(0xb9c4b4),
        sun: hex(0xf2e6cb),
        leaf: [hex(0x3d5a63), hex(0x7f9a92)],
        skin: [hex(0xc98c68), hex(0xe6b48d)],
        hair: [hex(0x2b2430), hex(0x4d3f4f)],
        cloth: [hex(0x8f3a3f), hex(0xe8cfa0)],
    },
];

/// The profile from the hairline down to the collar bone, in thousandths of the width.
const FACE: [Point; 26] = [
    (520.0, 250.0),
    (590.0, 283.0),
    (632.0, 335.0),
    (648.0, 392.0),
    (655.0, 432.0),
    (648.0, 462.0),
    (652.0, 486.0),
    (676.0, 528.0),
    (702.0, 566.0),
    (704.0, 584.0),
    (684.0, 597.0),
    (664.0, 602.0),
    (660.0, 616.0),
    (677.0, 634.0),
    (681.0, 648.0),
    (664.0, 657.0),
    (676.0, 670.0),
    (674.0, 686.0),
    (655.0, 698.0),
    (652.0, 714.0),
    (661.0, 738.0),
    (650.0, 770.0),
    (618.0, 790.0),
    (560.0, 800.0),
    (508.0, 826.0),
    (492.0, 900.0),
];

pub fn paint(rng: &mut StdRng) -> Canvas {
    let palette = &PALETTES[rng.random_range(0..PALETTES.len())];
    let mut on = Canvas::new(1050, 1400, palette.ground);
    let seed: u32 = rng.random();
    let flip = rng.random_bool(0.5);
    let mut cut = Cut {
        seed,
        flip,
        lean: rng.random_range(-0.05..0.05),
    };
    on.each(|x, y, under| scale(under, 1.0 + fbm(seed, x / 120.0, y / 300.0, 5) * 0.07));
    let sun = (
        rng.random_range(470.0..560.0),
        rng.random_range(440.0..520.0),
    );
    cut.round(&mut on, sun, rng.random_range(340.0..385.0), palette.sun);
    foliage(&mut on, &mut cut, palette, rng);
    let style = rng.random_range(0..4);
    if style == 2 {
        cut.piece(&mut on, &dress::LONG_BACK, palette.hair[0], palette.hair[0]);
    }
    let mut head: Vec<Point> = FACE.to_vec();
    head.extend([
        (512.0, 985.0),
        (470.0, 1060.0),
        (300.0, 1060.0),
        (330.0, 960.0),
        (348.0, 860.0),
        (322.0, 760.0),
        (285.0, 620.0),
        (290.0, 420.0),
        (380.0, 280.0),
    ]);
    cut.piece(&mut on, &head, palette.skin[0], palette.skin[1]);
    features(&mut on, &cut, palette);
    dress::hair(&mut on, &mut cut, palette, style);
    dress::garment(&mut on, &mut cut, palette, rng);
    on.tooth(seed, 0.045);
    on
}

/// The style of the paper pieces: mirrored or not, with different paint streaks on each.
struct Cut {
    seed: u32,
    flip: bool,
    lean: f32,
}

impl Cut {
    fn place(&self, on: &Canvas, (x, y): Point) -> Point {
        let (w, _) = on.size();
        let x = x + (900.0 - y) * self.lean;
        let x = x * w / 1000.0;
        (if self.flip { w - x } else { x }, y * w / 1000.0)
    }

    /// A smooth piece, its shadow, and streaks of paint from the darker colour to the lighter.
    fn piece(&mut self, on: &mut Canvas, points: &[Point], dark: Ink, light: Ink) {
        let placed: Vec<Point> = points.iter().map(|p| self.place(on, *p)).collect();
        self.lay(on, &smooth(&placed, 8), dark, light);
    }

    fn lay(&mut self, on: &mut Canvas, outline: &[Point], dark: Ink, light: Ink) {
        self.seed = self.seed.wrapping_add(31);
        let (seed, flip) = (self.seed, self.flip);
        for i in 1..=5 {
            let off = i as f32 * 1.9;
            let moved: Vec<Point> = outline
                .iter()
                .map(|p| (p.0 + off * 0.6, p.1 + off))
                .collect();
            on.fill(&moved, |_, _, under| mix(under, scale(under, 0.55), 0.13));
        }
        let (lo, hi) = outline
            .iter()
            .fold((f32::MAX, f32::MIN), |m, p| (m.0.min(p.0), m.1.max(p.0)));
        on.fill(outline, |x, y, _| {
            let across = (x - lo) / (hi - lo).max(1.0);
            let across = if flip { 1.0 - across } else { across };
            let streak = fbm(seed, x / 34.0 + y / 90.0, y / 150.0 - x / 400.0, 4);
            let ink = mix(dark, light, step(0.2, 1.0, across + streak * 0.2));
            scale(ink, 1.0 + streak * 0.06)
        });
    }

    fn round(&mut self, on: &mut Canvas, centre: Point, r: f32, ink: Ink) {
        let points: Vec<Point> = (0..40)
            .map(|i| i as f32 / 40.0 * TAU)
            .map(|a| {
                (
                    a,
                    r * (1.0 + noise(self.seed, a.cos() * 1.5, a.sin() * 1.5) * 0.012),
                )
            })
            .map(|(a, r)| (centre.0 + r * a.cos(), centre.1 + r * a.sin()))
            .collect();
        self.piece(on, &points, scale(ink, 0.96), scale(ink, 1.03));
    }
}

/// Sprigs from both lower corners and behind the head.
fn foliage(on: &mut Canvas, cut: &mut Cut, palette: &Palette, rng: &mut StdRng) {
    let sprigs = [
        ((75.0, 1190.0), -1.5, 660.0),
        ((905.0, 1330.0), -1.5, 600.0),
        ((820.0, 1340.0), -1.35, 380.0),
        ((190.0, 1200.0), -1.8, 400.0),
    ];
    for (i, (foot, angle, long)) in sprigs.into_iter().enumerate() {
        let angle: f32 = angle + rng.random_range(-0.12..0.12);
        let bend = rng.random_range(-0.3..0.3f32);
        let ink = palette.leaf[i % 2];
        let leaves = 7;
        for k in 0..=leaves {
            let t = 0.2 + 0.8 * k as f32 / leaves as f32;
            let way = angle + bend * t;
            let at = (foot.0 + way.cos() * long * t, foot.1 + way.sin() * long * t);
            let sides: &[f32] = if k == leaves { &[0.0] } else { &[-0.8, 0.8] };
            for side in sides {
                let (sin, cos) = (way + side * (1.15 - 0.4 * t)).sin_cos();
                let (l, b) = (long * 0.24 * (1.15 - 0.5 * t), long * 0.045);
                let shape = [
                    (0.0, 0.0),
                    (0.3, 0.85),
                    (0.6, 0.8),
                    (1.0, 0.0),
                    (0.6, -0.8),
                    (0.3, -0.85),
                ];
                let points: Vec<Point> = shape
                    .iter()
                    .map(|&(u, v)| {
                        (
                            at.0 + u * l * cos - v * b * sin,
                            at.1 + u * l * sin + v * b * cos,
                        )
                    })
                    .collect();
                cut.piece(on, &points, scale(ink, 0.92), scale(ink, 1.1));
                let (a, b) = (
                    cut.place(on, at),
                    cut.place(on, (at.0 + l * 0.85 * cos, at.1 + l * 0.85 * sin)),
                );
                on.line(a, b, (2.4, 1.0), mix(ink, palette.ground, 0.4), 0.8);
            }
        }
    }
}

/// The planes and lines of the face: a shaded cheek, a closed eye, brow, lips and ear.
fn features(on: &mut Canvas, cut: &Cut, palette: &Palette) {
    let dark = mix(palette.skin[0], palette.hair[0], 0.35);
    // The shadow of the jaw on the neck, along a line from the chin to the ear.
    let jaw = [
        (612.0, 789.0),
        (560.0, 776.0),
        (500.0, 742.0),
        (450.0, 690.0),
        (428.0, 640.0),
        (424.0, 760.0),
        (452.0, 880.0),
        (500.0, 930.0),
        (492.0, 890.0),
        (508.0, 828.0),
        (560.0, 801.0),
    ];
    let placed: Vec<Point> = jaw.iter().map(|p| cut.place(on, *p)).collect();
    on.fill(&smooth(&placed, 8), |_, _, under| mix(under, dark, 0.5));
    let blush = cut.place(on, (575.0, 612.0));
    on.within(
        [
            blush.0 - 110.0,
            blush.1 - 110.0,
            blush.0 + 110.0,
            blush.1 + 110.0,
        ],
        |x, y, under| {
            mix(
                under,
                hex(0xd5604a),
                0.2 * step(85.0, 10.0, (x - blush.0).hypot(y - blush.1)),
            )
        },
    );
    let lips = mix(hex(0xa83a3a), palette.skin[0], 0.35);
    let mouth = [
        (626.0, 656.0),
        (652.0, 636.0),
        (676.0, 636.0),
        (679.0, 648.0),
        (662.0, 657.0),
        (674.0, 671.0),
        (672.0, 684.0),
        (650.0, 680.0),
    ];
    let placed: Vec<Point> = mouth.iter().map(|p| cut.place(on, *p)).collect();
    on.polygon(&smooth(&placed, 6), lips, 0.92);
    let ink = mix(palette.hair[0], palette.skin[0], 0.12);
    draw(
        on,
        cut,
        &curve((566.0, 478.0), (596.0, 506.0), (628.0, 488.0)),
        6.5,
        ink,
    );
    for (x, y, dx, dy) in [
        (590.0, 491.0, -6.0, 18.0),
        (603.0, 493.0, 2.0, 20.0),
        (616.0, 491.0, 10.0, 17.0),
    ] {
        draw(
            on,
            cut,
            &curve((x, y), (x + dx * 0.3, y + dy * 0.6), (x + dx, y + dy)),
            3.6,
            ink,
        );
    }
    draw(
        on,
        cut,
        &curve((560.0, 452.0), (596.0, 424.0), (642.0, 438.0)),
        11.0,
        ink,
    );
    draw(
        on,
        cut,
        &curve((626.0, 657.0), (645.0, 660.0), (664.0, 657.0)),
        3.4,
        mix(lips, ink, 0.6),
    );
    draw(
        on,
        cut,
        &curve((664.0, 596.0), (652.0, 586.0), (656.0, 572.0)),
        4.2,
        dark,
    );
    let ear = [
        (412.0, 530.0),
        (392.0, 506.0),
        (398.0, 464.0),
        (434.0, 452.0),
        (460.0, 484.0),
        (452.0, 540.0),
        (426.0, 596.0),
        (404.0, 588.0),
    ];
    let placed: Vec<Point> = ear.iter().map(|p| cut.place(on, *p)).collect();
    on.polygon(
        &smooth(&placed, 8),
        mix(palette.skin[0], palette.skin[1], 0.55),
        1.0,
    );
    draw(
        on,
        cut,
        &curve((414.0, 490.0), (456.0, 470.0), (428.0, 560.0)),
        4.0,
        dark,
    );
}

/// A brush line that is widest in the middle.
fn draw(on: &mut Canvas, cut: &Cut, points: &[Point], wide: f32, ink: Ink) {
    let width = |k: usize| (k as f32 / points.len() as f32 * 3.0).sin().max(0.25) * wide;
    for (i, pair) in points.windows(2).enumerate() {
        let (a, b) = (cut.place(on, pair[0]), cut.place(on, pair[1]));
        on.line(a, b, (width(i), width(i + 1)), ink, 1.0);
    }
}

/// Points on a curve from `a` to `b`, pulled towards `m`.
fn curve(a: Point, m: Point, b: Point) -> Vec<Point> {
    let along = |i: u8| {
        let t = f32::from(i) / 16.0;
        let u = 1.0 - t;
        (
            u * u * a.0 + 2.0 * u * t * m.0 + t * t * b.0,
            u * u * a.1 + 2.0 * u * t * m.1 + t * t * b.1,
        )
    };
    (0..=16).map(along).collect()
}
