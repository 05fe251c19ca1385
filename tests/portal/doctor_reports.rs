//! A lab report from the doctor's form to the patient: typed in, reviewed as the patient will see it, released.

use salus::care::appointments::Mode;
use salus::care::labs::{self, Filter};
use salus::care::records;
use salus::types::ids::{LabReportId, PatientId};

use crate::doctor_story::{Story, story, today_at};
use crate::support::clinic::network;

const GLUCOSE: &str = "24323-8";

/// A good form, over the hidden fields of the page.
const FILLED: [(&str, &str); 6] = [
    ("lab", "Lakeside Laboratory"),
    ("collected_on", "2026-11-23"),
    ("collected_at", "08:15"),
    ("status", "final"),
    ("obs1_value", "104"),
    ("obs1_unit", "mg/dL"),
];

async fn visible(story: &Story) -> i64 {
    let mia = story.who(&story.mia);
    let own = records::own(&story.portal.portal, &mia).await.unwrap().unwrap();
    labs::list_for_patient(&story.portal.portal, &mia, &own, &Filter::default(), &network()).await.unwrap().total
}

#[tokio::test]
async fn a_report_is_typed_in_reviewed_and_released_with_a_note() {
    let story = story().await;
    story.appointment(&story.chen, &story.mia, today_at(10, 20), Mode::Video).await;
    let mut browser = story.browser(&story.chen).await;
    let patient = format!("/doctor/patients/{}", story.mia.patient.unwrap());
    let page = browser.open(&patient).await;
    page.says("Mia Example").says("Born 29 February 1948, 78 years old").says("There are no test results here yet.");
    page.says("Tuesday 24 November 2026, 10:20am").says("Add a lab report");

    let new = format!("{patient}/labs/new");
    let page = browser.open(&new).await;
    page.says("Comprehensive metabolic panel").says("Other tests");
    assert_eq!(page.values("panel").len(), 6, "five panels and a free one");
    let page = browser.open(&format!("{new}?panel={GLUCOSE}")).await;
    page.says("1. Fasting glucose").says("15. AST");
    assert_eq!(
        (page.field("obs1_unit"), page.field("obs1_low"), page.field("obs1_high")),
        ("mg/dL".into(), "70".into(), "99".into())
    );

    let form =
        [&FILLED[..], &[("obs1_low", "70"), ("obs1_high", "99"), ("obs6_value", "4.20"), ("obs6_unit", "mmol/L")]]
            .concat();
    let added = browser.post(&new, &form).await;
    assert_eq!(added.status, 303, "{}", added.text());
    let one = added.location().split('?').next().unwrap().to_owned();
    assert!(one.starts_with("/doctor/results/"));
    assert_eq!(browser.post(&new, &form).await.location(), added.location(), "pressed twice it is added once");
    let page = browser.open(added.location()).await;
    page.says("The report is added.").says("Not released yet").says("1 of 2").says("What the patient will see");
    page.says("Sugar in the blood, fasting")
        .says("104 mg/dL")
        .says("4.20 mmol/L")
        .says("Your result is above the usual range.");
    page.says("The usual range at this lab is 70 to 99 mg/dL.")
        .says("Chen Example looked at these on 24 November 2026.");
    assert_eq!(visible(&story).await, 0, "the patient does not see it before the release");

    story.portal.minutes_later(5);
    let page = browser.open("/doctor/results").await;
    page.says("1 report waits for your review").says("Mia Example").says("Arrived 5 minutes ago");
    browser.open(&patient).await.says("Not released yet");
    browser.open(&one).await;
    let long = "x".repeat(2001);
    let page = browser.post(&one, &[("note", &long)]).await;
    assert_eq!((page.status, page.field("note")), (422, long));
    page.says("Write a note of at most 2000 characters");

    let page = browser.send(&one, &[("note", "Your sugar is a little high.")]).await;
    page.says("Released. We told the patient").says("What the patient sees").says("Your sugar is a little high.");
    assert_eq!(page.address, format!("{one}?done=released"));
    assert_eq!(visible(&story).await, 1);
    let mail =
        story.portal.message(&story.mia.email, |item| item.text.contains("something new to read in the portal")).await;
    let whole = format!("{} {}", mail.subject.unwrap_or_default(), mail.text).to_lowercase();
    for clinical in ["sugar", "glucose", "104", "lab", "result", "chen"] {
        assert!(!whole.contains(clinical), "the mail says {clinical}: {whole}");
    }
    let mails = story.portal.messages(&story.mia.email).await;
    assert_eq!(browser.post(&one, &[("note", "Another note")]).await.status, 303, "pressed twice it is no error");
    assert_eq!(story.portal.messages(&story.mia.email).await, mails);
    browser.open(&one).await.says("Your sugar is a little high.").says_not("Another note");
    browser.open("/doctor/results").await.says("No results wait for your review.");
    browser.open(&patient).await.says("Released on 24 November 2026");

    // Nobody else's doctor finds any of it.
    let mut other = story.browser(&story.okafor).await;
    let made_up = format!("/doctor/results/{}", LabReportId::new());
    for path in [&one, &patient, &new, &made_up, &format!("/doctor/patients/{}", PatientId::new())] {
        assert_eq!(other.get(path).await.status, 404, "{path}");
    }
    other.open("/doctor/results").await.says("No results wait for your review.");
    assert_eq!(other.post(&one, &[("note", "")]).await.status, 404);
    other.open("/doctor/results").await;
    assert_eq!(other.post(&new, &FILLED).await.status, 404);
}

