//! Checks whether a JPEG's scans contain all of their blocks. Decoders silently fill missing blocks
//! with grey, so this module walks over the Huffman codes and counts the blocks (ITU T.81, annexes
//! C, F and G).

/// A lookup by the next 16 bits: the code's length in bits, and its symbol. Length 0 means that
/// there is no such code.
type Table = Vec<(u8, u8)>;

/// Maximum padding after the last block of a scan, in bytes.
const SURPLUS_MAX: usize = 16;

/// The result of checking a scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Complete,
    /// The data ends before the last block.
    Truncated,
    /// Invalid codes, which the decoder will judge.
    Invalid,
}

struct Component {
    id: u8,
    across: usize,
    down: usize,
    dc: usize,
    ac: usize,
    /// The nonzero coefficients of each block so far, one bit each.
    set: Vec<u64>,
    /// The lowest bit position received for each coefficient; `None` if none was received.
    lowest: [Option<u8>; 64],
}

/// The state after the parts of a file that were read so far.
#[derive(Default)]
pub(super) struct Scans {
    width: usize,
    height: usize,
    progressive: bool,
    components: Vec<Component>,
    tables: [Table; 8],
    restart: usize,
    scan: Scan,
    missing: bool,
    /// Whether data remains after the last block of the last scan. Zeros that fill up a truncated
    /// file may read like blocks.
    surplus: bool,
}

/// The header of the current scan.
#[derive(Default)]
struct Scan {
    /// Indices of its components in the frame.
    of: Vec<usize>,
    first: usize,
    last: usize,
    high: u8,
    low: u8,
}

impl Scans {
    /// Reads a frame header.
    pub fn frame(&mut self, progressive: bool, payload: &[u8]) {
        let [_, h1, h0, w1, w0, _, components @ ..] = payload else {
            return;
        };
        self.height = usize::from(u16::from_be_bytes([*h1, *h0]));
        self.width = usize::from(u16::from_be_bytes([*w1, *w0]));
        self.progressive = progressive;
        let component = |said: &[u8]| Component {
            id: said[0],
            across: usize::from(said[1] >> 4).max(1),
            down: usize::from(said[1] & 15).max(1),
            dc: 0,
            ac: 0,
            set: Vec::new(),
            lowest: [None; 64],
        };
        self.components = components.chunks_exact(3).map(component).collect();
    }

    /// Reads a segment with Huffman tables.
    pub fn tables(&mut self, mut payload: &[u8]) {
        while let [place, counts @ ..] = payload {
            let Some((counts, rest)) = counts.split_at_checked(16) else {
                return;
            };
            let symbols = counts.iter().map(|count| usize::from(*count)).sum();
            let Some((symbols, rest)) = rest.split_at_checked(symbols) else {
                return;
            };
            // Table class and number; baseline has two tables of each class, progressive four.
            self.tables[usize::from(place >> 4 & 1) * 4 + usize::from(place & 3)] =
                table(counts, symbols);
            payload = rest;
        }
    }

    /// Reads a segment with the restart interval.
    pub fn restarts(&mut self, payload: &[u8]) {
        if let [high, low, ..] = payload {
            self.restart = usize::from(u16::from_be_bytes([*high, *low]));
        }
    }

    /// Reads a scan header.
    pub fn scan(&mut self, payload: &[u8]) {
        let Some((count, rest)) = payload.split_first() else {
            return;
        };
        let Some((components, [first, last, bits, ..])) =
            rest.split_at_checked(usize::from(*count) * 2)
        else {
            return;
        };
        let mut of = Vec::new();
        for said in components.chunks_exact(2) {
            let Some(place) = self
                .components
                .iter()
                .position(|component| component.id == said[0])
            else {
                continue;
            };
            (self.components[place].dc, self.components[place].ac) =
                (usize::from(said[1] >> 4 & 3), usize::from(said[1] & 3));
            of.push(place);
        }
        let (first, last) = if self.progressive {
            (usize::from(*first), usize::from(*last).min(63))
        } else {
            (0, 63)
        };
        let (high, low) = if self.progressive {
            (bits >> 4, bits & 15)
        } else {
            (0, 0)
        };
        self.scan = Scan {
            of,
            first,
            last,
            high,
            low,
        };
    }

