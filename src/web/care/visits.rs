//! `/visits/{id}`: the lobby of a video visit, and the press that leads into its room.

use actix_web::HttpResponse;
use actix_web::web::{Path, ServiceConfig, get, post};
use askama::Template;
use serde::Serialize;

use crate::auth::step_up;
use crate::care::appointments::Detail;
use crate::error::Failure;
use crate::types::actor::Role;
use crate::types::ids::AppointmentId;
use crate::visits::provider::VideoProvider;
use crate::visits::{self, JoinRefusal, JoinState, Lobby};
use crate::web::csrf::{Posted, Pressed};
use crate::web::guard::{Ctx, Either, Watching};
use crate::web::layout::{Layout, page, refused, see_other};
use crate::web::problem::{PageResult, Problem};

/// Where a visit stands: a word for the page's script, and a sentence for people.
#[derive(Serialize)]
struct Standing {
    state: &'static str,
    sentence: String,
}

#[derive(Template)]
#[template(path = "care/visits/lobby.html")]
struct LobbyPage {
    layout: Layout,
    id: AppointmentId,
    detail: Detail,
    is_doctor: bool,
    may_join: bool,
    may_change: bool,
    standing: Standing,
    refusal: Option<String>,
    age: i32,
}

#[derive(Template)]
#[template(path = "care/visits/room.html")]
struct RoomPage {
    layout: Layout,
    id: AppointmentId,
    with: String,
}

fn standing(layout: &Layout, is_doctor: bool, join: JoinState, has_video: bool) -> Standing {
    let words = &layout.words;
    let (state, sentence) = match join {
        JoinState::Cancelled => ("cancelled", words.t("visit-cancelled")),
        JoinState::NotVideo => ("phone", words.t("visit-not_video")),
        JoinState::Late => ("late", words.t("visit-late")),
        JoinState::Early { .. } | JoinState::Open { .. } if !has_video => {
            let phone = layout.clinic.phone.as_str();
            let sentence = match is_doctor {
                true => words.t("visit-none-doctor"),
                false => words.with("visit-none").arg("phone", phone).to_string(),
            };
            ("none", sentence)
        }
        JoinState::Early { from } => {
            let sentence = words.with("visit-early").arg("time", layout.time(&from)).arg("day", layout.day(&from));
            ("early", sentence.to_string())
        }
        JoinState::Open { until } => ("open", words.with("visit-open").arg("time", layout.time(&until)).to_string()),
    };
    Standing { state, sentence }
}

/// Why the press did not lead into the room, in a sentence.
fn refusal_sentence(ctx: &Ctx<Either>, refusal: JoinRefusal) -> Result<String, Problem> {
    let layout = ctx.layout();
    let is_doctor = ctx.who.signed_in.role == Role::Doctor;
    let of = |join, has_video| standing(&layout, is_doctor, join, has_video).sentence;
    Ok(match refusal {
        JoinRefusal::NotFound => return Err(Problem::NotFound),
        JoinRefusal::NotProved => layout.words.t("visit-not_proved"),
        JoinRefusal::Early { from } => of(JoinState::Early { from }, true),
        JoinRefusal::Late => of(JoinState::Late, true),
        JoinRefusal::Cancelled => of(JoinState::Cancelled, true),
        JoinRefusal::NotVideo => of(JoinState::NotVideo, true),
        JoinRefusal::NoVideo => of(JoinState::Open { until: layout.now }, false),
    })
}

async fn found(ctx: &Ctx<Either>, id: AppointmentId) -> Result<Lobby, Problem> {
    visits::lobby(&ctx.portal, &ctx.who.signed_in, id, ctx.network()).await?.ok_or(Problem::NotFound)
}

async fn lobby(ctx: &Ctx<Either>, id: AppointmentId, refusal: Option<String>) -> Result<LobbyPage, Problem> {
    let Lobby { detail, join, has_video } = found(ctx, id).await?;
    let layout = ctx.layout();
    let is_doctor = ctx.who.signed_in.role == Role::Doctor;
    let today = layout.zone.rules().to_datetime(layout.now).date();
    Ok(LobbyPage {
        standing: standing(&layout, is_doctor, join, has_video),
        may_join: has_video && matches!(join, JoinState::Open { .. }),
        may_change: matches!(join, JoinState::Early { .. } | JoinState::Open { .. }),
        age: detail.birth_date.age_on(today),
        layout,
        id,
        detail,
        is_doctor,
        refusal,
    })
}

