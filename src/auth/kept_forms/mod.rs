//! Forms posted after their session ran out: kept for 15 minutes and shown again, filled in, once the same person has
//! signed in again in the same browser.
//!
//! Whoever keeps a form has checked its csrf token and taken passwords and codes out of it. The browser is asked for so
//! that nobody who holds an old cookie can lay a filled form before its owner. A form posted after signing out is not
//! kept: see [`crate::auth::sessions::lately`].

mod sql;

use crate::auth::browser::Browser;
use crate::auth::sessions::SignedIn;
use crate::clock::SignedDuration;
use crate::crypto::sealed::{Place, Sealed};
use crate::error::{Failure, InternalError};
use crate::identity::accounts;
use crate::portal::Portal;
use crate::types::ids::{AccountId, KeptFormId};

/// How long a form is kept.
pub const KEPT_FOR: SignedDuration = SignedDuration::from_mins(15);
/// Bytes of a body, at most: what a form may have at all.
pub const BODY_LARGEST: usize = 64 * 1024;
/// Forms of one account, at most; the oldest makes room.
const MOST: i64 = 5;

/// Why a form was not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeepRefusal {
    /// The body is over [`BODY_LARGEST`] bytes.
    TooLarge,
    /// There is no such account any more.
    NoAccount,
}

/// A form that was kept.
#[derive(Clone)]
pub struct KeptForm {
    /// Where it was posted.
    pub path: String,
    /// Its fields, `application/x-www-form-urlencoded`, without passwords, codes and tokens.
    pub body: String,
}

/// Which kept form is wanted.
#[derive(Clone, Copy, Debug)]
pub enum Wanted<'a> {
    /// By its id.
    Id(KeptFormId),
    /// The one that was posted there.
    Path(&'a str),
}

/// Keeps a form for the account's owner, sealed under their data key. Of two forms of one path the later stays.
///
/// # Errors
/// Refused as [`KeepRefusal`] says.
pub async fn keep(
    portal: &Portal,
    account: AccountId,
    browser: &Browser,
    path: &str,
    body: &str,
) -> Result<KeptFormId, Failure<KeepRefusal>> {
    if body.len() > BODY_LARGEST {
        return Err(Failure::Refused(KeepRefusal::TooLarge));
    }
    let Some(owner) = accounts::find(portal, account).await? else {
        return Err(Failure::Refused(KeepRefusal::NoAccount));
    };
    let id = KeptFormId::new();
    let sealed = Sealed::seal(&body.to_owned(), &owner.key, &place(id));
    let mut tx = portal.db.begin().await?;
    sql::make_room(&mut tx, account, path, MOST - 1).await?;
    sql::insert(&mut tx, id, account, &browser.digest, path, sealed.as_bytes(), portal.clock.now()).await?;
    tx.commit().await?;
    Ok(id)
}

fn place(id: KeptFormId) -> Place {
    Place { table: "kept_forms", column: "body_sealed", row: id.to_string() }
}

/// Takes a kept form out: once, by the person who posted it, in the browser they posted it from, while it is not too
/// old. None otherwise.
///
/// # Errors
/// When the database fails or the form does not open.
pub async fn take(
    portal: &Portal,
    who: &SignedIn,
    browser: &Browser,
    wanted: Wanted<'_>,
) -> Result<Option<KeptForm>, InternalError> {
    let since = portal.clock.now() - KEPT_FOR;
    let taken = {
        let mut tx = portal.db.begin().await?;
        let taken = match wanted {
            Wanted::Id(id) => sql::take(&mut tx, id, who.account, &browser.digest, since).await?,
            Wanted::Path(path) => sql::take_of_path(&mut tx, path, who.account, &browser.digest, since).await?,
        };
        tx.commit().await?;
        taken
    };
    let Some(taken) = taken else { return Ok(None) };
    let Some(owner) = accounts::find(portal, who.account).await? else { return Ok(None) };
    let body = Sealed::from_bytes(taken.body_sealed)
        .open(&owner.key, &place(taken.id))
        .map_err(|error| InternalError::new("opening a kept form", error))?;
    Ok(Some(KeptForm { path: taken.path, body }))
}

/// Removes up to `batch` forms that are too old to be taken; answers how many.
///
/// # Errors
/// When the database fails.
pub async fn sweep(portal: &Portal, batch: i64) -> Result<u64, InternalError> {
    let mut tx = portal.db.begin().await?;
    let swept = sql::sweep(&mut tx, portal.clock.now() - KEPT_FOR, batch).await?;
    tx.commit().await?;
    Ok(swept)
}
