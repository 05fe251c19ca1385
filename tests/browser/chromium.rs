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

/// How often chromedriver may pick a port.
const PICKS: usize = 20;

/// chromedriver, on a port that it chose itself.
struct Driver {
    process: Child,
    address: String,
}

impl Driver {
    /// Starts it. It picks a port of its own, first for one version of the protocol and then the same for the other, where
    /// a server of another test may have it: then it ends, and picks again.
    fn start() -> Self {
        let mut said = Vec::new();
        for _ in 0..PICKS {
            match Self::on_a_port() {
                Ok(driver) => return driver,
                Err(lines) => said = lines,
            }
            assert!(said.iter().any(|line| line.contains("port not available")), "chromedriver ended: {said:?}");
        }
        panic!("chromedriver found no port that is free: {said:?}");
    }

    /// Starts it once; answers what it said when it ended instead.
    fn on_a_port() -> Result<Self, Vec<String>> {
        let mut process = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is installed (Debian: chromium-driver)");
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut said = Vec::new();
        for line in lines.by_ref() {
            let Some((_, port)) = line.split_once("started successfully on port ") else {
                said.push(line);
                continue;
            };
            let address = format!("127.0.0.1:{}", port.trim_end_matches('.'));
            // It goes on talking; nobody to hear it would end it.
            std::thread::spawn(move || lines.for_each(drop));
            return Ok(Self { process, address });
        }
        process.wait().unwrap();
        Err(said)
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
