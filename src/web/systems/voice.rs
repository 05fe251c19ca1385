//! What gateways ask during a call: what to say to whoever answers, and the code once a key was pressed.
//!
//! | answer | when                                                                       |
//! |--------|----------------------------------------------------------------------------|
//! | 200    | it was signed: the words, in the gateway's own form                        |
//! | 403    | it was not signed by the gateway that the address names, or of another call |
//! | 404    | no such gateway, or we gave nobody this token for a call                   |
//!
//! The rest as in `webhooks`. An address holds no code, and gives it once.

use actix_web::web::{Data, Path, Payload, ServiceConfig, post};
use actix_web::{HttpRequest, HttpResponse};

use crate::auth::challenges;
use crate::crypto::random::Secret;
use crate::error::InternalError;
use crate::messaging::receipts::Heard;
use crate::messaging::voice::{self, Answer};
use crate::portal::Portal;
use crate::web::problem::PageResult;
use crate::web::systems::webhooks::{Came, answered as heard_as};

fn answered(route: &'static str, came: &Came, answer: Result<Answer, InternalError>) -> PageResult {
    let script = match answer {
        Ok(Answer::Said(script)) => script,
        Ok(Answer::Unknown) => return heard_as(route, Ok(Heard::Unknown)),
        Ok(Answer::Forged) => return heard_as(route, Ok(Heard::Forged)),
        Err(error) => return heard_as(route, Err(error.into())),
    };
    match script.render(came.caller) {
        Ok(words) => Ok(HttpResponse::Ok().content_type(words.kind).body(words.body)),
        Err(error) => heard_as(route, Err(error.into())),
    }
}

/// `POST /webhooks/{gateway}/voice/{token}`: somebody answered.
async fn gate(portal: Data<Portal>, req: HttpRequest, path: Path<(String, String)>, payload: Payload) -> PageResult {
    let (gateway, token) = path.into_inner();
    let came = Came::read(&portal, &req, &gateway, payload).await?;
    let (token, header) = (Secret::new(token), |name: &str| came.header(name));
    let answer = voice::answered(&portal, came.caller, &token, &came.call(&header), challenges::live_code).await;
    answered("voice", &came, answer)
}

/// `POST /webhooks/{gateway}/voice/{token}/play`: a key was pressed, or none.
async fn play(portal: Data<Portal>, req: HttpRequest, path: Path<(String, String)>, payload: Payload) -> PageResult {
    let (gateway, token) = path.into_inner();
    let came = Came::read(&portal, &req, &gateway, payload).await?;
    let (token, header) = (Secret::new(token), |name: &str| came.header(name));
    let answer = voice::key_pressed(&portal, came.caller, &token, &came.call(&header), challenges::live_code).await;
    answered("play", &came, answer)
}

/// Their routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/webhooks/{gateway}/voice/{token}", post().to(gate))
        .route("/webhooks/{gateway}/voice/{token}/play", post().to(play));
}
