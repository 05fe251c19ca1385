//! People as an admin sees them: found, invited, turned off and on.

use salus::error::Failure;
use salus::identity::accounts::{self, TurnRefusal};
use salus::identity::invitations::{self, NewInvitation};
use salus::types::actor::{Actor, Role};
use salus::types::email_address::EmailAddress;
use salus::types::ids::AccountId;
use salus::types::person_name::PersonName;

use crate::door::{Door, browser};
use crate::support::clinic;
use crate::support::server::{PASSWORD, TestPortal};

#[tokio::test]
async fn people_are_found_by_role_and_by_their_whole_email_and_no_phone_is_shown() {
    let portal = TestPortal::start().await;
    let (mia, okafor, ada) = (portal.patient("mia").await, portal.doctor("okafor").await, portal.admin("ada").await);
    let mut admin = portal.signed_in(&ada).await;
    let page = admin.open("/admin/people").await;
    page.says("3 accounts.").says(&mia.email).says(&okafor.name).says("Can sign in");
    page.says(&format!("ending in {}", &mia.phone[10..]));
    assert!(!page.body.contains(&mia.phone[5..]), "no more than the last two digits");
    let page = admin.open("/admin/people?role=doctor").await;
    page.says("1 account.").says(&okafor.email).says_not(&mia.email);

    let page = admin.post("/admin/people", &[("email", "nobody@people.example")]).await;
    assert_eq!(page.status, 422);
    page.says("No account uses this email.");
    assert_eq!(page.field("email"), "nobody@people.example");
    let page = admin.post("/admin/people", &[("email", "MIA@people.example ")]).await;
    assert_eq!(page.location(), format!("/admin/people/{}", mia.account), "the address holds no email");
    let page = admin.open(&format!("/admin/people/{}", mia.account)).await;
    page.says(&mia.name).says("Patient").says("Signed in now Nowhere");
    assert!(!page.body.contains(&mia.phone[5..]));
    assert!(!page.body.contains("1948"), "nothing of the record");
}

#[tokio::test]
async fn a_doctor_is_invited_by_mail_and_opens_the_account_with_a_code() {
    let portal = TestPortal::start().await;
    let ada = portal.admin("ada").await;
    let mut admin = portal.signed_in(&ada).await;
    admin.open("/admin/people/invitations").await.says("No invitation is open.");
    admin.open("/admin/people/invite").await;
    let page = admin.post("/admin/people/invite", &[("full_name", "Lin Chen"), ("email", "nonsense")]).await;
    assert_eq!(page.status, 422);
    page.says("Choose what the person will be").says("Enter an email address like name@example.org");
    assert_eq!(page.field("full_name"), "Lin Chen", "what was typed is kept");
    let staff = [("role", "doctor"), ("full_name", "Lin Chen"), ("email", "chen@people.example")];
    let page = admin.post("/admin/people/invite", &staff).await;
    page.says("Enter what the doctor does");
    let taken = [("role", "admin"), ("full_name", "Ada Two"), ("email", ada.email.as_str())];
    admin.post("/admin/people/invite", &taken).await.says("This email has an account already.");
    let patient = [("role", "patient"), ("full_name", "Mia"), ("email", "mia@people.example")];
    admin.post("/admin/people/invite", &patient).await.says("Choose what the person will be");

    let fields = [staff[0], staff[1], staff[2], ("specialty", "Cardiology")];
    let page = admin.send("/admin/people/invite", &fields).await;
    page.says("We mailed the invitation.").says("Lin Chen").says("Doctor");
    assert!(!page.body.contains("token="), "the link is mailed and never shown");

    let link = portal.link("chen@people.example").await;
    let mut chen = portal.browser();
    chen.open(&link).await.says("Welcome, Lin Chen.");
    let fields = [("country", "US"), ("phone", "(212) 555-0199"), ("password", PASSWORD)];
    let page = chen.send("/invitation", &fields).await;
    assert_eq!(page.address, "/challenge", "{}", page.text());
    let code = portal.code("+12125550199").await;
    let page = chen.post("/challenge", &[("code", &code)]).await;
    assert_eq!((page.status, page.location()), (303, "/account/security/recovery-codes?welcome=1"));
    chen.open("/account/security/recovery-codes?welcome=1").await.says("A second way in");
    assert_eq!(chen.last.as_ref().unwrap().links("/doctor"), ["/doctor"], "later will do");
    admin.open("/admin/people?role=doctor").await.says("chen@people.example");
    admin.open("/admin/people/invitations").await.says("No invitation is open.");
}

