//! Appointments: booked once, moved without a gap, cancelled, listed.

use futures_util::future::join_all;
use salus::care::appointments::{self, BookRefusal, ChangeRefusal, Entry, Kind, Mode, Status, When};
use salus::care::slots::Span;
use salus::clock::SignedDuration;
use salus::error::Failure;
use salus::messaging::email::Mailer;
use salus::messaging::gateways::outbox::Outbox;
use salus::messaging::worker::Worker;
use salus::types::actor::Actor;
use salus::types::ids::{AppointmentId, BookingKey};

use crate::support;
use crate::support::clinic::{self, booking, counted, deeds, network, slot, tomorrow_at};

fn refusal<T, R>(outcome: Result<T, Failure<R>>) -> R {
    match outcome {
        Ok(_) => panic!("it went through"),
        Err(Failure::Refused(why)) => why,
        Err(Failure::Internal(error)) => panic!("{error}"),
    }
}

const BOOKED: &str = "SELECT COUNT(*) FROM appointments WHERE status = 'booked'";
const MAILS: &str = "SELECT COUNT(*) FROM dispatches WHERE kind = 'email'";

#[tokio::test]
async fn of_forty_patients_pressing_together_one_gets_the_time() {
    let (portal, _, _database) = support::portal().await;
    let okafor = clinic::doctor(&portal, "okafor").await;
    let mut patients = Vec::new();
    for number in 0..40 {
        patients.push(clinic::patient(&portal, &format!("patient{number}")).await);
    }
    let presses = patients.iter().map(|who| {
        let (portal, who, booking) = (portal.clone(), who.clone(), booking(&okafor, tomorrow_at(10, 0)));
        tokio::spawn(async move { appointments::book(&portal, &who, &booking, &network()).await })
    });
    let outcomes = join_all(presses).await;
    let (won, lost): (Vec<_>, Vec<_>) = outcomes.into_iter().map(Result::unwrap).partition(Result::is_ok);
    assert_eq!((won.len(), lost.len()), (1, 39));
    for outcome in lost {
        assert_eq!(refusal(outcome), BookRefusal::SlotTaken);
    }
    assert_eq!(counted(&portal, BOOKED).await, 1);
    assert_eq!(counted(&portal, MAILS).await, 1);
}

#[tokio::test]
async fn times_shifted_by_ten_minutes_do_not_slip_past_the_guard() {
    let (portal, _, _database) = support::portal().await;
    let okafor = clinic::doctor(&portal, "okafor").await;
    let mut entries = Vec::new();
    for number in 0..12 {
        let who = clinic::patient(&portal, &format!("patient{number}")).await;
        let starts_at = tomorrow_at(10, number % 3 * 10);
        entries.push(Entry {
            doctor: okafor.account,
            patient: who.patient.unwrap(),
            span: Span { starts_at, ends_at: starts_at + SignedDuration::from_mins(30) },
            mode: Mode::Video,
            kind: Kind::FollowUp,
            reason: "Follow-up".into(),
            status: Status::Booked,
            booked_at: portal.clock.now(),
        });
    }
    let entered = entries.into_iter().map(|entry| {
        let portal = portal.clone();
        tokio::spawn(async move { appointments::enter(&portal, Actor::Shell, &entry).await })
    });
    let won = join_all(entered).await.into_iter().filter(|outcome| outcome.as_ref().unwrap().is_ok()).count();
    assert_eq!((won, counted(&portal, BOOKED).await), (1, 1));
}

#[tokio::test]
async fn back_to_back_is_allowed_and_a_patient_is_in_one_place_at_a_time() {
    let (portal, _, _database) = support::portal().await;
    let (okafor, chen) = (clinic::doctor(&portal, "okafor").await, clinic::doctor(&portal, "chen").await);
    clinic::set_slots(&portal, &chen, 550, 610, 20).await;
    let (mia, noor) = (clinic::patient(&portal, "mia").await, clinic::patient(&portal, "noor").await);
    let book = |who, booking| {
        let portal = &portal;
        async move { appointments::book(portal, who, &booking, &network()).await }
    };
    book(&mia, booking(&okafor, tomorrow_at(9, 20))).await.unwrap();
    book(&noor, booking(&okafor, tomorrow_at(9, 40))).await.unwrap();
    book(&mia, booking(&okafor, tomorrow_at(10, 0))).await.unwrap();
    let refused = refusal(book(&mia, booking(&chen, tomorrow_at(9, 30))).await);
    assert_eq!(refused, BookRefusal::YouAreBusy, "another doctor, overlapping by ten minutes");
    book(&noor, booking(&chen, tomorrow_at(9, 10))).await.unwrap();
    assert_eq!(counted(&portal, BOOKED).await, 4);
}

