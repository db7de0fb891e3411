//! Carries out the decisions of `shared::live::Bell`: opens sockets, sets timers, fetches, and
//! updates the page.

mod news;
mod tabs;
mod views;
pub(crate) mod watching;

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Duration,
};

use leptos::{leptos_dom::helpers::TimeoutHandle, prelude::*, task::spawn_local};
use shared::{
    ArtworkId,
    dto::{Marked, Notification},
    live::{
        Bell, ClientFrame, Cursor, Effect as Act, Event, FetchFailure, Link, PeerMessage,
        ServerFrame, State, TabId, Tabs, Timer,
    },
    paths,
};
use web_sys::{PageTransitionEvent, VisibilityState};

use crate::{
    dom::on_window,
    inbox::{
        actions::mark_notifications,
        bell::{
            LiveBell, follower,
            inbox_api::{get, parse},
            peers::Peers,
            signed_out,
            socket::{News, Socket},
        },
    },
};

/// A toast within this time of the previous one, in milliseconds, is merged into it.
const TOAST_MERGE_MS: f64 = 1_500.0;
const TOAST_DURATION: Duration = Duration::from_secs(8);

pub struct Driver {
    view: LiveBell,
    /// Name of the lock and channel that the tabs of one person in one browser share.
    name: String,
    bell: RefCell<Bell>,
    socket: RefCell<Option<Socket>>,
    timers: RefCell<Vec<(Timer, TimeoutHandle)>>,
    peers: RefCell<Option<Peers>>,
    tabs: RefCell<Tabs>,
    toasted_at: Cell<f64>,
    toast_timer: Cell<Option<TimeoutHandle>>,
    /// The connection problem that was last announced.
    last_problem: Cell<Option<Link>>,
    /// Suppresses connection announcements, because the page is being left or the session has
    /// ended.
    silent: Cell<bool>,
    /// Whether the viewer is a guest: there is no inbox, and the socket only watches artworks.
    guest: bool,
    /// The artworks in view in the other tabs.
    views: RefCell<Vec<(TabId, Vec<ArtworkId>)>>,
    /// The artworks that the server was asked to watch over the open socket; `None` until the
    /// socket's first frame.
    watched: RefCell<Option<Vec<ArtworkId>>>,
}

fn visible() -> bool {
    document().visibility_state() == VisibilityState::Visible
}

/// Starts the bell after hydration and stops it with the component.
pub fn start(view: LiveBell) {
    let Some(viewer) = crate::boot::current().viewer.clone() else {
        return;
    };
    Effect::new(move |_| {
        begin(view, format!("artcritique-{}", viewer.id), false);
        on_cleanup(move || driver_stop(view));
    });
}

/// Starts a guest's socket. It lives as long as the page.
pub fn start_for_guest() {
    let owner = Owner::new_root(None);
    owner.with(|| begin(LiveBell::for_guest(), "artcritique-guest".into(), true));
    std::mem::forget(owner);
}

fn begin(view: LiveBell, name: String, guest: bool) {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a random name within u32"
    )]
    let me = (js_sys::Math::random() * f64::from(u32::MAX)) as u32;
    let driver = Rc::new(Driver {
        view,
        name,
        bell: RefCell::new(Bell::new(view.inbox.get_untracked(), visible())),
        socket: RefCell::default(),
        timers: RefCell::default(),
        peers: RefCell::default(),
        tabs: RefCell::new(Tabs::new(me, visible())),
        toasted_at: Cell::new(0.0),
        toast_timer: Cell::new(None),
        last_problem: Cell::new(None),
        silent: Cell::new(false),
        guest,
        views: RefCell::default(),
        watched: RefCell::default(),
    });
    view.driver.set_value(Some(driver.clone()));
    driver.join();
    driver.listen();
    watching::carried_by(driver);
}

fn driver_stop(view: LiveBell) {
    if let Some(driver) = view.driver.try_update_value(Option::take).flatten() {
        driver.feed(Event::Leave);
        driver.part();
    }
}

