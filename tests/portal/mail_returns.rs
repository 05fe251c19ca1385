//! Mail that comes back: its account is marked, its person and the admins read so, and it heals.

use salus::audit::{self, Search};
use salus::care::{appointments, reminders};
use salus::clock::SignedDuration;
use salus::identity::accounts;
use salus::messaging::dispatches::{self, MAIL_LIFE};
use salus::messaging::mail_refusals::{self, Why};
use salus::messaging::opt_outs::{self, Wish};
use salus::messaging::texts::{Notice, Values};
use salus::portal::Portal;
use salus::sweep::sweep;
use salus::types::actor::Role;
use salus::types::ids::AccountId;
use salus::types::phone::PhoneNumber;

use crate::aggregator_double::sign;
use crate::shell::{self, Shell};
use crate::smtp_server::SmtpServer;
use crate::support::clinic::{self, booking, counted, network, tomorrow_at};
use crate::support::server::{PASSWORD, Someone, TestPortal};

const SECRET: &str = "bounce-secret-0123456789";
const WITH_CODE: &str = "SELECT COUNT(*) FROM attempts WHERE receipt = 'undelivered' AND receipt_code = '5.1.1'";

async fn start(server: &SmtpServer) -> TestPortal {
    TestPortal::start_with(&[("SALUS_SMTP_URL", &server.url), ("SALUS_MAIL_BOUNCE_SECRET", SECRET)]).await
}

/// Queues a mail that says there is something to read.
async fn queue(portal: &Portal, account: AccountId) {
    let account = accounts::find(portal, account).await.unwrap().unwrap();
    let mut tx = portal.db.begin().await.unwrap();
    dispatches::queue_mail(portal, &mut tx, &account.contact(), Notice::News, &Values::new(), MAIL_LIFE).await.unwrap();
    tx.commit().await.unwrap();
}

async fn write(portal: &TestPortal, who: &Someone) {
    queue(&portal.portal, who.account).await;
    portal.deliver().await;
}

async fn why(portal: &TestPortal, who: &Someone) -> Option<Why> {
    mail_refusals::of(&portal.portal, who.account).await.unwrap().map(|mark| mark.why)
}

async fn deeds(portal: &TestPortal, deed: &str) -> usize {
    let search = Search { deed: Some(deed.into()), limit: 20, ..Search::default() };
    audit::find(&portal.portal, &search).await.unwrap().len()
}

/// The Message-ID of the newest mail to an address.
fn message_id(server: &SmtpServer, to: &str) -> String {
    let received = server.received();
    let mail = received.iter().rfind(|mail| mail.to == [to]).expect("a mail");
    mail.data.lines().find_map(|line| line.strip_prefix("Message-ID: ")).unwrap().trim().to_owned()
}

/// A delivery status notification about a mail.
fn bounce(id: &str, action: &str, status: &str) -> String {
    [
        "From: MAILER-DAEMON@mx.example",
        "Subject: Undelivered Mail Returned to Sender",
        "MIME-Version: 1.0",
        "Content-Type: multipart/report; report-type=delivery-status; boundary=\"b1\"",
        "",
        "--b1",
        "Content-Type: text/plain",
        "",
        "I could not deliver your mail.",
        "--b1",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mx.example",
        "",
        "Final-Recipient: rfc822; somebody@people.example",
        &format!("Action: {action}"),
        &format!("Status: {status}"),
        "",
        "--b1",
        "Content-Type: text/rfc822-headers",
        "",
        &format!("Message-ID: {id}"),
        "Subject: Something new",
        "",
        "--b1--",
        "",
    ]
    .join("\r\n")
}

/// Posts a bounce; answers the status.
async fn post(portal: &TestPortal, mail: &str, secret: &str, late: i64) -> u16 {
    let at = portal.clock.now().as_second() - late;
    let request = reqwest::Client::new()
        .post(format!("{}/webhooks/mail/bounce", portal.url))
        .header("content-type", "message/rfc822")
        .header("X-Timestamp", at.to_string())
        .header("X-Signature", sign(secret, at, mail))
        .body(mail.to_owned());
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    assert_eq!(response.text().await.unwrap(), "", "no body");
    status
}

