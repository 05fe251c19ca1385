//! The server: one app, the same for `serve`, `demo` and tests; the dev outbox is mounted only where there is one.

use std::net::TcpListener;
use std::time::Duration;

use actix_web::middleware::{Compress, from_fn};
use actix_web::web::{self, Data};
use actix_web::{App, HttpServer};

use crate::auth::policy;
use crate::error::InternalError;
use crate::messaging::gateways::outbox::Outbox;
use crate::portal::Portal;
use crate::web::headers::Headers;
use crate::web::systems::metrics::Metrics;
use crate::web::{
    account, admin, assets, care, csrf, dev, doctor, entry, headers, log, patient, problem_page, session, staff,
    systems, visit,
};

/// How long requests that have begun may take once the stop signal came.
const FAREWELL: u64 = 10;

/// Serves until `stop` is done; then finishes what it began, within 10 s.
///
/// `metrics` is the operators' own listener: it answers `/metrics` and health, and no page.
///
/// # Errors
/// When a listener cannot be used.
pub async fn run(
    portal: Portal,
    outbox: Option<Outbox>,
    listener: TcpListener,
    metrics: Option<TcpListener>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), InternalError> {
    policy::refresh(&portal).await?;
    let served = Metrics::new();
    let operators = match metrics {
        Some(listener) => {
            let (portal, served) = (portal.clone(), served.clone());
            let app = move || {
                App::new()
                    .app_data(Data::new(portal.clone()))
                    .app_data(Data::new(served.clone()))
                    .configure(systems::metrics::routes)
                    .configure(systems::health::routes)
            };
            let server = HttpServer::new(app)
                .workers(1)
                .disable_signals()
                .listen(listener)
                .map_err(|error| InternalError::new("using the metrics address", error))?
                .run();
            let handle = server.handle();
            Some((tokio::spawn(server), handle))
        }
        None => None,
    };
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    let server = HttpServer::new(move || {
        let app = App::new()
            .app_data(Data::new(portal.clone()))
            .app_data(Data::new(Headers::of_settings(&portal.config)))
            .app_data(Data::new(served.clone()))
            .configure(systems::health::routes)
            .configure(systems::voice::routes)
            .configure(systems::bounces::routes)
            .configure(systems::webhooks::routes)
            .configure(assets::routes);
        let door = web::scope("")
            .wrap(session::middleware(&portal))
            .configure(entry::routes)
            .configure(account::routes)
            .configure(patient::routes)
            .configure(care::routes)
            .configure(doctor::routes)
            .configure(admin::routes)
            .configure(staff::routes);
        let app = match &outbox {
            Some(outbox) => app.app_data(Data::new(outbox.clone())).configure(dev::routes),
            None => app,
        };
        app.service(door)
            .wrap(from_fn(csrf::same_site_only))
            .wrap(from_fn(problem_page::show))
            .wrap(from_fn(visit::know))
            .wrap(Compress::default())
            .wrap(from_fn(headers::add))
            .wrap(from_fn(log::requests))
    })
    .workers(workers)
    .keep_alive(Duration::from_secs(30))
    .client_request_timeout(Duration::from_secs(5))
    .client_disconnect_timeout(Duration::from_secs(2))
    .shutdown_timeout(FAREWELL)
    .disable_signals()
    .listen(listener)
    .map_err(|error| InternalError::new("using the address to answer on", error))?
    .run();
    let handle = server.handle();
    tokio::spawn(async move {
        stop.await;
        handle.stop(true).await;
    });
    server.await.map_err(|error| InternalError::new("serving", error))?;
    if let Some((task, handle)) = operators {
        handle.stop(false).await;
        let _ = task.await;
    }
    Ok(())
}
