//! Reminders of appointments: each once, at decent hours, of what still holds, and as the patient chose.

use futures_util::future::join_all;
use salus::auth::sessions::SignedIn;
use salus::care::appointments::{self, Appointment, Entry, Kind, Mode, Status};
use salus::care::slots::Span;
use salus::care::{doctors, reminders};
use salus::clock::{Clock, SignedDuration, Timestamp};
use salus::identity::accounts::{self, Profile};
use salus::messaging::dispatches::{self, Outcome};
use salus::messaging::email::Mailer;
use salus::messaging::gateways::Gateway;
use salus::messaging::gateways::outbox::Outbox;
use salus::messaging::worker::Worker;
use salus::portal::Portal;
use salus::sweep::sweep;
use salus::types::actor::Actor;
use salus::types::locale::Locale;
use salus::types::remind_by::RemindBy;

use crate::support::clinic::{self, booking, counted, network, slot, tomorrow_at};
use crate::support::{self, TestDatabase};

const ROWS: &str = "SELECT COUNT(*) FROM reminders";
const QUEUED: &str = "SELECT COUNT(*) FROM dispatches WHERE template = 'reminder'";

/// A portal whose turns are taken by hand, and where its messages arrive.
struct Story {
    portal: Portal,
    clock: Clock,
    outbox: Outbox,
    worker: Worker,
    _database: TestDatabase,
}

/// A reminder that arrived.
#[derive(Debug, PartialEq)]
struct Came {
    /// In New York.
    at: String,
    kind: &'static str,
    text: String,
}

impl Story {
    async fn begin() -> Self {
        let (portal, clock, database) = support::portal().await;
        let outbox = Outbox::new(clock.clone());
        let gateways = Gateway::of_settings(&portal.config, Some(&outbox)).unwrap();
        let worker =
            Worker::new(portal.clone(), gateways, Mailer::Outbox(outbox.clone()), |_, _| Box::pin(async { Ok(None) }));
        Self { portal, clock, outbox, worker, _database: database }
    }

    fn go_to(&self, instant: Timestamp) {
        self.clock.advance(instant.duration_since(self.clock.now()));
    }

    /// The reminders that leave in this minute.
    async fn minute(&self) -> Vec<Came> {
        let before = self.outbox.after(0, None).last().map_or(0, |item| item.id);
        reminders::turn(&self.portal).await.unwrap();
        while self.worker.turn().await.unwrap() > 0 {}
        let new_york = jiff::tz::TimeZone::get("America/New_York").unwrap();
        self.outbox
            .after(before, None)
            .into_iter()
            .filter(|item| item.text.to_lowercase().contains("your appointment is on"))
            .map(|item| Came {
                at: new_york.to_datetime(item.at).strftime("%d %H:%M").to_string(),
                kind: item.kind,
                text: item.text,
            })
            .collect()
    }

    /// The reminders that leave until an instant, looked for every five minutes.
    async fn until(&self, instant: Timestamp) -> Vec<Came> {
        let mut came = self.minute().await;
        while self.clock.now() < instant {
            self.clock.advance(SignedDuration::from_mins(5));
            came.extend(self.minute().await);
        }
        came
    }

    /// When the reminders of an appointment leave.
    async fn times_until(&self, instant: Timestamp) -> Vec<String> {
        self.until(instant).await.into_iter().map(|came| came.at).collect()
    }

    async fn book(&self, who: &SignedIn, doctor: &SignedIn, starts_at: Timestamp) -> Appointment {
        appointments::book(&self.portal, who, &booking(doctor, starts_at), &network()).await.unwrap()
    }

    /// An appointment at any hour, slot or not.
    async fn enter(&self, who: &SignedIn, doctor: &SignedIn, starts_at: Timestamp) -> Appointment {
        let entry = Entry {
            doctor: doctor.account,
            patient: who.patient.unwrap(),
            span: Span { starts_at, ends_at: starts_at + SignedDuration::from_mins(10) },
            mode: Mode::Phone,
            kind: Kind::FollowUp,
            reason: "A sore throat".into(),
            status: Status::Booked,
            booked_at: self.clock.now(),
        };
        appointments::enter(&self.portal, Actor::Shell, &entry).await.unwrap()
    }

