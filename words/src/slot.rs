//! Messages of which one parameter is an element of the page.

/// Stands for the element: U+FFFC, object replacement character.
pub const SLOT: &str = "\u{fffc}";

/// The text before and after the element, in a message filled with [`SLOT`]. In
/// `around(&locale.artwork_by(SLOT))`, a link to the artist goes between the two.
pub fn around(message: &str) -> (&str, &str) {
    message.split_once(SLOT).unwrap_or((message, ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_split_around_its_element() {
        assert_eq!(around("by \u{fffc} in oil"), ("by ", " in oil"));
        assert_eq!(around("nobody"), ("nobody", ""));
    }
}
