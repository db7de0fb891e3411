use super::{
    Applied, Cursor, Effect, Event, FetchFailure, Inbox, Link, ServerFrame, Timer,
    backoff::part,
    close,
    gap::Gap,
    poll_delay, reconnect_delay, retry_delay,
    standing::{Halt, Role, Socket},
};
use crate::{
    NotificationId,
    dto::{InboxPage, Notification},
};

/// Handshakes that may fail in a row before polling takes over.
const PATIENCE: u32 = 3;
/// How long a handshake may take, in milliseconds: one that hangs is a failed one.
const HANDSHAKE_MS: u32 = 15_000;
/// A follower that hears nothing from its leader for this long looks for itself, in milliseconds.
const LEADER_SILENT_MS: u32 = 70_000;

/// Decides when to open, close, wait, fetch and announce. Knows no browser: it is told what
/// happened and a random number, and answers what to do.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "what is true of network, page and server, each by itself"
)]
pub struct Bell {
    inbox: Inbox,
    role: Role,
    socket: Socket,
    /// The leader's word, for a follower.
    leader_link: Link,
    /// Handshakes failed in a row.
    failures: u32,
    polling: bool,
    /// The server asked us not to open sockets.
    socketless: bool,
    reachable: bool,
    online: bool,
    visible: bool,
    halt: Option<Halt>,
    gap: Gap,
    /// A mark shown here was refused: what is here may be wrong until all of it is read again.
    doubted: bool,
    /// The newest line told of, and its history: a line that is taken back and restored is no news.
    told: Option<(String, NotificationId)>,
    /// The server's `bye`: come back within so many milliseconds.
    window_ms: Option<u32>,
    heartbeat_ms: u32,
}

impl Bell {
    /// A bell that starts from what the page was rendered with.
    pub fn new(inbox: Inbox, visible: bool) -> Self {
        Self {
            inbox,
            role: Role::Waiting,
            socket: Socket::Closed,
            leader_link: Link::CatchingUp,
            failures: 0,
            polling: false,
            socketless: false,
            reachable: true,
            online: true,
            visible,
            halt: None,
            gap: Gap::default(),
            doubted: false,
            told: None,
            window_ms: None,
            heartbeat_ms: 25_000,
        }
    }

    /// What the page shows.
    pub const fn inbox(&self) -> &Inbox {
        &self.inbox
    }

    /// Whether this tab is the one that holds the socket.
    pub fn leads(&self) -> bool {
        self.role == Role::Leader
    }

    /// How the connection stands.
    pub fn link(&self) -> Link {
        if self.halt.is_some() || !self.online {
            Link::Offline
        } else if self.role == Role::Follower {
            self.leader_link
        } else if self.socket == Socket::Open {
            if self.gap.is_open() {
                Link::CatchingUp
            } else {
                Link::Live
            }
        } else if !self.reachable {
            Link::Offline
        } else if self.polling {
            Link::Polling
        } else {
            Link::CatchingUp
        }
    }

    /// Takes one event and a random number in `[0, 1)`.
    pub fn step(&mut self, event: Event, jitter: f64) -> Vec<Effect> {
        let mut effects = Vec::new();
        match self.halt {
            None => self.awake(event, jitter, &mut effects),
            Some(Halt::Away) => self.away(event, &mut effects),
            Some(Halt::Ended) => {}
        }
        effects
    }

    fn awake(&mut self, event: Event, jitter: f64, effects: &mut Vec<Effect>) {
        match event {
            Event::Lead => self.lead(effects),
            Event::Follow => self.follow(effects),
            Event::Frame(frame) => self.frame(&frame, effects),
            Event::Closed(code) => self.closed(code, jitter, effects),
            Event::LeaderLink(link) => self.leader_link = link,
            Event::Fired(timer) => self.fired(timer, jitter, effects),
            Event::Fetched(result) => self.fetched(result, effects),
            Event::Reloaded(page) => self.reloaded(page, effects),
            Event::LeaderFetched { after, page } => self.leader_fetched(&after, page, effects),
            Event::Online(online) => {
                self.online = online;
                if online {
                    self.look(effects);
                }
            }
            Event::Visible(visible) => {
                self.visible = visible;
                if visible {
                    self.look(effects);
                } else if self.polling {
                    effects.push(Effect::Wait(Timer::Poll, poll_delay(false)));
                }
            }
            Event::Leave => self.leave(Halt::Away, effects),
            Event::Return => {}
            Event::Mark(marked, state) => self.inbox.preview(&marked, state),
            Event::MarkFailed => {
                self.doubted = true;
                self.fetch(effects);
            }
            Event::SignedOut => self.end(effects),
        }
    }

