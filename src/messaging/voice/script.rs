//! The words of a call, and how each provider wants them: TwiML, an NCCO, or Plivo's XML.

use askama::Template;
use serde_json::json;

use crate::crypto::codes::Code;
use crate::error::InternalError;
use crate::messaging::receipts::Caller;
use crate::types::locale::Locale;
use crate::words::Words;

/// How long a key is waited for, in seconds.
const WAITS: u32 = 8;
/// How often the gate is said.
const GATES: usize = 2;

/// A piece of what is said.
enum Part {
    /// A sentence.
    Say(String),
    /// Digits, one by one, with a second before each.
    Digits(String),
}

/// What is said in a call, from one question of the gateway to the next or to the end.
pub struct Script {
    locale: Locale,
    parts: Vec<Part>,
    key_at: Option<String>,
}

/// A script in a provider's own form.
#[derive(Debug)]
pub struct Rendered {
    /// The media type.
    pub kind: &'static str,
    /// The text.
    pub body: String,
}

impl Script {
    /// Who calls and why; whoever presses a key goes on at `key_at`. Said twice, then it ends.
    pub(super) fn gate(clinic: &str, locale: Locale, key_at: String) -> Self {
        let text = Words::new(locale).with("voice-gate").arg("clinic", clinic).to_string();
        Self { locale, parts: vec![Part::Say(text)], key_at: Some(key_at) }
    }

    /// The code, twice.
    pub(super) fn code(locale: Locale, code: &Code) -> Self {
        let words = Words::new(locale);
        let digits = || Part::Digits(code.reveal().to_string());
        let parts = vec![
            Part::Say(words.t("voice-code")),
            digits(),
            Part::Say(words.t("voice-again")),
            digits(),
            Part::Say(words.t("voice-bye")),
        ];
        Self { locale, parts, key_at: None }
    }

    /// That the code is over.
    pub(super) fn over(locale: Locale) -> Self {
        Self { locale, parts: vec![Part::Say(Words::new(locale).t("voice-over"))], key_at: None }
    }

    /// That no key was pressed.
    pub(super) fn no_key(locale: Locale) -> Self {
        Self { locale, parts: vec![Part::Say(Words::new(locale).t("voice-no_key"))], key_at: None }
    }

    /// As one text for the eye.
    pub(super) fn text(&self) -> String {
        let part = |part: &Part| match part {
            Part::Say(text) => text.clone(),
            Part::Digits(digits) => {
                let digits: Vec<String> = digits.chars().map(String::from).collect();
                format!("{}.", digits.join(", "))
            }
        };
        self.parts.iter().map(part).collect::<Vec<_>>().join(" ")
    }

    /// In a provider's own form.
    ///
    /// # Errors
    /// When a template fails.
    pub fn render(&self, caller: Caller) -> Result<Rendered, InternalError> {
        let failed = |error| InternalError::new("writing what a call says", error);
        let (parts, key_at) = (self.parts.as_slice(), self.key_at.as_deref());
        let xml = |body: String| Rendered { kind: "text/xml; charset=utf-8", body };
        match caller {
            Caller::Twilio => {
                let language = self.language("es-MX");
                TwiMl { language, parts, key_at, waits: WAITS, gates: GATES }.render().map(xml).map_err(failed)
            }
            Caller::Plivo => {
                let language = self.language("es-US");
                PlivoXml { language, parts, key_at, waits: WAITS, gates: GATES }.render().map(xml).map_err(failed)
            }
            Caller::Vonage => {
                let text = Ssml { parts }.render().map_err(failed)?;
                Ok(Rendered { kind: "application/json", body: self.ncco(&text) })
            }
            Caller::Http => Err(InternalError::because("the http gateway cannot call")),
        }
    }

    fn language(&self, spanish: &'static str) -> &'static str {
        match self.locale {
            Locale::En => "en-US",
            Locale::Es => spanish,
        }
    }

    fn ncco(&self, text: &str) -> String {
        let language = self.language("es-US");
        let Some(key_at) = &self.key_at else {
            return json!([{ "action": "talk", "text": text, "language": language }]).to_string();
        };
        json!([
            { "action": "talk", "text": text, "language": language, "bargeIn": true, "loop": GATES },
            {
                "action": "input", "type": ["dtmf"], "dtmf": { "maxDigits": 1, "timeOut": WAITS },
                "eventUrl": [key_at], "eventMethod": "POST",
            },
        ])
        .to_string()
    }
}

#[derive(Template)]
#[template(path = "voice/twilio.xml")]
struct TwiMl<'a> {
    language: &'a str,
    parts: &'a [Part],
    key_at: Option<&'a str>,
    waits: u32,
    gates: usize,
}

