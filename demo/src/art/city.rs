//! A city at night by a river, with lit windows.
//!
//! The buildings stand in rows, the farther ones paler; everything above the quay is then mirrored
//! in the water and broken by ripples.

use rand::{Rng, rngs::StdRng};

use crate::art::{
    canvas::Canvas,
    colour::{Ink, hex, mix, multiply, ramp, scale, screen},
    noise::{fbm, noise},
};

struct Palette {
    sky: [Ink; 4],
    near: Ink,
    lamps: [Ink; 3],
}

const PALETTES: [Palette; 4] = [
    Palette {
        sky: [hex(0x0c1129), hex(0x232453), hex(0x5c3f74), hex(0xc9787a)],
        near: hex(0x0b0d1c),
        lamps: [hex(0xffd489), hex(0xffb765), hex(0xfdf0cf)],
    },
    Palette {
        sky: [hex(0x08161f), hex(0x12353f), hex(0x2d6468), hex(0xa9b98c)],
        near: hex(0x07131a),
        lamps: [hex(0xffdf95), hex(0xf6c36b), hex(0xe6f2de)],
    },
    Palette {
        sky: [hex(0x101424), hex(0x25365a), hex(0x5c7397), hex(0xe0b58c)],
        near: hex(0x0e121f),
        lamps: [hex(0xffca7a), hex(0xff9f5a), hex(0xfff1d6)],
    },
    Palette {
        sky: [hex(0x160d22), hex(0x3d1f47), hex(0x8a3b55), hex(0xe8925e)],
        near: hex(0x120a19),
        lamps: [hex(0xffd27a), hex(0xffa85e), hex(0xffeccb)],
    },
];

const ROWS: usize = 4;

pub fn paint(rng: &mut StdRng) -> Canvas {
    let mut on = Canvas::new(1400, 840, [0.0; 3]);
    let (w, h) = on.size();
    let palette = &PALETTES[rng.random_range(0..PALETTES.len())];
    let seed: u32 = rng.random();
    let quay = h * rng.random_range(0.69..0.74);
    on.each(|x, y, _| {
        let cloud = fbm(seed, x / 420.0, y / 110.0, 5);
        let ink = ramp(&palette.sky, (y / quay).powf(1.15) + cloud * 0.16);
        scale(ink, 1.0 + cloud * 0.12)
    });
    for _ in 0..110 {
        let (x, y) = (rng.random_range(0.0..w), rng.random_range(0.0..h * 0.36));
        on.disc(
            (x, y),
            rng.random_range(0.5..1.3),
            [1.0, 0.97, 0.9],
            rng.random_range(0.2..0.8) * (1.0 - y / (h * 0.4)),
        );
    }
    let moon = (
        w * rng.random_range(0.12..0.88),
        h * rng.random_range(0.13..0.22),
    );
    on.each(|x, y, under| {
        screen(
            under,
            scale(
                palette.lamps[2],
                0.4 * (-(x - moon.0).hypot(y - moon.1) / 95.0).exp(),
            ),
        )
    });
    on.disc(moon, 30.0, palette.lamps[2], 1.0);
    let centre = w * rng.random_range(0.3..0.7);
    for row in 0..ROWS {
        let near = row as f32 / (ROWS - 1) as f32;
        let mut x = -30.0;
        while x < w {
            let wide = rng.random_range(46.0..92.0) * (0.75 + near * 0.6);
            // Buildings are tall in the centre, and low at the edges and by the water.
            let rise = 0.4 + 0.9 * (-((x + wide / 2.0 - centre) / (w * 0.26)).powi(2)).exp();
            let tall = quay * (0.5 - 0.3 * near) * rise * rng.random_range(0.55..1.12);
            block(
                &mut on,
                palette,
                near,
                [x, quay - tall, x + wide, quay],
                rng,
            );
            x += wide + rng.random_range(-6.0..10.0) + near * rng.random_range(0.0..26.0);
        }
        // Light glows in the streets between the rows.
        on.within([0.0, quay * 0.5, w, quay], |x, y, under| {
            let glow = (-(quay - y) / (60.0 + 30.0 * near)).exp()
                * (0.75 + 0.25 * noise(seed, x / 90.0, near));
            screen(
                under,
                scale(palette.lamps[1], glow * 0.16 * (1.0 - near * 0.75)),
            )
        });
    }
    river(&mut on, palette, seed, quay);
    quayside(&mut on, palette, quay, rng);
    on.vignette(0.24);
    on.tooth(seed, 0.04);
    on
}