    /// Checks a scan's entropy-coded data.
    pub fn data(&mut self, data: &[u8]) {
        let mut bits = Bits {
            data,
            at: 0,
            held: 0,
            left: 0,
        };
        match self.count(&mut bits) {
            Found::Truncated => self.missing = true,
            Found::Complete | Found::Invalid => {}
        }
        self.surplus =
            data.len() - bits.at.min(data.len()) + usize::from(bits.left / 8) > SURPLUS_MAX;
        for place in &self.scan.of {
            let lowest = &mut self.components[*place].lowest;
            lowest
                .iter_mut()
                .take(self.scan.last + 1)
                .skip(self.scan.first)
                .for_each(|bit| *bit = Some(self.scan.low));
        }
    }

    /// Whether any scan lacks blocks.
    pub fn lack_blocks(&self) -> bool {
        self.missing
    }

    /// Whether the picture is complete: every coefficient was received down to its lowest bit.
    pub fn are_finished(&self) -> bool {
        let whole = |component: &Component| component.lowest.iter().all(|bit| *bit == Some(0));
        !self.surplus && !self.components.is_empty() && self.components.iter().all(whole)
    }

    /// Counts a scan's blocks.
    fn count(&mut self, bits: &mut Bits) -> Found {
        let most =
            |side: fn(&Component) -> usize| self.components.iter().map(side).max().unwrap_or(1);
        let (across, down) = (
            most(|component| component.across),
            most(|component| component.down),
        );
        // A scan of one component leaves out the blocks that only pad a unit (section A.2).
        let (units, blocks): (usize, Vec<(usize, usize)>) = match self.scan.of.as_slice() {
            [] => return Found::Invalid,
            [only] => {
                let component = &self.components[*only];
                let columns = (self.width * component.across).div_ceil(across * 8);
                (
                    columns * (self.height * component.down).div_ceil(down * 8),
                    vec![(*only, 1)],
                )
            }
            several => {
                let columns = self.width.div_ceil(across * 8);
                let each = |place: &usize| {
                    (
                        *place,
                        self.components[*place].across * self.components[*place].down,
                    )
                };
                (
                    columns * self.height.div_ceil(down * 8),
                    several.iter().map(each).collect(),
                )
            }
        };
        if self.scan.first > 0
            && let [(only, _)] = blocks[..]
        {
            self.components[only].set.resize(units, 0);
        }
        let mut run = 0;
        for unit in 0..units {
            if self.restart > 0 && unit > 0 && unit % self.restart == 0 {
                if !bits.restart() {
                    return Found::Truncated;
                }
                run = 0;
            }
            for (place, count) in &blocks {
                for _ in 0..*count {
                    match self.block(bits, *place, unit, &mut run) {
                        Ok(()) => {}
                        Err(found) => return found,
                    }
                }
            }
        }
        Found::Complete
    }

    /// Skips one block. `run` is the number of following blocks that are empty in this scan.
    fn block(
        &mut self,
        bits: &mut Bits,
        place: usize,
        unit: usize,
        run: &mut u32,
    ) -> Result<(), Found> {
        let component = &mut self.components[place];
        let (dc, ac) = (&self.tables[component.dc], &self.tables[4 + component.ac]);
        let (first, last) = (self.scan.first, self.scan.last);
        if first == 0 && self.scan.high > 0 {
            return bits.take(1).map(drop);
        }
        if first == 0 {
            let size = bits.symbol(dc)?;
            bits.take(size)?;
            if self.progressive {
                return Ok(());
            }
        }
        let mut unset = 0;
        let set = component.set.get_mut(unit).unwrap_or(&mut unset);
        if self.scan.high > 0 {
            return refine(bits, ac, first..=last, set, run);
        }
        if *run > 0 {
            *run -= 1;
            return Ok(());
        }
        let mut at = first.max(1);
        while at <= last {
            let symbol = bits.symbol(ac)?;
            let (zeros, size) = (symbol >> 4, symbol & 15);
            if size > 0 {
                at += usize::from(zeros);
                bits.take(size)?;
                *set |= 1_u64
                    .checked_shl(u32::try_from(at).unwrap_or(64))
                    .unwrap_or(0);
                at += 1;
            } else if zeros == 15 {
                at += 16;
            } else {
                *run = (1 << zeros) - 1 + bits.take(zeros)?;
                break;
            }
        }
        Ok(())
    }
}

