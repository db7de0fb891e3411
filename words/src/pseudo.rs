//! The pseudo-language: English, accented and longer.

/// Begins each message, so that a test can tell translated text.
pub const OPEN: char = '⟦';
/// Ends each message.
pub const CLOSE: char = '⟧';
/// Begins each parameter: first strong isolate (UAX #9).
pub const ISOLATE: char = '\u{2068}';
/// Ends each parameter: pop directional isolate.
pub const POP: char = '\u{2069}';

/// The accented letters, in the order of the alphabet.
const SMALL: &str = "åƀçðéƒĝĥîĵķļɱñöþɋŕšţûṽŵẋýž";
const LARGE: &str = "ÅƁÇÐÉƑĜĤÎĴĶĻṀÑÖÞɊŔŠŢÛṼŴẊÝŽ";

/// Adds a character of a message. Vowels double, which makes English about 40 % longer.
pub fn push(c: char, out: &mut String) {
    let accented = match c {
        'a'..='z' => SMALL.chars().nth(c as usize - 'a' as usize),
        'A'..='Z' => LARGE.chars().nth(c as usize - 'A' as usize),
        _ => None,
    };
    let shown = accented.unwrap_or(c);
    out.push(shown);
    if matches!(c, 'a' | 'e' | 'i' | 'o' | 'u') {
        out.push(shown);
    }
}
