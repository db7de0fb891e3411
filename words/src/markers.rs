//! The characters between the literal parts of an encoded message, shared by the generator, which
//! writes them, and `render`, which reads them. Messages can't contain them.

/// Between the languages of a message: one literal costs a program less than one per language.
pub const LANGUAGE: char = '\0';
/// Followed by a parameter's letter: the parameter's value stands here.
pub const VALUE: char = '\u{1}';
/// As `VALUE`, for a number without separators between its digits.
pub const DIGITS: char = '\u{6}';
/// Followed by a parameter's letter: variants follow, of which its value selects one.
pub const SELECT: char = '\u{2}';
/// Followed by a key: a variant begins.
pub const VARIANT: char = '\u{3}';
/// Between a variant's key and its text.
pub const TEXT: char = '\u{4}';
/// The last variant ends.
pub const END: char = '\u{5}';

/// The key of the default variant, which is the last one.
pub const DEFAULT: &str = "*";
/// The letter of the first parameter.
pub const FIRST: u8 = b'a';
