//! A canvas of floating-point pixels, and the basic shapes that the pictures are made of.
//!
//! Every shape is antialiased: curves by a pixel's distance from the edge, polygons by pixel
//! coverage. Positions are in pixels, colours between 0 and 1.

use image::{Rgb, RgbImage};

use crate::art::{
    colour::{Ink, mix, scale},
    noise::{grain, noise},
};

/// A picture being painted.
#[derive(Clone)]
pub struct Canvas {
    pub w: usize,
    pub h: usize,
    px: Vec<Ink>,
}

/// A corner of a polygon, or a point of a line, in pixels.
pub type Point = (f32, f32);

impl Canvas {
    /// A canvas filled with one colour.
    pub fn new(w: usize, h: usize, ink: Ink) -> Self {
        Self {
            w,
            h,
            px: vec![ink; w * h],
        }
    }

    /// Width and height as floats.
    pub fn size(&self) -> (f32, f32) {
        (self.w as f32, self.h as f32)
    }

    /// The colour of the pixel nearest to a point; outside the canvas, that of the nearest edge
    /// pixel.
    pub fn at(&self, x: f32, y: f32) -> Ink {
        let x = (x.max(0.0) as usize).min(self.w - 1);
        let y = (y.max(0.0) as usize).min(self.h - 1);
        self.px[y * self.w + x]
    }

    /// Maps every pixel from its position and colour to a new colour.
    pub fn each(&mut self, f: impl FnMut(f32, f32, Ink) -> Ink) {
        let (w, h) = self.size();
        self.within([0.0, 0.0, w, h], f);
    }

    /// As [`Canvas::each`], within a box of left, top, right and bottom.
    pub fn within(&mut self, [x0, y0, x1, y1]: [f32; 4], mut f: impl FnMut(f32, f32, Ink) -> Ink) {
        let left = x0.floor().max(0.0) as usize;
        let right = (x1.ceil().max(0.0) as usize).min(self.w);
        let bottom = (y1.ceil().max(0.0) as usize).min(self.h);
        for y in (y0.floor().max(0.0) as usize)..bottom {
            for x in left..right {
                let px = &mut self.px[y * self.w + x];
                *px = f(x as f32 + 0.5, y as f32 + 0.5, *px);
            }
        }
    }

    /// Paints where `distance` is negative, with an edge `soft` pixels wide.
    pub fn shape(
        &mut self,
        area: [f32; 4],
        soft: f32,
        ink: Ink,
        alpha: f32,
        distance: impl Fn(f32, f32) -> f32,
    ) {
        self.within(area, |x, y, under| {
            let cover = (0.5 - distance(x, y) / soft).clamp(0.0, 1.0);
            if cover > 0.0 {
                mix(under, ink, cover * alpha)
            } else {
                under
            }
        });
    }

    /// A filled circle with a crisp edge.
    pub fn disc(&mut self, (cx, cy): Point, r: f32, ink: Ink, alpha: f32) {
        self.glow((cx, cy), r, 1.0, ink, alpha);
    }

    /// A filled circle whose edge is `soft` pixels wide.
    pub fn glow(&mut self, (cx, cy): Point, r: f32, soft: f32, ink: Ink, alpha: f32) {
        let reach = r + soft;
        self.shape(
            [cx - reach, cy - reach, cx + reach, cy + reach],
            soft,
            ink,
            alpha,
            |x, y| (x - cx).hypot(y - cy) - r,
        );
    }

    /// A line from `a` to `b` with round ends, `wa` wide at one and `wb` at the other.
    pub fn line(&mut self, a: Point, b: Point, (wa, wb): (f32, f32), ink: Ink, alpha: f32) {
        let reach = wa.max(wb) / 2.0 + 1.0;
        let (dx, dy) = (b.0 - a.0, b.1 - a.1);
        let square = (dx * dx + dy * dy).max(1e-6);
        let area = [
            a.0.min(b.0) - reach,
            a.1.min(b.1) - reach,
            a.0.max(b.0) + reach,
            a.1.max(b.1) + reach,
        ];
        // A line thinner than a pixel is a paler line one pixel wide.
        let faint = wa.max(wb).min(1.0);
        self.shape(area, 1.0, ink, alpha * faint, |x, y| {
            let t = (((x - a.0) * dx + (y - a.1) * dy) / square).clamp(0.0, 1.0);
            (x - a.0 - dx * t).hypot(y - a.1 - dy * t) - (wa + (wb - wa) * t).max(1.0) / 2.0
        });
    }

    /// A filled polygon in one colour.
    pub fn polygon(&mut self, points: &[Point], ink: Ink, alpha: f32) {
        self.fill(points, |_, _, under| mix(under, ink, alpha));
    }

