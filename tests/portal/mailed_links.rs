//! What a mailed link opens: a new password, and an account of staff.

use salus::auth::browser::Browser;
use salus::auth::challenges::{AnswerRefusal, ResendRefusal};
use salus::auth::invited::{self, AcceptRefusal};
use salus::auth::password_reset;
use salus::auth::prove::resend;
use salus::auth::sessions::Session;
use salus::auth::sign_in::SignInRefusal;
use salus::clock::SignedDuration;
use salus::crypto::random::Secret;
use salus::identity::invitations::{self, NewInvitation};
use salus::types::actor::{Actor, Role};
use salus::types::email_address::EmailAddress;
use salus::types::person_name::PersonName;
use salus::types::phone::PhoneNumber;

use crate::door::{BY_TEXT, Door, PASSWORD, browser, refusal, went_through, wrong};

const MIA: &str = "mia@example.org";
const PHONE: &str = "+12125550142";
const OTHER: &str = "+12125550178";

fn seconds(n: i64) -> SignedDuration {
    SignedDuration::from_secs(n)
}

fn link_in(text: &str) -> Secret {
    let token = text.split("token=").nth(1).expect("a link").split_whitespace().next().unwrap();
    Secret::new(token)
}

async fn ask_for_link(door: &Door, links: i64) -> Secret {
    let email = EmailAddress::parse(MIA).unwrap();
    went_through(password_reset::ask(&door.portal, &browser(), email).await);
    door.until("the link", "SELECT COUNT(*) FROM password_resets", links).await;
    door.until("its mail", "SELECT COUNT(*) FROM dispatches WHERE template = 'reset_link'", links).await;
    door.deliver().await;
    link_in(door.messages(MIA).last().unwrap())
}

#[tokio::test]
async fn a_reset_link_works_once_is_the_newest_and_ends_every_session_and_browser() {
    let door = Door::open().await;
    door.mia().await;
    let mut known = browser();
    door.signed_in(&mut known, MIA, PHONE, true).await;
    let trusted = went_through(door.type_password(&known, MIA, PASSWORD).await);
    assert_eq!(trusted.next, "/home", "trusted: no code");
    known.device = trusted.device;

    let here = browser();
    let old = ask_for_link(&door, 1).await;
    let opened = password_reset::open(&door.portal, &here, &old, None).await.unwrap();
    assert!(opened.is_some());
    let new = ask_for_link(&door, 2).await;
    assert!(password_reset::open(&door.portal, &here, &old, None).await.unwrap().is_none(), "the newest only");
    door.clock.advance(seconds(60));
    let opened = password_reset::open(&door.portal, &here, &new, None).await.unwrap().unwrap();
    let pending = door.session(&opened.token).await.unwrap();
    let refused = password_reset::choose(&door.portal, &here, &pending, "a brand new pass phrase").await;
    assert_eq!(refusal(refused), password_reset::ChooseRefusal::Over, "the link alone is not enough");
    let code = door.code(PHONE).await;
    let proved = went_through(door.type_code(&here, &pending, &code).await);
    assert_eq!((proved.next.as_str(), proved.device.is_none()), ("/password/reset", true));
    let pending = door.session(&proved.token).await.unwrap();
    assert_eq!(
        refusal(password_reset::choose(&door.portal, &here, &pending, "short").await),
        password_reset::ChooseRefusal::Password(salus::crypto::passwords::PasswordRefusal::TooShort)
    );
    went_through(password_reset::choose(&door.portal, &here, &pending, "a brand new pass phrase").await);
    assert_eq!(
        refusal(password_reset::choose(&door.portal, &here, &pending, "another new pass phrase").await),
        password_reset::ChooseRefusal::Over
    );
    assert!(password_reset::open(&door.portal, &here, &new, None).await.unwrap().is_none(), "single use");
    assert!(door.session(&trusted.token).await.is_none(), "every session ended");
    assert!(door.session(&proved.token).await.is_none(), "and nobody was signed in by it");
    assert_eq!(refusal(door.type_password(&known, MIA, PASSWORD).await), SignInRefusal::Wrong);
    let again = went_through(door.type_password(&known, MIA, "a brand new pass phrase").await);
    assert_eq!(again.next, "/challenge", "the browser is not trusted any more");
    door.deliver().await;
    assert!(door.messages(MIA).iter().any(|mail| mail.contains("was changed")), "the owner is told");
}

#[tokio::test]
async fn a_reset_link_works_for_half_an_hour_and_asking_tells_nobody_who_has_an_account() {
    let door = Door::open().await;
    door.mia().await;
    let link = ask_for_link(&door, 1).await;
    door.clock.advance(seconds(1800));
    assert!(password_reset::open(&door.portal, &browser(), &link, None).await.unwrap().is_none());
    let made_up = Secret::token();
    assert!(password_reset::open(&door.portal, &browser(), &made_up, None).await.unwrap().is_none());
    let before = door.portal.db.commits();
    let nobody = EmailAddress::parse("nobody@example.org").unwrap();
    went_through(password_reset::ask(&door.portal, &browser(), nobody).await);
    assert_eq!(door.portal.db.commits() - before, 1);
}

