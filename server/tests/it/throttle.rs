//! Password guessing is throttled without locking out the owner.

use std::net::{IpAddr, Ipv4Addr};

use serde_json::json;
use tokio::task::JoinSet;

use crate::{
    person::{Answer, PASSWORD},
    site::Site,
};

/// A sign-in attempt from one of this machine's loopback addresses.
async fn try_sign_in(site: &Site, from: u8, handle: &str, password: &str) -> Answer {
    let from = IpAddr::V4(Ipv4Addr::new(127, 0, 0, from));
    let client = reqwest::Client::builder()
        .local_address(from)
        .no_proxy()
        .build()
        .expect("a client");
    Answer::of(
        client
            .post(site.url("/api/session"))
            .json(&json!({ "handle": handle, "password": password })),
    )
    .await
}

#[tokio::test]
async fn guessing_is_limited_per_address_and_account() {
    let site = Site::open();
    site.join("ann").await;
    site.join("bo").await;
    for _ in 0..8 {
        try_sign_in(&site, 2, "ann", "wrong password")
            .await
            .problem(401);
    }
    for password in ["wrong password", PASSWORD] {
        let answer = try_sign_in(&site, 2, "Ann", password).await;
        answer.problem(429);
        let wait: u32 = answer.header("retry-after").parse().expect("seconds");
        assert!((1..=900).contains(&wait), "{wait}");
    }
    assert_eq!(
        try_sign_in(&site, 3, "ann", PASSWORD).await.status,
        200,
        "another address"
    );
    assert_eq!(
        try_sign_in(&site, 2, "bo", PASSWORD).await.status,
        200,
        "another account"
    );
}

#[tokio::test]
async fn a_distributed_attack_does_not_lock_the_owner_out() {
    let site = Site::open();
    let ann = site.join("ann").await;
    for from in 10..15 {
        for _ in 0..8 {
            try_sign_in(&site, from, "ann", "wrong password").await;
        }
    }
    try_sign_in(&site, 20, "ann", PASSWORD).await.problem(429);
    assert_eq!(
        try_sign_in(&site, 1, "ann", PASSWORD).await.status,
        200,
        "the address where the owner is signed in is not limited"
    );
    assert_eq!(ann.get("/api/session").await.status, 200);
}

#[tokio::test]
async fn concurrent_guesses_count_like_sequential_ones() {
    let site = Site::open();
    site.join("ann").await;
    let address = site.address;
    let mut guesses = JoinSet::new();
    for _ in 0..40 {
        guesses.spawn(async move {
            let client = reqwest::Client::builder()
                .no_proxy()
                .local_address(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2)))
                .build()
                .expect("a client");
            let body = json!({ "handle": "ann", "password": "wrong password" });
            client
                .post(format!("http://{address}/api/session"))
                .json(&body)
                .send()
                .await
                .expect("an answer")
                .status()
                .as_u16()
        });
    }
    let judged = guesses
        .join_all()
        .await
        .into_iter()
        .filter(|status| *status == 401)
        .count();
    assert!(judged <= 10, "{judged} of 40 guesses were checked");
}

#[tokio::test]
async fn a_throttled_sign_in_form_states_the_wait() {
    let site = Site::open();
    let ann = site.join("ann").await;
    for _ in 0..8 {
        ann.sign_in("wrong password").await.problem(401);
    }
    let page = ann
        .form(
            "/login",
            "/actions/sign_in",
            &[("handle", "ann"), ("password", PASSWORD)],
        )
        .await;
    assert_eq!(page.status, 429);
    assert!(!page.header("retry-after").is_empty() && page.text.contains("Too many attempts"));
}

#[tokio::test]
async fn limits_can_be_turned_off_for_load_tests() {
    let site = Site::with(&[("ARTCRITIQUE_RATE_LIMITS", "off")]);
    let ann = site.join("ann").await;
    for _ in 0..10 {
        ann.sign_in("wrong password").await.problem(401);
    }
    assert_eq!(ann.sign_in(PASSWORD).await.status, 200);
    let mut sockets = Vec::new();
    for _ in 0..22 {
        sockets.push(ann.socket(None).await);
    }
    assert!(matches!(
        sockets[0].frame().await,
        shared::live::ServerFrame::Hello { .. }
    ));
    let work = ann.publish("Dusk").await;
    site.join("bo").await.critique(work, "Heard by all.").await;
    assert!(
        matches!(
            sockets[0].frame().await,
            shared::live::ServerFrame::Notification { .. }
        ),
        "the oldest socket is still open"
    );
}
