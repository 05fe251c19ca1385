//! Which way a message goes next: pure rules over what was asked so far.
//!
//! | after                                        | a code                                   | a notice            |
//! |----------------------------------------------|------------------------------------------|---------------------|
//! | not taken: busy, out of reach                | the next way at once; the same after all | likewise            |
//! | not taken for a reason of this gateway       | the next way at once                     | likewise            |
//! | no answer: it may have been sent             | the next way at once, the same code      | nobody              |
//! | taken, and silence or a failed receipt       | the next way                             | nobody              |
//! | the person wrote STOP, or it is a landline   | a call; no other gateway is asked        | nobody              |
//! | no such number                               | nobody                                   | nobody              |
//!
//! Ways, in order: the gateways of the number's rule that were not asked yet, those whose breaker is open last; then, for
//! a code, one call; then gateways that did not take it once more, after a pause. A gateway gets a message that may have
//! been sent at most twice.

use crate::messaging::reason::{Reason, Retry};

/// What became of one attempt, as far as the next depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It took the message; nothing was heard of it since.
    Took,
    /// It may have been sent: no answer, or the sender was killed.
    Lost,
    /// It was not taken, or not delivered.
    No(Reason),
}

/// One attempt of the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Through which gateway.
    pub gateway: String,
    /// Whether by a call.
    pub by_call: bool,
    /// What became of it.
    pub verdict: Verdict,
}

/// A message that needs a way.
pub struct Situation<'a> {
    /// The gateways of the number's rule, in order.
    pub texts: &'a [&'static str],
    /// Those that can call, in order.
    pub calls: &'a [&'static str],
    /// Whether the breaker of a gateway is open, for texts or for calls.
    pub is_shut: &'a dyn Fn(&str, bool) -> bool,
    /// Whether it carries a code.
    pub is_code: bool,
    /// Whether the person asked for a call.
    pub by_call: bool,
    /// Whether the person wrote STOP.
    pub has_stopped: bool,
    /// What was asked so far.
    pub asked: &'a [Asked],
}

/// A way to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// Through which gateway.
    pub gateway: &'static str,
    /// By a call.
    pub by_call: bool,
    /// Not for the first time: a pause goes before.
    pub again: bool,
}

/// How often a gateway gets one message that may have been sent.
const SENDS_EACH: usize = 2;
/// How often a gateway is asked that says it will not.
const REFUSALS_EACH: usize = 2;

