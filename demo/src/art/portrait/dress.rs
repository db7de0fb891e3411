//! The hair, earring, collar and garment of a portrait.
//!
//! Outlines are in thousandths of the picture's width, like those of the face.

use std::f32::consts::TAU;

use rand::{Rng, rngs::StdRng};

use crate::art::portrait::{Canvas, Cut, Palette, Point, mix, scale};

/// Long hair seen behind the neck.
pub const LONG_BACK: [Point; 9] = [
    (430.0, 230.0),
    (270.0, 300.0),
    (205.0, 480.0),
    (200.0, 700.0),
    (165.0, 900.0),
    (190.0, 1090.0),
    (330.0, 1130.0),
    (460.0, 1060.0),
    (470.0, 700.0),
];

/// Hair in one of four styles, and an earring.
pub fn hair(on: &mut Canvas, cut: &mut Cut, palette: &Palette, style: u32) {
    let [dark, light] = palette.hair;
    let cap: [Point; 13] = [
        (598.0, 292.0),
        (560.0, 222.0),
        (450.0, 178.0),
        (330.0, 210.0),
        (250.0, 310.0),
        (228.0, 450.0),
        (250.0, 600.0),
        (310.0, 690.0),
        (372.0, 640.0),
        (392.0, 560.0),
        (408.0, 450.0),
        (470.0, 400.0),
        (560.0, 350.0),
    ];
    match style {
        0 => {
            cut.round(on, (212.0, 322.0), 108.0, mix(dark, light, 0.3));
            cut.piece(on, &cap, dark, light);
        }
        1 => {
            // A large round head of curls.
            let curls: Vec<Point> = (0..44)
                .map(|i| i as f32 / 44.0 * TAU)
                .map(|a| (a, if (a * 7.0).sin() > 0.0 { 1.0 } else { 0.955 }))
                .map(|(a, k)| {
                    (
                        382.0 + 262.0 * k * a.cos() - 14.0,
                        380.0 + 270.0 * k * a.sin(),
                    )
                })
                .filter(|&(x, y)| !(x > 430.0 && y > 400.0))
                .collect();
            cut.piece(on, &curls, dark, light);
        }
        2 => {
            let mut long = cap.to_vec();
            long[6] = (222.0, 640.0);
            long[7] = (258.0, 940.0);
            long[8] = (330.0, 900.0);
            cut.piece(on, &long, dark, light);
        }
        _ => {
            let mut short = cap.to_vec();
            short[5] = (244.0, 450.0);
            short[6] = (268.0, 580.0);
            short[7] = (318.0, 672.0);
            cut.piece(on, &short, dark, light);
        }
    }
    let ring = cut.place(on, (412.0, 622.0));
    on.shape(
        [ring.0 - 40.0, ring.1 - 40.0, ring.0 + 40.0, ring.1 + 40.0],
        1.0,
        palette.cloth[1],
        1.0,
        |x, y| ((x - ring.0).hypot(y - ring.1) - 24.0).abs() - 4.0,
    );
}

/// A garment with a collar, plain or patterned.
pub fn garment(on: &mut Canvas, cut: &mut Cut, palette: &Palette, rng: &mut StdRng) {
    let [cloth, trim] = palette.cloth;
    let body: [Point; 11] = [
        (318.0, 965.0),
        (400.0, 1010.0),
        (505.0, 985.0),
        (600.0, 1050.0),
        (735.0, 1120.0),
        (800.0, 1240.0),
        (840.0, 1420.0),
        (500.0, 1450.0),
        (60.0, 1420.0),
        (110.0, 1200.0),
        (215.0, 1050.0),
    ];
    cut.piece(on, &body, scale(cloth, 0.9), scale(cloth, 1.1));
    let collar: [Point; 8] = [
        (312.0, 930.0),
        (400.0, 985.0),
        (508.0, 945.0),
        (530.0, 990.0),
        (470.0, 1050.0),
        (390.0, 1062.0),
        (318.0, 1030.0),
        (298.0, 975.0),
    ];
    cut.piece(on, &collar, scale(trim, 0.94), scale(trim, 1.05));
    let kind = rng.random_range(0..3);
    for row in 0..6 {
        for column in 0..14 {
            let at = (
                110.0 + column as f32 * 58.0 + (row % 2) as f32 * 29.0,
                1120.0 + row as f32 * 50.0,
            );
            let inside =
                at.1 > 1110.0 + ((at.0 - 430.0).abs() - 190.0).max(0.0) * 0.62 && at.0 < 800.0;
            if !inside {
                continue;
            }
            let p = cut.place(on, at);
            match kind {
                0 => on.disc(p, 7.0, trim, 0.85),
                1 => on.line(
                    (p.0 - 11.0, p.1 + 7.0),
                    (p.0 + 11.0, p.1 - 7.0),
                    (5.0, 2.0),
                    trim,
                    0.85,
                ),
                _ => {}
            }
        }
    }
}
