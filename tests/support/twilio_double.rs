//! A double of Twilio's message endpoint: as strict as the provider in what it takes, and scripted in what it answers.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
pub const TOKEN: &str = "test-auth-token-0123456789";
pub const FROM: &str = "+15005550006";

/// What the double does with the next request that is well-formed.
#[derive(Clone)]
pub enum Answer {
    /// As the provider would: 201, or the code of a magic number.
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

/// One message that the double took.
#[derive(Clone, Debug)]
pub struct Taken {
    pub fields: Vec<(String, String)>,
    pub raw: String,
}

impl Taken {
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

#[derive(Default)]
struct State {
    script: Vec<Answer>,
    taken: Vec<Taken>,
    requests: usize,
}

/// The double; listens until it is dropped.
pub struct TwilioDouble {
    pub base: String,
    state: Arc<Mutex<State>>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for TwilioDouble {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl TwilioDouble {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let shared = state.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, shared.clone()));
            }
        });
        Self { base, state, task }
    }

    /// Answers for the next requests, in order; afterwards it answers as the provider would.
    pub fn script(&self, answers: impl IntoIterator<Item = Answer>) {
        self.state.lock().unwrap().script.extend(answers);
    }

    /// Messages answered with 201.
    pub fn taken(&self) -> Vec<Taken> {
        self.state.lock().unwrap().taken.clone()
    }

    /// Requests of any kind.
    pub fn requests(&self) -> usize {
        self.state.lock().unwrap().requests
    }
}

async fn serve(mut stream: TcpStream, state: Arc<Mutex<State>>) -> Option<()> {
    loop {
        let (head, body) = read_request(&mut stream).await?;
        let answer = {
            let mut state = state.lock().unwrap();
            state.requests += 1;
            if state.script.is_empty() { Answer::Real } else { state.script.remove(0) }
        };
        match answer {
            Answer::Hang(span) => {
                tokio::time::sleep(span).await;
                return None;
            }
            Answer::Reset => {
                // Linger of nothing turns the close into a reset.
                socket_reset(stream);
                return None;
            }
            Answer::Drip => {
                let start = "HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: 9000\r\n\r\n";
                stream.write_all(start.as_bytes()).await.ok()?;
                loop {
                    stream.write_all(b" ").await.ok()?;
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
            }
            Answer::Truncated => {
                let start =
                    "HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n{\"sid\"";
                stream.write_all(start.as_bytes()).await.ok()?;
                return None;
            }
            Answer::Raw(status, headers, body) => respond(&mut stream, status, &headers, &body).await?,
            Answer::Real => {
                let (status, json) = judge(&head, &body, &state);
                respond(
                    &mut stream,
                    status,
                    &[("content-type", "application/json".into())],
                    json.to_string().as_bytes(),
                )
                .await?;
            }
        }
    }
}

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

async fn read_request(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at;
        }
        let mut chunk = [0; 4096];
        let read = stream.read(&mut chunk).await.ok()?;
        if read == 0 {
            return None;
        }
        bytes.extend_from_slice(&chunk[..read]);
    };
    let head = String::from_utf8(bytes[..head_end].to_vec()).ok()?;
    let length: usize = header(&head, "content-length")?.parse().ok()?;
    let mut body = bytes[head_end + 4..].to_vec();
    while body.len() < length {
        let mut chunk = [0; 4096];
        let read = stream.read(&mut chunk).await.ok()?;
        if read == 0 {
            return None;
        }
        body.extend_from_slice(&chunk[..read]);
    }
    Some((head, body))
}

pub fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().skip(1).find_map(|line| {
        let (known, value) = line.split_once(':')?;
        known.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// The classic error body.
pub fn classic(status: u16, code: i64) -> (u16, serde_json::Value) {
    let more = format!("https://www.twilio.com/docs/errors/{code}");
    (status, serde_json::json!({ "code": code, "message": "refused", "more_info": more, "status": status }))
}

fn judge(head: &str, body: &[u8], state: &Mutex<State>) -> (u16, serde_json::Value) {
    let request_line = head.lines().next().unwrap_or_default();
    if request_line != format!("POST /2010-04-01/Accounts/{ACCOUNT}/Messages.json HTTP/1.1") {
        return classic(404, 20404);
    }
    let basic = data_encoding::BASE64.encode(format!("{ACCOUNT}:{TOKEN}").as_bytes());
    if header(head, "authorization") != Some(&format!("Basic {basic}")) {
        return classic(401, 20003);
    }
    if header(head, "content-type") != Some("application/x-www-form-urlencoded") {
        return classic(415, 20415);
    }
    let raw = String::from_utf8_lossy(body).into_owned();
    let fields: Vec<(String, String)> = url::form_urlencoded::parse(body).into_owned().collect();
    let taken = Taken { fields, raw };
    let mut names: Vec<&str> = taken.fields.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    let known = ["Body", "From", "MessagingServiceSid", "StatusCallback", "To", "ValidityPeriod"];
    if names.iter().any(|name| !known.contains(name)) || names.windows(2).any(|two| two[0] == two[1]) {
        return classic(400, 20001);
    }
    let Some(text) = taken.field("Body").filter(|text| !text.is_empty()) else { return classic(400, 21602) };
    if text.chars().count() > 1600 {
        return classic(400, 21617);
    }
    match taken.field("ValidityPeriod").map(str::parse::<u32>) {
        None => {}
        Some(Ok(1..=36_000)) => {}
        _ => return classic(400, 21624),
    }
    if taken
        .field("StatusCallback")
        .is_some_and(|url| !url.starts_with("https://") || url.split('/').nth(2).is_none_or(|host| host.contains('_')))
    {
        return classic(400, 21609);
    }
    match (taken.field("From"), taken.field("MessagingServiceSid")) {
        (Some("+15005550001"), None) => return classic(400, 21212),
        (Some("+15005550007"), None) => return classic(400, 21606),
        (Some("+15005550008"), None) => return classic(400, 21611),
        (Some(_), None) => {}
        (None, Some(service)) if service.starts_with("MG") && service.len() == 34 => {}
        _ => return classic(400, 21603),
    }
    let Some(to) = taken.field("To") else { return classic(400, 21604) };
    let digits = to.strip_prefix('+').unwrap_or_default();
    if digits.is_empty() || digits.len() > 15 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return classic(400, 21211);
    }
    match to {
        "+15005550001" => return classic(400, 21211),
        "+15005550002" => return classic(400, 21612),
        "+15005550003" => return classic(403, 21408),
        "+15005550004" => return classic(400, 21610),
        "+15005550009" => return classic(400, 21614),
        _ => {}
    }
    let mut state = state.lock().unwrap();
    let sid = format!("SM{:032x}", state.taken.len() + 1);
    let segments = if taken.field("MessagingServiceSid").is_some() { "0" } else { "1" };
    let answer = serde_json::json!({
        "sid": sid, "account_sid": ACCOUNT, "messaging_service_sid": taken.field("MessagingServiceSid"),
        "status": "queued", "to": to, "from": taken.field("From"), "body": text, "num_segments": segments,
        "num_media": "0", "direction": "outbound-api", "price": null, "price_unit": "USD", "error_code": null,
        "error_message": null, "api_version": "2010-04-01", "date_sent": null,
        "date_created": "Tue, 24 Nov 2026 15:00:00 +0000", "date_updated": "Tue, 24 Nov 2026 15:00:00 +0000",
        "uri": format!("/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}.json"),
        "subresource_uris": { "media": format!("/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}/Media.json") },
    });
    state.taken.push(taken);
    (201, answer)
}
