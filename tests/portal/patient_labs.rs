//! Test results as their patient reads them.

use salus::care::labs::{NewObservation, ReportStatus};

use crate::patient_story::{Story, report, story, value};
use crate::support::clinic::tomorrow_at;

use salus::care::appointments::Mode;

async fn with_doctor() -> Story {
    let story = story().await;
    story.booked(&story.maria, tomorrow_at(16, 0), Mode::Video).await;
    story
}

#[tokio::test]
async fn the_list_is_grouped_searched_and_empty_at_first() {
    let story = with_doctor().await;
    let mut maria = story.portal.signed_in(&story.maria).await;
    maria.open("/labs").await.says("You have no test results here yet.").says("If this is an emergency, call 911 now.");
    let chemistry = report(
        &story.portal,
        ("Comprehensive metabolic panel", "24323-8"),
        3,
        vec![value("2345-7", "112", "mg/dL", ("70", "99"), "H"), value("2951-2", "140", "mmol/L", ("136", "146"), "")],
    );
    let thyroid = report(
        &story.portal,
        ("Thyroid panel", "24348-5"),
        400,
        vec![value("3016-3", "2.0", "m[IU]/L", ("0.4", "4.0"), "")],
    );
    let hidden =
        report(&story.portal, ("Secret panel", ""), 2, vec![value("2951-2", "141", "mmol/L", ("136", "146"), "")]);
    for new in [&chemistry, &thyroid] {
        let id = story.reported(&story.maria, new).await;
        story.released(&story.maria, id, "").await;
    }
    story.reported(&story.maria, &hidden).await;

    let page = maria.open("/labs").await;
    page.says("Body chemistry, 21 November 2026 New").says("1 of 2 outside the usual range").says("2 results");
    page.says("Thyroid, 20 October 2025").says("In the usual range").says_not("Secret panel");
    page.says("Dr Okafor Example looked at these on 24 November 2026.").says("Sugar in the blood, fasting");
    page.says_not("112");
    assert_eq!(page.links("/labs/").len(), 2);

    maria.open("/labs?name=SUGAR").await.says("1 report fits your search.").says_not("Thyroid,");
    let page = maria.open("/labs?name=&year=2025").await;
    page.says("Thyroid, 20 October 2025").says_not("Body chemistry,");
    assert_eq!(page.field("year"), "2025");
    maria.open("/labs?name=bone").await.says("No test results fit your search.").says("Show all");
    assert_eq!(maria.open("/labs?year=never&page=x").await.status, 200);
    assert_eq!(maria.open("/labs?page=5").await.address, "/labs?name=&year=&page=1");
}

#[tokio::test]
async fn more_than_twenty_reports_have_pages() {
    let story = with_doctor().await;
    for day in 1..=21 {
        let new = report(&story.portal, ("Salt", ""), day, vec![value("2951-2", "140", "mmol/L", ("136", "146"), "")]);
        let id = story.reported(&story.maria, &new).await;
        story.released(&story.maria, id, "").await;
    }
    let mut maria = story.portal.signed_in(&story.maria).await;
    let page = maria.open("/labs?name=salt").await;
    assert_eq!(page.links("/labs/").len(), 20);
    let next = page.links("/labs?").into_iter().next().unwrap();
    assert_eq!(maria.open(&next).await.links("/labs/").len(), 1, "the search goes along: {next}");
}

#[tokio::test]
async fn one_result_says_in_words_where_it_stands_before_any_number() {
    let story = with_doctor().await;
    let new =
        report(&story.portal, ("Fasting glucose", ""), 3, vec![value("2345-7", "6.10", "mmol/L", ("3.9", "5.5"), "H")]);
    let id = story.reported(&story.maria, &new).await;
    story.released(&story.maria, id, "").await;
    let mut maria = story.portal.signed_in(&story.maria).await;
    let page = maria.open(&format!("/labs/{id}")).await;
    page.says("6.10 mmol/L").says("The usual range at this lab is 3.9 to 5.5 mmol/L.");
    page.says("Your doctor has seen this and has not asked for anything more.").says("Lakeside Laboratory");
    page.says("Maria Example, born on 29 February 1948").says("Printed on Tuesday 24 November 2026, 10:00am");
    let text = page.text();
    let order = [
        "Sugar in the blood, fasting",
        "Your result is above the usual range.",
        "Dr Okafor Example looked at these on 24 November 2026.",
        "6.10",
        "What to do next",
        "About this test",
        "Lab details",
    ];
    let main = text.find("Back").unwrap();
    let places: Vec<usize> = order.iter().map(|part| main + text[main..].find(part).unwrap()).collect();
    assert!(places.is_sorted(), "{places:?}\n{text}");
    maria.open("/labs").await.says_not("21 November 2026 New");
}

