//! The yardstick: an actix-web page that does the reads a page needs through the same pool type, and answers a body of
//! the same bytes. No session, no guard, no template, no headers, no log.

use std::net::TcpListener;
use std::sync::RwLock;

use actix_web::middleware::{Compress, Condition};
use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpResponse, HttpServer};
use salus::db::Db;

/// What the page needs: the values that its two statements are asked with, and the bytes that it answers.
struct Needed {
    db: Db,
    digest: [u8; 32],
    patient: String,
    body: RwLock<Bytes>,
}

const SESSION: &str =
    "SELECT s.id, s.kind, s.account_version, s.challenge_id, s.device_id, s.started_at, s.seen_at, s.ends_at,
        s.proved_at, s.proved_visit_id, s.proved_visit_at,
        a.id AS account_id, a.role, a.version, a.turned_off_at, a.name_sealed, a.locale, a.time_zone,
        a.data_key_id, k.key_id, k.wrapped, p.id AS patient_id
     FROM sessions s
     LEFT JOIN accounts a ON a.id = s.account_id
     LEFT JOIN data_keys k ON k.id = a.data_key_id
     LEFT JOIN patients p ON p.account_id = a.id
     WHERE s.token_digest = $1 AND s.ended_at IS NULL";

const ROWS: &str = "SELECT ap.id, ap.doctor_id, ap.patient_id, ap.starts_at, ap.ends_at, ap.mode, ap.kind, ap.status,
        ap.sequence, ap.booked_at, ap.moved_at, ap.arrived_at, ap.cancelled_at, ap.cancelled_by,
        d.specialty, da.name_sealed AS doctor_name_sealed, dk.id AS doctor_data_key_id,
        dk.key_id AS doctor_key_id, dk.wrapped AS doctor_wrapped,
        (SELECT COUNT(*) FROM appointments c WHERE c.patient_id = $1 AND c.ends_at > $2) AS total
     FROM appointments ap
     JOIN doctors d ON d.account_id = ap.doctor_id
     JOIN accounts da ON da.id = ap.doctor_id
     JOIN data_keys dk ON dk.id = da.data_key_id
     WHERE ap.patient_id = $1 AND ap.ends_at > $2
     ORDER BY ap.ends_at, ap.id
     LIMIT $3 OFFSET $4";

async fn page(needed: Data<Needed>) -> HttpResponse {
    let session = {
        let mut connection = needed.db.read().await.expect("a connection");
        sqlx::query(SESSION).bind(needed.digest.as_slice()).fetch_optional(&mut *connection).await
    };
    let rows = {
        let mut connection = needed.db.read().await.expect("a connection");
        sqlx::query(ROWS)
            .bind(needed.patient.as_str())
            .bind(0_i64)
            .bind(20_i64)
            .bind(0_i64)
            .fetch_all(&mut *connection)
            .await
    };
    assert!(session.expect("a session").is_some(), "the session is there");
    assert_eq!(rows.expect("rows").len(), 20, "the rows are there");
    let body = needed.body.read().expect("nobody panics with it").clone();
    HttpResponse::Ok().content_type("text/html; charset=utf-8").body(body)
}

async fn fill(needed: Data<Needed>, body: Bytes) -> HttpResponse {
    *needed.body.write().expect("nobody panics with it") = body;
    HttpResponse::NoContent().finish()
}

/// Serves `/` and takes its body at `POST /body`.
pub async fn serve(url: String, digest: [u8; 32], patient: String, listener: TcpListener, compress: bool) {
    let db = Db::open(&url, 6).await.expect("the database");
    let needed = Data::new(Needed { db, digest, patient, body: RwLock::default() });
    HttpServer::new(move || {
        App::new()
            .app_data(needed.clone())
            .app_data(web::PayloadConfig::new(1 << 20))
            .route("/", web::get().to(page))
            .route("/body", web::post().to(fill))
            .wrap(Condition::new(compress, Compress::default()))
    })
    .workers(std::thread::available_parallelism().map_or(2, usize::from))
    .disable_signals()
    .listen(listener)
    .expect("an address")
    .run()
    .await
    .expect("a server");
}