impl Driver {
    /// Passes an event to the state machine, updates the page and carries out the effects.
    fn feed(self: &Rc<Self>, event: Event) {
        let effects = self.bell.borrow_mut().step(event, js_sys::Math::random());
        if effects.contains(&Act::SignedOut) {
            self.silent.set(true);
        }
        self.show();
        for effect in effects {
            self.act(effect);
        }
    }

    fn show(&self) {
        let (inbox, link, leads) = {
            let bell = self.bell.borrow();
            (bell.inbox().clone(), bell.link(), bell.leads())
        };
        if self.view.inbox.with_untracked(|shown| *shown != inbox) {
            let cursor_moved = self
                .view
                .inbox
                .with_untracked(|shown| shown.cursor != inbox.cursor);
            // Keeps a notification in the toast while it is unread and still exists.
            let is_unread = |item: &Notification| {
                inbox
                    .items
                    .iter()
                    .any(|line| line.id == item.id && !line.read)
            };
            let left: Vec<_> = self.view.toast.with_untracked(|shown| {
                shown
                    .iter()
                    .filter(|item| is_unread(item))
                    .cloned()
                    .collect()
            });
            if left.is_empty() {
                self.view.close_toast();
            } else if self
                .view
                .toast
                .with_untracked(|shown| shown.len() > left.len())
            {
                self.view.toast.set(left);
            }
            self.view.inbox.set(inbox);
            if cursor_moved {
                follower::refresh();
            }
        }
        if self.view.link.get_untracked() != link {
            self.view.link.set(link);
            self.announce_link(link);
            if leads {
                self.tell(&PeerMessage::Link(link));
            }
        }
    }

    fn act(self: &Rc<Self>, effect: Act) {
        match effect {
            Act::Open(cursor) => self.open(&cursor),
            Act::Close => drop(self.socket.borrow_mut().take()),
            Act::Wait(timer, ms) => {
                let driver = self.clone();
                let fire = move || driver.feed(Event::Fired(timer));
                if let Ok(handle) = set_timeout_with_handle(fire, Duration::from_millis(ms.into()))
                {
                    self.replace_timer(timer, Some(handle));
                }
            }
            Act::Cancel(timer) => self.replace_timer(timer, None),
            Act::Fetch(cursor) => self.fetch(cursor),
            Act::Reload => self.reload(),
            Act::Ack(cursor) => {
                if let Some(socket) = self.socket.borrow().as_ref() {
                    socket.say(&ClientFrame::Ack { cursor });
                }
            }
            Act::Announce(items) => self.announce(items),
            Act::SignedOut => {
                self.tell(&PeerMessage::SignedOut);
                // A sign-out in this tab navigates by itself; give it a second before acting.
                let view = self.view;
                set_timeout(
                    move || signed_out::typing::ended(view),
                    Duration::from_secs(1),
                );
            }
        }
    }

    fn replace_timer(&self, timer: Timer, handle: Option<TimeoutHandle>) {
        let mut timers = self.timers.borrow_mut();
        if let Some(place) = timers.iter().position(|(known, _)| *known == timer) {
            timers.swap_remove(place).1.clear();
        }
        timers.extend(handle.map(|handle| (timer, handle)));
    }

    fn open(self: &Rc<Self>, cursor: &Cursor) {
        let driver = self.clone();
        let tell = move |news| match news {
            News::Frame(frame, text) => {
                driver.tell(&PeerMessage::Frame(text));
                let first_frame = driver.watched.borrow().is_none();
                driver.take(*frame);
                if first_frame {
                    *driver.watched.borrow_mut() = Some(Vec::new());
                    driver.watch_what_is_viewed();
                }
            }
            News::Closed(code) => {
                // The running closure belongs to the socket: let it return before the socket is
                // dropped.
                let (driver, ended) = (driver.clone(), driver.socket.borrow_mut().take());
                set_timeout(
                    move || {
                        drop(ended);
                        driver.feed(Event::Closed(code));
                    },
                    Duration::ZERO,
                );
            }
        };
        *self.watched.borrow_mut() = None;
        let socket = Socket::open((!self.guest).then_some(cursor), tell);
        if socket.is_none() {
            let driver = self.clone();
            set_timeout(move || driver.feed(Event::Closed(1006)), Duration::ZERO);
        }
        *self.socket.borrow_mut() = socket;
    }

