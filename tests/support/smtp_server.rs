//! A small mail server that holds the conversation and keeps what it was given.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// One mail as it came over the wire.
#[derive(Clone, Debug, Default)]
pub struct Received {
    pub from: String,
    pub to: Vec<String>,
    pub data: String,
}

#[derive(Default)]
struct State {
    received: Vec<Received>,
    refuse: Option<(&'static str, String)>,
    hang_at: Option<&'static str>,
    refused_addresses: Vec<(String, String)>,
    connections: usize,
    open: usize,
    most_open: usize,
    pause: Duration,
}

/// The server; listens until it is dropped.
pub struct SmtpServer {
    pub url: String,
    state: Arc<Mutex<State>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl SmtpServer {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("smtp://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let state = Arc::new(Mutex::new(State::default()));
        let shared = state.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = shared.clone();
                tokio::spawn(async move {
                    {
                        let mut state = state.lock().unwrap();
                        (state.connections, state.open) = (state.connections + 1, state.open + 1);
                        state.most_open = state.most_open.max(state.open);
                    }
                    converse(stream, state.clone()).await;
                    state.lock().unwrap().open -= 1;
                });
            }
        });
        Self { url, state, task }
    }

    /// Answers this line to a command from now on; None: as it should.
    pub fn refuse(&self, command: Option<(&'static str, &str)>) {
        self.state.lock().unwrap().refuse = command.map(|(command, line)| (command, line.to_owned()));
    }

    /// Says nothing more after a command.
    pub fn hang_at(&self, command: &'static str) {
        self.state.lock().unwrap().hang_at = Some(command);
    }

    /// Answers this line to RCPT of an address; None: takes it again.
    pub fn refuse_address(&self, address: &str, line: Option<&str>) {
        let mut state = self.state.lock().unwrap();
        state.refused_addresses.retain(|(known, _)| known != address);
        state.refused_addresses.extend(line.map(|line| (address.to_owned(), line.to_owned())));
    }

    /// Takes so long before it says that a mail was taken.
    pub fn pause(&self, span: Duration) {
        self.state.lock().unwrap().pause = span;
    }

    /// How many connections were made, and how many stood open at once.
    pub fn connections(&self) -> (usize, usize) {
        let state = self.state.lock().unwrap();
        (state.connections, state.most_open)
    }

    pub fn received(&self) -> Vec<Received> {
        self.state.lock().unwrap().received.clone()
    }
}

async fn converse(stream: TcpStream, state: Arc<Mutex<State>>) -> Option<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 mail.test ESMTP\r\n").await.ok()?;
    let mut mail = Received::default();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_owned();
        let command = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        let (hang, refused) = {
            let state = state.lock().unwrap();
            let refused = state.refuse.clone().filter(|(known, _)| *known == command).map(|(_, line)| line);
            (state.hang_at.is_some_and(|known| known == command), refused)
        };
        if hang {
            tokio::time::sleep(Duration::from_secs(60)).await;
            return None;
        }
        let answer = match (command.as_str(), refused) {
            (_, Some(line)) => line,
            ("EHLO", _) => "250-mail.test\r\n250-8BITMIME\r\n250 SMTPUTF8".into(),
            ("MAIL", _) => {
                mail = Received { from: address(&line), ..Received::default() };
                "250 ok".into()
            }
            ("RCPT", _) => {
                let to = address(&line);
                let refused = state.lock().unwrap().refused_addresses.iter().find(|(known, _)| *known == to).cloned();
                match refused {
                    Some((_, line)) => line,
                    None => {
                        mail.to.push(to);
                        "250 ok".into()
                    }
                }
            }
            ("DATA", _) if mail.to.is_empty() => "503 no recipient".into(),
            ("DATA", _) => {
                stream.write_all(b"354 go on\r\n").await.ok()?;
                loop {
                    let mut line = String::new();
                    if stream.read_line(&mut line).await.ok()? == 0 {
                        return None;
                    }
                    if line == ".\r\n" {
                        break;
                    }
                    mail.data += line.strip_prefix('.').unwrap_or(&line);
                }
                let pause = state.lock().unwrap().pause;
                tokio::time::sleep(pause).await;
                let ended = state.lock().unwrap().refuse.clone().filter(|(known, _)| *known == ".");
                match ended {
                    Some((_, line)) => line,
                    None => {
                        state.lock().unwrap().received.push(std::mem::take(&mut mail));
                        "250 taken".into()
                    }
                }
            }
            ("QUIT", _) => {
                stream.write_all(b"221 bye\r\n").await.ok()?;
                return None;
            }
            ("NOOP" | "RSET", _) => "250 ok".into(),
            _ => "502 not known here".into(),
        };
        stream.write_all(format!("{answer}\r\n").as_bytes()).await.ok()?;
    }
}

fn address(line: &str) -> String {
    let rest = line.split_once('<').map_or("", |(_, rest)| rest);
    rest.split_once('>').map_or("", |(address, _)| address).to_owned()
}
