//! Home: what is next, what is new, and what to do; a card that fails leaves the others standing.

use salus::care::appointments::Mode;

use crate::patient_story::{report, story, value};
use crate::support::clinic::{deeds, tomorrow_at};

#[tokio::test]
async fn home_shows_what_is_next_and_new() {
    let story = story().await;
    let mut maria = story.portal.signed_in(&story.maria).await;
    let page = maria.open("/home").await;
    page.says("Hello, Maria").says("You have no appointments booked.").says("You have no new test results.");
    page.says("You have nothing to do right now.");

    story.booked(&story.maria, tomorrow_at(9, 20), Mode::Video).await;
    for (number, panel) in ["First", "Second", "Third", "Fourth"].into_iter().enumerate() {
        let sodium = value("2951-2", "140", "mmol/L", ("136", "146"), "");
        let new = report(&story.portal, (panel, ""), 9 - number as i64, vec![sodium]);
        let id = story.reported(&story.maria, &new).await;
        story.released(&story.maria, id, "").await;
    }
    let page = maria.open("/home").await;
    page.says("Wednesday 25 November 2026, 9:20am, New York time").says("Dr Okafor Example, General practice");
    page.says("You can join from 8:50am on Wednesday 25 November 2026.");
    page.says("You have 4 new test results.").says("Fourth").says("Second").says_not("First");
    page.says("Read 4 new test results");
    assert!(deeds(&story.portal.portal, story.maria.account, "home_read").await >= 2);

    assert!(page.links("/labs").contains(&"/labs".to_owned()), "the newest result is the second press");
    let list = maria.open("/labs").await;
    let newest = list.links("/labs/")[0].clone();
    maria.open(&newest).await.says("Fourth").says("Your result is in the usual range.");
    maria.open("/home").await.says("You have 3 new test results.");
}

#[tokio::test]
async fn a_card_that_fails_says_so_alone_and_the_reading_is_written_down() {
    let story = story().await;
    story.booked(&story.maria, tomorrow_at(9, 20), Mode::Video).await;
    let mut maria = story.portal.signed_in(&story.maria).await;
    let rename = async |sql: &'static str| {
        let mut tx = story.portal.portal.db.begin().await.unwrap();
        sqlx::query(sql).execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
    };
    rename("ALTER TABLE lab_reports RENAME TO lab_reports_away").await;
    let page = maria.open("/home").await;
    assert_eq!(page.status, 200);
    page.says("We cannot show this right now.").says("9:20am").says_not("You have nothing to do right now.");
    rename("ALTER TABLE lab_reports_away RENAME TO lab_reports").await;

    let before = deeds(&story.portal.portal, story.maria.account, "home_read").await;
    rename("ALTER TABLE appointments RENAME TO appointments_away").await;
    let page = maria.open("/home").await;
    assert_eq!(page.status, 200);
    page.says("We cannot show this right now.").says("You have no new test results.").says_not("9:20am");
    assert_eq!(deeds(&story.portal.portal, story.maria.account, "home_read").await, before + 1);
}
