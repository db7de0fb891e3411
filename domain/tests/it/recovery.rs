//! Links in mails: each works once, for a while, for one account and one purpose.

use domain::{
    Domain,
    accounts::{NewAccount, recovery::MAILS_PER_HOUR, sessions::Browser, tokens::TokenSecret},
    entities::mailed_link,
    policy::Actor,
};
use sea_orm::EntityTrait;
use shared::{AppError, Kind, dto::Scope};
use testing::ReceivedMail;
use words::Locale;

use crate::{
    buses::credential,
    lock_order::{assert_order, has_row_locks},
    mail::Site,
    nodes::person,
    tokens::wanted,
};

const OLD: &str = "correct horse";
const NEW: &str = "another battery";

fn secret(mail: &ReceivedMail, start: &str) -> String {
    mail.path(start).trim_start_matches(start).to_owned()
}

fn kind<T>(result: domain::Result<T>) -> Option<Kind> {
    result.err().map(|error| AppError::from(error).kind)
}

/// A site with an account, whose verification mail has been sent.
async fn with_ann() -> (Site, Actor, String) {
    let site = Site::open().await;
    let ann = person(&site.domain, "ann").await;
    let mails = site.smtp.wait_for_mails(1).await;
    site.settled().await;
    (site, ann, secret(&mails[0], "/verify/"))
}

/// Asks for a link that resets the password, and returns its secret.
async fn reset_secret(site: &Site) -> String {
    let before = site.smtp.mails().len();
    ask(site, "ann@example.org").await;
    let mails = site.smtp.wait_for_mails(before + 1).await;
    site.settled().await;
    secret(&mails[before], "/reset/")
}

async fn ask(site: &Site, email: &str) {
    site.domain
        .recovery
        .ask_for_reset(email, Locale::En)
        .await
        .expect("asked");
}

async fn signs_in(domain: &Domain, password: &str) -> bool {
    domain.accounts.sign_in("ann", password, None).await.is_ok()
}

#[tokio::test]
async fn a_reset_sets_the_password_ends_sessions_and_tokens_and_tells_the_owner() {
    let (site, ann, _) = with_ann().await;
    let proven = site.domain.accounts.sign_in("ann", OLD, None).await;
    let proven = proven.expect("signs in");
    let browser = Browser::default();
    site.domain
        .sessions
        .sign_in(&proven, &browser)
        .await
        .expect("a session");
    let script = wanted("script", &[Scope::Read], None);
    site.domain
        .tokens
        .create(&ann, &credential(&site.domain, &ann).await, &script, None)
        .await
        .expect("a token");
    let secret = reset_secret(&site).await;
    let recovery = &site.domain.recovery;
    assert_eq!(recovery.reset_link(&secret).await.expect("valid"), "ann");
    assert!(signs_in(&site.domain, OLD).await, "a visit changes nothing");

    assert_eq!(
        kind(recovery.reset(&secret, "short", Locale::En).await),
        Some(Kind::Invalid)
    );
    recovery
        .reset(&secret, NEW, Locale::De)
        .await
        .expect("resets");
    assert!(!signs_in(&site.domain, OLD).await && signs_in(&site.domain, NEW).await);
    let sessions = site.domain.sessions.list(&ann, None, None).await;
    assert!(sessions.expect("lists").items.is_empty());
    let tokens = site.domain.tokens.list(&ann, None).await;
    assert!(tokens.expect("lists").items.is_empty());
    let email = recovery.own_email(&ann).await.expect("reads");
    assert!(email.verified, "the link proved the address");
    let told = site.smtp.wait_for_mails(3).await.remove(2);
    assert!(
        told.decoded()
            .contains("Das Passwort deines Kontos @ann wurde geändert")
    );
    assert!(told.header("Message-ID").starts_with("<password-changed."));

    assert_eq!(
        kind(recovery.reset_link(&secret).await),
        Some(Kind::NotFound)
    );
    assert_eq!(
        kind(recovery.reset(&secret, OLD, Locale::En).await),
        Some(Kind::NotFound)
    );
    assert!(signs_in(&site.domain, NEW).await, "a link works once");
}

#[tokio::test]
async fn of_two_resets_by_one_link_at_the_same_time_one_succeeds() {
    let (site, ..) = with_ann().await;
    let secret = reset_secret(&site).await;
    let reset = |password: &'static str| site.domain.recovery.reset(&secret, password, Locale::En);
    let (one, two) = tokio::join!(reset("password number one"), reset("password number two"));
    assert_ne!(one.is_ok(), two.is_ok(), "{one:?} {two:?}");
    assert_eq!(
        kind(if one.is_ok() { two } else { one }),
        Some(Kind::NotFound)
    );
}

