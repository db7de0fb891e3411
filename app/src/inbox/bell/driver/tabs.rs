//! Coordination with the same person's other tabs in the same browser: one tab leads, holds the
//! socket and relays to the others.

use std::{rc::Rc, time::Duration};

use leptos::prelude::*;
use shared::{
    dto::Notification,
    live::{Event, Link, PeerMessage},
};

use crate::inbox::bell::{
    driver::{Driver, Peers, visible},
    inbox_api::parse,
};

impl Driver {
    /// Shows a toast in exactly one tab: this one if it is visible, else another visible tab; if
    /// none is visible, this one.
    pub(super) fn announce(self: &Rc<Self>, items: Vec<Notification>) {
        let (speaker, me) = {
            let tabs = self.tabs.borrow();
            (tabs.speaker(), tabs.me())
        };
        if speaker == me {
            self.toast(items);
        } else {
            self.tell(&PeerMessage::Announce(
                speaker,
                items.iter().map(|item| item.id).collect(),
            ));
        }
    }

    pub(super) fn tell(&self, message: &PeerMessage) {
        if let Some(peers) = self.peers.borrow().as_ref() {
            peers.tell(message);
        }
    }

    pub(super) fn present(&self) {
        let tab = self.tabs.borrow().me();
        self.tell(&PeerMessage::Present(tab, visible()));
    }

    /// Joins the other tabs, or leads alone where tabs can't communicate.
    pub(super) fn join(self: &Rc<Self>) {
        let (listener, leader) = (self.clone(), self.clone());
        let lead = move || {
            let leader = leader.clone();
            // Deferred: the lock's callback may run before this tab has finished joining.
            set_timeout(
                move || {
                    leader.feed(Event::Lead);
                    leader.tell(&PeerMessage::RollCall);
                },
                Duration::ZERO,
            );
        };
        let peers = Peers::join(&self.name, move |message| listener.hear(message), lead);
        let alone = peers.is_none();
        *self.peers.borrow_mut() = peers;
        self.feed(if alone { Event::Lead } else { Event::Follow });
        self.present();
        self.views_changed();
    }

    pub(super) fn part(&self) {
        if let Some(peers) = self.peers.borrow_mut().take() {
            let tab = self.tabs.borrow().me();
            peers.tell(&PeerMessage::Present(tab, false));
            peers.tell(&PeerMessage::Viewing(tab, Vec::new()));
            peers.leave();
        }
    }

    fn hear(self: &Rc<Self>, message: PeerMessage) {
        let leads = self.bell.borrow().leads();
        match message {
            PeerMessage::Frame(text) if !leads => {
                if let Ok(frame) = crate::json::from_str(&text) {
                    self.take(frame);
                }
            }
            PeerMessage::Changes(after, text) if !leads => {
                if let Some(page) = parse(&text) {
                    self.feed(Event::LeaderFetched { after, page });
                }
            }
            PeerMessage::Link(link) if !leads => self.feed(Event::LeaderLink(link)),
            PeerMessage::RollCall => {
                self.present();
                self.views_changed();
            }
            PeerMessage::Viewing(tab, works) => {
                let mut views = self.views.borrow_mut();
                views.retain(|(other, _)| *other != tab);
                views.push((tab, works));
                drop(views);
                self.watch_what_is_viewed();
            }
            PeerMessage::Present(tab, visible) => {
                self.tabs.borrow_mut().heard(tab, visible);
                if leads {
                    let link: Link = self.bell.borrow().link();
                    self.tell(&PeerMessage::Link(link));
                }
            }
            PeerMessage::Announce(tab, ids) if tab == self.tabs.borrow().me() => {
                let named = |item: &&Notification| ids.contains(&item.id);
                let items = self
                    .bell
                    .borrow()
                    .inbox()
                    .items
                    .iter()
                    .rev()
                    .filter(named)
                    .cloned()
                    .collect();
                self.toast(items);
            }
            PeerMessage::SignedOut => self.feed(Event::SignedOut),
            _ => {}
        }
    }
}
