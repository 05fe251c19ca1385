//! The measured server as the measuring process sees it.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

pub struct Server {
    child: Child,
    // Dropped, it ends the child.
    _stdin: Option<ChildStdin>,
    pub pages: SocketAddr,
    commands: SocketAddr,
}

impl Server {
    /// Starts this program again as the clinic of `people` in `folder`.
    pub fn start(folder: &Path, people: u32, still: bool) -> Self {
        let program = std::env::current_exe().expect("this program");
        let mut child = Command::new(program)
            .arg(if still { "--still-clinic" } else { "--clinic" })
            .arg(folder)
            .arg(people.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(if still { Stdio::inherit() } else { Stdio::null() })
            .spawn()
            .expect("a second process");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("its addresses");
        let (pages, commands) = line.trim().split_once(' ').expect("two addresses");
        Self {
            pages: pages.parse().expect("an address"),
            commands: commands.parse().expect("an address"),
            _stdin: child.stdin.take(),
            child,
        }
    }

    /// A line of commands; one a thread.
    pub fn commands(&self) -> Commands {
        Commands(BufReader::new(TcpStream::connect(self.commands).expect("the clinic listens")))
    }

    /// Resident memory, in KiB.
    pub fn memory(&self) -> u64 {
        resident(self.child.id())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Resident memory of a process, in KiB.
pub fn resident(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("Linux's /proc");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("its memory");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).expect("a number")
}

pub struct Commands(BufReader<TcpStream>);

impl Commands {
    pub fn ask(&mut self, command: &str) -> String {
        writeln!(self.0.get_mut(), "{command}").expect("the clinic listens");
        let mut line = String::new();
        self.0.read_line(&mut line).expect("the clinic answers");
        line.trim_end().to_owned()
    }

    pub fn number(&mut self, command: &str) -> u64 {
        self.ask(command).parse().expect("a number")
    }

    /// CPU and commits so far, once nothing is left to do in the background.
    pub fn spent(&mut self) -> Spent {
        self.ask("settle");
        Spent { cpu: self.number("cpu"), commits: self.number("commits") }
    }
}

/// What the server has used.
#[derive(Clone, Copy)]
pub struct Spent {
    /// Nanoseconds of CPU.
    pub cpu: u64,
    /// Transactions.
    pub commits: u64,
}

impl Spent {
    /// CPU milliseconds and commits for each of `times`, since `before`.
    pub fn each_since(self, before: Self, times: usize) -> (f64, f64) {
        let times = times as f64;
        ((self.cpu - before.cpu) as f64 / 1e6 / times, (self.commits - before.commits) as f64 / times)
    }
}
