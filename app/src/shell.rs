//! The HTML document: head, scripts, and the content security policy.

mod scripts;

use axum::http::{HeaderName, HeaderValue, header, request::Parts};
use leptos::{nonce::use_nonce, prelude::*};
use leptos_axum::ResponseOptions;
use leptos_meta::{MetaTags, provide_meta_context};
use shared::paths;

use crate::{
    Site,
    boot::{self, Boot},
    i18n::locale,
    inbox::bell::{LiveBell, NotificationBell},
    places,
    routes::lives_in_the_browser,
    ui::{Footer, Header, SiteOrigin, Unread},
};

/// URLs of the assets; file names contain a content hash.
#[derive(Clone, Debug)]
pub struct Assets {
    /// The JavaScript that loads the WASM.
    pub js: String,
    /// The WASM.
    pub wasm: String,
    /// The style sheet.
    pub css: String,
    /// The site's origin, for absolute URLs.
    pub origin: String,
    /// The origin of the page's sockets, for the policy.
    pub socket_origin: String,
    /// Options of the development reload, which needs further sources in the policy.
    pub reload: Option<leptos::config::LeptosOptions>,
}

/// The whole document.
pub fn shell(assets: Assets) -> impl IntoView {
    provide_meta_context();
    let boot = boot::read();
    let data = as_script(&boot);
    let bell = LiveBell::new(&boot);
    provide_context(boot.clone());
    provide_context(SiteOrigin::new(assets.origin.clone()));
    if let Some(bell) = bell {
        provide_context(bell);
        provide_context(Unread(Signal::derive(move || bell.unread())));
    }
    // A rejected form is shown at the path it was sent to, which the browser's router would not
    // match.
    let lives = boot.rejected.is_none()
        && with_context::<Parts, _>(|parts| lives_in_the_browser(parts.uri.path())).unwrap_or(true);
    let l = locale();
    let nonce = use_nonce();
    if let (Some(options), Some(nonce)) = (use_context::<ResponseOptions>(), &nonce) {
        let reload = if assets.reload.is_some() { " ws:" } else { "" };
        let policy = format!(
            "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; \
             img-src 'self' data: blob:; connect-src 'self' {}{reload}; font-src 'self'; manifest-src 'self'; form-action 'self'; \
             base-uri 'none'; frame-ancestors 'none'",
            assets.socket_origin
        );
        if let Ok(policy) = HeaderValue::from_str(&policy) {
            options.insert_header(header::CONTENT_SECURITY_POLICY, policy);
        }
        options.insert_header(
            HeaderName::from_static("cross-origin-opener-policy"),
            HeaderValue::from_static("same-origin"),
        );
    }
    view! {
        <!DOCTYPE html>
        <html lang=l.tag() dir=l.dir() data-language=l.tag() data-person=boot.viewer.as_ref().map(|viewer| viewer.id.to_string())>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <script nonce=nonce.clone() data-words=scripts::guard_words(l) inner_html=scripts::GUARD.as_str()></script>
                <meta name="theme-color" content="#f8f6f2" media="(prefers-color-scheme: light)"/>
                <meta name="theme-color" content="#161412" media="(prefers-color-scheme: dark)"/>
                <link rel="icon" href=paths::files::ICON type="image/svg+xml"/>
                <link rel="apple-touch-icon" href=paths::files::TOUCH_ICON/>
                <link rel="manifest" href=paths::files::MANIFEST/>
                <link rel="stylesheet" href=assets.css/>
                <script nonce=nonce.clone() inner_html=scripts::PICTURES.as_str()></script>
                {assets.reload.map(|options| view! { <AutoReload options/> })}
                <MetaTags/>
            </head>
            <body>
                <a class="skip" href="#main" rel="external">{l.skip_to_content()}</a>
                <Header viewer=boot.viewer.clone()>
                    <div id=places::BELL class="bell-place">{bell.map(|bell| view! { <NotificationBell bell/> })}</div>
                </Header>
                // The browser takes over this element only if it has the id. The server fills in
                // the shape after rendering.
                <div id=lives.then_some(places::SITE) data-shape=lives.then_some("")><Site/></div>
                <Footer/>
                <script nonce=nonce.clone() data-now=l.just_now() inner_html=scripts::TIMES.as_str()></script>
                <script type="application/json" id=boot::ELEMENT inner_html=data></script>
                <script nonce=nonce data-js=assets.js data-wasm=assets.wasm inner_html=scripts::START.as_str()></script>
            </body>
        </html>
    }
}

/// JSON as the content of a script element. Escapes `<`, the only character that could end the
/// element.
fn as_script(boot: &Boot) -> String {
    serde_json::to_string(boot)
        .unwrap_or_default()
        .replace('<', "\\u003c")
}

#[cfg(test)]
mod tests {
    use shared::{UserId, dto::Viewer};

    use super::*;

    #[test]
    fn user_text_cannot_end_the_script_element() {
        let display_name = "</script><script>alert(1)</script>".to_owned();
        let viewer = Viewer {
            id: UserId(1),
            handle: "ann".into(),
            display_name,
        };
        let boot = Boot {
            viewer: Some(viewer),
            ..Boot::default()
        };
        let script = as_script(&boot);
        assert!(!script.contains('<'));
        assert_eq!(
            serde_json::from_str::<Boot>(&script).expect("read back"),
            boot
        );
    }
}