    /// While the page is away nothing is asked for and no timer set; what was missed is fetched on
    /// return.
    fn away(&mut self, event: Event, effects: &mut Vec<Effect>) {
        match event {
            Event::Return => {
                (self.halt, self.role) = (None, Role::Waiting);
                self.fetch(effects);
            }
            Event::Online(online) => self.online = online,
            Event::Visible(visible) => self.visible = visible,
            Event::MarkFailed => self.doubted = true,
            Event::SignedOut | Event::Fetched(Err(FetchFailure::SignedOut)) => self.end(effects),
            _ => {}
        }
    }

    fn lead(&mut self, effects: &mut Vec<Effect>) {
        if self.leads() {
            return;
        }
        self.role = Role::Leader;
        effects.push(Effect::Cancel(Timer::Silence));
        if self.socketless {
            self.poll(effects)
        } else {
            self.open(effects)
        }
    }

    fn follow(&mut self, effects: &mut Vec<Effect>) {
        if self.leads() {
            self.hang_up(effects);
        }
        self.role = Role::Follower;
        self.heard(effects);
    }

    fn open(&mut self, effects: &mut Vec<Effect>) {
        if self.leads() && self.socket == Socket::Closed && self.online && !self.socketless {
            self.socket = Socket::Opening;
            effects.extend([
                Effect::Cancel(Timer::Connect),
                Effect::Open(self.inbox.cursor.clone()),
                Effect::Wait(Timer::Silence, HANDSHAKE_MS),
            ]);
        }
    }

    fn fetch(&self, effects: &mut Vec<Effect>) {
        effects.push(if self.doubted {
            Effect::Reload
        } else {
            Effect::Fetch(self.inbox.cursor.clone())
        });
    }

    /// The person is looking, or the network is back: find out now what was missed.
    fn look(&mut self, effects: &mut Vec<Effect>) {
        self.fetch(effects);
        self.open(effects);
        if self.polling {
            effects.push(Effect::Wait(Timer::Poll, poll_delay(self.visible)));
        }
    }

    fn frame(&mut self, frame: &ServerFrame, effects: &mut Vec<Effect>) {
        if self.socket != Socket::Closed {
            match frame {
                ServerFrame::Hello { heartbeat_secs, .. } => {
                    self.socket = Socket::Open;
                    (self.failures, self.polling, self.window_ms, self.reachable) =
                        (0, false, None, true);
                    self.heartbeat_ms = heartbeat_secs.saturating_mul(1_000).max(1_000);
                    effects.extend([Timer::Poll, Timer::Connect].map(Effect::Cancel));
                    self.gap.may_close(effects);
                }
                ServerFrame::Bye { retry_after_ms, .. } => self.window_ms = Some(*retry_after_ms),
                _ => {}
            }
        }
        self.heard(effects);
        match self.inbox.apply(frame) {
            Applied::Gap(_) => {
                if let Some(place) = frame.cursor() {
                    self.gap.opens(place, effects);
                }
            }
            Applied::New(item) => {
                self.announce(vec![*item], effects);
                self.settle(effects);
            }
            Applied::Changed | Applied::Stale => self.settle(effects),
            Applied::Nothing => {}
        }
        if let ServerFrame::Beat { unverified, .. } = frame
            && self.leads()
            && self.socket == Socket::Open
        {
            effects.push(Effect::Ack(self.inbox.cursor.clone()));
            if *unverified {
                self.fetch(effects);
            }
        }
    }

    /// Whoever brings us news has spoken: silence counts from now.
    fn heard(&self, effects: &mut Vec<Effect>) {
        match self.role {
            Role::Leader if self.socket == Socket::Open => {
                effects.push(Effect::Wait(
                    Timer::Silence,
                    self.heartbeat_ms.saturating_mul(5) / 2,
                ));
            }
            Role::Follower => effects.push(Effect::Wait(Timer::Silence, LEADER_SILENT_MS)),
            Role::Leader | Role::Waiting => {}
        }
    }

    fn settle(&mut self, effects: &mut Vec<Effect>) {
        self.gap.settle(&self.inbox.cursor, effects);
    }

    /// Tells of lines not seen yet, if this tab is the one to, and never again.
    fn announce(&mut self, mut items: Vec<Notification>, effects: &mut Vec<Effect>) {
        let epoch = &self.inbox.cursor.epoch;
        let told = self
            .told
            .as_ref()
            .filter(|(history, _)| history == epoch)
            .map(|(_, id)| *id);
        items.retain(|item| !item.seen && told.is_none_or(|told| item.id > told));
        let Some(newest) = items.last() else { return };
        self.told = Some((epoch.clone(), newest.id));
        if self.leads() {
            effects.push(Effect::Announce(items));
        }
    }

