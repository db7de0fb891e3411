//! The only module that renders a textarea. Server rendering does not escape that element's
//! children (leptos 0.8), so server and browser both set its content as escaped `inner_html`.

use leptos::prelude::*;

use crate::ui::{Erase, markup};

/// A multi-line field with label, hint and error.
#[component]
pub fn TextArea(
    /// The field's name in the form; unique on the page together with `scope`.
    name: &'static str,
    /// The label.
    #[prop(into)]
    label: String,
    /// Distinguishes several forms of one kind on a page.
    #[prop(optional, into)]
    scope: String,
    /// The initial value.
    #[prop(optional, into)]
    value: String,
    /// A sentence below the label.
    #[prop(optional, into)]
    hint: String,
    /// The field's error.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// Maximum number of characters, as the server counts them. Longer text is reported by
    /// `shell/guard.js`, not truncated.
    limit: usize,
    /// Visible lines.
    #[prop(default = 5)]
    rows: u32,
    /// Whether the field is required.
    #[prop(optional)]
    required: bool,
    /// The name of the draft under which the browser keeps the text until it is sent.
    #[prop(optional, into)]
    draft: String,
) -> impl IntoView {
    let id = format!("{name}{scope}");
    let (hint_id, error_id) = (format!("{id}-hint"), format!("{id}-error"));
    let count_id = format!("{id}-count");
    let described = format!("{hint_id} {count_id} {error_id}");
    #[cfg(feature = "hydrate")]
    {
        let id = id.clone();
        // In the next frame: after a navigation the field is not in the document yet.
        request_animation_frame(move || {
            if let Some(field) = crate::dom::by_id(&id) {
                crate::ui::drafts::fill(&field);
            }
        });
    }
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <p class="hint" id=hint_id>{hint}</p>
            <textarea
                id=id
                name=name
                dir="auto"
                rows=rows
                // Otherwise a browser that refills the form on Back could show one person's text to
                // another.
                autocomplete="off"
                data-limit=limit
                required=required
                autofocus=error.with_untracked(Option::is_some)
                data-draft=draft
                aria-describedby=described
                aria-invalid=move || error.get().is_some().then_some("true")
                inner_html=content(&value)
            ></textarea>
            <p class="counter" id=count_id aria-live="polite"></p>
            <p class="error" id=error_id inner_html=move || markup(&error.get().unwrap_or_default())></p>
        </div>
    }
    .erase()
}

/// Escapes text for a textarea, whose parser drops one leading line break (HTML Living Standard,
/// section 13.2.6.4.7).
fn content(text: &str) -> String {
    let text = markup(text);
    if text.starts_with('\n') {
        format!("\n{text}")
    } else {
        text
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use leptos::prelude::*;

    use super::*;

    #[test]
    fn text_in_a_field_is_escaped() {
        let owner = Owner::new();
        let html = owner.with(|| {
            view! { <TextArea name="body" label="Words" limit=10 value="</textarea><script>alert(1)</script>"/> }
                .erase()
                .to_html()
        });
        assert!(!html.contains("<script"), "{html}");
        assert!(html.contains("&lt;/textarea&gt;&lt;script&gt;"), "{html}");
    }

    #[test]
    fn only_this_file_renders_the_tag() {
        fn search(folder: &std::path::Path, found: &mut Vec<String>) {
            for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
                let path = entry.path();
                if path.is_dir() {
                    search(&path, found);
                } else if std::fs::read_to_string(&path)
                    .is_ok_and(|text| text.contains(concat!("<", "textarea")))
                {
                    found.push(
                        path.file_name()
                            .unwrap_or_default()
                            .to_string_lossy()
                            .into_owned(),
                    );
                }
            }
        }
        // Read at run time: several checkouts may share build output.
        let here = std::env::var("CARGO_MANIFEST_DIR").expect("cargo names the package's folder");
        let mut found = Vec::new();
        search(&std::path::Path::new(&here).join("src"), &mut found);
        assert_eq!(found, ["textarea.rs"]);
    }
}
