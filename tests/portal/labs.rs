//! Lab reports: added by a doctor, released once, read by nobody but their patient.

use salus::audit::{self, Search};
use salus::auth::sessions::SignedIn;
use salus::care::appointments;
use salus::care::labs::{
    self, Filter, Flag, FlagBy, NewObservation, NewReport, Progress, ReleaseRefusal, Released, Report, ReportStatus,
    ShowRefusal, Standing,
};
use salus::care::records::{self, CaredFor};
use salus::clock::{Clock, SignedDuration, Timestamp};
use salus::error::Failure;
use salus::portal::Portal;
use salus::types::actor::Role;
use salus::types::ids::LabReportId;

use crate::support::clinic;
use crate::support::people::{fresh, network, open};
use crate::support::{TestDatabase, portal};

struct Story {
    portal: Portal,
    clock: Clock,
    database: TestDatabase,
    maria: SignedIn,
    james: SignedIn,
    chen: SignedIn,
    maria_cared: CaredFor,
}

async fn story() -> Story {
    let (portal, clock, database) = portal().await;
    let maria = open(&portal, Role::Patient, "Maria Rivera", 142).await;
    let james = open(&portal, Role::Patient, "James Okonkwo", 178).await;
    let chen = open(&portal, Role::Doctor, "Ada Chen", 111).await;
    // An appointment makes somebody the doctor's patient.
    clinic::set_slots(&portal, &chen, 540, 1020, 20).await;
    for (patient, hour) in [(&maria, 11), (&james, 12)] {
        let booking = clinic::booking(&chen, clinic::tomorrow_at(hour, 0));
        appointments::book(&portal, patient, &booking, &network()).await.ok().unwrap();
    }
    let maria_cared = cared(&portal, &chen, &maria).await;
    Story { portal, clock, database, maria, james, chen, maria_cared }
}

async fn cared(portal: &Portal, doctor: &SignedIn, patient: &SignedIn) -> CaredFor {
    records::open_for(portal, doctor, patient.patient.unwrap(), &network()).await.unwrap().unwrap()
}

fn glucose(value: &str, flag: &str) -> NewObservation {
    NewObservation {
        loinc: "2345-7".into(),
        value: value.into(),
        unit: "mmol/L".into(),
        low: "3.9".into(),
        high: "5.50".into(),
        flag: flag.into(),
        ..NewObservation::default()
    }
}

fn report(collected_at: Timestamp, observations: Vec<NewObservation>) -> NewReport {
    NewReport {
        id: LabReportId::new(),
        panel: "Blood tests".into(),
        panel_loinc: "24323-8".into(),
        performer: "Lakeside Laboratory".into(),
        status: ReportStatus::Final,
        collected_at,
        issued_at: None,
        observations,
    }
}

impl Story {
    async fn add(&self, new: &NewReport) -> LabReportId {
        labs::add_by_form(&self.portal, &self.chen, &self.maria_cared, new, &network()).await.unwrap().id
    }

    async fn release(&self, id: LabReportId, note: &str) -> Result<Released, Failure<ReleaseRefusal>> {
        labs::release(&self.portal, &self.chen, &self.maria_cared, id, note, &network()).await
    }

    async fn list(&self, who: &SignedIn, filter: &Filter) -> labs::Page {
        let own = records::own(&self.portal, who).await.unwrap().unwrap();
        labs::list_for_patient(&self.portal, who, &own, filter, &network()).await.unwrap()
    }

    async fn show(&self, who: &SignedIn, id: LabReportId) -> Result<Report, ShowRefusal> {
        let own = records::own(&self.portal, who).await.unwrap().unwrap();
        match labs::show_for_patient(&self.portal, who, &own, &fresh(&self.portal, who), id, &network()).await {
            Ok(report) => Ok(report),
            Err(Failure::Refused(why)) => Err(why),
            Err(Failure::Internal(error)) => panic!("{error}"),
        }
    }

    async fn deeds(&self, deed: &str) -> Vec<audit::Recorded> {
        let search = Search { deed: Some(deed.into()), limit: 100, ..Search::default() };
        audit::find(&self.portal, &search).await.unwrap()
    }

    async fn mails(&self) -> i64 {
        let mut connection = self.portal.db.read().await.unwrap();
        sqlx::query_scalar("SELECT COUNT(*) FROM dispatches WHERE kind = 'email' AND template = 'news'")
            .fetch_one(&mut *connection)
            .await
            .unwrap()
    }
}

