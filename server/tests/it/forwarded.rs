//! Behind a proxy: limits are for whom the proxy names, however it writes them, and for nobody that
//! a client makes up.

use serde_json::json;

use crate::{
    person::{Answer, PASSWORD},
    site::Site,
};

/// A try to sign in that a proxy on this machine passes on.
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

/// Guesses from these places until the last of them is held up, and checks that nobody is anywhere
/// else.
async fn are_one(site: &Site, places: &[(&str, &str)], other: (&str, &str)) {
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
            "{place:?} has guessed enough"
        );
    }
    assert_eq!(
        guess(site, &[other], PASSWORD).await,
        200,
        "{other:?} has not guessed"
    );
}

#[tokio::test]
async fn a_port_or_brackets_hide_nobody_and_make_nobody_the_proxy() {
    let site = behind(&[("ARTCRITIQUE_TRUSTED_PROXIES", " 127.0.0.1 , ::1 ")]).await;
    let x = "x-forwarded-for";
    let places = [
        (x, "203.0.113.9"),
        (x, "203.0.113.9:1234"),
        (x, "203.0.113.9:999"),
        ("forwarded", "for=\"203.0.113.9:77\""),
    ];
    are_one(&site, &places, (x, "203.0.113.10:1234")).await;
}

#[tokio::test]
async fn ipv6_is_limited_by_its_network() {
    let site = behind(&[("ARTCRITIQUE_TRUSTED_PROXIES", "127.0.0.0/8")]).await;
    let x = "x-forwarded-for";
    let places = [
        (x, "2001:db8:1:2::1"),
        (x, "[2001:db8:1:2::2]"),
        (x, "[2001:db8:1:2:ffff::3]:443"),
        ("forwarded", "for=\"[2001:db8:1:2::4]:4711\";proto=https"),
    ];
    are_one(&site, &places, (x, "2001:db8:1:3::1")).await;
}

#[tokio::test]
async fn what_a_client_made_up_never_counts() {
    let site = behind(&[("ARTCRITIQUE_TRUSTED_PROXIES", "127.0.0.1")]).await;
    for n in 0..8 {
        // A proxy that writes X-Forwarded-For passes the other on as it came.
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
async fn the_header_that_the_proxies_write_can_be_named() {
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