#[tokio::test]
async fn what_is_no_slot_or_not_said_properly_is_not_booked() {
    let (portal, clock, _database) = support::portal().await;
    let okafor = clinic::doctor(&portal, "okafor").await;
    let mia = clinic::patient(&portal, "mia").await;
    let why = |booking| {
        let (portal, mia) = (&portal, &mia);
        async move { refusal(appointments::book(portal, mia, &booking, &network()).await) }
    };
    assert_eq!(why(booking(&okafor, tomorrow_at(10, 10))).await, BookRefusal::NotASlot);
    assert_eq!(why(booking(&okafor, tomorrow_at(17, 0))).await, BookRefusal::NotASlot);
    assert_eq!(why(booking(&mia, tomorrow_at(10, 0))).await, BookRefusal::NotASlot, "no doctor");
    assert_eq!(why(booking(&okafor, clock.now())).await, BookRefusal::InThePast, "10:00 is a slot, and it is now");
    assert_eq!(why(booking(&okafor, tomorrow_at(24 * 90, 0))).await, BookRefusal::TooFar);
    let said = |reason: String| salus::care::appointments::Booking { reason, ..booking(&okafor, tomorrow_at(10, 0)) };
    assert_eq!(why(said("  ".into())).await, BookRefusal::NoReason);
    assert_eq!(why(said("ñ".repeat(501))).await, BookRefusal::ReasonTooLong);
    let mine = refusal(appointments::book(&portal, &okafor, &said("x".into()), &network()).await);
    assert_eq!(mine, BookRefusal::NotAPatient);
    assert_eq!(counted(&portal, "SELECT COUNT(*) FROM appointments").await, 0);
    appointments::book(&portal, &mia, &said("ñ".repeat(500)), &network()).await.unwrap();
}

#[tokio::test]
async fn a_form_pressed_twice_books_once_and_tells_once() {
    let (portal, _, _database) = support::portal().await;
    let okafor = clinic::doctor(&portal, "okafor").await;
    let (mia, noor) = (clinic::patient(&portal, "mia").await, clinic::patient(&portal, "noor").await);
    let form = booking(&okafor, tomorrow_at(10, 0));
    let presses = (0..8).map(|_| {
        let (portal, mia, form) = (portal.clone(), mia.clone(), form.clone());
        tokio::spawn(async move { appointments::book(&portal, &mia, &form, &network()).await.unwrap().id })
    });
    let mut ids: Vec<AppointmentId> = join_all(presses).await.into_iter().map(Result::unwrap).collect();
    ids.dedup();
    assert_eq!(ids.len(), 1);
    assert_eq!(deeds(&portal, mia.account, "appointment_booked").await, 1);
    assert_eq!(counted(&portal, MAILS).await, 1);
    let stolen = refusal(appointments::book(&portal, &noor, &form, &network()).await);
    assert_eq!(stolen, BookRefusal::SlotTaken, "a form's key says nothing to another person");
    let elsewhere = appointments::Booking { slot: slot(&okafor, tomorrow_at(11, 0)), ..form };
    let again = appointments::book(&portal, &mia, &elsewhere, &network()).await.unwrap();
    assert_eq!((again.id, again.starts_at), (ids[0], tomorrow_at(10, 0)), "the first outcome stands");
}