#[tokio::test]
async fn a_result_is_invisible_to_its_patient_until_it_is_released_once() {
    let story = story().await;
    let now = story.portal.clock.now();
    let id = story.add(&report(now, vec![glucose("5.0", ""), glucose("7.10", "HH")])).await;
    assert_eq!(story.list(&story.maria, &Filter::default()).await.total, 0);
    assert_eq!(story.show(&story.maria, id).await.err(), Some(ShowRefusal::NotFound));
    let own = records::own(&story.portal, &story.maria).await.unwrap().unwrap();
    assert_eq!(labs::new_for_patient(&story.portal, &own).await.unwrap(), (0, vec![]));

    let draft = "Let us talk about your sugar.";
    let preview =
        labs::preview(&story.portal, &story.chen, &story.maria_cared, id, draft, &network()).await.unwrap().unwrap();
    assert_eq!(story.mails().await, 0, "a preview releases nothing");
    assert!(matches!(story.release(id, draft).await, Ok(Released::Now)));
    story.clock.advance(SignedDuration::from_secs(60));
    assert!(matches!(story.release(id, "Another note").await, Ok(Released::Before(at)) if at == now));
    assert_eq!(story.mails().await, 1, "one notice");
    assert_eq!(story.deeds("lab_report_released").await.len(), 1);

    let listed = story.list(&story.maria, &Filter::default()).await;
    assert_eq!((listed.total, listed.pages, listed.reports[0].is_new), (1, 1, true));
    assert_eq!((listed.reports[0].outside(), listed.reports[0].observations.len()), (1, 2));
    assert_eq!(
        labs::new_for_patient(&story.portal, &own).await.unwrap(),
        (1, vec![labs::Unread { panel: "Blood tests".into(), panel_loinc: Some("24323-8".into()) }])
    );
    let shown = story.show(&story.maria, id).await.unwrap_or_else(|why| panic!("{why:?}"));
    assert_eq!(shown.observations[0].observed.value, "5.0", "to the letter");
    assert_eq!(shown.observations[1].observed.value, "7.10");
    assert_eq!(shown.observations[0].observed.high, "5.50");
    assert_eq!(shown.observations[0].observed.name, "Fasting glucose", "named by the catalogue");
    assert!(shown.observations[0].observed.flag == Some(Flag::N));
    assert!(shown.observations[0].observed.flag_by == FlagBy::Range, "derived, and told so");
    assert_eq!(shown.observations[1].reading.standing, Standing::FarAbove);
    assert!(shown.is_critical());
    let review = shown.review.unwrap();
    assert_eq!((review.doctor.as_str(), review.note.as_deref(), review.at), ("Ada Chen", Some(draft), now));
    let promised = preview.review.unwrap();
    assert_eq!((promised.note, promised.at, promised.doctor), (review.note, review.at, review.doctor));
    assert!(preview.progress == shown.progress && matches!(shown.progress, Progress::Reviewed { .. }));
    assert!(!story.list(&story.maria, &Filter::default()).await.reports[0].is_new, "opened once");
    assert_eq!(labs::new_for_patient(&story.portal, &own).await.unwrap().0, 0);

    let read = story.deeds("lab_report_read").await;
    assert!(read.iter().all(|event| event.patient == story.maria.patient));
    assert_eq!(read[0].subject.as_deref(), Some(id.to_string().as_str()));
}

#[tokio::test]
async fn somebody_elses_report_answers_as_a_made_up_one() {
    let story = story().await;
    let id = story.add(&report(story.portal.clock.now(), vec![glucose("5.0", "")])).await;
    assert!(matches!(story.release(id, "").await, Ok(Released::Now)));
    assert_eq!(story.show(&story.james, id).await.err(), Some(ShowRefusal::NotFound));
    assert_eq!(story.show(&story.james, LabReportId::new()).await.err(), Some(ShowRefusal::NotFound));
    assert_eq!(story.list(&story.james, &Filter::default()).await.total, 0);

    let james_cared = cared(&story.portal, &story.chen, &story.james).await;
    let portal = &story.portal;
    let shown = labs::show_for_doctor(portal, &story.chen, &james_cared, id, &network()).await.unwrap();
    assert!(shown.is_none(), "the proof is for James's record");
    let released = labs::release(portal, &story.chen, &james_cared, id, "", &network()).await;
    assert!(matches!(released, Err(Failure::Refused(ReleaseRefusal::NotFound))));
    let stolen = NewReport { id, ..report(story.portal.clock.now(), vec![glucose("1", "")]) };
    let added = labs::add_by_form(portal, &story.chen, &james_cared, &stolen, &network()).await;
    assert!(matches!(added, Err(Failure::Refused(why)) if why == [labs::Problem::NotYours]));
    let okafor = open(portal, Role::Doctor, "Ife Okafor", 112).await;
    assert!(
        labs::show_for_doctor(portal, &okafor, &story.maria_cared, id, &network()).await.is_err(),
        "one doctor's proof is not another's"
    );
}

