//! Static files: compiled in, served under a name that carries their hash, kept by browsers for a year.

use std::sync::LazyLock;

use actix_web::web::{Path, ServiceConfig, get};
use actix_web::{HttpResponse, Responder};
use data_encoding::HEXLOWER;
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256};

#[derive(RustEmbed)]
#[folder = "static/"]
struct Files;

/// One hash over all files, so that modules find each other by relative paths.
static HASH: LazyLock<String> = LazyLock::new(|| {
    let mut all = Sha256::new();
    let mut names: Vec<_> = Files::iter().collect();
    names.sort();
    for name in names {
        if let Some(file) = Files::get(&name) {
            all.update(name.as_bytes());
            all.update(file.metadata.sha256_hash());
        }
    }
    HEXLOWER.encode(&all.finalize()[..8])
});

/// Where a file is served.
pub fn address(name: &str) -> String {
    format!("/static/{}/{name}", *HASH)
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("ico") => "image/x-icon",
        Some("webmanifest") => "application/manifest+json",
        _ => "text/plain; charset=utf-8",
    }
}

/// `GET /static/{hash}/{name}`.
async fn serve(path: Path<(String, String)>) -> impl Responder {
    let (hash, name) = path.into_inner();
    match Files::get(&name).filter(|_| hash == *HASH) {
        Some(file) => HttpResponse::Ok()
            .content_type(kind(&name))
            .insert_header(("Cache-Control", "public, max-age=31536000, immutable"))
            .body(file.data.into_owned()),
        None => HttpResponse::NotFound().finish(),
    }
}

/// `GET /favicon.ico`, which browsers ask for by themselves.
async fn favicon() -> impl Responder {
    HttpResponse::SeeOther().insert_header(("Location", address("favicon.svg"))).finish()
}

/// Their routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/static/{hash}/{name:.*}", get().to(serve)).route("/favicon.ico", get().to(favicon));
}