    /// A filled polygon; `f` gives the colour of each pixel as in [`Canvas::each`].
    pub fn fill(&mut self, points: &[Point], mut f: impl FnMut(f32, f32, Ink) -> Ink) {
        const SUB: usize = 4;
        let top = points
            .iter()
            .fold(f32::MAX, |m, p| m.min(p.1))
            .floor()
            .max(0.0) as usize;
        let bottom = (points.iter().fold(0.0f32, |m, p| m.max(p.1)).ceil() as usize).min(self.h);
        if top >= bottom {
            return;
        }
        let mut crossings: Vec<Vec<(f32, i32)>> = vec![Vec::new(); (bottom - top) * SUB];
        for (i, &a) in points.iter().enumerate() {
            let b = points[(i + 1) % points.len()];
            let (from, to, turn) = if a.1 < b.1 { (a, b, 1) } else { (b, a, -1) };
            let row = |y: f32| ((y - top as f32) * SUB as f32 - 0.5).ceil().max(0.0) as usize;
            for s in row(from.1)..row(to.1).min(crossings.len()) {
                let y = top as f32 + (s as f32 + 0.5) / SUB as f32;
                crossings[s].push((
                    from.0 + (to.0 - from.0) * (y - from.1) / (to.1 - from.1),
                    turn,
                ));
            }
        }
        let mut cover = vec![0.0f32; self.w];
        for y in top..bottom {
            cover.fill(0.0);
            for line in &mut crossings[(y - top) * SUB..(y - top + 1) * SUB] {
                line.sort_by(|a, b| a.0.total_cmp(&b.0));
                let mut winding = 0;
                for pair in line.windows(2) {
                    winding += pair[0].1;
                    if winding != 0 {
                        span(&mut cover, pair[0].0, pair[1].0, 1.0 / SUB as f32);
                    }
                }
            }
            for (x, &c) in cover.iter().enumerate().filter(|(_, c)| **c > 0.0) {
                let px = &mut self.px[y * self.w + x];
                *px = mix(*px, f(x as f32 + 0.5, y as f32 + 0.5, *px), c.min(1.0));
            }
        }
    }

    /// The texture of paper or canvas: fine specks and broader unevenness; an `amount` of 0.03 is
    /// clearly visible.
    pub fn tooth(&mut self, seed: u32, amount: f32) {
        self.each(|x, y, ink| {
            let fine = grain(seed, x as u32, y as u32) * 0.55;
            let broad = noise(seed ^ 0x51, x / 2.7, y / 2.7) * 0.6
                + noise(seed ^ 0x52, x / 9.0, y / 7.0) * 0.25;
            scale(ink, 1.0 + (fine + broad) * amount)
        });
    }

    /// The weave of a primed canvas showing through the paint.
    pub fn threads(&mut self, seed: u32, amount: f32) {
        self.each(|x, y, ink| {
            let warp = (x * 1.9 + noise(seed, x / 40.0, y / 40.0) * 2.0).sin();
            let weft = (y * 1.9 + noise(seed ^ 9, x / 40.0, y / 40.0) * 2.0).sin();
            scale(
                ink,
                1.0 + (warp * weft * 0.6 + grain(seed, x as u32, y as u32) * 0.5) * amount,
            )
        });
    }

    /// Darkens towards the corners.
    pub fn vignette(&mut self, amount: f32) {
        let (w, h) = self.size();
        self.each(|x, y, ink| {
            let (u, v) = (x / w * 2.0 - 1.0, y / h * 2.0 - 1.0);
            scale(ink, 1.0 - amount * ((u * u + v * v) / 2.0).powf(1.5))
        });
    }

    /// The finished picture, with 8 bits per channel.
    pub fn finish(self) -> RgbImage {
        let mut out = RgbImage::new(self.w as u32, self.h as u32);
        for (to, from) in out.pixels_mut().zip(&self.px) {
            *to = Rgb(from.map(|c| (c.clamp(0.0, 1.0) * 255.0).round() as u8));
        }
        out
    }
}

/// Adds `weight` to the pixels between `from` and `to`, and a part of it to the pixels at the ends.
fn span(cover: &mut [f32], from: f32, to: f32, weight: f32) {
    let (from, to) = (from.max(0.0), to.min(cover.len() as f32));
    if from >= to {
        return;
    }
    let (first, last) = (from as usize, (to as usize).min(cover.len() - 1));
    if first == last {
        cover[first] += weight * (to - from);
        return;
    }
    cover[first] += weight * (first as f32 + 1.0 - from);
    for c in &mut cover[first + 1..last] {
        *c += weight;
    }
    cover[last] += weight * (to - last as f32);
}

/// A smooth closed outline through the given points.
pub fn smooth(points: &[Point], steps: usize) -> Vec<Point> {
    let n = points.len();
    let mut out = Vec::with_capacity(n * steps);
    for i in 0..n {
        let [p, q, r, s] = [
            points[(i + n - 1) % n],
            points[i],
            points[(i + 1) % n],
            points[(i + 2) % n],
        ];
        for k in 0..steps {
            let t = k as f32 / steps as f32;
            out.push((spline(p.0, q.0, r.0, s.0, t), spline(p.1, q.1, r.1, s.1, t)));
        }
    }
    out
}

fn spline(p: f32, q: f32, r: f32, s: f32, t: f32) -> f32 {
    0.5 * (2.0 * q
        + (r - p) * t
        + (2.0 * p - 5.0 * q + 4.0 * r - s) * t * t
        + (3.0 * q - p - 3.0 * r + s) * t * t * t)
}
