//! The bell: what it shows ([`LiveBell`]), how it looks ([`NotificationBell`]), and, in the
//! browser, what drives it.
//!
//! All decisions are `shared::live::Bell`'s; `driver` carries them out with the browser's own
//! means.

#[cfg(feature = "hydrate")]
mod driver;
#[cfg(feature = "hydrate")]
mod follower;
#[cfg(feature = "hydrate")]
mod inbox_api;
#[cfg(feature = "hydrate")]
mod peers;
mod signed_out;
#[cfg(feature = "hydrate")]
mod socket;
mod toast;
#[cfg(feature = "hydrate")]
pub mod watching;

use leptos::prelude::*;
use shared::{
    NotificationId,
    dto::{Marked, Notification},
    live::{Inbox, Link, State},
};

use crate::{
    boot::Boot,
    parts::{Erase, When, each, markup},
};
use signed_out::SignedOut;
use toast::Toast;

/// The id of a list that the server rendered and the bell keeps up to date.
pub const LIST: &str = "inbox-list";

/// The id of the bell's button.
const BUTTON: &str = "bell-button";

/// What the bell shows, for anything on the page.
#[derive(Clone, Copy)]
pub struct LiveBell {
    inbox: RwSignal<Inbox>,
    link: RwSignal<Link>,
    toast: RwSignal<Vec<Notification>>,
    /// What screen readers are told besides toasts.
    said: RwSignal<String>,
    /// Where to sign in again and come back to, once the session has ended while somebody was
    /// typing.
    sign_in: RwSignal<Option<String>>,
    #[cfg(feature = "hydrate")]
    driver: StoredValue<Option<std::rc::Rc<driver::Driver>>, LocalStorage>,
}

/// The bell, if somebody is signed in.
pub fn current() -> Option<LiveBell> {
    use_context()
}

impl LiveBell {
    /// A bell that shows what the page came with, if somebody is signed in.
    pub fn new(boot: &Boot) -> Option<Self> {
        let inbox = boot.viewer.as_ref().and(boot.inbox.clone())?;
        Some(Self {
            inbox: RwSignal::new(inbox.into()),
            link: RwSignal::new(Link::CatchingUp),
            toast: RwSignal::new(Vec::new()),
            said: RwSignal::default(),
            sign_in: RwSignal::default(),
            #[cfg(feature = "hydrate")]
            driver: StoredValue::new_local(None),
        })
    }

    /// What drives the socket of somebody who is not signed in; nothing of it is shown.
    #[cfg(feature = "hydrate")]
    fn for_guest() -> Self {
        let cursor = shared::live::Cursor::new("guest", 0);
        let page = shared::dto::InboxPage {
            cursor,
            unseen: 0,
            unread: 0,
            items: Vec::new(),
            next: None,
            reset: false,
        };
        Self {
            inbox: RwSignal::new(page.into()),
            link: RwSignal::new(Link::CatchingUp),
            toast: RwSignal::new(Vec::new()),
            said: RwSignal::default(),
            sign_in: RwSignal::default(),
            driver: StoredValue::new_local(None),
        }
    }

    /// How many notifications are not read.
    pub fn unread(self) -> u32 {
        self.inbox.read().unread
    }