    async fn choose(&self, who: &SignedIn, locale: Locale, zone: &str, remind_by: RemindBy) {
        let zone = zone.parse().unwrap();
        let profile = Profile { locale, zone, remind_by: Some(remind_by), code_time: None, code_way: None };
        reminders::set_profile(&self.portal, who, &profile, &network()).await.unwrap();
    }
}

#[tokio::test]
async fn a_day_and_an_hour_before_a_mail_says_when_and_nothing_of_why_or_whom() {
    let story = Story::begin().await;
    let okafor = clinic::doctor(&story.portal, "okafor").await;
    let mia = clinic::patient(&story.portal, "mia").await;
    // Wednesday is tomorrow, so Friday at 14:20.
    let starts_at = tomorrow_at(48 + 14, 20);
    story.book(&mia, &okafor, starts_at).await;
    story.go_to(starts_at - SignedDuration::from_hours(24) - SignedDuration::from_millis(1));
    assert_eq!(story.minute().await, [], "not yet");
    story.clock.advance(SignedDuration::from_millis(1));
    let came = story.minute().await;
    assert_eq!(came.len(), 1);
    assert!(came[0].text.contains("on Friday 27 November 2026, 2:20pm, New York time"), "{}", came[0].text);
    for secret in ["okafor", "throat", "video", "General practice", "mia"] {
        assert!(!came[0].text.to_lowercase().contains(&secret.to_lowercase()), "{secret} in {}", came[0].text);
    }
    assert_eq!(story.minute().await, [], "once");
    let came = story.until(starts_at + SignedDuration::from_hours(2)).await;
    let told: Vec<_> = came.iter().map(|came| (came.at.as_str(), came.kind)).collect();
    assert_eq!(told, [("27 13:20", "email")]);
    assert_eq!(counted(&story.portal, QUEUED).await, 2);
}

#[tokio::test]
async fn hours_are_counted_across_a_clock_change() {
    let story = Story::begin().await;
    let okafor = clinic::doctor(&story.portal, "okafor").await;
    let mia = clinic::patient(&story.portal, "mia").await;
    // In the night to Sunday 14 March 2027 the clocks of New York go from 2:00 to 3:00.
    story.go_to("2027-03-12T15:00:00Z".parse().unwrap());
    let starts_at: Timestamp = "2027-03-14T14:00:00Z".parse().unwrap();
    story.book(&mia, &okafor, starts_at).await;
    let came = story.until(starts_at).await;
    let told: Vec<_> = came.iter().map(|came| came.at.as_str()).collect();
    assert_eq!(told, ["13 09:00", "14 09:00"], "24 hours and one");
    assert!(came.iter().all(|came| came.text.contains("Sunday 14 March 2027, 10:00am")), "{came:?}");
}

#[tokio::test]
async fn nobody_is_reminded_at_night() {
    let story = Story::begin().await;
    let okafor = clinic::doctor(&story.portal, "okafor").await;
    // On Friday 27 November, New York.
    for (name, hour, minute, expected) in [
        ("early", 7, 0, vec!["26 20:45"]),
        ("morning", 8, 30, vec!["26 08:30", "26 20:45"]),
        ("evening", 21, 0, vec!["26 20:45", "27 20:00"]),
        ("night", 22, 30, vec!["27 20:45"]),
    ] {
        let story = Story::begin().await;
        let okafor = clinic::doctor(&story.portal, "okafor").await;
        let who = clinic::patient(&story.portal, name).await;
        let starts_at = tomorrow_at(48 + hour, minute);
        story.enter(&who, &okafor, starts_at).await;
        assert_eq!(story.times_until(starts_at).await, expected, "{name}");
    }
    // One that could not be sent before nine is not sent after.
    let who = clinic::patient(&story.portal, "late").await;
    story.enter(&who, &okafor, tomorrow_at(7, 0)).await;
    story.go_to(tomorrow_at(-4, 45));
    assert_eq!(reminders::turn(&story.portal).await.unwrap(), 1);
    story.clock.advance(SignedDuration::from_mins(15));
    assert_eq!(story.worker.turn().await.unwrap(), 0);
    assert_eq!(counted(&story.portal, "SELECT COUNT(*) FROM dispatches WHERE outcome = 'late'").await, 1);
}

