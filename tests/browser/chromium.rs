//! A Chromium with an empty profile and the driver that steers it; both end with the value, in a panic too.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::json;
use thirtyfour::{ChromeCapabilities, ChromiumLikeCapabilities as _, LoggingPrefsLogLevel, WebDriver};

/// A browser without a window that talks to nobody of its own accord.
const FLAGS: [&str; 10] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=en-US",
];

/// How long a browser may take to close.
const FAREWELL: Duration = Duration::from_secs(5);

/// chromedriver, on a port that it chose itself.
struct Driver {
    process: Child,
    address: String,
}

impl Driver {
    fn start() -> Self {
        let mut process = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is installed (Debian: chromium-driver)");
        let mut said = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let port = said
            .find_map(|line| Some(line.split_once("started successfully on port ")?.1.trim_end_matches('.').to_owned()))
            .expect("chromedriver says where it listens");
        // It goes on talking; nobody to hear it would end it.
        std::thread::spawn(move || said.for_each(drop));
        Self { process, address: format!("127.0.0.1:{port}") }
    }

    /// Closes the browser. Without the test's runtime, which may be the one that is unwinding.
    fn close(&self, session: &str) -> std::io::Result<()> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(FAREWELL))?;
        write!(stream, "DELETE /session/{session} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address)?;
        stream.read_exact(&mut [0; 12])
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The browser is closed first, then its driver ends, then its profile goes.
pub struct Chromium {
    pub driver: WebDriver,
    process: Driver,
    _profile: tempfile::TempDir,
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let session = self.driver.session_id().to_string();
        // Left to itself, the crate asks for this over a connection of its own and waits for minutes.
        let _ = self.driver.clone().leak();
        if let Err(error) = self.process.close(&session) {
            eprintln!("a browser was not closed: {error}");
        }
    }
}

impl Chromium {
    /// Starts one; `scripts` is the setting by which a person lets pages run theirs.
    pub async fn start(scripts: bool) -> Self {
        let (process, profile) = (Driver::start(), tempfile::tempdir().unwrap());
        let mut wanted = ChromeCapabilities::new();
        for flag in FLAGS {
            wanted.add_arg(flag).unwrap();
        }
        wanted.add_arg(&format!("--user-data-dir={}", profile.path().display())).unwrap();
        wanted.set_browser_log_level(LoggingPrefsLogLevel::All).unwrap();
        wanted.set_logging_prefs("performance", LoggingPrefsLogLevel::All).unwrap();
        let allowed = if scripts { 1 } else { 2 };
        let settings = json!({
            "profile.managed_default_content_settings.javascript": allowed,
            "credentials_enable_service": false,
        });
        wanted.add_experimental_option("prefs", settings).unwrap();
        let driver = WebDriver::new(format!("http://{}", process.address), wanted).await.unwrap();
        Self { driver, process, _profile: profile }
    }

    /// A command of the browser's own protocol.
    pub async fn tell(&self, method: &str, params: serde_json::Value) -> serde_json::Value {
        self.driver.cdp().send_raw(method, params).await.unwrap_or_else(|error| panic!("{method}: {error}"))
    }
}
