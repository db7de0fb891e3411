use crate::sent::WorkPage;

/// The state of live updates.
#[derive(Clone, Copy, Debug)]
pub struct Live {
    /// The last change to the artwork that is shown.
    pub seq: i64,
    /// The newest critique when the page was rendered; any with a higher id is new.
    pub newest: i64,
    /// Number of actions on this page in flight.
    pub acting: usize,
    /// Whether changes are being fetched.
    pub reading: bool,
    /// Whether to fetch again afterwards.
    pub refetch: bool,
}

impl Live {
    pub fn new(page: &WorkPage) -> Self {
        let newest = page.newest.map_or(0, |id| id.0);
        Self {
            seq: page.seq,
            newest,
            acting: 0,
            reading: false,
            refetch: false,
        }
    }
}
