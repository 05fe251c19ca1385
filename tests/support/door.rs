//! People at the door: browsers, accounts, the worker that delivers, and what the dev outbox then holds.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicU32, Ordering};

use salus::auth::browser::Browser;
use salus::auth::challenges::Answer;
use salus::auth::entered::Entered;
use salus::auth::prove::{Wanted, prove};
use salus::auth::sessions::{self, Session};
use salus::auth::sign_in::{SignInRefusal, sign_in};
use salus::auth::{challenges, challenges::AnswerRefusal};
use salus::clock::Clock;
use salus::crypto::codes::TypedCode;
use salus::crypto::passwords::Password;
use salus::crypto::random::{Secret, bytes};
use salus::error::Failure;
use salus::identity::accounts::{self, Account, NewAccount};
use salus::messaging::email::Mailer;
use salus::messaging::gateways::Gateway;
use salus::messaging::gateways::outbox::Outbox;
use salus::messaging::worker::Worker;
use salus::portal::Portal;
use salus::types::actor::Role;
use salus::types::email_address::EmailAddress;
use salus::types::factor_kind::FactorKind;
use salus::types::ids::AccountId;
use salus::types::locale::Locale;
use salus::types::network::Network;
use salus::types::person_name::PersonName;
use salus::types::phone::PhoneNumber;

use crate::support::{TestDatabase, portal_with};

pub const PASSWORD: &str = "correct horse battery staple";

/// A portal with a worker over the dev outbox.
pub struct Door {
    pub portal: Portal,
    pub clock: Clock,
    pub outbox: Outbox,
    pub worker: Worker,
    _database: TestDatabase,
    hash: String,
}

/// A browser in a network of its own.
pub fn browser() -> Browser {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let address = Ipv4Addr::from(0x0a00_0000 + NEXT.fetch_add(1, Ordering::Relaxed));
    Browser { network: Network::of(address.into()), agent: "Firefox on Linux".into(), digest: bytes(), device: None }
}

pub fn refusal<T, R: std::fmt::Debug>(outcome: Result<T, Failure<R>>) -> R {
    match outcome {
        Err(Failure::Refused(refusal)) => refusal,
        Err(Failure::Internal(error)) => panic!("{error:?}"),
        Ok(_) => panic!("nothing was refused"),
    }
}

pub fn went_through<T, R: std::fmt::Debug>(outcome: Result<T, Failure<R>>) -> T {
    match outcome {
        Ok(value) => value,
        Err(Failure::Refused(refusal)) => panic!("refused: {refusal:?}"),
        Err(Failure::Internal(error)) => panic!("{error:?}"),
    }
}

impl Door {
    pub async fn open() -> Self {
        Self::open_with(&[]).await
    }

    /// Opens it with more settings.
    pub async fn open_with(more: &[(&str, &str)]) -> Self {
        let (portal, clock, database) = portal_with(more).await;
        let outbox = Outbox::new(clock.clone());
        let hash = portal.hasher.hash(Password::typed(PASSWORD)).await.unwrap();
        let worker = Worker::new(
            portal.clone(),
            vec![Gateway::Outbox(outbox.clone())],
            Mailer::Outbox(outbox.clone()),
            challenges::live_code,
        );
        Self { portal, clock, outbox, worker, _database: database, hash }
    }

    /// Another process over the same database and clock.
    pub async fn twin(&self) -> Portal {
        Portal::open(self.portal.config.clone(), self.clock.clone(), false).await.unwrap()
    }

    /// An account with [`PASSWORD`].
    pub async fn account(&self, role: Role, email: &str, phone: &str) -> AccountId {
        let (name, email) = (PersonName::parse("Mia Moreno").unwrap(), EmailAddress::parse(email).unwrap());
        let phone = PhoneNumber::from_e164(phone).unwrap();
        let mut tx = self.portal.db.begin().await.unwrap();
        let (data_key_id, key) = self.portal.make_data_key(&mut tx).await.unwrap();
        let birth_date =
            salus::types::birth_date::BirthDate::parse("1980-11-03", "2026-11-24".parse().unwrap()).unwrap();
        let new = NewAccount {
            role,
            name: &name,
            email: &email,
            phone: &phone,
            password_hash: &self.hash,
            locale: Locale::En,
            zone: &"America/New_York".parse().unwrap(),
            data_key: (data_key_id, &key),
            birth_date: (role == Role::Patient).then_some(&birth_date),
            specialty: None,
        };
        let (id, _) = went_through(accounts::open(&self.portal, &mut tx, new).await);
        tx.commit().await.unwrap();
        id
    }

