//! What the demo makes up keeps to the rules, whenever it is started.

use salus::care::appointments::{self, When};
use salus::care::labs::{self, Filter};
use salus::care::records;
use salus::care::slots::{self, Whose};
use salus::cli::demo::{self, People};
use salus::clock::SignedDuration;
use salus::types::actor::Role;
use salus::visits::{self, JoinState};

use crate::support::people::{network, open};
use crate::support::portal;

#[tokio::test]
async fn the_made_up_clinic_has_a_past_a_present_and_free_times() {
    // A week of starting days, weekends and all.
    for day in 0..7 {
        let (portal, clock, _database) = portal().await;
        clock.advance(SignedDuration::from_hours(day * 24 + day));
        let people = People {
            maria: open(&portal, Role::Patient, "Maria Alvarez", 142).await,
            james: open(&portal, Role::Patient, "James Whitfield", 178).await,
            chen: open(&portal, Role::Doctor, "Dr. Lin Chen", 111).await,
            okafor: open(&portal, Role::Doctor, "Dr. Ada Okafor", 112).await,
        };
        demo::clinic_hours::make(&portal, &people).await.unwrap();
        demo::appointments::make(&portal, &people).await.unwrap();
        demo::labs::make(&portal, &people).await.unwrap();

        let coming = appointments::list(&portal, &people.maria, When::Coming, 0, &network()).await.unwrap();
        let past = appointments::list(&portal, &people.maria, When::Past, 0, &network()).await.unwrap();
        assert_eq!((coming.total, past.total), (3, 5));
        let soonest = &coming.appointments[0].appointment;
        assert_eq!(soonest.doctor, people.chen.account);
        assert!(matches!(visits::join_state(soonest, clock.now()), JoinState::Open { .. }), "one can be joined now");
        let of_james = appointments::list(&portal, &people.james, When::Coming, 0, &network()).await.unwrap();
        assert!(of_james.appointments.iter().all(|one| one.appointment.doctor == people.okafor.account));

        let own = records::own(&portal, &people.maria).await.unwrap().unwrap();
        let page = labs::list_for_patient(&portal, &people.maria, &own, &Filter::default(), &network()).await.unwrap();
        assert_eq!(page.total, 3);
        assert!(page.reports.iter().all(|report| report.outside() > 0 && !report.is_critical()));
        assert!(page.reports.iter().all(|report| report.observations.iter().all(|one| !one.reading.disagrees)));
        assert_eq!(labs::to_review(&portal, &people.chen, 1, &network()).await.unwrap().1, 1);
        assert_eq!(labs::to_review(&portal, &people.okafor, 1, &network()).await.unwrap().1, 0);

        let zone = &people.chen.zone;
        let today = zone.rules().to_datetime(clock.now()).date();
        let free = slots::page(&portal, &Whose::Doctor(people.chen.account), today, zone).await.unwrap();
        assert!(free.days.iter().skip(1).all(|(_, slots)| !slots.is_empty()), "a time is free on every day");
    }
}
