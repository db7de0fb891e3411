//! The only place that writes a textarea. Server rendering does not escape the children of that
//! element (leptos 0.8), so the text goes in escaped, by the same call on both ends.

use leptos::prelude::*;

use super::{Erase, markup};

/// A field for several lines, with its label, hint and error.
#[component]
pub fn TextArea(
    /// The field's name in the form; unique on the page together with `scope`.
    name: &'static str,
    /// What it is called.
    label: &'static str,
    /// Tells forms of one kind on a page apart.
    #[prop(optional, into)]
    scope: String,
    /// What stands in it at first.
    #[prop(optional, into)]
    value: String,
    /// A sentence below the label.
    #[prop(optional, into)]
    hint: String,
    /// Why it was refused.
    #[prop(optional, into)]
    error: Signal<Option<String>>,
    /// Most characters, as the server counts them. Nothing is cut; the script before the program
    /// says what is too much.
    limit: usize,
    /// Visible lines.
    #[prop(default = 5)]
    rows: u32,
    /// Whether it may not be left empty.
    #[prop(optional)]
    required: bool,
    /// Keeps what is typed in the browser under this name until it has been sent.
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
        Effect::new(move |_| {
            if let Some(field) = crate::dom::by_id(&id) {
                crate::pages::drafts::fill(&field);
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
                // A browser that filled the field by itself on the way back would show one person's
                // words to the next.
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

/// Text as the content of a textarea, whose parser drops one leading line break (HTML Living
/// Standard, section 13.2.6.4.7).
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
    fn what_was_typed_can_not_leave_the_field() {
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
    fn no_other_file_writes_the_tag() {
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
        // Asked as the test runs: build output may be shared by several checkouts.
        let here = std::env::var("CARGO_MANIFEST_DIR").expect("cargo names the package's folder");
        let mut found = Vec::new();
        search(&std::path::Path::new(&here).join("src"), &mut found);
        assert_eq!(found, ["textarea.rs"]);
    }
}
