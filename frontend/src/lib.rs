//! The WASM entry point: takes over the page that the server sent.

/// Called by the page's script after the module has loaded.
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    app::hydrate();
}