#[tokio::test]
async fn a_refused_address_marks_its_account_and_everybody_concerned_reads_so() {
    let server = SmtpServer::start().await;
    let portal = start(&server).await;
    let (mia, noor, ada) = (portal.patient("mia").await, portal.patient("noor").await, portal.admin("ada").await);
    let mut browser = portal.signed_in(&mia).await;
    browser.open("/home").await.says_not("come back");
    portal.deliver().await;
    server.refuse_address(&mia.email, Some("550 5.1.1 no such user"));
    write(&portal, &noor).await;
    assert_eq!((why(&portal, &mia).await, why(&portal, &noor).await), (None, None));
    write(&portal, &mia).await;
    assert_eq!((why(&portal, &mia).await, why(&portal, &noor).await), (Some(Why::NoMailbox), None));

    let page = browser.open("/home").await;
    page.says("Our emails to you come back. See what to do");
    let page = browser.open("/account").await;
    page.says("Our emails to you come back.").says(&format!("call {}", portal.portal.config.clinic.phone));
    page.says("we remind you of appointments by text message");

    let mut admin = portal.signed_in(&ada).await;
    let list = admin.open("/admin/people").await;
    assert_eq!(list.text().matches("Email comes back").count(), 1);
    let address = format!("/admin/people/{}", mia.account);
    admin.open(&address).await.says("no such mailbox").says("10:00am");
    admin.open(&format!("/admin/people/{}", noor.account)).await.says_not("came back").says_not("Email works again");
    write(&portal, &mia).await;
    assert_eq!(deeds(&portal, "mail_refused").await, 1, "told once while it lasts");
    admin.open(&address).await;
    admin.send(&format!("{address}/mail-works"), &[]).await.says("The note is gone.").says_not("no such mailbox");
    assert_eq!((why(&portal, &mia).await, deeds(&portal, "mail_cleared").await), (None, 1));
    admin.send(&format!("{address}/mail-works"), &[]).await;
    assert_eq!(deeds(&portal, "mail_cleared").await, 1, "pressed twice, done once");
    browser.open("/home").await.says_not("come back");
}

#[tokio::test]
async fn the_mark_goes_three_days_after_a_mail_was_taken_unless_one_comes_back() {
    let server = SmtpServer::start().await;
    let portal = start(&server).await;
    let mia = portal.patient("mia").await;
    server.refuse_address(&mia.email, Some("552 5.2.2 full"));
    write(&portal, &mia).await;
    assert_eq!(why(&portal, &mia).await, Some(Why::MailboxFull));
    portal.later(SignedDuration::from_hours(30 * 24));
    assert_eq!(why(&portal, &mia).await, Some(Why::MailboxFull), "time alone heals nothing");

    server.refuse_address(&mia.email, None);
    write(&portal, &mia).await;
    portal.later(SignedDuration::from_hours(48));
    assert_eq!(post(&portal, &bounce(&message_id(&server, &mia.email), "failed", "5.7.1"), SECRET, 0).await, 204);
    portal.later(SignedDuration::from_hours(48));
    assert_eq!(why(&portal, &mia).await, Some(Why::Blocked), "it was taken, and came back two days later");

    write(&portal, &mia).await;
    portal.later(SignedDuration::from_hours(71));
    assert_eq!(why(&portal, &mia).await, Some(Why::Blocked));
    assert_eq!(sweep(&portal.portal).await.unwrap().mail_refusals, 0);
    write(&portal, &mia).await;
    portal.later(SignedDuration::from_hours(1));
    assert_eq!(why(&portal, &mia).await, None, "three days after the first that was taken");
    assert_eq!(sweep(&portal.portal).await.unwrap().mail_refusals, 1);
}

#[tokio::test]
async fn no_refusal_of_us_or_of_what_a_mail_says_marks_anybody() {
    let server = SmtpServer::start().await;
    let portal = start(&server).await;
    let mia = portal.patient("mia").await;
    for refusal in
        [("MAIL", "550 not you"), (".", "554 5.7.1 spam"), ("RCPT", "450 4.2.1 later"), ("MAIL", "535 5.7.8 who?")]
    {
        server.refuse(Some(refusal));
        write(&portal, &mia).await;
        assert_eq!(why(&portal, &mia).await, None, "{refusal:?}");
    }
}

