use crate::net::forwarded::*;

fn proxies() -> Vec<IpNet> {
    ["10.0.0.0/8", "::1/128"]
        .iter()
        .map(|network| network.parse().expect("a network"))
        .collect()
}

fn asked(peer: &str, lines: &[(&'static str, &[u8])], trusted_header: TrustedHeader) -> String {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(
            *name,
            axum::http::HeaderValue::from_bytes(value).expect("a value"),
        );
    }
    client(
        peer.parse().expect("an address"),
        &headers,
        &proxies(),
        trusted_header,
    )
    .to_string()
}

fn by_x(peer: &str, lines: &[&str]) -> String {
    let lines: Vec<(&str, &[u8])> = lines
        .iter()
        .map(|line| ("x-forwarded-for", line.as_bytes()))
        .collect();
    asked(peer, &lines, TrustedHeader::Either)
}

fn by_forwarded(lines: &[&str]) -> String {
    let lines: Vec<(&str, &[u8])> = lines
        .iter()
        .map(|line| ("forwarded", line.as_bytes()))
        .collect();
    asked("10.1.2.3", &lines, TrustedHeader::Either)
}

#[test]
fn only_trusted_proxies_are_believed_up_to_the_first_unknown_hop() {
    assert_eq!(
        by_x("203.0.113.9", &["198.51.100.1"]),
        "203.0.113.9",
        "a stranger's word"
    );
    assert_eq!(by_x("10.1.2.3", &[]), "10.1.2.3");
    assert_eq!(by_x("10.1.2.3", &["198.51.100.1"]), "198.51.100.1");
    assert_eq!(
        by_x("10.1.2.3", &["1.1.1.1, 198.51.100.1, 10.9.9.9"]),
        "198.51.100.1",
        "what it wrote itself"
    );
    assert_eq!(
        by_x("10.1.2.3", &["1.1.1.1", "198.51.100.1"]),
        "198.51.100.1",
        "two headers are one list"
    );
    assert_eq!(by_x("10.1.2.3", &["198.51.100.1, nonsense"]), "10.1.2.3");
    assert_eq!(
        by_x("::ffff:10.1.2.3", &["198.51.100.1"]),
        "198.51.100.1",
        "IPv4 in IPv6"
    );
}

#[test]
fn addresses_are_parsed_in_every_form_proxies_write() {
    for (written, read) in [
        ("203.0.113.9", "203.0.113.9"),
        ("203.0.113.9:1234", "203.0.113.9"),
        (" 203.0.113.9 ", "203.0.113.9"),
        ("2001:db8::9", "2001:db8::9"),
        ("[2001:db8::9]", "2001:db8::9"),
        ("[2001:db8::9]:443", "2001:db8::9"),
        ("\"[2001:db8::9]:443\"", "2001:db8::9"),
        ("\"203.0.113.9\"", "203.0.113.9"),
        ("[::ffff:203.0.113.9]:80", "203.0.113.9"),
        ("fe80::1%eth0", "fe80::1"),
        ("[fe80::1%25eth0]:9", "fe80::1"),
        ("203.0.113.9:_port", "203.0.113.9"),
        (", 203.0.113.9 ,", "203.0.113.9"),
    ] {
        assert_eq!(by_x("10.1.2.3", &[written]), read, "{written}");
    }
    for unreported in [
        "unknown",
        "_hidden",
        "_SEVKISEK",
        "",
        ",",
        "203.0.113.9:99999",
        "[203.0.113.9]",
        "[2001:db8::9",
        "a.b.c.d",
    ] {
        assert_eq!(by_x("10.1.2.3", &[unreported]), "10.1.2.3", "{unreported}");
    }
    assert_eq!(
        by_x("10.1.2.3", &["198.51.100.1, unknown"]),
        "10.1.2.3",
        "no further than the proxy knew"
    );
}

