//! A PostgreSQL of our own: in a temporary folder, on a free port of this machine, gone at the end.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::bad_network::process::free_address;

/// A running server with an empty database.
pub struct Cluster {
    pub url: String,
    programs: PathBuf,
    folder: tempfile::TempDir,
}

/// Where Debian keeps the newest server's programs.
fn programs() -> PathBuf {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .filter(|path| path.join("initdb").is_file())
        .collect();
    found.sort();
    found.pop().expect("PostgreSQL's server: apt-get install postgresql")
}

/// A program of the server; as root it runs as postgres, since it refuses to be root.
fn command(program: &Path) -> Command {
    let mut command = if rustix::process::geteuid().is_root() {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir("/tmp").stdin(Stdio::null()).stdout(Stdio::null());
    command
}

impl Cluster {
    pub fn start() -> Self {
        let programs = programs();
        let folder = tempfile::tempdir_in("/tmp").expect("a folder of our own");
        if rustix::process::geteuid().is_root() {
            let owned = Command::new("chown").arg("postgres").arg(folder.path()).status();
            assert!(owned.is_ok_and(|status| status.success()), "the user postgres is missing");
        }
        let port = free_address().port();
        let data = folder.path().join("data");
        let made = command(&programs.join("initdb"))
            .args(["-U", "salus", "--auth=trust", "-E", "UTF8", "-D"])
            .arg(&data)
            .status()
            .expect("initdb runs");
        assert!(made.success(), "initdb failed");
        let options =
            format!("-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={}", folder.path().display());
        let started = command(&programs.join("pg_ctl"))
            .args(["-s", "-w", "-o", &options, "-l"])
            .arg(folder.path().join("log"))
            .arg("-D")
            .arg(&data)
            .arg("start")
            .status()
            .expect("pg_ctl runs");
        let cluster = Self { url: format!("postgres://salus@127.0.0.1:{port}/postgres"), programs, folder };
        assert!(started.success(), "PostgreSQL did not start");
        cluster
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let data = self.folder.path().join("data");
        let _ = command(&self.programs.join("pg_ctl")).args(["-m", "immediate", "-s", "stop", "-D"]).arg(data).status();
    }
}