#[tokio::test]
async fn a_bounce_is_taken_once_when_it_is_signed_and_names_our_mail() {
    let server = SmtpServer::start().await;
    let portal = start(&server).await;
    let mia = portal.patient("mia").await;
    write(&portal, &mia).await;
    let id = message_id(&server, &mia.email);
    let mail = bounce(&id, "failed", "5.1.1");
    assert_eq!(post(&portal, &mail, "another-secret-0123456789", 0).await, 403);
    assert_eq!(post(&portal, &mail, SECRET, 301).await, 403);
    assert_eq!(post(&portal, &mail, SECRET, -301).await, 403);
    let bare = reqwest::Client::new().post(format!("{}/webhooks/mail/bounce", portal.url)).body(mail.clone());
    assert_eq!(bare.send().await.unwrap().status(), 403);
    assert_eq!(post(&portal, &"x".repeat(64 * 1024 + 1), SECRET, 0).await, 413);
    let another = id.replace("@localhost", "@elsewhere.example");
    assert_ne!(another, id);
    for harmless in [
        bounce(&id, "delayed", "4.4.7"),
        bounce(&id, "failed", "4.4.7"),
        bounce(&another, "failed", "5.1.1"),
        bounce(&format!("<{}@localhost>", AccountId::new()), "failed", "5.1.1"),
        "Subject: I am on holiday\r\n\r\nUntil Monday.\r\n".to_owned(),
    ] {
        assert_eq!(post(&portal, &harmless, SECRET, 0).await, 204);
        assert_eq!(why(&portal, &mia).await, None, "{harmless}");
    }
    assert_eq!(post(&portal, &mail, SECRET, 300).await, 204);
    assert_eq!(why(&portal, &mia).await, Some(Why::NoMailbox));
    assert_eq!(counted(&portal.portal, WITH_CODE).await, 1);

    let ada = portal.admin("ada").await;
    let by = portal.signed(&ada).await.actor();
    assert!(mail_refusals::clear(&portal.portal, &by, mia.account, &network()).await.unwrap());
    assert_eq!(post(&portal, &mail, SECRET, 0).await, 204);
    assert_eq!(why(&portal, &mia).await, None, "the same bounce again says nothing new");
}

#[tokio::test]
async fn without_a_secret_no_bounce_is_taken_over_http() {
    let portal = TestPortal::start().await;
    assert_eq!(post(&portal, &bounce("<x@localhost>", "failed", "5.1.1"), SECRET, 0).await, 404);
}

#[tokio::test]
async fn a_mail_server_pipes_a_bounce() {
    let shell = Shell::new().await;
    let portal = shell.portal().await;
    let robin = shell::account(&portal, Role::Admin, "robin@people.example").await;
    queue(&portal, robin.id).await;
    let leased = crate::support::lease(&portal, "smtp").await;
    let id = leased[0].id.to_string();
    let taken = dispatches::Outcome::Accepted { provider_id: id.clone(), watched_for: None };
    dispatches::finish(&portal, &leased[0], &taken).await.unwrap();

    let pipe = |mail: &str| shell.pipe(&["mail", "bounce"], mail.as_bytes());
    let ours = format!("<{id}@portal.hill.example>");
    pipe(&bounce(&ours, "delayed", "4.4.1")).ends_with(0).says("no lasting failure");
    pipe("hello").ends_with(1).says("takes only mail that was returned");
    pipe(&bounce("<x@portal.hill.example>", "failed", "5.1.1")).ends_with(1).says("names no mail of this portal");
    pipe(&"x".repeat(300 * 1024)).ends_with(1).says("more than 256 KiB");
    assert_eq!(mail_refusals::of(&portal, robin.id).await.unwrap(), None);
    let answer = pipe(&bounce(&ours, "failed", "5.1.1")).ends_with(0).says("counts as coming back");
    assert!(!format!("{}{}", answer.out, answer.err).contains("people.example"), "no address is said");
    assert_eq!(mail_refusals::of(&portal, robin.id).await.unwrap().unwrap().why, Why::NoMailbox);
    pipe(&bounce(&ours, "failed", "5.1.1")).ends_with(0).says("told before");
    portal.db.close().await;
}

#[tokio::test]
async fn a_bounce_that_cannot_be_kept_is_to_be_handed_in_again() {
    let mut shell = Shell::embedded();
    shell.set("SALUS_DATABASE_URL", "postgres://nobody@127.0.0.1:9/none");
    shell.pipe(&["mail", "bounce"], b"hello").ends_with(75);
    shell.set("SALUS_MAIL_BOUNCE_SECRET", "short");
    shell.pipe(&["mail", "bounce"], b"hello").ends_with(75).says("SALUS_MAIL_BOUNCE_SECRET");
}

