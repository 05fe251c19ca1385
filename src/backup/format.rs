//! A backup on disk: a header in the clear, then the database in sealed chunks.
//!
//! | part   | bytes                                                                              |
//! |--------|------------------------------------------------------------------------------------|
//! | magic  | `SALUSBAK`                                                                         |
//! | format | version 1, 2 bytes, big-endian                                                     |
//! | length | of the header, 4 bytes, big-endian                                                 |
//! | header | JSON: see [`Header`]                                                               |
//! | chunks | 1 MiB of the database each, the last one shorter or as long, and a tag of 16 bytes |
//!
//! Every chunk is sealed with AES-256-GCM-SIV under a key made for this one file, which the key ring wraps. Its nonce is
//! its number and whether it is the last; all that stands before the chunks is bound into each of them. So a byte
//! changed, a chunk moved, a tail cut or added all show.

use std::io::{self, Read, Write};

use aes_gcm_siv::aead::{Aead, KeyInit, Payload};
use aes_gcm_siv::{Aes256GcmSiv, Nonce};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::crypto::key_ring::{KeyRing, KeyRingError};
use crate::crypto::random;

const MAGIC: &[u8; 8] = b"SALUSBAK";
const FORMAT: u16 = 1;
const CHUNK: usize = 1 << 20;
const TAG: usize = 16;
const LONGEST_HEADER: u32 = 1 << 16;

/// What a backup says of itself; authentic once the first chunk has opened.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Header {
    /// Which backup; bound into the wrapping of its key.
    pub id: String,
    /// The key of the ring that wraps the file's key.
    pub key_id: String,
    /// The wrapped key, base64.
    pub wrapped: String,
    /// When it was made, Unix milliseconds UTC.
    pub made_at: i64,
    /// The newest schema step taken.
    pub schema: i64,
    /// Links of the audit chain.
    pub links: i64,
}

/// Why a file is not opened.
#[derive(Debug)]
pub(super) enum Unreadable {
    /// It is no backup of this program.
    Foreign,
    /// A newer version of this program made it.
    NewerFormat,
    /// The ring has no key of this id.
    OtherKeys(String),
    /// It was changed or cut.
    Damaged,
    /// The disk failed.
    Disk(io::Error),
}

impl From<io::Error> for Unreadable {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Damaged,
            _ => Self::Disk(error),
        }
    }
}

fn bound_to(id: &str) -> String {
    format!("backup:{id}")
}

fn nonce(number: u64, last: bool) -> Nonce {
    let mut bytes = [0; 12];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    bytes[11] = u8::from(last);
    Nonce::from(bytes)
}