    pub async fn mia(&self) -> AccountId {
        self.account(Role::Patient, "mia@example.org", "+12125550142").await
    }

    pub async fn of(&self, id: AccountId) -> Account {
        accounts::find(&self.portal, id).await.unwrap().unwrap()
    }

    /// The account of a mail address.
    pub async fn of_mail(&self, email: &str) -> AccountId {
        let email = EmailAddress::parse(email).unwrap();
        accounts::find_by_email(&self.portal, &email).await.unwrap().unwrap().id
    }

    /// Sends everything that is due; answers how many dispatches were taken.
    pub async fn deliver(&self) -> usize {
        let mut all = 0;
        loop {
            match self.worker.turn().await.unwrap() {
                0 => return all,
                some => all += some,
            }
        }
    }

    /// The texts of a phone or the mails of an address, oldest first.
    pub fn messages(&self, to: &str) -> Vec<String> {
        self.outbox.after(0, Some(to)).into_iter().map(|item| item.text).collect()
    }

    /// The six digits of the newest text to a phone, after delivering.
    pub async fn code(&self, phone: &str) -> String {
        self.deliver().await;
        let texts = self.messages(phone);
        texts.iter().rev().find_map(|text| Some(text.rsplit_once('#')?.1.to_owned())).expect("a code was texted")
    }

    pub async fn type_password(
        &self,
        browser: &Browser,
        email: &str,
        typed: &str,
    ) -> Result<Entered, Failure<SignInRefusal>> {
        sign_in(&self.portal, browser, email, Password::typed(typed), None, None).await
    }

    /// Email and the right password; answers the pending session.
    pub async fn password(&self, browser: &Browser, email: &str) -> Session {
        let entered = went_through(self.type_password(browser, email, PASSWORD).await);
        self.session(&entered.token).await.expect("a pending session")
    }

    pub async fn session(&self, token: &Secret) -> Option<Session> {
        sessions::find(&self.portal, token).await.unwrap()
    }

    pub async fn type_code(
        &self,
        browser: &Browser,
        session: &Session,
        code: &str,
    ) -> Result<Entered, Failure<AnswerRefusal>> {
        prove(&self.portal, browser, session, &Answer::Code(TypedCode::parse(code).unwrap()), false).await
    }

    /// Password and code: the browser is known afterwards.
    pub async fn signed_in(&self, browser: &mut Browser, email: &str, phone: &str, trust: bool) -> Session {
        let pending = self.password(browser, email).await;
        let code = self.code(phone).await;
        let typed = Answer::Code(TypedCode::parse(&code).unwrap());
        let entered = went_through(prove(&self.portal, browser, &pending, &typed, trust).await);
        browser.device = entered.device;
        self.session(&entered.token).await.expect("a full session")
    }

    /// One number out of the database.
    pub async fn number(&self, sql: &'static str) -> i64 {
        let mut connection = self.portal.db.read().await.unwrap();
        sqlx::query_scalar(sql).fetch_one(&mut *connection).await.unwrap()
    }

    /// Changes the database behind the portal's back.
    pub async fn tamper(&self, sql: &'static str) {
        let mut tx = self.portal.db.begin().await.unwrap();
        sqlx::query(sql).execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Waits until what happens after an answer has happened.
    pub async fn until(&self, what: &str, sql: &'static str, least: i64) {
        for _ in 0..200 {
            if self.number(sql).await >= least {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        panic!("never came: {what}");
    }
}

/// Six digits that are not these.
pub fn wrong(code: &str) -> String {
    let number: u32 = code.parse().unwrap();
    format!("{:06}", (number + 1) % 1_000_000)
}

/// A text message to the phone that was asked before.
pub const BY_TEXT: Wanted = Wanted { kind: FactorKind::Sms, phone: None };
