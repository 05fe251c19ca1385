//! Slots: what booking shows.

use jiff::civil::{Date, Weekday, date};
use salus::audit::Deed;
use salus::care::slots::{self, DAYS_A_PAGE, Hours, HoursRefusal, Slot, SlotKey, SlotPage, Whose};
use salus::care::{appointments, doctors};
use salus::clock::{SignedDuration, Timestamp};
use salus::error::Failure;
use salus::types::ids::AccountId;
use salus::types::zone::Zone;

use crate::support;
use crate::support::clinic::{self, booking, deeds, network, tomorrow_at};

fn new_york() -> Zone {
    "America/New_York".parse().unwrap()
}

fn starts(slots: &[Slot]) -> Vec<Timestamp> {
    slots.iter().map(|slot| slot.span.starts_at).collect()
}

fn of_day(page: &SlotPage, day: Date) -> &[Slot] {
    &page.days.iter().find(|(known, _)| *known == day).unwrap().1
}

#[tokio::test]
async fn free_times_are_the_hours_less_what_is_booked_past_or_off() {
    let (portal, clock, _database) = support::portal().await;
    let okafor = clinic::doctor(&portal, "okafor").await;
    clinic::set_slots(&portal, &okafor, 540, 660, 30).await;
    let mia = clinic::patient(&portal, "mia").await;
    appointments::book(&portal, &mia, &booking(&okafor, tomorrow_at(9, 30)), &network()).await.unwrap();
    let thursday = date(2026, 11, 26);
    slots::set_day_off(&portal, &okafor, thursday, true, &network()).await.unwrap();

    let whose = Whose::Doctor(okafor.account);
    let today = date(2026, 11, 24);
    let page = slots::page(&portal, &whose, date(2020, 1, 1), &new_york()).await.unwrap();
    let days: Vec<Date> = page.days.iter().map(|(day, _)| *day).collect();
    assert_eq!((days.len() as i32, days[0]), (DAYS_A_PAGE, today));
    let ten_thirty = clock.now() + SignedDuration::from_mins(30);
    assert_eq!(starts(of_day(&page, today)), [ten_thirty], "9:00 to 10:00 have begun");
    let wednesday = [(9, 0), (10, 0), (10, 30)].map(|(hour, minute)| tomorrow_at(hour, minute));
    assert_eq!(starts(of_day(&page, date(2026, 11, 25))), wednesday);
    assert!(of_day(&page, thursday).is_empty());
    assert_eq!((page.earlier, page.later, page.next_free), (None, Some(date(2026, 11, 29)), None));

    slots::set_day_off(&portal, &okafor, thursday, false, &network()).await.unwrap();
    let second = slots::page(&portal, &whose, date(2026, 11, 29), &new_york()).await.unwrap();
    assert_eq!((second.earlier, second.later), (Some(today), Some(date(2026, 12, 4))));
    assert_eq!(second.days.iter().map(|(_, slots)| slots.len()).sum::<usize>(), 20);
    let kathmandu: Zone = "Asia/Kathmandu".parse().unwrap();
    let far = slots::page(&portal, &whose, date(2026, 11, 26), &kathmandu).await.unwrap();
    // It is late in the evening there, and still the same Thursday.
    assert_eq!(starts(of_day(&far, thursday)), [(33, 0), (33, 30), (34, 0), (34, 30)].map(|(h, m)| tomorrow_at(h, m)));
}

#[tokio::test]
async fn when_five_days_hold_nothing_the_next_free_day_is_named() {
    let (portal, _, _database) = support::portal().await;
    let okafor = clinic::doctor(&portal, "okafor").await;
    let whose = Whose::Doctor(okafor.account);
    for day in 24..=30 {
        slots::set_day_off(&portal, &okafor, date(2026, 11, day), true, &network()).await.unwrap();
    }
    let page = slots::page(&portal, &whose, date(2026, 11, 24), &new_york()).await.unwrap();
    assert!(page.is_empty());
    assert_eq!(page.next_free, Some(date(2026, 12, 1)));
    let last = slots::page(&portal, &whose, date(2030, 1, 1), &new_york()).await.unwrap();
    assert_eq!((last.days[0].0, last.later), (date(2027, 2, 22), None), "90 days ahead");
}

