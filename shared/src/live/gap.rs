use super::{Cursor, Effect, Timer};

/// How long to wait for the missing frames before fetching them, in milliseconds.
const GRACE_MS: u32 = 500;
/// Retry delay after a fetch that did not close the gap, in milliseconds.
const RETRY_MS: u32 = 5_000;

/// The changes known to be missing, and whether the bell still waits for their frames.
#[derive(Clone, Debug, Default)]
pub struct Gap {
    /// The greatest known cursor that the inbox has not reached.
    ahead: Option<Cursor>,
    /// Whether [`Timer::Gap`] is set.
    pub waits: bool,
}

impl Gap {
    pub const fn is_open(&self) -> bool {
        self.ahead.is_some()
    }

    /// Changes up to this cursor are missing. Their frames may still be in flight.
    pub fn opens(&mut self, place: &Cursor, effects: &mut Vec<Effect>) {
        if !self
            .ahead
            .as_ref()
            .is_some_and(|ahead| ahead.epoch == place.epoch && ahead.seq >= place.seq)
        {
            self.ahead = Some(place.clone());
        }
        self.wait(GRACE_MS, effects);
    }

    /// A socket opened: waits for the server to send the missing frames before fetching them.
    pub fn may_close(&mut self, effects: &mut Vec<Effect>) {
        if self.is_open() {
            self.wait(GRACE_MS, effects);
        }
    }

    /// A fetch ended without closing the gap.
    pub fn stays(&mut self, effects: &mut Vec<Effect>) {
        self.wait(RETRY_MS, effects);
    }

    fn wait(&mut self, ms: u32, effects: &mut Vec<Effect>) {
        if !self.waits {
            self.waits = true;
            effects.push(Effect::Wait(Timer::Gap, ms));
        }
    }

    /// Updates the gap for an inbox at the cursor `here`. A closed gap needs no fetch; a gap in
    /// another epoch came from an outdated frame.
    pub fn settle(&mut self, here: &Cursor, effects: &mut Vec<Effect>) {
        self.ahead
            .take_if(|ahead| ahead.epoch != here.epoch || ahead.seq <= here.seq);
        if self.waits && !self.is_open() {
            self.rest(effects);
        }
    }

    /// Cancels the timer.
    pub fn rest(&mut self, effects: &mut Vec<Effect>) {
        self.waits = false;
        effects.push(Effect::Cancel(Timer::Gap));
    }
}
