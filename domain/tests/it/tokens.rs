//! Personal tokens: created, limited, used, revoked, expired.

use std::time::Duration;

use domain::{
    Credential, Domain, TokenKey,
    accounts::tokens::{MAX_TOKENS, TokenSecret, Tokens, WantedToken},
    channels::mail::Mailer,
    clock::now,
    hub::{Joined, Limits},
    limits::Network,
    policy::{Actor, Role},
};
use sea_orm::{ConnectionTrait, Statement};
use shared::{
    AppError, Kind, TokenId,
    dto::{CreatedToken, Scope, TokenView},
    live::close,
    text::{IdempotencyKey, Password},
};
use tokio::time::{sleep, timeout};

use crate::{
    buses::{credential, sign_in},
    nodes::{alone, mail, person},
};

const HOUR: i64 = 60 * 60 * 1_000;

pub fn wanted(name: &str, scopes: &[Scope], expires_at: Option<i64>) -> WantedToken {
    let words: Vec<String> = scopes.iter().map(ToString::to_string).collect();
    WantedToken {
        expires_at,
        ..WantedToken::parse(name, &words, None, now()).expect("sound")
    }
}

async fn create(domain: &Domain, actor: &Actor, expires_at: Option<i64>) -> CreatedToken {
    let wanted = wanted("script", &[Scope::Read, Scope::Notifications], expires_at);
    domain
        .tokens
        .create(actor, &credential(domain, actor).await, &wanted, None)
        .await
        .expect("creates")
}

fn secret(created: &CreatedToken) -> TokenSecret {
    TokenSecret::parse(created.token.as_deref().expect("the secret")).expect("a secret")
}

async fn used(domain: &Domain, secret: &TokenSecret) -> Result<Actor, AppError> {
    let accepted = domain.tokens.authenticate(Some(secret), None).await;
    Ok(accepted.map_err(AppError::from)?.actor)
}

async fn listed(domain: &Domain, actor: &Actor) -> Vec<TokenView> {
    let page = domain.tokens.list(actor, None).await.expect("lists");
    assert_eq!(page.next, None);
    page.items
}

async fn execute(domain: &Domain, statement: &str) {
    let txn = domain.store.begin().await.expect("begins");
    txn.db()
        .execute_unprepared(statement)
        .await
        .expect("a sound statement");
    txn.commit().await.expect("commits");
}

#[tokio::test]
async fn a_token_acts_for_its_owner_within_its_scopes_until_it_is_revoked() {
    let (domain, _bus, _database) = alone().await;
    let ann = person(&domain, "ann").await;
    let created = create(&domain, &ann, None).await;
    let secret = secret(&created);
    let actor = used(&domain, &secret).await.expect("accepted");
    assert_eq!(actor.viewer, ann.viewer);
    assert_eq!(actor.scopes.to_vec(), [Scope::Read, Scope::Notifications]);
    assert!(!actor.scopes.manages_account());
    domain
        .tokens
        .revoke(&ann, created.view.id)
        .await
        .expect("revokes");
    let refused = used(&domain, &secret).await.expect_err("revoked");
    assert_eq!(refused.kind, Kind::Unauthenticated);
    assert_eq!(listed(&domain, &ann).await, []);
    let again = domain.tokens.revoke(&ann, created.view.id).await;
    assert_eq!(
        AppError::from(again.expect_err("gone")).kind,
        Kind::NotFound
    );
}

#[tokio::test]
async fn tokens_belong_to_their_owner_alone_and_manage_nothing() {
    let (domain, _bus, _database) = alone().await;
    let (ann, bo) = (person(&domain, "ann").await, person(&domain, "bo").await);
    let created = create(&domain, &ann, None).await;
    assert_eq!(listed(&domain, &bo).await, []);
    let tried = domain.tokens.revoke(&bo, created.view.id).await;
    assert_eq!(
        AppError::from(tried.expect_err("somebody else's")).kind,
        Kind::NotFound
    );
    let token = used(&domain, &secret(&created)).await.expect("accepted");
    let refusals = [
        domain.tokens.list(&token, None).await.map(drop),
        domain.tokens.revoke(&token, created.view.id).await,
        domain
            .tokens
            .create(
                &token,
                &credential(&domain, &token).await,
                &wanted("more", &[Scope::Read], None),
                None,
            )
            .await
            .map(drop),
        domain.sessions.list(&token, None, None).await.map(drop),
        domain.sessions.revoke(&token, shared::SessionId(1)).await,
        domain
            .accounts
            .change_password(
                &token,
                "correct horse",
                "another horse",
                &domain::accounts::sessions::Browser::default(),
                false,
            )
            .await
            .map(drop),
    ];
    for refusal in refusals {
        let error = AppError::from(refusal.expect_err("a token may not"));
        assert_eq!(error.kind, Kind::Forbidden, "{error}");
    }
    assert_eq!(listed(&domain, &ann).await.len(), 1);
}