/// One building: `near` is 0 in the farthest row and 1 in the nearest.
fn block(
    on: &mut Canvas,
    palette: &Palette,
    near: f32,
    [x0, y0, x1, y1]: [f32; 4],
    rng: &mut StdRng,
) {
    let (x0, x1, y0) = (x0.round(), x1.round(), y0.round());
    let body = mix(
        mix(palette.sky[2], palette.sky[1], near),
        palette.near,
        0.16 + near * 0.74,
    );
    let body = scale(body, rng.random_range(0.86..1.14));
    let mut paint = |area: [f32; 4]| {
        on.within(area, |x, y, _| {
            let side = mix(
                body,
                palette.sky[3],
                0.1 * (1.0 - near) + 0.07 * (1.0 - (x - x0) / (x1 - x0)),
            );
            mix(
                side,
                palette.sky[2],
                0.16 * (1.0 - near) * ((y - y0) / 260.0).min(1.0),
            )
        });
    };
    let wide = x1 - x0;
    paint([x0, y0, x1, y1]);
    let roof = rng.random_range(0..7);
    match roof {
        0 | 1 => paint([
            x0 + (wide * 0.2).round(),
            y0 - 13.0,
            x1 - (wide * 0.24).round(),
            y0,
        ]),
        2 => {
            for tier in 1..=3 {
                let inset = (wide * 0.13 * tier as f32).round();
                paint([x0 + inset, y0 - 15.0 * tier as f32, x1 - inset, y0]);
            }
        }
        3 => {
            let ink = mix(body, palette.sky[2], 0.12);
            on.polygon(&[(x0, y0), (x1, y0), (x1, y0 - wide * 0.3)], ink, 1.0);
        }
        _ => {}
    }
    if roof == 2 || roof == 4 {
        let mast = y0 - rng.random_range(40.0..85.0);
        let x = ((x0 + x1) / 2.0).round() + 0.5;
        on.line((x, y0), (x, mast), (3.0, 1.2), body, 1.0);
        on.glow((x, mast), 2.4, 2.0, hex(0xff5a48), 0.9);
    }
    windows(on, palette, near, [x0, y0, x1, y1], rng);
}

fn windows(
    on: &mut Canvas,
    palette: &Palette,
    near: f32,
    [x0, y0, x1, y1]: [f32; 4],
    rng: &mut StdRng,
) {
    let (pane_w, pane_h) = [(3.0, 4.0), (4.0, 5.0), (2.0, 7.0), (6.0, 4.0)][rng.random_range(0..4)];
    let grow = 1.0 + (near * 1.4).round() * 0.5;
    let (pane_w, pane_h) = ((pane_w * grow).round(), (pane_h * grow).round());
    let (step_x, step_y) = (
        pane_w + (3.0 + near * 3.0).round(),
        pane_h + (4.0 + near * 4.0).round(),
    );
    let columns = (((x1 - x0 - 8.0) / step_x) as usize).max(1);
    let margin = ((x1 - x0 - (columns as f32 * step_x - (step_x - pane_w))) / 2.0).round();
    let busy = rng.random_range(0.1..0.5f32);
    let lamp = palette.lamps[rng.random_range(0..3)];
    let mut y = y0 + 9.0;
    while y + pane_h < y1 - 10.0 {
        // Some floors are dark, others busy.
        let floor = busy * rng.random_range(0.2..1.7f32);
        for column in 0..columns {
            let x = x0 + margin + column as f32 * step_x;
            let lit = rng.random::<f32>() < floor;
            let strength = if lit {
                rng.random_range(0.45..1.0) * (0.62 + near * 0.38)
            } else {
                0.06
            };
            let ink = if lit {
                mix(lamp, palette.lamps[rng.random_range(0..3)], 0.35)
            } else {
                palette.sky[2]
            };
            on.within([x, y, x + pane_w, y + pane_h], |_, py, under| {
                mix(under, ink, strength * (0.8 + 0.2 * (py - y) / pane_h))
            });
            if lit && near > 0.3 {
                on.within(
                    [x - 4.0, y - 4.0, x + pane_w + 4.0, y + pane_h + 4.0],
                    |px, py, under| {
                        let away = (px - x - pane_w / 2.0).hypot(py - y - pane_h / 2.0);
                        screen(under, scale(ink, 0.1 * (1.0 - away / 10.0).max(0.0)))
                    },
                );
            }
        }
        y += step_y;
    }
}