    /// Marks notifications: here at once, then on the server.
    pub fn mark(self, marked: Marked, state: State) {
        #[cfg(feature = "hydrate")]
        if let Some(driver) = self.driver.try_get_value().flatten() {
            driver.mark(marked, state);
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = (marked, state);
    }

    /// Tells screen readers, when they are done with what they are saying.
    pub fn say(self, words: &str) {
        self.said.set(words.to_owned());
    }

    /// The session has ended, as a refused action tells: keeps what is being typed, and offers to
    /// sign in.
    pub fn session_ended(self) {
        #[cfg(feature = "hydrate")]
        signed_out::typing::ended(self);
    }

    /// Takes the toast away. A focus in it goes to the bell.
    fn close_toast(self) {
        #[cfg(feature = "hydrate")]
        panel::rescue_focus();
        self.toast.set(Vec::new());
    }

    /// Lets the toast stand a while longer.
    fn keep_toast(self) {
        #[cfg(feature = "hydrate")]
        if let Some(driver) = self.driver.try_get_value().flatten() {
            driver.clear_toast_later();
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = self;
    }

    fn mark_all(self, state: State) {
        let cursor = self.inbox.with_untracked(|inbox| inbox.cursor.clone());
        self.mark(Marked::Through(cursor), state);
    }

    fn mark_one(self, id: NotificationId, state: State) {
        self.mark(Marked::Ids(vec![id]), state);
    }
}

/// The button with its badge, the panel, and the live region for toasts. Mounted once, above the
/// router.
#[component]
pub fn NotificationBell(bell: LiveBell) -> impl IntoView {
    let open = RwSignal::new(false);
    #[cfg(feature = "hydrate")]
    {
        driver::start(bell);
        let title = use_context::<crate::parts::PageName>();
        Effect::new(move |_| {
            let unread = bell.unread();
            if let Some(title) = title {
                title.show(unread);
            }
        });
        panel::close_on_escape_and_outside(open);
    }
    let name = move || match bell.unread() {
        0 => "Notifications, none unread".to_owned(),
        n => format!("Notifications, {n} unread"),
    };
    // All of the button at once: nothing that the browser or an extension does to it outlasts the
    // next count.
    let face = move || match bell.unread() {
        0 => GLYPH.to_owned(),
        n if n > 99 => format!("{GLYPH}{BADGE}99+</span>"),
        n => format!("{GLYPH}{BADGE}{n}</span>"),
    };
    let toggle = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        open.update(|open| *open = !*open);
        bell.close_toast();
        if open.get_untracked() && bell.inbox.with_untracked(|inbox| inbox.unseen > 0) {
            bell.mark_all(State::Seen);
        }
    };
    view! {
        <div class="bell" class:open=open>
            <form action="/notifications" method="get" on:submit=toggle>
                <button
                    type="submit" id=BUTTON class="bell-button" aria-label=name aria-controls="bell-panel"
                    aria-expanded=move || open.get().to_string() data-live=move || bell.link.get().word() inner_html=face
                ></button>
            </form>
            <section id="bell-panel" class="panel" aria-label="Notifications" hidden=move || !open.get()>
                {move || open.get().then(|| view! { <Panel bell open/> }.erase())}
            </section>
        </div>
        <Toast bell/>
        <p class="visually-hidden" role="status" inner_html=move || markup(&bell.said.read())></p>
        <SignedOut bell/>
    }
    .erase()
}

/// Notifications in the panel, at most.
const SHOWN: usize = 20;

const BADGE: &str = r#"<span class="badge" aria-hidden="true" translate="no">"#;
const GLYPH: &str = r#"<span class="glyph" aria-hidden="true"><svg viewBox="0 0 24 24" width="22" height="22" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"><path d="M6 16V10.5a6 6 0 0 1 12 0V16l1.5 2h-15z"/><path d="M10 20.5a2.2 2.2 0 0 0 4 0"/></svg>"#;

#[component]
fn Panel(bell: LiveBell, open: RwSignal<bool>) -> impl IntoView {
    let mark_all = move |_| {
        if bell.inbox.with_untracked(|inbox| inbox.unread > 0) {
            bell.mark_all(State::Read);
        }
    };
    view! {
        <div class="panel-head">
            <h2>"Notifications"</h2>
            // Not `disabled`, which would take the focus away from whoever just pressed it.
            <button
                type="button" class="quiet small" aria-disabled=move || (bell.unread() == 0).to_string()
                on:click=mark_all
            >"Mark all as read"</button>
        </div>
        <p class="live-words"><span class="dot" data-live=move || bell.link.get().word() aria-hidden="true"></span><span inner_html=move || bell.link.get().sentence()></span></p>
        {move || bell.inbox.read().items.is_empty().then(|| view! { <p class="empty">"Nothing yet. When somebody critiques your work, you will hear of it here."</p> }.erase())}
        <ul class="lines">
            {each(
                move || bell.inbox.read().items.iter().take(SHOWN).map(|item| item.id.0).collect(),
                move |id| {
                    let item = bell.inbox.with_untracked(|inbox| inbox.items.iter().find(|item| item.id.0 == id).cloned());
                    item.map(|item| view! { <PanelLine bell item open/> }.erase()).into_any()
                },
            )}
        </ul>
        <p class="panel-foot"><a href="/notifications" on:click=move |_| open.set(false)>"All notifications"</a></p>
    }.erase()
}

#[component]
fn PanelLine(bell: LiveBell, item: Notification, open: RwSignal<bool>) -> impl IntoView {
    let id = item.id;
    // What was edited meanwhile is shown as it is now.
    let item = Memo::new(move |before: Option<&Notification>| {
        let now = bell
            .inbox
            .read()
            .items
            .iter()
            .find(|item| item.id == id)
            .cloned();
        now.or_else(|| before.cloned())
            .unwrap_or_else(|| item.clone())
    });
    let read = Signal::derive(move || item.read().read);
    let label = move || {
        format!(
            "Mark as {}: {}",
            if read.get() { "unread" } else { "read" },
            item.read().sentence()
        )
    };
    let turn = move |_| {
        bell.mark_one(
            id,
            if read.get_untracked() {
                State::Unread
            } else {
                State::Read
            },
        )
    };
    view! {
        <li class="line" class:unread=move || !read.get()>
            <span on:click=move |_| open.set(false)><OpenLink item read/></span>
            <button type="button" class="tick" title=move || if read.get() { "Mark as unread" } else { "Mark as read" } aria-label=label on:click=turn></button>
        </li>
    }.erase()
}

/// The link of one notification. It leads to the very place and marks as read: by way of the server
/// at first, directly once the page is alive.
#[component]
pub fn OpenLink(#[prop(into)] item: Signal<Notification>, read: Signal<bool>) -> impl IntoView {
    let alive = RwSignal::new(false);
    Effect::new(move |_| alive.set(true));
    let bell = current();
    let opened = move |_: leptos::ev::MouseEvent| {
        if let (false, Some(bell)) = (read.get_untracked(), bell) {
            bell.mark_one(item.read_untracked().id, State::Read);
        }
    };
    view! {
        <a
            class="open" href=move || if alive.get() { item.read().url.clone() } else { item.read().open_url() }
            on:click=opened on:auxclick=opened
        >
            <span class="visually-hidden" inner_html=move || if read.get() { "" } else { "Unread: " }></span>
            <span class="line-words" inner_html=move || markup(&item.read().sentence())></span>
            <span class="line-excerpt" dir="auto" inner_html=move || markup(&item.read().excerpt)></span>
            <When at=item.read_untracked().created_at.clone()/>
        </a>
    }
    .erase()
}

#[cfg(feature = "hydrate")]
mod panel {
    use leptos::{ev, prelude::*};
    use wasm_bindgen::JsCast;