#[derive(Template)]
#[template(path = "voice/plivo.xml")]
struct PlivoXml<'a> {
    language: &'a str,
    parts: &'a [Part],
    key_at: Option<&'a str>,
    waits: u32,
    gates: usize,
}

/// The text of Vonage's `talk`.
#[derive(Template)]
#[template(path = "voice/vonage.xml")]
struct Ssml<'a> {
    parts: &'a [Part],
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::clinic_keys::Key;
    use crate::crypto::codes::Seed;

    const AT: &str = "https://portal.example/webhooks/x/voice/AAAA/play";
    const ALL: [Caller; 3] = [Caller::Twilio, Caller::Vonage, Caller::Plivo];

    fn code() -> Code {
        Code::derive(&Key::new([1; 32]), &Seed::from_bytes(&[2; 32]).unwrap(), "c", "w", "p")
    }

    fn body(script: &Script, caller: Caller) -> String {
        script.render(caller).unwrap().body
    }

    #[test]
    fn the_gate_says_who_calls_and_waits_for_a_key() {
        let gate = |locale| Script::gate("Lake & \"Hill\" <Clinic>", locale, AT.into());
        let twiml = body(&gate(Locale::En), Caller::Twilio);
        assert!(twiml.contains("Lake &#38; &#34;Hill&#34; &#60;Clinic&#62;"), "{twiml}");
        assert_eq!(twiml.matches("<Gather ").count(), GATES, "{twiml}");
        assert!(twiml.contains(&format!(r#"finishOnKey="" method="POST" action="{AT}"><Say language="en-US">"#)));
        assert!(twiml.ends_with("<Hangup/></Response>"), "{twiml}");
        let plivo = body(&gate(Locale::Es), Caller::Plivo);
        assert!(plivo.contains(&format!(r#"<GetDigits action="{AT}" method="POST" numDigits="1" timeout="8""#)));
        assert!(plivo.contains(r#"<Speak language="es-US">Hola."#) && plivo.ends_with("<Hangup/></Response>"));
        let ncco: serde_json::Value = serde_json::from_str(&body(&gate(Locale::Es), Caller::Vonage)).unwrap();
        assert_eq!((ncco[0]["language"].as_str(), ncco[0]["bargeIn"].as_bool()), (Some("es-US"), Some(true)));
        assert_eq!(ncco[1]["eventUrl"], json!([AT]));
        let text = ncco[0]["text"].as_str().unwrap();
        assert!(text.starts_with("<speak>Hola.") && text.contains("Lake &#38; "), "{text}");
    }

    #[test]
    fn the_code_is_said_twice_digit_by_digit_and_never_as_a_number() {
        let digits = code().reveal().to_string();
        for locale in Locale::ALL {
            let script = Script::code(locale, &code());
            for caller in ALL {
                let said = body(&script, caller);
                assert!(!said.contains(&digits), "{caller:?}");
                let wanted = |digit: char| match caller {
                    Caller::Twilio => format!(r#"<Pause length="1"/><Say language="en-US">{digit}</Say>"#),
                    Caller::Plivo => format!(r#"<Wait length="1"/><Speak language="en-US">{digit}</Speak>"#),
                    Caller::Vonage => format!("<break time='1s'/>{digit}"),
                    Caller::Http => unreachable!("it cannot call"),
                };
                let once: String = digits.chars().map(wanted).collect();
                let said = said.replace("es-MX", "en-US").replace("es-US", "en-US");
                assert_eq!(said.matches(&once).count(), 2, "{caller:?} {said}");
                assert!(!said.contains("Gather") && !said.contains("GetDigits") && !said.contains("dtmf"));
            }
            let spaced: Vec<String> = digits.chars().map(String::from).collect();
            assert_eq!(script.text().matches(&spaced.join(", ")).count(), 2);
        }
    }

    #[test]
    fn what_ends_a_call_holds_no_digit() {
        for locale in Locale::ALL {
            for script in [Script::over(locale), Script::no_key(locale)] {
                assert!(!script.text().bytes().any(|byte| byte.is_ascii_digit()));
                for caller in ALL {
                    assert!(!body(&script, caller).contains("Pause") && !body(&script, caller).contains("break"));
                }
            }
        }
    }
}