/// `GET /visits/{id}`.
async fn show(ctx: Ctx<Either>, id: Path<AppointmentId>) -> PageResult {
    page(&lobby(&ctx, *id, None).await?)
}

/// `GET /visits/{id}/state`: the lobby's sentence, for the script that keeps it true.
async fn state(ctx: Ctx<Watching>, id: Path<AppointmentId>) -> PageResult {
    let who = &ctx.who.0.signed_in;
    let join = visits::state(&ctx.portal, who, *id).await?.ok_or(Problem::NotFound)?;
    let has_video = VideoProvider::of_settings(&ctx.portal.config).is_some();
    Ok(HttpResponse::Ok().json(standing(&ctx.layout(), who.role == Role::Doctor, join, has_video)))
}

/// `POST /visits/{id}/join`: 303 to the room, over a code for this visit unless one was given just now; or 422 and the
/// lobby with the refusal, before any code is texted.
async fn join(ctx: Ctx<Either>, id: Path<AppointmentId>, Posted(Pressed {}): Posted<Pressed>) -> PageResult {
    match visits::may_join(&ctx.portal, &ctx.who.signed_in, *id).await {
        Ok(()) => {}
        Err(Failure::Refused(why)) => return refused(&lobby(&ctx, *id, Some(refusal_sentence(&ctx, why)?)).await?),
        Err(Failure::Internal(error)) => return Err(error.into()),
    }
    let room = format!("/visits/{id}/room");
    if step_up::fresh_for_visit(&ctx.portal, &ctx.who.session, *id).is_some() {
        return see_other(&room);
    }
    step_up::begin(&ctx.portal, &ctx.browser, &ctx.who.session, Some(*id), None, &room).await?;
    see_other("/challenge")
}

/// `GET /visits/{id}/join`: a press that came after the session's end leads to the lobby.
async fn to_lobby(_: Ctx<Either>, id: Path<AppointmentId>) -> PageResult {
    see_other(&format!("/visits/{id}"))
}

/// `GET /visits/{id}/room`: one button; without a proof for this visit, or when nobody may join, 303 to the lobby.
async fn room(ctx: Ctx<Either>, id: Path<AppointmentId>) -> PageResult {
    let Lobby { detail, join, has_video } = found(&ctx, *id).await?;
    let proved = step_up::fresh_for_visit(&ctx.portal, &ctx.who.session, *id).is_some();
    if !proved || !has_video || !matches!(join, JoinState::Open { .. }) {
        return see_other(&format!("/visits/{id}"));
    }
    let other = match ctx.who.signed_in.role {
        Role::Doctor => &detail.patient_name,
        Role::Patient | Role::Admin => &detail.doctor_name,
    };
    page(&RoomPage { with: other.as_str().to_owned(), layout: ctx.layout().into_journey(), id: *id })
}

/// `POST /visits/{id}/room`: 303 to the video server with a token that was made for this press; or 422 and the lobby.
async fn enter(ctx: Ctx<Either>, id: Path<AppointmentId>, Posted(Pressed {}): Posted<Pressed>) -> PageResult {
    let refusal = match step_up::fresh_for_visit(&ctx.portal, &ctx.who.session, *id) {
        None => JoinRefusal::NotProved,
        Some(fresh) => match visits::join(&ctx.portal, &ctx.who.signed_in, &fresh, *id, ctx.network()).await {
            Ok(joined) => return see_other(joined.link.expose()),
            Err(Failure::Refused(why)) => why,
            Err(Failure::Internal(error)) => return Err(error.into()),
        },
    };
    refused(&lobby(&ctx, *id, Some(refusal_sentence(&ctx, refusal)?)).await?)
}

/// Their routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/visits/{id}", get().to(show))
        .route("/visits/{id}/state", get().to(state))
        .route("/visits/{id}/join", get().to(to_lobby))
        .route("/visits/{id}/join", post().to(join))
        .route("/visits/{id}/room", get().to(room))
        .route("/visits/{id}/room", post().to(enter));
}