#[tokio::test]
async fn the_first_free_doctor_is_the_one_with_less_to_do() {
    let (portal, _, _database) = support::portal().await;
    let (okafor, chen) = (clinic::doctor(&portal, "okafor").await, clinic::doctor(&portal, "chen").await);
    clinic::set_slots(&portal, &okafor, 540, 600, 20).await;
    clinic::set_slots(&portal, &chen, 560, 620, 20).await;
    let (mia, noor) = (clinic::patient(&portal, "mia").await, clinic::patient(&portal, "noor").await);
    appointments::book(&portal, &mia, &booking(&okafor, tomorrow_at(9, 40)), &network()).await.unwrap();
    let whose = Whose::Specialty("General practice".into());
    let page = slots::page(&portal, &whose, date(2026, 11, 25), &new_york()).await.unwrap();
    let expected = [(okafor.account, 0), (chen.account, 20), (chen.account, 40), (chen.account, 60)];
    let seen: Vec<(AccountId, Timestamp)> =
        of_day(&page, date(2026, 11, 25)).iter().map(|slot| (slot.doctor, slot.span.starts_at)).collect();
    assert_eq!(seen, expected.map(|(doctor, minute)| (doctor, tomorrow_at(9, minute))));
    let key: SlotKey = of_day(&page, date(2026, 11, 25))[1].key().to_string().parse().unwrap();
    let booked = appointments::Booking { slot: key, ..booking(&okafor, tomorrow_at(9, 0)) };
    assert_eq!(appointments::book(&portal, &noor, &booked, &network()).await.unwrap().doctor, chen.account);
    let nobody = slots::page(&portal, &Whose::Specialty("Surgery".into()), date(2026, 11, 25), &new_york()).await;
    assert!(nobody.unwrap().is_empty());
}

#[tokio::test]
async fn hours_are_the_doctors_own_and_every_change_is_written_down() {
    let (portal, _, _database) = support::portal().await;
    let okafor = clinic::doctor(&portal, "okafor").await;
    let mia = clinic::patient(&portal, "mia").await;
    let monday = Hours { weekday: Weekday::Monday, from_minute: 540, until_minute: 600, slot_minutes: 20 };
    slots::set_hours(&portal, &okafor, &[monday], &network()).await.unwrap();
    let schedule = slots::schedule(&portal, &okafor).await.unwrap().unwrap();
    assert_eq!((schedule.hours, schedule.zone.as_str()), (vec![monday], "America/New_York"));
    let broken = Hours { until_minute: 610, ..monday };
    let outcome = slots::set_hours(&portal, &okafor, &[monday, broken], &network()).await;
    assert!(matches!(outcome, Err(Failure::Refused(HoursRefusal::NotWholeSlots(1)))));
    assert_eq!(slots::schedule(&portal, &okafor).await.unwrap().unwrap().hours, [monday], "nothing changed");
    let day = date(2026, 12, 24);
    for _ in 0..2 {
        slots::set_day_off(&portal, &okafor, day, true, &network()).await.unwrap();
    }
    let yesterday = slots::set_day_off(&portal, &okafor, date(2026, 11, 23), true, &network()).await;
    assert!(matches!(yesterday, Err(Failure::Refused(HoursRefusal::InThePast))));
    assert_eq!(slots::schedule(&portal, &okafor).await.unwrap().unwrap().days_off, [day]);
    assert_eq!(deeds(&portal, okafor.account, Deed::HoursChanged.as_str()).await, 3, "two settings, one day off");
    let outcome = slots::set_hours(&portal, &mia, &[monday], &network()).await;
    assert!(matches!(outcome, Err(Failure::Refused(HoursRefusal::NotADoctor))));
    assert!(slots::schedule(&portal, &mia).await.unwrap().is_none());
}

#[tokio::test]
async fn doctors_without_hours_or_turned_off_are_not_offered() {
    let (portal, _, _database) = support::portal().await;
    let (okafor, chen) = (clinic::doctor(&portal, "okafor").await, clinic::doctor(&portal, "chen").await);
    let admin = clinic::admin(&portal, "admin").await;
    let listed = doctors::list(&portal).await.unwrap();
    let names: Vec<_> = listed.iter().map(|doctor| doctor.name.as_str()).collect();
    assert_eq!((names, doctors::specialties(&listed)), (vec!["chen", "okafor"], vec!["General practice"]));
    slots::set_hours(&portal, &chen, &[], &network()).await.unwrap();
    assert_eq!(doctors::list(&portal).await.unwrap().len(), 1);
    salus::identity::accounts::turn(&portal, &admin.actor(), okafor.account, false, "left", &network()).await.unwrap();
    assert!(doctors::list(&portal).await.unwrap().is_empty());
    assert!(doctors::find(&portal, okafor.account).await.unwrap().is_none());
    assert!(doctors::find(&portal, chen.account).await.unwrap().is_some());
    let page = slots::page(&portal, &Whose::Doctor(okafor.account), date(2026, 11, 25), &new_york()).await.unwrap();
    assert!(page.is_empty() && page.next_free.is_none());
}