/// Skips a block of a refinement scan: each nonzero coefficient has one more bit, in between the
/// codes for new coefficients (section G.1.2.3).
fn refine(
    bits: &mut Bits,
    ac: &Table,
    band: std::ops::RangeInclusive<usize>,
    set: &mut u64,
    run: &mut u32,
) -> Result<(), Found> {
    let last = *band.end();
    let mut at = *band.start();
    if *run == 0 {
        while at <= last {
            let symbol = bits.symbol(ac)?;
            let (mut zeros, size) = (symbol >> 4, symbol & 15);
            if size == 0 && zeros < 15 {
                *run = (1 << zeros) + bits.take(zeros)?;
                break;
            }
            if size > 0 {
                bits.take(1)?;
            }
            while at <= last {
                if *set >> at & 1 == 1 {
                    bits.take(1)?;
                } else if zeros == 0 {
                    break;
                } else {
                    zeros -= 1;
                }
                at += 1;
            }
            if size > 0 && at <= last {
                *set |= 1 << at;
            }
            at += 1;
        }
    }
    if *run > 0 {
        for at in at..=last {
            if *set >> at & 1 == 1 {
                bits.take(1)?;
            }
        }
        *run -= 1;
    }
    Ok(())
}

/// Builds the lookup from the number of codes of each length and their symbols (section C.2).
fn table(counts: &[u8], symbols: &[u8]) -> Table {
    let mut table = vec![(0, 0); 1 << 16];
    let (mut code, mut symbols) = (0_usize, symbols.iter());
    for (length, count) in (1_u8..).zip(counts) {
        for symbol in symbols.by_ref().take(usize::from(*count)) {
            let from = code << (16 - length);
            if let Some(entries) = table.get_mut(from..from + (1 << (16 - length))) {
                entries.fill((length, *symbol));
            }
            code += 1;
        }
        code <<= 1;
    }
    table
}

/// Reads entropy-coded data bit by bit, without the zeros that are stuffed after each `0xff`.
struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    held: u64,
    left: u8,
}

impl Bits<'_> {
    /// Holds at least 16 bits, unless the data or a marker ends them before.
    fn fill(&mut self) {
        while self.left <= 48 {
            let Some(byte) = self.data.get(self.at) else {
                return;
            };
            if *byte == 0xff {
                if self.data.get(self.at + 1) != Some(&0) {
                    return;
                }
                self.at += 1;
            }
            self.at += 1;
            self.held = self.held << 8 | u64::from(*byte);
            self.left += 8;
        }
    }

    fn take(&mut self, count: u8) -> Result<u32, Found> {
        if self.left < count {
            self.fill();
        }
        self.left = self.left.checked_sub(count).ok_or(Found::Truncated)?;
        Ok(u32::try_from(self.held >> self.left & ((1 << count) - 1)).unwrap_or(0))
    }

    fn symbol(&mut self, table: &Table) -> Result<u8, Found> {
        if self.left < 16 {
            self.fill();
        }
        let next = if self.left >= 16 {
            self.held >> (self.left - 16)
        } else {
            self.held << (16 - self.left)
        };
        let (length, symbol) = *table
            .get(usize::from(next.to_le_bytes()[0]) | usize::from(next.to_le_bytes()[1]) << 8)
            .ok_or(Found::Invalid)?;
        match (length, self.left.checked_sub(length)) {
            // Close to the end of the data, an invalid code means that the rest is missing.
            (0, _) if self.left < 16 => Err(Found::Truncated),
            (0, _) => Err(Found::Invalid),
            (_, None) => Err(Found::Truncated),
            (_, Some(left)) => {
                self.left = left;
                Ok(symbol)
            }
        }
    }

    /// Skips to the data after the next restart marker; false if none comes next.
    fn restart(&mut self) -> bool {
        (self.held, self.left) = (0, 0);
        while self.data.get(self.at) == Some(&0xff) && self.data.get(self.at + 1) == Some(&0xff) {
            self.at += 1;
        }
        let comes = matches!(
            self.data.get(self.at..self.at + 2),
            Some([0xff, 0xd0..=0xd7])
        );
        self.at += 2;
        comes
    }
}
