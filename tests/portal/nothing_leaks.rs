//! Everything is used once; then logs, the stored database and error pages are searched for what was used.

use std::io::Write;
use std::sync::{Arc, Mutex};

use salus::care::appointments;
use salus::care::labs::{self, NewObservation, NewReport, ReportStatus};
use salus::care::records;
use salus::db::Engine;
use salus::types::actor::Role;
use salus::types::ids::LabReportId;
use sqlx::Row as _;
use tracing_subscriber::EnvFilter;

use crate::support::clinic;
use crate::support::server::{PASSWORD, TestPortal};
use crate::voice::{Line, Told};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Whether a needle stands anywhere; six digits only on their own, since chance puts them into longer numbers.
pub fn holds(hay: &[u8], needle: &str) -> bool {
    let edge = |byte: Option<&u8>| needle.len() > 6 || byte.is_none_or(|byte| !byte.is_ascii_alphanumeric());
    hay.windows(needle.len()).enumerate().any(|(at, window)| {
        window.eq_ignore_ascii_case(needle.as_bytes())
            && edge(at.checked_sub(1).and_then(|before| hay.get(before)))
            && edge(hay.get(at + needle.len()))
    })
}

/// All that the database keeps: the file's bytes, or every row with its binary columns as bytes.
pub async fn stored(portal: &TestPortal) -> Vec<u8> {
    match portal.portal.db.engine() {
        Engine::Sqlite => {
            let mut all = Vec::new();
            for name in ["salus.db", "salus.db-wal"] {
                all.extend(std::fs::read(portal.database.folder.path().join(name)).unwrap_or_default());
            }
            all
        }
        Engine::Postgres => {
            let mut connection = portal.portal.db.read().await.unwrap();
            let tables = sqlx::query("SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE schemaname = 'public'")
                .fetch_all(&mut *connection)
                .await
                .unwrap();
            let mut all = Vec::new();
            for table in tables {
                let table: String = table.try_get(0).unwrap();
                let rows = sqlx::AssertSqlSafe(format!("SELECT CAST(t AS TEXT) FROM {table} t"));
                for row in sqlx::query(rows).fetch_all(&mut *connection).await.unwrap() {
                    let text: String = row.try_get(0).unwrap();
                    // Binary columns are printed as \x and hexadecimal digits.
                    for part in text.split("\\\\x").skip(1) {
                        let hex: String = part.chars().take_while(char::is_ascii_hexdigit).collect();
                        all.extend(data_encoding::HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).unwrap_or_default());
                        all.push(b'\n');
                    }
                    all.extend(text.into_bytes());
                    all.push(b'\n');
                }
            }
            all
        }
    }
}