#[tokio::test]
async fn the_zone_is_the_persons_and_a_new_one_moves_what_was_not_sent() {
    let story = Story::begin().await;
    let okafor = clinic::doctor(&story.portal, "okafor").await;
    let mia = clinic::patient(&story.portal, "mia").await;
    // 8:30 in New York is 14:30 in Madrid.
    let starts_at = tomorrow_at(48 + 8, 30);
    story.enter(&mia, &okafor, starts_at).await;
    assert_eq!(story.times_until(tomorrow_at(24 + 8, 30)).await, ["26 08:30"]);
    story.choose(&mia, Locale::Es, "Europe/Madrid", RemindBy::Mail).await;
    story.go_to(starts_at - SignedDuration::from_hours(1));
    let before = story.outbox.after(0, None).len();
    assert_eq!(reminders::turn(&story.portal).await.unwrap(), 1, "at 13:30 in Madrid, not on the evening before");
    while story.worker.turn().await.unwrap() > 0 {}
    let mails = story.outbox.after(0, None);
    assert_eq!(mails.len(), before + 1);
    let said = "Su cita es el viernes 27 de noviembre de 2026, 14:30, hora de Madrid";
    assert!(mails[before].text.contains(said), "{}", mails[before].text);
    story.choose(&mia, Locale::En, "America/New_York", RemindBy::Mail).await;
    assert_eq!(story.until(starts_at).await, [], "what was sent is not sent again");
}

#[tokio::test]
async fn several_processes_send_each_reminder_once() {
    let story = Story::begin().await;
    let other = Portal::open(story.portal.config.clone(), story.clock.clone(), false).await.unwrap();
    let okafor = clinic::doctor(&story.portal, "okafor").await;
    let mia = clinic::patient(&story.portal, "mia").await;
    // All of these are due at 20:45, an hour or more before.
    for number in 0..30 {
        story.enter(&mia, &okafor, tomorrow_at(22, number * 20)).await;
    }
    story.go_to(tomorrow_at(20, 45));
    let turns = (0..6).map(|number| {
        let portal = if number % 2 == 0 { story.portal.clone() } else { other.clone() };
        tokio::spawn(async move { reminders::turn(&portal).await.unwrap() })
    });
    let sent: usize = join_all(turns).await.into_iter().map(Result::unwrap).sum();
    let due = counted(&story.portal, "SELECT COUNT(*) FROM reminders WHERE outcome = 'sent'").await;
    assert_eq!((sent as i64, counted(&story.portal, QUEUED).await), (due, due));
    assert_eq!(due, 30);
}

#[tokio::test]
async fn a_cancelled_appointment_reminds_nobody() {
    let story = Story::begin().await;
    let (okafor, chen) = (clinic::doctor(&story.portal, "okafor").await, clinic::doctor(&story.portal, "chen").await);
    let mia = clinic::patient(&story.portal, "mia").await;
    let cancel = |appointment: Appointment| {
        let (portal, mia) = (&story.portal, &mia);
        async move { appointments::cancel(portal, mia, appointment.id, "", &network()).await.unwrap() }
    };
    cancel(story.book(&mia, &okafor, tomorrow_at(48 + 10, 0)).await).await;
    story.book(&mia, &chen, tomorrow_at(48 + 11, 0)).await;
    assert_eq!(counted(&story.portal, ROWS).await, 2);
    let leaving = doctors::turn(&story.portal, &Actor::Shell, chen.account, false, "She left", &network()).await;
    assert_eq!((leaving.unwrap(), counted(&story.portal, ROWS).await), (1, 0), "a doctor who left");

    let mine = story.book(&mia, &okafor, tomorrow_at(48 + 12, 0)).await;
    story.go_to(tomorrow_at(24 + 12, 0));
    assert_eq!(reminders::turn(&story.portal).await.unwrap(), 1);
    cancel(mine).await;
    assert_eq!(story.until(tomorrow_at(48 + 13, 0)).await, [], "queued, and taken back");
    let dropped = "SELECT COUNT(*) FROM dispatches WHERE template = 'reminder' AND outcome = 'dropped'";
    assert_eq!(counted(&story.portal, dropped).await, 1);
}

