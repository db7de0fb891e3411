//! Solids on a table, hatched in ink with white highlights on toned paper.
//!
//! The scene gives each point a tone. Strokes follow the form in layers, each layer only where the
//! tone is darker than its threshold.

use rand::{Rng, rngs::StdRng, seq::SliceRandom};

use crate::art::{
    canvas::{Canvas, Point},
    colour::{Ink, hex, scale, step},
    noise::{fbm, noise},
};

/// Paper, ink and chalk.
const PAPERS: [[Ink; 3]; 4] = [
    [hex(0xd8c7a8), hex(0x2a2320), hex(0xfdf8ec)],
    [hex(0xaeb8bb), hex(0x1c2430), hex(0xfbfaf4)],
    [hex(0xf1eadb), hex(0x26221f), hex(0xffffff)],
    [hex(0xc9a98c), hex(0x3b1f1a), hex(0xfff4e2)],
];

const LIGHT: [f32; 3] = [-0.55, -0.62, 0.56];

#[derive(Clone, Copy)]
enum Form {
    Ball,
    Cone,
    Drum,
    Egg,
}

/// A solid standing at `(x, foot)`; `r` is half its width.
struct Solid {
    form: Form,
    x: f32,
    foot: f32,
    r: f32,
    tall: f32,
}

/// The scene at a point: its darkness, and the direction of strokes.
struct Seen {
    tone: f32,
    along: f32,
    on: usize,
}

impl Solid {
    /// The tone and the stroke direction where the solid covers a point; `None` elsewhere.
    fn see(&self, x: f32, y: f32) -> Option<(f32, f32)> {
        let u = (x - self.x) / self.r;
        let up = (self.foot - y) / self.tall;
        let round = |u: f32, slope: f32| {
            let face = (1.0 - u * u).max(0.0).sqrt();
            u * LIGHT[0] - slope * LIGHT[1] + face * LIGHT[2]
        };
        match self.form {
            Form::Ball | Form::Egg => {
                let v = 1.0 - up * 2.0;
                let wide = if matches!(self.form, Form::Egg) {
                    1.0 + v * 0.14
                } else {
                    1.0
                };
                let u = u / wide;
                let square = u * u + v * v;
                if square > 1.0 {
                    return None;
                }
                let z = (1.0 - square).sqrt();
                let lit = u * LIGHT[0] + v * LIGHT[1] + z * LIGHT[2];
                let bounce =
                    step(0.72, 1.0, square.sqrt()) * step(0.2, 0.9, v * 0.8 + u * 0.4) * 0.2;
                // On the shaded side, strokes bend around the form.
                Some((
                    0.78 - lit * 0.95 - bounce,
                    (v + 0.9).atan2(u + 0.75) + std::f32::consts::FRAC_PI_2,
                ))
            }
            Form::Cone => {
                let base = (1.0 - (u * u).min(1.0)).sqrt() * self.r * 0.2 / self.tall;
                if up < -base || up > 1.0 || u.abs() > 1.0 - up.max(0.0) {
                    return None;
                }
                let turn = u / (1.0 - up).max(0.02);
                Some((
                    0.76 - round(turn.clamp(-1.0, 1.0), 0.3) * 0.95,
                    (1.0f32).atan2(-turn * self.r / self.tall),
                ))
            }
            Form::Drum => {
                let lid = self.r * 0.2 / self.tall;
                let curve = (1.0 - (u * u).min(1.0)).sqrt() * lid;
                if u.abs() > 1.0 || up < -curve || up > 1.0 + curve {
                    return None;
                }
                if up > 1.0 - curve {
                    return Some((0.1 + u * 0.12, 0.15));
                }
                Some((0.74 - round(u, 0.0) * 0.9, std::f32::consts::FRAC_PI_2))
            }
        }
    }

    /// How deep a point on the table lies in the shadow, which falls to the right.
    fn shade(&self, x: f32, y: f32) -> f32 {
        let (dx, dy) = (
            (x - self.x - self.r * 0.1) / self.r,
            (y - self.foot) / self.r,
        );
        let long = self.tall / self.r;
        let t = (dx / long / 1.1).clamp(0.0, 1.0);
        let wide = match self.form {
            Form::Cone => 0.27 * (1.0 - t),
            Form::Drum => 0.25,
            Form::Ball | Form::Egg => 0.25 * (1.0 - (2.0 * t - 0.9).powi(2) * 0.5).max(0.1),
        };
        let out = (dx - t * long * 1.1).hypot((dy + 0.02 + t * 0.16) * 3.0) / 3.0 - wide;
        step(0.05 + t * 0.05, -0.05, out) * (1.0 - t * 0.4)
    }
}