#[tokio::test]
async fn another_persons_fresh_code_opens_nothing() {
    let story = story().await;
    let id = story.add(&report(story.portal.clock.now(), vec![glucose("5.0", "")])).await;
    assert!(matches!(story.release(id, "").await, Ok(Released::Now)));
    let own = records::own(&story.portal, &story.maria).await.unwrap().unwrap();
    let proof = fresh(&story.portal, &story.james);
    let shown = labs::show_for_patient(&story.portal, &story.maria, &own, &proof, id, &network()).await;
    assert!(matches!(shown, Err(Failure::Refused(ShowRefusal::NotFresh))));
    let proof = fresh(&story.portal, &story.james);
    let shown = labs::show_for_patient(&story.portal, &story.james, &own, &proof, id, &network()).await;
    assert!(matches!(shown, Err(Failure::Refused(ShowRefusal::NotFresh))), "nor with somebody else's record");
    assert!(story.deeds("lab_report_read").await.is_empty());
}

#[tokio::test]
async fn a_form_posted_twice_adds_one_report_and_a_refused_one_none() {
    let story = story().await;
    let new = report(story.portal.clock.now(), vec![glucose("5.0", "H"), glucose("9", "")]);
    let first = labs::add_by_form(&story.portal, &story.chen, &story.maria_cared, &new, &network()).await.unwrap();
    let second = labs::add_by_form(&story.portal, &story.chen, &story.maria_cared, &new, &network()).await.unwrap();
    assert_eq!(first, second);
    assert_eq!((first.disagreeing, first.derived), (vec![0], vec![1]));
    assert_eq!(story.deeds("lab_report_added").await.len(), 1);
    let listed = labs::list_for_doctor(&story.portal, &story.chen, &story.maria_cared, 1, &network()).await.unwrap();
    assert_eq!((listed.len(), listed[0].observations.len()), (1, 2));
    assert_eq!(listed[0].observations[0].reading.standing, Standing::Above, "the lab's flag stands");

    let bad = report(story.portal.clock.now() + SignedDuration::from_hours(1), vec![]);
    let refused = labs::add_by_form(&story.portal, &story.chen, &story.maria_cared, &bad, &network()).await;
    let Err(Failure::Refused(problems)) = refused else { panic!("a bad form was taken") };
    assert_eq!(problems, [labs::Problem::CollectedInFuture, labs::Problem::NoObservations]);
    let too_long = story.release(new.id, &"x".repeat(labs::NOTE_LONGEST + 1)).await;
    assert!(matches!(too_long, Err(Failure::Refused(ReleaseRefusal::NoteTooLong))));
    assert_eq!(story.mails().await, 0);
}

#[tokio::test]
async fn the_doctor_reviews_critical_results_first_then_the_oldest() {
    let story = story().await;
    let collected = story.portal.clock.now();
    let mut added = Vec::new();
    for flag in ["", "H", "LL"] {
        added.push(story.add(&report(collected, vec![glucose("6", flag)])).await);
        story.clock.advance(SignedDuration::from_secs(60));
    }
    let (waiting, total) = labs::to_review(&story.portal, &story.chen, 1, &network()).await.unwrap();
    let order: Vec<_> = waiting.iter().map(|one| (one.id, one.is_critical)).collect();
    assert_eq!(order, [(added[2], true), (added[0], false), (added[1], false)]);
    assert_eq!(
        (total, waiting[0].patient_name.as_str(), waiting[0].panel.as_str()),
        (3, "Maria Rivera", "Blood tests")
    );
    assert!(matches!(story.release(added[2], "").await, Ok(Released::Now)));
    assert_eq!(labs::to_review(&story.portal, &story.chen, 1, &network()).await.unwrap().1, 2);
    let okafor = open(&story.portal, Role::Doctor, "Ife Okafor", 112).await;
    assert!(labs::to_review(&story.portal, &okafor, 1, &network()).await.unwrap().0.is_empty());
}

