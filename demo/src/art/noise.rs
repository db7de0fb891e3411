//! Deterministic noise: the same for the same seed and position, and smooth between positions.
//!
//! Gradient noise on a grid, and sums of it, between about -1 and 1.

/// A hash of a seed and a position.
fn stir(seed: u32, x: u32, y: u32) -> u32 {
    let mut n =
        seed.wrapping_mul(0x9e37_79b9) ^ x.wrapping_mul(0x85eb_ca6b) ^ y.wrapping_mul(0xc2b2_ae35);
    n = (n ^ (n >> 15)).wrapping_mul(0x2c1b_3c6d);
    n = (n ^ (n >> 12)).wrapping_mul(0x297a_2d39);
    n ^ (n >> 15)
}

/// White noise: an independent value for each grid point.
pub fn grain(seed: u32, x: u32, y: u32) -> f32 {
    stir(seed, x, y) as f32 / u32::MAX as f32 * 2.0 - 1.0
}

/// Smooth noise with features about one unit in size.
pub fn noise(seed: u32, x: f32, y: f32) -> f32 {
    const LEAN: [(f32, f32); 8] = [
        (1.0, 0.0),
        (-1.0, 0.0),
        (0.0, 1.0),
        (0.0, -1.0),
        (0.7, 0.7),
        (-0.7, 0.7),
        (0.7, -0.7),
        (-0.7, -0.7),
    ];
    let (cx, cy) = (x.floor(), y.floor());
    let (fx, fy) = (x - cx, y - cy);
    let (ix, iy) = (cx as i32 as u32, cy as i32 as u32);
    let corner = |dx: u32, dy: u32| {
        let lean = LEAN[(stir(seed, ix.wrapping_add(dx), iy.wrapping_add(dy)) >> 29) as usize];
        lean.0 * (fx - dx as f32) + lean.1 * (fy - dy as f32)
    };
    let ease = |t: f32| t * t * t * (t * (t * 6.0 - 15.0) + 10.0);
    let (u, v) = (ease(fx), ease(fy));
    let top = corner(0, 0) * (1.0 - u) + corner(1, 0) * u;
    let low = corner(0, 1) * (1.0 - u) + corner(1, 1) * u;
    (top * (1.0 - v) + low * v) * 1.5
}

/// Fractal noise: a sum of octaves of ever finer noise.
pub fn fbm(seed: u32, x: f32, y: f32, octaves: u32) -> f32 {
    let (mut sum, mut weight, mut pitch) = (0.0, 0.55, 1.0);
    for octave in 0..octaves {
        sum += weight
            * noise(
                seed.wrapping_add(octave * 101),
                x * pitch + octave as f32 * 17.3,
                y * pitch,
            );
        weight *= 0.5;
        pitch *= 2.03;
    }
    sum
}