#[tokio::test]
async fn who_cannot_be_reached_by_mail_is_reminded_by_text_if_their_phone_takes_texts() {
    let portal = TestPortal::start().await;
    let okafor = clinic::doctor(&portal.portal, "okafor").await;
    let (mia, noor, kim) = (portal.patient("mia").await, portal.patient("noor").await, portal.patient("kim").await);
    // Friday at 14:00 and later.
    let starts_at = tomorrow_at(48 + 14, 0);
    for (who, minute) in [(&mia, 0), (&noor, 20), (&kim, 40)] {
        let at = starts_at + SignedDuration::from_mins(minute);
        appointments::book(&portal.portal, &portal.signed(who).await, &booking(&okafor, at), &network())
            .await
            .ok()
            .unwrap();
    }
    portal.deliver().await;
    let mut tx = portal.portal.db.begin().await.unwrap();
    for who in [&mia, &noor] {
        mail_refusals::refused(&portal.portal, &mut tx, who.account, Why::NoMailbox).await.unwrap();
    }
    tx.commit().await.unwrap();
    let stopped = PhoneNumber::from_e164(&noor.phone).unwrap();
    let mut tx = portal.portal.db.begin().await.unwrap();
    opt_outs::heed(&portal.portal, &mut tx, "outbox", &stopped, Wish::Stop).await.unwrap();
    tx.commit().await.unwrap();

    let before = portal.outbox.after(0, None).last().map_or(0, |item| item.id);
    let day_before = starts_at - SignedDuration::from_hours(24) + SignedDuration::from_mins(50);
    // One after another, as they are due.
    for minutes in [50, 30, 10] {
        let now = day_before - SignedDuration::from_mins(minutes);
        portal.later(now.duration_since(portal.clock.now()));
        reminders::turn(&portal.portal).await.unwrap();
        portal.deliver().await;
    }
    let to = |address: &str| portal.outbox.after(before, Some(address)).len();
    assert_eq!((to(&mia.email), to(&mia.phone)), (0, 1), "by text instead of by mail");
    assert_eq!((to(&noor.email), to(&noor.phone)), (1, 0), "who stopped texts gets no text");
    assert_eq!((to(&kim.email), to(&kim.phone)), (1, 0), "and who can be reached chose mail");
}

#[tokio::test]
async fn mail_about_the_accounts_safety_cannot_be_turned_off() {
    let portal = TestPortal::start().await;
    let mia = portal.patient("mia").await;
    let mut browser = portal.signed_in(&mia).await;
    let page = browser.open("/account").await;
    page.says("Emails about the safety of your account always come, whatever you choose.");
    assert_eq!(page.values("remind_by"), ["mail", "text", "none"], "nothing else can be turned off");
    let none = [("locale", "en"), ("time_zone", "America/New_York"), ("remind_by", "none")];
    browser.send("/account", &none).await.says("Your changes are saved.");
    // Not even a mail that comes back keeps the next from being sent.
    let mut tx = portal.portal.db.begin().await.unwrap();
    mail_refusals::refused(&portal.portal, &mut tx, mia.account, Why::Refused).await.unwrap();
    tx.commit().await.unwrap();

    let mails = |subject: &str| {
        let items = portal.outbox.after(0, Some(&mia.email));
        items.iter().filter(|item| item.subject.as_deref().is_some_and(|said| said.contains(subject))).count()
    };
    portal.deliver().await;
    let before = mails("a new browser signed in");
    // The same browser from the same place is told once an hour.
    portal.minutes_later(61);
    portal.signed_in(&mia).await;
    portal.deliver().await;
    assert_eq!(mails("a new browser signed in"), before + 1);
    let mut stranger = portal.browser();
    stranger.open("/password/forgot").await;
    stranger.send("/password/forgot", &[("email", &mia.email)]).await;
    portal.link(&mia.email).await;
    let mut thief = portal.browser();
    for _ in 0..12 {
        thief.open("/login").await;
        thief.send("/login", &[("email", &mia.email), ("password", PASSWORD)]).await;
        for _ in 0..5 {
            thief.post("/challenge", &[("code", "000000")]).await;
        }
        portal.minutes_later(20);
    }
    portal.deliver().await;
    assert!(mails("somebody typed wrong codes") + mails("your account is locked for now") > 0, "told of the tries");
}
