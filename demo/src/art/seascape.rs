//! The moon over the sea, with its light on the clouds and, in dabs, on the water.
//!
//! The water is painted in strokes from the horizon down, longer and thicker the nearer they are.

use std::f32::consts::PI;

use rand::{Rng, rngs::StdRng};

use crate::art::{
    brush::{Layer, dab, oils},
    canvas::Canvas,
    colour::{Ink, hex, mix, ramp, scale, screen, step},
    noise::{fbm, noise},
};

struct Palette {
    sky: [Ink; 3],
    sea: [Ink; 3],
    moon: Ink,
    land: Ink,
}

const PALETTES: [Palette; 4] = [
    Palette {
        sky: [hex(0x0b1530), hex(0x1d3557), hex(0x4d7191)],
        sea: [hex(0x35587a), hex(0x14304f), hex(0x081427)],
        moon: hex(0xfdf3d0),
        land: hex(0x0a1322),
    },
    Palette {
        sky: [hex(0x10262b), hex(0x235055), hex(0x6f9a8d)],
        sea: [hex(0x4b8078), hex(0x184448), hex(0x0a1f26)],
        moon: hex(0xf8f4d4),
        land: hex(0x0a1b1e),
    },
    Palette {
        sky: [hex(0x1b1638), hex(0x44336a), hex(0xb07a92)],
        sea: [hex(0x7f5f86), hex(0x34295c), hex(0x140f2c)],
        moon: hex(0xffe8c9),
        land: hex(0x130e25),
    },
    Palette {
        sky: [hex(0x1a1d24), hex(0x3b4754), hex(0x8d979b)],
        sea: [hex(0x69767d), hex(0x2f3b46), hex(0x12181f)],
        moon: hex(0xfff7e6),
        land: hex(0x12161b),
    },
];

pub fn paint(rng: &mut StdRng) -> Canvas {
    let mut on = Canvas::new(1400, 1000, [0.0; 3]);
    let (w, h) = on.size();
    let palette = &PALETTES[rng.random_range(0..PALETTES.len())];
    let seed: u32 = rng.random();
    let horizon = h * rng.random_range(0.5..0.6);
    let moon = (
        w * rng.random_range(0.28..0.72),
        horizon * rng.random_range(0.3..0.52),
    );
    sky(&mut on, palette, seed, moon, horizon);
    let strokes = [
        Layer {
            width: 17.0,
            stretch: 4.0,
            stray: 0.05,
        },
        Layer {
            width: 8.0,
            stretch: 3.5,
            stray: 0.04,
        },
        Layer {
            width: 4.0,
            stretch: 3.0,
            stray: 0.03,
        },
    ];
    let mut on = oils(&on, &strokes, rng);
    // The moon's disc comes last, as with a palette knife.
    on.glow(moon, 43.0, 3.0, palette.moon, 1.0);
    on.within(
        [moon.0 - 45.0, moon.1 - 45.0, moon.0 + 45.0, moon.1 + 45.0],
        |x, y, under| {
            let inside = step(43.0, 38.0, (x - moon.0).hypot(y - moon.1));
            let seas = step(0.0, 0.5, fbm(seed ^ 33, x / 26.0, y / 26.0, 3));
            mix(
                under,
                mix(palette.moon, palette.sky[2], 0.4),
                seas * inside * 0.55,
            )
        },
    );
    water(&mut on, palette, rng, moon.0, horizon);
    land(&mut on, palette, rng, moon.0, horizon);
    on.vignette(0.25);
    on.threads(seed, 0.035);
    on
}

fn sky(on: &mut Canvas, palette: &Palette, seed: u32, moon: (f32, f32), horizon: f32) {
    on.each(|x, y, _| {
        let mut ink = ramp(&palette.sky, (y / horizon).powf(1.3));
        let away = (x - moon.0).hypot(y - moon.1);
        let light = (-away / 210.0).exp();
        ink = screen(ink, scale(palette.moon, light * 0.42));
        let bank = |x: f32, y: f32| {
            // Clouds look flatter towards the horizon.
            let far = 0.55 + 0.9 * (1.0 - y / horizon);
            step(
                -0.02,
                0.62,
                fbm(
                    seed,
                    x / (360.0 * far) + fbm(seed ^ 2, x / 260.0, y / 160.0, 2) * 0.5,
                    y / (100.0 * far),
                    5,
                ),
            )
        };
        let thick = bank(x, y);
        let towards = 26.0 / away.max(26.0);
        let open = (thick - bank(x + (moon.0 - x) * towards, y + (moon.1 - y) * towards)).max(0.0);
        let shade = mix(scale(ink, 0.6), palette.land, 0.2);
        ink = mix(ink, shade, thick * 0.85);
        screen(
            ink,
            scale(
                palette.moon,
                open * (0.22 + light * 0.9) + thick * (1.0 - thick) * light * 0.5,
            ),
        )
    });
}

