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

/// Failed handshakes in a row before the bell polls instead.
const MAX_FAILED_HANDSHAKES: u32 = 3;
/// Handshake timeout, in milliseconds.
const HANDSHAKE_TIMEOUT_MS: u32 = 15_000;
/// Silence of the leader after which a follower fetches for itself, in milliseconds.
const LEADER_TIMEOUT_MS: u32 = 70_000;

/// Decides when to connect, disconnect, wait, fetch and announce. Independent of the browser: takes
/// an event and a random number, and returns the effects to perform.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "what is true of network, page and server, each by itself"
)]
pub struct Bell {
    inbox: Inbox,
    role: Role,
    socket: Socket,
    /// The state of the leader's connection, if this tab follows.
    leader_link: Link,
    /// Failed handshakes in a row.
    failures: u32,
    polling: bool,
    /// The server closed the socket with a code that forbids reconnecting.
    socketless: bool,
    reachable: bool,
    online: bool,
    visible: bool,
    halt: Option<Halt>,
    gap: Gap,
    /// A mark shown optimistically was refused, so the inbox may be wrong until it is reloaded.
    needs_reload: bool,
    /// The newest announced notification, with its epoch. A restored notification is not announced
    /// again.
    announced: Option<(String, NotificationId)>,
    /// The reconnect window from the server's `bye`, in milliseconds.
    window_ms: Option<u32>,
    heartbeat_ms: u32,
}

impl Bell {
    /// Creates a bell from the inbox that the page was rendered with.
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
            needs_reload: false,
            announced: None,
            window_ms: None,
            heartbeat_ms: 25_000,
        }
    }

    /// The inbox as the page shows it.
    pub const fn inbox(&self) -> &Inbox {
        &self.inbox
    }

    /// Whether this tab is the leader, which holds the socket.
    pub fn leads(&self) -> bool {
        self.role == Role::Leader
    }

    /// The state of the connection.
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

    /// Handles one event; `jitter` is a random number in `[0, 1)`.
    pub fn step(&mut self, event: Event, jitter: f64) -> Vec<Effect> {
        let mut effects = Vec::new();
        match self.halt {
            None => self.step_active(event, jitter, &mut effects),
            Some(Halt::Away) => self.step_away(event, &mut effects),
            Some(Halt::Ended) => {}
        }
        effects
    }

    fn step_active(&mut self, event: Event, jitter: f64, effects: &mut Vec<Effect>) {
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
                    self.refresh(effects);
                }
            }
            Event::Visible(visible) => {
                self.visible = visible;
                if visible {
                    self.refresh(effects);
                } else if self.polling {
                    effects.push(Effect::Wait(Timer::Poll, poll_delay(false)));
                }
            }
            Event::Leave => self.leave(Halt::Away, effects),
            Event::Return => {}
            Event::Mark(marked, state) => self.inbox.preview(&marked, state),
            Event::MarkFailed => {
                self.needs_reload = true;
                self.fetch(effects);
            }
            Event::SignedOut => self.end(effects),
        }
    }

    /// Handles an event after the page was left (`pagehide`): sets no timers and fetches nothing.
    /// Missed changes are fetched on return.
    fn step_away(&mut self, event: Event, effects: &mut Vec<Effect>) {
        match event {
            Event::Return => {
                (self.halt, self.role) = (None, Role::Waiting);
                self.fetch(effects);
            }
            Event::Online(online) => self.online = online,
            Event::Visible(visible) => self.visible = visible,
            Event::MarkFailed => self.needs_reload = true,
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
            self.poll(effects);
        } else {
            self.open(effects);
        }
    }

    fn follow(&mut self, effects: &mut Vec<Effect>) {
        if self.leads() {
            self.hang_up(effects);
        }
        self.role = Role::Follower;
        self.restart_silence_timer(effects);
    }

    fn open(&mut self, effects: &mut Vec<Effect>) {
        if self.leads() && self.socket == Socket::Closed && self.online && !self.socketless {
            self.socket = Socket::Opening;
            effects.extend([
                Effect::Cancel(Timer::Connect),
                Effect::Open(self.inbox.cursor.clone()),
                Effect::Wait(Timer::Silence, HANDSHAKE_TIMEOUT_MS),
            ]);
        }
    }

    fn fetch(&self, effects: &mut Vec<Effect>) {
        effects.push(if self.needs_reload {
            Effect::Reload
        } else {
            Effect::Fetch(self.inbox.cursor.clone())
        });
    }

    /// The page became visible or the network is back: fetches missed changes at once.
    fn refresh(&mut self, effects: &mut Vec<Effect>) {
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
        self.restart_silence_timer(effects);
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

    /// A leader allows two and a half heartbeats of silence, a follower [`LEADER_TIMEOUT_MS`].
    fn restart_silence_timer(&self, effects: &mut Vec<Effect>) {
        match self.role {
            Role::Leader if self.socket == Socket::Open => {
                effects.push(Effect::Wait(
                    Timer::Silence,
                    self.heartbeat_ms.saturating_mul(5) / 2,
                ));
            }
            Role::Follower => effects.push(Effect::Wait(Timer::Silence, LEADER_TIMEOUT_MS)),
            Role::Leader | Role::Waiting => {}
        }
    }

    fn settle(&mut self, effects: &mut Vec<Effect>) {
        self.gap.settle(&self.inbox.cursor, effects);
    }

    /// Announces unseen notifications if this tab leads. Also records them when it follows, so that
    /// none is announced twice.
    fn announce(&mut self, mut items: Vec<Notification>, effects: &mut Vec<Effect>) {
        let epoch = &self.inbox.cursor.epoch;
        let announced = self
            .announced
            .as_ref()
            .filter(|(history, _)| history == epoch)
            .map(|(_, id)| *id);
        items.retain(|item| !item.seen && announced.is_none_or(|announced| item.id > announced));
        let Some(newest) = items.last() else { return };
        self.announced = Some((epoch.clone(), newest.id));
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
        if self.polling || self.failures >= MAX_FAILED_HANDSHAKES {
            if !self.polling {
                self.poll(effects);
            }
            effects.push(Effect::Wait(Timer::Connect, retry_delay(jitter)));
            return;
        }
        if self.failures == 1 {
            // A refused upgrade looks like any other failure; a fetch shows whether it was a 401.
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
        self.restart_silence_timer(effects);
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
            self.needs_reload = false;
            let fresh = self.inbox.replace(page);
            self.announce(fresh, effects);
            self.settle(effects);
        }
    }

    /// Closes the socket and cancels every timer that would open another.
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
