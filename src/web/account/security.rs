//! `/account/security`: where I am signed in, which browsers are known, what happened around signing in.
//!
//! Everything here only tightens, so nothing asks for a fresh code.

use actix_web::web::{Query, ServiceConfig, get};
use askama::Template;
use serde::Deserialize;

use crate::audit::{Deed, sign_in_history};
use crate::auth::factors::{manage_codes, passkeys, recovery_codes, totp};
use crate::error::InternalError;
use crate::identity::accounts::Account;
use crate::identity::{accounts, phones};
use crate::messaging::opt_outs;
use crate::portal::Portal;
use crate::types::actor::Role;
use crate::web::account::devices::{self, KnownBrowser};
use crate::web::account::frozen;
use crate::web::account::history::{self, Happened};
use crate::web::account::lost_phone::{self, LostPhone};
use crate::web::account::read_own;
use crate::web::account::sessions::{self, SignedInBrowser};
use crate::web::guard::{Ctx, Person};
use crate::web::layout::{Layout, page};
use crate::web::problem::{PageResult, Problem};

/// Lines of the history a page.
const HISTORY: usize = 25;

/// What was just done.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Done {
    SessionEnded,
    OthersEnded,
    DeviceForgotten,
    DevicesForgotten,
    PasswordChanged,
    EmailChanged,
    RecoveryStopped,
    AddFirst,
}

#[derive(Template)]
#[template(path = "account/security.html")]
struct SecurityPage {
    done: Option<Done>,
    /// Changes are paused: until when, and whom to call.
    paused: Option<String>,
    /// A request for a new phone that waits for staff.
    lost_phone: Option<LostPhone>,
    /// Their phone answered STOP; with the number that START goes to, where one is known.
    texts_stopped: Option<Option<String>>,
    sessions: Vec<SignedInBrowser>,
    devices: Vec<KnownBrowser>,
    history: Vec<Happened>,
    /// The address of what happened before that, if anything did.
    older: Option<String>,
    /// Whether the history begins with what happened last.
    is_newest: bool,
    is_patient: bool,
    passkeys: i64,
    /// Whether there is an authenticator app.
    has_app: bool,
    /// Recovery codes that are left; None when none were made.
    codes_left: Option<i64>,
    /// Whether so few are left that new ones should be made.
    few_codes: bool,
    /// How many phones they have, and the last two digits of the main one.
    phones: usize,
    last2: String,
    /// A phone is all there is to prove it with.
    phone_alone: bool,
    layout: Layout,
}

#[derive(Deserialize)]
struct Arrival {
    done: Option<String>,
    before: Option<String>,
}

impl Arrival {
    fn done(&self) -> Option<Done> {
        match self.done.as_deref()? {
            "session" => Some(Done::SessionEnded),
            "others" => Some(Done::OthersEnded),
            "device" => Some(Done::DeviceForgotten),
            "devices" => Some(Done::DevicesForgotten),
            "password" => Some(Done::PasswordChanged),
            "email" => Some(Done::EmailChanged),
            "recovery" => Some(Done::RecoveryStopped),
            "add" => Some(Done::AddFirst),
            _ => None,
        }
    }
}

/// Whether a phone is all that an account has to prove it with: then its pages speak of stronger ways.
pub(super) async fn is_phone_alone(portal: &Portal, account: &Account) -> Result<bool, InternalError> {
    Ok(totp::of(portal, account).await?.is_none() && passkeys::of(portal, account).await?.is_empty())
}

/// `GET /account/security?before=…`.
async fn show(ctx: Ctx<Person>, arrival: Query<Arrival>) -> PageResult {
    let (layout, me) = (ctx.layout(), &ctx.who.signed_in);
    let (sessions, devices) = (sessions::rows(&ctx, &layout).await?, devices::rows(&ctx, &layout).await?);
    let before = arrival.before.as_deref().and_then(history::position);
    // One more than is shown tells whether there is another page.
    let mut events = sign_in_history::of(&ctx.portal, me.account, before, HISTORY as i64 + 1).await?;
    let more = events.len() > HISTORY;
    events.truncate(HISTORY);
    let last = events.last().filter(|_| more);
    let account = accounts::find(&ctx.portal, me.account).await?.ok_or(Problem::NotFound)?;
    let stopped = opt_outs::stopped_by(&ctx.portal, &account.phone).await?;
    let phones = phones::of(&ctx.portal, &account.phone_owner()).await?;
    let has_app = totp::of(&ctx.portal, &account).await?.is_some();
    let passkeys = passkeys::of(&ctx.portal, &account).await?.len();
    let codes_left = recovery_codes::of(&ctx.portal, me.account).await?.map(|set| set.left);
    read_own(&ctx, Deed::SecurityRead).await?;
    page(&SecurityPage {
        done: arrival.done(),
        paused: accounts::frozen(&account, layout.now).map(|paused| frozen::sentence(&layout, &paused)),
        lost_phone: lost_phone::waiting(&ctx, &layout).await?,
        texts_stopped: stopped.map(|gateway| ctx.portal.config.number_that_texts(&gateway, &account.phone)),
        sessions,
        devices,
        history: history::lines(&layout, &events),
        older: last.map(|event| format!("/account/security?before={}#history", history::mark(event))),
        is_newest: before.is_none(),
        is_patient: me.role == Role::Patient,
        has_app,
        codes_left,
        few_codes: codes_left.is_some_and(|left| left < manage_codes::FEW),
        phones: phones.iter().filter(|phone| phone.proved_at.is_some()).count(),
        last2: account.phone.last2().to_owned(),
        phone_alone: !has_app && passkeys == 0,
        passkeys: i64::try_from(passkeys).unwrap_or(i64::MAX),
        layout,
    })
}

/// Its route.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/account/security", get().to(show));
}
