//! HELP by text: whoever has an account reads what these texts are, whom to call, and how to stop them.
//!
//! | who asks                         | gets               |
//! |----------------------------------|--------------------|
//! | a number of an account           | one text in 24 h   |
//! | a number that answered STOP      | nothing            |
//! | any other number                 | nothing            |

use crate::clock::SignedDuration;
use crate::crypto::blind_index::index_phone;
use crate::error::InternalError;
use crate::identity::accounts;
use crate::limits::{self, Limit, Taken};
use crate::messaging::receipts::{self, Call, Caller, Heard};
use crate::messaging::texts::{Notice, Values};
use crate::messaging::{dispatches, opt_outs};
use crate::portal::Portal;
use crate::types::phone::PhoneNumber;

const ANSWERS: Limit = Limit { bucket: "texts:help", max: 1, window: SignedDuration::from_hours(24), pause: None };

/// Takes what somebody answered to a text, and answers HELP.
///
/// # Errors
/// When the database fails: the gateway is to call again.
pub async fn take_answer(portal: &Portal, caller: Caller, call: &Call<'_>) -> Result<Heard, InternalError> {
    let (heard, asks) = receipts::take_answer(portal, caller, call).await?;
    if let Some(phone) = asks {
        answer(portal, &phone).await?;
    }
    Ok(heard)
}

async fn answer(portal: &Portal, phone: &PhoneNumber) -> Result<(), InternalError> {
    let index = index_phone(&portal.keys.index, phone);
    let mut tx = portal.db.begin().await?;
    if opt_outs::has_stopped(portal, &mut tx, phone).await? {
        return Ok(());
    }
    let Some(account) = accounts::find_by_phone_in(portal, &mut tx, &index).await? else { return Ok(()) };
    if let Taken::Until(_) = limits::take(portal, &mut tx, ANSWERS, &index).await? {
        return Ok(());
    }
    dispatches::queue_text(portal, &mut tx, &account.contact(), Notice::Help, &Values::new()).await?;
    tx.commit().await?;
    Ok(())
}
