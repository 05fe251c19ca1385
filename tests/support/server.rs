//! The running server of a story: its own database, a clock moved by hand, the dev outbox, and people to walk it.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use salus::auth::challenges;
use salus::auth::sessions::SignedIn;
use salus::clock::{Clock, SignedDuration};
use salus::crypto::passwords::Password;
use salus::identity::accounts::{self, NewAccount};
use salus::messaging::email::Mailer;
use salus::messaging::gateways::Gateway;
use salus::messaging::gateways::outbox::{Item, Outbox};
use salus::messaging::worker::Worker;
use salus::portal::Portal;
use salus::types::actor::Role;
use salus::types::birth_date::BirthDate;
use salus::types::email_address::EmailAddress;
use salus::types::ids::{AccountId, PatientId};
use salus::types::locale::Locale;
use salus::types::person_name::PersonName;
use salus::types::phone::PhoneNumber;
use salus::types::text_value::TextValue as _;

use super::browser::{Browser, Page};
use super::{TestDatabase, settings, start_of_story};

/// The password of everybody in a story.
pub const PASSWORD: &str = "correct horse battery staple";

/// Somebody with an account.
#[derive(Clone)]
pub struct Someone {
    pub account: AccountId,
    pub patient: Option<PatientId>,
    pub role: Role,
    pub name: String,
    pub email: String,
    pub phone: String,
}

