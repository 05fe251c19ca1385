//! Who gets what on a patient's pages: nobody, password only, the patient, another patient, a doctor, an admin.

use salus::care::appointments::Mode;
use salus::types::ids::AppointmentId;

use crate::patient_story::{report, story, value};
use crate::support::clinic::tomorrow_at;
use crate::support::server::PASSWORD;

#[tokio::test]
async fn a_patients_pages_are_theirs_alone() {
    let story = story().await;
    let one = story.booked(&story.maria, tomorrow_at(9, 20), Mode::Video).await;
    let new = report(&story.portal, ("Salt", ""), 3, vec![value("2951-2", "140", "mmol/L", ("136", "146"), "")]);
    let lab = story.reported(&story.maria, &new).await;
    story.released(&story.maria, lab, "").await;

    let (mut nobody, mut half) = (story.portal.browser(), story.portal.browser());
    half.open("/login").await;
    half.send("/login", &[("email", &story.maria.email), ("password", PASSWORD)]).await;
    let mut patient = story.portal.signed_in(&story.maria).await;
    let mut other = story.portal.signed_in(&story.james).await;
    let root = story.portal.admin("root").await;
    let (mut doctor, mut admin) = (story.portal.browser(), story.portal.browser());
    for (browser, who) in [(&mut doctor, &story.okafor), (&mut admin, &root)] {
        browser.open("/login").await;
        browser.send("/login", &[("email", &who.email), ("password", PASSWORD)]).await;
        let code = story.portal.code(&who.phone).await;
        assert_eq!(browser.post("/challenge", &[("code", &code)]).await.status, 303);
    }

    let id = one.id;
    // Somebody else's id answers as a made-up one does, and as a word that is no id.
    let (own, made_up) = (id.to_string(), AppointmentId::new().to_string());
    let everyones = ["/home", "/appointments", "/appointments/past", "/appointments/new", "/labs"].map(str::to_owned);
    let of_one = |id: &str| {
        ["", "/cancel", "/reschedule", "/calendar.ics"].map(|page| format!("/appointments/{id}{page}")).to_vec()
    };
    let posts = |id: &str| {
        let mut posts = vec![format!("/appointments/{id}/reschedule"), format!("/appointments/{id}/cancel")];
        posts.insert(0, "/appointments/new".to_owned());
        posts
    };
    let mut theirs = of_one(&own);
    theirs.push(format!("/labs/{lab}"));
    let mut nothing =
        [of_one(&made_up), of_one("none"), vec!["/labs/none".to_owned(), format!("/labs/{made_up}")]].concat();

    for path in everyones.iter().chain(&theirs).chain(&nothing) {
        assert!(nobody.get(path).await.location().starts_with("/login?next="), "nobody: {path}");
        assert_eq!(half.get(path).await.location(), "/challenge", "password only: {path}");
        assert_eq!(doctor.get(path).await.status, 403, "doctor: {path}");
        assert_eq!(admin.get(path).await.status, 403, "admin: {path}");
    }
    for path in everyones.iter().chain(&theirs) {
        assert_eq!(patient.get(path).await.status, 200, "patient: {path}");
    }
    for path in &everyones {
        assert_eq!(other.get(path).await.status, 200, "other patient: {path}");
    }
    nothing.extend(theirs.iter().cloned());
    for path in &nothing {
        assert_eq!(other.get(path).await.status, 404, "other patient: {path}");
    }
    for browser in [&mut nobody, &mut half, &mut patient, &mut other, &mut doctor, &mut admin] {
        browser.open("/help/codes").await;
    }
    for path in posts(&own) {
        let fields = [("reason", "")];
        let fields = if path.ends_with("reschedule") { &fields[..0] } else { &fields[..] };
        assert!(nobody.post(&path, fields).await.location().starts_with("/login?next="), "nobody: {path}");
        assert_eq!(half.post(&path, fields).await.location(), "/challenge", "password only: {path}");
        assert_eq!(doctor.post(&path, fields).await.status, 403, "doctor: {path}");
        assert_eq!(admin.post(&path, fields).await.status, 403, "admin: {path}");
        let status = if path.ends_with("new") { 422 } else { 404 };
        assert_eq!(other.post(&path, fields).await.status, status, "other patient: {path}");
        other.open("/help/codes").await;
        assert_eq!(patient.post_raw(&path, &[]).await.status, 403, "without our token: {path}");
    }
    let sequence = "SELECT COUNT(*) FROM appointments WHERE cancelled_at IS NULL AND sequence = 0";
    assert_eq!(crate::support::clinic::counted(&story.portal.portal, sequence).await, 1, "nothing was changed");
}
