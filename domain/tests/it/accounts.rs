//! Each person has one account: e-mail addresses and passwords are compared in normalised form, and
//! accounts that predate normalisation keep working.

use argon2::{Argon2, PasswordHasher};
use domain::{
    Domain, SessionKey,
    accounts::{NewAccount, sessions::Browser},
};
use sea_orm::ConnectionTrait;
use shared::{AppError, Kind, UserId};
use testing::Database;

use crate::nodes::{alone, person};

const TYPED: &str = "Zoe\u{308} am ﬁnsteren See";
const NORMAL: &str = "Zo\u{eb} am finsteren See";

async fn execute(domain: &Domain, statement: &str) {
    let txn = domain.store.begin().await.expect("begins");
    txn.db()
        .execute_unprepared(statement)
        .await
        .expect("a sound statement");
    txn.commit().await.expect("commits");
}

async fn join(domain: &Domain, handle: &str, email: &str) -> Result<UserId, AppError> {
    let new = NewAccount::parse(handle, handle, email, "correct horse battery")?;
    Ok(domain
        .accounts
        .register(new, None)
        .await
        .map_err(AppError::from)?
        .viewer
        .id)
}

#[tokio::test]
async fn passwords_match_in_any_unicode_composition() {
    let (domain, _bus, _database): (_, _, Database) = alone().await;
    let new = NewAccount::parse("zoe", "Zoë", "zoe@example.org", TYPED).expect("sound");
    domain
        .accounts
        .register(new, None)
        .await
        .expect("registers");
    for same in [TYPED, NORMAL] {
        domain
            .accounts
            .sign_in("zoe", same, None)
            .await
            .expect("signs in");
    }
    let error: AppError = domain
        .accounts
        .sign_in("zoe", "Zoe am finsteren See", None)
        .await
        .map(drop)
        .expect_err("a different password")
        .into();
    assert_eq!(error.kind, Kind::Unauthenticated);
}

#[tokio::test]
async fn sign_in_upgrades_a_hash_of_the_raw_password_to_its_normal_form() {
    let (domain, _bus, _database) = alone().await;
    person(&domain, "zoe").await;
    let older = Argon2::default()
        .hash_password(TYPED.as_bytes())
        .expect("a hash")
        .to_string();
    execute(
        &domain,
        &format!("UPDATE account SET password_hash = '{older}' WHERE handle = 'zoe'"),
    )
    .await;
    let wrong: AppError = domain
        .accounts
        .sign_in("zoe", NORMAL, None)
        .await
        .map(drop)
        .expect_err("the old hash is of the raw password")
        .into();
    assert_eq!(wrong.kind, Kind::Unauthenticated);

    let first = domain
        .accounts
        .sign_in("zoe", TYPED, None)
        .await
        .expect("signs in as typed");
    let viewer = domain
        .accounts
        .actor(first.viewer.id, &first.stamp)
        .await
        .expect("reads");
    assert!(
        viewer.is_some(),
        "a session begun with the upgraded hash is valid"
    );
    domain
        .accounts
        .sign_in("zoe", NORMAL, None)
        .await
        .expect("signs in by the normal form");
    domain
        .accounts
        .sign_in("zoe", TYPED, None)
        .await
        .expect("and as typed");
    let browser = Browser::default();
    let cookie = domain
        .sessions
        .sign_in(&first, &browser)
        .await
        .expect("signs in");
    let before = Some(SessionKey::of(cookie.parse().expect("an id")));
    let browser = Browser { before, ..browser };
    domain
        .accounts
        .change_password(&first.actor(), NORMAL, "another battery", &browser, false)
        .await
        .expect("changes it");
}