#[tokio::test]
async fn logs_database_and_error_pages_hold_nothing_of_a_person() {
    let log = Log::default();
    let writer = log.clone();
    // Louder than any production setting; only the test's own HTTP client is left out.
    let filter =
        EnvFilter::new("trace,hyper=off,hyper_util=off,reqwest=off,h2=off,mio=off,html5ever=off,selectors=off");
    tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(move || writer.clone()).init();

    let portal = TestPortal::start().await;
    let (zelda, doctor) = (portal.patient("zeldaquince").await, portal.doctor("okonquist").await);
    let mut errors = Vec::new();
    let mut codes = Vec::new();

    // Registration, sign-in with wrong answers, a reset.
    let mut newcomer = portal.browser();
    newcomer.open("/register").await;
    let form = [
        ("full_name", "Xanthippe Underhill"),
        ("birth_date", "1951-07-23"),
        ("email", "xanthippe@underhill.example"),
        ("phone", "212 555 0199"),
        ("password", "seven purple otters swim"),
        ("locale", "en"),
        ("time_zone", "America/New_York"),
        ("accept_terms", "yes"),
    ];
    assert_eq!(newcomer.send("/register", &form).await.address, "/challenge");
    codes.push(portal.code("+12125550199").await);
    newcomer.send("/challenge", &[("code", codes.last().unwrap())]).await;
    let mut browser = portal.browser();
    browser.open("/login").await;
    browser.send("/login", &[("email", &zelda.email), ("password", "a quite wrong password")]).await;
    browser.send("/login", &[("email", &zelda.email), ("password", PASSWORD)]).await;
    codes.push(portal.code(&zelda.phone).await);
    browser.send("/challenge", &[("code", if codes[1] == "111111" { "111112" } else { "111111" })]).await;
    browser.send("/challenge", &[("code", &codes[1])]).await;
    let session = browser.cookies["sid"].clone();
    let mut forgetful = portal.browser();
    forgetful.open("/password/forgot").await;
    forgetful.send("/password/forgot", &[("email", &zelda.email)]).await;
    let link = portal.link(&zelda.email).await;
    let token = link.split('=').nth(1).unwrap().to_owned();
    forgetful.open(&link).await;
    forgetful.send("/password/reset", &[]).await.says("Enter your code");
    codes.push(portal.code(&zelda.phone).await);

    // Care: an appointment with its reason, a report with a value and a note, read by its patient.
    let (patient, okonquist) = (portal.signed(&zelda).await, portal.signed(&doctor).await);
    assert_eq!((patient.role, okonquist.role), (Role::Patient, Role::Doctor));
    clinic::set_slots(&portal.portal, &okonquist, 540, 1020, 20).await;
    let mut booking = clinic::booking(&okonquist, clinic::tomorrow_at(11, 0));
    booking.reason = "An unusual borborygmus".into();
    appointments::book(&portal.portal, &patient, &booking, &clinic::network()).await.ok().unwrap();
    let cared = records::open_for(&portal.portal, &okonquist, zelda.patient.unwrap(), &clinic::network()).await;
    let cared = cared.unwrap().unwrap();
    let report = NewReport {
        id: LabReportId::new(),
        panel: "Glucose panel".into(),
        panel_loinc: "24323-8".into(),
        performer: "Fernwick Laboratory".into(),
        status: ReportStatus::Final,
        collected_at: portal.clock.now(),
        issued_at: None,
        observations: vec![NewObservation {
            loinc: "2345-7".into(),
            value: "317.25".into(),
            unit: "mg/dL".into(),
            low: "70".into(),
            high: "99".into(),
            flag: "H".into(),
            ..NewObservation::default()
        }],
    };
    let from = clinic::network();
    let added = labs::add_by_form(&portal.portal, &okonquist, &cared, &report, &from).await.ok().unwrap();
    let note = "Drink more elderflower cordial";
    labs::release(&portal.portal, &okonquist, &cared, added.id, note, &from).await.ok().unwrap();
    portal.deliver().await;
    let page = browser.open(&format!("/labs/{}", added.id)).await;
    page.says("317.25").says(note);
    browser.open("/appointments").await.says("Okonquist");

    // A call that reads a code out, as its gateway hears it.
    let line = Line::open("twilio").await;
    let called = line.portal.patient("wilhelmina").await;
    let (_, spoken) = line.called(&called).await;
    let (answer, told) = line.paths();
    line.words(&answer, Told::Answered).await;
    line.words(&format!("{answer}/play"), Told::Key("7")).await;
    assert_eq!(line.told(&told, Told::State("completed")).await.0, 204);
    let call_token = answer.rsplit('/').next().unwrap().to_owned();
    let kept_of_call = stored(&line.portal).await;

    // Pages that tell of a problem.
    errors.push(browser.get("/labs/0193b1a2-0000-7000-8000-000000000000").await);
    errors.push(browser.get("/admin").await);
    errors.push(browser.post_raw("/logout", &[]).await);
    let last2 = |phone: &str| phone[phone.len() - 2..].to_owned();
    assert_eq!(last2(&zelda.phone).len(), 2);

    for needle in [spoken, call_token, called.phone[1..].to_owned(), called.email.clone()] {
        assert!(!holds(&kept_of_call, &needle), "the database of the call holds {needle}");
        codes.push(needle);
    }
    let mut needles: Vec<String> = codes;
    needles.extend(
        [
            "Xanthippe",
            "Underhill",
            "1951-07-23",
            "xanthippe@underhill.example",
            "12125550199",
            "2125550199",
            "seven purple otters swim",
            "Zeldaquince",
            "zeldaquince@people.example",
            "Okonquist",
            PASSWORD,
            "a quite wrong password",
            "borborygmus",
            "317.25",
            "elderflower",
            "1948-02-29",
        ]
        .map(str::to_owned),
    );
    needles.extend([zelda.phone[1..].to_owned(), doctor.phone[1..].to_owned(), token, session]);
    let logged = log.0.lock().unwrap().clone();
    let kept = stored(&portal).await;
    assert!(holds(&logged, "answered") && holds(&kept, "code_sign_in"), "the search looks at what is there");
    for needle in &needles {
        assert!(!holds(&logged, needle), "a log line holds {needle}: {}", line_of(&logged, needle));
        assert!(!holds(&kept, needle), "the database holds {needle}");
        for page in &errors {
            assert!(page.status >= 400 && !holds(page.body.as_bytes(), needle), "{} holds {needle}", page.address);
        }
    }
}

fn line_of(log: &[u8], needle: &str) -> String {
    let text = String::from_utf8_lossy(log).into_owned();
    let needle = needle.to_lowercase();
    text.lines().find(|line| line.to_lowercase().contains(&needle)).unwrap_or("").to_owned()
}