#[tokio::test]
async fn a_reminder_taken_back_while_a_worker_holds_it_is_not_tried_again() {
    let story = Story::begin().await;
    let okafor = clinic::doctor(&story.portal, "okafor").await;
    let mia = clinic::patient(&story.portal, "mia").await;
    let mine = story.book(&mia, &okafor, tomorrow_at(48 + 12, 0)).await;
    story.go_to(tomorrow_at(24 + 12, 0));
    assert_eq!(story.worker.turn().await.unwrap(), 0, "the confirmation is late by now");
    assert_eq!(reminders::turn(&story.portal).await.unwrap(), 1);
    let held = crate::support::lease(&story.portal, "outbox").await;
    assert_eq!(held.len(), 1);
    appointments::cancel(&story.portal, &mia, mine.id, "", &network()).await.unwrap();
    let busy = Outcome::Later { reason: "busy", after: std::time::Duration::from_secs(60) };
    dispatches::finish(&story.portal, &held[0], &busy).await.unwrap();
    assert_eq!(story.until(tomorrow_at(48 + 12, 0)).await, []);
    let over = "SELECT COUNT(*) FROM dispatches WHERE template = 'reminder' AND outcome = 'late' AND sent_at IS NULL";
    assert_eq!(counted(&story.portal, over).await, 1);
}

#[tokio::test]
async fn a_reminder_moves_with_its_appointment() {
    let story = Story::begin().await;
    let okafor = clinic::doctor(&story.portal, "okafor").await;
    let mia = clinic::patient(&story.portal, "mia").await;
    let mine = story.book(&mia, &okafor, tomorrow_at(48 + 14, 0)).await;
    let later = |to| {
        let (portal, mia, to) = (&story.portal, &mia, slot(&okafor, to));
        async move { appointments::reschedule(portal, mia, mine.id, &to, &network()).await.unwrap() }
    };
    later(tomorrow_at(48 + 16, 0)).await;
    let came = story.until(tomorrow_at(24 + 17, 0)).await;
    assert_eq!(came.iter().map(|came| came.at.as_str()).collect::<Vec<_>>(), ["26 16:00"]);
    assert!(came[0].text.contains("Friday 27 November 2026, 4:00pm"), "{}", came[0].text);

    // The day before is over for the new time too, and begins anew for a later day.
    later(tomorrow_at(48 + 15, 0)).await;
    assert_eq!(story.times_until(tomorrow_at(48 + 14, 0)).await, ["27 14:00"]);
    later(tomorrow_at(72 + 15, 0)).await;
    assert_eq!(story.times_until(tomorrow_at(72 + 15, 0)).await, ["27 15:00", "28 14:00"]);
}