#[tokio::test]
async fn a_retry_with_the_same_key_creates_one_token_and_shows_the_same_secret() {
    let (domain, _bus, _database) = alone().await;
    let ann = person(&domain, "ann").await;
    let key = || Some(IdempotencyKey::parse("attempt-1").expect("sound"));
    let script = wanted("script", &[Scope::Read], None);
    let session = credential(&domain, &ann).await;
    let (first, second) = tokio::join!(
        domain.tokens.create(&ann, &session, &script, key()),
        domain.tokens.create(&ann, &session, &script, key())
    );
    let (first, second) = (first.expect("creates"), second.expect("creates"));
    assert_eq!((&first.view, &first.token), (&second.view, &second.token));
    assert!(used(&domain, &secret(&second)).await.is_ok());
    let other = domain
        .tokens
        .create(
            &ann,
            &credential(&domain, &ann).await,
            &wanted("other", &[Scope::Read], None),
            key(),
        )
        .await
        .expect("creates");
    assert_ne!(other.view.id, first.view.id, "other content, another token");
    assert_eq!(listed(&domain, &ann).await.len(), 2);
    // Another process does not know the secret.
    let late = restarted(&domain)
        .tokens
        .create(&ann, &credential(&domain, &ann).await, &script, key())
        .await
        .expect("the same token");
    assert_eq!((late.view.id, late.token), (first.view.id, None));
}

#[tokio::test]
async fn a_session_that_has_ended_creates_no_token() {
    let (domain, _bus, _database) = alone().await;
    let ann = person(&domain, "ann").await;
    let script = wanted("script", &[Scope::Read], None);
    let session = sign_in(&domain, &ann).await;
    // What a password reset does, while the request of that session is under way.
    domain.sessions.sign_out(&session).await.expect("ends");
    let created = domain
        .tokens
        .create(&ann, &Credential::Session(session), &script, None)
        .await;
    let error = AppError::from(created.expect_err("the session has ended"));
    assert_eq!(error.kind, Kind::Unauthenticated, "{error}");
    assert!(listed(&domain, &ann).await.is_empty());
}

/// The same services with nothing in memory, as after a restart.
fn restarted(domain: &Domain) -> Domain {
    let media = domain.artworks.media().clone();
    let bus = domain::bus::MemoryBus::shared();
    let passwords = domain::accounts::Passwords::cheap().expect("cheap");
    let mailer = Mailer::new(mail());
    Domain::new(domain.store.clone(), media, &bus, passwords, mailer, 1)
}

#[tokio::test]
async fn an_account_has_fifty_tokens_at_most_and_expired_ones_make_room() {
    let (domain, _bus, _database) = alone().await;
    let (ann, bo) = (person(&domain, "ann").await, person(&domain, "bo").await);
    for _ in 0..MAX_TOKENS {
        create(&domain, &ann, None).await;
    }
    let script = wanted("one more", &[Scope::Read], None);
    let refused = domain
        .tokens
        .create(&ann, &credential(&domain, &ann).await, &script, None)
        .await;
    let error = AppError::from(refused.expect_err("too many"));
    assert_eq!(error.kind, Kind::Conflict, "{error}");
    create(&domain, &bo, None).await;
    execute(
        &domain,
        &format!("UPDATE token SET expires_at = 1 WHERE id IN (SELECT min(id) FROM token WHERE account_id = {})", ann.id),
    )
    .await;
    domain
        .tokens
        .create(&ann, &credential(&domain, &ann).await, &script, None)
        .await
        .expect("one has expired");
    assert_eq!(listed(&domain, &ann).await.len() as u64, MAX_TOKENS);
}