#[tokio::test]
async fn a_link_to_verify_an_address_works_and_says_so_when_visited_again() {
    let (site, ann, secret) = with_ann().await;
    let recovery = &site.domain.recovery;
    let link = recovery.verify_link(&secret).await.expect("valid");
    assert_eq!(
        (link.email.as_str(), link.verified),
        ("ann@example.org", false)
    );
    assert!(!recovery.own_email(&ann).await.expect("reads").verified);
    for _ in 0..2 {
        recovery.verify(&secret).await.expect("verifies");
        assert!(recovery.own_email(&ann).await.expect("reads").verified);
        assert!(recovery.verify_link(&secret).await.expect("valid").verified);
    }
    recovery
        .send_verification(&ann, Locale::En)
        .await
        .expect("accepted");
    site.settled().await;
    assert_eq!(
        site.smtp.mails().len(),
        1,
        "a verified address needs no further mail"
    );
}

#[tokio::test]
async fn links_of_another_purpose_account_or_time_are_not_valid() {
    let (site, ann, verify) = with_ann().await;
    let reset = reset_secret(&site).await;
    let recovery = &site.domain.recovery;
    let not_found = Some(Kind::NotFound);
    for wrong in [verify.as_str(), "", "abc", &"a".repeat(43)] {
        assert_eq!(kind(recovery.reset_link(wrong).await), not_found, "{wrong}");
        assert_eq!(
            kind(recovery.reset(wrong, NEW, Locale::En).await),
            not_found,
            "{wrong}"
        );
    }
    assert_eq!(kind(recovery.verify(&reset).await), not_found);

    site.execute("UPDATE account SET email = 'ann@example.net' WHERE handle = 'ann'")
        .await;
    for result in [
        kind(recovery.reset(&reset, NEW, Locale::En).await),
        kind(recovery.verify(&verify).await),
        kind(recovery.verify_link(&verify).await),
    ] {
        assert_eq!(result, not_found, "the account has another address now");
    }
    site.execute("UPDATE account SET email = 'ann@example.org' WHERE handle = 'ann'")
        .await;

    site.execute("UPDATE account_token SET expires_at = 1")
        .await;
    assert_eq!(
        kind(recovery.reset(&reset, NEW, Locale::En).await),
        not_found
    );
    assert_eq!(kind(recovery.verify(&verify).await), not_found);
    assert!(signs_in(&site.domain, OLD).await);
    assert!(!recovery.own_email(&ann).await.expect("reads").verified);
    assert_eq!(recovery.delete_expired().await.expect("deletes"), 2);
}

#[tokio::test]
async fn a_newer_link_and_a_changed_password_end_a_reset_link() {
    let (site, ann, _) = with_ann().await;
    let (older, newer) = (reset_secret(&site).await, reset_secret(&site).await);
    let recovery = &site.domain.recovery;
    assert_eq!(
        kind(recovery.reset_link(&older).await),
        Some(Kind::NotFound)
    );
    recovery.reset_link(&newer).await.expect("valid");
    let password = shared::text::Password::parse(NEW).expect("sound");
    site.domain
        .accounts
        .set_password(ann.id, &password)
        .await
        .expect("sets");
    assert_eq!(
        kind(recovery.reset(&newer, OLD, Locale::En).await),
        Some(Kind::NotFound)
    );
    assert!(signs_in(&site.domain, NEW).await);
}

#[tokio::test]
async fn an_account_gets_few_mails_an_hour_and_an_unknown_address_none() {
    let (site, ann, _) = with_ann().await;
    let asked = (0..3 * MAILS_PER_HOUR).map(|_| ask(&site, "Ann@Example.org"));
    futures_util::future::join_all(asked).await;
    ask(&site, "nobody@example.org").await;
    site.settled().await;
    let to_ann = site.smtp.mails();
    let resets = to_ann
        .iter()
        .filter(|mail| mail.header("Message-ID").starts_with("<reset."));
    let resets: Vec<_> = resets.collect();
    assert!(
        !resets.is_empty() && resets.len() <= MAILS_PER_HOUR,
        "{} mails",
        resets.len()
    );
    assert!(to_ann.iter().all(|mail| mail.to == ["ann@example.org"]));

    for _ in 0..2 * MAILS_PER_HOUR {
        site.domain
            .recovery
            .send_verification(&ann, Locale::En)
            .await
            .expect("accepted");
        site.settled().await;
    }
    let verifications = site.smtp.mails().len() - resets.len();
    assert_eq!(verifications, MAILS_PER_HOUR);
}

