use std::fmt::Write;

use proptest::prelude::*;

use crate::markdown::*;

fn html(text: &str) -> String {
    render(text).html
}

/// Maximum depth of open elements.
fn depth(html: &str) -> usize {
    let (mut open, mut deepest) = (0_usize, 0);
    for tag in html.split('<').skip(1) {
        match tag.as_bytes().first() {
            Some(b'/') => open = open.saturating_sub(1),
            _ if tag.starts_with("br>") || tag.starts_with("hr>") => {}
            _ => open += 1,
        }
        deepest = deepest.max(open);
    }
    deepest
}

#[test]
fn common_markdown_is_rendered() {
    assert_eq!(
        html("*soft* edges\nhere"),
        "<p><em>soft</em> edges<br>\nhere</p>\n"
    );
    assert!(
        html("[me](https://example.org)")
            .contains(r#"href="https://example.org" rel="nofollow ugc noopener noreferrer""#)
    );
    assert!(html("# Loud").starts_with("<h4>"));
    assert_eq!(
        html("<b>bold</b>\nand plain"),
        "<p>&lt;b&gt;bold&lt;/b&gt;<br>\nand plain</p>\n"
    );
    assert_eq!(
        html("<div>\none\n</div>"),
        "<p>&lt;div&gt;<br>\none<br>\n&lt;/div&gt;<br>\n</p>\n"
    );
    assert_eq!(
        html("- a\n  - b\n- c"),
        "<ul>\n<li>a\n<ul>\n<li>b</li>\n</ul>\n</li>\n<li>c</li>\n</ul>\n"
    );
}

#[test]
fn active_content_is_removed() {
    for attack in [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](vbscript:x)",
        "![x](javascript:alert(1))",
        "<a href='javascript:alert(1)'>x</a>",
        "[x](&#106;avascript:alert(1))",
        "<svg/onload=alert(1)>",
        "<!--><script>alert(1)</script>-->",
        "`</code><script>`",
        "[a](https://x\" onmouseover=\"alert(1))",
        "https://x\"onmouseover=\"alert(1)",
        "www.x.org/\"><script>alert(1)</script>",
        "<style>*{display:none}</style>",
        "</textarea><script>alert(1)</script>",
    ] {
        let html = html(attack).to_lowercase();
        for tag in html
            .split('<')
            .skip(1)
            .filter_map(|rest| rest.split('>').next())
        {
            let name = tag
                .trim_start_matches('/')
                .split([' ', '\n'])
                .next()
                .unwrap_or_default();
            assert!(
                ["a", "p", "br", "code"].contains(&name),
                "{attack} gave {html}"
            );
            for sign in ["javascript:", "data:", "vbscript:", " on", "style"] {
                assert!(!tag.contains(sign), "{attack} gave {html}");
            }
        }
    }
}

#[test]
fn excerpts_are_short_plain_text() {
    let excerpt = |text: &str| render(text).excerpt;
    assert_eq!(excerpt("# Hi\n\n*soft*  edges\n- a"), "Hi soft edges a");
    assert_eq!(excerpt(&"ü".repeat(200)).chars().count(), 141);
    assert_eq!(
        excerpt(&format!("{}👩\u{200d}👩\u{200d}👧", "a".repeat(138))),
        format!("{}…", "a".repeat(138)),
        "not within an emoji"
    );
    assert_eq!(
        excerpt("![a picture](https://x.org/y.png) of words"),
        "of words"
    );
    assert_eq!(excerpt(&format!("{}&#x202e;evil", "> ".repeat(3))), "evil");
}

