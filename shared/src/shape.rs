//! A hash of the structure of part of a page: its elements, text nodes and comments in document
//! order.
//!
//! The server writes the shape of the HTML it rendered into the page. The browser computes it again
//! from the DOM before it hydrates: if an extension or a translator has changed the DOM, the shapes
//! differ, and hydration would fail.

/// A 32-bit FNV-1a hash over the nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape(u32);

impl Default for Shape {
    fn default() -> Self {
        Self(0x811c_9dc5)
    }
}

impl Shape {
    /// Adds the start of an element; `tag` in lower case.
    pub fn open(&mut self, tag: &str) {
        self.byte(b'<');
        tag.bytes().for_each(|byte| self.byte(byte));
    }

    /// Adds the end of the innermost open element.
    pub fn close(&mut self) {
        self.byte(b'>');
    }

    /// Adds a text node, regardless of its text.
    pub fn text(&mut self) {
        self.byte(b't');
    }

    /// Adds a comment, regardless of its text.
    pub fn comment(&mut self) {
        self.byte(b'!');
    }

    fn byte(&mut self, byte: u8) {
        self.0 = (self.0 ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    }
}

/// Whether hydration skips the element's content, because it was set by `inner_html` or as one
/// inert piece; the shape excludes such content. `tag` in lower case.
pub fn is_opaque(tag: &str, class: &str) -> bool {
    tag == "svg"
        || class
            .split_ascii_whitespace()
            .any(|class| matches!(class, "prose" | "as-sent"))
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:x}", self.0)
    }
}