fn water(on: &mut Canvas, palette: &Palette, rng: &mut StdRng, moon: f32, horizon: f32) {
    let (w, h) = on.size();
    let seed: u32 = rng.random();
    on.within([0.0, horizon, w, h], |_, y, _| {
        ramp(&palette.sea, ((y - horizon) / (h - horizon)).powf(0.6))
    });
    let count = 15_000;
    for i in 0..count {
        // In order of distance, denser in the distance.
        let t = (i as f32 / count as f32).powf(2.2);
        let y = horizon + 1.0 + (h - horizon) * t + rng.random_range(-0.5..0.5);
        let x = rng.random_range(-20.0..w + 20.0);
        let size = 1.5 + 8.5 * t;
        let long = size * rng.random_range(5.0..11.0) + 10.0;
        let swell = noise(
            seed,
            x / (70.0 + 400.0 * t),
            (y - horizon) / (4.0 + 44.0 * t),
        );
        let body = ramp(&palette.sea, t.powf(0.6) - swell * 0.18);
        let path = 26.0 + 190.0 * t.sqrt();
        let glint = (-((x - moon) / path).powi(2)).exp();
        let chance = glint * (0.5 + swell * 0.6) * (0.95 - 0.35 * t);
        let (ink, long) = if rng.random::<f32>() < chance * 0.55 {
            (
                mix(body, palette.moon, rng.random_range(0.5..1.0)),
                long * 0.55,
            )
        } else {
            (
                mix(
                    body,
                    mix(palette.sky[2], palette.moon, 0.25),
                    (glint * 0.4 + swell.max(0.0) * 0.22) * rng.random_range(0.2..1.0),
                ),
                long,
            )
        };
        dab(
            on,
            (x, y),
            rng.random_range(-0.035..0.035),
            (long, size),
            ink,
            rng.random(),
        );
    }
    // The far edge of the water fades into haze.
    on.within([0.0, horizon - 6.0, w, horizon + 16.0], |x, y, under| {
        let near = (-((x - moon) / 260.0).powi(2)).exp();
        mix(
            under,
            mix(palette.sky[2], palette.moon, near * 0.5),
            0.5 * (-((y - horizon) / 5.0).powi(2)).exp(),
        )
    });
}

/// A headland, and a small boat in front of it.
fn land(on: &mut Canvas, palette: &Palette, rng: &mut StdRng, moon: f32, horizon: f32) {
    let (w, _) = on.size();
    let seed: u32 = rng.random();
    let left = moon > w / 2.0;
    for (reach, tall, haze) in [(0.46, 62.0, 0.42), (0.27, 120.0, 0.12)] {
        let ink = mix(palette.land, palette.sky[1], haze);
        on.within([0.0, horizon - 190.0, w, horizon + 6.0], |x, y, under| {
            let along = (if left { x } else { w - x }) / (w * reach);
            let fall = (1.0 - along).max(0.0).powf(0.7);
            let top = horizon + 3.0 - fall * tall * (0.85 + fbm(seed, x / 120.0, tall, 4) * 0.9);
            let foot = horizon + 3.0 + noise(seed, x / 20.0, 1.0) * 1.5;
            let ink = scale(ink, 1.0 + fbm(seed ^ 1, x / 16.0, y / 9.0, 3) * 0.35);
            mix(
                under,
                ink,
                (y - top).clamp(0.0, 1.0) * (foot - y).clamp(0.0, 1.0) * step(0.0, 0.02, fall),
            )
        });
    }
    let side = if left { 1.0 } else { -1.0 };
    let (x, y) = (
        moon + side * w * rng.random_range(0.1..0.17),
        horizon + rng.random_range(26.0..52.0),
    );
    let hull: Vec<(f32, f32)> = (0..=12)
        .map(|i| (f32::from(i as u8) / 12.0 * PI, 0))
        .map(|(a, _)| (x - a.cos() * 30.0, y + a.sin() * 10.0))
        .collect();
    on.polygon(&hull, palette.land, 1.0);
    let sail = mix(palette.land, palette.sky[2], 0.38);
    on.polygon(
        &[(x - 1.0, y - 72.0), (x - 1.0, y - 5.0), (x - 27.0, y - 6.0)],
        sail,
        1.0,
    );
    on.polygon(
        &[(x + 3.0, y - 66.0), (x + 3.0, y - 5.0), (x + 21.0, y - 6.0)],
        mix(sail, palette.moon, 0.16),
        1.0,
    );
    on.line(
        (x + 1.0, y),
        (x + 1.0, y - 76.0),
        (2.2, 1.4),
        palette.land,
        1.0,
    );
    for i in 0..26 {
        let down = i as f32 * 2.6 + 11.0;
        let long = rng.random_range(14.0..44.0) * (1.0 - i as f32 / 34.0);
        dab(
            on,
            (x + rng.random_range(-9.0..9.0), y + down),
            0.0,
            (long, 2.6),
            mix(palette.land, palette.sea[1], i as f32 / 30.0),
            rng.random(),
        );
    }
}