#[tokio::test]
async fn cancelling_frees_the_time_once_and_until_it_begins() {
    let (portal, clock, _database) = support::portal().await;
    let okafor = clinic::doctor(&portal, "okafor").await;
    let chen = clinic::doctor(&portal, "chen").await;
    let (mia, noor) = (clinic::patient(&portal, "mia").await, clinic::patient(&portal, "noor").await);
    let booked = appointments::book(&portal, &mia, &booking(&okafor, tomorrow_at(10, 0)), &network()).await.unwrap();
    for stranger in [&noor, &chen, &clinic::admin(&portal, "admin").await] {
        let why = refusal(appointments::cancel(&portal, stranger, booked.id, "", &network()).await);
        assert_eq!(why, ChangeRefusal::NotFound);
    }
    let cancelled = appointments::cancel(&portal, &mia, booked.id, " Feeling better ", &network()).await.unwrap();
    assert_eq!((cancelled.status, cancelled.sequence), (Status::Cancelled, 1));
    let again = appointments::cancel(&portal, &mia, booked.id, "Once more", &network()).await.unwrap();
    assert_eq!(again, cancelled, "the first outcome");
    assert_eq!(deeds(&portal, mia.account, "appointment_cancelled").await, 1);
    assert_eq!(counted(&portal, MAILS).await, 2, "booked and cancelled");
    let shown = appointments::show(&portal, &okafor, booked.id, &network()).await.unwrap().unwrap();
    assert_eq!(shown.cancel_reason.as_deref(), Some("Feeling better"));
    assert_eq!(shown.reason, "A sore throat since Monday");

    let next = appointments::book(&portal, &noor, &booking(&okafor, tomorrow_at(10, 0)), &network()).await.unwrap();
    clock.advance(tomorrow_at(10, 0).duration_since(clock.now()));
    let why = refusal(appointments::cancel(&portal, &noor, next.id, "", &network()).await);
    assert_eq!(why, ChangeRefusal::TooLate);
}

#[tokio::test]
async fn a_doctor_who_cancels_tells_the_patient() {
    let (portal, _, _database) = support::portal().await;
    let okafor = clinic::doctor(&portal, "okafor").await;
    let mia = clinic::patient(&portal, "mia").await;
    let booked = appointments::book(&portal, &mia, &booking(&okafor, tomorrow_at(10, 0)), &network()).await.unwrap();
    let cancelled = appointments::cancel(&portal, &okafor, booked.id, "", &network()).await.unwrap();
    assert_eq!(cancelled.cancelled_by, Some(appointments::By::Doctor));
    assert_eq!(counted(&portal, MAILS).await, 2);
}

#[tokio::test]
async fn moving_keeps_the_old_time_until_the_new_one_is_booked() {
    let (portal, clock, _database) = support::portal().await;
    let (okafor, chen) = (clinic::doctor(&portal, "okafor").await, clinic::doctor(&portal, "chen").await);
    let (mia, noor) = (clinic::patient(&portal, "mia").await, clinic::patient(&portal, "noor").await);
    let mine = appointments::book(&portal, &mia, &booking(&okafor, tomorrow_at(10, 0)), &network()).await.unwrap();
    appointments::book(&portal, &noor, &booking(&okafor, tomorrow_at(11, 0)), &network()).await.unwrap();
    appointments::book(&portal, &mia, &booking(&chen, tomorrow_at(12, 0)), &network()).await.unwrap();
    for (at, expected) in [
        (tomorrow_at(11, 0), BookRefusal::SlotTaken),
        (tomorrow_at(12, 0), BookRefusal::YouAreBusy),
        (tomorrow_at(12, 10), BookRefusal::NotASlot),
        (clock.now(), BookRefusal::InThePast),
    ] {
        let slot = slot(&okafor, at);
        let outcome = appointments::reschedule(&portal, &mia, mine.id, &slot, &network()).await;
        assert_eq!(refusal(outcome), ChangeRefusal::Time(expected));
        let kept = appointments::show(&portal, &mia, mine.id, &network()).await.unwrap().unwrap().appointment;
        assert_eq!(kept, mine, "the old time stays");
    }
    let other_doctor = slot(&chen, tomorrow_at(15, 0));
    let outcome = appointments::reschedule(&portal, &mia, mine.id, &other_doctor, &network()).await;
    assert_eq!(refusal(outcome), ChangeRefusal::Time(BookRefusal::NotASlot));
    let free = slot(&okafor, tomorrow_at(10, 20));
    for stranger in [&noor, &chen] {
        let outcome = appointments::reschedule(&portal, stranger, mine.id, &free, &network()).await;
        assert_eq!(refusal(outcome), ChangeRefusal::NotFound);
    }

    let moved = appointments::reschedule(&portal, &mia, mine.id, &free, &network()).await.unwrap();
    assert_eq!((moved.id, moved.starts_at, moved.sequence), (mine.id, tomorrow_at(10, 20), 1));
    let again = appointments::reschedule(&portal, &mia, mine.id, &free, &network()).await.unwrap();
    assert_eq!(again, moved, "pressed twice");
    assert_eq!(deeds(&portal, mia.account, "appointment_moved").await, 1);
    assert_eq!(counted(&portal, MAILS).await, 4, "three booked, one moved");
    appointments::book(&portal, &noor, &booking(&okafor, tomorrow_at(10, 0)), &network()).await.unwrap();

    appointments::cancel(&portal, &mia, mine.id, "", &network()).await.unwrap();
    let back = slot(&okafor, tomorrow_at(14, 0));
    let outcome = appointments::reschedule(&portal, &mia, mine.id, &back, &network()).await;
    assert_eq!(refusal(outcome), ChangeRefusal::Cancelled);
}

