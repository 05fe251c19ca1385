//! What texts cost, how much may be spent on them, and when a prefix looks like fraud.

use super::Lookup;
use super::sms::SmsGateway;
use crate::types::amount::Amount;
use crate::types::country::Country;

/// What one segment costs.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Price {
    gateway: SmsGateway,
    /// None: everywhere else.
    country: Option<Country>,
    amount: Amount,
}

/// `SALUS_SMS_PRICES`: what a segment costs by gateway and country, like `twilio:US=0.0108,twilio:*=0.06`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prices(Vec<Price>);

impl Prices {
    /// What one segment through a gateway costs; `country` is an alpha-2 code, or anything else where it is not known.
    pub fn of(&self, gateway: SmsGateway, country: &str) -> Option<Amount> {
        let of = |wanted: Option<&str>| {
            let fits = |price: &&Price| price.gateway == gateway && price.country.as_ref().map(Country::code) == wanted;
            self.0.iter().find(fits).map(|price| price.amount)
        };
        of(Some(country)).or_else(|| of(None))
    }
}

/// `SALUS_SPEND_COUNTRY_DAY`: what may be spent on texts to a country in a day, like `US=40,*=10`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CountryCeilings(Vec<(Option<Country>, Amount)>);

impl CountryCeilings {
    /// The ceiling of a country: its own, or the one of all others.
    pub fn of(&self, country: &str) -> Option<Amount> {
        let of = |wanted: Option<&str>| {
            let fits = |(known, _): &&(Option<Country>, Amount)| known.as_ref().map(Country::code) == wanted;
            self.0.iter().find(fits).map(|(_, amount)| *amount)
        };
        of(Some(country)).or_else(|| of(None))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Prices, ceilings, and the floor of conversion.
#[derive(Clone, Debug)]
pub struct Money {
    /// `SALUS_CURRENCY`: three capital letters; `USD` unless set.
    pub currency: String,
    /// `SALUS_SMS_PRICES`; none unless set.
    pub prices: Prices,
    /// `SALUS_CALL_PRICES`: what a call costs, written like the prices of texts; none unless set.
    pub call_prices: Prices,
    /// `SALUS_SPEND_DAY`: what may be spent on texts in a day of the clinic's zone; no ceiling unless set.
    pub day: Option<Amount>,
    /// `SALUS_SPEND_COUNTRY_DAY`; no ceilings unless set.
    pub country_day: CountryCeilings,
    /// `SALUS_CONVERSION_FLOOR`: of 100 codes to a prefix, how many must be entered, 0 to 100; 20 unless set, 0 turns it
    /// off.
    pub conversion_floor: i64,
}

/// A country, or None for `*`.
fn country(word: &str) -> Option<Option<Country>> {
    if word == "*" { Some(None) } else { word.parse().ok().map(Some) }
}

impl Money {
    pub(super) fn read(vars: &mut Lookup) -> Self {
        const CURRENCY: &str = "SALUS_CURRENCY";
        let currency = vars.text(CURRENCY, "USD");
        if currency.len() != 3 || !currency.bytes().all(|b| b.is_ascii_uppercase()) {
            vars.problem(CURRENCY, "is not three capital letters", "write an ISO 4217 code like USD");
        }
        let price = |word: &str| {
            let (which, amount) = word.split_once('=')?;
            let (gateway, place) = which.split_once(':')?;
            let gateway = SmsGateway::from_word(gateway.trim())?;
            Some(Price { gateway, country: country(place.trim())?, amount: amount.trim().parse().ok()? })
        };
        let cure = "write gateway:country=price, like twilio:US=0.0108,twilio:*=0.06";
        let prices = Prices(vars.list("SALUS_SMS_PRICES", price, cure));
        let call_prices = Prices(vars.list("SALUS_CALL_PRICES", price, cure));
        let ceiling = |word: &str| {
            let (place, amount) = word.split_once('=')?;
            Some((country(place.trim())?, amount.trim().parse().ok()?))
        };
        let country_day = CountryCeilings(vars.list(
            "SALUS_SPEND_COUNTRY_DAY",
            ceiling,
            "write country=amount, like US=40,*=10; an amount is digits, and at most six after a point",
        ));
        let day: Option<Amount> =
            vars.optional_parsed("SALUS_SPEND_DAY", "write digits, and at most six after a point, like 60.50");
        for (name, is_set) in [("SALUS_SPEND_DAY", day.is_some()), ("SALUS_SPEND_COUNTRY_DAY", !country_day.is_empty())]
        {
            if is_set && prices.0.is_empty() {
                vars.problem(name, "is set without prices, so it would hold nothing back", "set SALUS_SMS_PRICES too");
            }
        }
        Self {
            currency,
            prices,
            call_prices,
            day,
            country_day,
            conversion_floor: vars.number("SALUS_CONVERSION_FLOOR", 20, 0..=100),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(vars: &[(&'static str, &'static str)]) -> Result<Money, Vec<String>> {
        let mut lookup = Lookup::from_map(vars.iter().copied());
        let money = Money::read(&mut lookup);
        lookup.finish(money).map_err(|problems| problems.into_iter().map(|problem| problem.setting).collect())
    }

    #[test]
    fn a_country_goes_before_the_rest_and_the_rest_before_nothing() {
        let money = read(&[
            ("SALUS_SMS_PRICES", "twilio:*=0.06, twilio:us=0.0108,vonage:GB=0.04"),
            ("SALUS_SPEND_COUNTRY_DAY", "US=40,*=10"),
            ("SALUS_SPEND_DAY", "60.5"),
        ])
        .unwrap();
        let price = |gateway, country| money.prices.of(gateway, country).map(|amount| amount.to_string());
        assert_eq!(price(SmsGateway::Twilio, "US").as_deref(), Some("0.0108"));
        assert_eq!(price(SmsGateway::Twilio, "MX").as_deref(), Some("0.06"));
        assert_eq!(price(SmsGateway::Twilio, "").as_deref(), Some("0.06"), "a number that tells no country");
        assert_eq!(price(SmsGateway::Vonage, "US"), None);
        assert_eq!(price(SmsGateway::Plivo, "US"), None);
        let ceiling = |country| money.country_day.of(country).map(|amount| amount.to_string());
        assert_eq!((ceiling("US").as_deref(), ceiling("").as_deref()), (Some("40.00"), Some("10.00")));
        assert_eq!(money.day, "60.50".parse().ok());
        assert_eq!((money.currency.as_str(), money.conversion_floor), ("USD", 20));
    }

    #[test]
    fn what_cannot_be_read_is_told_and_ceilings_need_prices() {
        for (setting, value) in [
            ("SALUS_CURRENCY", "usd"),
            ("SALUS_CURRENCY", "€"),
            ("SALUS_SMS_PRICES", "US=0.01"),
            ("SALUS_SMS_PRICES", "twilio:US=1,5"),
            ("SALUS_SMS_PRICES", "pigeon:US=0.01"),
            ("SALUS_SMS_PRICES", "twilio:XX=0.01"),
            ("SALUS_SPEND_DAY", "-1"),
            ("SALUS_SPEND_DAY", "40"),
            ("SALUS_SPEND_COUNTRY_DAY", "US=40"),
            ("SALUS_CONVERSION_FLOOR", "101"),
        ] {
            assert_eq!(read(&[(setting, value)]).unwrap_err(), [setting], "{value}");
        }
    }
}