#[test]
fn text_without_visible_content_is_blank() {
    for blank in [
        "[a]: https://example.org",
        "#",
        "# ",
        ">",
        "- ",
        "-",
        "1.",
        "> - >",
        "***",
        "---",
        "&nbsp;",
        "&#8203;",
        "&zwj;",
        "![](https://x.org)",
        "![alt](https://x.org/y.png)",
        "[](https://x.org)",
        "[ ](https://x.org)",
        "[&nbsp;](https://x.org)",
        "\u{3164}",
        "\u{2800}",
        "\u{200d}",
        "` `",
        "```\n```",
        "```rust\n\n```",
        "**&nbsp;**",
        "- \n- \n- ",
        "> ***\n> ***",
        "[![](https://x.org/y.png)](https://x.org)",
        "&#x2800;",
        "&#x3164;",
        "\u{301}",
        "> \u{ffa0}",
        "[a]: x\n[b]: y \"t\"",
        "&ZeroWidthSpace;",
        "&#x301;",
        "\\\n\\\n&nbsp;",
    ] {
        let rendered = render(blank);
        assert!(rendered.is_blank, "{blank:?} gave {}", rendered.html);
    }
    assert!(render(&">".repeat(10_000)).is_blank);
    for seen in [
        "a",
        ".",
        "\\#",
        "`a`",
        "[a](https://x.org)",
        "<!-- a -->",
        "https://x.org",
        "👍",
        "&amp;",
        "- a",
        "\\-",
        "[a]",
        "<br>",
        "- ![](x) b",
    ] {
        assert!(!render(seen).is_blank, "{seen:?}");
    }
}

#[test]
fn harmful_character_references_are_removed() {
    let html = html("a&#x202e;b&#8203;c&#xfeff;d &#x2028; &#7; `&#x202e;`");
    assert!(
        !html.contains(shared::text::is_harmful),
        "{}",
        html.escape_unicode()
    );
}

#[test]
fn nesting_is_limited_to_twelve_levels() {
    for marker in ["> ", ">", "- ", "* ", "1. ", "> - ", "- > 1. "] {
        let html = html(&format!("{}the words", marker.repeat(400)));
        // A list and its items are two elements.
        assert!(
            (12..=26).contains(&depth(&html)),
            "{marker}: {}",
            depth(&html)
        );
        assert!(html.contains("the words"), "{marker}");
    }
    let mut list = String::new();
    for level in 0..60 {
        let _ = writeln!(list, "{}- level {level}.", "  ".repeat(level));
    }
    let html_of_list = html(&list);
    assert!(depth(&html_of_list) <= 26, "{}", depth(&html_of_list));
    assert!(
        (0..60).all(|level| html_of_list.contains(&format!("level {level}."))),
        "{html_of_list}"
    );
    assert!(
        html_of_list.contains("level 40.<br>\n"),
        "flattened items keep their lines: {html_of_list}"
    );
    for marks in [
        ("*a **b ", " b** a*"),
        ("_a *b ", "*_"),
        ("~~a *b ", "b* a~~"),
    ] {
        let html = html(&format!(
            "{}the words{}",
            marks.0.repeat(200),
            marks.1.repeat(200)
        ));
        assert!(depth(&html) <= 14, "{}", depth(&html));
        assert!(html.contains("the words"));
    }
}

#[test]
fn blank_elements_and_repeated_breaks_are_removed() {
    assert_eq!(
        html("a\n\n#\n\n- \n\n> \n\n&nbsp;\n\nb"),
        "<p>a</p>\n<p>b</p>\n"
    );
    assert_eq!(
        html("a\n\n***\n\n***\n\n---\n\nb"),
        "<p>a</p>\n<hr>\n<p>b</p>\n"
    );
    for spacer in [
        "\\\n",
        "&nbsp;\n",
        "***\n",
        "#\n\n",
        "- \n\n",
        "&nbsp;\n\n",
        "- - - -\n",
        "<!-- -->\n\n",
    ] {
        let lines = html(&format!("a\n\n{}b", spacer.repeat(2_000)))
            .matches(['\n'])
            .count();
        assert!(
            lines < 20 || spacer.starts_with('<'),
            "{spacer:?}: {lines} lines"
        );
    }
}

