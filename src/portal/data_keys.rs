//! Data keys: one a person, kept wrapped; and the clinic's root secret.

use sqlx::AnyConnection;
use zeroize::Zeroizing;

use super::{Portal, sql};
use crate::clock::Timestamp;
use crate::crypto::key_ring::KeyRing;
use crate::crypto::random;
use crate::crypto::sealed::DataKey;
use crate::db::{Db, Tx};
use crate::error::InternalError;
use crate::types::ids::DataKeyId;

/// A data key as it lies in the database: which key of the ring wraps it, and the wrapped bytes.
pub struct WrappedKey {
    /// The row, bound into the wrapping.
    pub id: DataKeyId,
    /// The ring's key.
    pub key_id: String,
    /// What [`KeyRing::wrap`] made.
    pub wrapped: Vec<u8>,
}

/// How many data keys one key of the ring wraps.
pub struct KeyUse {
    /// The ring's key.
    pub key_id: String,
    /// Data keys wrapped with it.
    pub data_keys: i64,
}

fn bound_to(id: &str) -> String {
    format!("data_keys:{id}")
}

impl Portal {
    /// Makes a new data key and stores it wrapped.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn make_data_key(&self, tx: &mut Tx) -> Result<(DataKeyId, DataKey), InternalError> {
        let (id, key) = (DataKeyId::new(), DataKey::random());
        let wrapped = self.ring.wrap(key.expose(), &bound_to(&id.to_string()));
        let now = self.clock.now().as_millisecond();
        sql::insert(&mut *tx, &id.to_string(), &wrapped.key_id, &wrapped.bytes, now).await?;
        Ok((id, key))
    }

    /// Opens a wrapped data key.
    ///
    /// # Errors
    /// When the ring no longer has its key, or the bytes were tampered with.
    pub fn data_key(&self, wrapped: &WrappedKey) -> Result<DataKey, InternalError> {
        let bytes = self
            .ring
            .unwrap(&wrapped.key_id, &wrapped.wrapped, &bound_to(&wrapped.id.to_string()))
            .map_err(|error| InternalError::new("opening a data key", error))?;
        Ok(DataKey::from_bytes(*bytes))
    }

    /// Reads and opens one data key.
    ///
    /// # Errors
    /// When it is not there, was destroyed, or does not open.
    pub async fn load_data_key(&self, connection: &mut AnyConnection, id: DataKeyId) -> Result<DataKey, InternalError> {
        let (key_id, wrapped) = sql::find(connection, &id.to_string())
            .await?
            .ok_or_else(|| InternalError::because("a data key was destroyed or is missing"))?;
        self.data_key(&WrappedKey { id, key_id, wrapped })
    }

    /// Destroys a data key that no account uses: what it sealed can be read by nobody then, backups included. False when
    /// an account uses it, or it was destroyed before.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn destroy_data_key(&self, tx: &mut Tx, id: DataKeyId) -> Result<bool, InternalError> {
        Ok(sql::destroy(tx, &id.to_string(), self.clock.now().as_millisecond()).await?)
    }

    /// How many data keys each key of the ring wraps.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn key_uses(&self) -> Result<Vec<KeyUse>, InternalError> {
        let mut connection = self.db.read().await?;
        let uses = sql::uses(&mut connection).await?;
        Ok(uses.into_iter().map(|(key_id, data_keys)| KeyUse { key_id, data_keys }).collect())
    }

    /// Wraps up to `batch` data keys anew with the ring's active key, and the root with them; answers how many. Call
    /// until it answers 0. Runs beside a serving portal: a row that changed meanwhile is left for the next batch.
    ///
    /// # Errors
    /// When the ring lacks a key that is still in use.
    pub async fn rewrap_batch(&self, batch: i64) -> Result<usize, InternalError> {
        let active = self.ring.active_id().to_owned();
        let mut tx = self.db.begin().await?;
        if let Some((key_id, wrapped)) = sql::root(&mut tx).await?
            && key_id != active
        {
            let root = open_root(&self.ring, &key_id, &wrapped)?;
            let fresh = self.ring.wrap(&root, "clinic_root:root");
            sql::rewrap_root(&mut tx, &fresh.key_id, &fresh.bytes).await?;
        }
        let old = sql::not_wrapped_by(&mut tx, &active, batch).await?;
        for (id, key_id, wrapped) in &old {
            let key = self
                .ring
                .unwrap(key_id, wrapped, &bound_to(id))
                .map_err(|error| InternalError::new("opening a data key", error))?;
            let fresh = self.ring.wrap(&key, &bound_to(id));
            sql::rewrap(&mut tx, id, key_id, &fresh.key_id, &fresh.bytes).await?;
        }
        tx.commit().await?;
        Ok(old.len())
    }
}

fn open_root(ring: &KeyRing, key_id: &str, wrapped: &[u8]) -> Result<Zeroizing<[u8; 32]>, InternalError> {
    ring.unwrap(key_id, wrapped, "clinic_root:root")
        .map_err(|error| InternalError::new("unlocking the clinic's root secret with the key ring (SALUS_KEYS)", error))
}

/// Which key of the ring wraps the clinic's root secret, having opened it; None on a database that has none yet.
/// Changes nothing.
///
/// # Errors
/// When the database fails, or the ring does not open the secret.
pub async fn root_key(db: &Db, ring: &KeyRing) -> Result<Option<String>, InternalError> {
    let Some((key_id, wrapped)) = sql::root(&mut *db.read().await?).await? else { return Ok(None) };
    open_root(ring, &key_id, &wrapped)?;
    Ok(Some(key_id))
}

/// The clinic's root secret, made on the first start. Two processes starting at once agree: the insert of one wins
/// and both read it back.
pub(super) async fn root(db: &Db, ring: &KeyRing, now: Timestamp) -> Result<Zeroizing<[u8; 32]>, InternalError> {
    let found = sql::root(&mut *db.read().await?).await?;
    let (key_id, wrapped) = match found {
        Some(found) => found,
        None => {
            let fresh = ring.wrap(&random::bytes::<32>(), "clinic_root:root");
            let mut tx = db.begin().await?;
            sql::insert_root(&mut tx, &fresh.key_id, &fresh.bytes, now.as_millisecond()).await?;
            tx.commit().await?;
            sql::root(&mut *db.read().await?)
                .await?
                .ok_or_else(|| InternalError::because("the root secret did not stay"))?
        }
    };
    open_root(ring, &key_id, &wrapped)
}
