//! A gateway in its weather: reads sends as its provider does, answers as the weather lets it, carries texts to phones.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use super::Network;
use super::callbacks::Receipt;
use super::weather::{Fate, Lot, Receipts, Weather, Wrong};
use crate::gateway_double::{Judge, Request, read_request, respond, socket_reset};
use crate::{plivo_double, twilio_double};

/// Longer than any client waits.
const FOR_EVER: Duration = Duration::from_secs(30);
/// Between a step of a text's way and the receipt that tells of it.
const TELLS_AFTER: Duration = Duration::from_millis(150);
/// The code of a text that was not delivered: the phone is off.
const UNREACHABLE: &str = "30003";

/// Whose protocol a gateway speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    Twilio,
    Plivo,
}

impl Provider {
    pub fn name(self) -> &'static str {
        match self {
            Self::Twilio => "twilio",
            Self::Plivo => "plivo",
        }
    }

    /// What it signs with.
    pub fn token(self) -> &'static str {
        match self {
            Self::Twilio => twilio_double::TOKEN,
            Self::Plivo => plivo_double::TOKEN,
        }
    }

    fn judge(self) -> Judge {
        match self {
            Self::Twilio => twilio_double::judge,
            Self::Plivo => plivo_double::judge,
        }
    }

    /// The settings with which a portal sends through it.
    pub fn settings(self, base: &str) -> Vec<(String, String)> {
        let pairs: &[(&str, &str)] = match self {
            Self::Twilio => &[
                ("SALUS_TWILIO_ACCOUNT_SID", twilio_double::ACCOUNT),
                ("SALUS_TWILIO_AUTH_TOKEN", twilio_double::TOKEN),
                ("SALUS_TWILIO_FROM", twilio_double::FROM),
                ("SALUS_TWILIO_BASE_URL", base),
            ],
            Self::Plivo => &[
                ("SALUS_PLIVO_AUTH_ID", plivo_double::ACCOUNT),
                ("SALUS_PLIVO_AUTH_TOKEN", plivo_double::TOKEN),
                ("SALUS_PLIVO_FROM", "+12125557000"),
                ("SALUS_PLIVO_BASE_URL", base),
            ],
        };
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }
}

/// A text as its gateway takes it.
struct Text {
    to: String,
    body: String,
    callback: Option<String>,
}

impl Text {
    fn of(provider: Provider, request: &Request) -> Option<Self> {
        match provider {
            Provider::Twilio => Some(Self {
                to: request.field("To")?.to_owned(),
                body: request.field("Body")?.to_owned(),
                callback: request.field("StatusCallback").map(str::to_owned),
            }),
            Provider::Plivo => {
                let json = request.json()?;
                let text = |name: &str| json.get(name).and_then(Value::as_str).map(str::to_owned);
                Some(Self { to: format!("+{}", text("dst")?), body: text("text")?, callback: text("url") })
            }
        }
    }
}

/// A gateway; listens until it is dropped.
pub struct Gateway {
    pub base: String,
    desk: Arc<Desk>,
    task: Option<tokio::task::JoinHandle<()>>,
    // Bound and never listened on: whoever connects is refused, and nobody else gets the port.
    _closed: Option<TcpSocket>,
}

