//! What a text costs, by the operator's list of prices.

use crate::config::{Config, SmsGateway};
use crate::types::amount::Amount;

/// What so many segments, or a call, through a gateway to a country cost; None where no price is set. `country` is an
/// alpha-2 code, empty where the number does not tell.
pub fn cost(config: &Config, gateway: &str, by_call: bool, country: &str, segments: i64) -> Option<Amount> {
    let gateway = SmsGateway::from_word(gateway)?;
    let prices = if by_call { &config.money.call_prices } else { &config.money.prices };
    Some(prices.of(gateway, country)?.times(segments.max(1)))
}

/// What a code's text of one segment, or its call, to a country costs at most: through the dearest gateway that may carry
/// it.
pub fn expected(config: &Config, by_call: bool, country: &str) -> Option<Amount> {
    config.sms_gateways.iter().filter_map(|gateway| cost(config, gateway.name(), by_call, country, 1)).max()
}