#[tokio::test]
async fn the_patients_choice_counts_when_the_reminder_is_due() {
    let story = Story::begin().await;
    let okafor = clinic::doctor(&story.portal, "okafor").await;
    let mia = clinic::patient(&story.portal, "mia").await;
    assert_eq!(accounts::find(&story.portal, mia.account).await.unwrap().unwrap().remind_by, RemindBy::Mail);
    let starts_at = tomorrow_at(48 + 14, 0);
    story.book(&mia, &okafor, starts_at).await;
    story.choose(&mia, Locale::En, "America/New_York", RemindBy::Text).await;
    let came = story.until(starts_at - SignedDuration::from_hours(2)).await;
    assert_eq!(came.len(), 1);
    assert_eq!(
        (came[0].kind, came[0].text.as_str()),
        (
            "sms",
            "Salus Clinic: your appointment is on Friday 27 November 2026, 2:00pm, New York time. \
             See the portal for more."
        )
    );
    story.choose(&mia, Locale::En, "America/New_York", RemindBy::Nothing).await;
    assert_eq!(story.until(starts_at).await, []);
    assert_eq!(counted(&story.portal, QUEUED).await, 1);
    assert_eq!(counted(&story.portal, "SELECT COUNT(*) FROM reminders WHERE outcome = 'declined'").await, 1);
    assert_eq!(clinic::deeds(&story.portal, mia.account, "profile_changed").await, 2);
}

#[tokio::test]
async fn what_was_due_while_no_process_ran_is_dropped_and_never_sent_late() {
    let story = Story::begin().await;
    let okafor = clinic::doctor(&story.portal, "okafor").await;
    let mia = clinic::patient(&story.portal, "mia").await;
    let starts_at = tomorrow_at(48 + 14, 0);
    story.book(&mia, &okafor, starts_at).await;
    story.go_to(starts_at - SignedDuration::from_hours(24) + reminders::LATEST);
    assert_eq!(story.minute().await, []);
    story.go_to(starts_at - SignedDuration::from_hours(1) + reminders::LATEST - SignedDuration::from_millis(1));
    assert_eq!(story.minute().await.len(), 1, "a short pause does not matter");
    let late = "SELECT COUNT(*) FROM reminders WHERE outcome = 'late'";
    assert_eq!(counted(&story.portal, late).await, 1);

    // Down over the appointment itself.
    story.book(&mia, &okafor, tomorrow_at(72 + 14, 0)).await;
    story.go_to(tomorrow_at(72 + 14, 30));
    assert_eq!(story.minute().await, []);
    assert_eq!(counted(&story.portal, late).await, 3);
    assert_eq!(counted(&story.portal, QUEUED).await, 1);

    // Booked so late that the confirmation says it all.
    story.book(&mia, &okafor, tomorrow_at(72 + 15, 0)).await;
    assert_eq!(story.until(tomorrow_at(72 + 15, 0)).await, []);
    assert_eq!(counted(&story.portal, "SELECT COUNT(*) FROM reminders WHERE ended_at IS NULL").await, 0);
}

#[tokio::test]
async fn nobody_is_reminded_of_what_they_cannot_open_or_came_to_already_and_a_month_later_it_is_forgotten() {
    let story = Story::begin().await;
    let okafor = clinic::doctor(&story.portal, "okafor").await;
    let (mia, noor) = (clinic::patient(&story.portal, "mia").await, clinic::patient(&story.portal, "noor").await);
    story.book(&mia, &okafor, tomorrow_at(14, 0)).await;
    let mine = story.book(&noor, &okafor, tomorrow_at(15, 0)).await;
    doctors::turn(&story.portal, &Actor::Shell, mia.account, false, "Asked for it", &network()).await.unwrap();
    let mut tx = story.portal.db.begin().await.unwrap();
    sqlx::query("UPDATE appointments SET status = 'arrived' WHERE id = $1")
        .bind(mine.id.to_string())
        .execute(&mut *tx)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(counted(&story.portal, ROWS).await, 4);
    assert_eq!(story.until(tomorrow_at(16, 0)).await, []);
    assert_eq!(counted(&story.portal, "SELECT COUNT(*) FROM reminders WHERE outcome = 'void'").await, 4);

    story.go_to(tomorrow_at(30 * 24 + 14, 0));
    let swept = sweep(&story.portal).await.unwrap().reminders;
    assert_eq!((swept, counted(&story.portal, ROWS).await), (3, 1), "one ended 30 days ago at most");
    story.clock.advance(SignedDuration::from_hours(1));
    assert_eq!(sweep(&story.portal).await.unwrap().reminders, 1);
}