#[tokio::test]
async fn equivalent_email_addresses_share_one_account() {
    let (domain, _bus, _database) = alone().await;
    join(&domain, "ann", "ann.kelvin@bücher.example")
        .await
        .expect("registers");
    for twin in [
        "ann.kelvin@BÜCHER.example",
        "ann.\u{212a}elvin@bücher.example",
        "ann\u{200b}.kelvin@bücher.example",
        "\u{202e}ann.kelvin@bu\u{308}cher.example",
        "ａｎｎ．ｋｅｌｖｉｎ＠bücher。example",
        "ann.kelvin@xn--bcher-kva.example",
    ] {
        let refused = join(&domain, "other", twin).await.expect_err(twin);
        assert!(
            refused
                .of("email")
                .is_some_and(|phrase| phrase.code == "email-taken"),
            "{twin}: {refused:?}"
        );
    }
    join(&domain, "other", "ann.celsius@bücher.example")
        .await
        .expect("another address");
}

#[tokio::test]
async fn renewing_email_keys_normalises_old_accounts_and_leaves_clashing_keys_unchanged() {
    let (domain, _bus, _database) = alone().await;
    for (handle, email) in [
        ("ann", "zoe@example.org"),
        ("bo", "b@example.org"),
        ("cy", "c@example.org"),
    ] {
        join(&domain, handle, email).await.expect("registers");
    }
    // As stored by a release that only lower-cased addresses: two addresses with the same normal
    // form, and one without a duplicate.
    execute(
        &domain,
        "UPDATE account SET email = 'zo\u{eb}@example.org', email_key = 'zo\u{eb}@example.org' WHERE handle = 'ann'",
    )
    .await;
    execute(
        &domain,
        "UPDATE account SET email = 'zoe\u{308}@example.org', email_key = 'zoe\u{308}@example.org' WHERE handle = 'bo'",
    )
    .await;
    execute(&domain, "UPDATE account SET email = 'c@bücher.example', email_key = 'c@bücher.example' WHERE handle = 'cy'").await;
    for _ in 0..2 {
        domain.accounts.renew_email_keys().await.expect("renews");
    }
    for handle in ["ann", "bo", "cy"] {
        domain
            .accounts
            .sign_in(handle, "correct horse battery", None)
            .await
            .expect("still signs in");
    }
    assert_eq!(
        domain
            .accounts
            .find("bo")
            .await
            .expect("is there")
            .email_key,
        "zoe\u{308}@example.org",
        "the later of two clashing accounts keeps its old key"
    );
    for taken in [
        "zo\u{eb}@example.org",
        "zoe\u{308}@example.org",
        "c@xn--bcher-kva.example",
    ] {
        join(&domain, "other", taken).await.expect_err(taken);
    }
}

#[tokio::test]
async fn looking_up_an_invalid_handle_is_not_found() {
    let (domain, _bus, _database) = alone().await;
    let ann = person(&domain, "ann").await;
    for odd in ["\0", "ann\0", "\u{fffd}", "", "a/b", &*"x".repeat(100_000)] {
        let not_found = |error: domain::Error| {
            assert_eq!(AppError::from(error).kind, Kind::NotFound, "{odd:?}");
        };
        not_found(
            domain
                .accounts
                .find(odd)
                .await
                .map(drop)
                .expect_err("no such account"),
        );
        not_found(
            domain
                .artworks
                .profile(None, odd, None, 10)
                .await
                .map(drop)
                .expect_err("no such account"),
        );
        not_found(
            domain
                .follows
                .set(&ann, odd, true)
                .await
                .map(drop)
                .expect_err("no such account"),
        );
    }
}

/// Reserving a handle does not affect an account that already has it.
#[tokio::test]
async fn an_account_keeps_a_handle_that_was_reserved_later() {
    let (domain, _bus, _database) = alone().await;
    join(&domain, "searcher", "s@example.org")
        .await
        .expect("registers");
    execute(
        &domain,
        "UPDATE account SET handle = 'Search', handle_key = 'search', handle_skeleton = 'search' WHERE handle = 'searcher'",
    )
    .await;
    domain
        .accounts
        .sign_in("search", "correct horse battery", None)
        .await
        .expect("signs in");
    domain
        .artworks
        .profile(None, "search", None, 10)
        .await
        .expect("has a page");
    assert!(
        join(&domain, "search", "t@example.org")
            .await
            .expect_err("reserved")
            .of("handle")
            .is_some()
    );
}