pub fn paint(rng: &mut StdRng) -> Canvas {
    let [paper, ink, chalk] = PAPERS[rng.random_range(0..PAPERS.len())];
    let mut on = Canvas::new(1400, 1120, paper);
    let (w, h) = on.size();
    let seed: u32 = rng.random();
    on.each(|x, y, under| scale(under, 1.0 + fbm(seed, x / 160.0, y / 160.0, 4) * 0.05));
    let table = h * 0.56;
    let mut forms = [Form::Ball, Form::Cone, Form::Drum, Form::Egg];
    forms.shuffle(rng);
    let spots = [
        [(0.3, 0.71, 150.0), (0.54, 0.68, 165.0), (0.43, 0.88, 118.0)],
        [(0.33, 0.7, 160.0), (0.5, 0.86, 140.0), (0.66, 0.8, 110.0)],
    ];
    let spots = spots[rng.random_range(0..2)];
    let solids: Vec<Solid> = spots
        .iter()
        .zip(forms)
        .map(|(&(x, foot, r), form)| {
            let r: f32 = r * rng.random_range(0.92..1.08);
            let tall = r * match form {
                Form::Ball => 2.0,
                Form::Egg => 2.55,
                Form::Cone => 2.9,
                Form::Drum => 2.3,
            };
            Solid {
                form,
                x: w * (x + rng.random_range(-0.02..0.02)),
                foot: h * foot,
                r,
                tall,
            }
        })
        .collect();
    let see = |x: f32, y: f32| {
        if let Some((i, (tone, along))) = solids
            .iter()
            .enumerate()
            .rev()
            .find_map(|(i, s)| s.see(x, y).map(|seen| (i, seen)))
        {
            return Seen {
                tone: tone.clamp(0.0, 1.0),
                along,
                on: i + 1,
            };
        }
        let cast = solids.iter().map(|s| s.shade(x, y)).fold(0.0, f32::max);
        if y > table {
            let open =
                0.11 + step(0.2, 1.0, x / w) * 0.12 + fbm(seed ^ 6, x / 150.0, y / 50.0, 3) * 0.09;
            Seen {
                tone: open + cast * 0.68,
                along: -0.12,
                on: 8,
            }
        } else {
            // The wall is darkest behind the lit side of the solids, for contrast.
            let dark = 0.22
                + fbm(seed ^ 7, x / 130.0, y / 130.0, 3) * 0.1
                + 0.36
                    * (-(((x - w * 0.28) / (w * 0.3)).powi(2)
                        + ((y - table) / (h * 0.36)).powi(2)))
                    .exp();
            Seen {
                tone: dark,
                along: -0.85,
                on: 9,
            }
        }
    };
    // The drawing fades out before the edge of the sheet.
    let margin = |x: f32, y: f32| {
        let rough = fbm(seed ^ 4, x / 110.0, y / 110.0, 3) * 60.0;
        let inset = (x - 70.0).min(w - 70.0 - x).min(y - 80.0).min(h - 80.0 - y) + rough;
        step(0.0, 95.0, inset)
    };
    for (layer, (from, turn)) in [(0.13, 0.0), (0.3, 0.62), (0.46, -0.55), (0.62, 1.25)]
        .into_iter()
        .enumerate()
    {
        let mut used = Marks::new(w, h, 5.6);
        for _ in 0..46_000 {
            let at = (
                rng.random_range(40.0..w - 40.0),
                rng.random_range(40.0..h - 40.0),
            );
            stroke(
                &mut on,
                ink,
                at,
                (from, turn),
                &mut used,
                |x, y| {
                    let mut seen = see(x, y);
                    seen.tone *= margin(x, y);
                    seen
                },
                rng,
            );
        }
        if layer == 0 {
            let mut used = Marks::new(w, h, 6.0);
            for _ in 0..16_000 {
                let at = (
                    rng.random_range(40.0..w - 40.0),
                    rng.random_range(40.0..h - 40.0),
                );
                stroke(
                    &mut on,
                    chalk,
                    at,
                    (0.72, 0.5),
                    &mut used,
                    |x, y| {
                        let seen = see(x, y);
                        let light = if seen.on < 8 {
                            0.97 - seen.tone * 2.6
                        } else {
                            0.0
                        };
                        Seen {
                            tone: light,
                            ..seen
                        }
                    },
                    rng,
                );
            }
        }
    }
    outline(&mut on, ink, &see, seed, table);
    on.tooth(seed, 0.05);
    on
}

