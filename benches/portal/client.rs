//! A browser as cheap as can be, so that it takes little from the server beside it: one kept connection, cookies,
//! nothing parsed but the form token.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// What a browser of today says it can unpack.
pub const ANY_ENCODING: &str = "gzip, deflate, br, zstd";

/// What came back.
pub struct Answer {
    pub status: u16,
    pub location: String,
    pub body: Vec<u8>,
}

impl Answer {
    /// The token of the page's first form.
    pub fn csrf(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        let mark = "name=\"csrf\" value=\"";
        let from = text.find(mark).expect("a page with a form") + mark.len();
        text[from..].split('"').next().unwrap_or_default().to_owned()
    }
}

pub struct Client {
    address: SocketAddr,
    stream: BufReader<TcpStream>,
    network: String,
    pub cookies: BTreeMap<String, String>,
    /// `Accept-Encoding`; empty for plain pages.
    pub accepts: &'static str,
}

impl Client {
    /// A browser behind a proxy that says it comes from the `network`-th address.
    pub fn new(address: SocketAddr, network: u32) -> Self {
        let network = std::net::Ipv4Addr::from(0x0a00_0000 + network).to_string();
        Self { address, stream: connect(address), network, cookies: BTreeMap::new(), accepts: "" }
    }

    /// The same browser on a connection of its own.
    pub fn tab(&self) -> Self {
        Self {
            address: self.address,
            stream: connect(self.address),
            network: self.network.clone(),
            cookies: self.cookies.clone(),
            accepts: self.accepts,
        }
    }

    pub fn get(&mut self, path: &str) -> Answer {
        self.ask("GET", path, None)
    }

    /// Posts a form; the values are written as they are, so they hold nothing that needs escaping.
    pub fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let body: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
        self.post_bytes(path, body.join("&").as_bytes())
    }

    /// Posts a body as it is.
    pub fn post_bytes(&mut self, path: &str, body: &[u8]) -> Answer {
        self.ask("POST", path, Some(body))
    }

    fn ask(&mut self, method: &str, path: &str, body: Option<&[u8]>) -> Answer {
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nx-forwarded-for: {}\r\nsec-fetch-site: same-origin\r\n\
             user-agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n\
             accept-language: en-US,en;q=0.5\r\n",
            self.address, self.network
        );
        if !self.accepts.is_empty() {
            head += &format!("accept-encoding: {}\r\n", self.accepts);
        }
        if !self.cookies.is_empty() {
            let jar: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            head += &format!("cookie: {}\r\n", jar.join("; "));
        }
        if let Some(body) = body {
            head += &format!("content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n", body.len());
        }
        let request = [head.as_bytes(), b"\r\n", body.unwrap_or_default()].concat();
        self.stream.get_mut().write_all(&request).expect("the server takes the request");
        self.read()
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).expect("the server answers");
        line.trim_end().to_owned()
    }

    fn read(&mut self) -> Answer {
        let status = self.line().split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status line");
        let (mut location, mut length, mut chunked) = (String::new(), 0, false);
        loop {
            let line = self.line();
            let Some((name, value)) = line.split_once(": ") else { break };
            match name {
                "location" => location = value.to_owned(),
                "content-length" => length = value.parse().expect("a length"),
                "transfer-encoding" => chunked = value == "chunked",
                "set-cookie" => {
                    let (name, kept) = value.split(';').next().and_then(|c| c.split_once('=')).expect("a cookie");
                    self.cookies.insert(name.to_owned(), kept.to_owned());
                }
                _ => {}
            }
        }
        let mut body = Vec::new();
        if chunked {
            loop {
                let size = usize::from_str_radix(&self.line(), 16).expect("a chunk's size");
                self.take(size, &mut body);
                self.line();
                if size == 0 {
                    break;
                }
            }
        } else {
            self.take(length, &mut body);
        }
        Answer { status, location, body }
    }

    fn take(&mut self, size: usize, body: &mut Vec<u8>) {
        let from = body.len();
        body.resize(from + size, 0);
        self.stream.read_exact(&mut body[from..]).expect("the whole body");
    }
}

fn connect(address: SocketAddr) -> BufReader<TcpStream> {
    let stream = TcpStream::connect(address).expect("the server listens");
    stream.set_nodelay(true).expect("a socket option");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a socket option");
    BufReader::new(stream)
}
