//! Circles, bars and arcs in a few flat colours, as on a poster of the 1920s.
//!
//! One of three compositions, rotated and mirrored at random; inks are transparent and darken where
//! they overlap.

use std::f32::consts::{FRAC_PI_2, TAU};

use rand::{Rng, rngs::StdRng};

use crate::art::{
    canvas::{Canvas, Point},
    colour::{Ink, hex, mix, multiply, scale},
    noise::fbm,
};

/// Paper, black, and four colours.
const PALETTES: [[Ink; 6]; 4] = [
    [
        hex(0xf0e6d2),
        hex(0x24211f),
        hex(0xc8442f),
        hex(0xe6a92f),
        hex(0x2f5d8a),
        hex(0x8fa9a3),
    ],
    [
        hex(0xefe9dd),
        hex(0x1f2a33),
        hex(0xd9603b),
        hex(0xe9c46a),
        hex(0x2a7f77),
        hex(0xc9b8a0),
    ],
    [
        hex(0xe9e0cf),
        hex(0x2b2430),
        hex(0x9c3848),
        hex(0xdba04c),
        hex(0x44607f),
        hex(0xb7a79a),
    ],
    [
        hex(0xf3ead8),
        hex(0x1d2623),
        hex(0xe07a4f),
        hex(0xd9b44a),
        hex(0x3d6b57),
        hex(0xa9bdb4),
    ],
];

/// A canvas with a rotated coordinate system: units are about a pixel, the origin is the centre.
struct Sheet {
    on: Canvas,
    turn: (f32, f32),
    flip: f32,
    size: f32,
}

impl Sheet {
    fn place(&self, (x, y): Point) -> Point {
        let (w, h) = self.on.size();
        let (x, y) = (x * self.size, y * self.size);
        let (sin, cos) = self.turn;
        (
            w / 2.0 + (x * cos - y * sin) * self.flip,
            h / 2.0 + x * sin + y * cos,
        )
    }

    fn print(&mut self, points: &[Point], ink: Ink) {
        let placed: Vec<Point> = points.iter().map(|p| self.place(*p)).collect();
        self.on.fill(&placed, |_, _, under| multiply(under, ink));
    }

    /// Paints opaquely over what is beneath, like gouache.
    fn cover(&mut self, points: &[Point], ink: Ink) {
        let placed: Vec<Point> = points.iter().map(|p| self.place(*p)).collect();
        self.on.polygon(&placed, ink, 1.0);
    }

    fn bar(&mut self, (x, y): Point, (w, h): (f32, f32), ink: Ink) {
        self.print(&[(x, y), (x + w, y), (x + w, y + h), (x, y + h)], ink);
    }
}

/// Part of a ring between two angles; a disc when `inner` is 0.
fn arc((cx, cy): Point, inner: f32, outer: f32, from: f32, to: f32) -> Vec<Point> {
    let steps = 120;
    let angle = |i: i32| from + (to - from) * i as f32 / steps as f32;
    let mut points: Vec<Point> = (0..=steps)
        .map(|i| (cx + outer * angle(i).cos(), cy + outer * angle(i).sin()))
        .collect();
    if inner > 0.0 {
        points.extend(
            (0..=steps)
                .rev()
                .map(|i| (cx + inner * angle(i).cos(), cy + inner * angle(i).sin())),
        );
    } else if to - from < TAU - 0.01 {
        points.push((cx, cy));
    }
    points
}

