//! The server below the doubles of gateways: reads requests whole, answers as a script says, else as its judge does.

#![allow(dead_code, reason = "each test target uses its own part")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the double does with the next request that is well-formed.
#[derive(Clone)]
pub enum Answer {
    /// As the judge of the provider says.
    Real,
    /// This status, these headers and this body.
    Raw(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// Reads the request and says nothing for so long.
    Hang(Duration),
    /// Reads the request and resets the connection.
    Reset,
    /// One byte of a body now and then, for ever.
    Drip,
    /// Announces more than it sends.
    Truncated,
}

/// One request.
#[derive(Clone, Debug)]
pub struct Request {
    pub head: String,
    pub body: Vec<u8>,
    /// Of a form; empty unless it is declared as one.
    pub fields: Vec<(String, String)>,
}

impl Request {
    /// Method and target.
    pub fn line(&self) -> &str {
        self.head.lines().next().unwrap_or_default().trim_end_matches(" HTTP/1.1")
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }

    pub fn raw(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The object of a JSON body; None unless it is declared as one.
    pub fn json(&self) -> Option<serde_json::Map<String, Value>> {
        (self.header("content-type") == Some("application/json"))
            .then(|| serde_json::from_slice(&self.body).ok())
            .flatten()
    }

    pub fn has_basic(&self, user: &str, password: &str) -> bool {
        let basic = data_encoding::BASE64.encode(format!("{user}:{password}").as_bytes());
        self.header("authorization") == Some(&format!("Basic {basic}"))
    }
}

/// What a provider makes of a request, and of the messages that it took before.
pub type Judge = fn(&Request, &[Request]) -> (u16, Value);

#[derive(Default)]
struct State {
    script: Vec<Answer>,
    taken: Vec<Request>,
    requests: usize,
}

/// A double; listens until it is dropped.
pub struct Double {
    pub base: String,
    state: Arc<Mutex<State>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Double {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Double {
    pub async fn start(judge: Judge) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let shared = state.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, shared.clone(), judge));
            }
        });
        Self { base, state, task }
    }

    /// Answers for the next requests, in order; afterwards it answers as the provider would.
    pub fn script(&self, answers: impl IntoIterator<Item = Answer>) {
        self.state.lock().unwrap().script.extend(answers);
    }

    /// A JSON answer to the next request.
    pub fn says(&self, status: u16, body: Value) {
        self.script([Answer::Raw(status, vec![("content-type", "application/json".into())], body.to_string().into())]);
    }

    /// Requests that the judge answered with 2xx.
    pub fn taken(&self) -> Vec<Request> {
        self.state.lock().unwrap().taken.clone()
    }

    /// Requests of any kind.
    pub fn requests(&self) -> usize {
        self.state.lock().unwrap().requests
    }
}

async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>, judge: Judge) -> Option<()> {
    loop {
        let request = read_request(&mut stream).await?;
        let answer = {
            let mut state = state.lock().unwrap();
            state.requests += 1;
            if state.script.is_empty() { Answer::Real } else { state.script.remove(0) }
        };
        let start = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9000\r\n\r\n";
        match answer {
            Answer::Hang(span) => {
                tokio::time::sleep(span).await;
                return None;
            }
            Answer::Reset => {
                socket_reset(stream);
                return None;
            }
            Answer::Drip => {
                stream.write_all(start.as_bytes()).await.ok()?;
                loop {
                    stream.write_all(b" ").await.ok()?;
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
            }
            Answer::Truncated => {
                stream.write_all(format!("{start}{{").as_bytes()).await.ok()?;
                return None;
            }
            Answer::Raw(status, headers, body) => respond(&mut stream, status, &headers, &body).await?,
            Answer::Real => {
                let (status, json) = {
                    let mut state = state.lock().unwrap();
                    let (status, json) = judge(&request, &state.taken);
                    if (200..300).contains(&status) {
                        state.taken.push(request);
                    }
                    (status, json)
                };
                let headers = [("content-type", "application/json".into())];
                respond(&mut stream, status, &headers, json.to_string().as_bytes()).await?;
            }
        }
    }
}

/// Linger of nothing turns the close into a reset.
pub fn socket_reset(stream: TcpStream) {
    stream.set_zero_linger().unwrap();
    drop(stream);
}

pub async fn respond(stream: &mut TcpStream, status: u16, headers: &[(&str, String)], body: &[u8]) -> Option<()> {
    let mut head = format!("HTTP/1.1 {status} Answer\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    stream.write_all(format!("{head}\r\n").as_bytes()).await.ok()?;
    stream.write_all(body).await.ok()
}

pub async fn read_request(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let mut more = async |bytes: &mut Vec<u8>| {
        let read = stream.read_buf(bytes).await.ok()?;
        (read > 0).then_some(())
    };
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        more(&mut bytes).await?;
    };
    let head = String::from_utf8(bytes[..end].to_vec()).ok()?;
    let length: usize = header(&head, "content-length").map_or(Some(0), |text| text.parse().ok())?;
    while bytes.len() < end + 4 + length {
        more(&mut bytes).await?;
    }
    let body = bytes[end + 4..].to_vec();
    let fields = match header(&head, "content-type") {
        Some("application/x-www-form-urlencoded") => url::form_urlencoded::parse(&body).into_owned().collect(),
        _ => Vec::new(),
    };
    Some(Request { head, body, fields })
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().skip(1).find_map(|line| {
        let (known, value) = line.split_once(':')?;
        known.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// Whether it is 1 to `longest` digits, without any sign.
pub fn is_digits(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

/// Whether a sender is digits or at most 11 letters and digits.
pub fn is_sender(text: &str) -> bool {
    is_digits(text, 15) || ((1..=11).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// Answers after which the message may have been sent, whoever the provider is.
pub fn doubtful(base: &str) -> Vec<(&'static str, Answer)> {
    let huge = format!("{{\"pad\":\"{}\"}}", "x".repeat(70_000));
    vec![
        ("500", Answer::Raw(500, vec![], b"{}".to_vec())),
        ("503", Answer::Raw(503, vec![("retry-after", "5".into())], Vec::new())),
        ("reset", Answer::Reset),
        ("cut off", Answer::Truncated),
        ("malformed", Answer::Raw(200, vec![], b"<html>ok</html>".to_vec())),
        ("without an id", Answer::Raw(200, vec![], b"{}".to_vec())),
        ("oversized", Answer::Raw(200, vec![], huge.into_bytes())),
        ("redirected", Answer::Raw(307, vec![("location", format!("{base}/elsewhere"))], Vec::new())),
    ]
}

/// Retry-After as it is sent, and the pause in seconds that is kept for it.
pub const PAUSES: [(Option<&str>, Option<u64>); 5] = [
    (None, None),
    (Some("7"), Some(7)),
    (Some("86400"), Some(60)),
    (Some("Wed, 25 Nov 2026 10:00:00 GMT"), None),
    (Some("-3"), None),
];

/// An answer with that Retry-After.
pub fn with_pause(status: u16, pause: Option<&str>, body: &Value) -> Answer {
    let headers = pause.map(|value| ("retry-after", value.to_owned())).into_iter().collect();
    Answer::Raw(status, headers, body.to_string().into_bytes())
}
