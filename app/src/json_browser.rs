//! Reads JSON by the browser's parser: serde's own, compiled for each type, was a tenth of the
//! WASM.

use serde::de::{DeserializeOwned, Error as _};
pub use serde_wasm_bindgen::Error;

/// The value of this JSON text.
///
/// # Errors
/// When it is no JSON, or that of another type.
pub fn from_str<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    let value = js_sys::JSON::parse(text).map_err(|_| Error::custom("not JSON"))?;
    serde_wasm_bindgen::from_value(value)
}