/// What all connections of a gateway share.
struct Desk {
    provider: Provider,
    weather: Weather,
    network: Network,
    taken: Mutex<Vec<Request>>,
    odd: Mutex<Vec<String>>,
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

impl Gateway {
    pub async fn start(provider: Provider, weather: Weather, network: &Network) -> Self {
        let desk = Arc::new(Desk {
            provider,
            weather,
            network: network.clone(),
            taken: Mutex::default(),
            odd: Mutex::default(),
        });
        if weather.refuses {
            let socket = TcpSocket::new_v4().unwrap();
            socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
            let base = format!("http://{}", socket.local_addr().unwrap());
            return Self { base, desk, task: None, _closed: Some(socket) };
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let at = desk.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, at.clone()));
            }
        });
        Self { base, desk, task: Some(task), _closed: None }
    }

    /// What the provider would not have taken, as the start of its requests; none, unless the product is at fault.
    pub fn odd(&self) -> Vec<String> {
        self.desk.odd.lock().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, desk: Arc<Desk>) -> Option<()> {
    loop {
        let request = read_request(&mut stream).await?;
        let Some((text, fate)) = desk.draw(&request) else {
            desk.odd.lock().unwrap().push(request.line().to_owned());
            respond(&mut stream, 400, &[], b"{}").await?;
            continue;
        };
        if fate.wrong == Some(Wrong::Busy) {
            desk.network.phones.refused(&text.to);
            tokio::time::sleep(fate.answer).await;
            respond(&mut stream, 429, &[("retry-after", "1".into())], b"{}").await?;
            continue;
        }
        let (status, answer, number) = desk.take(&request);
        let id = id_in(desk.provider, &answer);
        let (answered, told) = tokio::sync::oneshot::channel();
        if fate.leaves {
            tokio::spawn(carry(desk.clone(), text, id, fate, told));
            desk.network.taken(number);
        }
        let start = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 9000\r\n\r\n";
        tokio::time::sleep(fate.answer).await;
        let went = match fate.wrong {
            None | Some(Wrong::Busy) => {
                let headers = [("content-type", "application/json".into())];
                respond(&mut stream, status, &headers, answer.to_string().as_bytes()).await
            }
            Some(Wrong::Failed) => respond(&mut stream, 500, &[], b"{}").await,
            Some(Wrong::Malformed) => respond(&mut stream, 200, &[], b"<html>ok</html>").await,
            Some(Wrong::Hang) => {
                tokio::time::sleep(FOR_EVER).await;
                None
            }
            Some(Wrong::Reset) => {
                socket_reset(stream);
                let _ = answered.send(());
                return None;
            }
            Some(Wrong::Drip) => {
                let _ = answered.send(());
                stream.write_all(start.as_bytes()).await.ok()?;
                while stream.write_all(b" ").await.is_ok() {
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
                return None;
            }
        };
        let _ = answered.send(());
        went?;
    }
}

impl Desk {
    /// The text of a request that the provider would take, and its fate.
    fn draw(&self, request: &Request) -> Option<(Text, Fate)> {
        let (status, _) = (self.provider.judge())(request, &[]);
        let text = Text::of(self.provider, request).filter(|_| (200..300).contains(&status))?;
        let send = self.network.phones.requested(&text.to);
        let lot = Lot::of(self.network.seed, self.provider.name(), &text.to, send);
        Some((text, self.weather.fate(lot)))
    }

    /// Gives the text its id; answers what the provider would, and how many it has taken.
    fn take(&self, request: &Request) -> (u16, Value, usize) {
        let mut taken = self.taken.lock().unwrap();
        let (status, answer) = (self.provider.judge())(request, &taken);
        taken.push(request.clone());
        (status, answer, taken.len())
    }
}

fn id_in(provider: Provider, answer: &Value) -> String {
    let id = match provider {
        Provider::Twilio => &answer["sid"],
        Provider::Plivo => &answer["message_uuid"][0],
    };
    id.as_str().unwrap_or_default().to_owned()
}

/// Carries a text to its phone and tells of it. `answered` resolves when the send was answered, or never will be.
async fn carry(desk: Arc<Desk>, text: Text, id: String, fate: Fate, answered: tokio::sync::oneshot::Receiver<()>) {
    let (weather, callbacks) = (&desk.weather, &desk.network.callbacks);
    let wild = weather.receipts == Receipts::Wild;
    let tell = async |state: &str, code: Option<&str>| {
        if weather.receipts == Receipts::Silent {
            return;
        }
        let Some(url) = text.callback.as_deref() else { return };
        if weather.receipts == Receipts::AmongForged {
            callbacks.forge(desk.provider, url, &id).await;
        }
        let receipt = Receipt { provider: desk.provider, url, id: &id, state, code };
        callbacks.tell(&receipt).await;
        if wild {
            callbacks.tell(&receipt).await;
        }
    };
    let way = async {
        tokio::time::sleep(fate.travel).await;
        if fate.arrives {
            desk.network.phones.arrives(&text.to, &text.body);
            if fate.copied {
                desk.network.phones.copied(&text.to);
            }
        }
    };
    let first = async {
        if wild {
            tell("sent", None).await;
            return;
        }
        // An answer that never comes does not keep the gateway from telling.
        let _ = tokio::time::timeout(Duration::from_secs(6), answered).await;
        tokio::time::sleep(TELLS_AFTER).await;
        tell("sent", None).await;
    };
    tokio::join!(way, first);
    tokio::time::sleep(TELLS_AFTER).await;
    match (fate.arrives, weather.tells_loss) {
        (true, _) => tell("delivered", None).await,
        (false, true) => tell("undelivered", Some(UNREACHABLE)).await,
        (false, false) => {}
    }
    if wild {
        tell("queued", None).await;
        tell("sent", None).await;
    }
}
