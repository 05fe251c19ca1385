//! The way back in by staff, at random: the owner or somebody with the password asks, staff check who stands before them,
//! a day passes or not, and the owner may undo it.

use std::collections::VecDeque;

use salus::auth::recovery::{self, Approver, AskRefusal, CheckRefusal, Checklist, Met, Reviewer};
use salus::auth::step_up;
use salus::error::Failure;
use salus::types::actor::Role;
use salus::types::ids::AccountId;
use salus::types::phone::PhoneNumber;

use super::{Walk, challenges};
use crate::door::{Door, browser, went_through};
use crate::ways_model::{Fine, Who};

/// How many there are in a walk: more than act on a person within a minute.
const STAFF: usize = 12;

/// Opens the accounts of staff, before anything is asked of them.
pub(super) async fn hire(door: &Door, number: usize) -> VecDeque<(AccountId, String, String)> {
    let mut staff = VecDeque::new();
    for number in (0..STAFF).map(|one| number * STAFF + one) {
        let (email, phone) = (format!("staff{number}@example.org"), format!("+1212559{number:04}"));
        staff.push_back((door.account(Role::Doctor, &email, &phone).await, email, phone));
    }
    staff
}

impl Walk<'_> {
    /// The number that somebody names, which they hold.
    fn new_number(&self, who: Who) -> String {
        let number = self.number;
        match who {
            Who::Thief | Who::Guesser => format!("+1212558{number:04}"),
            Who::Home | Who::Away if self.phone.starts_with("+1212556") => format!("+1212557{number:04}"),
            Who::Home | Who::Away => format!("+1212556{number:04}"),
        }
    }

    pub(super) async fn ask_staff(&mut self, who: Who) -> Fine {
        let Some(session) = self.session(who).await else { return Ok(()) };
        let phone = self.new_number(who);
        let number = PhoneNumber::from_e164(&phone).unwrap();
        let portal = &self.door.portal;
        match recovery::ask(portal, &self.here(who), &session, &number).await {
            Ok(()) => {}
            Err(Failure::Refused(AskRefusal::NotHere | AskRefusal::TooMany(_) | AskRefusal::Waits)) => return Ok(()),
            Err(Failure::Internal(error)) => panic!("{error:?}"),
        }
        let id = self.session(who).await.expect("still there").challenge.expect("what is asked");
        let whose = challenges::find(portal, id).await.unwrap().unwrap().whose;
        let challenges::Whose::Recovery(request) = whose else { return Err(format!("{whose:?} is asked")) };
        self.new_phones.insert(phone.clone());
        self.requests.insert(request, (who, phone));
        let now = self.now();
        self.model.staff_asked(who, id, now)?;
        self.read(Some(id)).await;
        Ok(())
    }

    /// Staff do what they can with the request that waits: they see through whoever is not the owner.
    pub(super) async fn staff(&mut self) -> Fine {
        let portal = self.door.portal.clone();
        let Some(request) = recovery::open_of(&portal, self.account).await.unwrap() else { return Ok(()) };
        let (who, phone) = self.requests[&request].clone();
        let reviewer = self.reviewer().await;
        let network = browser().network;
        if matches!(who, Who::Thief | Who::Guesser) {
            went_through(recovery::refuse(&portal, &reviewer, request, "somebody else's face", &network).await);
            self.model.note("staff refused");
            return Ok(());
        }
        let seen = Checklist {
            saw: true,
            photo_id: true,
            birth_date: true,
            asked: true,
            number: true,
            met: Some(Met::InPerson),
            note: String::new(),
        };
        match recovery::check(&portal, &reviewer, request, &seen, &network).await {
            Ok(()) | Err(Failure::Refused(CheckRefusal::Checked)) => {}
            Err(Failure::Refused(why)) => return Err(format!("staff may not check: {why:?}")),
            Err(Failure::Internal(error)) => panic!("{error:?}"),
        }
        let now = self.now();
        match recovery::approve(&portal, Approver::Shell("seen as well"), request, None).await {
            Ok(()) => {
                self.model.approved(now)?;
                self.former = std::mem::replace(&mut self.phone, phone);
            }
            Err(Failure::Refused(CheckRefusal::TooSoon(_))) => {}
            Err(Failure::Refused(why)) => return Err(format!("what was checked is not approved: {why:?}")),
            Err(Failure::Internal(error)) => panic!("{error:?}"),
        }
        self.read(None).await;
        Ok(())
    }

    /// The newest mailed link that takes the new number off again.
    pub(super) async fn undo(&mut self) -> Fine {
        let Some(token) = self.undos.pop() else { return Ok(()) };
        let now = self.now();
        match recovery::undo(&self.door.portal, &browser(), &token).await {
            Ok(()) => {
                self.model.undone(now)?;
                self.phone = self.former.clone();
            }
            Err(Failure::Refused(_)) => self.model.not_undone(now)?,
            Err(Failure::Internal(error)) => panic!("{error:?}"),
        }
        self.read(None).await;
        Ok(())
    }

    /// A member of staff with a proof just made; in turns, so that no limit of theirs is met.
    async fn reviewer(&mut self) -> Reviewer {
        let door = self.door;
        self.staff.rotate_left(1);
        let (account, email, phone) = self.staff[0].clone();
        let session = door.signed_in(&mut browser(), &email, &phone, false).await;
        let fresh = step_up::fresh(&door.portal, &session).expect("just proved");
        // What came for staff is not the walker's.
        self.read(None).await;
        Reviewer::new(account, Role::Doctor, &fresh).expect("their own proof")
    }
}
