//! Statements on the events around signing in to one account.

use sqlx::{AnyConnection, Row};

use super::recorded;
use crate::audit::sign_in_history::Failures;
use crate::audit::{Recorded, actor_word};
use crate::clock::Timestamp;
use crate::db;
use crate::types::actor::{Actor, Role};
use crate::types::ids::{AccountId, EventId};
use crate::types::network::Network;

/// The account's word as an actor, whatever its role.
fn as_actor(account: AccountId) -> String {
    actor_word(&Actor::Account { id: account, role: Role::Patient })
}

/// What concerns signing in to one account, newest first, before an event if one is given. Tries, locks and changes name it
/// as their subject, and what its owner did about sessions and browsers names it as the actor: two ranges, each of one
/// index. No deed stands in both lists, so no event comes twice.
pub(in crate::audit) async fn of_sign_in(
    connection: &mut AnyConnection,
    account: AccountId,
    since: Timestamp,
    before: Option<(Timestamp, EventId)>,
    limit: i64,
) -> db::Result<Vec<Recorded>> {
    let (before_at, before_id) =
        before.map_or((i64::MAX, String::new()), |(at, id)| (at.as_millisecond(), id.to_string()));
    sqlx::query(
        "SELECT id, at, actor, role, deed, patient_id, subject, why, network, mac
         FROM (SELECT * FROM (SELECT id, at, actor, role, deed, patient_id, subject, why, network, mac
                              FROM audit_events
                              WHERE subject IN ($1, $2) AND at >= $3 AND at <= $4 AND (at < $4 OR id < $5)
                                AND deed IN ('account_opened', 'password_accepted', 'password_refused', 'code_refused',
                                             'passkey_refused', 'signed_in', 'signed_in_trusted', 'sign_in_held',
                                             'device_copy_used', 'account_locked', 'lockout_reset', 'password_reset',
                                             'password_changed', 'account_turned_off', 'account_turned_on',
                                             'not_me_reported', 'account_unfrozen', 'email_change_asked', 'email_changed',
                                             'email_restored', 'factor_added', 'factor_removed', 'phone_change_asked',
                                             'phone_added', 'phone_changed', 'phone_removed', 'phones_restored',
                                             'recovery_asked', 'recovery_phone_proved', 'recovery_checked', 'recovery_approved',
                                             'recovery_refused', 'recovery_undone', 'recovery_cancelled')
                              ORDER BY at DESC, id DESC
                              LIMIT $6) named
               UNION ALL
               SELECT * FROM (SELECT id, at, actor, role, deed, patient_id, subject, why, network, mac
                              FROM audit_events
                              WHERE actor = $2 AND at >= $3 AND at <= $4 AND (at < $4 OR id < $5)
                                AND deed IN ('signed_out', 'stepped_up', 'device_trusted', 'session_ended',
                                             'device_forgotten', 'devices_forgotten')
                              ORDER BY at DESC, id DESC
                              LIMIT $6) done) both_of_them
         ORDER BY at DESC, id DESC
         LIMIT $6",
    )
    .bind(account.to_string())
    .bind(as_actor(account))
    .bind(since.as_millisecond())
    .bind(before_at)
    .bind(before_id)
    .bind(limit)
    .fetch_all(connection)
    .await?
    .iter()
    .map(recorded)
    .collect()
}

/// The account's wrong passwords and codes since an instant, the newest `most`.
pub(in crate::audit) async fn failures(
    connection: &mut AnyConnection,
    account: AccountId,
    here: &Network,
    since: Timestamp,
    most: i64,
) -> db::Result<Failures> {
    let row = sqlx::query(
        "SELECT COUNT(CASE WHEN deed = 'password_refused' THEN 1 END),
                COUNT(CASE WHEN deed = 'code_refused' THEN 1 END),
                COUNT(CASE WHEN network = $3 THEN 1 END)
         FROM (SELECT deed, network
               FROM audit_events
               WHERE subject IN ($1, $2) AND at >= $4 AND deed IN ('password_refused', 'code_refused')
               ORDER BY at DESC
               LIMIT $5) failed",
    )
    .bind(account.to_string())
    .bind(as_actor(account))
    .bind(here.to_string())
    .bind(since.as_millisecond())
    .bind(most)
    .fetch_one(connection)
    .await?;
    Ok(Failures { passwords: row.try_get(0)?, codes: row.try_get(1)?, here: row.try_get(2)? })
}
