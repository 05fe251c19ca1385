//! People who answered STOP to a text: no gateway is asked to text them, until they write START.
//!
//! | word                                                                  | then                    |
//! |-----------------------------------------------------------------------|-------------------------|
//! | STOP, STOPALL, UNSUBSCRIBE, CANCEL, END, QUIT, REVOKE, OPTOUT, ALTO, PARAR | no more texts      |
//! | START, UNSTOP, YES, INICIAR                                           | texts again             |
//! | HELP, INFO, AYUDA                                                     | one text that says what these are |
//! | anything else                                                         | nothing                 |
//!
//! The word stands alone in the message, however it is capitalised. HELP is answered where people are known by their
//! numbers, in `identity::help_texts`. The words in English are those of the networks' rules in the United States.
//! Numbers are kept by blind index only.

mod sql;

use sqlx::AnyConnection;

use crate::audit::{self, Deed, Event};
use crate::crypto::blind_index::index_phone;
use crate::db::Tx;
use crate::error::InternalError;
use crate::portal::Portal;
use crate::types::actor::Actor;
use crate::types::phone::PhoneNumber;

const STOP: [&str; 10] =
    ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT", "ALTO", "PARAR"];
const START: [&str; 4] = ["START", "UNSTOP", "YES", "INICIAR"];
const HELP: [&str; 3] = ["HELP", "INFO", "AYUDA"];

/// What somebody wants who answered a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// No more texts.
    Stop,
    /// Texts again.
    Start,
    /// To know what these texts are.
    Help,
    /// Something else.
    Other,
}

impl Wish {
    /// The wish in a message.
    pub fn read(text: &str) -> Self {
        let word = text.trim().trim_matches(|c: char| c.is_ascii_punctuation()).to_uppercase();
        match word.as_str() {
            word if STOP.contains(&word) => Self::Stop,
            word if START.contains(&word) => Self::Start,
            word if HELP.contains(&word) => Self::Help,
            _ => Self::Other,
        }
    }
}

/// Does what the owner of a number wishes. Written twice, it is done once.
///
/// # Errors
/// When the database fails.
pub async fn heed(
    portal: &Portal,
    tx: &mut Tx,
    gateway: &str,
    from: &PhoneNumber,
    wish: Wish,
) -> Result<(), InternalError> {
    match wish {
        Wish::Stop => stop(portal, tx, gateway, from).await,
        Wish::Start => start(portal, tx, gateway, from).await,
        Wish::Help | Wish::Other => Ok(()),
    }
}

/// Keeps that the owner of a number wants no texts: they wrote so, or their gateway told so.
///
/// # Errors
/// When the database fails.
pub async fn stop(portal: &Portal, tx: &mut Tx, gateway: &str, phone: &PhoneNumber) -> Result<(), InternalError> {
    if sql::insert(tx, &index_phone(&portal.keys.index, phone), gateway, portal.clock.now()).await? {
        audit::record(portal, tx, Event::new(Actor::Stranger, Deed::TextsStopped).because(gateway)).await?;
    }
    Ok(())
}

async fn start(portal: &Portal, tx: &mut Tx, gateway: &str, phone: &PhoneNumber) -> Result<(), InternalError> {
    if sql::delete(tx, &index_phone(&portal.keys.index, phone)).await? {
        audit::record(portal, tx, Event::new(Actor::Stranger, Deed::TextsStarted).because(gateway)).await?;
    }
    Ok(())
}

/// The gateway whose texts the owner of a number answered by STOP; None when they did not.
///
/// # Errors
/// When the database fails.
pub async fn stopped_by(portal: &Portal, phone: &PhoneNumber) -> Result<Option<String>, InternalError> {
    let mut connection = portal.db.read().await?;
    Ok(sql::gateway(&mut connection, &index_phone(&portal.keys.index, phone)).await?)
}

/// Whether the owner of a number wants no texts.
///
/// # Errors
/// When the database fails.
pub async fn has_stopped(
    portal: &Portal,
    connection: &mut AnyConnection,
    phone: &PhoneNumber,
) -> Result<bool, InternalError> {
    Ok(sql::count(connection, &index_phone(&portal.keys.index, phone)).await? > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_alone_is_a_wish_and_a_sentence_is_not() {
        for stop in ["STOP", " stop\n", "Stop.", "\"STOP\"", "unsubscribe", "Alto!"] {
            assert_eq!(Wish::read(stop), Wish::Stop, "{stop}");
        }
        for start in ["START", "unstop", "Yes", "iniciar"] {
            assert_eq!(Wish::read(start), Wish::Start, "{start}");
        }
        for help in ["HELP", "info", "Ayuda?"] {
            assert_eq!(Wish::read(help), Wish::Help, "{help}");
        }
        for other in ["", "help me", "please do not stop", "stop it", "482913"] {
            assert_eq!(Wish::read(other), Wish::Other, "{other}");
        }
    }
}
