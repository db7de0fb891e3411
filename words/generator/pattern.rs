//! Reads the text of one message.

use fluent_syntax::{
    ast::{
        Expression, InlineExpression, NamedArgument, Pattern, PatternElement, Variant, VariantKey,
    },
    unicode::unescape_unicode_to_string,
};

use super::{
    Language,
    catalogue::Patterns,
    markers::{DEFAULT, DIGITS, END, SELECT, TEXT, VALUE, VARIANT},
};

/// How deep references to other messages may lead.
const MAX_DEPTH: usize = 8;

/// The plural categories of CLDR.
const CATEGORIES: [&str; 6] = ["zero", "one", "two", "few", "many", "other"];

/// What is known of a parameter's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// Any text; a number, if the message says so elsewhere or in another language.
    Any,
    /// Text, since it selects by words.
    Text,
    /// A whole number.
    Count,
    /// A whole number, written without separators between its digits.
    Digits,
}

impl Type {
    /// Whether it is a whole number.
    pub fn is_number(self) -> bool {
        matches!(self, Self::Count | Self::Digits)
    }
}

/// A piece of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Literal text.
    Text(String),
    /// The value of a parameter.
    Value(String, Type),
    /// One of several texts, selected by a parameter; the default is the last one, under
    /// [`DEFAULT`].
    Select(String, Type, Vec<(String, Vec<Piece>)>),
}

/// Reads the messages of one file.
pub struct Reader<'a> {
    patterns: &'a Patterns<'a>,
    language: &'a Language,
}

impl<'a> Reader<'a> {
    pub fn new(patterns: &'a Patterns<'a>, language: &'a Language) -> Self {
        Self { patterns, language }
    }

    /// The pieces of a message, or what is wrong with it.
    pub fn read(&self, pattern: &Pattern<&str>) -> Result<Vec<Piece>, String> {
        let mut pieces = Vec::new();
        self.pattern(pattern, 0, &mut pieces)?;
        Ok(pieces)
    }

    fn pattern(
        &self,
        pattern: &Pattern<&str>,
        depth: usize,
        pieces: &mut Vec<Piece>,
    ) -> Result<(), String> {
        if depth > MAX_DEPTH {
            return Err("its references lead too deep, or in a circle".into());
        }
        for element in &pattern.elements {
            match element {
                PatternElement::TextElement { value } => literal(value, pieces)?,
                PatternElement::Placeable {
                    expression: Expression::Inline(inline),
                } => self.inline(inline, depth, pieces)?,
                PatternElement::Placeable {
                    expression: Expression::Select { selector, variants },
                } => pieces.push(self.select(selector, variants, depth)?),
            }
        }
        Ok(())
    }

    fn inline(
        &self,
        inline: &InlineExpression<&str>,
        depth: usize,
        pieces: &mut Vec<Piece>,
    ) -> Result<(), String> {
        let referred = |kind: &str, id: &str, found: Option<&&Pattern<&str>>, pieces| {
            let found = found.ok_or_else(|| format!("there is no {kind} {id}"))?;
            self.pattern(found, depth + 1, pieces)
        };
        match inline {
            InlineExpression::StringLiteral { value } => {
                literal(&unescape_unicode_to_string(value), pieces)
            }
            InlineExpression::NumberLiteral { value } => literal(value, pieces),
            InlineExpression::MessageReference {
                id,
                attribute: None,
            } => referred(
                "message",
                id.name,
                self.patterns.messages.get(id.name),
                pieces,
            ),
            InlineExpression::TermReference {
                id,
                attribute: None,
                arguments: None,
            } => referred("term", id.name, self.patterns.terms.get(id.name), pieces),
            InlineExpression::Placeable { expression } => match &**expression {
                Expression::Inline(inline) => self.inline(inline, depth, pieces),
                Expression::Select { selector, variants } => {
                    pieces.push(self.select(selector, variants, depth)?);
                    Ok(())
                }
            },
            _ => {
                let (name, kind) = variable(inline)?;
                pieces.push(Piece::Value(name, kind));
                Ok(())
            }
        }
    }