/// The next way; None when there is none left.
pub fn next(s: &Situation<'_>) -> Option<Route> {
    let verdicts = || s.asked.iter().map(|asked| asked.verdict);
    if verdicts().any(|verdict| is_final(verdict, s.is_code)) {
        return None;
    }
    let no_texts = s.by_call || s.has_stopped || verdicts().any(is_deaf_to_texts);
    let fresh = |gateway: &str, by_call: bool| !s.asked.iter().any(|a| a.gateway == gateway && a.by_call == by_call);
    let texts: &[&'static str] = if no_texts { &[] } else { s.texts };
    // One call rings a phone; a second is made only if nobody took the first.
    let rang = s.asked.iter().any(|asked| match asked.verdict {
        Verdict::Took => asked.by_call,
        Verdict::No(reason) => asked.by_call && !never_rang(reason),
        Verdict::Lost => false,
    });
    let calls: &[&'static str] = if s.is_code && !rang { s.calls } else { &[] };
    let first = |ways: &[&'static str], by_call: bool, shut: bool| {
        let fits = |gateway: &&&'static str| fresh(gateway, by_call) && (s.is_shut)(gateway, by_call) == shut;
        ways.iter().find(fits).map(|gateway| Route { gateway, by_call, again: false })
    };
    first(texts, false, false)
        .or_else(|| first(calls, true, false))
        .or_else(|| first(texts, false, true))
        .or_else(|| first(calls, true, true))
        .or_else(|| again(s, texts))
        .or_else(|| call_again(s, calls))
}

/// A gateway that did not take it, or left it open, once more: the one asked least often, in order.
fn again(s: &Situation<'_>, texts: &[&'static str]) -> Option<Route> {
    let was_taken = s.asked.iter().any(|asked| asked.verdict == Verdict::Took);
    let may = |gateway: &str| {
        // What somebody took may well arrive: it is no reason to ask a gateway that fails all the time.
        if was_taken && (s.is_shut)(gateway, false) {
            return None;
        }
        let mine = || s.asked.iter().filter(|asked| asked.gateway == gateway && !asked.by_call);
        let refused = |asked: &&Asked| matches!(asked.verdict, Verdict::No(r) if r.retry() == Retry::AnotherGateway);
        let lost = mine().filter(|asked| asked.verdict == Verdict::Lost).count();
        let refusals = mine().filter(refused).count();
        match mine().next_back()?.verdict {
            Verdict::Took => None,
            Verdict::Lost => (lost < SENDS_EACH).then_some(mine().count()),
            Verdict::No(reason) if matches!(reason.retry(), Retry::TryLater(_)) => {
                (lost < SENDS_EACH).then_some(mine().count())
            }
            Verdict::No(_) => (s.texts.len() > 1 && refusals < REFUSALS_EACH).then_some(mine().count()),
        }
    };
    let ways = texts.iter().filter_map(|gateway| Some((may(gateway)?, *gateway)));
    ways.min_by_key(|(times, _)| *times).map(|(_, gateway)| Route { gateway, by_call: false, again: true })
}

/// A call whose answer was lost, once more.
fn call_again(s: &Situation<'_>, calls: &[&'static str]) -> Option<Route> {
    let lost = |gateway: &str| {
        let mine = s.asked.iter().filter(|asked| asked.by_call && asked.gateway == gateway);
        mine.filter(|asked| asked.verdict == Verdict::Lost).count()
    };
    let way = calls.iter().find(|gateway| (1..SENDS_EACH).contains(&lost(gateway)));
    way.map(|gateway| Route { gateway, by_call: true, again: true })
}

/// Whether nobody is asked after it.
fn is_final(verdict: Verdict, is_code: bool) -> bool {
    match verdict {
        Verdict::No(Reason::InvalidNumber | Reason::Premium | Reason::UnknownSubscriber) => true,
        Verdict::No(_) => !is_code && is_deaf_to_texts(verdict),
        Verdict::Took | Verdict::Lost => false,
    }
}

fn is_deaf_to_texts(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::No(Reason::OptedOut | Reason::Landline))
}

