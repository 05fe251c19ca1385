//! `salus serve` as a process that is killed without warning and started again.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// A server; ended with its owner.
pub struct Process {
    pub address: SocketAddr,
    vars: Vec<(String, String)>,
    log: PathBuf,
    child: Mutex<Child>,
}

/// An address of this machine that nobody listens on at the moment.
pub fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

impl Process {
    /// Starts the built program with these settings; its log is appended to `log`.
    pub fn start(address: SocketAddr, vars: &[(String, String)], log: &Path) -> Self {
        let mut vars = vars.to_vec();
        vars.push(("SALUS_LISTEN".into(), address.to_string()));
        let child = Mutex::new(spawn(&vars, log));
        Self { address, vars, log: log.to_owned(), child }
    }

    /// Waits until it answers; it takes its address long before.
    pub fn wait(&self) {
        let begun = Instant::now();
        while !is_ready(self.address) {
            let ended = self.child.lock().unwrap().try_wait().unwrap();
            assert!(ended.is_none(), "the server ended: {}", std::fs::read_to_string(&self.log).unwrap());
            assert!(begun.elapsed() < Duration::from_secs(30), "nobody listens");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Kills it (SIGKILL: nothing is finished, nothing is said) and starts it again.
    pub fn kill_and_start(&self) {
        let mut child = self.child.lock().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        *child = spawn(&self.vars, &self.log);
    }
}

fn is_ready(address: SocketAddr) -> bool {
    let Ok(mut stream) = TcpStream::connect(address) else { return false };
    let request = format!("GET /health/ready HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    let mut answer = [0; 12];
    stream.set_read_timeout(Some(Duration::from_secs(1))).is_ok()
        && stream.write_all(request.as_bytes()).is_ok()
        && stream.read_exact(&mut answer).is_ok()
        && answer == *b"HTTP/1.1 200"
}

fn spawn(vars: &[(String, String)], log: &Path) -> Child {
    let log = File::options().create(true).append(true).open(log).unwrap();
    Command::new(env!("CARGO_BIN_EXE_salus"))
        .arg("serve")
        .env_clear()
        .envs(vars.iter().cloned())
        .current_dir(std::env::temp_dir())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap()
}

impl Drop for Process {
    fn drop(&mut self) {
        let child = self.child.get_mut().unwrap_or_else(|poisoned| poisoned.into_inner());
        let _ = child.kill();
        let _ = child.wait();
    }
}
