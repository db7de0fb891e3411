//! Mails over a real SMTP server that stalls, refuses and drops: each is sent at least once, with
//! the same `Message-ID`, and none is lost.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use domain::{
    Domain,
    bus::{Bus, MemoryBus},
    channels::mail::{Letter, MailError, MailSettings, Mailer, Recipient},
    entities::job,
    jobs::Runner,
    notifications::LAZY_FROM,
};
use sea_orm::{ConnectionTrait, EntityTrait};
use shared::text::Email;
use testing::{Database, Smtp, SmtpFault, SmtpStep};
use tokio::{net::TcpListener, task::JoinSet, time::sleep};
use words::Locale;

use crate::nodes::{mail, node_with_mail, person};

/// The time limit of one mail in these tests.
const LIMIT: Duration = Duration::from_millis(400);
const BEFORE_THE_MAIL: [SmtpStep; 2] = [SmtpStep::Greeting, SmtpStep::Ehlo];
const ABOUT_THE_MAIL: [SmtpStep; 4] = [
    SmtpStep::Mail,
    SmtpStep::Rcpt,
    SmtpStep::Data,
    SmtpStep::Body,
];

/// Settings that send to this relay.
pub fn over(url: &str) -> MailSettings {
    MailSettings {
        relay: Some(url.parse().expect("a relay")),
        timeout: LIMIT,
        ..mail()
    }
}

async fn send(url: &str) -> Result<(), MailError> {
    let mailer = Mailer::new(over(url));
    let to = Recipient {
        name: "Ann".into(),
        email: Email::parse("ann@example.org").expect("an address"),
    };
    let letter = Letter::test(Locale::En, "Ann", mailer.site());
    mailer.send(&to, &letter, "test.1").await
}

/// A site that sends its mails to this server, and its running jobs.
pub struct Site {
    pub domain: Domain,
    pub smtp: Smtp,
    pub database: Database,
    bus: Arc<dyn Bus>,
    /// `None` once the process is killed.
    runner: Option<(Runner, JoinSet<()>)>,
}

impl Site {
    pub async fn open() -> Self {
        let (smtp, database, bus) = (Smtp::start().await, Database::new(), MemoryBus::shared());
        let domain = node_with_mail(database.url(), &bus, LAZY_FROM, over(&smtp.url())).await;
        let runner = Some((domain.jobs.start(), domain.hub.start()));
        Self {
            domain,
            smtp,
            database,
            bus,
            runner,
        }
    }

    /// Kills the process and starts another on the same database, once its leases have expired.
    pub async fn crash(&mut self) {
        self.runner = None;
        self.domain = node_with_mail(
            self.database.url(),
            &self.bus,
            LAZY_FROM,
            over(&self.smtp.url()),
        )
        .await;
        self.execute("UPDATE job SET lease_until = 1 WHERE lease IS NOT NULL")
            .await;
        self.runner = Some((self.domain.jobs.start(), self.domain.hub.start()));
    }

    pub async fn execute(&self, statement: &str) {
        let txn = self.domain.store.begin().await.expect("begins");
        txn.db()
            .execute_unprepared(statement)
            .await
            .expect("a sound statement");
        txn.commit().await.expect("commits");
    }

    pub async fn jobs(&self) -> Vec<job::Model> {
        let all = job::Entity::find().all(self.domain.store.readers());
        let mut jobs = all.await.expect("reads");
        // Other rooms have scheduled jobs.
        jobs.retain(|job| job.kind.ends_with("_mail"));
        jobs
    }