/// The strokes so far, so that new ones keep their distance.
struct Marks {
    pitch: f32,
    w: usize,
    taken: Vec<Vec<(Point, u32)>>,
    next: u32,
}

impl Marks {
    fn new(w: f32, h: f32, pitch: f32) -> Self {
        let (columns, rows) = ((w / pitch) as usize + 3, (h / pitch) as usize + 3);
        Self {
            pitch,
            w: columns,
            taken: vec![Vec::new(); columns * rows],
            next: 0,
        }
    }

    fn cell(&self, (x, y): Point) -> usize {
        (y.max(0.0) / self.pitch + 1.0) as usize * self.w + (x.max(0.0) / self.pitch + 1.0) as usize
    }

    fn free(&self, at: Point, own: u32) -> bool {
        let cell = self.cell(at);
        [cell - self.w, cell, cell + self.w]
            .iter()
            .flat_map(|c| c - 1..=c + 1)
            .filter_map(|c| self.taken.get(c))
            .flatten()
            .all(|&((x, y), by)| by == own || (x - at.0).hypot(y - at.1) > self.pitch * 0.82)
    }

    fn take(&mut self, at: Point, own: u32) {
        let cell = self.cell(at);
        if let Some(list) = self.taken.get_mut(cell) {
            list.push((at, own));
        }
    }
}

/// One stroke along the form, extended from `at` in both directions while it is dark enough and
/// there is room.
fn stroke(
    on: &mut Canvas,
    ink: Ink,
    at: Point,
    (from, turn): (f32, f32),
    used: &mut Marks,
    see: impl Fn(f32, f32) -> Seen,
    rng: &mut StdRng,
) {
    let start = see(at.0, at.1);
    if start.tone < from || !used.free(at, 0) {
        return;
    }
    used.next += 1;
    let own = used.next;
    let shake: u32 = rng.random();
    let mut path = Vec::new();
    for sign in [-1.0, 1.0] {
        let mut here = at;
        let most = rng.random_range(6..17);
        let mut run = Vec::new();
        for i in 0..most {
            let seen = see(here.0, here.1);
            let limit = from + noise(shake, i as f32 / 3.0, sign) * 0.03;
            if seen.on != start.on || seen.tone < limit || !used.free(here, own) {
                break;
            }
            run.push((here, seen.tone));
            let angle = seen.along + turn + noise(shake, i as f32 / 6.0, 0.0) * 0.06;
            here = (
                here.0 + angle.cos() * 4.0 * sign,
                here.1 + angle.sin() * 4.0 * sign,
            );
        }
        if sign < 0.0 {
            run.reverse();
        } else if !run.is_empty() {
            run.remove(0);
        }
        path.extend(run);
    }
    if path.len() < 5 {
        return;
    }
    let last = path.len() as f32;
    for (i, pair) in path.windows(2).enumerate() {
        used.take(pair[0].0, own);
        // The stroke starts with pressure and tapers at the end.
        let press = |k: usize| {
            (1.0 - (k as f32 / last).powi(2) * 0.6) * (1.05 + (pair[0].1 - from).max(0.0) * 2.3)
        };
        on.line(pair[0].0, pair[1].0, (press(i), press(i + 1)), ink, 0.88);
    }
}

/// Broken outlines where one object ends and another begins.
fn outline(on: &mut Canvas, ink: Ink, see: &impl Fn(f32, f32) -> Seen, seed: u32, table: f32) {
    let (w, h) = on.size();
    on.within([60.0, 60.0, w - 60.0, h - 60.0], |x, y, under| {
        let shaken = (
            x + noise(seed, x / 35.0, y / 35.0) * 1.6,
            y + noise(seed ^ 1, x / 35.0, y / 35.0) * 1.6,
        );
        let here = see(shaken.0, shaken.1).on;
        let reach = 0.9 + noise(seed ^ 2, x / 60.0, y / 60.0) * 0.6;
        let around = [
            (-reach, 0.0),
            (reach, 0.0),
            (0.0, -reach),
            (0.0, reach),
            (-reach * 0.7, reach * 0.7),
            (reach * 0.7, -reach * 0.7),
        ];
        let other = around
            .iter()
            .filter(|(dx, dy)| see(shaken.0 + dx, shaken.1 + dy).on != here)
            .count() as f32
            / 6.0;
        let back = here >= 8 && (y - table).abs() < 6.0;
        let edge = step(0.0, 95.0, (x - 70.0).min(w - 70.0 - x));
        crate::art::colour::mix(
            under,
            ink,
            (other * 1.6).min(1.0) * if back { 0.35 * edge } else { 0.85 },
        )
    });
}
