//! The bell: its state ([`LiveBell`]), its view ([`NotificationBell`]) and, in the browser, its
//! driver.
//!
//! `shared::live::Bell` makes all decisions; `driver` carries them out with browser APIs.

#[cfg(feature = "hydrate")]
pub(crate) mod driver;
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

use leptos::prelude::*;
use shared::{
    NotificationId,
    dto::{Marked, Notification},
    live::{Inbox, Link, State},
    paths,
};
use signed_out::SignedOut;
use toast::Toast;

use crate::{
    boot::Boot,
    i18n::{count, locale},
    inbox::words::{link, sentence},
    ui::{Erase, When, each, markup},
};

/// The id of the server-rendered list that the bell refreshes.
pub const LIST: &str = "inbox-list";

/// The id of the bell's button.
const BUTTON: &str = "bell-button";

/// The bell's state, for any component on the page.
#[derive(Clone, Copy)]
pub struct LiveBell {
    inbox: RwSignal<Inbox>,
    link: RwSignal<Link>,
    toast: RwSignal<Vec<Notification>>,
    /// The latest message for screen readers, apart from toasts.
    said: RwSignal<String>,
    /// The sign-in address that leads back to this page; set when the session ended while the user
    /// was typing.
    sign_in: RwSignal<Option<String>>,
    #[cfg(feature = "hydrate")]
    driver: StoredValue<Option<std::rc::Rc<driver::Driver>>, LocalStorage>,
}

/// The bell, if the viewer is signed in.
pub fn current() -> Option<LiveBell> {
    use_context()
}

impl LiveBell {
    /// A bell with the page's initial inbox, if the viewer is signed in.
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

    /// The state behind a guest's socket; none of it is shown.
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

    /// The number of unread notifications.
    pub fn unread(self) -> u32 {
        self.inbox.read().unread
    }

    /// Marks notifications, first on the page, then on the server.
    pub fn mark(self, marked: Marked, state: State) {
        #[cfg(feature = "hydrate")]
        if let Some(driver) = self.driver.try_get_value().flatten() {
            driver.mark(marked, state);
        }
        #[cfg(not(feature = "hydrate"))]
        let _ = (marked, state);
    }

    /// Has screen readers announce a message, politely.
    pub fn say(self, words: &str) {
        self.said.set(words.to_owned());
    }

    /// Handles the end of the session, when the server has refused an action for it: keeps unsent
    /// text and offers to sign in.
    pub fn session_ended(self) {
        #[cfg(feature = "hydrate")]
        signed_out::typing::ended(self);
    }

    /// Removes the toast. If the focus is in it, moves the focus to the bell.
    fn close_toast(self) {
        #[cfg(feature = "hydrate")]
        panel::rescue_focus();
        self.toast.set(Vec::new());
    }

    /// Restarts the toast's timer.
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
        let title = use_context::<crate::ui::PageName>();
        Effect::new(move |_| {
            let unread = bell.unread();
            if let Some(title) = title {
                title.show(unread);
            }
        });
        panel::close_on_escape_and_outside(open);
    }
    let l = locale();
    let name = move || l.notifications_unread(count(bell.unread()));
    // Replaces the whole content of the button, so that changes made by translators or extensions
    // are gone after the next update.
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
            <form action=paths::NOTIFICATIONS method="get" on:submit=toggle>
                <button
                    type="submit" id=BUTTON class="bell-button" aria-label=name aria-controls="bell-panel"
                    aria-expanded=move || open.get().to_string() data-live=move || bell.link.get().word() inner_html=face
                ></button>
            </form>
            <section id="bell-panel" class="panel" aria-label=l.notifications().into_owned() hidden=move || !open.get()>
                {move || open.get().then(|| view! { <Panel bell open/> }.erase())}
            </section>
        </div>
        <Toast bell/>
        <p class="visually-hidden" role="status" inner_html=move || markup(&bell.said.read())></p>
        <SignedOut bell/>
    }
    .erase()
}

