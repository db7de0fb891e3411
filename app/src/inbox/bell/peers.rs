//! Communication with the other tabs of this browser, by Web Locks and BroadcastChannel. Where
//! either is missing, each tab opens its own socket.

use std::{cell::RefCell, rc::Rc};

use js_sys::{Function, Promise, Reflect};
use shared::live::PeerMessage;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{BroadcastChannel, MessageEvent};

/// Membership in the group of tabs that share one bell. [`Peers::leave`] hands on the leadership.
pub struct Peers {
    channel: BroadcastChannel,
    _message: Closure<dyn Fn(MessageEvent)>,
    _granted: Closure<dyn FnMut(JsValue) -> Promise>,
    /// Resolves the promise that holds the lock.
    release: Rc<RefCell<Option<Function>>>,
    left: Rc<RefCell<bool>>,
}

impl Peers {
    /// Joins the group of this name. `lead` is called once this tab becomes the leader. `None`
    /// where the browser lacks the APIs.
    pub fn join(
        name: &str,
        heard: impl Fn(PeerMessage) + 'static,
        lead: impl Fn() + 'static,
    ) -> Option<Self> {
        let navigator = leptos::prelude::window().navigator();
        let locks = Reflect::get(&navigator, &"locks".into())
            .ok()
            .filter(JsValue::is_object)?;
        let request: Function = Reflect::get(&locks, &"request".into())
            .ok()?
            .dyn_into()
            .ok()?;
        let channel = BroadcastChannel::new(name).ok()?;
        let message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(message) = event
                .data()
                .as_string()
                .and_then(|text| crate::json::from_str(&text).ok())
            {
                heard(message);
            }
        });
        channel.set_onmessage(Some(message.as_ref().unchecked_ref()));
        let release = Rc::new(RefCell::new(None));
        let left = Rc::new(RefCell::new(false));
        let (kept, gone) = (release.clone(), left.clone());
        let granted = Closure::<dyn FnMut(JsValue) -> Promise>::new(move |_lock| {
            if *gone.borrow() {
                return Promise::resolve(&JsValue::NULL);
            }
            lead();
            let kept = kept.clone();
            Promise::new(&mut |resolve, _| *kept.borrow_mut() = Some(resolve))
        });
        request.call2(&locks, &name.into(), granted.as_ref()).ok()?;
        Some(Self {
            channel,
            _message: message,
            _granted: granted,
            release,
            left,
        })
    }

    /// Sends a message to all other tabs.
    pub fn tell(&self, message: &PeerMessage) {
        if let Ok(text) = serde_json::to_string(message) {
            let _ = self.channel.post_message(&text.into());
        }
    }

    /// Leaves the group: releases the leadership and stops listening. The closures are leaked,
    /// since a pending lock request may still be granted.
    pub fn leave(self) {
        *self.left.borrow_mut() = true;
        self.channel.set_onmessage(None);
        self.channel.close();
        if let Some(release) = self.release.borrow_mut().take() {
            let _ = release.call0(&JsValue::NULL);
        }
        std::mem::forget(self);
    }
}