#[test]
fn invalid_bytes_do_not_hide_the_entries_to_their_right() {
    let line: &[u8] = b"\xe4\xff, 203.0.113.9";
    assert_eq!(
        asked(
            "10.1.2.3",
            &[("x-forwarded-for", line)],
            TrustedHeader::Either
        ),
        "203.0.113.9"
    );
    let lines: [(&str, &[u8]); 2] = [
        ("forwarded", b"for=\xe4"),
        ("forwarded", b"for=203.0.113.9"),
    ];
    assert_eq!(
        asked("10.1.2.3", &lines, TrustedHeader::Either),
        "203.0.113.9"
    );
}

#[test]
fn forwarded_headers_are_parsed() {
    for (lines, read) in [
        (&["for=203.0.113.9"][..], "203.0.113.9"),
        (
            &["For=203.0.113.9;proto=http;by=203.0.113.43"],
            "203.0.113.9",
        ),
        (&["by=10.0.0.1; for = 1"], "10.1.2.3"),
        (
            &["proto=https;for=\"203.0.113.9:4711\";host=\"a,b;c\""],
            "203.0.113.9",
        ),
        (&["for=\"[2001:db8:cafe::17]:4711\""], "2001:db8:cafe::17"),
        (&["for=[2001:db8:cafe::17]"], "2001:db8:cafe::17"),
        (
            &["for=1.1.1.1, for=203.0.113.9, for=10.4.4.4"],
            "203.0.113.9",
        ),
        (&["for=1.1.1.1", "for=203.0.113.9"], "203.0.113.9"),
        (&["for=203.0.113.9, for=unknown"], "10.1.2.3"),
        (&["for=203.0.113.9, for=\"_hidden\""], "10.1.2.3"),
        (&["for=203.0.113.9, proto=https"], "10.1.2.3"),
        (&["for=\"203.0.113.\\9\""], "203.0.113.9"),
        (&[""], "10.1.2.3"),
        (&["nonsense"], "10.1.2.3"),
    ] {
        assert_eq!(by_forwarded(lines), read, "{lines:?}");
    }
}

#[test]
fn an_unterminated_quote_cannot_forge_an_address() {
    assert_eq!(
        by_forwarded(&["for=\"1.1.1.1", "for=203.0.113.9"]),
        "203.0.113.9",
        "in a line of its own"
    );
    for joined in [
        "for=\"1.1.1.1, for=203.0.113.9",
        "for=\"1.1.1.1, for=\"[2001:db8::1]\"",
        "for=\"\\, for=\"203.0.113.9\"",
    ] {
        assert_eq!(
            by_forwarded(&[joined]),
            "10.1.2.3",
            "{joined}: not what the client made up"
        );
    }
}

#[test]
fn a_header_the_proxies_do_not_write_is_never_believed() {
    let both = |x: &'static str, forwarded: &'static str, trusted_header| {
        asked(
            "10.1.2.3",
            &[
                ("x-forwarded-for", x.as_bytes()),
                ("forwarded", forwarded.as_bytes()),
            ],
            trusted_header,
        )
    };
    assert_eq!(
        both("203.0.113.9", "for=203.0.113.9", TrustedHeader::Either),
        "203.0.113.9"
    );
    assert_eq!(
        both("203.0.113.9", "for=198.51.100.7", TrustedHeader::Either),
        "10.1.2.3",
        "one of them is a lie"
    );
    assert_eq!(
        both(
            "203.0.113.9",
            "for=198.51.100.7",
            TrustedHeader::XForwardedFor
        ),
        "203.0.113.9"
    );
    assert_eq!(
        both("203.0.113.9", "for=198.51.100.7", TrustedHeader::Forwarded),
        "198.51.100.7"
    );
    let only_x: [(&str, &[u8]); 1] = [("x-forwarded-for", b"203.0.113.9")];
    assert_eq!(
        asked("10.1.2.3", &only_x, TrustedHeader::Forwarded),
        "10.1.2.3"
    );
}