/// Mirrors the city in the water.
fn river(on: &mut Canvas, palette: &Palette, seed: u32, quay: f32) {
    let (w, h) = on.size();
    let above = on.clone();
    on.within([0.0, quay, w, h], |x, y, _| {
        let t = (y - quay) / (h - quay);
        let wave = fbm(
            seed ^ 9,
            x / (60.0 + 150.0 * t),
            (y - quay) / (3.0 + 9.0 * t),
            3,
        );
        // Ripples stretch the reflection, so several heights are averaged.
        let mut sum = [0.0; 3];
        for k in 0..7 {
            let up = quay - (y - quay) * 1.35 - 2.0
                + (k as f32 - 3.0) * (2.0 + 13.0 * t)
                + wave * (8.0 + 46.0 * t);
            let seen = above.at(x + wave * (3.0 + 16.0 * t), up.min(quay - 1.0));
            sum = [
                sum[0] + seen[0] / 7.0,
                sum[1] + seen[1] / 7.0,
                sum[2] + seen[2] / 7.0,
            ];
        }
        let dark = multiply(sum, mix([0.82, 0.86, 0.94], [0.5, 0.56, 0.68], t));
        let crest = (wave - 0.22).max(0.0) * 0.5;
        mix(dark, palette.sky[2], crest)
    });
}

/// The quay wall, its lamps and their reflections.
fn quayside(on: &mut Canvas, palette: &Palette, quay: f32, rng: &mut StdRng) {
    let (w, h) = on.size();
    on.within([0.0, quay - 7.0, w, quay + 3.0], |_, y, _| {
        if y < quay - 5.0 {
            mix(palette.near, palette.sky[2], 0.2)
        } else {
            palette.near
        }
    });
    let seed: u32 = rng.random();
    let mut x = rng.random_range(20.0..90.0);
    while x < w {
        on.line(
            (x, quay - 5.0),
            (x, quay - 27.0),
            (2.2, 1.6),
            palette.near,
            1.0,
        );
        let lamp = (x, quay - 29.0);
        on.within(
            [x - 70.0, quay - 100.0, x + 70.0, quay + 30.0],
            |px, py, under| {
                screen(
                    under,
                    scale(
                        palette.lamps[0],
                        0.55 * (-(px - lamp.0).hypot(py - lamp.1) / 13.0).exp(),
                    ),
                )
            },
        );
        on.glow(lamp, 2.8, 2.0, palette.lamps[2], 1.0);
        on.within([x - 40.0, quay + 3.0, x + 40.0, h], |px, py, under| {
            let t = (py - quay) / (h - quay);
            let wave = noise(seed, px / 30.0, py / (2.6 + 5.0 * t));
            let off = (px - x + wave * (3.0 + 15.0 * t)) / (2.4 + 8.0 * t);
            screen(
                under,
                scale(
                    palette.lamps[0],
                    (-off * off).exp() * (1.0 - t).powf(1.4) * (0.5 + wave * 0.6).max(0.0) * 0.8,
                ),
            )
        });
        x += rng.random_range(96.0..128.0);
    }
}