#[tokio::test]
async fn of_many_moves_to_one_time_one_gets_it_and_the_others_keep_theirs() {
    let (portal, _, _database) = support::portal().await;
    let okafor = clinic::doctor(&portal, "okafor").await;
    let mut booked = Vec::new();
    for number in 0..6 {
        let who = clinic::patient(&portal, &format!("patient{number}")).await;
        let at = tomorrow_at(9 + number, 0);
        booked.push((appointments::book(&portal, &who, &booking(&okafor, at), &network()).await.unwrap(), who));
    }
    let to = slot(&okafor, tomorrow_at(16, 0));
    let moves = booked.iter().map(|(mine, who)| {
        let (portal, who, id) = (portal.clone(), who.clone(), mine.id);
        tokio::spawn(async move { appointments::reschedule(&portal, &who, id, &to, &network()).await })
    });
    let outcomes: Vec<_> = join_all(moves).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    for (outcome, (mine, who)) in outcomes.into_iter().zip(&booked) {
        if outcome.is_err() {
            assert_eq!(refusal(outcome), ChangeRefusal::Time(BookRefusal::SlotTaken));
            let kept = appointments::show(&portal, who, mine.id, &network()).await.unwrap().unwrap();
            assert_eq!(kept.appointment.starts_at, mine.starts_at);
        }
    }
}

#[tokio::test]
async fn the_calendar_file_keeps_its_id_and_its_sequence_rises() {
    let (portal, _, _database) = support::portal().await;
    let okafor = clinic::doctor(&portal, "okafor").await;
    let (mia, noor) = (clinic::patient(&portal, "mia").await, clinic::patient(&portal, "noor").await);
    let mine = appointments::book(&portal, &mia, &booking(&okafor, tomorrow_at(10, 0)), &network()).await.unwrap();
    let file = |who| {
        let (portal, id) = (&portal, mine.id);
        async move { appointments::calendar(portal, who, id, "Appointment, Salus Clinic", &network()).await.unwrap() }
    };
    assert!(file(&noor).await.is_none());
    assert!(file(&okafor).await.is_none(), "the file is the patient's");
    let first = file(&mia).await.unwrap();
    appointments::reschedule(&portal, &mia, mine.id, &slot(&okafor, tomorrow_at(11, 0)), &network()).await.unwrap();
    let second = file(&mia).await.unwrap();
    appointments::cancel(&portal, &mia, mine.id, "", &network()).await.unwrap();
    let third = file(&mia).await.unwrap();
    for (file, expected) in [
        (&first, ["SEQUENCE:0", "METHOD:REQUEST", "DTSTART:20261125T150000Z"]),
        (&second, ["SEQUENCE:1", "METHOD:REQUEST", "DTSTART:20261125T160000Z"]),
        (&third, ["SEQUENCE:2", "METHOD:CANCEL", "DTSTART:20261125T160000Z"]),
    ] {
        for line in expected {
            assert!(file.contains(&format!("\r\n{line}\r\n")), "{line} in {file}");
        }
        assert!(file.contains(&format!("UID:{}@localhost", mine.id)));
        for secret in ["okafor", "throat", "General practice", "video"] {
            assert!(!file.contains(secret), "{secret} in {file}");
        }
    }
    assert_eq!(deeds(&portal, mia.account, "calendar_taken").await, 3);
}

