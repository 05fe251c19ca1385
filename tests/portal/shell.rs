//! The built program as an operator runs it: a process, its settings, what it says and its exit code.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use salus::clock::Clock;
use salus::config::{Config, Lookup};
use salus::identity::accounts::{self, Account, NewAccount};
use salus::portal::Portal;
use salus::types::actor::Role;
use salus::types::email_address::EmailAddress;
use salus::types::locale::Locale;
use salus::types::person_name::PersonName;
use salus::types::phone::PhoneNumber;
use salus::types::zone::Zone;

use crate::support::TestDatabase;

/// What a command answered.
pub struct Answer {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Answer {
    pub fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    pub fn says(self, words: &str) -> Self {
        let all = format!("{}{}", self.out, self.err);
        assert!(all.contains(words), "{words:?} is missing in:\n{all}");
        self
    }
}

/// An operator's shell: settings, and a folder with the key ring.
pub struct Shell {
    pub database: TestDatabase,
    pub vars: BTreeMap<String, String>,
}

impl Shell {
    /// Settings that are safe for production, with a key ring, on the database under test.
    pub async fn new() -> Self {
        Self::over(TestDatabase::new().await)
    }

    /// The same on an embedded database, whichever is under test.
    pub fn embedded() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("salus.db").display());
        Self::over(TestDatabase { url, folder })
    }

    fn over(database: TestDatabase) -> Self {
        let mut shell = Self { database, vars: BTreeMap::new() };
        let keys = shell.path("secrets/keys").display().to_string();
        let (data, url) = (shell.path("").display().to_string(), shell.database.url.clone());
        for (name, value) in [
            ("SALUS_DATA", data.as_str()),
            ("SALUS_DATABASE_URL", &url),
            ("SALUS_DATABASE_CONNECTIONS", "4"),
            ("SALUS_KEYS_FILE", &keys),
            ("SALUS_LISTEN", "127.0.0.1:0"),
            ("SALUS_PUBLIC_URL", "https://portal.hill.example"),
            ("SALUS_SMS_GATEWAYS", "twilio"),
            ("SALUS_TWILIO_ACCOUNT_SID", "AC0123456789abcdef0123456789abcdef"),
            ("SALUS_TWILIO_AUTH_TOKEN", "0123456789abcdef"),
            ("SALUS_TWILIO_FROM", "+12125557000"),
            ("SALUS_TWILIO_BASE_URL", "http://127.0.0.1:9"),
            ("SALUS_SMTP_URL", "smtp://127.0.0.1:9"),
            ("SALUS_CLINIC_NAME", "Hill Clinic"),
            ("SALUS_CLINIC_PHONE", "+1 212 555 7000"),
        ] {
            shell.set(name, value);
        }
        shell.run(&["keys", "add"]).ends_with(0);
        shell
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.vars.insert(name.to_owned(), value.to_owned());
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.database.folder.path().join(name)
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_salus"));
        command.args(args).env_clear().envs(&self.vars).current_dir(self.database.folder.path());
        command
    }

    pub fn run(&self, args: &[&str]) -> Answer {
        let output = self.command(args).stdin(Stdio::null()).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Answer { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// The same with something on standard input.
    pub fn pipe(&self, args: &[&str], input: &[u8]) -> Answer {
        let mut command = self.command(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // What has read enough does not wait for the rest.
        let _ = child.stdin.take().unwrap().write_all(input);
        let output = child.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Answer { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// The same portal through the library.
    pub async fn portal(&self) -> Portal {
        let config = Config::read(Lookup::from_map(self.vars.clone())).unwrap();
        Portal::open(config, Clock::system(), true).await.unwrap()
    }
}

/// An address of this machine that nobody listens on at the moment.
pub fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// A process that serves; ended with the test.
pub struct Running(pub Child);

impl Running {
    pub fn start(mut command: Command, address: &str) -> Self {
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut running = Self(child);
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(20), "nobody listens");
            assert!(running.0.try_wait().unwrap().is_none(), "the server ended: {}", running.rest());
            std::thread::sleep(Duration::from_millis(20));
        }
        running
    }

    fn rest(&mut self) -> String {
        std::io::read_to_string(self.0.stderr.take().unwrap()).unwrap()
    }

    /// Sends a signal and waits for the end; answers the exit code and what stood on stdout and stderr.
    pub fn stop(mut self, signal: &str) -> Answer {
        let pid = self.0.id().to_string();
        assert!(Command::new("kill").args(["-s", signal, &pid]).status().unwrap().success());
        let begun = Instant::now();
        while self.0.try_wait().unwrap().is_none() {
            assert!(begun.elapsed() < Duration::from_secs(12), "the server does not stop");
            std::thread::sleep(Duration::from_millis(20));
        }
        let code = self.0.wait().unwrap().code();
        let out = std::io::read_to_string(self.0.stdout.take().unwrap()).unwrap();
        Answer { code, out, err: self.rest() }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Already ended, as a rule.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A mail server that takes everything and keeps what it heard.
pub struct MailServer {
    pub url: String,
    pub heard: Arc<Mutex<String>>,
}

impl MailServer {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("smtp://{}", listener.local_addr().unwrap());
        let heard = Arc::new(Mutex::new(String::new()));
        let kept = heard.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let kept = kept.clone();
                std::thread::spawn(move || converse(stream, &kept));
            }
        });
        Self { url, heard }
    }
}

fn converse(mut stream: TcpStream, kept: &Mutex<String>) {
    let say = |stream: &mut TcpStream, line: &str| stream.write_all(format!("{line}\r\n").as_bytes()).is_ok();
    say(&mut stream, "220 mail.test ESMTP");
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    while let Some(Ok(line)) = lines.next() {
        if line == "DATA" {
            say(&mut stream, "354 go on");
            let mail: Vec<String> = lines.by_ref().map_while(Result::ok).take_while(|line| line != ".").collect();
            kept.lock().unwrap().push_str(&mail.join("\n"));
        }
        let answer = if line.starts_with("EHLO") { "250 mail.test" } else { "250 fine" };
        if !say(&mut stream, answer) {
            return;
        }
    }
}

/// An account, opened through the library.
pub async fn account(portal: &Portal, role: Role, email: &str) -> Account {
    let email = EmailAddress::parse(email).unwrap();
    let mut tx = portal.db.begin().await.unwrap();
    let (id, key) = portal.make_data_key(&mut tx).await.unwrap();
    let new = NewAccount {
        role,
        name: &PersonName::parse("Robin Vale").unwrap(),
        email: &email,
        phone: &PhoneNumber::from_e164("+12125550123").unwrap(),
        password_hash: "none",
        locale: Locale::En,
        zone: &Zone::utc(),
        data_key: (id, &key),
        birth_date: None,
        specialty: None,
    };
    accounts::open(portal, &mut tx, new).await.unwrap();
    tx.commit().await.unwrap();
    accounts::find_by_email(portal, &email).await.unwrap().unwrap()
}
