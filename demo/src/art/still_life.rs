//! A bowl of fruit on a table in side light, in oils.
//!
//! Fruits are shaded as spheres and the bowl as a solid of revolution; then everything is repainted
//! in strokes.

use rand::{Rng, rngs::StdRng, seq::SliceRandom};

use crate::art::{
    brush::{Layer, oils},
    canvas::Canvas,
    colour::{Ink, hex, mix, scale, step},
    noise::{fbm, noise},
};

struct Palette {
    wall: [Ink; 2],
    table: Ink,
    bowl: Ink,
    shade: Ink,
    fruit: [Ink; 4],
}

const PALETTES: [Palette; 4] = [
    Palette {
        wall: [hex(0x6d7a72), hex(0x3a453f)],
        table: hex(0xb98d5e),
        bowl: hex(0xd9d4c4),
        shade: hex(0x2e2a33),
        fruit: [hex(0xd9822b), hex(0xb5382a), hex(0xd6b23c), hex(0x8e9a3a)],
    },
    Palette {
        wall: [hex(0x8a6a58), hex(0x412c29)],
        table: hex(0xd3c4ae),
        bowl: hex(0x4c6f8c),
        shade: hex(0x2b1f2c),
        fruit: [hex(0xdd9a3c), hex(0xc5523a), hex(0xe0c05a), hex(0x99a24a)],
    },
    Palette {
        wall: [hex(0x59738a), hex(0x26354a)],
        table: hex(0x9d7552),
        bowl: hex(0xc98a5e),
        shade: hex(0x1d2233),
        fruit: [hex(0xe0b13f), hex(0xa92f37), hex(0xd97834), hex(0x6f8b45)],
    },
    Palette {
        wall: [hex(0xc9bda6), hex(0x8f8270)],
        table: hex(0xe2d6c2),
        bowl: hex(0x50685e),
        shade: hex(0x4a3f45),
        fruit: [hex(0xe08b4a), hex(0xc4473c), hex(0xe3bd55), hex(0x8b9d55)],
    },
];

/// Direction of the light source: up, left and towards the viewer.
const LIGHT: [f32; 3] = [-0.56, -0.6, 0.57];

pub fn paint(rng: &mut StdRng) -> Canvas {
    let mut on = Canvas::new(1400, 1120, [0.0; 3]);
    let (w, h) = on.size();
    let palette = &PALETTES[rng.random_range(0..PALETTES.len())];
    let seed: u32 = rng.random();
    let edge = h * rng.random_range(0.55..0.59);
    on.each(|x, y, _| {
        let lit = step(1.2, -0.1, x / w * 0.8 + y / edge * 0.3);
        let wall = mix(
            palette.wall[1],
            palette.wall[0],
            lit + fbm(seed, x / 190.0, y / 190.0, 4) * 0.28,
        );
        let wood = scale(
            palette.table,
            0.98 + fbm(seed ^ 1, x / 300.0, y / 16.0, 4) * 0.14 - (x / w) * 0.2
                + (y - edge) / h * 0.12,
        );
        mix(
            wall,
            wood,
            (y - edge - (x - w / 2.0) * 0.008).clamp(0.0, 1.0),
        )
    });
    let (cx, rim) = (w * rng.random_range(0.42..0.52), edge - h * 0.055);
    let bowl = Bowl {
        cx,
        rim,
        wide: rng.random_range(290.0..325.0),
        deep: 255.0,
        lip: 56.0,
    };
    let mut kinds = palette.fruit;
    kinds.shuffle(rng);
    let neck = cx - bowl.wide * rng.random_range(0.86..1.0);
    shadow(&mut on, palette, (neck + 150.0, rim + 152.0), (210.0, 30.0));
    bottle(&mut on, palette, (neck, rim + 150.0), rng.random());
    shadow(
        &mut on,
        palette,
        (cx + 165.0, rim + bowl.deep + 6.0),
        (bowl.wide * 1.2, 58.0),
    );
    bowl.back(&mut on, palette);
    let spots: [(f32, f32, f32); 6] = [
        (-0.38, -0.5, 92.0),
        (0.4, -0.48, 90.0),
        (0.02, -0.86, 96.0),
        (-0.58, -0.05, 84.0),
        (0.58, -0.04, 86.0),
        (0.0, -0.12, 98.0),
    ];
    for (i, (dx, dy, r)) in spots.into_iter().enumerate() {
        let at = (
            cx + dx * bowl.wide + rng.random_range(-10.0..10.0),
            rim + dy * 120.0 + rng.random_range(-8.0..8.0),
        );
        let ink = kinds[(i + i / 3) % 4];
        fruit(
            &mut on,
            palette,
            at,
            r * rng.random_range(1.0..1.15),
            ink,
            rng.random(),
        );
    }
    bowl.front(&mut on, palette, seed);
    let right = cx + bowl.wide + rng.random_range(110.0..160.0);
    for (i, (x, y, r)) in [
        (right, rim + 215.0, 88.0),
        (cx - bowl.wide - 60.0, rim + 288.0, 84.0),
        (right - 135.0, rim + 318.0, 74.0),
    ]
    .into_iter()
    .enumerate()
    {
        shadow(
            &mut on,
            palette,
            (x + r * 0.85, y + r * 0.84),
            (r * 1.45, r * 0.3),
        );
        fruit(
            &mut on,
            palette,
            (x, y),
            r,
            kinds[(i * 2 + 1 + i / 2) % 4],
            rng.random(),
        );
    }
    let strokes = [
        Layer {
            width: 24.0,
            stretch: 3.2,
            stray: 0.05,
        },
        Layer {
            width: 12.0,
            stretch: 3.0,
            stray: 0.045,
        },
        Layer {
            width: 6.0,
            stretch: 3.0,
            stray: 0.035,
        },
        Layer {
            width: 3.4,
            stretch: 3.4,
            stray: 0.02,
        },
    ];
    let mut on = oils(&on, &strokes, rng);
    on.vignette(0.2);
    on.threads(seed, 0.04);
    on
}

