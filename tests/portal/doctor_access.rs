//! Who gets what on a doctor's pages and at a visit: nobody, password only, the patient, another patient, the doctor,
//! another doctor, an admin.

use salus::care::appointments::Mode;
use salus::care::labs::{self, NewObservation, NewReport, ReportStatus};
use salus::care::records;
use salus::types::ids::{AppointmentId, LabReportId, PatientId};

use crate::doctor_story::{story, today_at};
use crate::support::clinic::{counted, network};

#[tokio::test]
async fn a_doctors_pages_are_theirs_and_a_visit_is_of_its_two_people() {
    let story = story().await;
    let visit = story.appointment(&story.chen, &story.mia, today_at(10, 20), Mode::Video).await;
    let (portal, chen) = (&story.portal.portal, story.who(&story.chen));
    let patient = story.mia.patient.unwrap();
    let cared = records::open_for(portal, &chen, patient, &network()).await.unwrap().unwrap();
    let value = NewObservation { name: "Iron".into(), value: "12".into(), ..NewObservation::default() };
    let report = NewReport {
        id: LabReportId::new(),
        panel: "Iron".into(),
        panel_loinc: String::new(),
        performer: "Lakeside".into(),
        status: ReportStatus::Final,
        collected_at: portal.clock.now(),
        issued_at: None,
        observations: vec![value],
    };
    let report = labs::add_by_form(portal, &chen, &cared, &report, &network()).await.unwrap().id;
    let root = story.portal.admin("root").await;

    let mut nobody = story.portal.browser();
    let mut half = story.half(&story.chen).await;
    let mut mia = story.browser(&story.mia).await;
    let mut noor = story.browser(&story.noor).await;
    let mut doctor = story.browser(&story.chen).await;
    let mut other = story.browser(&story.okafor).await;
    let mut admin = story.browser(&root).await;

    let every_doctors = ["/doctor", "/doctor?day=2026-11-25", "/doctor/schedule", "/doctor/results"].map(str::to_owned);
    let of_one = |patient: PatientId, report: LabReportId, visit: AppointmentId| {
        [
            format!("/doctor/patients/{patient}"),
            format!("/doctor/patients/{patient}/labs/new"),
            format!("/doctor/results/{report}"),
            format!("/doctor/appointments/{visit}/cancel"),
        ]
    };
    let theirs = of_one(patient, report, visit.id);
    let made_up = of_one(PatientId::new(), LabReportId::new(), AppointmentId::new());
    for path in every_doctors.iter().chain(&theirs).chain(&made_up) {
        assert!(nobody.get(path).await.location().starts_with("/login?next="), "nobody: {path}");
        assert_eq!(half.get(path).await.location(), "/challenge", "password only: {path}");
        for (name, browser) in [("patient", &mut mia), ("other patient", &mut noor), ("admin", &mut admin)] {
            assert_eq!(browser.get(path).await.status, 403, "{name}: {path}");
        }
    }
    for path in every_doctors.iter().chain(&theirs) {
        assert_eq!(doctor.get(path).await.status, 200, "doctor: {path}");
    }
    for path in &every_doctors {
        assert_eq!(other.get(path).await.status, 200, "other doctor: {path}");
    }
    for path in theirs.iter().chain(&made_up) {
        assert_eq!(other.get(path).await.status, 404, "other doctor: {path}");
    }
    for path in made_up.iter().map(String::as_str).chain(["/doctor/patients/none", "/doctor/results/none"]) {
        assert_eq!(doctor.get(path).await.status, 404, "doctor: {path}");
    }

    let at_visit = |id: &str| ["", "/state"].map(|page| format!("/visits/{id}{page}"));
    let (own, strange) = (visit.id.to_string(), AppointmentId::new().to_string());
    for path in at_visit(&own) {
        assert!(nobody.get(&path).await.location().starts_with("/login?next="), "nobody: {path}");
        assert_eq!(half.get(&path).await.location(), "/challenge", "password only: {path}");
        for (name, browser) in [("patient", &mut mia), ("doctor", &mut doctor)] {
            assert_eq!(browser.get(&path).await.status, 200, "{name}: {path}");
        }
        for (name, browser) in [("other patient", &mut noor), ("other doctor", &mut other)] {
            assert_eq!(browser.get(&path).await.status, 404, "{name}: {path}");
        }
    }
    assert_eq!(admin.get(&format!("/visits/{own}")).await.status, 403);
    assert_eq!(admin.get(&format!("/visits/{own}/state")).await.status, 404);
    for path in at_visit(&strange).iter().chain(&at_visit("none")) {
        assert_eq!(mia.get(path).await.status, 404, "patient: {path}");
    }
    // Without a proof for the visit the room is the lobby.
    assert_eq!(mia.get(&format!("/visits/{own}/room")).await.location(), format!("/visits/{own}"));
    assert_eq!(noor.get(&format!("/visits/{own}/room")).await.status, 404);

    for browser in [&mut nobody, &mut half, &mut mia, &mut noor, &mut doctor, &mut other, &mut admin] {
        browser.open("/help/codes").await;
    }
    let posts = [&theirs[1..], &[format!("/visits/{own}/join"), format!("/visits/{own}/room")]].concat();
    for path in &posts {
        assert!(nobody.post(path, &[]).await.location().starts_with("/login?next="), "nobody: {path}");
        assert_eq!(half.post(path, &[]).await.location(), "/challenge", "password only: {path}");
        assert_eq!(admin.post(path, &[]).await.status, 403, "admin: {path}");
        admin.open("/help/codes").await;
        assert_eq!(other.post(path, &[]).await.status, 404, "other doctor: {path}");
        other.open("/help/codes").await;
        let expected = if path.starts_with("/doctor") { 403 } else { 404 };
        assert_eq!(noor.post(path, &[]).await.status, expected, "other patient: {path}");
        noor.open("/help/codes").await;
        assert_eq!(doctor.post_raw(path, &[]).await.status, 403, "without our token: {path}");
    }
    for path in ["/doctor/schedule", "/doctor/schedule/days-off", "/doctor/schedule/days-off/remove"] {
        assert!(nobody.post(path, &[]).await.location().starts_with("/login?next="), "nobody: {path}");
        assert_eq!(half.post(path, &[]).await.location(), "/challenge", "password only: {path}");
        for (name, browser) in [("patient", &mut mia), ("admin", &mut admin)] {
            assert_eq!(browser.post(path, &[]).await.status, 403, "{name}: {path}");
            browser.open("/help/codes").await;
        }
    }
    let untouched = "SELECT COUNT(*) FROM lab_reports WHERE released_at IS NULL";
    assert_eq!(counted(portal, untouched).await, 1, "nothing was released");
    assert_eq!(counted(portal, "SELECT COUNT(*) FROM appointments WHERE cancelled_at IS NULL").await, 1);
}
