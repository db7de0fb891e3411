//! The generator's answers to small catalogues.

#[path = "../../generator/generator.rs"]
mod generator;

use generator::{LANGUAGES, Source, generate};
use words::Locale;

/// The code, or the problems, of an English and a German file.
fn outcome(english: &str, german: &str) -> Result<String, Vec<String>> {
    let source = |file: &str, text: &str| Source {
        file: file.to_owned(),
        text: text.to_owned(),
    };
    generate(&[source("en.ftl", english), source("de.ftl", german)])
}

/// Asserts that the build fails with just these problems.
fn refused(english: &str, german: &str, expected: &[&str]) {
    match outcome(english, german) {
        Ok(code) => panic!("{english} {german}: {code}"),
        Err(problems) => assert_eq!(problems, expected, "{english} {german}"),
    }
}

/// Asserts that the code contains each of these parts.
fn generated(english: &str, german: &str, expected: &[&str]) {
    let code = outcome(english, german).expect("a sound catalogue");
    for part in expected {
        assert!(code.contains(part), "no {part} in {code}");
    }
}

/// The message as a selector on `$n` with these variants.
fn selecting(variants: &str) -> String {
    format!("a = {{ $n ->\n{variants}\n }}\n")
}

#[test]
fn languages_are_those_of_the_library() {
    let tags: Vec<&str> = LANGUAGES.iter().map(|language| language.tag).collect();
    let offered = Locale::offered(false).iter();
    assert_eq!(tags, offered.map(|locale| locale.tag()).collect::<Vec<_>>());
}

#[test]
fn messages_become_methods_with_typed_parameters() {
    generated(
        "## Group\n\n# Says <what> it is.\na-b = By { $who }\n",
        "a-b = Von { $who }\n",
        &[
            "pub fn a_b(self, who: &str) -> String",
            r#"self.fill("By \u{1}a\0Von \u{1}a", &[Value::Text(who)])"#,
            "/// > By {who}",
            r"/// Says \<what\> it is.",
            "/// The message `a-b`. Group",
        ],
    );
    generated(
        "a = Yes\n",
        "a = Ja\n",
        &[
            "pub fn a(self) -> Cow<'static, str>",
            r#"self.text("Yes\0Ja")"#,
        ],
    );
}

#[test]
fn a_parameter_is_a_number_if_any_language_uses_it_as_one() {
    for english in [
        "a = { $n } and { $who }\n",
        "a = { NUMBER($n) } and { $who }\n",
    ] {
        generated(
            english,
            "a = { $who } { $n ->\n [one] x\n *[other] y\n }\n",
            &["pub fn a(self, n: u64, who: &str) -> String"],
        );
    }
}

#[test]
fn exact_numbers_come_first_and_the_default_last() {
    generated(
        &selecting(" *[other] c\n [one] b\n [0] a"),
        &selecting(" [one] b\n *[other] c"),
        &[r"\u{2}a\u{3}0\u{4}a\u{3}one\u{4}b\u{3}*\u{4}c\u{5}"],
    );
}