#[test]
fn plain_urls_become_links() {
    for (text, href, shown) in [
        (
            "see https://example.org/a_b?c=d#e now",
            "https://example.org/a_b?c=d#e",
            "https://example.org/a_b?c=d#e",
        ),
        (
            "(https://example.org/a)",
            "https://example.org/a",
            "https://example.org/a",
        ),
        (
            "https://en.wikipedia.org/wiki/Dusk_(Redon).",
            "https://en.wikipedia.org/wiki/Dusk_(Redon)",
            "https://en.wikipedia.org/wiki/Dusk_(Redon)",
        ),
        (
            "\"https://example.org\", he said",
            "https://example.org",
            "https://example.org",
        ),
        (
            "**https://example.org**",
            "https://example.org",
            "https://example.org",
        ),
        (
            "www.example.org!",
            "https://www.example.org",
            "www.example.org",
        ),
        (
            "HTTPS://Example.org/A;",
            "HTTPS://Example.org/A",
            "HTTPS://Example.org/A",
        ),
        (
            "参考：https://example.org/a。",
            "https://example.org/a",
            "https://example.org/a",
        ),
        (
            "https://example.org/?a=1&b=2",
            "https://example.org/?a=1&amp;b=2",
            "https://example.org/?a=1&amp;b=2",
        ),
        (
            "http://localhost:3000/x",
            "http://localhost:3000/x",
            "http://localhost:3000/x",
        ),
    ] {
        let html = html(text);
        assert!(
            html.contains(&format!(
                "<a href=\"{href}\" rel=\"nofollow ugc noopener noreferrer\">{shown}</a>"
            )),
            "{text}: {html}"
        );
    }
    for text in [
        "`https://example.org`",
        "```\nhttps://example.org\n```",
        "    https://example.org",
        "example.org",
        "node.js",
        "javascript://x",
        "ftp://example.org",
        "https://",
        "www.",
        "a@example.org",
    ] {
        assert!(!html(text).contains("<a "), "{text}: {}", html(text));
    }
    let named = html("[https://one.example](https://two.example)");
    assert_eq!(named.matches("<a ").count(), 1, "{named}");
    assert!(named.contains("\"https://two.example\""), "{named}");
}

#[test]
fn a_misleading_url_shows_its_host() {
    for text in [
        "https://аррӏе.com/login",
        "<https://аррӏе.com/login>",
        "www.аррӏе.com",
    ] {
        let html = html(text);
        assert!(html.contains("xn--80ak6aa92e.com)</a>"), "{text}: {html}");
    }
    for text in [
        "https://bank.example@evil.example/",
        "<https://bank.example:x@evil.example/>",
    ] {
        assert!(
            html(text).contains("(evil.example)</a>"),
            "{text}: {}",
            html(text)
        );
    }
    assert!(
        html("https://example.org/ü").contains(">https://example.org/ü</a>"),
        "only the path is foreign"
    );
}

