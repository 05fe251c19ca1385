//! Gathers what is known of a sign-in: seven reads, each through an index, inside the sign-in's transaction.

use super::{Facts, NetworkSeen, Travel, pressure, sql};
use crate::audit::sign_in_history;
use crate::auth::browser::Browser;
use crate::auth::trusted_devices::Device;
use crate::clock::{SignedDuration, Timestamp};
use crate::db::Tx;
use crate::error::InternalError;
use crate::identity::accounts::Account;
use crate::identity::phones;
use crate::messaging::dispatches;
use crate::places::Place;
use crate::portal::Portal;
use crate::types::network::Network;

/// How far back failures count.
const FAILURES: SignedDuration = SignedDuration::from_hours(24);
/// How many good sign-ins are compared with.
const COMPARED: i64 = 50;
/// How many codes tell of a number.
const CODES: i64 = 10;
const HOUR_MS: i64 = 3_600_000;

/// A good sign-in of before.
pub(super) struct Good {
    pub at: Timestamp,
    pub network: Network,
}

/// What is known of a sign-in whose password was right.
///
/// # Errors
/// When the database fails.
pub(super) async fn gather(
    portal: &Portal,
    tx: &mut Tx,
    browser: &Browser,
    account: &Account,
    device: Option<&Device>,
) -> Result<Facts, InternalError> {
    let now = portal.clock.now();
    let good = sql::good(tx, account.id, COMPARED).await?;
    let failures = sign_in_history::failures(tx, account.id, &browser.network, now - FAILURES).await?;
    let (all_wrong, all_through) = pressure::now(portal, tx).await?;
    let (phone, proved_at) = phones::primary(tx, account.id)
        .await?
        .ok_or_else(|| InternalError::because("an account without its main phone"))?;
    let codes = dispatches::codes_to(tx, phone, CODES).await?;
    let here = portal.places.of(&browser.network);
    let countries: Vec<String> = good.iter().filter_map(|good| portal.places.country_of(&good.network)).collect();
    let last = good.first().map(|good| (good.at, portal.places.of(&good.network)));
    Ok(Facts {
        known_browser: device.is_some(),
        trusted_browser: device.is_some_and(|device| device.is_trusted(account, now)),
        network: seen(&browser.network, &good),
        country_is_new: (here.country.as_ref()).is_some_and(|code| !countries.is_empty() && !countries.contains(code)),
        travel: last.as_ref().and_then(|(at, place)| travel(place, *at, &here, now)),
        last_country: last.and_then(|(_, place)| place.country),
        country: here.country,
        wrong_passwords: failures.passwords,
        wrong_codes: failures.codes,
        wrong_here: failures.here,
        all_wrong,
        all_through,
        number_days: proved_at.map(|at| now.duration_since(at).as_hours() / 24),
        codes_arrived: codes.arrived,
        codes_failed: codes.failed,
        pardoned: false,
        passkey: false,
    })
}

fn seen(network: &Network, good: &[Good]) -> NetworkSeen {
    let wider = network.wider();
    if good.is_empty() {
        NetworkSeen::First
    } else if good.iter().any(|good| good.network == *network) {
        NetworkSeen::Same
    } else if good.iter().any(|good| good.network.wider() == wider) {
        NetworkSeen::Near
    } else {
        NetworkSeen::New
    }
}

/// The way between two places; within a minute it counts as a minute's.
fn travel(from: &Place, left_at: Timestamp, to: &Place, now: Timestamp) -> Option<Travel> {
    let km = from.point?.km_to(to.point?);
    let took = (now.as_millisecond() - left_at.as_millisecond()).max(HOUR_MS / 60);
    Some(Travel { km, kmh: km.saturating_mul(HOUR_MS) / took })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::from_ms;
    use crate::places::Point;

    fn good(address: &str) -> Good {
        Good { at: from_ms(0), network: address.parse().unwrap() }
    }

    #[test]
    fn a_network_is_seen_from_beside_as_well() {
        let before = [good("81.2.69.142"), good("2001:db8:7:1::/64")];
        let says = |address: &str| seen(&address.parse().unwrap(), &before);
        assert_eq!(says("81.2.69.142"), NetworkSeen::Same);
        assert_eq!(says("81.2.69.9"), NetworkSeen::Near);
        assert_eq!(says("81.2.70.142"), NetworkSeen::New);
        assert_eq!(says("2001:db8:7:9::/64"), NetworkSeen::Near);
        assert_eq!(says("2001:db8:8:1::/64"), NetworkSeen::New);
        assert_eq!(seen(&"81.2.69.142".parse().unwrap(), &[]), NetworkSeen::First);
    }

    #[test]
    fn speed_is_the_way_over_the_time_it_took() {
        let at = |latitude, longitude| Place { country: None, point: Some(Point { latitude, longitude }) };
        let (new_york, madrid) = (at(40.71, -74.01), at(40.42, -3.70));
        let way = travel(&new_york, from_ms(0), &madrid, from_ms(2 * HOUR_MS)).unwrap();
        assert_eq!(way.kmh, way.km / 2);
        let way = travel(&new_york, from_ms(0), &madrid, from_ms(0)).unwrap();
        assert_eq!(way.kmh, way.km * 60, "no way takes no time");
        assert_eq!(travel(&Place::default(), from_ms(0), &madrid, from_ms(1)), None);
    }
}
