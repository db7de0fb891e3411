use super::{Cursor, Effect, Timer};

/// How long a gap may close by itself before the missing changes are fetched, in milliseconds.
const PATIENCE_MS: u32 = 500;
/// How long until a fetch that did not close the gap is tried again, in milliseconds.
const RETRY_MS: u32 = 5_000;

/// What a bell knows to be missing, and whether it still waits for that to come by itself.
#[derive(Clone, Debug, Default)]
pub struct Gap {
    /// The furthest place heard of that the inbox has not reached.
    ahead: Option<Cursor>,
    /// Whether [`Timer::Gap`] runs.
    pub waits: bool,
}

impl Gap {
    pub const fn is_open(&self) -> bool {
        self.ahead.is_some()
    }

    /// Something before this place has not come. It may still be on its way.
    pub fn opens(&mut self, place: &Cursor, effects: &mut Vec<Effect>) {
        if !self
            .ahead
            .as_ref()
            .is_some_and(|ahead| ahead.epoch == place.epoch && ahead.seq >= place.seq)
        {
            self.ahead = Some(place.clone());
        }
        self.wait(PATIENCE_MS, effects);
    }

    /// A socket opened: what is missing follows at once, or is fetched.
    pub fn may_close(&mut self, effects: &mut Vec<Effect>) {
        if self.is_open() {
            self.wait(PATIENCE_MS, effects);
        }
    }

    /// A fetch ended and the gap is as it was.
    pub fn stays(&mut self, effects: &mut Vec<Effect>) {
        self.wait(RETRY_MS, effects);
    }

    fn wait(&mut self, ms: u32, effects: &mut Vec<Effect>) {
        if !self.waits {
            self.waits = true;
            effects.push(Effect::Wait(Timer::Gap, ms));
        }
    }

    /// The inbox, now here, heard of its own history. A gap that closed needs no fetch; one into
    /// another history was an echo of what is past.
    pub fn settle(&mut self, here: &Cursor, effects: &mut Vec<Effect>) {
        self.ahead
            .take_if(|ahead| ahead.epoch != here.epoch || ahead.seq <= here.seq);
        if self.waits && !self.is_open() {
            self.rest(effects);
        }
    }

    /// Waits no longer.
    pub fn rest(&mut self, effects: &mut Vec<Effect>) {
        self.waits = false;
        effects.push(Effect::Cancel(Timer::Gap));
    }
}