pub struct TestPortal {
    pub portal: Portal,
    pub clock: Clock,
    pub outbox: Outbox,
    pub worker: Arc<Worker>,
    pub url: String,
    pub operators: String,
    pub database: TestDatabase,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl TestPortal {
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts a portal with more settings.
    pub async fn start_with(more: &[(&str, &str)]) -> Self {
        let database = TestDatabase::new().await;
        let clock = Clock::by_hand(start_of_story());
        let config = settings(&database, more);
        let portal = Portal::open(config, clock.clone(), true).await.unwrap();
        Self::serve(portal, clock, database)
    }

    /// Starts a portal whose public address is where it listens, so that a real browser can walk it. One that is set
    /// goes before: a browser takes localhost for as safe as https.
    pub async fn start_in_public(more: &[(&str, &str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let database = TestDatabase::new().await;
        let clock = Clock::by_hand(start_of_story());
        let config = settings(&database, &[&[("SALUS_PUBLIC_URL", url.as_str())], more].concat());
        let portal = Portal::open(config, clock.clone(), true).await.unwrap();
        Self::serve_on(listener, portal, clock, database)
    }

    /// Serves a portal that is open already.
    pub fn serve(portal: Portal, clock: Clock, database: TestDatabase) -> Self {
        Self::serve_on(TcpListener::bind("127.0.0.1:0").unwrap(), portal, clock, database)
    }

    fn serve_on(listener: TcpListener, portal: Portal, clock: Clock, database: TestDatabase) -> Self {
        let outbox = Outbox::new(clock.clone());
        let gateways = Gateway::of_settings(&portal.config, Some(&outbox)).unwrap();
        let mailer = Mailer::of_settings(&portal.config, Some(&outbox)).unwrap();
        let worker = Arc::new(Worker::new(portal.clone(), gateways, mailer, challenges::live_code));
        let metrics = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let operators = format!("http://{}", metrics.local_addr().unwrap());
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let thread = {
            let (portal, outbox) = (portal.clone(), outbox.clone());
            std::thread::spawn(move || {
                let stop = async {
                    let _ = stopped.await;
                };
                actix_web::rt::System::new()
                    .block_on(salus::web::server::run(portal, Some(outbox), listener, Some(metrics), stop))
                    .unwrap();
            })
        };
        Self { portal, clock, outbox, worker, url, operators, database, stop: Some(stop), thread: Some(thread) }
    }

    /// Lets time pass.
    pub fn later(&self, span: SignedDuration) {
        self.clock.advance(span);
    }

    pub fn minutes_later(&self, minutes: i64) {
        self.later(SignedDuration::from_mins(minutes));
    }

    /// Sends everything that is due.
    pub async fn deliver(&self) {
        while self.worker.turn().await.unwrap() > 0 {}
    }

    /// The newest message to a phone or address that `wanted` likes; waits for what is queued after an answer.
    pub async fn message(&self, to: &str, wanted: impl Fn(&Item) -> bool) -> Item {
        for _ in 0..200 {
            self.deliver().await;
            if let Some(item) = self.outbox.after(0, Some(to)).into_iter().rfind(|item| wanted(item)) {
                return item;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("no such message came to {to}: {:?}", self.outbox.after(0, Some(to)));
    }

    /// How many messages a phone or address has.
    pub async fn messages(&self, to: &str) -> usize {
        self.deliver().await;
        self.outbox.after(0, Some(to)).len()
    }

    /// The newest code that was texted to a phone.
    pub async fn code(&self, phone: &str) -> String {
        code_in(&self.message(phone, |item| item.text.contains('#')).await.text)
    }

    /// The newest link that was mailed to an address, as a path; not those of alerts.
    pub async fn link(&self, email: &str) -> String {
        let wanted = |item: &Item| item.text.contains("token=") && !item.text.contains("/account/not-me");
        self.path_in(&self.message(email, wanted).await)
    }

    /// The "this was not me" link of the newest alert to an address whose subject has these words, as a path.
    pub async fn not_me_link(&self, email: &str, subject: &str) -> String {
        let about = |item: &Item| item.subject.as_deref().is_some_and(|said| said.contains(subject));
        let item = self.message(email, |item| about(item) && item.text.contains("/account/not-me?token=")).await;
        self.path_in(&item)
    }

    fn path_in(&self, item: &Item) -> String {
        let line = item.text.lines().find(|line| line.contains("token=")).unwrap().to_owned();
        line.strip_prefix(&self.portal.config.public_origin()).unwrap_or(&line).to_owned()
    }

    pub fn browser(&self) -> Browser {
        Browser::new(&self.url)
    }

    async fn open_account(&self, role: Role, name: &str, number: u32) -> Someone {
        let (email, phone) = (format!("{name}@people.example"), format!("+1212555{number:04}"));
        let full = format!("{}{} Example", name[..1].to_uppercase(), &name[1..]);
        self.account_of(role, &full, &email, &phone, "1948-02-29").await
    }

    /// Opens an account with [`PASSWORD`]; `born` is of use for a patient.
    pub async fn account_of(&self, role: Role, full: &str, email: &str, phone: &str, born: &str) -> Someone {
        let hash = self.portal.hasher.hash(Password::typed(PASSWORD)).await.unwrap();
        let birth_date = BirthDate::from_text(born).unwrap();
        let mut tx = self.portal.db.begin().await.unwrap();
        let (data_key_id, key) = self.portal.make_data_key(&mut tx).await.unwrap();
        let (account, patient) = accounts::open(
            &self.portal,
            &mut tx,
            NewAccount {
                role,
                name: &PersonName::parse(full).unwrap(),
                email: &EmailAddress::parse(email).unwrap(),
                phone: &PhoneNumber::from_e164(phone).unwrap(),
                password_hash: &hash,
                locale: Locale::En,
                zone: &self.portal.config.clinic.zone,
                data_key: (data_key_id, &key),
                birth_date: (role == Role::Patient).then_some(&birth_date),
                specialty: (role == Role::Doctor).then_some("General practice"),
            },
        )
        .await
        .unwrap_or_else(|_| panic!("{full} has an account already"));
        tx.commit().await.unwrap();
        Someone { account, patient, role, name: full.into(), email: email.into(), phone: phone.into() }
    }

    /// A patient; the name makes the email, and with its length and letters a phone of its own.
    pub async fn patient(&self, name: &str) -> Someone {
        self.open_account(Role::Patient, name, 100 + number_of(name) % 50).await
    }

    pub async fn doctor(&self, name: &str) -> Someone {
        self.open_account(Role::Doctor, name, 150 + number_of(name) % 25).await
    }

    pub async fn admin(&self, name: &str) -> Someone {
        self.open_account(Role::Admin, name, 175 + number_of(name) % 25).await
    }

    /// Somebody as the rules see them once they are signed in.
    pub async fn signed(&self, who: &Someone) -> SignedIn {
        let account = accounts::find(&self.portal, who.account).await.unwrap().unwrap();
        SignedIn {
            account: account.id,
            role: account.role,
            patient: account.patient,
            name: account.name,
            locale: account.locale,
            zone: account.zone,
            frozen: None,
        }
    }

    /// A browser in which somebody has proved both factors.
    pub async fn signed_in(&self, who: &Someone) -> Browser {
        let mut browser = self.browser();
        self.sign_in(&mut browser, who).await;
        browser
    }

    /// Signs somebody in, in a browser of theirs.
    pub async fn sign_in(&self, browser: &mut Browser, who: &Someone) -> Page {
        // What waits from before leaves first: two codes to one phone in one batch come in any order.
        self.deliver().await;
        let before = self.outbox.after(0, None).last().map_or(0, |item| item.id);
        browser.open("/login").await;
        let page = browser.send("/login", &[("email", &who.email), ("password", PASSWORD)]).await;
        assert_eq!(page.address, "/challenge", "{}", page.body);
        let code = code_in(&self.message(&who.phone, |item| item.id > before && item.text.contains('#')).await.text);
        let page = browser.send("/challenge", &[("code", &code)]).await;
        assert_eq!(page.status, 200, "{}: {}", page.address, page.body);
        page
    }
}

fn number_of(name: &str) -> u32 {
    name.bytes().fold(7u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)))
}

/// The six digits in the last line of a text.
pub fn code_in(text: &str) -> String {
    text.rsplit('#').next().unwrap().trim().to_owned()
}

impl Drop for TestPortal {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