struct Bowl {
    cx: f32,
    rim: f32,
    wide: f32,
    deep: f32,
    lip: f32,
}

impl Bowl {
    /// The inside of the bowl, seen above the rim.
    fn back(&self, on: &mut Canvas, palette: &Palette) {
        let inside = mix(palette.bowl, palette.shade, 0.55);
        on.shape(self.area(), 0.02, palette.bowl, 1.0, |x, y| {
            ((x - self.cx) / self.wide).hypot((y - self.rim) / self.lip) - 1.0
        });
        on.shape(self.area(), 0.03, inside, 1.0, |x, y| {
            ((x - self.cx) / (self.wide - 13.0)).hypot((y - self.rim) / (self.lip - 9.0)) - 1.0
        });
    }

    /// The outside of the bowl below the rim, painted over the fruit in it.
    fn front(&self, on: &mut Canvas, palette: &Palette, seed: u32) {
        let foot = self.rim + self.deep;
        on.within(self.area(), |x, y, under| {
            let u = (x - self.cx) / self.wide;
            let arc = self.rim + self.lip * (1.0 - u * u).max(0.0).sqrt();
            let low = (y - self.rim) / self.deep;
            // A round belly that narrows to the foot.
            let half = if low < 0.9 {
                (1.0 - (low.max(0.0) / 1.04).powf(2.6))
                    .max(0.0)
                    .powf(0.62)
                    .max(0.42)
            } else {
                0.42
            };
            let sag = foot - self.lip * 0.28 * (u / 0.42).powi(2).min(1.0);
            let cover = (y - arc + 7.0).clamp(0.0, 1.0)
                * ((half - u.abs()) * self.wide).clamp(0.0, 1.0)
                * (sag - y).clamp(0.0, 1.0);
            if cover <= 0.0 {
                return under;
            }
            let turn = (u / half).clamp(-1.0, 1.0);
            let face = (1.0 - turn * turn).sqrt();
            let lit = (turn * LIGHT[0] + (0.12 - low * 0.55) * -LIGHT[1] + face * LIGHT[2])
                .clamp(0.0, 1.0);
            let mut ink = mix(
                mix(palette.bowl, palette.shade, 0.72),
                mix(palette.bowl, [1.0, 0.97, 0.9], 0.22),
                step(-0.05, 0.85, lit),
            );
            ink = mix(
                ink,
                palette.table,
                step(0.55, 1.0, turn) * 0.22 + step(0.7, 1.0, low) * 0.16,
            );
            let band = step(
                0.016,
                0.008,
                (low - 0.42 - 0.12 * (1.0 - face)).abs() - 0.012,
            );
            ink = mix(ink, scale(palette.wall[1], 0.5 + lit), band * 0.55);
            let shine = (-((turn + 0.52) / 0.1).powi(2) - ((low - 0.36) / 0.16).powi(2)).exp();
            ink = mix(ink, [1.0, 0.98, 0.93], shine * 0.62);
            let lip = step(9.0, 4.0, (y - arc).abs()) * step(-0.9, 0.6, -turn);
            ink = mix(ink, mix(palette.bowl, [1.0, 0.98, 0.92], 0.55), lip * 0.75);
            mix(
                under,
                scale(ink, 1.0 + noise(seed, x / 40.0, y / 40.0) * 0.05),
                cover,
            )
        });
    }

    fn area(&self) -> [f32; 4] {
        [
            self.cx - self.wide - 4.0,
            self.rim - self.lip - 4.0,
            self.cx + self.wide + 4.0,
            self.rim + self.deep + 4.0,
        ]
    }
}

