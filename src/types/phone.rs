//! Mobile numbers in one canonical form.

use std::fmt;

use phonenumber::{Mode, Type};
use zeroize::Zeroizing;

use super::country::Country;
use super::text_value::TextValue;

/// A number that a text can be sent to, as E.164 (`+`, at most 15 digits). Prints masked.
#[derive(Clone, PartialEq, Eq)]
pub struct PhoneNumber(String);

/// Why something typed is no number to text to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhoneRefusal {
    /// Nothing was typed.
    Empty,
    /// Letters, an extension, or no number at all.
    NotANumber,
    /// No such number exists: too short, too long, or not handed out.
    Impossible,
    /// It costs extra or is paid by the called: premium, shared-cost, toll-free, satellite.
    Costly,
    /// It cannot receive a text: a landline, pager or voicemail.
    NotMobile,
    /// The clinic does not send texts to that country.
    CountryNotServed,
}

/// Calling codes that belong to no country: satellite and international shared codes.
const NO_COUNTRY: [u16; 9] = [800, 808, 870, 878, 881, 882, 883, 888, 979];

impl PhoneNumber {
    /// Reads what somebody typed, in national form of `country` or with `+`.
    ///
    /// # Errors
    /// As [`PhoneRefusal`] says.
    pub fn parse(typed: &str, country: Country) -> Result<Self, PhoneRefusal> {
        let typed: String = typed.trim().chars().map(plain).filter(|c| !is_invisible(*c)).collect();
        if typed.is_empty() {
            return Err(PhoneRefusal::Empty);
        }
        // Letters would be converted and extensions dropped by the parser: both mean a misunderstanding.
        let allowed = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '(' | ')' | '.' | '/' | ' ');
        if typed.chars().count() > 32 || !typed.chars().all(allowed) || typed.chars().filter(|c| *c == '+').count() > 1
        {
            return Err(PhoneRefusal::NotANumber);
        }
        // 00 is how most of the world dials abroad.
        let typed = match typed.strip_prefix("00") {
            Some(rest) if !typed.starts_with("001 ") || country.code() != "US" => format!("+{rest}"),
            _ => typed,
        };
        let number = phonenumber::parse(Some(country.0), &typed).map_err(|_| PhoneRefusal::NotANumber)?;
        if NO_COUNTRY.contains(&number.country().code()) {
            return Err(PhoneRefusal::Costly);
        }
        if !number.is_valid() {
            return Err(PhoneRefusal::Impossible);
        }
        match number.number_type(&phonenumber::metadata::DATABASE) {
            Type::PremiumRate | Type::SharedCost | Type::TollFree | Type::Uan => return Err(PhoneRefusal::Costly),
            Type::FixedLine | Type::Pager | Type::Voicemail | Type::Emergency | Type::ShortCode => {
                return Err(PhoneRefusal::NotMobile);
            }
            _ => {}
        }
        Ok(Self(number.format().mode(Mode::E164).to_string()))
    }

    /// The number of a stored E.164 text.
    pub fn from_e164(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('+')?;
        let fits = (7..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        fits.then(|| Self(text.to_owned()))
    }

    /// `+` and the digits: for gateways only.
    pub fn e164(&self) -> &str {
        &self.0
    }

    /// The digits without `+`: for gateways that want them so.
    pub fn digits(&self) -> &str {
        &self.0[1..]
    }

    /// The last two digits, all that a page shows.
    pub fn last2(&self) -> &str {
        &self.0[self.0.len() - 2..]
    }

    /// Fit to show: `•••• 42`.
    pub fn masked(&self) -> String {
        format!("•••• {}", self.last2())
    }

    /// The country it belongs to; None where several share a plan and the number does not tell.
    pub fn country(&self) -> Option<Country> {
        phonenumber::parse(None, &self.0).ok()?.country().id().map(Country)
    }

    /// The first seven digits: an operator's block, or a smaller country's mobile network.
    pub fn prefix(&self) -> &str {
        &self.0[..8]
    }

    /// All but the last four digits: a range that fraud runs through.
    pub fn range(&self) -> &str {
        &self.0[..self.0.len() - 4]
    }
}

fn plain(c: char) -> char {
    match c {
        '０'..='９' => char::from(b'0' + (c as u32 - '０' as u32) as u8),
        '٠'..='٩' => char::from(b'0' + (c as u32 - '٠' as u32) as u8),
        '۰'..='۹' => char::from(b'0' + (c as u32 - '۰' as u32) as u8),
        '＋' => '+',
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        c if c.is_whitespace() => ' ',
        c => c,
    }
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PhoneNumber({})", self.masked())
    }
}

impl TextValue for PhoneNumber {
    fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(self.0.clone())
    }

    fn from_text(text: &str) -> Option<Self> {
        Self::from_e164(text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(typed: &str, country: &str) -> Result<String, PhoneRefusal> {
        PhoneNumber::parse(typed, country.parse().unwrap()).map(|phone| phone.e164().to_owned())
    }

    #[test]
    fn people_type_one_number_in_many_ways() {
        for typed in [
            "(212) 555-0142",
            "212.555.0142",
            " 212 555 0142 ",
            "1 212 555 0142",
            "+1 (212) 555-0142",
            "+12125550142",
            "２１２５５５０１４２",
            "٢١٢٥٥٥٠١٤٢",
        ] {
            assert_eq!(parse(typed, "US").as_deref(), Ok("+12125550142"), "{typed}");
        }
        assert_eq!(parse("+52 55 1234 5678", "US").as_deref(), Ok("+525512345678"));
    }

    #[test]
    fn what_cannot_take_a_text_is_refused_by_its_kind() {
        assert_eq!(parse("", "US"), Err(PhoneRefusal::Empty));
        assert_eq!(parse("1-800-FLOWERS", "US"), Err(PhoneRefusal::NotANumber));
        assert_eq!(parse("212 555 0142 x12", "US"), Err(PhoneRefusal::NotANumber));
        assert_eq!(parse("212 555 0142,,5", "US"), Err(PhoneRefusal::NotANumber));
        assert_eq!(parse("555 01", "US"), Err(PhoneRefusal::Impossible));
        assert_eq!(parse("900 555 0142", "US"), Err(PhoneRefusal::Costly));
        assert_eq!(parse("800 555 0142", "US"), Err(PhoneRefusal::Costly));
        assert_eq!(parse("+870 773 111 632", "US"), Err(PhoneRefusal::Costly));
    }

    proptest! {
        #[test]
        fn anything_typed_gives_a_number_or_a_reason(typed in "\\PC{0,40}") {
            if let Ok(number) = parse(&typed, "US") {
                prop_assert_eq!(parse(&number, "DE").unwrap(), number, "canonical numbers stay themselves");
            }
        }
    }
}
