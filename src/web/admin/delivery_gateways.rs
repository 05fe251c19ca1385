//! How each gateway fares, for the delivery page: whether it is asked, or left alone for a while.

use crate::error::InternalError;
use crate::messaging::breakers::{self, Breaker};
use crate::portal::Portal;
use crate::web::account::when;
use crate::web::admin::delivery_rows;
use crate::web::layout::Layout;

/// One gateway, in words. `kind` is the status's.
pub(super) struct Standing {
    pub(super) name: String,
    pub(super) kind: &'static str,
    pub(super) state: String,
}

/// The configured gateways in their order, and what else has failures.
pub(super) async fn standings(portal: &Portal, layout: &Layout) -> Result<Vec<Standing>, InternalError> {
    let failing = breakers::all(portal).await?;
    let configured = portal.config.sms_gateways.iter().map(|gateway| gateway.name().to_owned());
    let mut names: Vec<String> = configured.collect();
    names.extend(
        failing.iter().map(|breaker| breaker.gateway.clone()).filter(|name| !names.contains(name)).collect::<Vec<_>>(),
    );
    Ok(names.iter().map(|name| standing(layout, name, failing.iter().find(|known| known.gateway == *name))).collect())
}

fn standing(layout: &Layout, name: &str, breaker: Option<&Breaker>) -> Standing {
    let words = &layout.words;
    let (gateway, by_call) = breakers::of_name(name);
    let name = delivery_rows::gateway(words, gateway, by_call);
    let (kind, state) = match breaker {
        None => ("ok", words.t("delivery-gateway-works")),
        Some(Breaker { opened_at: Some(since), probe_at, .. }) => {
            let next = probe_at.unwrap_or(layout.now).max(layout.now);
            let (since, next) = (when(layout, *since), when(layout, next));
            ("danger", words.with("delivery-gateway-open").arg("since", since).arg("next", next).to_string())
        }
        Some(Breaker { failures, .. }) => {
            ("warn", words.with("delivery-gateway-failures").arg("n", *failures).to_string())
        }
    };
    Standing { name, kind, state }
}