/// Texts of about `length` bytes that could make the parser's work or output superlinear.
fn hostile(length: usize) -> Vec<String> {
    let of = |unit: &str| unit.repeat(length / unit.len());
    let halves = |one: &str, other: &str| {
        one.repeat(length / 2 / one.len()) + &other.repeat(length / 2 / other.len())
    };
    let mut texts: Vec<String> = [
        ">",
        "> ",
        "- ",
        "1. ",
        "> - ",
        "[",
        "![",
        "[[a]](",
        "[a](",
        "[a]: ",
        "[a]: x\n",
        "[a](b)",
        "[](a",
        "*a_ ",
        "*a **b ",
        "_a__ ",
        "***a",
        "**",
        "~~a ",
        "`",
        "`a",
        "a`",
        "<",
        "<a",
        "<!--",
        "<?",
        "<![CDATA[",
        "</",
        "<a:",
        "<http://",
        "&",
        "&#",
        "&amp;",
        "\\",
        "#\n",
        "=\n",
        "---\n",
        "- a\n",
        "\n>",
        "> a\nb\n",
        "```\n",
        "~~~\na\n",
        "<div>\n\n",
        "http://a ",
        "www.a.b ",
        "http://",
        "a@b.c ",
        "://",
        ".",
        "*a*",
        "- - \n",
        "[^a]",
        "|-",
        "\u{301}",
        "a\u{202e}",
        "\u{2066}",
        "\u{2066}\u{2069}",
        "🏴\u{e0061}",
        "https://a.b/(",
        "https://\u{430}.b ",
        "\"",
        "'",
        "&nbsp;\n\n",
        "a\n",
        "a\n\n",
        "\\\n",
    ]
    .into_iter()
    .map(of)
    .collect();
    texts.extend(
        [
            (">", "a\n"),
            ("> ", "a\n"),
            ("- ", "a\n"),
            ("- ", "\n"),
            ("- ", "a\n\n"),
            ("- ", "\n\n  a"),
            ("[", "](a)"),
            ("*a ", "a* "),
            ("`", "a`"),
            ("(", ")"),
            ("[a](", ")"),
        ]
        .map(|(one, other)| halves(one, other)),
    );
    let third = length / 3;
    texts.push(format!(
        "[a]: https://e.org/{}\n\n{}",
        "x".repeat(third),
        "[a]".repeat(third / 3)
    ));
    texts.push(format!(
        "[a]: https://e.org/ \"{}\"\n\n{}",
        "&".repeat(third),
        "[a]".repeat(third / 3)
    ));
    texts.push((0..length / 14).fold(String::new(), |all, n| format!("{all}[a{n}]: x\n[a{n}]\n")));
    texts.push(
        (1..)
            .map(|n| format!("{}a", "`".repeat(n)))
            .take((2 * length).isqrt())
            .collect(),
    );
    texts.push(
        (0..)
            .map(|n| format!("{}- a\n", "  ".repeat(n)))
            .take(length.isqrt())
            .collect(),
    );
    texts
}

#[test]
fn html_size_is_bounded_for_hostile_input() {
    for text in hostile(10_000) {
        let begin: String = text.chars().take(30).collect();
        let rendered = render(&text);
        assert!(
            rendered.html.len() <= HTML_MAX,
            "{begin:?} gave {} bytes",
            rendered.html.len()
        );
        assert!(
            depth(&rendered.html) <= 40,
            "{begin:?} nests {} deep",
            depth(&rendered.html)
        );
        assert!(rendered.excerpt.chars().count() <= 141, "{begin:?}");
    }
    assert!(html(&"&".repeat(10_000)).len() <= HTML_MAX);
}

/// CPU time of this thread for rendering, in nanoseconds: the minimum of several runs, since other
/// processes only add to it.
fn work(text: &str) -> i64 {
    let worked = || {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        now.tv_sec * 1_000_000_000 + now.tv_nsec
    };
    let once = || {
        let begun = worked();
        std::hint::black_box(render(text));
        worked() - begun
    };
    (0..5).map(|_| once()).min().unwrap_or_default()
}

/// Work on a text 16 times as long may grow about 30-fold, not 256-fold.
#[test]
fn rendering_time_is_not_quadratic() {
    for (short, long) in hostile(8_000).iter().zip(hostile(128_000)) {
        let begin: String = short.chars().take(30).collect();
        let ratio = || work(&long) / work(short).max(50_000);
        assert!(
            (0..3).any(|_| ratio() < 80),
            "{begin:?}: {} times the work",
            ratio()
        );
    }
}

proptest! {
    #[test]
    fn html_of_any_text_is_bounded_and_safe(text in "([a-z*_`~<>\\[\\]()#!&;:/.\\\\\" \n-]|https://|\\]: |&#x202e;|\u{301}|\u{2066}){0,200}") {
        let rendered = render(&text);
        prop_assert!(rendered.html.len() <= HTML_MAX);
        prop_assert!(!rendered.html.contains("<script") && !rendered.html.contains("javascript:"));
        let tags_gone = rendered.html.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text)).collect::<String>();
        prop_assert_eq!(rendered.is_blank, is_blank(&tags_gone.replace("&nbsp;", " ")), "{}", rendered.html);
    }
}
