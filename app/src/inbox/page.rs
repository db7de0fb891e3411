use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use shared::{
    AppError, NotificationId,
    dto::{InboxPage, Notification},
    paths,
};

use crate::{
    Failure,
    failure::refused,
    i18n::locale,
    inbox::{actions::list_notifications, bell, words::sentence},
    ui::{PageTitle, Problem},
};

/// `/notifications`: the whole inbox, with a filter.
#[component]
pub fn Notifications() -> impl IntoView {
    if crate::boot::current().viewer.is_none() {
        let error = refused(AppError::sign_in_first());
        return view! { <Problem error/> }.into_any();
    }
    let l = locale();
    let query = use_query_map();
    let unread = Memo::new(move |_| query.read().get("filter").as_deref() == Some("unread"));
    let before = Memo::new(move |_| query.read().get("before")?.parse::<NotificationId>().ok());
    let page = Resource::new(
        move || (unread.get(), before.get()),
        |(unread, before)| list_notifications(unread, before),
    );
    view! {
        <PageTitle text=l.page_title(&l.notifications())/>
        <section class="narrow inbox">
            <h1>{l.notifications()}</h1>
            <nav class="tabs" aria-label=l.notifications_filter()>
                <a href=paths::NOTIFICATIONS aria-current=move || (!unread.get()).then_some("page")>{l.notifications_filter_all()}</a>
                <a href=paths::UNREAD_NOTIFICATIONS aria-current=move || unread.get().then_some("page")>{l.notifications_filter_unread()}</a>
            </nav>
            // When the inbox changes, the bell fetches the page again and replaces this element's
            // content.
            <div id=bell::LIST>
            <Suspense>
                {move || Suspend::new(async move {
                    let unread = unread.get_untracked();
                    match page.await {
                        Ok(page) => view! { <List page unread/> }.into_any(),
                        Err(Failure(error)) => view! { <Problem error/> }.into_any(),
                    }
                })}
            </Suspense>
            </div>
        </section>
    }
    .into_any()
}

#[component]
fn List(page: InboxPage, unread: bool) -> impl IntoView {
    let InboxPage {
        cursor,
        items,
        next,
        ..
    } = page;
    let list = if unread {
        paths::UNREAD_NOTIFICATIONS
    } else {
        paths::NOTIFICATIONS
    };
    let unread_here = page.unread;
    let l = locale();
    if items.is_empty() {
        let words = if unread {
            l.notifications_none_unread()
        } else {
            l.notifications_none()
        };
        return view! { <p class="empty">{words}</p> }.into_any();
    }
    view! {
        {(unread_here > 0).then(|| view! {
            <form method="post" action=paths::actions::MARK_NOTIFICATIONS class="mark-all">
                <input type="hidden" name="state" value="read"/>
                <input type="hidden" name="through" value=cursor.to_string()/>
                <input type="hidden" name="next" value=if unread { "unread" } else { "" }/>
                <button type="submit" class="quiet">{l.notifications_mark_all()}</button>
            </form>
        })}
        <ul class="lines">{items.into_iter().map(|item| view! { <Line item unread/> }).collect_view()}</ul>
        {next.map(|next| view! { <p class="more"><a class="quiet button" href=paths::page_of(list, &next)>{l.notifications_older()}</a></p> })}
    }
    .into_any()
}

#[component]
fn Line(item: Notification, unread: bool) -> impl IntoView {
    let (l, words) = (locale(), sentence(&item, locale()));
    let (to, label, name) = if item.read {
        (
            "unread",
            l.notifications_mark_unread(),
            l.notifications_mark_unread_of(&words),
        )
    } else {
        (
            "read",
            l.notifications_mark_read(),
            l.notifications_mark_read_of(&words),
        )
    };
    view! {
        <li class="line" class:unread=!item.read>
            <bell::OpenLink item=item.clone() read=Signal::stored(item.read)/>
            <form method="post" action=paths::actions::MARK_NOTIFICATIONS>
                <input type="hidden" name="state" value=to/>
                <input type="hidden" name="id" value=item.id.to_string()/>
                <input type="hidden" name="next" value=if unread { "unread" } else { "" }/>
                <button type="submit" id=format!("mark-{}", item.id) class="quiet small" aria-label=name>{label}</button>
            </form>
        </li>
    }
}