#[tokio::test]
async fn the_database_holds_no_secret_of_a_link() {
    let (site, _, verify) = with_ann().await;
    let reset = reset_secret(&site).await;
    let links = mailed_link::Entity::find().all(site.domain.store.readers());
    let all = format!("{:?} {:?}", links.await.expect("reads"), site.jobs().await);
    for secret in [verify, reset] {
        assert!(!all.contains(&secret), "{all}");
    }
}

#[tokio::test]
async fn the_mail_of_a_new_account_is_in_its_language() {
    let site = Site::open().await;
    let new = NewAccount::parse("zoe", "Zoë <b>", "zoe@bücher.example", OLD)
        .expect("sound")
        .in_language(Locale::De);
    site.domain
        .accounts
        .register(new, None)
        .await
        .expect("registers");
    let mail = site.smtp.wait_for_mails(1).await.remove(0);
    assert_eq!(mail.to, ["zoe@xn--bcher-kva.example"]);
    assert_eq!(mail.header("Content-Language"), "de");
    let text = mail.decoded();
    assert!(text.contains("Hallo zoe,"), "{text}");
    assert!(
        !text.contains("Zoë"),
        "whoever registers with a stranger's address writes nothing into their mail: {text}"
    );
}

#[tokio::test]
async fn mails_are_in_the_language_that_the_owner_chose_rather_than_the_requests() {
    let (site, ann, _) = with_ann().await;
    let accounts = &site.domain.accounts;
    let proven = accounts.sign_in("ann", OLD, None).await.expect("signs in");
    let actor = async || {
        let actor = accounts.actor(ann.id, &proven.stamp).await;
        actor.expect("reads").expect("is there")
    };
    assert_eq!(actor().await.language, None);
    accounts
        .set_language(&ann, Locale::De)
        .await
        .expect("written");
    assert_eq!(
        actor().await.language,
        Some(Locale::De),
        "the cached actor is replaced"
    );
    ask(&site, "ann@example.org").await;
    let mails = site.smtp.wait_for_mails(2).await;
    assert_eq!(
        [0, 1].map(|n: usize| mails[n].header("Content-Language")),
        ["en", "de"]
    );
    let script = wanted("script", &[Scope::Read, Scope::Write], None);
    let token = site
        .domain
        .tokens
        .create(&ann, &credential(&site.domain, &ann).await, &script, None)
        .await;
    let secret = token.expect("a token").token.expect("its secret");
    let secret = TokenSecret::parse(&secret).expect("a secret");
    let program = site.domain.tokens.authenticate(Some(&secret), None).await;
    let program = program.expect("accepted").actor;
    assert_eq!(program.language, Some(Locale::De));
    assert_eq!(
        kind(accounts.set_language(&program, Locale::En).await),
        Some(Kind::Forbidden)
    );
}

#[tokio::test]
async fn a_restored_database_accepts_no_link_mailed_before() {
    let (site, ..) = with_ann().await;
    let link = reset_secret(&site).await;
    site.domain.store.after_restore(false).await.expect("ready");
    let reset = site.domain.recovery.reset(&link, NEW, Locale::En).await;
    assert_eq!(kind(reset), Some(Kind::NotFound));
    assert!(signs_in(&site.domain, OLD).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn links_are_used_up_under_the_lock_of_their_account() {
    let (site, _, verify) = with_ann().await;
    if !has_row_locks(&site.domain) {
        return;
    }
    let reset = reset_secret(&site).await;
    let account = "SELECT id FROM account WHERE handle = 'ann' FOR UPDATE";
    let links = "SELECT hash FROM account_token FOR UPDATE NOWAIT";
    let domain = site.domain.clone();
    let verifying = async move { domain.recovery.verify(&verify).await.expect("verifies") };
    assert_order(&site.domain, account, links, verifying).await;
    let domain = site.domain.clone();
    let resetting = async move {
        let reset = domain.recovery.reset(&reset, NEW, Locale::En).await;
        reset.expect("resets");
    };
    assert_order(&site.domain, account, links, resetting).await;
    assert!(signs_in(&site.domain, NEW).await);
}

#[tokio::test]
async fn expired_links_are_deleted_in_batches() {
    let (site, ann, _) = with_ann().await;
    let rows: Vec<String> = (0..1_200)
        .map(|n| format!("('expired-{n}',{},'verify','x',{n},1,1)", ann.id))
        .collect();
    site.execute(&format!(
        "INSERT INTO account_token (hash,account_id,purpose,email,mail_id,created_at,expires_at) VALUES {}",
        rows.join(",")
    ))
    .await;
    let recovery = &site.domain.recovery;
    assert_eq!(recovery.delete_expired().await.expect("deletes"), 1_200);
    assert_eq!(recovery.delete_expired().await.expect("deletes"), 0);
}
