//! Numbers for operators, in the format of Prometheus; on the operators' own listener only.
//!
//! Labels hold routes, methods and classes of status: never an address, an id or a person.

use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::web::{Data, ServiceConfig, get};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::portal::Portal;

/// Upper bounds of the time an answer takes, in seconds.
const BUCKETS: [f64; 9] = [0.001, 0.002, 0.005, 0.01, 0.025, 0.1, 0.5, 2.0, 10.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: String,
    route: String,
    status: u16,
}

struct Inner {
    registry: Registry,
    answers: Family<Answered, Counter>,
    seconds: Histogram,
}

/// The process's numbers; cheap to clone.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

impl Metrics {
    /// All at zero.
    #[allow(clippy::new_without_default, reason = "a process has one set of numbers, made on purpose")]
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("salus");
        let answers = Family::<Answered, Counter>::default();
        let seconds = Histogram::new(BUCKETS);
        registry.register("http_answers", "Requests answered, by route and status", answers.clone());
        registry.register("http_answer_seconds", "How long an answer took", seconds.clone());
        Self(Arc::new(Inner { registry, answers, seconds }))
    }

    /// Counts one answer.
    pub fn answered(&self, method: &str, route: &str, status: u16, took: Duration) {
        let labels = Answered { method: method.to_owned(), route: route.to_owned(), status };
        self.0.answers.get_or_create(&labels).inc();
        self.0.seconds.observe(took.as_secs_f64());
    }
}

/// `GET /metrics`.
async fn show(metrics: Data<Metrics>, portal: Data<Portal>) -> HttpResponse {
    let mut text = String::new();
    if encode(&mut text, &metrics.0.registry).is_err() {
        return HttpResponse::InternalServerError().finish();
    }
    // The registry's text ends with its end mark, before which the database's own count stands.
    let commits = format!(
        "# HELP salus_database_commits Transactions committed, each one flush.\n# TYPE salus_database_commits counter\nsalus_database_commits_total {}\n# EOF\n",
        portal.db.commits()
    );
    let text = text.trim_end().strip_suffix("# EOF").map_or_else(|| text.clone(), |body| format!("{body}{commits}"));
    HttpResponse::Ok().content_type("application/openmetrics-text; version=1.0.0; charset=utf-8").body(text)
}

/// Its route.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/metrics", get().to(show));
}