#[tokio::test]
async fn expired_tokens_are_refused_stay_listed_for_a_month_and_are_deleted() {
    let (domain, _bus, _database) = alone().await;
    let ann = person(&domain, "ann").await;
    let soon = create(&domain, &ann, Some(now() + 600)).await;
    let later = create(&domain, &ann, Some(now() + HOUR)).await;
    assert!(used(&domain, &secret(&soon)).await.is_ok());
    sleep(Duration::from_millis(700)).await;
    let refused = used(&domain, &secret(&soon)).await.expect_err("expired");
    assert_eq!(refused.kind, Kind::Unauthenticated);
    let keys = [secret(&soon).key(), secret(&later).key()];
    let alive = domain.tokens.alive(keys.iter()).await.expect("reads");
    assert_eq!(
        alive.into_iter().collect::<Vec<TokenKey>>(),
        [keys[1].clone()]
    );
    assert_eq!(listed(&domain, &ann).await.len(), 2);
    assert_eq!(
        domain.tokens.delete_expired(now()).await.expect("cleans"),
        0
    );
    let in_a_month = now() + 31 * 24 * HOUR;
    assert_eq!(
        domain
            .tokens
            .delete_expired(in_a_month)
            .await
            .expect("cleans"),
        2
    );
}

#[tokio::test]
async fn the_last_use_is_written_at_most_once_a_minute() {
    let (domain, _bus, _database) = alone().await;
    let ann = person(&domain, "ann").await;
    let created = create(&domain, &ann, None).await;
    assert_eq!(created.view.last_used_at, None);
    let noted = async || listed(&domain, &ann).await[0].last_used_at.clone();
    used(&domain, &secret(&created)).await.expect("accepted");
    let first = timeout(Duration::from_secs(5), async {
        loop {
            if let Some(at) = noted().await {
                break at;
            }
            sleep(Duration::from_millis(10)).await;
        }
    });
    let first = first.await.expect("written in the background");
    for _ in 0..20 {
        used(&domain, &secret(&created)).await.expect("accepted");
    }
    let restarted = restarted(&domain);
    used(&restarted, &secret(&created)).await.expect("accepted");
    sleep(Duration::from_millis(100)).await;
    assert_eq!(noted().await, Some(first), "within the same minute");
    execute(&domain, "UPDATE token SET last_used_at = 1").await;
    let another = self::restarted(&domain);
    used(&another, &secret(&created)).await.expect("accepted");
    let again = timeout(Duration::from_secs(5), async {
        while noted().await.is_none_or(|at| at.0.starts_with("1970")) {
            sleep(Duration::from_millis(10)).await;
        }
    });
    again.await.expect("written again after a minute");
}

#[tokio::test]
async fn refused_tokens_are_limited_per_network_and_accepted_ones_are_not() {
    let (domain, _bus, _database) = alone().await;
    let ann = person(&domain, "ann").await;
    let known = secret(&create(&domain, &ann, None).await);
    let unused = secret(&create(&domain, &ann, None).await);
    let network: Network = std::net::IpAddr::from([192, 0, 2, 1]).into();
    let other: Network = std::net::IpAddr::from([192, 0, 2, 2]).into();
    let status = async |secret: Option<&TokenSecret>, from| {
        let tried = domain.tokens.authenticate(secret, Some(from)).await;
        tried.map(drop).map_err(|error| AppError::from(error).kind)
    };
    assert_eq!(status(Some(&known), network).await, Ok(()));
    for n in 0..60_u8 {
        let unknown = TokenSecret::new([n; 32]);
        let unknown = (n % 2 == 0).then_some(&unknown);
        assert_eq!(
            status(unknown, network).await,
            Err(Kind::Unauthenticated),
            "{n}"
        );
    }
    assert_eq!(status(None, network).await, Err(Kind::Throttled));
    assert_eq!(
        status(Some(&unused), network).await,
        Err(Kind::Throttled),
        "not looked up"
    );
    assert_eq!(status(Some(&known), network).await, Ok(()));
    assert_eq!(status(Some(&unused), other).await, Ok(()));
}

