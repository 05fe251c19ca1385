//! The release program from its start to its first page, on a database that is up to date; and what it holds idle.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::child::resident;
use crate::client::Client;

/// What was seen.
pub struct Starts {
    /// Milliseconds from the start to the first page's last byte, in order.
    pub took: Vec<f64>,
    /// KiB resident after the first page and a rest.
    pub idle: u64,
}

/// A server that is killed when it is let go.
struct Served(std::process::Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts `salus serve` so many times.
pub fn measure(folder: &Path, times: usize) -> Starts {
    let address = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free address");
    let vars = BTreeMap::from([
        ("SALUS_DATA", folder.display().to_string()),
        ("SALUS_KEYS_FILE", folder.join("keys").display().to_string()),
        ("SALUS_LISTEN", address.to_string()),
        ("SALUS_PUBLIC_URL", "https://portal.hill.example".into()),
        ("SALUS_SMS_GATEWAYS", "twilio".into()),
        ("SALUS_TWILIO_ACCOUNT_SID", "AC0123456789abcdef0123456789abcdef".into()),
        ("SALUS_TWILIO_AUTH_TOKEN", "0123456789abcdef".into()),
        ("SALUS_TWILIO_FROM", "+12125557000".into()),
        ("SALUS_TWILIO_BASE_URL", "http://127.0.0.1:9".into()),
        ("SALUS_SMTP_URL", "smtp://127.0.0.1:9".into()),
        ("SALUS_CLINIC_NAME", "Hill Clinic".into()),
        ("SALUS_CLINIC_PHONE", "+1 212 555 7000".into()),
    ]);
    let command = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_salus"));
        command.args(args).env_clear().envs(&vars).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    for args in [&["keys", "add"][..], &["migrate"]] {
        assert!(command(args).status().expect("the program").success(), "salus {}", args.join(" "));
    }
    let mut starts = Starts { took: Vec::new(), idle: 0 };
    for turn in 0..times {
        let begun = Instant::now();
        let served = Served(command(&["serve"]).spawn().expect("the program"));
        while std::net::TcpStream::connect(address).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(20), "the server listens");
            std::thread::sleep(Duration::from_micros(500));
        }
        let mut browser = Client::new(address, 0);
        assert_eq!(browser.get("/").status, 200, "the first page");
        starts.took.push(begun.elapsed().as_secs_f64() * 1e3);
        if turn + 1 == times {
            std::thread::sleep(Duration::from_secs(3));
            starts.idle = resident(served.0.id());
        }
    }
    starts.took.sort_by(f64::total_cmp);
    starts
}
