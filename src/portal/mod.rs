//! The portal: what every rule needs and is handed first.

mod data_keys;
mod policies;
mod sql;

use std::ops::Deref;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use crate::clock::Clock;
use crate::config::Config;
use crate::crypto::clinic_keys::ClinicKeys;
use crate::crypto::key_ring::KeyRing;
use crate::crypto::passwords::{HashingParameters, PasswordHasher};
use crate::db::Db;
use crate::error::InternalError;
use crate::places::Places;

pub use data_keys::{KeyUse, WrappedKey, root_key};
pub use policies::{KnownPolicies, Policies};

/// Settings, time, data and secrets; cheap to clone.
#[derive(Clone)]
pub struct Portal(Arc<Inner>);

/// What a [`Portal`] holds.
pub struct Inner {
    /// What the operator set.
    pub config: Config,
    /// The present.
    pub clock: Clock,
    /// The database.
    pub db: Db,
    /// The clinic's derived secrets.
    pub keys: ClinicKeys,
    /// What wraps the data keys.
    pub ring: KeyRing,
    /// The bounded pool that hashes passwords.
    pub hasher: PasswordHasher,
    /// Where networks are, as the operator's database tells.
    pub places: Places,
    /// Told when a dispatch was queued, so that it leaves at once.
    pub wake: Wake,
    /// What is asked of each role when people sign in.
    pub policies: KnownPolicies,
}

/// Who is told that there is something to send: each lane of the worker waits by itself.
#[derive(Debug, Default)]
pub struct Wake {
    /// For codes.
    pub codes: Notify,
    /// For other text messages.
    pub texts: Notify,
    /// For mail.
    pub mail: Notify,
}

impl Deref for Portal {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Portal {
    /// Opens the database, brings its schema up to date when `migrate` is set, and unlocks the clinic's root secret
    /// with the key ring (making it on a new database).
    ///
    /// # Errors
    /// When the database does not answer, its schema is not this program's, or no key of the ring opens the root.
    pub async fn open(config: Config, clock: Clock, migrate: bool) -> Result<Self, InternalError> {
        let db = Db::open(&config.database_url, config.database_connections)
            .await
            .map_err(|error| InternalError::new("opening the database", error))?;
        if db.migration_state().await?.unknown > 0 {
            return Err(InternalError::because(
                "the database was brought to a schema by a newer version of this program: start that version",
            ));
        }
        if migrate {
            db.migrate().await.map_err(|error| InternalError::new("bringing the schema up to date", error))?;
        }
        if !db.migration_state().await?.is_current() {
            return Err(InternalError::because(
                "the database's schema is older than this program: run `salus migrate`",
            ));
        }
        let ring = config.keys.clone().ok_or_else(|| InternalError::because("no key ring is set: see SALUS_KEYS"))?;
        let root = data_keys::root(&db, &ring, clock.now()).await?;
        let keys = ClinicKeys::from_root(&root);
        let hasher = PasswordHasher::new(
            &keys.pepper,
            HashingParameters::default(),
            config.hashing_cores,
            Duration::from_secs(2),
        );
        let places = config.places.clone();
        let policies = KnownPolicies::new(Policies::default_with(config.limits.session_idle.as_mins()));
        Ok(Self(Arc::new(Inner { policies, config, clock, db, keys, ring, hasher, places, wake: Wake::default() })))
    }
}
