//! What the page of an artwork does in the browser: posting a critique, and following edits of the
//! artwork's words.

pub mod send {
    use leptos::{ev::SubmitEvent, prelude::*, task::spawn_local};
    use shared::{
        ArtworkId, CritiqueId, Kind, ShownError, Timestamp,
        dto::{Critique, Person},
        paths,
    };
    use web_sys::HtmlTextAreaElement;

    use crate::{
        boot,
        critique::{
            actions::post_critique,
            state::{Critiques, Entry},
            updates::acting,
        },
        dom::{by_id, focus_soon},
        i18n::locale,
        inbox::bell,
        ui::drafts,
    };

    /// Posts without leaving the page: shows the critique immediately; if the server refuses,
    /// removes it and restores its text to the field.
    pub fn submit(
        id: ArtworkId,
        critiques: Critiques,
        (whole, field): (RwSignal<Option<String>>, RwSignal<Option<String>>),
    ) -> impl Fn(SubmitEvent) + Clone + 'static {
        let author = boot::current().viewer.clone().map(|viewer| Person {
            handle: viewer.handle,
            display_name: viewer.display_name,
        });
        let last_pending_id = StoredValue::new(0_i64);
        let in_flight = StoredValue::new(0_usize);
        let draft = format!("critique-{id}");
        let bell = bell::current();
        move |event| {
            let (Some(words), Some(author)) =
                (by_id::<HtmlTextAreaElement>("body"), author.clone())
            else {
                return;
            };
            event.prevent_default();
            let body = words.value();
            whole.set(None);
            if body.trim().is_empty() {
                return field.set(Some(locale().error_critique_missing().into_owned()));
            }
            field.set(None);
            last_pending_id.update_value(|n| *n -= 1);
            let pending = pending(CritiqueId(last_pending_id.get_value()), id, author, &body);
            let pending_id = pending.id;
            critiques
                .list
                .update(|list| list.insert(0, Entry::new(pending)));
            critiques.count.update(|count| *count += 1);
            acting(critiques, true);
            words.set_value("");
            let draft = draft.clone();
            let attempt = drafts::attempt(&draft);
            in_flight.update_value(|n| *n += 1);
            spawn_local(async move {
                let answer = post_critique(id, body.clone(), Some(attempt)).await;
                let _ = in_flight.try_update_value(|n| *n -= 1);
                let _ = critiques
                    .list
                    .try_update(|list| list.retain(|entry| entry.id != pending_id));
                match &answer {
                    Ok(critique) => critiques.put(critique.clone()),
                    Err(_) => drop(critiques.count.try_update(|count| *count -= 1)),
                }
                acting(critiques, false);
                match answer {
                    Ok(critique) => {
                        if let Some(bell) = bell {
                            bell.say(&locale().critique_posted());
                        }
                        // Keep the focus in the field if the user has typed on.
                        if words.value().is_empty() {
                            focus_soon(paths::critique_element(critique.id));
                        }
                        drafts::put(&draft, &words.value());
                        // A post still in flight may have to be retried with the same idempotency
                        // key.
                        if in_flight.try_get_value() == Some(0) {
                            drafts::attempted(&draft);
                        }
                    }
                    Err(failure) => {
                        if words.value().trim().is_empty() {
                            words.set_value(&body);
                        }
                        drafts::put(&draft, &words.value());
                        let _ = words.focus();
                        match bell {
                            Some(bell) if failure.0.kind == Kind::Unauthenticated => {
                                bell.session_ended();
                            }
                            _ => explain(&failure.0, whole, field),
                        }
                    }
                }
            });
        }
    }

    fn pending(id: CritiqueId, artwork_id: ArtworkId, author: Person, body: &str) -> Critique {
        Critique {
            id,
            artwork_id,
            author,
            body: body.to_owned(),
            body_html: String::new(),
            helpful_count: 0,
            helpful: false,
            editable: false,
            created_at: Timestamp(String::new()),
            edited_at: None,
            version: 0,
        }
    }

    fn explain(
        error: &ShownError,
        whole: RwSignal<Option<String>>,
        field: RwSignal<Option<String>>,
    ) {
        match error.of("body") {
            Some(message) => drop(field.try_set(Some(message.to_owned()))),
            None => drop(whole.try_set(Some(error.message.clone()))),
        }
    }
}

pub mod reworded {
    use gloo_net::http::Request;
    use leptos::{prelude::*, task::spawn_local};
    use serde::Deserialize;
    use shared::{dto::Person, paths};

    use crate::{artwork::page::page_title, critique::state::Critiques, inbox::bell, ui::PageName};

    /// The editable fields of an artwork.
    #[derive(Deserialize)]
    struct Words {
        title: String,
        description_html: String,
    }

    /// Updates the title and description when they were edited elsewhere.
    pub fn follow(
        critiques: Critiques,
        title: RwSignal<String>,
        description: RwSignal<String>,
        artist: Person,
    ) {
        let name = use_context::<PageName>();
        let unread = bell::current().map(|bell| Signal::derive(move || bell.unread()));
        Effect::new(move |before: Option<i64>| {
            let version = critiques.work_version.get();
            if before.is_some_and(|before| before < version) {
                let artist = artist.clone();
                spawn_local(async move {
                    let url = paths::api::artwork(critiques.artwork);
                    let Ok(answer) = Request::get(&url).send().await else {
                        return;
                    };
                    let text = answer.text().await.unwrap_or_default();
                    let Ok(Words {
                        title: now,
                        description_html,
                    }) = crate::json::from_str(&text)
                    else {
                        return;
                    };
                    let unread = unread
                        .and_then(|unread| unread.try_get_untracked())
                        .unwrap_or(0);
                    if let Some(name) = name {
                        name.rename(page_title(&now, &artist), unread);
                    }
                    let _ = title.try_set(now);
                    let _ = description.try_set(description_html);
                });
            }
            version
        });
    }
}