#[tokio::test]
async fn mistakes_stand_beside_their_fields_with_row_numbers_and_what_was_typed_stays() {
    let story = story().await;
    story.appointment(&story.chen, &story.mia, today_at(10, 20), Mode::Video).await;
    let mut browser = story.browser(&story.chen).await;
    let new = format!("/doctor/patients/{}/labs/new", story.mia.patient.unwrap());
    browser.open(&format!("{new}?panel=free")).await;
    let typed = [
        ("panel_name", ""),
        ("lab", "Lakeside"),
        ("collected_on", "2026-11-25"),
        ("collected_at", "08:15"),
        ("status", "final"),
        ("obs2_name", "Iron"),
        ("obs2_value", "12"),
        ("obs2_low", "20"),
        ("obs2_high", "10"),
        ("obs3_name", "Ferritin"),
    ];
    let page = browser.post(&new, &typed).await;
    assert_eq!(page.status, 422);
    for (at, sentence) in [
        ("panel_name", "Enter the name of the report"),
        ("collected_on", "Enter a date and time in the past"),
        ("obs2_low", "Row 2: the low end is above the high end"),
        ("obs3_value", "Row 3: enter the value, or clear the row"),
    ] {
        page.says(sentence);
        assert!(
            page.body.contains(&format!("id=\"{at}-err\"")) && page.body.contains(&format!("href=\"#{at}\"")),
            "{at}"
        );
    }
    for (name, value) in &typed[..4] {
        assert_eq!(page.field(name), *value);
    }
    let page = browser.post(&new, &[&typed[..], &[("more", "1")]].concat()).await;
    assert_eq!((page.status, page.field("obs2_name"), page.field("obs8_name")), (200, "Iron".into(), String::new()));
    page.says_not("There is a problem").says("8. Result");

    // A name that the catalogue knows gets its plain name on the patient's page.
    let fixed = [
        ("panel_name", "Iron and sugar"),
        ("lab", "Lakeside"),
        ("collected_on", "2026-11-23"),
        ("collected_at", "08:15"),
        ("status", "preliminary"),
        ("obs2_name", "hemoglobin a1c"),
        ("obs2_value", "<4.0"),
        ("obs2_unit", "%"),
        ("obs3_name", "Ferritin"),
        ("obs3_value", "Not detected"),
        ("obs3_flag", "AA"),
    ];
    let page = browser.send(&new, &fixed).await;
    page.says("Iron and sugar").says("Blood sugar over 3 months").says("<4.0 %").says("No usual range for this test");
    page.says("Far outside, call us").says("today.");
    browser.open("/doctor/results").await.says("Far outside, look today");
    for odd in ["obs41_value", "obs1_reading", "patient"] {
        browser.open(&format!("{new}?panel=free")).await;
        assert_eq!(browser.post(&new, &[(odd, "1")]).await.status, 400, "{odd}");
    }
}

#[tokio::test]
async fn a_report_can_be_released_by_its_doctor_even_when_the_appointment_was_cancelled_since() {
    let story = story().await;
    let visit = story.appointment(&story.chen, &story.mia, today_at(16, 0), Mode::Video).await;
    let mut browser = story.browser(&story.chen).await;
    let new = format!("/doctor/patients/{}/labs/new", story.mia.patient.unwrap());
    browser.open(&format!("{new}?panel={GLUCOSE}")).await;
    let added = browser.post(&new, &FILLED).await;
    let one = added.location().split('?').next().unwrap().to_owned();
    let cancel = format!("/doctor/appointments/{}/cancel", visit.id);
    browser.open(&cancel).await;
    assert_eq!(browser.post(&cancel, &[]).await.status, 303);

    assert_eq!(browser.get(&format!("/doctor/patients/{}", story.mia.patient.unwrap())).await.status, 404);
    browser.open(&one).await.says("Not released yet");
    browser.send(&one, &[("note", "All is well.")]).await;
    assert_eq!(visible(&story).await, 1);
    assert_eq!(browser.get(&one).await.status, 404, "and then the door is closed like any other");
}
