//! `salus check`: one line for each thing that must be right, in words: `ok`, `warn`, `unsafe` or `fails`.

use std::path::Path;

use super::{Stop, data, logs};
use crate::clock::from_ms;
use crate::config::{
    CodeCalls, Config, HttpAuth, JitsiSettings, MailRoute, Problem, RiskPolicy, SmsGateway, Unsafe, VonageApi,
};
use crate::db::Db;
use crate::error::InternalError;
use crate::messaging::email::Mailer;
use crate::portal::root_key;

/// What was found, line by line.
#[derive(Default)]
struct Findings {
    bad: usize,
}

impl Findings {
    fn ok(&self, what: &str, found: &str) {
        println!("ok      {what}: {found}");
    }

    fn warn(&self, what: &str, found: &str) {
        println!("warn    {what}: {found}");
    }

    fn not_safe(&mut self, setting: &str, problem: &str, cure: &str) {
        self.bad += 1;
        println!("unsafe  {setting} {problem}; cure: {cure}");
    }

    fn fails(&mut self, what: &str, found: &str) {
        self.bad += 1;
        println!("fails   {what}: {found}");
    }
}

/// Runs the command; exit code 2 when something is unsafe or fails.
pub(super) async fn run() -> Result<(), Stop> {
    let mut findings = Findings::default();
    match Config::from_env() {
        Err(problems) => {
            for Problem { setting, problem, cure } in &problems {
                findings.fails(setting, &format!("{problem}; cure: {cure}"));
            }
        }
        Ok(config) => {
            logs::set_up(config.log_format, logs::QUIET);
            settings(&config, &mut findings);
            files(&config, &mut findings);
            database(&config, &mut findings).await;
            gateways(&config, &mut findings);
            calls(&config, &findings);
            receipts(&config, &findings);
            money(&config, &findings);
            risk(&config, &findings);
            mail(&config, &mut findings).await;
            video(config.jitsi.as_ref(), &findings);
        }
    }
    match findings.bad {
        0 => {
            println!("Ready for production.");
            Ok(())
        }
        1 => {
            println!("Not ready for production: 1 thing to cure.");
            Err(Stop::Told(2))
        }
        count => {
            println!("Not ready for production: {count} things to cure.");
            Err(Stop::Told(2))
        }
    }
}

fn settings(config: &Config, findings: &mut Findings) {
    findings.ok("settings", "all can be read");
    for Unsafe { setting, problem, cure } in config.unsafe_for_production() {
        findings.not_safe(setting, &problem, cure);
    }
    for name in &config.unused {
        findings.warn(name, "is not used: misspelt, or of a gateway that SALUS_SMS_GATEWAYS does not name");
    }
    findings.ok("address", &format!("{}, listening on {}", config.public_origin(), config.listen));
    if config.trusted_proxies.is_empty() {
        findings.warn(
            "SALUS_TRUSTED_PROXIES",
            "is not set: behind a proxy, everybody would share its address and its limits",
        );
    }
    match config.metrics_listen {
        Some(address) => findings.ok("metrics", &format!("on {address}")),
        None => findings.warn("SALUS_METRICS_LISTEN", "is not set: nothing can be watched"),
    }
}

/// Whether others on this machine may read what must be private.
fn private(path: &Path, what: &str, findings: &mut Findings) {
    #[cfg(unix)]
    if let Ok(meta) = path.metadata() {
        let open = std::os::unix::fs::PermissionsExt::mode(&meta.permissions()) & 0o077;
        if open == 0 {
            findings.ok(what, &format!("{} is for its owner only", path.display()));
        } else {
            let cure = format!("chmod {} {}", if meta.is_dir() { "700" } else { "600" }, path.display());
            findings.not_safe(what, &format!("{} is open to others on this machine", path.display()), &cure);
        }
    }
}

fn files(config: &Config, findings: &mut Findings) {
    // Secrets and data may be mounted where modes cannot be chosen, and the settings' own check allows for that; the
    // database file is always made by this program.
    if let Some(path) = data::database_file(config) {
        private(&path, "database file", findings);
    }
}