    fn select(
        &self,
        selector: &InlineExpression<&str>,
        variants: &[Variant<&str>],
        depth: usize,
    ) -> Result<Piece, String> {
        let (name, _) = variable(selector)?;
        let key = |variant: &Variant<&str>| match variant.key {
            VariantKey::Identifier { name } => name.to_owned(),
            VariantKey::NumberLiteral { value } => value.to_owned(),
        };
        let counts = |key: &str| CATEGORIES.contains(&key) || is_whole(key);
        let keys: Vec<String> = variants.iter().map(key).collect();
        let kind = if keys.iter().all(|key| counts(key)) {
            Type::Count
        } else if keys.iter().any(|key| is_whole(key)) {
            return Err(format!("the variants of ${name} mix numbers and words"));
        } else {
            Type::Text
        };
        let categories = self.language.categories;
        for (n, key) in keys.iter().enumerate() {
            if keys[..n].contains(key) {
                return Err(format!("${name} has the variant [{key}] twice"));
            }
            if kind == Type::Count && !is_whole(key) && !categories.contains(&key.as_str()) {
                return Err(format!("[{key}] is no plural category of this language"));
            }
        }
        let mut read = Vec::new();
        for (variant, key) in variants.iter().zip(keys) {
            let mut pieces = Vec::new();
            self.pattern(&variant.value, depth + 1, &mut pieces)?;
            if kind == Type::Count && variant.default && key != "other" {
                return Err(format!("the default of ${name} must be [other]"));
            }
            let key = if variant.default {
                DEFAULT.to_owned()
            } else {
                key
            };
            read.push((key, pieces));
        }
        // An exact number goes before its plural category, and the default is last.
        read.sort_by_key(|(key, _)| (key == DEFAULT, !is_whole(key)));
        Ok(Piece::Select(name, kind, read))
    }
}

fn is_whole(key: &str) -> bool {
    key.bytes().all(|byte| byte.is_ascii_digit())
}

/// The parameter that an expression names, `$name` or `NUMBER($name)`.
fn variable(inline: &InlineExpression<&str>) -> Result<(String, Type), String> {
    match inline {
        InlineExpression::VariableReference { id } => Ok((id.name.to_owned(), Type::Any)),
        InlineExpression::FunctionReference { id, arguments } if id.name == "NUMBER" => {
            match (&arguments.positional[..], &arguments.named[..]) {
                ([InlineExpression::VariableReference { id }], []) => {
                    Ok((id.name.to_owned(), Type::Count))
                }
                ([InlineExpression::VariableReference { id }], [option])
                    if is_ungrouped(option) =>
                {
                    Ok((id.name.to_owned(), Type::Digits))
                }
                _ => Err("NUMBER takes one variable, and no option but `useGrouping: 0`".into()),
            }
        }
        InlineExpression::FunctionReference { id, .. } => {
            Err(format!("the function {} is not supported", id.name))
        }
        _ => Err("this kind of placeable is not supported".into()),
    }
}

fn is_ungrouped(option: &NamedArgument<&str>) -> bool {
    option.name.name == "useGrouping"
        && matches!(option.value, InlineExpression::NumberLiteral { value: "0" })
}

fn literal(text: &str, pieces: &mut Vec<Piece>) -> Result<(), String> {
    if let Some(marker) = text.chars().find(|c| c.is_control() && *c != '\n') {
        return Err(format!("the text has the control character {marker:?}"));
    }
    if let Some(Piece::Text(before)) = pieces.last_mut() {
        before.push_str(text);
    } else {
        pieces.push(Piece::Text(text.to_owned()));
    }
    Ok(())
}

/// The parameters that a message uses, in order of appearance; some repeatedly.
pub fn parameters(pieces: &[Piece]) -> Vec<(&str, Type)> {
    let mut found = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Text(_) => {}
            Piece::Value(name, kind) => found.push((name.as_str(), *kind)),
            Piece::Select(name, kind, variants) => {
                found.push((name.as_str(), *kind));
                for (_, pieces) in variants {
                    found.extend(parameters(pieces));
                }
            }
        }
    }
    found
}

/// The message in the form that `render` reads; `letter` names the parameters.
pub fn encoded(pieces: &[Piece], letter: &impl Fn(&str) -> char) -> String {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(literal) => text.push_str(literal),
            Piece::Value(name, Type::Digits) => text.extend([DIGITS, letter(name)]),
            Piece::Value(name, _) => text.extend([VALUE, letter(name)]),
            Piece::Select(name, _, variants) => {
                text.extend([SELECT, letter(name)]);
                for (key, pieces) in variants {
                    text.push(VARIANT);
                    text.push_str(key);
                    text.push(TEXT);
                    text.push_str(&encoded(pieces, letter));
                }
                text.push(END);
            }
        }
    }
    text
}
