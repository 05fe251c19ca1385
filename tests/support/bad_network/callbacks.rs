//! Receipts: called in at the portal's own listener, signed as the provider signs them, or forged.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::Sha256;

use super::ORIGIN;
use super::gateway::Provider;

/// The code of a failure that only forged receipts tell of.
pub const FORGED_CODE: &str = "66666";

/// What was called, and what the portal made of it.
#[derive(Default)]
struct Counts {
    told: AtomicUsize,
    turned_away: AtomicUsize,
    unheard: AtomicUsize,
    forged: Mutex<BTreeMap<Option<u16>, usize>>,
    turn: AtomicUsize,
    nonce: AtomicUsize,
}

/// Calls receipts in.
#[derive(Clone)]
pub struct Callbacks {
    portals: Arc<Vec<SocketAddr>>,
    client: reqwest::Client,
    counts: Arc<Counts>,
}

/// A receipt to call in.
pub struct Receipt<'a> {
    pub provider: Provider,
    /// The address that came with the send.
    pub url: &'a str,
    /// The gateway's id of the message.
    pub id: &'a str,
    pub state: &'a str,
    pub code: Option<&'a str>,
}

/// How a receipt is forged.
#[derive(Clone, Copy)]
enum Forgery {
    Unsigned,
    OtherKey,
    OtherAddress,
}

impl Callbacks {
    pub fn new(portals: Vec<SocketAddr>) -> Self {
        Self { portals: Arc::new(portals), client: reqwest::Client::new(), counts: Arc::default() }
    }

    /// Tells the truth, signed.
    pub async fn tell(&self, receipt: &Receipt<'_>) {
        let count = match self.call(receipt, receipt.url, Some(receipt.provider.token())).await {
            Some(200..300) => &self.counts.told,
            Some(_) => &self.counts.turned_away,
            None => &self.counts.unheard,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }

    /// Tells lies of a text: that it arrived and that it did not, without a signature, under another key, and rightly
    /// signed at an address that nobody was given.
    pub async fn forge(&self, provider: Provider, url: &str, id: &str) {
        let nowhere = format!("{}/AAAAAAAAAAAAAAAAAAAAAA", url.rsplit_once('/').map_or(url, |(head, _)| head));
        for forgery in [Forgery::Unsigned, Forgery::OtherKey, Forgery::OtherAddress] {
            for state in ["delivered", "undelivered"] {
                let receipt = Receipt { provider, url, id, state, code: Some(FORGED_CODE) };
                let answer = match forgery {
                    Forgery::Unsigned => self.call(&receipt, url, None).await,
                    Forgery::OtherKey => self.call(&receipt, url, Some("somebody else's token")).await,
                    Forgery::OtherAddress => self.call(&receipt, &nowhere, Some(provider.token())).await,
                };
                *self.counts.forged.lock().unwrap().entry(answer).or_default() += 1;
            }
        }
    }

    /// Calls the portals in turns; a closed door is passed by, as a balancer would. None when nobody answered.
    async fn call(&self, receipt: &Receipt<'_>, url: &str, key: Option<&str>) -> Option<u16> {
        let path = url.strip_prefix(ORIGIN)?;
        let first = self.counts.turn.fetch_add(1, Ordering::Relaxed);
        let form = receipt.form();
        for portal in (0..self.portals.len()).map(|n| self.portals[(first + n) % self.portals.len()]) {
            let mut request = self.client.post(format!("http://{portal}{path}")).form(&form);
            for (name, value) in key.map(|key| self.signature(receipt, url, key)).unwrap_or_default() {
                request = request.header(name, value);
            }
            if let Ok(response) = request.send().await {
                return Some(response.status().as_u16());
            }
        }
        None
    }

    fn signature(&self, receipt: &Receipt<'_>, url: &str, key: &str) -> Vec<(&'static str, String)> {
        match receipt.provider {
            Provider::Twilio => {
                let mut form = receipt.form();
                form.sort_unstable();
                let tail: String = form.iter().map(|(name, value)| format!("{name}{value}")).collect();
                let mut mac = Hmac::<Sha1>::new_from_slice(key.as_bytes()).unwrap();
                mac.update(format!("{url}{tail}").as_bytes());
                vec![("X-Twilio-Signature", BASE64.encode(&mac.finalize().into_bytes()))]
            }
            Provider::Plivo => {
                let nonce = format!("{:020}", self.counts.nonce.fetch_add(1, Ordering::Relaxed));
                let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
                mac.update(format!("{url}{nonce}").as_bytes());
                let signature = BASE64.encode(&mac.finalize().into_bytes());
                vec![("X-Plivo-Signature-V2", signature), ("X-Plivo-Signature-V2-Nonce", nonce)]
            }
        }
    }

    /// Receipts that the portal took.
    pub fn told(&self) -> usize {
        self.counts.told.load(Ordering::Relaxed)
    }

    /// True receipts that the portal answered with anything but 2xx.
    pub fn turned_away(&self) -> usize {
        self.counts.turned_away.load(Ordering::Relaxed)
    }

    /// True receipts that met nobody.
    pub fn unheard(&self) -> usize {
        self.counts.unheard.load(Ordering::Relaxed)
    }

    /// How many forged receipts were answered with each status; None is no answer.
    pub fn forged(&self) -> BTreeMap<Option<u16>, usize> {
        self.counts.forged.lock().unwrap().clone()
    }
}

impl Receipt<'_> {
    fn form(&self) -> Vec<(&'static str, &str)> {
        let mut form = match self.provider {
            Provider::Twilio => vec![("MessageSid", self.id), ("MessageStatus", self.state)],
            Provider::Plivo => vec![("MessageUUID", self.id), ("Status", self.state)],
        };
        form.extend(self.code.map(|code| ("ErrorCode", code)));
        form
    }
}