async fn database(config: &Config, findings: &mut Findings) {
    if data::database_file(config).is_some_and(|path| !path.exists()) {
        findings.warn("database", "is not there yet: `salus serve` or `salus migrate` makes it");
        return;
    }
    match look(config).await {
        Ok(lines) => lines.into_iter().for_each(|line| match line {
            Line::Ok(what, found) => findings.ok(what, &found),
            Line::Warn(what, found) => findings.warn(what, &found),
            Line::Fails(what, found) => findings.fails(what, &found),
        }),
        Err(error) => findings.fails("database", &format!("does not answer: {error}")),
    }
}

enum Line {
    Ok(&'static str, String),
    Warn(&'static str, String),
    Fails(&'static str, String),
}

async fn look(config: &Config) -> Result<Vec<Line>, InternalError> {
    let mut lines = Vec::new();
    let db = Db::open(&config.database_url, 1).await?;
    let state = db.migration_state().await?;
    lines.push(Line::Ok("database", format!("answers ({:?})", db.engine())));
    lines.push(match (state.missing, state.unknown, config.migrate) {
        (0, 0, _) => Line::Ok("schema", "is up to date".into()),
        (_, 1.., _) => Line::Fails("schema", "is newer than this program: start the version that made it".into()),
        (steps, 0, true) => Line::Warn("schema", format!("lacks {steps} steps, which `salus serve` takes")),
        (steps, 0, false) => Line::Fails("schema", format!("lacks {steps} steps: run `salus migrate`")),
    });
    if let (Some(ring), true) = (&config.keys, state.is_current()) {
        lines.push(match root_key(&db, ring).await {
            Ok(Some(id)) => Line::Ok("keys", format!("{id} opens the root secret; {} is active", ring.active_id())),
            Ok(None) => {
                Line::Ok("keys", format!("{} is active; the root secret is made on the first start", ring.active_id()))
            }
            Err(error) => Line::Fails("keys", format!("the ring does not open the root secret: {error}")),
        });
    }
    db.close().await;
    Ok(lines)
}

fn gateways(config: &Config, findings: &mut Findings) {
    for gateway in &config.sms_gateways {
        match gateway {
            SmsGateway::Twilio => findings.ok("gateway twilio", "is set up; it was not called"),
            SmsGateway::Vonage => {
                let api = match config.vonage.as_ref().map(|vonage| &vonage.api) {
                    Some(VonageApi::Messages { .. }) => "Messages API",
                    _ => "SMS API",
                };
                findings.ok("gateway vonage", &format!("is set up ({api}); it was not called"));
            }
            SmsGateway::Plivo => findings.ok("gateway plivo", "is set up; it was not called"),
            SmsGateway::Http => {
                let host = config.http_gateway.as_ref().and_then(|http| http.url.host_str()).unwrap_or_default();
                findings.ok("gateway http", &format!("is set up for {host}; it was not called"));
                if config.http_gateway.as_ref().is_some_and(|http| matches!(http.auth, HttpAuth::None)) {
                    findings.warn("SALUS_HTTP_GATEWAY_AUTH", "is none: whoever reaches the gateway can send");
                }
            }
            SmsGateway::Outbox => findings.warn("gateway outbox", "is for `salus demo` only"),
        }
    }
}

fn calls(config: &Config, findings: &Findings) {
    let callers: Vec<&str> = config.callers().into_iter().map(SmsGateway::name).collect();
    if config.code_calls == CodeCalls::Off {
        findings.ok("calls", "are switched off (SALUS_CODE_CALLS)");
    } else if callers.is_empty() {
        findings.warn(
            "calls",
            "no gateway can call: it takes a number of its own (SALUS_…_CALL_FROM), https, and what it signs with",
        );
    } else {
        findings.ok("calls", &format!("codes can be read out through {}", callers.join(", ")));
    }
}

/// Which gateways tell what became of a text, and by what the others would be believed.
fn receipts(config: &Config, findings: &Findings) {
    let mut told = Vec::new();
    for gateway in &config.sms_gateways {
        let cure = match gateway {
            SmsGateway::Outbox => continue,
            SmsGateway::Twilio => "SALUS_TWILIO_AUTH_TOKEN is not set",
            SmsGateway::Vonage => "SALUS_VONAGE_SIGNATURE_SECRET is not set",
            SmsGateway::Plivo => "SALUS_PLIVO_AUTH_TOKEN is not set",
            SmsGateway::Http => "SALUS_HTTP_GATEWAY_RECEIPT_STATUS is not set",
        };
        match config.believes(*gateway) && config.is_secure() {
            true => told.push(gateway.name()),
            false => {
                let why = if config.is_secure() { cure } else { "SALUS_PUBLIC_URL is not https" };
                let found = format!("of {} cannot be taken, nor STOP: {why}", gateway.name());
                findings.warn("receipts", &found);
            }
        }
    }
    if !told.is_empty() {
        findings.ok("receipts", &format!("are taken of {}", told.join(", ")));
    }
}

/// Prices and ceilings of texts: without them nobody sees what fraud costs, and nothing ends it.
fn money(config: &Config, findings: &Findings) {
    let money = &config.money;
    let unpriced: Vec<&str> = (config.sms_gateways.iter())
        .filter(|gateway| config.clinic.sms_countries.iter().any(|code| money.prices.of(**gateway, code).is_none()))
        .map(|gateway| gateway.name())
        .collect();
    if !unpriced.is_empty() {
        let found =
            format!("names no price of {} for every country: what texts cost is not known", unpriced.join(", "));
        findings.warn("SALUS_SMS_PRICES", &found);
    }
    let callers = config.callers();
    let is_unpriced = |gateway: &&SmsGateway| {
        config.clinic.sms_countries.iter().any(|code| money.call_prices.of(**gateway, code).is_none())
    };
    let unpriced: Vec<&str> = callers.iter().filter(is_unpriced).map(|gateway| gateway.name()).collect();
    if !unpriced.is_empty() {
        let found =
            format!("names no price of {} for every country: what calls cost is not known", unpriced.join(", "));
        findings.warn("SALUS_CALL_PRICES", &found);
    }
    match (&money.day, money.country_day.is_empty()) {
        (Some(day), _) => findings.ok("spending", &format!("at most {day} {} a day", money.currency)),
        (None, false) => {
            let has_none = |code: &&String| money.country_day.of(code).is_none();
            let open: Vec<&str> = config.clinic.sms_countries.iter().filter(has_none).map(String::as_str).collect();
            match open.is_empty() {
                true => findings.ok("spending", "has ceilings by country"),
                false => {
                    findings.warn("SALUS_SPEND_COUNTRY_DAY", &format!("holds nothing back in {}", open.join(", ")))
                }
            }
        }
        (None, true) => {
            findings.warn("SALUS_SPEND_DAY", "is not set: nothing ends what somebody makes you spend on texts");
        }
    }
    if let Some(lookup) = &config.line_lookup {
        findings.ok("lookup", &format!("at {}; it was not called", lookup.base_url.host_str().unwrap_or_default()));
    }
}

/// By which policy sign-ins are judged, and what it knows of places.
fn risk(config: &Config, findings: &Findings) {
    let policy = &config.risk_policy;
    let whose = if *policy == RiskPolicy::default() { "the built-in one" } else { "the one of SALUS_RISK_POLICY" };
    let at = &policy.thresholds;
    let found = format!(
        "is {whose} ({}): a code from {} points, a stronger factor from {}, held from {}",
        policy.digest(),
        at.code,
        at.stronger,
        at.hold
    );
    findings.ok("risk policy", &found);
    match (config.places.kind(), config.places.made_at()) {
        (Some(kind), Some(made_at)) => {
            let day = from_ms(made_at.saturating_mul(1000)).strftime("%Y-%m-%d");
            findings.ok("places", &format!("{kind} of {day}"));
        }
        _ => findings.warn("SALUS_GEO_DATABASE", "is not set: countries and travel are no part of the judgement"),
    }
}

async fn mail(config: &Config, findings: &mut Findings) {
    if !matches!(config.mail, MailRoute::Smtp(_)) {
        // Named among the settings already.
        return;
    }
    let reached = match Mailer::of_settings(config, None) {
        Ok(mailer) => mailer.reach().await,
        Err(error) => Err(error),
    };
    match reached {
        Ok(()) => findings.ok("mail server", "answers"),
        Err(error) => findings.fails("mail server", &error.to_string()),
    }
}

fn video(jitsi: Option<&JitsiSettings>, findings: &Findings) {
    match jitsi {
        Some(settings) => findings.ok("video", &format!("Jitsi Meet at {}", settings.url)),
        None => findings.warn("SALUS_JITSI_URL", "is not set: visits are held by phone"),
    }
}
