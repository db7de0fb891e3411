//! The shape of a stretch of a page as one number: which elements, texts and comments stand in it,
//! in document order.
//!
//! The server writes the shape of what it rendered into the page. The browser computes it again
//! from the DOM before it hydrates: an extension or a translator that changed the DOM in between
//! changes the shape, and hydrating would fail.

/// An FNV-1a hash over the nodes, 32 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape(u32);

impl Default for Shape {
    fn default() -> Self {
        Self(0x811c_9dc5)
    }
}

impl Shape {
    /// An element begins; `tag` in lower case.
    pub fn open(&mut self, tag: &str) {
        self.byte(b'<');
        tag.bytes().for_each(|byte| self.byte(byte));
    }

    /// The element that began last ends.
    pub fn close(&mut self) {
        self.byte(b'>');
    }

    /// A text node. Its words don't matter.
    pub fn text(&mut self) {
        self.byte(b't');
    }

    /// A comment. Its words don't matter.
    pub fn comment(&mut self) {
        self.byte(b'!');
    }

    fn byte(&mut self, byte: u8) {
        self.0 = (self.0 ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    }
}

/// Whether an element's content is taken as it is, by `inner_html` or as one inert piece: hydration
/// does not walk into it, so its shape does not matter. `tag` in lower case.
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