/// Reads until `buffer` is full or the source ends; answers how much.
fn fill(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match from.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Hands `work` one chunk after the other, each with its number and whether it is the last. One chunk more than the
/// one at hand is held in memory, no matter how long the source is.
fn chunks<E: From<io::Error>>(
    from: &mut impl Read,
    size: usize,
    mut work: impl FnMut(u64, bool, &[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let (mut now, mut next) = (Zeroizing::new(vec![0; size]), Zeroizing::new(vec![0; size]));
    let mut length = fill(from, &mut now)?;
    for number in 0.. {
        let following = if length == size { fill(from, &mut next)? } else { 0 };
        work(number, following == 0, &now[..length])?;
        if following == 0 {
            break;
        }
        std::mem::swap(&mut now, &mut next);
        length = following;
    }
    Ok(())
}

/// Seals what `from` holds into `to`. `header` comes without a key; a fresh one is made and wrapped by the ring.
pub(super) fn seal(ring: &KeyRing, mut header: Header, from: &mut impl Read, to: &mut impl Write) -> io::Result<()> {
    let key = Zeroizing::new(random::bytes::<32>());
    let wrapped = ring.wrap(&key, &bound_to(&header.id));
    header.key_id = wrapped.key_id;
    header.wrapped = data_encoding::BASE64.encode(&wrapped.bytes);
    let text = serde_json::to_vec(&header)?;
    let length = u32::try_from(text.len()).map_err(io::Error::other)?;
    let head = [MAGIC.as_slice(), &FORMAT.to_be_bytes(), &length.to_be_bytes(), &text].concat();
    to.write_all(&head)?;
    let bound = Sha256::digest(&head);
    let cipher = Aes256GcmSiv::new_from_slice(key.as_slice()).map_err(io::Error::other)?;
    chunks(from, CHUNK, |number, last, chunk| {
        let payload = Payload { msg: chunk, aad: &bound };
        let sealed = cipher
            .encrypt(&nonce(number, last), payload)
            .map_err(|_| io::Error::other("a chunk could not be sealed"))?;
        to.write_all(&sealed)
    })
}

/// Reads the head of a backup: the header, and all its bytes.
fn head(from: &mut impl Read) -> Result<(Header, Vec<u8>), Unreadable> {
    let mut start = [0; 14];
    let length = fill(from, &mut start)?;
    if length < MAGIC.len() || start[..8] != MAGIC[..] {
        return Err(Unreadable::Foreign);
    }
    if length < start.len() {
        return Err(Unreadable::Damaged);
    }
    match u16::from_be_bytes([start[8], start[9]]) {
        FORMAT => {}
        0 => return Err(Unreadable::Damaged),
        _ => return Err(Unreadable::NewerFormat),
    }
    let length = u32::from_be_bytes([start[10], start[11], start[12], start[13]]);
    if length > LONGEST_HEADER {
        return Err(Unreadable::Damaged);
    }
    let mut text = vec![0; length as usize];
    from.read_exact(&mut text)?;
    let header = serde_json::from_slice(&text).map_err(|_| Unreadable::Damaged)?;
    Ok((header, [start.as_slice(), &text].concat()))
}

/// Opens a backup into `to`. What was written is whole only when this answers Ok.
pub(super) fn open(ring: &KeyRing, from: &mut impl Read, to: &mut impl Write) -> Result<Header, Unreadable> {
    let (header, head) = head(from)?;
    let wrapped = data_encoding::BASE64.decode(header.wrapped.as_bytes()).map_err(|_| Unreadable::Damaged)?;
    let key = match ring.unwrap(&header.key_id, &wrapped, &bound_to(&header.id)) {
        Ok(key) => key,
        Err(KeyRingError::Missing(id)) => return Err(Unreadable::OtherKeys(id)),
        Err(_) => return Err(Unreadable::Damaged),
    };
    let bound = Sha256::digest(&head);
    let cipher = Aes256GcmSiv::new_from_slice(key.as_slice()).map_err(|_| Unreadable::Damaged)?;
    chunks(from, CHUNK + TAG, |number, last, chunk| {
        let payload = Payload { msg: chunk, aad: &bound };
        let opened = Zeroizing::new(cipher.decrypt(&nonce(number, last), payload).map_err(|_| Unreadable::Damaged)?);
        Ok::<(), Unreadable>(to.write_all(&opened)?)
    })?;
    Ok(header)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring() -> KeyRing {
        KeyRing::parse(&KeyRing::new_line("k1")).unwrap()
    }

    fn sealed(ring: &KeyRing, content: &[u8]) -> Vec<u8> {
        let header = Header {
            id: "b1".into(),
            key_id: String::new(),
            wrapped: String::new(),
            made_at: 1_764_000_000_000,
            schema: 6,
            links: 3,
        };
        let mut file = Vec::new();
        seal(ring, header, &mut &content[..], &mut file).unwrap();
        file
    }

    fn opened(ring: &KeyRing, file: &[u8]) -> Result<Vec<u8>, Unreadable> {
        let mut content = Vec::new();
        open(ring, &mut &file[..], &mut content).map(|_| content)
    }

    #[test]
    fn content_of_every_length_comes_back() {
        let ring = ring();
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1] {
            let content: Vec<u8> = (0..length).map(|n| (n % 251) as u8).collect();
            assert_eq!(opened(&ring, &sealed(&ring, &content)).unwrap(), content, "{length} bytes");
        }
    }

    #[test]
    fn a_changed_byte_shows_wherever_it_is() {
        let ring = ring();
        let (short, long) = (sealed(&ring, b"a short database"), sealed(&ring, &vec![7; CHUNK + 5]));
        let in_long = [long.len() / 2, long.len() - TAG - 3, long.len() - 1].map(|place| (&long, place));
        for (file, place) in (0..short.len()).map(|place| (&short, place)).chain(in_long) {
            let mut changed = file.clone();
            changed[place] ^= 1;
            assert!(opened(&ring, &changed).is_err(), "byte {place}");
        }
    }

    #[test]
    fn a_cut_or_lengthened_or_reordered_file_shows() {
        let ring = ring();
        let file = sealed(&ring, &vec![7; 2 * CHUNK]);
        let body = file.len() - 2 * (CHUNK + TAG);
        for length in [0, 5, 10, 20, body, body + 10, body + CHUNK + TAG] {
            assert!(opened(&ring, &file[..length]).is_err(), "cut to {length}");
        }
        assert!(opened(&ring, &[file.as_slice(), b"x"].concat()).is_err());
        let (head, rest) = file.split_at(body);
        let (one, two) = rest.split_at(CHUNK + TAG);
        assert!(opened(&ring, &[head, two, one].concat()).is_err());
    }

    #[test]
    fn another_ring_opens_nothing() {
        let file = sealed(&ring(), b"content");
        assert!(matches!(opened(&ring(), &file), Err(Unreadable::Damaged)));
        let other = KeyRing::parse(&KeyRing::new_line("k9")).unwrap();
        assert!(matches!(opened(&other, &file), Err(Unreadable::OtherKeys(id)) if id == "k1"));
        assert!(matches!(opened(&other, b"SQLite format 3\0 and so on"), Err(Unreadable::Foreign)));
    }
}
