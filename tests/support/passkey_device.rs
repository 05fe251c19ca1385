//! A device that makes and uses one passkey as WebAuthn says (W3C level 3, sections 6.1, 6.5 and 7): P-256, attestation
//! "none". Its knobs turn it into one that is copied, careless or made for another place.

use data_encoding::BASE64URL_NOPAD;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use salus::crypto::random::bytes;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const MAY_BE_COPIED: u8 = 0x08;
const IS_COPIED: u8 = 0x10;
const NEW_KEY: u8 = 0x40;

#[derive(Clone)]
pub struct Device {
    pub key: SigningKey,
    pub id: [u8; 16],
    /// The person it was made for, as the portal named them.
    pub user: Vec<u8>,
    /// Where its browser believes to be.
    pub origin: String,
    /// Signatures so far; 0 for ever when it does not count.
    pub counter: u32,
    pub counts: bool,
    /// Whether it checks finger, face or PIN.
    pub verifies: bool,
    /// Whether its maker keeps a copy.
    pub is_copied: bool,
}

fn text(options: &Value, path: &str) -> String {
    options.pointer(path).and_then(Value::as_str).unwrap_or_else(|| panic!("no {path} in {options}")).to_owned()
}

impl Device {
    /// A device whose browser stands at this address.
    pub fn at(origin: &str) -> Self {
        let key = loop {
            if let Ok(key) = SigningKey::from_slice(&bytes::<32>()) {
                break key;
            }
        };
        let origin = origin.to_owned();
        Self { key, id: bytes(), user: Vec::new(), origin, counter: 0, counts: true, verifies: true, is_copied: false }
    }

    fn head(&mut self, host: &str, more: u8) -> Vec<u8> {
        self.counter += u32::from(self.counts);
        let flags = PRESENT
            | more
            | MAY_BE_COPIED
            | if self.verifies { VERIFIED } else { 0 }
            | if self.is_copied { IS_COPIED } else { 0 };
        let mut head = Sha256::digest(host.as_bytes()).to_vec();
        head.push(flags);
        head.extend(self.counter.to_be_bytes());
        head
    }

    fn said(&self, kind: &str, options: &Value) -> Vec<u8> {
        let challenge = text(options, "/challenge");
        json!({ "type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": false })
            .to_string()
            .into_bytes()
    }

    /// What `navigator.credentials.create` would give, as JSON.
    pub fn makes(&mut self, options: &str) -> String {
        let options: Value = serde_json::from_str(options).unwrap();
        self.user = BASE64URL_NOPAD.decode(text(&options, "/user/id").as_bytes()).unwrap();
        let mut data = self.head(&text(&options, "/rp/id"), NEW_KEY);
        data.extend([0; 16]);
        data.extend([0, 16]);
        data.extend(self.id);
        // COSE: {1: 2 (EC2), 3: -7 (ES256), -1: 1 (P-256), -2: x, -3: y}
        let point = self.key.verifying_key().to_sec1_point(false);
        let (x, y) = point.as_bytes()[1..].split_at(32);
        data.extend([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]);
        data.extend(x);
        data.extend([0x22, 0x58, 0x20]);
        data.extend(y);
        let mut object = b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58".to_vec();
        object.push(u8::try_from(data.len()).unwrap());
        object.extend(data);
        json!({
            "id": BASE64URL_NOPAD.encode(&self.id),
            "rawId": BASE64URL_NOPAD.encode(&self.id),
            "type": "public-key",
            "response": {
                "attestationObject": BASE64URL_NOPAD.encode(&object),
                "clientDataJSON": BASE64URL_NOPAD.encode(&self.said("webauthn.create", &options)),
                "transports": ["internal", "hybrid"],
            },
            "clientExtensionResults": {},
        })
        .to_string()
    }

    /// What `navigator.credentials.get` would give, as JSON.
    pub fn proves(&mut self, options: &str) -> String {
        let options: Value = serde_json::from_str(options).unwrap();
        let data = self.head(&text(&options, "/rpId"), 0);
        let said = self.said("webauthn.get", &options);
        let mut signed = data.clone();
        signed.extend(Sha256::digest(&said));
        let signature: Signature = self.key.sign(&signed);
        json!({
            "id": BASE64URL_NOPAD.encode(&self.id),
            "rawId": BASE64URL_NOPAD.encode(&self.id),
            "type": "public-key",
            "response": {
                "authenticatorData": BASE64URL_NOPAD.encode(&data),
                "clientDataJSON": BASE64URL_NOPAD.encode(&said),
                "signature": BASE64URL_NOPAD.encode(signature.to_der().as_bytes()),
                "userHandle": BASE64URL_NOPAD.encode(&self.user),
            },
            "clientExtensionResults": {},
        })
        .to_string()
    }
}