#[test]
fn references_are_filled_in() {
    generated(
        "-brand = Art\nb = for { $who }\na = { -brand } { b }{ \"{\" }{ \"\\u00e9\" }\n",
        "-brand = Kunst\nb = für { $who }\na = { -brand } { b }\n",
        &[r#"self.fill("Art for \u{1}a{é\0Kunst für \u{1}a", &[Value::Text(who)])"#],
    );
}

#[test]
fn errors_are_found_by_their_code() {
    generated(
        "error-too-long = At most { NUMBER($max) }\n",
        "error-too-long = Höchstens { $max }\n",
        &[
            r#"pub const TOO_LONG: &str = "too-long";"#,
            r#""too-long" => ErrorMessage { texts: "At most \u{1}a\0Höchstens \u{1}a", names: &["max"], counts: &[true] }"#,
        ],
    );
}

#[test]
fn a_message_must_be_in_every_language() {
    refused(
        "a = A\nb = B\n",
        "b = B\nc = C\n",
        &[
            "en.ftl: c: the message is missing",
            "de.ftl: a: the message is missing",
        ],
    );
}

#[test]
fn variables_must_be_the_same_in_every_language() {
    refused(
        "a = { $who }\n",
        "a = { $what }\n",
        &[
            "de.ftl: a: the variable $who is not used",
            "de.ftl: a: the variable $what is unknown",
        ],
    );
    refused(
        "a = { $who }\n",
        "a = A\n",
        &["de.ftl: a: the variable $who is not used"],
    );
    refused(
        "a = A\n",
        "a = { $who }\n",
        &["de.ftl: a: the variable $who is unknown"],
    );
}

#[test]
fn a_variable_must_have_one_type() {
    refused(
        &selecting(" [one] b\n *[other] c"),
        &selecting(" [mon] b\n *[tue] c"),
        &["a: $n is a number in one place and a word in another"],
    );
    refused(
        &selecting(" [1] b\n *[tue] c"),
        "a = { $n }\n",
        &["en.ftl: a: the variants of $n mix numbers and words"],
    );
}

#[test]
fn a_selector_needs_a_default_and_different_variants() {
    let problems =
        outcome(&selecting(" [one] b\n [other] c"), "a = { $n }\n").expect_err("no default");
    assert!(problems[0].starts_with("en.ftl:4: "), "{problems:?}");
    assert!(problems[0].contains("default"), "{problems:?}");
    for (variants, expected) in [
        (
            " [one] b\n [one] d\n *[other] c",
            "$n has the variant [one] twice",
        ),
        (" [other] b\n *[one] c", "the default of $n must be [other]"),
        (
            " [few] b\n *[other] c",
            "[few] is no plural category of this language",
        ),
    ] {
        refused(
            &selecting(variants),
            "a = { $n }\n",
            &[&format!("en.ftl: a: {expected}")],
        );
    }
}

#[test]
fn an_id_must_be_there_once() {
    refused(
        "a = A\na = B\n",
        "a = A\n",
        &["en.ftl: a: the id is there twice"],
    );
    refused(
        "a-b = A\na_b = B\n",
        "a-b = A\na_b = B\n",
        &["a_b: its name in Rust is that of a-b"],
    );
}

#[test]
fn names_that_rust_can_not_take_are_refused() {
    refused(
        "type = A\n",
        "type = A\n",
        &["type: `type` can't be the name of a message"],
    );
    refused(
        "error = A\n",
        "error = A\n",
        &["error: `error` can't be the name of a message"],
    );
    refused(
        "a = { $self }\n",
        "a = { $self }\n",
        &["a: $self can't be the name of a parameter"],
    );
}

#[test]
fn unsupported_syntax_is_refused() {
    for (message, expected) in [
        (
            "a = { DATETIME($at) }",
            "a: the function DATETIME is not supported",
        ),
        (
            "a = { NUMBER($n, minimumFractionDigits: 2) }",
            "a: NUMBER takes one variable, and no option but `useGrouping: 0`",
        ),
        ("a = A\n .title = B", "a: attributes are not supported"),
        ("a = { b }", "a: there is no message b"),
        ("a = { -b }", "a: there is no term b"),
        (
            "a = { a }",
            "a: its references lead too deep, or in a circle",
        ),
        (
            "-b = B\na = { -b(case: \"x\") }",
            "a: this kind of placeable is not supported",
        ),
        (
            "a = \u{1}",
            "a: the text has the control character '\\u{1}'",
        ),
    ] {
        refused(
            &format!("{message}\n"),
            "a = A\n",
            &[&format!("en.ftl: {expected}")],
        );
    }
}

#[test]
fn a_syntax_error_is_reported_with_its_line() {
    let problems = outcome("a = A\n\nb C\n", "a = A\n").expect_err("no equals sign");
    assert!(problems[0].starts_with("en.ftl:3: "), "{problems:?}");
}