    use super::BUTTON;
    use crate::dom::focus;

    /// Moves a focus that is in the toast to the bell, before the toast goes and the focus with it.
    pub fn rescue_focus() {
        let focused = document()
            .active_element()
            .and_then(|element| element.closest(".toasts").ok().flatten());
        if focused.is_some() {
            focus(BUTTON);
        }
    }

    /// Escape closes the panel and gives the focus back; a click elsewhere closes it, and so does a
    /// step of the focus out of it.
    pub fn close_on_escape_and_outside(open: RwSignal<bool>) {
        let keys = window_event_listener(ev::keydown, move |event| {
            if event.key() == "Escape" && open.get_untracked() {
                open.set(false);
                focus(BUTTON);
            }
        });
        let elsewhere = move |event: &web_sys::Event| {
            let target = event
                .target()
                .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
            // What a click removed from the page is not outside of the panel.
            let outside = target.is_some_and(|target| {
                target.is_connected() && target.closest(".bell").ok().flatten().is_none()
            });
            if outside && open.get_untracked() {
                open.set(false);
            }
        };
        let clicks = window_event_listener(ev::click, move |event| elsewhere(&event));
        let steps = window_event_listener(ev::focusin, move |event| elsewhere(&event));
        on_cleanup(move || {
            keys.remove();
            clicks.remove();
            steps.remove();
        });
    }
}