#[tokio::test]
async fn lists_are_twenty_a_page_cost_one_commit_and_hold_only_ones_own() {
    let (portal, clock, _database) = support::portal().await;
    let okafor = clinic::doctor(&portal, "okafor").await;
    let (mia, noor) = (clinic::patient(&portal, "mia").await, clinic::patient(&portal, "noor").await);
    let now = clock.now();
    for day in 1..=23_i64 {
        let starts_at = now - SignedDuration::from_hours(24 * day);
        let entry = Entry {
            doctor: okafor.account,
            patient: mia.patient.unwrap(),
            span: Span { starts_at, ends_at: starts_at + SignedDuration::from_mins(20) },
            mode: Mode::Phone,
            kind: Kind::FollowUp,
            reason: "Follow-up".into(),
            status: Status::Fulfilled,
            booked_at: starts_at,
        };
        appointments::enter(&portal, Actor::Shell, &entry).await.unwrap();
    }
    let soon = appointments::book(&portal, &mia, &booking(&okafor, tomorrow_at(10, 0)), &network()).await.unwrap();
    let later = appointments::book(&portal, &mia, &booking(&okafor, tomorrow_at(11, 0)), &network()).await.unwrap();
    appointments::cancel(&portal, &mia, soon.id, "", &network()).await.unwrap();

    let commits = portal.db.commits();
    let first = appointments::list(&portal, &mia, When::Past, 0, &network()).await.unwrap();
    assert_eq!(portal.db.commits() - commits, 1, "the read's event");
    assert_eq!((first.appointments.len(), first.total), (20, 23));
    let starts: Vec<_> = first.appointments.iter().map(|one| one.appointment.starts_at).collect();
    assert!(starts.windows(2).all(|pair| pair[0] > pair[1]), "newest first");
    assert_eq!(first.appointments[0].doctor_name.as_str(), "okafor");
    let second = appointments::list(&portal, &mia, When::Past, 1, &network()).await.unwrap();
    assert_eq!((second.appointments.len(), second.total), (3, 23));
    let coming = appointments::list(&portal, &mia, When::Coming, 0, &network()).await.unwrap();
    let ids: Vec<_> = coming.appointments.iter().map(|one| one.appointment.id).collect();
    assert_eq!((ids, coming.total), (vec![soon.id, later.id], 2));
    let next = appointments::next(&portal, &mia, &network()).await.unwrap().unwrap();
    assert_eq!(next.appointment.id, later.id, "a cancelled one is not next");
    let theirs = appointments::list(&portal, &noor, When::Past, 0, &network()).await.unwrap();
    assert_eq!((theirs.appointments.len(), theirs.total), (0, 0));
    assert!(appointments::next(&portal, &noor, &network()).await.unwrap().is_none());
    assert_eq!(deeds(&portal, mia.account, "appointments_read").await, 3);
    assert_eq!(deeds(&portal, mia.account, "home_read").await, 1);

    let commits = portal.db.commits();
    appointments::book(&portal, &mia, &booking(&okafor, tomorrow_at(12, 0)), &network()).await.unwrap();
    assert_eq!(portal.db.commits() - commits, 1, "appointment, event and mail together");
}