#[tokio::test]
async fn all_other_admins_learn_who_becomes_staff_and_who_invited_them() {
    let portal = TestPortal::start().await;
    let (ada, bob) = (portal.admin("ada").await, portal.admin("bob").await);
    let mut admin = portal.signed_in(&ada).await;
    admin.open("/admin/people/invite").await;
    let fields = [("role", "admin"), ("full_name", "Lin Chen"), ("email", "chen@people.example")];
    admin.send("/admin/people/invite", &fields).await.says("We mailed the invitation.");

    let told = portal.message(&bob.email, |item| item.text.contains("A. E. invited L. C. to the portal at")).await;
    assert!(told.text.contains("Role: Admin.") && told.text.contains("/admin/people/invitations"), "{}", told.text);
    assert!(!told.text.contains("Lin") && !told.text.contains("token="), "no name and no link that opens an account");
    let own = portal.outbox.after(0, Some(&ada.email));
    assert!(!own.iter().any(|item| item.text.contains("L. C.")), "who invited knows");

    let mut chen = portal.browser();
    chen.open(&portal.link("chen@people.example").await).await;
    let fields = [("country", "US"), ("phone", "(212) 555-0199"), ("password", PASSWORD)];
    chen.send("/invitation", &fields).await;
    for admin in [&ada, &bob] {
        portal.deliver().await;
        let mails = portal.outbox.after(0, Some(&admin.email));
        assert!(
            !mails.iter().any(|item| item.text.contains("accepted an invitation")),
            "not before the phone is proved"
        );
    }
    let code = portal.code("+12125550199").await;
    chen.post("/challenge", &[("code", &code)]).await;
    for admin in [&ada, &bob] {
        let told = portal.message(&admin.email, |item| item.text.contains("L. C. accepted an invitation at")).await;
        assert!(told.text.contains("Invited by A. E.") && told.text.contains("Role: Admin."), "{}", told.text);
    }

    let email = EmailAddress::parse("okoro@people.example").unwrap();
    let name = PersonName::parse("Oke Okoro").unwrap();
    let new = NewInvitation { role: Role::Doctor, name, email, specialty: Some("Cardiology".into()) };
    invitations::invite(&portal.portal, &Actor::Shell, new, None).await.ok().unwrap();
    for admin in [&ada.email, &bob.email, "chen@people.example"] {
        let told = portal.message(admin, |item| item.text.contains("O. O. was invited to the portal at")).await;
        assert!(told.text.contains("command line of the server") && told.text.contains("Role: Doctor."));
    }
}

#[tokio::test]
async fn an_invitation_taken_back_opens_nothing() {
    let portal = TestPortal::start().await;
    let ada = portal.admin("ada").await;
    let mut admin = portal.signed_in(&ada).await;
    admin.open("/admin/people/invite").await;
    let fields = [("role", "admin"), ("full_name", "Bo Berg"), ("email", "bo@people.example")];
    let page = admin.send("/admin/people/invite", &fields).await;
    let link = portal.link("bo@people.example").await;
    let action = page.body.split("action=\"").find(|part| part.contains("/withdraw")).unwrap();
    let action = action.split('"').next().unwrap().to_owned();
    admin.send(&action, &[]).await.says("The invitation is taken back.").says_not("Bo Berg");
    let page = admin.send(&action, &[]).await;
    assert_eq!(page.status, 200, "pressed twice, the list is shown again");
    let mut bo = portal.browser();
    bo.open(&link).await.says("This invitation is over");
}

#[tokio::test]
async fn an_account_turned_off_is_signed_out_at_once_and_let_in_after_it_is_turned_on() {
    let portal = TestPortal::start().await;
    let (okafor, ada) = (portal.doctor("okafor").await, portal.admin("ada").await);
    let mut admin = portal.signed_in(&ada).await;
    let mut doctor = portal.browser();
    doctor.open("/login").await;
    doctor.send("/login", &[("email", &okafor.email), ("password", PASSWORD)]).await;
    let code = portal.code(&okafor.phone).await;
    doctor.post("/challenge", &[("code", &code)]).await;
    doctor.open("/account").await.says(&okafor.email);

    let (person, turn) =
        (format!("/admin/people/{}", okafor.account), format!("/admin/people/{}/turn", okafor.account));
    admin.open(&person).await.says("In 1 browser");
    admin.open(&turn).await.says("Nobody can sign in with this account then");
    let page = admin.post(&turn, &[]).await;
    assert_eq!(page.status, 422);
    page.says("Enter a reason");
    let page = admin.send(&turn, &[("reason", "left the clinic")]).await;
    page.says("The account is turned off.").says("Turned off since").says("Signed in now Nowhere");
    assert!(doctor.get("/account").await.location().starts_with("/login"));
    portal.message(&okafor.email, |item| item.text.contains("turned off by the clinic")).await;
    doctor.open("/login").await;
    let page = doctor.post("/login", &[("email", &okafor.email), ("password", PASSWORD)]).await;
    page.says("The email or password is not right.");

    admin.open("/admin/people").await.says("Turned off");
    admin.open(&turn).await.says("Turn on account");
    admin.send(&turn, &[("reason", "came back")]).await.says("The account is turned on.");
    doctor.open("/login").await;
    let page = doctor.post("/login", &[("email", &okafor.email), ("password", PASSWORD)]).await;
    assert_eq!(page.location(), "/challenge");
}