    fn closed(&mut self, code: u16, jitter: f64, effects: &mut Vec<Effect>) {
        let was = std::mem::replace(&mut self.socket, Socket::Closed);
        match code {
            close::SESSION_ENDED => return self.end(effects),
            _ if was == Socket::Closed => return,
            close::TOO_MANY | close::FORBIDDEN => {
                self.socketless = true;
                effects.push(Effect::Cancel(Timer::Silence));
                return self.poll(effects);
            }
            _ => effects.push(Effect::Cancel(Timer::Silence)),
        }
        self.failures = if was == Socket::Open {
            0
        } else {
            self.failures.saturating_add(1)
        };
        if self.polling || self.failures >= PATIENCE {
            if !self.polling {
                self.poll(effects);
            }
            effects.push(Effect::Wait(Timer::Connect, retry_delay(jitter)));
            return;
        }
        if self.failures == 1 {
            // A refused upgrade looks like any failure from here; a fetch tells whether it was a
            // 401.
            self.fetch(effects);
        }
        let wait = self.window_ms.take().map_or_else(
            || reconnect_delay(self.failures, jitter),
            |window| part(window, jitter),
        );
        effects.push(Effect::Wait(Timer::Connect, wait));
    }

    fn poll(&mut self, effects: &mut Vec<Effect>) {
        self.polling = true;
        self.fetch(effects);
        effects.push(Effect::Wait(Timer::Poll, poll_delay(self.visible)));
    }

    fn fired(&mut self, timer: Timer, jitter: f64, effects: &mut Vec<Effect>) {
        match timer {
            Timer::Connect => self.open(effects),
            Timer::Poll if self.polling => self.poll(effects),
            Timer::Gap => {
                self.gap.waits = false;
                if self.gap.is_open() {
                    self.fetch(effects);
                }
            }
            Timer::Silence if self.role == Role::Follower => {
                self.fetch(effects);
                effects.push(Effect::Wait(Timer::Silence, poll_delay(self.visible)));
            }
            Timer::Silence if self.socket != Socket::Closed => {
                effects.push(Effect::Close);
                self.closed(close::SILENT, jitter, effects);
            }
            Timer::Poll | Timer::Silence => {}
        }
    }

    fn fetched(
        &mut self,
        result: Result<Option<InboxPage>, FetchFailure>,
        effects: &mut Vec<Effect>,
    ) {
        match result {
            Ok(page) => {
                self.reachable = true;
                if let Some(page) = page {
                    self.take(page, effects);
                }
                self.settle(effects);
            }
            Err(FetchFailure::SignedOut) => return self.end(effects),
            Err(FetchFailure::Unreachable) => self.reachable = self.socket == Socket::Open,
        }
        if self.gap.is_open() && self.socket == Socket::Open {
            self.gap.stays(effects);
        }
    }

    fn leader_fetched(&mut self, after: &Cursor, page: InboxPage, effects: &mut Vec<Effect>) {
        self.heard(effects);
        if page.reset || self.inbox.reaches(after) {
            self.take(page, effects);
            self.settle(effects);
        } else if !self.inbox.reaches(&page.cursor) {
            self.gap.opens(&page.cursor, effects);
        }
    }

    fn take(&mut self, page: InboxPage, effects: &mut Vec<Effect>) {
        let fresh = self.inbox.catch_up(page);
        self.announce(fresh, effects);
    }

    fn reloaded(&mut self, page: InboxPage, effects: &mut Vec<Effect>) {
        let here = &self.inbox.cursor;
        if page.cursor.epoch == here.epoch && page.cursor.seq < here.seq {
            effects.push(Effect::Reload);
        } else {
            self.doubted = false;
            let fresh = self.inbox.replace(page);
            self.announce(fresh, effects);
            self.settle(effects);
        }
    }

    /// Lets go of the socket and of all that would bring another.
    fn hang_up(&mut self, effects: &mut Vec<Effect>) {
        if self.socket != Socket::Closed {
            effects.push(Effect::Close);
        }
        (self.socket, self.failures, self.polling, self.window_ms) =
            (Socket::Closed, 0, false, None);
        effects.extend([Timer::Connect, Timer::Poll, Timer::Silence].map(Effect::Cancel));
    }

    fn leave(&mut self, halt: Halt, effects: &mut Vec<Effect>) {
        self.hang_up(effects);
        self.gap.rest(effects);
        self.halt = Some(halt);
    }

    fn end(&mut self, effects: &mut Vec<Effect>) {
        self.leave(Halt::Ended, effects);
        self.inbox.clear();
        effects.push(Effect::SignedOut);
    }
}

#[cfg(test)]
#[path = "bell_chaos.rs"]
mod chaos;
#[cfg(test)]
#[path = "bell_tests.rs"]
mod tests;