/// Whether a call that failed for this reason did not ring the phone.
fn never_rang(reason: Reason) -> bool {
    !matches!(reason, Reason::HandsetUnreachable | Reason::Expired)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(gateway: &str, verdict: Verdict) -> Asked {
        Asked { gateway: gateway.into(), by_call: false, verdict }
    }

    fn called(gateway: &str, verdict: Verdict) -> Asked {
        Asked { by_call: true, ..asked(gateway, verdict) }
    }

    fn route(asked: &[Asked], is_code: bool, calls: &[&'static str]) -> Option<(&'static str, bool, bool)> {
        let is_shut = |_: &str, _: bool| false;
        let s = Situation {
            texts: &["a", "b"],
            calls,
            is_shut: &is_shut,
            is_code,
            by_call: false,
            has_stopped: false,
            asked,
        };
        next(&s).map(|route| (route.gateway, route.by_call, route.again))
    }

    #[test]
    fn a_code_goes_to_the_next_gateway_and_then_by_call() {
        for verdict in [
            Verdict::Took,
            Verdict::Lost,
            Verdict::No(Reason::RateLimited),
            Verdict::No(Reason::Unroutable),
            Verdict::No(Reason::HandsetUnreachable),
        ] {
            let one = [asked("a", verdict)];
            assert_eq!(route(&one, true, &["a"]), Some(("b", false, false)), "{verdict:?}");
            let two = [asked("a", verdict), asked("b", verdict)];
            assert_eq!(route(&two, true, &["a"]), Some(("a", true, false)), "{verdict:?}");
        }
        let all = [asked("a", Verdict::Took), asked("b", Verdict::Took), called("a", Verdict::Took)];
        assert_eq!(route(&all, true, &["a", "b"]), None, "one call rings, and no text is sent twice knowingly");
        let busy = [asked("a", Verdict::Took), asked("b", Verdict::Took), called("a", Verdict::No(Reason::GeoBlocked))];
        assert_eq!(route(&busy, true, &["a", "b"]), Some(("b", true, false)), "a call that nobody placed");
        let mut lost = vec![asked("a", Verdict::Took), asked("b", Verdict::Took), called("a", Verdict::Lost)];
        assert_eq!(route(&lost, true, &["a"]), Some(("a", true, true)), "a call that may have been placed");
        lost.push(called("a", Verdict::Lost));
        assert_eq!(route(&lost, true, &["a"]), None);
    }

    #[test]
    fn no_other_gateway_is_asked_for_a_number_that_opted_out() {
        for reason in [Reason::OptedOut, Reason::Landline] {
            let no = [asked("a", Verdict::No(reason))];
            assert_eq!(route(&no, true, &[]), None);
            assert_eq!(route(&no, true, &["b"]), Some(("b", true, false)));
            assert_eq!(route(&no, false, &["b"]), None, "a notice calls nobody");
        }
        for reason in [Reason::InvalidNumber, Reason::Premium, Reason::UnknownSubscriber] {
            assert_eq!(route(&[asked("a", Verdict::No(reason))], true, &["b"]), None, "{reason:?}");
        }
    }

    #[test]
    fn what_was_not_taken_is_asked_again_and_what_may_have_been_sent_at_most_twice() {
        let busy = |name| asked(name, Verdict::No(Reason::RateLimited));
        assert_eq!(route(&[busy("a"), busy("b")], false, &[]), Some(("a", false, true)));
        assert_eq!(route(&[busy("a"), busy("b"), busy("a")], false, &[]), Some(("b", false, true)));
        let no = |name| asked(name, Verdict::No(Reason::AuthFailed));
        assert_eq!(route(&[no("a"), no("b"), no("a")], false, &[]), Some(("b", false, true)));
        assert_eq!(route(&[no("a"), no("b"), no("a"), no("b")], false, &[]), None);
        let lost = |name| asked(name, Verdict::Lost);
        assert_eq!(route(&[lost("a"), lost("b")], true, &[]), Some(("a", false, true)));
        assert_eq!(route(&[lost("a"), lost("b"), lost("a"), lost("b")], true, &[]), None);
        assert_eq!(route(&[lost("a"), busy("b"), lost("a"), busy("b")], true, &[]), Some(("b", false, true)));
    }

    #[test]
    fn a_gateway_whose_breaker_is_open_comes_last_and_still_before_nobody() {
        let shut = |gateway: &str, by_call: bool| gateway == "a" && !by_call;
        let ask = |asked: &[Asked], calls: &[&'static str]| {
            let s = Situation {
                texts: &["a", "b"],
                calls,
                is_shut: &shut,
                is_code: true,
                by_call: false,
                has_stopped: false,
                asked,
            };
            next(&s).map(|route| (route.gateway, route.by_call))
        };
        assert_eq!(ask(&[], &["b"]), Some(("b", false)));
        assert_eq!(ask(&[asked("b", Verdict::Took)], &["b"]), Some(("b", true)), "a call before a dead gateway");
        assert_eq!(ask(&[asked("b", Verdict::Took)], &[]), Some(("a", false)));
        assert_eq!(ask(&[asked("a", Verdict::Lost), asked("b", Verdict::Took)], &[]), None);
        assert_eq!(ask(&[asked("a", Verdict::Lost), asked("b", Verdict::Lost)], &[]), Some(("a", false)));
    }

    #[test]
    fn who_asked_for_a_call_or_wrote_stop_gets_no_text() {
        let is_shut = |_: &str, _: bool| false;
        for (by_call, has_stopped) in [(true, false), (false, true)] {
            let s = |calls| Situation {
                texts: &["a"],
                calls,
                is_shut: &is_shut,
                is_code: true,
                by_call,
                has_stopped,
                asked: &[],
            };
            assert_eq!(next(&s(&["a"])).map(|route| route.by_call), Some(true));
            assert_eq!(next(&s(&[])), None);
        }
    }
}
