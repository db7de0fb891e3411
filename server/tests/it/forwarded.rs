//! Behind a proxy: rate limits apply to the client address that the trusted proxy reports, in any
//! notation, and never to an address forged by the client.

use serde_json::json;

use crate::{
    person::{Answer, PASSWORD},
    site::Site,
};

/// A sign-in attempt forwarded by a proxy on this machine.
async fn guess(site: &Site, headers: &[(&str, &str)], password: &str) -> u16 {
    let client = reqwest::Client::builder()
        .no_proxy()
        .build()
        .expect("a client");
    let mut request = client
        .post(site.url("/api/session"))
        .json(&json!({ "handle": "ann", "password": password }));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Answer::of(request).await.status
}

async fn behind(settings: &[(&str, &str)]) -> Site {
    let site = Site::with(settings);
    site.join("ann").await;
    site
}

/// Checks that these header values count as one client: guesses exhaust their common rate limit,
/// and another client is unaffected.
async fn share_a_limit(site: &Site, places: &[(&str, &str)], other: (&str, &str)) {
    for n in 0..8 {
        assert_eq!(
            guess(site, &[places[n % places.len()]], "wrong password").await,
            401,
            "{n} of {places:?}"
        );
    }
    for place in places {
        assert_eq!(
            guess(site, &[*place], PASSWORD).await,
            429,
            "{place:?} is over the limit"
        );
    }
    assert_eq!(
        guess(site, &[other], PASSWORD).await,
        200,
        "{other:?} is within the limit"
    );
}

#[tokio::test]
async fn ports_and_notation_do_not_change_the_limited_client() {
    let site = behind(&[("ARTCRITIQUE_TRUSTED_PROXIES", " 127.0.0.1 , ::1 ")]).await;
    let x = "x-forwarded-for";
    let places = [
        (x, "203.0.113.9"),
        (x, "203.0.113.9:1234"),
        (x, "203.0.113.9:999"),
        ("forwarded", "for=\"203.0.113.9:77\""),
    ];
    share_a_limit(&site, &places, (x, "203.0.113.10:1234")).await;
}

#[tokio::test]
async fn ipv6_clients_are_limited_by_their_64_bit_network() {
    let site = behind(&[("ARTCRITIQUE_TRUSTED_PROXIES", "127.0.0.0/8")]).await;
    let x = "x-forwarded-for";
    let places = [
        (x, "2001:db8:1:2::1"),
        (x, "[2001:db8:1:2::2]"),
        (x, "[2001:db8:1:2:ffff::3]:443"),
        ("forwarded", "for=\"[2001:db8:1:2::4]:4711\";proto=https"),
    ];
    share_a_limit(&site, &places, (x, "2001:db8:1:3::1")).await;
}

#[tokio::test]
async fn forged_forwarding_headers_are_ignored() {
    let site = behind(&[("ARTCRITIQUE_TRUSTED_PROXIES", "127.0.0.1")]).await;
    for n in 0..8 {
        // A proxy that writes X-Forwarded-For forwards the client's Forwarded header unchanged.
        let own = format!("for=198.51.100.{n}");
        assert_eq!(
            guess(
                &site,
                &[("x-forwarded-for", "203.0.113.9"), ("forwarded", &own)],
                "wrong password"
            )
            .await,
            401,
            "{n}"
        );
    }
    let twice = [
        ("x-forwarded-for", "203.0.113.9"),
        ("forwarded", "for=198.51.100.99"),
    ];
    assert_eq!(guess(&site, &twice, PASSWORD).await, 429);
    assert_eq!(
        guess(&site, &[("x-forwarded-for", "203.0.113.9")], PASSWORD).await,
        200
    );
    for n in 0..8 {
        let list = format!("198.51.100.{n}, 203.0.113.7");
        assert_eq!(
            guess(&site, &[("x-forwarded-for", &list)], "wrong password").await,
            401,
            "{n}"
        );
    }
    assert_eq!(
        guess(
            &site,
            &[("x-forwarded-for", "198.51.100.99, 203.0.113.7")],
            PASSWORD
        )
        .await,
        429
    );
}

#[tokio::test]
async fn the_trusted_forwarding_header_is_configurable() {
    let settings = [
        ("ARTCRITIQUE_TRUSTED_PROXIES", "127.0.0.1"),
        ("ARTCRITIQUE_FORWARDED_HEADER", "Forwarded"),
    ];
    let site = behind(&settings).await;
    for n in 0..8 {
        let own = format!("198.51.100.{n}");
        assert_eq!(
            guess(
                &site,
                &[("forwarded", "for=203.0.113.9"), ("x-forwarded-for", &own)],
                "wrong password"
            )
            .await,
            401
        );
    }
    assert_eq!(
        guess(&site, &[("forwarded", "for=203.0.113.9")], PASSWORD).await,
        429
    );
    assert_eq!(
        guess(&site, &[("forwarded", "for=203.0.113.8")], PASSWORD).await,
        200
    );
}