pub fn paint(rng: &mut StdRng) -> Canvas {
    let inks = PALETTES[rng.random_range(0..PALETTES.len())];
    let on = Canvas::new(1050, 1400, inks[0]);
    let flip = if rng.random_bool(0.5) { 1.0 } else { -1.0 };
    let mut sheet = Sheet {
        on,
        turn: (0.0, 1.0),
        flip,
        size: 1.0,
    };
    match rng.random_range(0..3) {
        0 => diagonal(&mut sheet, inks, rng),
        1 => tower(&mut sheet, inks, rng),
        _ => tiles(&mut sheet, inks, rng),
    }
    let mut on = sheet.on;
    let seed: u32 = rng.random();
    on.each(|x, y, under| {
        let worn = fbm(seed, x / 140.0, y / 140.0, 5);
        mix(
            scale(under, 1.0 + worn * 0.035),
            inks[0],
            (worn - 0.42).max(0.0) * 0.5,
        )
    });
    on.tooth(seed, 0.045);
    on
}

/// Shapes along one diagonal, around a large circle.
fn diagonal(
    sheet: &mut Sheet,
    [paper, black, red, yellow, blue, grey]: [Ink; 6],
    rng: &mut StdRng,
) {
    sheet.turn = rng.random_range(-0.72..-0.5f32).sin_cos();
    sheet.size = 0.94;
    let r = rng.random_range(270.0..320.0);
    sheet.bar((-900.0, 150.0), (1800.0, 86.0), grey);
    sheet.print(&arc((-60.0, -120.0), 0.0, r, 0.0, TAU), red);
    sheet.print(&arc((-60.0, -120.0), r + 34.0, r + 46.0, -2.3, 1.2), black);
    sheet.print(&arc((-60.0, -120.0), r + 70.0, r + 128.0, 1.5, 2.9), yellow);
    sheet.bar((-520.0, 20.0), (980.0, 62.0), blue);
    sheet.bar((-330.0, 118.0), (640.0, 15.0), black);
    sheet.bar((150.0, -520.0), (34.0, 860.0), black);
    sheet.bar((214.0, -430.0), (9.0, 640.0), black);
    sheet.print(
        &arc((330.0, 150.0), 0.0, 132.0, 0.0, FRAC_PI_2 * 2.0),
        yellow,
    );
    sheet.cover(&arc((-60.0, -120.0), 0.0, 74.0, 0.0, TAU), paper);
    sheet.print(&arc((-60.0, -120.0), 0.0, 40.0, 0.0, TAU), black);
    sheet.print(&[(-330.0, 320.0), (-50.0, 320.0), (-190.0, 530.0)], blue);
    for i in 0..7 {
        sheet.bar(
            (40.0 + i as f32 * 26.0, 320.0),
            (9.0, 170.0 - i as f32 * 16.0),
            black,
        );
    }
    for i in 0..3 {
        sheet.print(
            &arc((300.0 + i as f32 * 74.0, -455.0), 0.0, 24.0, 0.0, TAU),
            [black, red, yellow][i],
        );
    }
}

/// A stack of bars and half circles, with space around it.
fn tower(sheet: &mut Sheet, [paper, black, red, yellow, blue, grey]: [Ink; 6], rng: &mut StdRng) {
    let lift = rng.random_range(-30.0..30.0f32);
    let r = rng.random_range(225.0..265.0);
    sheet.bar((-360.0, 410.0), (720.0, 22.0), black);
    sheet.bar((-250.0, 60.0 + lift), (250.0, 350.0 - lift), blue);
    sheet.bar((0.0, 180.0 + lift), (210.0, 230.0 - lift), yellow);
    sheet.print(&arc((0.0, 60.0 + lift), 0.0, r, FRAC_PI_2 * 2.0, TAU), red);
    sheet.print(&arc((-r, 60.0 + lift), 0.0, r * 0.9, -FRAC_PI_2, 0.0), grey);
    sheet.print(&arc((150.0, -330.0), 0.0, 158.0, 0.0, TAU), yellow);
    sheet.print(&arc((150.0, -330.0), 188.0, 200.0, 2.4, 5.5), black);
    sheet.print(&arc((150.0, -330.0), 222.0, 228.0, 2.4, 5.5), black);
    sheet.cover(
        &arc((0.0, 60.0 + lift), 0.0, 96.0, FRAC_PI_2 * 2.0, TAU),
        paper,
    );
    sheet.print(
        &arc((0.0, 60.0 + lift), 30.0, 62.0, FRAC_PI_2 * 2.0, TAU),
        black,
    );
    for i in 0..9 {
        sheet.bar(
            (-232.0, 112.0 + lift + i as f32 * 30.0),
            (150.0, 8.0),
            scale(black, 1.1),
        );
    }
    sheet.bar((-14.0, -600.0), (14.0, 660.0 + lift), black);
    sheet.print(&[(260.0, 410.0), (400.0, 410.0), (260.0, 130.0)], red);
    sheet.print(&arc((105.0, 295.0), 0.0, 62.0, 0.0, TAU), black);
    sheet.cover(&arc((105.0, 295.0), 0.0, 30.0, 0.0, TAU), paper);
    sheet.print(&arc((-320.0, -430.0), 0.0, 46.0, 0.0, TAU), red);
    sheet.bar((-400.0, 470.0), (230.0, 10.0), black);
    sheet.bar((-400.0, 500.0), (120.0, 10.0), red);
}