    /// Waits until these are the jobs that send mails.
    pub async fn wait_for_jobs(&self, what: &str, are: impl Fn(&[job::Model]) -> bool) {
        let begun = Instant::now();
        loop {
            let jobs = self.jobs().await;
            if are(&jobs) {
                return;
            }
            assert!(
                begun.elapsed() < Duration::from_secs(20),
                "{what}: {jobs:?}"
            );
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until no mail is waiting.
    pub async fn settled(&self) {
        self.wait_for_jobs("all mails are sent", |jobs| {
            jobs.iter().all(|job| job.done_at.is_some())
        })
        .await;
    }

    /// Waits until a mail has failed, then makes its next try due at once.
    async fn retry_at_once(&self) {
        self.wait_for_jobs("a failed try", |jobs| {
            jobs.iter()
                .any(|job| job.last_error.is_some() && job.lease.is_none())
        })
        .await;
        self.execute("UPDATE job SET run_at = 0 WHERE done_at IS NULL AND dead_at IS NULL")
            .await;
        self.domain.jobs.wake();
    }
}

#[tokio::test]
async fn registering_sends_a_mail_in_html_and_text() {
    let site = Site::open().await;
    person(&site.domain, "ann").await;
    let mail = site.smtp.wait_for_mails(1).await.remove(0);
    site.settled().await;
    assert_eq!(
        (mail.from.as_str(), &mail.to[..]),
        (
            "artcritique@art.example",
            &["ann@example.org".to_owned()][..]
        )
    );
    assert_eq!(mail.header("Subject"), "Verify your address on ArtCritique");
    assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
    let id = mail.header("Message-ID");
    assert!(
        id.starts_with("<verify.") && id.ends_with("@art.example>"),
        "{id}"
    );
    let (text, path) = (mail.decoded(), mail.path("/verify/"));
    assert_eq!(
        text.matches(&format!("https://art.example{path}")).count(),
        3,
        "in the text, on the button and below it: {text}"
    );
    assert!(text.contains("text/plain") && text.contains("text/html"));
}

#[tokio::test]
async fn stalled_server_costs_no_more_than_the_time_limit() {
    for step in BEFORE_THE_MAIL.into_iter().chain(ABOUT_THE_MAIL) {
        let smtp = Smtp::start().await;
        smtp.fail(step, SmtpFault::Stall, 1);
        let begun = Instant::now();
        let failed = send(&smtp.url()).await;
        assert!(
            begun.elapsed() < LIMIT * 10,
            "{step:?} took {:?}",
            begun.elapsed()
        );
        let Err(MailError::Temporary(why)) = failed else {
            panic!("{step:?}: {failed:?}");
        };
        assert!(why.contains("did not answer within"), "{step:?}: {why}");
        assert!(smtp.mails().is_empty(), "{step:?}");
        send(&smtp.url()).await.expect("the next mail is sent");
    }
}

/// A TLS client that waits for the other side's handshake, as of a server that speaks first.
#[tokio::test]
async fn tls_to_a_server_without_tls_ends_at_the_time_limit() {
    let smtp = Smtp::start().await;
    smtp.fail(SmtpStep::Greeting, SmtpFault::Stall, 1);
    let url = smtp.url().replacen("smtp:", "smtps:", 1);
    let failed = send(&url).await;
    assert!(matches!(failed, Err(MailError::Temporary(_))), "{failed:?}");
    assert_eq!(smtp.reached(SmtpStep::Ehlo), 0);
}

#[tokio::test]
async fn temporary_refusals_and_broken_connections_are_worth_another_try() {
    let steps = || BEFORE_THE_MAIL.into_iter().chain(ABOUT_THE_MAIL);
    let faults = [SmtpFault::Reply("451 4.3.0 Try later"), SmtpFault::Drop];
    for (step, fault) in steps().flat_map(|step| faults.map(|fault| (step, fault))) {
        let smtp = Smtp::start().await;
        smtp.fail(step, fault, 1);
        let failed = send(&smtp.url()).await;
        assert!(
            matches!(failed, Err(MailError::Temporary(_))),
            "{step:?} {fault:?}: {failed:?}"
        );
        assert!(smtp.mails().is_empty(), "{step:?} {fault:?}");
    }
}

#[tokio::test]
async fn only_refusals_of_the_mail_itself_are_permanent() {
    let refused = SmtpFault::Reply("550 5.1.1 <ann@example.org> is unknown");
    for step in ABOUT_THE_MAIL {
        let smtp = Smtp::start().await;
        smtp.fail(step, refused, 1);
        let why = match (step, send(&smtp.url()).await) {
            (SmtpStep::Mail, Err(MailError::Permanent(why))) => why,
            (SmtpStep::Mail, other) => panic!("{step:?}: {other:?}"),
            (_, Err(MailError::Refused(why))) => why,
            (_, other) => panic!("{step:?}: {other:?}"),
        };
        assert!(
            why.contains("550") && !why.contains("ann@example.org"),
            "{step:?}: {why}"
        );
    }
    for step in BEFORE_THE_MAIL {
        let smtp = Smtp::start().await;
        smtp.fail(step, SmtpFault::Reply("554 5.3.2 No service"), 1);
        let failed = send(&smtp.url()).await;
        assert!(
            matches!(failed, Err(MailError::Temporary(_))),
            "{step:?}: {failed:?}"
        );
    }
    let closed = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("smtp://{}", closed.local_addr().expect("an address"));
    drop(closed);
    let failed = send(&url).await;
    assert!(matches!(failed, Err(MailError::Temporary(_))), "{failed:?}");
}

#[tokio::test]
async fn nothing_is_sent_without_the_configured_encryption() {
    for offered in [false, true] {
        let smtp = Smtp::start().await;
        if offered {
            smtp.offer("STARTTLS");
        }
        let failed = send(&format!("{}?tls=starttls", smtp.url())).await;
        assert!(matches!(failed, Err(MailError::Temporary(_))), "{failed:?}");
        assert_eq!(smtp.reached(SmtpStep::StartTls), usize::from(offered));
        assert_eq!(smtp.reached(SmtpStep::Mail), 0);
    }
}

#[tokio::test]
async fn a_refused_password_is_an_operators_problem_and_not_the_mails() {
    let smtp = Smtp::start().await;
    smtp.offer("AUTH PLAIN LOGIN");
    let url = smtp.url().replacen("smtp://", "smtp://ann:hush@", 1);
    smtp.fail(SmtpStep::Auth, SmtpFault::Reply("535 5.7.8 Wrong"), 1);
    let Err(MailError::Temporary(why)) = send(&url).await else {
        panic!("a refused password is not temporary");
    };
    assert!(why.contains("535") && !why.contains("hush"), "{why}");
    assert_eq!(smtp.reached(SmtpStep::Mail), 0);
    send(&url).await.expect("signs in and sends");
    assert_eq!(smtp.mails().len(), 1);
}

#[tokio::test]
async fn a_mail_to_a_server_that_stalls_or_is_busy_is_sent_later() {
    for fault in [SmtpFault::Stall, SmtpFault::Reply("451 4.7.1 Greylisted")] {
        let site = Site::open().await;
        site.smtp.fail(SmtpStep::Rcpt, fault, 1);
        person(&site.domain, "ann").await;
        site.smtp.wait_for(SmtpStep::Rcpt, 1).await;
        site.retry_at_once().await;
        site.smtp.wait_for_mails(1).await;
        site.settled().await;
        assert_eq!(site.smtp.mails().len(), 1, "{fault:?}");
    }
}

/// Anybody can register with an address that takes no mail.
#[tokio::test]
async fn a_mail_that_the_recipients_side_refuses_is_no_dead_letter_and_holds_no_other_up() {
    for step in [SmtpStep::Rcpt, SmtpStep::Data, SmtpStep::Body] {
        let site = Site::open().await;
        let refused = SmtpFault::Reply("550 5.1.1 No such user <ann@example.org>");
        site.smtp.fail(step, refused, 1);
        person(&site.domain, "ann").await;
        site.settled().await;
        let job = site.jobs().await.remove(0);
        assert_eq!((job.dead_at, job.tries), (None, 0), "{step:?}: {job:?}");
        assert!(site.smtp.mails().is_empty(), "{step:?}");
        person(&site.domain, "bo").await;
        let mail = site.smtp.wait_for_mails(1).await.remove(0);
        assert_eq!(mail.to, ["bo@example.org"], "{step:?}");
    }
}

#[tokio::test]
async fn a_mail_whose_sender_is_refused_is_a_dead_letter_at_once() {
    let site = Site::open().await;
    let refused = SmtpFault::Reply("550 5.7.1 Not yours to send from; for <ann@example.org>");
    site.smtp.fail(SmtpStep::Mail, refused, 1);
    person(&site.domain, "ann").await;
    site.wait_for_jobs("a dead letter", |jobs| {
        jobs.iter().any(|job| job.dead_at.is_some())
    })
    .await;
    let dead = site.jobs().await.remove(0);
    assert_eq!(dead.tries, 1, "{dead:?}");
    let why = dead.last_error.expect("a reason");
    assert!(why.contains("550") && !why.contains("ann@"), "{why}");
}

#[tokio::test]
async fn an_address_outside_ascii_needs_a_relay_that_takes_it() {
    let smtp = Smtp::start().await;
    let mailer = Mailer::new(over(&smtp.url()));
    let to = Recipient {
        name: "Ann".into(),
        email: Email::parse("änn@example.org").expect("an address"),
    };
    let letter = Letter::test(Locale::En, "Ann", mailer.site());
    let no_extensions = SmtpFault::Reply("250 relay.example");
    smtp.fail(SmtpStep::Ehlo, no_extensions, 1);
    let failed = mailer.send(&to, &letter, "test.1").await;
    assert!(matches!(failed, Err(MailError::Refused(_))), "{failed:?}");
    assert_eq!(smtp.reached(SmtpStep::Mail), 0);
    let sent = mailer.send(&to, &letter, "test.1").await;
    sent.expect("this time the relay offers the extensions");
    assert_eq!(smtp.mails()[0].to, ["änn@example.org"]);
}

/// The server has accepted the mail, and its answer is lost.
#[tokio::test]
async fn a_mail_whose_acceptance_is_lost_is_sent_again_with_the_same_id_and_both_links_work() {
    for kill in [false, true] {
        let mut site = Site::open().await;
        let fault = if kill {
            SmtpFault::Stall
        } else {
            SmtpFault::Drop
        };
        person(&site.domain, "ann").await;
        site.smtp.wait_for_mails(1).await;
        site.settled().await;
        site.smtp.fail(SmtpStep::Accepted, fault, 1);
        site.domain
            .recovery
            .ask_for_reset("ann@example.org", Locale::En)
            .await
            .expect("asked");
        site.smtp.wait_for_mails(2).await;
        if kill {
            site.crash().await;
            site.domain.jobs.wake();
        } else {
            site.retry_at_once().await;
        }
        let mails = site.smtp.wait_for_mails(3).await;
        site.settled().await;
        let [first, second] = &mails[1..] else {
            panic!("{} mails", mails.len());
        };
        assert_eq!(first.header("Message-ID"), second.header("Message-ID"));
        for mail in [first, second] {
            let path = mail.path("/reset/");
            let secret = path.trim_start_matches("/reset/");
            let handle = site.domain.recovery.reset_link(secret).await;
            assert_eq!(handle.expect("a valid link"), "ann", "killed: {kill}");
        }
    }
}
