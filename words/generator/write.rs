//! Writes the Rust code.

use std::fmt::{Error, Write};

use super::{
    agree::{Joined, function},
    markers::{DIGITS, END, LANGUAGE, SELECT, TEXT, VALUE, VARIANT},
};

/// How the ids of errors begin. What follows is the error's code.
const ERROR: &str = "error-";

/// The code for all messages.
pub fn code(messages: &[Joined<'_>]) -> String {
    let mut code = String::new();
    // Writing to a string does not fail.
    let _: Result<(), Error> = write_all(messages, &mut code);
    code
}

fn write_all(messages: &[Joined<'_>], code: &mut String) -> Result<(), Error> {
    writeln!(code, "impl Locale {{")?;
    for message in messages {
        method(message, code)?;
    }
    writeln!(code, "}}\n")?;
    errors(messages, code)?;
    samples(messages, code)
}

/// One message as a method of `Locale`.
fn method(message: &Joined<'_>, code: &mut String) -> Result<(), Error> {
    let Joined {
        id,
        group,
        comment,
        parameters,
        texts,
    } = message;
    for line in texts.first().map_or("", |text| text.as_str()).lines() {
        writeln!(code, "    /// > {}", shown(line, parameters))?;
    }
    writeln!(code, "    ///")?;
    if !comment.is_empty() {
        writeln!(code, "    /// {}\n    ///", escaped(comment))?;
    }
    let group = if group.is_empty() {
        String::new()
    } else {
        format!(" {}", escaped(group))
    };
    writeln!(code, "    /// The message `{id}`.{group}")?;
    let name = function(id);
    let texts = literal(texts);
    if parameters.is_empty() {
        writeln!(
            code,
            "    pub fn {name}(self) -> Cow<'static, str> {{\n        self.text({texts})\n    }}"
        )
    } else {
        let declared: String = parameters
            .iter()
            .map(|(name, count)| {
                let kind = if *count { "u64" } else { "&str" };
                format!(", {}: {kind}", function(name))
            })
            .collect();
        let values: Vec<String> = parameters
            .iter()
            .map(|(name, count)| {
                let kind = if *count { "Count" } else { "Text" };
                format!("Value::{kind}({})", function(name))
            })
            .collect();
        writeln!(
            code,
            "    pub fn {name}(self{declared}) -> String {{\n        self.fill({texts}, &[{}])\n    }}",
            values.join(", ")
        )
    }
}

/// The errors: constants for the codes, and the lookup.
fn errors(messages: &[Joined<'_>], code: &mut String) -> Result<(), Error> {
    let errors = || {
        messages
            .iter()
            .filter_map(|message| Some((message.id.strip_prefix(ERROR)?, message)))
    };
    writeln!(
        code,
        "/// The codes of the errors in the catalogue.\npub mod codes {{"
    )?;
    for (error, message) in errors() {
        let text = message.texts.first().map_or("", |text| text.as_str());
        writeln!(
            code,
            "    /// {}\n    pub const {}: &str = {error:?};",
            shown(text, &message.parameters),
            function(error).to_ascii_uppercase()
        )?;
    }
    writeln!(code, "}}\n\n#[cfg(feature = \"errors\")]")?;
    writeln!(
        code,
        "pub(crate) fn error_message(code: &str) -> Option<ErrorMessage> {{\n    Some(match code {{"
    )?;
    for (error, message) in errors() {
        let names: Vec<&str> = message.parameters.iter().map(|(name, _)| *name).collect();
        let counts: Vec<bool> = message.parameters.iter().map(|(_, count)| *count).collect();
        writeln!(
            code,
            "        {error:?} => ErrorMessage {{ texts: {}, names: &{names:?}, counts: &{counts:?} }},",
            literal(&message.texts)
        )?;
    }
    writeln!(code, "        _ => return None,\n    }})\n}}\n")?;
    let all: Vec<&str> = errors().map(|(error, _)| error).collect();
    writeln!(
        code,
        "#[cfg(test)]\npub(crate) const CODES: &[&str] = &{all:?};\n"
    )
}

/// All messages with sample values, for tests.
fn samples(messages: &[Joined<'_>], code: &mut String) -> Result<(), Error> {
    writeln!(
        code,
        "#[cfg(test)]\npub(crate) type Sample = fn(Locale, u64) -> Cow<'static, str>;\n\n\
         #[cfg(test)]\npub(crate) const SAMPLES: &[(&str, Sample)] = &["
    )?;
    for message in messages {
        let values: Vec<String> = message
            .parameters
            .iter()
            .map(|(name, count)| {
                if *count {
                    "n".into()
                } else {
                    format!("\"‹{name}›\"")
                }
            })
            .collect();
        let counts = message.parameters.iter().any(|(_, count)| *count);
        let into = if values.is_empty() { "" } else { ".into()" };
        writeln!(
            code,
            "    ({:?}, |locale, {}| locale.{}({}){into}),",
            message.id,
            if counts { "n" } else { "_" },
            function(message.id),
            values.join(", ")
        )?;
    }
    writeln!(code, "];")
}

/// The texts in all languages as one literal.
fn literal(texts: &[String]) -> String {
    let differ = texts.windows(2).any(|pair| pair[0] != pair[1]);
    let texts = if differ {
        texts
    } else {
        texts.get(..1).unwrap_or_default()
    };
    format!("{:?}", texts.join(&LANGUAGE.to_string()))
}

/// A message for people to read: `{name}` stands for a parameter.
fn shown(text: &str, parameters: &[(&str, bool)]) -> String {
    let (mut shown, mut chars) = (String::new(), text.chars());
    let name = |letter: Option<char>| {
        let place = letter.map_or(0, |letter| {
            letter as usize - usize::from(super::markers::FIRST)
        });
        parameters.get(place).map_or("", |(name, _)| *name)
    };
    while let Some(c) = chars.next() {
        match c {
            VALUE | DIGITS => shown.push_str(&format!("{{{}}}", name(chars.next()))),
            SELECT => shown.push_str(&format!("{{{}:", name(chars.next()))),
            VARIANT => shown.push_str(" ("),
            TEXT => shown.push_str(") "),
            END => shown.push('}'),
            c => shown.push(c),
        }
    }
    escaped(shown.trim())
}

/// Text within a doc comment, where Markdown and HTML would be read.
fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for c in text.chars() {
        if matches!(c, '[' | ']' | '<' | '>' | '*' | '_' | '`' | '#' | '\\') {
            escaped.push('\\');
        }
        escaped.push(if c == '\n' { ' ' } else { c });
    }
    escaped
}