    /// Handles a frame from this tab's own socket or relayed by the leader.
    fn take(self: &Rc<Self>, frame: ServerFrame) {
        match &frame {
            ServerFrame::Artwork { id } => watching::touched(Some(*id)),
            // Picks up changes missed while the socket was down or before the watches took effect.
            ServerFrame::Hello { .. } => watching::settle(),
            _ => {}
        }
        // On a guest's socket a beat confirms the connection: pass it to the bell as a `Hello`.
        let frame = match frame {
            ServerFrame::Beat { .. } if self.guest => {
                let cursor = self.bell.borrow().inbox().cursor.clone();
                ServerFrame::Hello {
                    cursor,
                    unseen: 0,
                    unread: 0,
                    heartbeat_secs: 25,
                }
            }
            frame => frame,
        };
        self.feed(Event::Frame(frame));
    }

    fn fetch(self: &Rc<Self>, cursor: Cursor) {
        watching::touched(None);
        if self.guest {
            let driver = self.clone();
            set_timeout(
                move || driver.feed(Event::Fetched(Ok(None))),
                Duration::ZERO,
            );
            return;
        }
        let driver = self.clone();
        spawn_local(async move {
            let result = get(&paths::api::notifications_after(&cursor), Some(&cursor)).await;
            let result = result.map(|text| {
                let page = text.as_deref().and_then(parse);
                if let (Some(text), true, true) =
                    (text, page.is_some(), driver.bell.borrow().leads())
                {
                    driver.tell(&PeerMessage::Changes(cursor, text));
                }
                page
            });
            driver.feed(Event::Fetched(result));
        });
    }

    fn reload(self: &Rc<Self>) {
        let driver = self.clone();
        spawn_local(async move {
            match get(&paths::api::notifications(20), None).await {
                Ok(text) => match text.as_deref().and_then(parse) {
                    Some(page) => driver.feed(Event::Reloaded(page)),
                    None => driver.feed(Event::Fetched(Err(FetchFailure::Unreachable))),
                },
                Err(failure) => driver.feed(Event::Fetched(Err(failure))),
            }
        });
    }

    /// Marks on the page, then on the server; if the server refuses, restores the server's state.
    pub fn mark(self: &Rc<Self>, marked: Marked, state: State) {
        let (id, through) = match &marked {
            Marked::Ids(ids) => (ids.first().copied(), None),
            Marked::Through(cursor) => (None, Some(cursor.clone())),
        };
        self.feed(Event::Mark(marked, state));
        let driver = self.clone();
        spawn_local(async move {
            if mark_notifications(state, id, through, String::new())
                .await
                .is_err()
            {
                driver.feed(Event::MarkFailed);
            }
        });
    }

    /// Listens for page lifecycle, visibility and network events.
    fn listen(self: &Rc<Self>) {
        let on = |driver: &Rc<Self>, act: fn(&Rc<Self>)| {
            let driver = driver.clone();
            move |_: web_sys::Event| act(&driver)
        };
        let hide = on_window(
            "pagehide",
            on(self, |driver| {
                driver.silent.set(true);
                driver.feed(Event::Leave);
                driver.part();
            }),
        );
        let back = self.clone();
        let show = on_window("pageshow", move |event: PageTransitionEvent| {
            if event.persisted() {
                back.silent.set(false);
                back.feed(Event::Return);
                back.join();
            }
        });
        let seen = on_window(
            "visibilitychange",
            on(self, |driver| {
                driver.tabs.borrow_mut().show(visible());
                driver.present();
                driver.feed(Event::Visible(visible()));
            }),
        );
        let online = on_window(
            "online",
            on(self, |driver| driver.feed(Event::Online(true))),
        );
        let offline = on_window(
            "offline",
            on(self, |driver| driver.feed(Event::Online(false))),
        );
        on_cleanup(move || {
            [hide, seen, online, offline]
                .into_iter()
                .for_each(WindowListenerHandle::remove);
            show.remove();
        });
    }
}