/// A grid of squares, each with its own figure.
fn tiles(sheet: &mut Sheet, [paper, black, red, yellow, blue, grey]: [Ink; 6], rng: &mut StdRng) {
    let side = 232.0;
    let inks = [black, red, yellow, blue, grey];
    for row in 0..5 {
        for column in 0..4 {
            let (x, y) = (
                -side * 2.0 + column as f32 * side,
                -side * 2.5 + row as f32 * side,
            );
            let ground = if (row + column) % 2 == 0 {
                rng.random_range(0..5)
            } else {
                5
            };
            let front = (ground + rng.random_range(1..5)) % 5;
            if ground < 5 {
                sheet.bar((x, y), (side, side), inks[ground]);
            }
            let ink = if ground < 5 && rng.random_bool(0.4) {
                paper
            } else {
                inks[front]
            };
            let turn = rng.random_range(0..4);
            let (cx, cy) = (x + side / 2.0, y + side / 2.0);
            let corner = [(x, y), (x + side, y), (x + side, y + side), (x, y + side)][turn];
            let start = turn as f32 * FRAC_PI_2;
            match rng.random_range(0..6) {
                0 => sheet.cover(&arc(corner, 0.0, side, start, start + FRAC_PI_2), ink),
                1 => {
                    for ring in 0..3 {
                        let outer = side - ring as f32 * 74.0;
                        sheet.cover(
                            &arc(
                                corner,
                                (outer - 38.0).max(1.0),
                                outer,
                                start,
                                start + FRAC_PI_2,
                            ),
                            ink,
                        );
                    }
                }
                2 => sheet.cover(
                    &arc((cx, cy), 0.0, side / 2.0, start, start + FRAC_PI_2 * 2.0),
                    ink,
                ),
                3 => {
                    sheet.cover(&arc((cx, cy), 0.0, side * 0.34, 0.0, TAU), ink);
                    sheet.cover(
                        &arc((cx, cy), 0.0, side * 0.13, 0.0, TAU),
                        inks[(front + 1) % 5],
                    );
                }
                4 => {
                    let (next, last) = ((turn + 1) % 4, (turn + 3) % 4);
                    let corners = [(x, y), (x + side, y), (x + side, y + side), (x, y + side)];
                    sheet.cover(&[corners[last], corners[turn], corners[next]], ink);
                }
                _ => {
                    for i in 0..4 {
                        let at = i as f32 * side / 4.0 + side / 16.0;
                        let (a, b) = if turn % 2 == 0 {
                            ((x, y + at), (side, side / 8.0))
                        } else {
                            ((x + at, y), (side / 8.0, side))
                        };
                        sheet.cover(
                            &[
                                a,
                                (a.0 + b.0, a.1),
                                (a.0 + b.0, a.1 + b.1),
                                (a.0, a.1 + b.1),
                            ],
                            ink,
                        );
                    }
                }
            }
        }
    }
}