#[tokio::test]
async fn a_report_of_several_values_leads_to_those_outside() {
    let story = with_doctor().await;
    let new = report(
        &story.portal,
        ("Comprehensive metabolic panel", "24323-8"),
        3,
        vec![
            value("2345-7", "112", "mg/dL", ("70", "99"), "H"),
            value("2823-3", "6.4", "mmol/L", ("3.5", "5.1"), "HH"),
            value("2951-2", "140", "mmol/L", ("136", "146"), ""),
            value("98979-8", ">90", "mL/min/{1.73_m2}", ("60", ""), ""),
            NewObservation { name: "Ketones".into(), value: "Not detected".into(), ..NewObservation::default() },
            NewObservation { name: "Lactate".into(), value: "Hemolyzed".into(), ..NewObservation::default() },
            NewObservation { name: "Ratio".into(), value: "1.2".into(), ..NewObservation::default() },
        ],
    );
    let id = story.reported(&story.maria, &new).await;
    story.released(&story.maria, id, "Come in today.").await;
    let mut maria = story.portal.signed_in(&story.maria).await;
    maria.open("/labs").await.says("Call +1 212 555 0100 today.");
    let page = maria.open(&format!("/labs/{id}")).await;
    page.says("2 of 7 outside the usual range")
        .says("Far above, call us")
        .says("Your result is far above the usual range.");
    page.says("Dr Okafor Example, 24 November 2026 Come in today.");
    page.says("The usual range at this lab is 60 mL/min/1.73 m² or more.")
        .says("Could not be measured")
        .says("Not found");
    page.says("No usual range for this test").says("Where the lab did not mark a result");
    let text = page.text();
    assert!(text.find("Call +1 212 555 0100 today.").unwrap() < text.find("2 of 7").unwrap(), "before everything else");
    assert_eq!(page.links("#value-").len(), 2);
    let drawings = page.body.matches("class=\"number-line\"").count();
    assert_eq!(drawings, 4, "words and numbers without a range get no line");
    assert!(!page.body.contains("var(--none)") && !page.body.contains("style="));
}

#[tokio::test]
async fn what_to_do_next_is_said_in_every_state() {
    let story = with_doctor().await;
    let mut new = report(
        &story.portal,
        ("Thyroid panel", "24348-5"),
        1,
        vec![value("3016-3", "2.0", "m[IU]/L", ("0.4", "4.0"), "")],
    );
    new.status = ReportStatus::Corrected;
    let id = story.reported(&story.maria, &new).await;
    story.released(&story.maria, id, "All is well.").await;
    let mut maria = story.portal.signed_in(&story.maria).await;
    let page = maria.open(&format!("/labs/{id}")).await;
    page.says("Corrected on 23 November 2026").says("Follow what your doctor wrote above.");
    page.says("The lab did not mark this result. We compared it with the lab's range.");
    assert_eq!(page.text().matches("What to do next").count(), 1);
    maria.open("/home").await;
    maria.post("/language", &[("locale", "es"), ("back", "/home")]).await;
    let page = maria.open(&format!("/labs/{id}")).await;
    page.says("Su resultado está en el rango habitual.").says("Qué hacer ahora").says("Corregido el");
    maria.open("/labs").await.says("Resultados").says("los revisó el");
}

#[tokio::test]
async fn the_values_need_a_code_no_older_than_ten_minutes() {
    let story = with_doctor().await;
    let new = report(&story.portal, ("Salt", ""), 3, vec![value("2951-2", "140", "mmol/L", ("136", "146"), "")]);
    let id = story.reported(&story.maria, &new).await;
    story.released(&story.maria, id, "").await;
    let mut maria = story.portal.signed_in(&story.maria).await;
    let path = format!("/labs/{id}");
    story.portal.minutes_later(10);
    assert_eq!(maria.get(&path).await.status, 200);
    story.portal.minutes_later(1);
    let page = maria.get(&path).await;
    assert_eq!(page.status, 303);
    assert_eq!(page.location(), format!("/step-up?next=%2Flabs%2F{id}"));
    assert_eq!(maria.get("/labs").await.location(), "/step-up?next=%2Flabs", "the list tells what is out of range");
    maria.open(&path).await;
    maria.send("/step-up", &[]).await.says("Enter your code");
    let code = story.portal.code(&story.maria.phone).await;
    let page = maria.send("/challenge", &[("code", &code)]).await;
    assert_eq!(page.address, path);
    page.says("140 mmol/L");
}

#[tokio::test]
async fn a_range_is_said_as_the_lab_gave_it() {
    let story = with_doctor().await;
    let of = |value: &str, range: &str| NewObservation {
        name: format!("Range {range}"),
        value: value.into(),
        unit: "mg/dL".into(),
        range_text: range.into(),
        ..NewObservation::default()
    };
    let mut bare = of("7", "3 - 9");
    bare.unit = String::new();
    let values = vec![of("212", "<200"), of("48", ">50"), of("7", "<=9"), of("12", ">=10"), of("1", "by age"), bare];
    let id = story.reported(&story.maria, &report(&story.portal, ("Ranges", ""), 3, values)).await;
    story.released(&story.maria, id, "").await;
    let mut maria = story.portal.signed_in(&story.maria).await;
    let page = maria.open(&format!("/labs/{id}")).await;
    for sentence in [
        "The usual range at this lab is under 200 mg/dL.",
        "The usual range at this lab is over 50 mg/dL.",
        "The usual range at this lab is up to 9 mg/dL.",
        "The usual range at this lab is 10 mg/dL or more.",
        "The lab says about the usual range: by age",
        "The usual range at this lab is 3 to 9.",
        "Your value 212, on a line where the usual range ends at 200",
        "Your value 48, on a line where the usual range begins at 50",
    ] {
        page.says(sentence);
    }
}