#[tokio::test]
async fn nobody_turns_themselves_off_and_a_fresh_code_is_asked_for() {
    let portal = TestPortal::start().await;
    let (mia, ada) = (portal.patient("mia").await, portal.admin("ada").await);
    let mut admin = portal.signed_in(&ada).await;
    let own = format!("/admin/people/{}/turn", ada.account);
    admin.open(&format!("/admin/people/{}", ada.account)).await.says("Nobody can turn their own account off.");
    let page = admin.post(&own, &[("on", "no"), ("reason", "tired")]).await;
    assert_eq!(page.status, 422);
    page.says("Nobody can turn their own account off.");
    portal.minutes_later(11);
    admin.open("/admin").await;
    let other = format!("/admin/people/{}/turn", mia.account);
    for path in [other.as_str(), "/admin/people/invite"] {
        assert!(admin.get(path).await.location().starts_with("/step-up?next="), "{path}");
        let page = admin.post(path, &[("on", "no"), ("reason", "x")]).await;
        assert!(page.status == 400 || page.location().starts_with("/step-up?next="), "{path}: {}", page.status);
    }
    admin.open(&format!("/admin/people/{}", mia.account)).await.says("Can sign in");
}

#[tokio::test]
async fn turning_a_doctor_off_cancels_what_is_booked_and_tells_the_patients() {
    let portal = TestPortal::start().await;
    let (root, mia, okafor) = (portal.admin("root").await, portal.patient("mia").await, portal.doctor("okafor").await);
    let (patient, doctor) = (portal.signed(&mia).await, portal.signed(&okafor).await);
    clinic::set_slots(&portal.portal, &doctor, 540, 1020, 20).await;
    let booking = clinic::booking(&doctor, clinic::tomorrow_at(11, 0));
    let booked =
        salus::care::appointments::book(&portal.portal, &patient, &booking, &clinic::network()).await.ok().unwrap();

    let mut browser = portal.signed_in(&root).await;
    let turn = format!("/admin/people/{}/turn", okafor.account);
    browser.open(&turn).await.says("1 coming appointment with this doctor is cancelled.");
    browser.send(&turn, &[("on", "no"), ("reason", "left the clinic")]).await;
    portal.message(&mia.email, |mail| mail.text.contains("is cancelled")).await;
    let mut theirs = portal.signed_in(&mia).await;
    theirs.open(&format!("/appointments/{}", booked.id)).await.says("This visit was cancelled.");
}

#[tokio::test]
async fn of_two_admins_who_turn_each_other_off_at_one_instant_one_remains() {
    let door = Door::open().await;
    let ada = door.account(Role::Admin, "ada@example.org", "+12125550100").await;
    let bea = door.account(Role::Admin, "bea@example.org", "+12125550101").await;
    let network = browser().network;
    let turns_off = async |me: AccountId, other: AccountId| {
        let by = Actor::Account { id: me, role: Role::Admin };
        accounts::turn(&door.portal, &by, other, false, "left the clinic", &network).await
    };
    for _ in 0..8 {
        let (one, other) = tokio::join!(turns_off(ada, bea), turns_off(bea, ada));
        assert!(one.is_ok() != other.is_ok(), "{one:?}, {other:?}");
        let refused = one.err().or(other.err());
        assert!(matches!(refused, Some(Failure::Refused(TurnRefusal::LastAdmin))), "{refused:?}");
        assert_eq!(door.number("SELECT COUNT(*) FROM accounts WHERE turned_off_at IS NULL").await, 1);
        door.tamper("UPDATE accounts SET turned_off_at = NULL").await;
    }
}
