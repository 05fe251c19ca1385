//! From which number texts come, so that people can be told where to answer.

use super::{Config, PlivoSender, Senders};
use crate::types::phone::PhoneNumber;

impl Config {
    /// The number from which this gateway texts a phone; None where a name or a pool of numbers sends.
    pub fn number_that_texts(&self, gateway: &str, to: &PhoneNumber) -> Option<String> {
        let of = |senders: &Senders| senders.of(to).map(str::to_owned);
        let sender = match gateway {
            "twilio" => self.twilio.as_ref().and_then(|s| of(&s.senders).or_else(|| s.from.clone())),
            "vonage" => self.vonage.as_ref().and_then(|s| of(&s.senders).or_else(|| Some(s.from.clone()))),
            "plivo" => self.plivo.as_ref().and_then(|s| {
                of(&s.senders).or_else(|| match &s.sender {
                    PlivoSender::From(from) => Some(from.clone()),
                    PlivoSender::Powerpack(_) => None,
                })
            }),
            "http" => self.http_gateway.as_ref().and_then(|s| of(&s.senders).or_else(|| s.from.clone())),
            _ => None,
        }?;
        let digits = sender.strip_prefix('+').unwrap_or(&sender);
        if !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        // A short code stands alone; a longer one is a number of the world.
        Some(if digits.len() <= 6 { digits.to_owned() } else { format!("+{digits}") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Lookup;

    #[test]
    fn a_number_is_told_and_a_name_or_a_pool_is_not() {
        let to = |text: &str| PhoneNumber::from_e164(text).unwrap();
        let told = |from: &str, senders: &str, phone: &str| {
            let vars = [
                ("SALUS_SMS_GATEWAYS", "plivo"),
                ("SALUS_PLIVO_AUTH_ID", "MA0123456789ABCDEF01"),
                ("SALUS_PLIVO_AUTH_TOKEN", "x"),
                ("SALUS_PLIVO_FROM", from),
                ("SALUS_PLIVO_SENDERS", senders),
            ];
            Config::read(Lookup::from_map(vars)).unwrap().number_that_texts("plivo", &to(phone))
        };
        assert_eq!(told("+12125557000", "", "+12125550142").as_deref(), Some("+12125557000"));
        assert_eq!(told("12125557000", "US=24601", "+12125550142").as_deref(), Some("24601"));
        assert_eq!(told("12125557000", "US=24601", "+34600000000").as_deref(), Some("+12125557000"));
        assert_eq!(told("Hill", "", "+12125550142"), None);
        assert_eq!(Config::read(Lookup::default()).unwrap().number_that_texts("twilio", &to("+12125550142")), None);
    }
}