/// A tall bottle of dark glass.
fn bottle(on: &mut Canvas, palette: &Palette, (cx, foot): (f32, f32), seed: u32) {
    let (tall, wide) = (590.0, 88.0);
    let glass = mix(palette.shade, hex(0x24402f), 0.6);
    on.within(
        [
            cx - wide - 2.0,
            foot - tall - 4.0,
            cx + wide + 2.0,
            foot + 20.0,
        ],
        |x, y, under| {
            let up = (foot - y) / tall;
            let half = wide
                * if up > 0.93 {
                    0.33
                } else {
                    0.27 + 0.73 * step(0.74, 0.52, up)
                };
            let u = (x - cx) / half;
            let base = foot + 15.0 * (1.0 - u * u).max(0.0).sqrt();
            let top = foot - tall + 4.0 * u * u;
            let cover = ((1.0 - u.abs()) * half).clamp(0.0, 1.0)
                * (base - y).clamp(0.0, 1.0)
                * (y - top).clamp(0.0, 1.0);
            if cover <= 0.0 {
                return under;
            }
            // Glass shows the wall at its edges, and the window's reflection on its shoulder.
            let rim = step(0.72, 1.0, u.abs());
            let mut ink = mix(glass, mix(under, glass, 0.45), rim * 0.7);
            ink = mix(
                ink,
                mix(palette.wall[0], glass, 0.35),
                step(0.16, 0.0, (u - 0.62).abs()) * 0.4,
            );
            ink = mix(ink, palette.table, step(0.25, 0.0, up) * 0.18);
            let shine = step(0.13, 0.03, (u + 0.5).abs())
                * (0.55 + noise(seed, 1.0, y / 60.0) * 0.5)
                * step(0.9, 0.6, up);
            ink = mix(ink, [0.96, 0.97, 0.92], shine * 0.6);
            let label = step(0.06, 0.065, up) * step(0.36, 0.355, up);
            let shade = 0.98 - 0.5 * step(-0.3, 1.0, u);
            ink = mix(
                ink,
                scale(mix(hex(0xe9dcbc), palette.wall[0], 0.12), shade),
                label * 0.92,
            );
            mix(under, ink, cover)
        },
    );
}

/// The soft shadow of an object on the table.
fn shadow(on: &mut Canvas, palette: &Palette, (cx, cy): (f32, f32), (rx, ry): (f32, f32)) {
    on.within(
        [cx - rx * 1.6, cy - ry * 1.8, cx + rx * 1.6, cy + ry * 1.8],
        |x, y, under| {
            let out = ((x - cx) / rx).hypot((y - cy) / ry);
            mix(
                under,
                mix(scale(under, 0.45), palette.shade, 0.5),
                step(1.35, 0.35, out) * 0.78,
            )
        },
    );
}

fn fruit(on: &mut Canvas, palette: &Palette, (cx, cy): (f32, f32), r: f32, ink: Ink, seed: u32) {
    let blush = mix(ink, hex(0xb0301f), 0.45);
    on.within(
        [cx - r - 3.0, cy - r - 3.0, cx + r + 3.0, cy + r + 3.0],
        |x, y, under| {
            let (u, v) = ((x - cx) / r, (y - cy) / (r * 0.95));
            // A dimple at the top, where the stalk is.
            let dip = 0.1 * (-(u / 0.3).powi(2)).exp() * step(0.0, -1.0, v);
            let out = u.hypot(v) + dip;
            let cover = ((1.0 - out) * r).clamp(0.0, 1.0);
            if cover <= 0.0 {
                return under;
            }
            let z = (1.0 - out * out).max(0.0).sqrt();
            let lit = u * LIGHT[0] + v * LIGHT[1] + z * LIGHT[2];
            let skin = mix(
                ink,
                blush,
                step(0.0, 0.7, fbm(seed, u * 1.4, v * 1.4, 3) + u * 0.3) * 0.6,
            );
            let dark = mix(scale(skin, 0.34), palette.shade, 0.42);
            let mut paint = mix(dark, skin, step(-0.12, 0.5, lit));
            paint = mix(
                paint,
                mix(skin, hex(0xffe9b8), 0.5),
                step(0.5, 1.0, lit) * 0.75,
            );
            let bounce = step(0.55, 1.0, out) * step(0.25, 0.9, u * 0.5 + v * 0.7);
            paint = mix(paint, mix(skin, palette.table, 0.6), bounce * 0.36);
            let shine = (-(((u + 0.38) / 0.12).powi(2) + ((v + 0.42) / 0.09).powi(2))).exp();
            paint = mix(paint, [1.0, 0.98, 0.92], shine * 0.85);
            let hollow = (-((u / 0.2).powi(2) + ((v + 0.83) / 0.09).powi(2))).exp();
            paint = mix(paint, dark, hollow * 0.6);
            mix(under, paint, cover)
        },
    );
    let stalk = hex(0x3d2c1c);
    on.line(
        (cx, cy - r * 0.8),
        (cx + r * 0.07, cy - r * 1.02),
        (r * 0.06, r * 0.05),
        stalk,
        1.0,
    );
}