#[tokio::test]
async fn a_spent_password_is_changed_from_an_unknown_browser_too() {
    let door = Door::open().await;
    door.mia().await;
    door.tamper("UPDATE accounts SET strange_codes = 100").await;
    let here = browser();
    assert_eq!(refusal(door.type_password(&here, MIA, PASSWORD).await), SignInRefusal::PasswordSpent);
    let link = ask_for_link(&door, 1).await;
    let opened = password_reset::open(&door.portal, &here, &link, None).await.unwrap().unwrap();
    let pending = door.session(&opened.token).await.unwrap();
    let code = door.code(PHONE).await;
    let proved = went_through(door.type_code(&here, &pending, &code).await);
    let pending = door.session(&proved.token).await.unwrap();
    went_through(password_reset::choose(&door.portal, &here, &pending, "a brand new pass phrase").await);
    assert_eq!(went_through(door.type_password(&here, MIA, "a brand new pass phrase").await).next, "/challenge");
}

/// The code that a text ends with.
fn digits(text: &str) -> String {
    text.rsplit_once('#').unwrap().1.to_owned()
}

async fn invite(door: &Door, email: &str) -> Secret {
    let new = NewInvitation {
        role: Role::Doctor,
        name: PersonName::parse("Ada Okafor").unwrap(),
        email: EmailAddress::parse(email).unwrap(),
        specialty: Some("Cardiology".into()),
    };
    link_in(&went_through(invitations::invite(&door.portal, &Actor::Shell, new, None).await))
}

/// Fills the invitation in; answers the pending session.
async fn fills_in(door: &Door, here: &Browser, link: &Secret, password: &str, phone: &str) -> Session {
    let phone = PhoneNumber::from_e164(phone).unwrap();
    let entered = went_through(invited::accept(&door.portal, here, link, password, phone, None).await);
    door.session(&entered.token).await.unwrap()
}

#[tokio::test]
async fn a_code_proves_for_an_invitation_the_number_alone_that_it_was_sent_to() {
    let door = Door::open().await;
    let link = invite(&door, "ada@example.org").await;
    let here = browser();
    let first = fills_in(&door, &here, &link, PASSWORD, PHONE).await;
    let code = door.code(PHONE).await;
    let rejoined = fills_in(&door, &here, &link, PASSWORD, PHONE).await;
    assert_eq!(rejoined.challenge, first.challenge, "the same number again gives no new tries and no second text");
    let second = fills_in(&door, &here, &link, PASSWORD, OTHER).await;
    assert_ne!(second.challenge, first.challenge);

    assert_eq!(refusal(door.type_code(&here, &first, &code).await), AnswerRefusal::Ended);
    assert_eq!(refusal(door.type_code(&here, &second, &code).await), AnswerRefusal::Wrong { left: 4 });
    let again = resend(&door.portal, &here, &first, BY_TEXT).await;
    assert_eq!(refusal(again), ResendRefusal::Ended, "the old code does not go to the new number");
    let code = door.code(OTHER).await;
    went_through(door.type_code(&here, &second, &code).await);
    let opened = door.of(door.of_mail("ada@example.org").await).await;
    assert_eq!(opened.phone, PhoneNumber::from_e164(OTHER).unwrap());
}

#[tokio::test]
async fn an_invitation_filled_in_elsewhere_since_is_opened_by_no_code_from_before() {
    let door = Door::open().await;
    for (email, typed, number) in
        [("ada@example.org", PASSWORD, OTHER), ("ben@example.org", "quite another pass phrase", PHONE)]
    {
        let link = invite(&door, email).await;
        let (here, there) = (browser(), browser());
        let first = fills_in(&door, &here, &link, PASSWORD, PHONE).await;
        let code = door.code(PHONE).await;
        door.clock.advance(seconds(1));
        let second = fills_in(&door, &there, &link, typed, number).await;
        assert_eq!(refusal(door.type_code(&here, &first, &code).await), AnswerRefusal::Ended);
        let code = door.code(number).await;
        went_through(door.type_code(&there, &second, &code).await);
        let opened = door.of(door.of_mail(email).await).await;
        assert_eq!(opened.phone, PhoneNumber::from_e164(number).unwrap());
        assert_eq!(went_through(door.type_password(&browser(), email, typed).await).next, "/challenge");
    }
}

