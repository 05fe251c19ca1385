//! The made-up clinic: what its people do.

pub mod appointments;
pub mod clinic_hours;
pub mod labs;

use std::net::{IpAddr, Ipv4Addr};

use crate::auth::sessions::SignedIn;
use crate::error::{Failure, InternalError};
use crate::types::network::Network;

/// Who is in the clinic.
pub struct People {
    /// A patient of both doctors.
    pub maria: SignedIn,
    /// A patient of Dr Okafor only.
    pub james: SignedIn,
    /// Family medicine.
    pub chen: SignedIn,
    /// Cardiology.
    pub okafor: SignedIn,
}

/// Where everything that is made up comes from: this machine.
fn here() -> Network {
    Network::of(IpAddr::V4(Ipv4Addr::LOCALHOST))
}

/// What is made up keeps to the rules; a refusal is a fault in what was made up.
fn accepted<T, R: std::fmt::Debug>(outcome: Result<T, Failure<R>>) -> Result<T, InternalError> {
    outcome.map_err(|failure| match failure {
        Failure::Refused(why) => InternalError::because(format!("the demo's data was refused: {why:?}")),
        Failure::Internal(error) => error,
    })
}