/// Maximum number of notifications in the panel.
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
    let l = locale();
    view! {
        <div class="panel-head">
            <h2>{l.notifications()}</h2>
            // Not `disabled`: a disabled button would lose the focus.
            <button
                type="button" class="quiet small" aria-disabled=move || (bell.unread() == 0).to_string()
                on:click=mark_all
            >{l.notifications_mark_all()}</button>
        </div>
        <p class="live-words"><span class="dot" data-live=move || bell.link.get().word() aria-hidden="true"></span><span inner_html=move || markup(&link(bell.link.get(), l))></span></p>
        {move || bell.inbox.read().items.is_empty().then(|| view! { <p class="empty">{l.notifications_none_in_panel()}</p> }.erase())}
        <ul class="lines">
            {each(
                move || bell.inbox.read().items.iter().take(SHOWN).map(|item| item.id.0).collect(),
                move |id| {
                    let item = bell.inbox.with_untracked(|inbox| inbox.items.iter().find(|item| item.id.0 == id).cloned());
                    item.map(|item| view! { <PanelLine bell item open/> }.erase()).into_any()
                },
            )}
        </ul>
        <p class="panel-foot"><a href=paths::NOTIFICATIONS on:click=move |_| open.set(false)>{l.notifications_all()}</a></p>
    }.erase()
}

#[component]
fn PanelLine(bell: LiveBell, item: Notification, open: RwSignal<bool>) -> impl IntoView {
    let id = item.id;
    // Follows later edits of the notification.
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
    let l = locale();
    let label = move || {
        let words = sentence(&item.read(), l);
        if read.get() {
            l.notifications_mark_unread_of(&words)
        } else {
            l.notifications_mark_read_of(&words)
        }
    };
    // Text, as other attributes have it: each further type enlarges the WASM.
    let title = move || {
        if read.get() {
            l.notifications_mark_unread().into_owned()
        } else {
            l.notifications_mark_read().into_owned()
        }
    };
    let turn = move |_| {
        bell.mark_one(
            id,
            if read.get_untracked() {
                State::Unread
            } else {
                State::Read
            },
        );
    };
    view! {
        <li class="line" class:unread=move || !read.get()>
            <span on:click=move |_| open.set(false)><OpenLink item read/></span>
            <button type="button" class="tick" title=title aria-label=label on:click=turn></button>
        </li>
    }
    .erase()
}

/// The link of one notification to its subject; following it marks the notification as read. The
/// server-rendered link goes by way of the server; after hydration it leads straight to the
/// subject.
#[component]
pub fn OpenLink(#[prop(into)] item: Signal<Notification>, read: Signal<bool>) -> impl IntoView {
    let l = locale();
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
            class="open" href=move || if alive.get() { item.read().url.clone() } else { paths::notification(item.read().id) }
            on:click=opened on:auxclick=opened
        >
            <span class="visually-hidden" inner_html=move || if read.get() { String::new() } else { format!("{} ", l.notifications_unread_mark()) }></span>
            <span class="line-words" inner_html=move || markup(&sentence(&item.read(), l))></span>
            <span class="line-excerpt" dir="auto" inner_html=move || markup(&item.read().excerpt)></span>
            <When at=item.read_untracked().created_at.clone()/>
        </a>
    }
    .erase()
}

#[cfg(feature = "hydrate")]
mod panel {
    use leptos::prelude::*;
    use wasm_bindgen::JsCast;

    use super::BUTTON;
    use crate::dom::{focus, on_window};

    /// If the focus is in the toast, moves it to the bell before the toast is removed.
    pub fn rescue_focus() {
        let focused = document()
            .active_element()
            .and_then(|element| element.closest(".toasts").ok().flatten());
        if focused.is_some() {
            focus(BUTTON);
        }
    }

    /// Closes the panel on Escape, returning the focus to the bell, and on a click or focus outside
    /// of it.
    pub fn close_on_escape_and_outside(open: RwSignal<bool>) {
        let keys = on_window("keydown", move |event: web_sys::KeyboardEvent| {
            if event.key() == "Escape" && open.get_untracked() {
                open.set(false);
                focus(BUTTON);
            }
        });
        let elsewhere = move |event: &web_sys::Event| {
            let target = event
                .target()
                .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
            // An element that the click removed does not count as outside.
            let outside = target.is_some_and(|target| {
                target.is_connected() && target.closest(".bell").ok().flatten().is_none()
            });
            if outside && open.get_untracked() {
                open.set(false);
            }
        };
        let clicks = on_window("click", move |event: web_sys::MouseEvent| {
            elsewhere(&event);
        });
        let steps = on_window("focusin", move |event: web_sys::FocusEvent| {
            elsewhere(&event);
        });
        on_cleanup(move || {
            keys.remove();
            clicks.remove();
            steps.remove();
        });
    }
}
