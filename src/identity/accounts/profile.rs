//! What people choose of their own account: language, zone, what they need of codes, and how a patient is reminded.

use super::sql;
use crate::audit::{self, Deed, Event};
use crate::db::Tx;
use crate::error::InternalError;
use crate::portal::Portal;
use crate::types::actor::Actor;
use crate::types::code_time::CodeTime;
use crate::types::code_way::CodeWay;
use crate::types::ids::AccountId;
use crate::types::locale::Locale;
use crate::types::network::Network;
use crate::types::remind_by::RemindBy;
use crate::types::zone::Zone;

/// What is to hold from now on.
#[derive(Clone, Debug)]
pub struct Profile {
    /// The language.
    pub locale: Locale,
    /// The zone.
    pub zone: Zone,
    /// How they are reminded of appointments; None leaves it as it is.
    pub remind_by: Option<RemindBy>,
    /// How long a code that is sent to them works; None leaves it as it is.
    pub code_time: Option<CodeTime>,
    /// By what a code is sent to their phone first; None leaves it as it is.
    pub code_way: Option<CodeWay>,
}

/// Changes the language and the zone.
///
/// # Errors
/// When the database fails.
pub async fn set_profile(
    portal: &Portal,
    by: &Actor,
    id: AccountId,
    locale: Locale,
    zone: &Zone,
    from: &Network,
) -> Result<(), InternalError> {
    let profile = Profile { locale, zone: zone.clone(), remind_by: None, code_time: None, code_way: None };
    let mut tx = portal.db.begin().await?;
    change_profile(portal, &mut tx, by, id, &profile, from).await?;
    tx.commit().await?;
    Ok(())
}

/// The same and more, in the transaction of a rule that also changes what hangs on it.
///
/// # Errors
/// When the database fails.
pub async fn change_profile(
    portal: &Portal,
    tx: &mut Tx,
    by: &Actor,
    id: AccountId,
    profile: &Profile,
    from: &Network,
) -> Result<(), InternalError> {
    sql::set_profile(tx, id, profile).await?;
    audit::record(portal, tx, Event::new(by.clone(), Deed::ProfileChanged).on(id).from(from)).await
}
