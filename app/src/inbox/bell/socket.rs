//! One WebSocket with its closures. Dropping it closes the connection; no closure is called
//! afterwards.

use shared::{
    live::{ClientFrame, Cursor, ServerFrame},
    paths::sockets,
};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{CloseEvent, MessageEvent, WebSocket};

const SUBPROTOCOL: &str = "artcritique.v1";

/// An event on the socket.
pub enum News {
    /// A frame, parsed and as text.
    Frame(Box<ServerFrame>, String),
    Closed(u16),
}

pub struct Socket {
    inner: WebSocket,
    _message: Closure<dyn Fn(MessageEvent)>,
    _close: Closure<dyn Fn(CloseEvent)>,
}

impl Socket {
    /// Opens a socket at a cursor, or a guest's socket without one. `None` if the browser refuses
    /// immediately.
    pub fn open(cursor: Option<&Cursor>, tell: impl Fn(News) + Clone + 'static) -> Option<Self> {
        let location = leptos::prelude::window().location();
        let scheme = if location.protocol().ok()? == "https:" {
            "wss"
        } else {
            "ws"
        };
        let path = cursor.map_or_else(
            || sockets::WATCH.to_owned(),
            |cursor| sockets::notifications(Some(cursor)),
        );
        let url = format!("{scheme}://{}{path}", location.host().ok()?);
        let inner = WebSocket::new_with_str(&url, SUBPROTOCOL).ok()?;
        let tell_frame = tell.clone();
        let message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            // Skips an unreadable frame; the bell detects the gap and fills it.
            let text = event.data().as_string().unwrap_or_default();
            if let Ok(frame) = crate::json::from_str(&text) {
                tell_frame(News::Frame(Box::new(frame), text));
            }
        });
        let close = Closure::<dyn Fn(CloseEvent)>::new(move |event: CloseEvent| {
            tell(News::Closed(event.code()));
        });
        inner.set_onmessage(Some(message.as_ref().unchecked_ref()));
        inner.set_onclose(Some(close.as_ref().unchecked_ref()));
        Some(Self {
            inner,
            _message: message,
            _close: close,
        })
    }

    /// Sends a frame to the server. Ignores failure: the socket is then closing.
    pub fn say(&self, frame: &ClientFrame) {
        if let Ok(text) = serde_json::to_string(frame) {
            let _ = self.inner.send_with_str(&text);
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.inner.set_onmessage(None);
        self.inner.set_onclose(None);
        if self.inner.ready_state() == WebSocket::CONNECTING {
            // Close after opening: closing now would log an error to the browser's console.
            let socket = self.inner.clone();
            let opened = Closure::once_into_js(move || drop(socket.close()));
            self.inner.set_onopen(Some(opened.unchecked_ref()));
        } else {
            let _ = self.inner.close();
        }
    }
}