#[tokio::test]
async fn an_appointment_opens_for_its_two_people_and_the_reading_is_written_down() {
    let (portal, _, _database) = support::portal().await;
    let (okafor, chen) = (clinic::doctor(&portal, "okafor").await, clinic::doctor(&portal, "chen").await);
    let (mia, noor) = (clinic::patient(&portal, "mia").await, clinic::patient(&portal, "noor").await);
    let mine = appointments::book(&portal, &mia, &booking(&okafor, tomorrow_at(10, 0)), &network()).await.unwrap();
    for who in [&mia, &okafor] {
        let shown = appointments::show(&portal, who, mine.id, &network()).await.unwrap().unwrap();
        assert_eq!((shown.patient_name.as_str(), shown.doctor_name.as_str()), ("mia", "okafor"));
        assert_eq!(deeds(&portal, who.account, "appointment_read").await, 1);
    }
    for who in [&noor, &chen, &clinic::admin(&portal, "admin").await] {
        assert!(appointments::show(&portal, who, mine.id, &network()).await.unwrap().is_none());
        assert_eq!(deeds(&portal, who.account, "appointment_read").await, 0);
    }
    assert!(appointments::show(&portal, &mia, AppointmentId::new(), &network()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_doctors_day_holds_their_patients_of_that_day_and_each_sees_it_was_read() {
    let (portal, clock, _database) = support::portal().await;
    let (okafor, chen) = (clinic::doctor(&portal, "okafor").await, clinic::doctor(&portal, "chen").await);
    let (mia, noor) = (clinic::patient(&portal, "mia").await, clinic::patient(&portal, "noor").await);
    for (who, at) in [(&noor, tomorrow_at(11, 0)), (&mia, tomorrow_at(10, 0)), (&mia, tomorrow_at(24 + 10, 0))] {
        appointments::book(&portal, who, &booking(&okafor, at), &network()).await.unwrap();
    }
    assert!(appointments::today(&portal, &okafor, &network()).await.unwrap().is_empty());
    clock.advance(SignedDuration::from_hours(24));
    let commits = portal.db.commits();
    let today = appointments::today(&portal, &okafor, &network()).await.unwrap();
    assert_eq!(portal.db.commits() - commits, 1);
    let names: Vec<_> = today.iter().map(|one| one.patient_name.as_str().to_owned()).collect();
    assert_eq!(names, ["mia", "noor"]);
    assert_eq!(today[0].birth_date.age_on(jiff::civil::date(2026, 11, 25)), 42);
    assert!(appointments::today(&portal, &chen, &network()).await.unwrap().is_empty());
    let search =
        salus::audit::Search { patient: mia.patient, deed: Some("today_read".into()), limit: 9, ..Default::default() };
    assert_eq!(salus::audit::find(&portal, &search).await.unwrap().len(), 1);
    assert!(appointments::today(&portal, &mia, &network()).await.is_err());
}

#[tokio::test]
async fn the_database_file_shows_neither_reason_nor_room() {
    let (portal, _, _database) = support::portal().await;
    let okafor = clinic::doctor(&portal, "okafor").await;
    let mia = clinic::patient(&portal, "mia").await;
    let form = appointments::Booking { key: BookingKey::new(), ..booking(&okafor, tomorrow_at(10, 0)) };
    let mine = appointments::book(&portal, &mia, &form, &network()).await.unwrap();
    appointments::cancel(&portal, &mia, mine.id, "Feeling better", &network()).await.unwrap();
    let mut connection = portal.db.read().await.unwrap();
    let row: (Vec<u8>, Vec<u8>, Vec<u8>) =
        sqlx::query_as("SELECT reason_sealed, cancel_reason_sealed, room_sealed FROM appointments")
            .fetch_one(&mut *connection)
            .await
            .unwrap();
    for (bytes, text) in [(row.0, "throat"), (row.1, "better")] {
        assert!(!bytes.windows(text.len()).any(|window| window == text.as_bytes()));
    }
    assert_eq!(row.2.len(), 1 + 12 + 32 + 16, "version, nonce, 32 hexadecimal digits, tag");
}

#[tokio::test]
async fn mails_say_when_in_the_patients_zone_and_nothing_of_why_or_whom() {
    let (portal, clock, _database) = support::portal().await;
    let okafor = clinic::doctor(&portal, "okafor").await;
    let mia = clinic::patient(&portal, "mia").await;
    let mine = appointments::book(&portal, &mia, &booking(&okafor, tomorrow_at(10, 0)), &network()).await.unwrap();
    appointments::reschedule(&portal, &mia, mine.id, &slot(&okafor, tomorrow_at(14, 20)), &network()).await.unwrap();
    appointments::cancel(&portal, &okafor, mine.id, "Feeling ill myself", &network()).await.unwrap();

    let outbox = Outbox::new(clock);
    let mailer = Mailer::Outbox(outbox.clone());
    let worker = Worker::new(portal.clone(), Vec::new(), mailer, |_, _| Box::pin(async { Ok(None) }));
    assert_eq!(worker.turn().await.unwrap(), 3);
    let mut mails = outbox.after(0, Some("mia@demo.salus.test"));
    mails.sort_by(|a, b| a.subject.cmp(&b.subject));
    let said: Vec<_> = mails.iter().map(|mail| mail.subject.clone().unwrap()).collect();
    assert_eq!(
        said,
        [
            "Salus Clinic: your appointment is booked",
            "Salus Clinic: your appointment is cancelled",
            "Salus Clinic: your appointment was moved",
        ]
    );
    for (mail, time) in mails.iter().zip(["10:00am", "2:20pm", "2:20pm"]) {
        let when = format!("Wednesday 25 November 2026, {time}, New York time");
        assert!(mail.text.contains(&when), "{}", mail.text);
        for secret in ["okafor", "throat", "feeling ill", "General practice", "video", "mia"] {
            assert!(!mail.text.to_lowercase().contains(&secret.to_lowercase()), "{secret} in {}", mail.text);
        }
    }
}