#[tokio::test]
async fn results_are_paged_searched_and_filtered_by_year() {
    let story = story().await;
    // Half an hour after midnight in London, still the year before in Chicago, where Maria lives.
    let turn_of_the_year: Timestamp = "2025-01-01T00:30:00Z".parse().unwrap();
    for days in 0..22 {
        let collected = turn_of_the_year + SignedDuration::from_hours(24 * days);
        let mut new = report(collected, vec![glucose("5.0", "")]);
        if days == 3 {
            new.observations.push(NewObservation {
                loinc: "3016-3".into(),
                value: "<0.01".into(),
                range_text: "0.4 - 4.0".into(),
                ..NewObservation::default()
            });
        }
        let id = story.add(&new).await;
        assert!(matches!(story.release(id, "").await, Ok(Released::Now)));
    }
    let first = story.list(&story.maria, &Filter::default()).await;
    assert_eq!((first.reports.len(), first.total, first.pages, first.page), (20, 22, 2, 1));
    assert!(first.reports.windows(2).all(|pair| pair[0].collected_at > pair[1].collected_at), "newest first");
    assert_eq!(first.years, [2025, 2024]);
    let second = story.list(&story.maria, &Filter { page: 2, ..Filter::default() }).await;
    assert_eq!((second.reports.len(), second.reports[1].collected_at), (2, turn_of_the_year));
    let old = story.list(&story.maria, &Filter { year: Some(2024), ..Filter::default() }).await;
    assert_eq!((old.total, old.reports[0].collected_at), (1, turn_of_the_year));
    assert_eq!(story.list(&story.maria, &Filter { year: Some(2023), ..Filter::default() }).await.total, 0);
    for part in ["tsh", "Thyroid SIGNAL"] {
        let found = story.list(&story.maria, &Filter { name: part.into(), ..Filter::default() }).await;
        assert_eq!((found.total, found.reports[0].observations.len()), (1, 2), "{part}");
        assert_eq!(found.reports[0].observations[1].observed.value, "<0.01");
    }
    assert_eq!(story.list(&story.maria, &Filter { name: "no such".into(), ..Filter::default() }).await.total, 0);
    let all = story.list(&story.maria, &Filter { name: "blood".into(), page: 2, ..Filter::default() }).await;
    assert_eq!((all.total, all.reports.len()), (22, 2), "a search is paged too");
}

#[tokio::test]
async fn nothing_of_a_result_is_readable_in_the_database() {
    let story = story().await;
    let mut new = report(story.portal.clock.now(), vec![glucose("5.0375", "HH")]);
    new.panel = "Zebra panel".into();
    new.observations[0].name = "Quagga marker".into();
    new.observations[0].range_text = "okapi range".into();
    new.performer = "Gnu laboratory".into();
    let id = story.add(&new).await;
    assert!(matches!(story.release(id, "Your gazelle is fine.").await, Ok(Released::Now)));
    let secrets = ["5.0375", "Zebra", "Quagga", "okapi", "Gnu lab", "gazelle", "Maria", "Rivera", "Ada Chen", "mmol"];
    let holds = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
    if std::env::var("TEST_POSTGRES_URL").is_ok() {
        // The server's files are not ours to read: every column of both tables, as text, tells the same.
        let mut connection = story.portal.db.read().await.unwrap();
        for sql in [
            "SELECT CAST(r AS TEXT) || encode(head_sealed, 'escape') || encode(review_sealed, 'escape') FROM lab_reports r",
            "SELECT CAST(o AS TEXT) || encode(result_sealed, 'escape') FROM observations o",
        ] {
            let rows: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut *connection).await.unwrap();
            assert_eq!(rows.len(), 1);
            assert!(rows[0].contains(&id.to_string()));
            for secret in secrets {
                assert!(!holds(rows[0].as_bytes(), secret), "{secret} is readable");
            }
        }
        return;
    }
    story.portal.db.close().await;
    let mut seen = false;
    for file in std::fs::read_dir(story.database.folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        seen |= holds(&bytes, &id.to_string());
        for secret in secrets {
            assert!(!holds(&bytes, secret), "{secret} is readable");
        }
    }
    assert!(seen, "the report is in the file");
}
