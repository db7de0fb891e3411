//! What a critique does in the browser: the helpful toggle, and the author's editor.

pub mod toggle {
    use leptos::{ev::SubmitEvent, prelude::*, task::spawn_local};
    use shared::dto::Critique;

    use crate::critique::{actions::set_helpful, state::Critiques, updates::acting};

    /// Toggles immediately, then takes the server's count; on failure reverts and shows a message.
    /// After several quick clicks the last one wins.
    pub fn submit(
        now: ArcRwSignal<Critique>,
        wanted: RwSignal<Option<bool>>,
        message: RwSignal<Option<String>>,
        critiques: Critiques,
    ) -> impl Fn(SubmitEvent) + Clone + 'static {
        let (id, artwork_id) = now.with_untracked(|critique| (critique.id, critique.artwork_id));
        move |event: SubmitEvent| {
            event.prevent_default();
            message.set(None);
            let confirmed = now.with_untracked(|critique| critique.helpful);
            let in_flight = wanted.get_untracked();
            wanted.set(Some(!in_flight.unwrap_or(confirmed)));
            if in_flight.is_some() {
                return;
            }
            let now = now.clone();
            acting(critiques, true);
            spawn_local(async move {
                while let Some(wish) = wanted.try_get_untracked().flatten() {
                    if wish == now.with_untracked(|critique| critique.helpful) {
                        break;
                    }
                    match set_helpful(id, artwork_id, wish).await {
                        Ok(count) => now.update(|critique| {
                            (critique.helpful, critique.helpful_count) = (wish, count);
                        }),
                        Err(failure) => {
                            let _ = message.try_set(Some(failure.0.message));
                            break;
                        }
                    }
                }
                let _ = wanted.try_set(None);
                acting(critiques, false);
            });
        }
    }
}

pub mod own {
    use leptos::{ev::SubmitEvent, prelude::*, task::spawn_local};
    use shared::{CritiqueId, Current, Kind, dto::Critique, paths};
    use web_sys::HtmlTextAreaElement;

    use crate::{
        critique::{
            actions::{delete_critique, edit_critique},
            state::Critiques,
            updates::acting,
        },
        dom::{by_id, focus_soon},
        inbox::bell,
        ui::drafts,
    };

    /// The editor's text field.
    fn field(id: CritiqueId) -> Option<HtmlTextAreaElement> {
        by_id(&format!("body-{id}"))
    }

    /// Puts text edited in another tab or device into the field. Unsaved text stays, with the
    /// version it is based on.
    pub fn follow(now: &ArcRwSignal<Critique>, base: RwSignal<i64>) {
        let (now, id) = (now.clone(), now.with_untracked(|critique| critique.id));
        Effect::new(move |before: Option<String>| {
            let (body, version) = (now.read().body.clone(), now.read().version);
            if let (Some(before), Some(field)) = (before, field(id)) {
                let untouched = field.value() == before;
                // The value that the field resets to on cancel.
                let _ = field.set_default_value(&body);
                if untouched {
                    field.set_value(&body);
                    base.set(version);
                }
            }
            body
        });
    }

    /// Saves without leaving the page. On failure the text stays in the field, with a message.
    pub fn save(
        now: ArcRwSignal<Critique>,
        (message, base, elsewhere): (
            RwSignal<Option<String>>,
            RwSignal<i64>,
            RwSignal<Option<String>>,
        ),
        critiques: Critiques,
    ) -> impl Fn(SubmitEvent) + Clone + 'static {
        let id = now.with_untracked(|critique| critique.id);
        let bell = bell::current();
        move |event| {
            let Some(field) = field(id) else { return };
            event.prevent_default();
            let (body, now) = (field.value(), now.clone());
            acting(critiques, true);
            spawn_local(async move {
                let (said, theirs) = match edit_critique(id, body, base.try_get_untracked()).await {
                    Ok(edited) => {
                        drafts::forget(&format!("edit-critique-{id}"));
                        let _ = base.try_set(edited.version);
                        let _ = field.set_default_value(&edited.body);
                        field.set_value(&edited.body);
                        now.set(edited);
                        if let Some(editor) = field.closest("details").ok().flatten() {
                            let _ = editor.remove_attribute("open");
                        }
                        focus_soon(paths::critique_element(id));
                        (None, None)
                    }
                    Err(failure) => {
                        let error = failure.0;
                        if let Some(bell) = bell.filter(|_| error.kind == Kind::Unauthenticated) {
                            acting(critiques, false);
                            return bell.session_ended();
                        }
                        let said = error
                            .of("body")
                            .map_or(error.message.clone(), str::to_owned);
                        let theirs = match error.current.map(|current| *current) {
                            Some(Current::Critique(current)) => {
                                let _ = base.try_set(current.version);
                                let theirs = current.body.clone();
                                now.set(current);
                                Some(theirs)
                            }
                            _ => None,
                        };
                        (Some(said), theirs)
                    }
                };
                let _ = message.try_set(said);
                let _ = elsewhere.try_set(theirs);
                acting(critiques, false);
            });
        }
    }

    /// Removes the critique from the page immediately; if the server refuses, restores it with a
    /// message.
    pub fn remove(id: CritiqueId, critiques: Critiques) -> impl Fn(SubmitEvent) + Clone + 'static {
        let bell = bell::current();
        move |event| {
            event.prevent_default();
            let taken = critiques.list.try_update(|list| {
                let place = list.iter().position(|entry| entry.id == id)?;
                Some((place, list.remove(place)))
            });
            critiques.count.update(|count| *count -= 1);
            focus_soon("critiques-title".to_owned());
            let Some((place, taken)) = taken.flatten() else {
                return;
            };
            acting(critiques, true);
            spawn_local(async move {
                if let Err(failure) = delete_critique(id, Some(critiques.artwork)).await {
                    let _ = critiques.count.try_update(|count| *count += 1);
                    let _ = critiques
                        .list
                        .try_update(|list| list.insert(place.min(list.len()), taken));
                    match bell {
                        Some(bell) if failure.0.kind == Kind::Unauthenticated => {
                            bell.session_ended();
                        }
                        _ => drop(window().alert_with_message(&failure.0.message)),
                    }
                }
                acting(critiques, false);
            });
        }
    }
}