#[tokio::test]
async fn a_new_role_changes_what_a_token_may_do() {
    let (domain, _bus, _database) = alone().await;
    let ann = person(&domain, "ann").await;
    let all = wanted("all", &Scope::ALL, None);
    let refused = domain
        .tokens
        .create(&ann, &credential(&domain, &ann).await, &all, None)
        .await;
    assert_eq!(
        AppError::from(refused.expect_err("a member")).kind,
        Kind::Forbidden
    );
    domain
        .accounts
        .set_role("ann", Role::Moderator)
        .await
        .expect("promotes");
    let moderator = Actor::of_session(ann.viewer.clone(), Role::Moderator);
    let created = domain
        .tokens
        .create(
            &moderator,
            &credential(&domain, &moderator).await,
            &all,
            None,
        )
        .await;
    let secret = secret(&created.expect("a moderator"));
    let scopes = async || used(&domain, &secret).await.expect("accepted").scopes;
    assert!(scopes().await.has(Scope::Moderate));
    domain
        .accounts
        .set_role("ann", Role::Member)
        .await
        .expect("demotes");
    assert!(!scopes().await.has(Scope::Moderate), "at once");
}

#[tokio::test]
async fn a_password_set_anew_ends_all_tokens_and_their_sockets() {
    let (domain, _bus, _database) = alone().await;
    let _tasks = domain.hub.start();
    let (ann, bo) = (person(&domain, "ann").await, person(&domain, "bo").await);
    let (lost, kept) = (
        secret(&create(&domain, &ann, None).await),
        secret(&create(&domain, &bo, None).await),
    );
    let socket = |actor: &Actor, secret: &TokenSecret| {
        let joined = domain.hub.join(
            actor.id,
            Credential::Token(secret.key()),
            [127, 0, 0, 1].into(),
            Limits {
                per_user: 9,
                per_address: 9,
                in_all: 9,
            },
        );
        match joined {
            Joined::Registered(registration) => registration,
            _ => panic!("no registration"),
        }
    };
    let (anns, bos) = (socket(&ann, &lost), socket(&bo, &kept));
    let new = Password::parse("another horse").expect("sound");
    domain
        .accounts
        .set_password(ann.id, &new)
        .await
        .expect("sets it");
    timeout(Duration::from_secs(2), anns.woken())
        .await
        .expect("told at once");
    assert_eq!(anns.ended(), Some(close::SESSION_ENDED));
    assert_eq!(bos.ended(), None);
    assert!(used(&domain, &lost).await.is_err());
    assert!(used(&domain, &kept).await.is_ok());
    let mut txn = domain.store.begin().await.expect("begins");
    Tokens::end_all(&mut txn, bo.id).await.expect("ends");
    drop(txn);
    assert!(used(&domain, &kept).await.is_ok(), "rolled back");
}

/// A token may have been revoked after the copy was made.
#[tokio::test]
async fn a_restore_ends_all_tokens() {
    let (domain, _bus, _database) = alone().await;
    let ann = person(&domain, "ann").await;
    let created = create(&domain, &ann, None).await;
    domain.store.after_restore(false).await.expect("restores");
    assert!(used(&domain, &secret(&created)).await.is_err());
}

#[tokio::test]
async fn the_database_keeps_a_hash_instead_of_the_secret() {
    let (domain, _bus, _database) = alone().await;
    let ann = person(&domain, "ann").await;
    let key = Some(IdempotencyKey::parse("attempt-1").expect("sound"));
    let script = wanted("script", &[Scope::Read], None);
    let created = domain
        .tokens
        .create(&ann, &credential(&domain, &ann).await, &script, key)
        .await;
    let created = created.expect("creates");
    let txn = domain.store.begin().await.expect("begins");
    let columns = "id, name, key_hash, scopes, attempt";
    let row = txn
        .db()
        .query_one_raw(Statement::from_string(
            txn.db().get_database_backend(),
            format!("SELECT {columns} FROM token"),
        ))
        .await
        .expect("reads")
        .expect("a row");
    let random = &secret(&created).reveal()[4..].to_owned();
    for column in ["name", "key_hash", "scopes", "attempt"] {
        let text: String = row.try_get("", column).expect("text");
        assert!(
            !text.contains(random.as_str()) && !text.contains("act_"),
            "{column}"
        );
    }
    let id: i64 = row.try_get("", "id").expect("a number");
    assert_eq!(TokenId(id), created.view.id);
}