#[tokio::test]
async fn an_invitation_filled_in_twice_at_one_instant_opens_with_the_number_that_was_proved() {
    let door = Door::open().await;
    for round in 0..4 {
        let email = format!("ada{round}@example.org");
        let link = invite(&door, &email).await;
        let (here, there) = (browser(), browser());
        let numbers = [format!("+1212555013{round}"), format!("+1212555015{round}")];
        let (first, second) = tokio::join!(
            fills_in(&door, &here, &link, PASSWORD, &numbers[0]),
            fills_in(&door, &there, &link, PASSWORD, &numbers[1])
        );
        door.deliver().await;
        // The text of a code that was ended before it left is dropped.
        let code = |number: &str| door.messages(number).pop().map_or("000000".into(), |text| digits(&text));
        let codes = [code(&numbers[0]), code(&numbers[1])];
        let (one, other) =
            tokio::join!(door.type_code(&here, &first, &codes[0]), door.type_code(&there, &second, &codes[1]));
        assert!(one.is_ok() != other.is_ok(), "one of them was the last");
        let proved = if one.is_ok() { &numbers[0] } else { &numbers[1] };
        let opened = door.of(door.of_mail(&email).await).await;
        assert_eq!(opened.phone, PhoneNumber::from_e164(proved).unwrap());
    }
}

#[tokio::test]
async fn another_number_for_an_invitation_gives_no_number_more_texts_and_nobody_more_guesses() {
    let door = Door::open().await;
    let link = invite(&door, "ada@example.org").await;
    let here = browser();
    for _ in 0..7 {
        for number in [PHONE, OTHER] {
            fills_in(&door, &here, &link, PASSWORD, number).await;
            door.deliver().await;
        }
    }
    assert_eq!((door.messages(PHONE).len(), door.messages(OTHER).len()), (5, 5), "in a quarter of an hour");

    let mut wrong_ones = 0;
    let locked = 'all: loop {
        door.clock.advance(SignedDuration::from_mins(1));
        let number = if wrong_ones % 2 == 0 { PHONE } else { OTHER };
        let pending = fills_in(&door, &here, &link, PASSWORD, number).await;
        loop {
            match refusal(door.type_code(&here, &pending, "000000").await) {
                AnswerRefusal::Wrong { .. } | AnswerRefusal::Expired { .. } => wrong_ones += 1,
                AnswerRefusal::Ended => break,
                AnswerRefusal::Locked { until } => break 'all until,
                other => panic!("{other:?}"),
            }
        }
        wrong_ones += 1;
        assert!(wrong_ones <= 45, "never ends");
    };
    assert!((38..=41).contains(&wrong_ones), "{wrong_ones}");
    assert!(locked > door.clock.now() + SignedDuration::from_hours(20));
}

#[tokio::test]
async fn asking_for_a_link_costs_the_same_commits_whoever_has_an_account() {
    let door = Door::open().await;
    door.mia().await;
    door.account(Role::Doctor, "off@example.org", OTHER).await;
    door.tamper("UPDATE accounts SET turned_off_at = 1 WHERE role = 'doctor'").await;
    for email in [MIA, "nobody@example.org", "off@example.org"] {
        let before = door.portal.db.commits();
        went_through(password_reset::ask(&door.portal, &browser(), EmailAddress::parse(email).unwrap()).await);
        assert_eq!(door.portal.db.commits() - before, 1, "{email}: before the answer");
        for _ in 0..200 {
            if door.portal.db.commits() - before >= 2 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        assert_eq!(door.portal.db.commits() - before, 2, "{email}: after it");
    }
    assert_eq!(door.number("SELECT COUNT(*) FROM password_resets").await, 1);
}

#[tokio::test]
async fn an_invitation_opens_one_account_within_seven_days() {
    let door = Door::open().await;
    let link = invite(&door, "ada@example.org").await;
    door.deliver().await;
    assert_eq!(link_in(&door.messages("ada@example.org")[0]).expose(), link.expose());
    let (here, phone) = (browser(), || PhoneNumber::from_e164(PHONE).unwrap());
    let short = invited::accept(&door.portal, &here, &link, "short", phone(), None).await;
    assert!(matches!(refusal(short), AcceptRefusal::Password(_)));
    let entered = went_through(invited::accept(&door.portal, &here, &link, PASSWORD, phone(), None).await);
    let pending = door.session(&entered.token).await.unwrap();
    let code = door.code(PHONE).await;
    assert_eq!(refusal(door.type_code(&here, &pending, &wrong(&code)).await), AnswerRefusal::Wrong { left: 4 });
    let entered = went_through(door.type_code(&here, &pending, &code).await);
    assert_eq!(entered.next, "/account/security/recovery-codes?welcome=1");
    let again = invited::accept(&door.portal, &here, &link, PASSWORD, phone(), None).await;
    assert_eq!(refusal(again), AcceptRefusal::Over, "single use");

    let withdrawn = invite(&door, "ben@example.org").await;
    let open = invitations::list(&door.portal).await.unwrap();
    assert_eq!(open.len(), 1);
    assert!(invitations::withdraw(&door.portal, &Actor::Shell, open[0].id, &here.network).await.unwrap());
    assert!(invited::of_link(&door.portal, &withdrawn).await.unwrap().is_none());
    let late = invite(&door, "cleo@example.org").await;
    door.clock.advance(SignedDuration::from_hours(24 * 7));
    assert!(invited::of_link(&door.portal, &late).await.unwrap().is_none());
}
