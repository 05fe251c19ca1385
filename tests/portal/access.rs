//! Every page × everybody: one plain table of who gets what.
//!
//! | word        | the answer                                                    |
//! |-------------|---------------------------------------------------------------|
//! | a number    | that status                                                   |
//! | `login`     | 303 to `/login?next=…`: sign in first                         |
//! | `challenge` | 303 to `/challenge`: the password is right, the code missing  |
//! | `/path`     | 303 to an address that begins so                              |
//!
//! `STREAM` is a `GET` whose answer goes on for ever: only its head is looked at; `HOOK` is a `POST` that bears no
//! token of ours. A row is `METHOD /path [fields] | nobody | password only | patient | other patient | doctor | other
//! doctor | admin`; one answer alone holds for all seven. `{…}` in a path is filled in from [`Cast::fill`]. Rows are
//! asked from top to bottom by the same seven browsers, so what ends a session or changes it stands last. For every
//! `POST` row the same request without its token is asked first: nobody gets further than 403. For every path, the
//! methods without a row are asked too: 404 or 405. Every route in the source has a row.

use std::collections::{BTreeMap, BTreeSet};

use salus::care::labs::{self, NewObservation, NewReport, ReportStatus};
use salus::care::{appointments, records};
use salus::identity::phones;
use salus::types::ids::{AccountId, AppointmentId, DeviceId, LabReportId, SessionId};

use crate::support::browser::{Browser, Page};
use crate::support::clinic;
use crate::support::server::{PASSWORD, Someone, TestPortal};

const TABLE: &str = "
# operators and static files
GET /health/live                        | 200
GET /health/ready                       | 200
GET /metrics                            | 404
GET /static/{hash}/salus.css            | 200
GET /static/0000000000000000/salus.css  | 404
GET /favicon.ico                        | /static/
GET /no/such/page                       | 404
GET /dev/outbox                         | 200
GET /dev/outbox.jsonl                   | 200
STREAM /dev/outbox/events               | 200

# gateways
HOOK /webhooks/{twilio}/status/{made-up} | 404
HOOK /webhooks/{made-up}/status/{made-up} | 404
HOOK /webhooks/{twilio}/voice/{made-up} | 404
HOOK /webhooks/{made-up}/voice/{made-up} | 404
HOOK /webhooks/{twilio}/voice/{made-up}/play | 404
HOOK /webhooks/{made-up}/voice/{made-up}/play | 404
HOOK /webhooks/{twilio}/status          | 404
HOOK /webhooks/{twilio}/inbound         | 403
GET /webhooks/{twilio}/status/{made-up} | 404
GET /webhooks/{twilio}/status           | 404
GET /webhooks/{twilio}/inbound          | 404
HOOK /webhooks/{made-up}/inbound        | 404
GET /webhooks/twilio                    | 404
HOOK /webhooks/mail/bounce              | 404

# the door
GET /                                   | 200   | 200       | /home    | /home    | /doctor  | /doctor  | /admin
GET /register                           | 200   | 200       | /        | /        | /        | /        | /
POST /register email=x                  | 422
GET /login                              | 200   | 200       | /home    | /home    | /doctor  | /doctor  | /admin
POST /login email=&password=            | 422
GET /login/passkey                      | 200   | 200       | /home    | /home    | /doctor  | /doctor  | /admin
POST /login/passkey/begin               | /login/passkey
POST /login/passkey passkey=x           | 422
GET /challenge                          | login | 200       | login    | login    | login    | login    | login
POST /challenge code=12                 | login | 422       | login    | login    | login    | login    | login
POST /challenge/resend channel=fax      | login | 422       | login    | login    | login    | login    | login
GET /challenge/method                   | login | 200       | login    | login    | login    | login    | login
POST /challenge/method method=          | login | 422       | login    | login    | login    | login    | login
GET /challenge/status                   | login | 200       | login    | login    | login    | login    | login
GET /password/forgot                    | 200
POST /password/forgot email=            | 422
GET /password/reset                     | 422
POST /password/reset password=x         | 422
GET /invitation                         | 422
POST /invitation phone=x                | 422
GET /help/codes                         | 200
GET /account/not-me                     | 404
POST /account/not-me                    | 404
GET /recovery                           | login | 200       | login    | login    | login    | login    | login
POST /recovery phone=                   | login | 422       | login    | login    | login    | login    | login
POST /recovery/stop                     | login | /recovery | login    | login    | login    | login    | login
GET /recovery/cancel                    | 422
POST /recovery/cancel                   | 422
GET /recovery/undo                      | 422
POST /recovery/undo                     | 422
POST /language locale=en&back=/         | /
POST /session/stay                      | login | challenge | 204      | 204      | 204      | 204      | 204
GET /step-up                            | login | challenge | /account | /account | /account | /account | /account

# one's own account
GET /account                            | login | challenge | 200      | 200      | 200      | 200      | 200
POST /account locale=xx&time_zone=UTC   | login | challenge | 422      | 422      | 422      | 422      | 422
GET /account/security                   | login | challenge | 200      | 200      | 200      | 200      | 200
GET /account/access-log                 | login | challenge | 200      | 200      | 200      | 200      | 200
GET /account/security/password          | login | challenge | 200      | 200      | 200      | 200      | 200
POST /account/security/password password=x | login | challenge | 422   | 422      | 422      | 422      | 422
GET /account/security/email             | login | challenge | 200      | 200      | 200      | 200      | 200
POST /account/security/email email=x    | login | challenge | 422      | 422      | 422      | 422      | 422
GET /account/security/email/link        | /account/security/email/confirm
GET /account/security/email/confirm     | login | challenge | 422      | 422      | 422      | 422      | 422
POST /account/security/email/confirm    | login | challenge | 422      | 422      | 422      | 422      | 422
GET /account/security/phones            | login | challenge | 200      | 200      | 200      | 200      | 200
GET /account/security/phones/new        | login | challenge | 200      | 200      | 200      | 200      | 200
POST /account/security/phones/new phone=x | login | challenge | 422    | 422      | 422      | 422      | 422
GET /account/security/phones/{made-up}  | login | challenge | 404      | 404      | 404      | 404      | 404
GET /account/security/phones/odd        | login | challenge | 404      | 404      | 404      | 404      | 404
GET /account/security/phones/{phone}    | login | challenge | 200      | 404      | 404      | 404      | 404
GET /account/security/phones/{phone}/replace | login | challenge | 200 | 404      | 404      | 404      | 404
POST /account/security/phones/{phone}/replace phone=x | login | challenge | 422 | 404 | 404 | 404     | 404
POST /account/security/phones/{phone}/primary | login | challenge | /account/security/phones | 404 | 404 | 404 | 404
GET /account/security/phones/{phone}/remove | login | challenge | 200  | 404      | 404      | 404      | 404
POST /account/security/phones/{phone}/remove | login | challenge | 422 | 404      | 404      | 404      | 404
GET /account/security/passkeys           | login | challenge | 200      | 200      | 200      | 200      | 200
GET /account/security/passkeys/new       | login | challenge | /account/security/passkeys?done=over | /account/security/passkeys?done=over | /account/security/passkeys?done=over | /account/security/passkeys?done=over | /account/security/passkeys?done=over
POST /account/security/passkeys/begin    | login | challenge | /account/security/passkeys/new | /account/security/passkeys/new | /account/security/passkeys/new | /account/security/passkeys/new | /account/security/passkeys/new
GET /account/security/passkeys/new       | login | challenge | 200      | 200      | 200      | 200      | 200
POST /account/security/passkeys/new name= | login | challenge | 422     | 422      | 422      | 422      | 422
GET /account/security/passkeys/{made-up}/rename  | login | challenge | 404 | 404  | 404      | 404      | 404
POST /account/security/passkeys/{made-up}/rename name=x | login | challenge | 404 | 404 | 404 | 404    | 404
GET /account/security/passkeys/{made-up}/remove  | login | challenge | 404 | 404  | 404      | 404      | 404
POST /account/security/passkeys/{made-up}/remove | login | challenge | 404 | 404  | 404      | 404      | 404
POST /account/security/sessions/{spare}/end   | login | challenge | /account/security | 404 | 404 | 404 | 404
POST /account/security/sessions/{made-up}/end | login | challenge | 404               | 404 | 404 | 404 | 404
POST /account/security/sessions/odd/end       | login | challenge | 404               | 404 | 404 | 404 | 404
POST /account/security/devices/{browser}/forget | login | challenge | /account/security | 404 | 404 | 404 | 404
POST /account/security/devices/{made-up}/forget | login | challenge | 404             | 404 | 404 | 404 | 404
POST /account/security/devices/odd/forget       | login | challenge | 404             | 404 | 404 | 404 | 404

GET /account/security/app               | login | challenge | 200      | 200      | 200      | 200      | 200
GET /account/security/app/new           | login | challenge | /account/security/app | /account/security/app | /account/security/app | /account/security/app | /account/security/app
GET /account/security/app/remove        | login | challenge | /account/security/app | /account/security/app | /account/security/app | /account/security/app | /account/security/app
POST /account/security/app/remove       | login | challenge | /account/security/app | /account/security/app | /account/security/app | /account/security/app | /account/security/app
POST /account/security/app/begin        | login | challenge | /account/security/app/new | /account/security/app/new | /account/security/app/new | /account/security/app/new | /account/security/app/new
POST /account/security/app/new code=12  | login | challenge | 422      | 422      | 422      | 422      | 422
GET /account/security/recovery-codes    | login | challenge | 200      | 200      | 200      | 200      | 200
POST /account/security/recovery-codes welcome= | login | challenge | 200 | 200 | 200 | 200 | 200
GET /account/security/recovery-codes/remove | login | challenge | 200  | 200      | 200      | 200      | 200
POST /account/security/recovery-codes/remove | login | challenge | /account/security/recovery-codes | /account/security/recovery-codes | /account/security/recovery-codes | /account/security/recovery-codes | /account/security/recovery-codes

# admins
GET /admin                              | login | challenge | 403 | 403 | 403 | 403 | 200
GET /admin/lockouts                     | login | challenge | 403 | 403 | 403 | 403 | 200
GET /admin/lockouts/{patient}           | login | challenge | 403 | 403 | 403 | 403 | 200
GET /admin/lockouts/{made-up}           | login | challenge | 403 | 403 | 403 | 403 | 404
GET /admin/lockouts/{patient}/reset     | login | challenge | 403 | 403 | 403 | 403 | 200
POST /admin/lockouts/{patient}/reset reason= | login | challenge | 403 | 403 | 403 | 403 | 422
POST /admin/lockouts/{admin}/reset reason=me | login | challenge | 403 | 403 | 403 | 403 | 422
POST /admin/lockouts/{made-up}/reset reason=x | login | challenge | 403 | 403 | 403 | 403 | 404
GET /admin/people                       | login | challenge | 403 | 403 | 403 | 403 | 200
POST /admin/people email=x              | login | challenge | 403 | 403 | 403 | 403 | 422
GET /admin/people/{patient}             | login | challenge | 403 | 403 | 403 | 403 | 200
GET /admin/people/{made-up}             | login | challenge | 403 | 403 | 403 | 403 | 404
GET /admin/people/odd                   | login | challenge | 403 | 403 | 403 | 403 | 404
GET /admin/people/{patient}/turn        | login | challenge | 403 | 403 | 403 | 403 | 200
POST /admin/people/{patient}/turn on=no&reason= | login | challenge | 403 | 403 | 403 | 403 | 422
GET /admin/people/{patient}/unfreeze    | login | challenge | 403 | 403 | 403 | 403 | 200
GET /admin/people/{made-up}/unfreeze    | login | challenge | 403 | 403 | 403 | 403 | 404
POST /admin/people/{patient}/unfreeze reason= | login | challenge | 403 | 403 | 403 | 403 | 422
POST /admin/people/{patient}/mail-works | login | challenge | 403 | 403 | 403 | 403 | /admin/people/
POST /admin/people/{made-up}/mail-works | login | challenge | 403 | 403 | 403 | 403 | 404
GET /admin/people/invite                | login | challenge | 403 | 403 | 403 | 403 | 200
POST /admin/people/invite email=x       | login | challenge | 403 | 403 | 403 | 403 | 422
GET /admin/people/invitations           | login | challenge | 403 | 403 | 403 | 403 | 200
POST /admin/people/invitations/{made-up}/withdraw | login | challenge | 403 | 403 | 403 | 403 | /admin/people/invitations
GET /admin/delivery                     | login | challenge | 403 | 403 | 403 | 403 | 200
POST /admin/delivery email=x            | login | challenge | 403 | 403 | 403 | 403 | 422
GET /admin/delivery/people/{patient}    | login | challenge | 403 | 403 | 403 | 403 | 200
GET /admin/delivery/people/{made-up}    | login | challenge | 403 | 403 | 403 | 403 | 404
POST /admin/delivery/test               | login | challenge | 403 | 403 | 403 | 403 | /admin/delivery
POST /admin/delivery/pauses/{made-up}/lift | login | challenge | 403 | 403 | 403 | 403 | /admin/delivery
POST /admin/delivery/pauses/odd/lift    | login | challenge | 403 | 403 | 403 | 403 | 404
GET /admin/audit                        | login | challenge | 403 | 403 | 403 | 403 | 200
POST /admin/audit actor=x               | login | challenge | 403 | 403 | 403 | 403 | 422
POST /admin/audit/verify                | login | challenge | 403 | 403 | 403 | 403 | 200
GET /admin/policy                       | login | challenge | 403 | 403 | 403 | 403 | 200
GET /admin/policy/sms                   | login | challenge | 403 | 403 | 403 | 403 | 200
GET /admin/policy/{role}                | login | challenge | 403 | 403 | 403 | 403 | 200
GET /admin/policy/{made-up}             | login | challenge | 403 | 403 | 403 | 403 | 404
POST /admin/policy/{role} idle_minutes=99 | login | challenge | 403 | 403 | 403 | 403 | 422
POST /admin/policy/sms                  | login | challenge | 403 | 403 | 403 | 403 | 404
POST /admin/policy/{made-up} idle_minutes=5 | login | challenge | 403 | 403 | 403 | 403 | 404
POST /admin/policy/{role}/confirm reason= | login | challenge | 403 | 403 | 403 | 403 | 422
POST /admin/policy/{made-up}/confirm reason=x | login | challenge | 403 | 403 | 403 | 403 | 404

# staff
GET /staff/recoveries                   | login | challenge | 403 | 403 | 200 | 200 | 200
GET /staff/recoveries/{made-up}         | login | challenge | 403 | 403 | 404 | 404 | 404
GET /staff/recoveries/odd               | login | challenge | 403 | 403 | 404 | 404 | 404
GET /staff/recoveries/{made-up}/check   | login | challenge | 403 | 403 | 404 | 404 | 404
POST /staff/recoveries/{made-up}/check saw=yes | login | challenge | 403 | 403 | 404 | 404 | 404
GET /staff/recoveries/{made-up}/approve | login | challenge | 403 | 403 | 404 | 404 | 404
POST /staff/recoveries/{made-up}/approve | login | challenge | 403 | 403 | 404 | 404 | 404
GET /staff/recoveries/{made-up}/refuse  | login | challenge | 403 | 403 | 404 | 404 | 404
POST /staff/recoveries/{made-up}/refuse reason=x | login | challenge | 403 | 403 | 404 | 404 | 404

# the patient's rooms
GET /home | login | challenge | 200 | 200 | 403 | 403 | 403
GET /appointments | login | challenge | 200 | 200 | 403 | 403 | 403
GET /appointments/past | login | challenge | 200 | 200 | 403 | 403 | 403
GET /appointments/new | login | challenge | 200 | 200 | 403 | 403 | 403
GET /labs | login | challenge | 200 | 200 | 403 | 403 | 403
GET /appointments/{visit} | login | challenge | 200 | 404 | 403 | 403 | 403
GET /appointments/{made-up} | login | challenge | 404 | 404 | 403 | 403 | 403
GET /appointments/{visit}/cancel | login | challenge | 200 | 404 | 403 | 403 | 403
GET /appointments/{made-up}/cancel | login | challenge | 404 | 404 | 403 | 403 | 403
GET /appointments/{visit}/reschedule | login | challenge | 200 | 404 | 403 | 403 | 403
GET /appointments/{made-up}/reschedule | login | challenge | 404 | 404 | 403 | 403 | 403
GET /appointments/{visit}/calendar.ics | login | challenge | 200 | 404 | 403 | 403 | 403
GET /appointments/{made-up}/calendar.ics | login | challenge | 404 | 404 | 403 | 403 | 403
POST /appointments/new reason=x | login | challenge | 422 | 422 | 403 | 403 | 403
POST /appointments/{visit}/reschedule slot= | login | challenge | 422 | 404 | 403 | 403 | 403
GET /labs/{report} | login | challenge | 200 | 404 | 403 | 403 | 403
GET /labs/{due} | login | challenge | 404 | 404 | 403 | 403 | 403
GET /labs/{made-up} | login | challenge | 404 | 404 | 403 | 403 | 403

# the visit, of its two people
GET /visits/{visit} | login | challenge | 200 | 404 | 200 | 404 | 403
GET /visits/{made-up} | login | challenge | 404 | 404 | 404 | 404 | 403
GET /visits/{visit}/state | login | challenge | 200 | 404 | 200 | 404 | 404
GET /visits/{visit}/join | login | challenge | /visits/ | /visits/ | /visits/ | /visits/ | 403
POST /visits/{visit}/join | login | challenge | 422 | 404 | 422 | 404 | 403
GET /visits/{visit}/room | login | challenge | /visits/ | 404 | /visits/ | 404 | 403
POST /visits/{visit}/room | login | challenge | 422 | 404 | 422 | 404 | 403

# the doctor's rooms
GET /doctor | login | challenge | 403 | 403 | 200 | 200 | 403
GET /doctor/schedule | login | challenge | 403 | 403 | 200 | 200 | 403
GET /doctor/schedule/days-off | login | challenge | 403 | 403 | 200 | 200 | 403
GET /doctor/results | login | challenge | 403 | 403 | 200 | 200 | 403
GET /doctor/patients/{record} | login | challenge | 403 | 403 | 200 | 404 | 403
GET /doctor/patients/{record}/labs/new | login | challenge | 403 | 403 | 200 | 404 | 403
GET /doctor/results/{due} | login | challenge | 403 | 403 | 200 | 404 | 403
GET /doctor/results/{report} | login | challenge | 403 | 403 | 200 | 404 | 403
GET /doctor/appointments/{visit}/cancel | login | challenge | 403 | 403 | 200 | 404 | 403
GET /doctor/patients/{made-up} | login | challenge | 403 | 403 | 404 | 404 | 403
GET /doctor/results/{made-up} | login | challenge | 403 | 403 | 404 | 404 | 403
POST /doctor/patients/{record}/labs/new lab= | login | challenge | 403 | 403 | 422 | 404 | 403
POST /doctor/schedule/days-off day=x | login | challenge | 403 | 403 | 422 | 422 | 403
POST /doctor/schedule/days-off/remove day=x | login | challenge | 403 | 403 | 422 | 422 | 403
POST /doctor/schedule d1s1_from=9 | login | challenge | 403 | 403 | 422 | 422 | 403
POST /doctor/results/{due} note= | login | challenge | 403 | 403 | /doctor/results/ | 404 | 403
POST /doctor/appointments/{visit}/cancel reason= | login | challenge | 403 | 403 | /doctor | 404 | 403
POST /appointments/{visit}/cancel reason= | login | challenge | /appointments/ | 404 | 403 | 403 | 403

# what changes the session
POST /account/security/sessions/end-others | login | challenge | /account/security | /account/security | /account/security | /account/security | /account/security
POST /account/security/recovery/stop    | login | challenge | /account/security | /account/security | /account/security | /account/security | /account/security
POST /account/security/devices/forget   | login | challenge | /account/security | /account/security | /account/security | /account/security | /account/security
POST /step-up next=/account             | login | challenge | /challenge | /challenge | /challenge | /challenge | /challenge
POST /account/security/sessions/end-all | login | challenge | / | / | / | / | /
POST /logout                            | /
";

/// Who asks, in the order of the columns.
const COLUMNS: [&str; 7] = ["nobody", "password only", "patient", "other patient", "doctor", "other doctor", "admin"];

struct Row {
    method: &'static str,
    path: &'static str,
    fields: &'static str,
    answers: [&'static str; 7],
}

impl Row {
    fn verb(&self) -> &'static str {
        match self.method {
            "STREAM" => "GET",
            "HOOK" => "POST",
            other => other,
        }
    }
}

fn rows() -> Vec<Row> {
    let lines = TABLE.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let mut cells = line.split('|').map(str::trim);
            let mut asked = cells.next().unwrap().split_whitespace();
            let answers: Vec<&str> = cells.collect();
            Row {
                method: asked.next().unwrap(),
                path: asked.next().unwrap_or_else(|| panic!("no path: {line}")),
                fields: asked.next().unwrap_or(""),
                answers: match answers.as_slice() {
                    [all] => [all; 7],
                    each => each.try_into().unwrap_or_else(|_| panic!("not seven answers: {line}")),
                },
            }
        })
        .collect()
}

/// The seven browsers, and what stands for the braces.
struct Cast {
    browsers: [Browser; 7],
    fill: BTreeMap<&'static str, String>,
}

async fn signed_in(portal: &TestPortal, who: &Someone) -> Browser {
    let mut browser = portal.browser();
    browser.open("/login").await;
    browser.post("/login", &[("email", &who.email), ("password", PASSWORD)]).await;
    browser.get("/challenge").await;
    let code = portal.code(&who.phone).await;
    let page = browser.post("/challenge", &[("code", &code)]).await;
    assert_eq!(page.status, 303, "{} signs in", who.name);
    browser.get("/account").await;
    browser
}

/// A coming video visit of the two, a report that was released and one that waits.
async fn care_of(portal: &TestPortal, mia: &Someone, okafor: &Someone) -> (AppointmentId, LabReportId, LabReportId) {
    let (patient, doctor) = (portal.signed(mia).await, portal.signed(okafor).await);
    let (portal, from) = (&portal.portal, clinic::network());
    clinic::set_slots(portal, &doctor, 540, 1020, 20).await;
    let booking = clinic::booking(&doctor, clinic::tomorrow_at(11, 0));
    let visit = appointments::book(portal, &patient, &booking, &from).await.ok().unwrap().id;
    let cared = records::open_for(portal, &doctor, mia.patient.unwrap(), &from).await.unwrap().unwrap();
    let mut reports = Vec::new();
    for _ in 0..2 {
        let value = NewObservation { name: "Salt".into(), value: "140".into(), ..NewObservation::default() };
        let report = NewReport {
            id: LabReportId::new(),
            panel: "Salt".into(),
            panel_loinc: String::new(),
            performer: "Lakeside Laboratory".into(),
            status: ReportStatus::Final,
            collected_at: portal.clock.now(),
            issued_at: None,
            observations: vec![value],
        };
        reports.push(labs::add_by_form(portal, &doctor, &cared, &report, &from).await.ok().unwrap().id);
    }
    labs::release(portal, &doctor, &cared, reports[0], "", &from).await.ok().unwrap();
    (visit, reports[0], reports[1])
}

async fn main_phone(portal: &TestPortal, who: &Someone) -> String {
    let mut connection = portal.portal.db.read().await.unwrap();
    phones::primary(&mut connection, who.account).await.unwrap().unwrap().0.to_string()
}

impl Cast {
    async fn of(portal: &TestPortal) -> Self {
        let (mia, noor) = (portal.patient("mia").await, portal.patient("noor").await);
        let (okafor, chen) = (portal.doctor("okafor").await, portal.doctor("chen").await);
        let (ada, kim) = (portal.admin("ada").await, portal.patient("kim").await);
        let mut nobody = portal.browser();
        let css = nobody.open("/login").await.body.split("/static/").nth(1).unwrap().to_owned();
        let mut half = portal.browser();
        half.open("/login").await;
        half.send("/login", &[("email", &kim.email), ("password", PASSWORD)]).await;
        signed_in(portal, &mia).await;
        let mut patient = signed_in(portal, &mia).await;
        let page = patient.get("/account/security").await;
        let session = |form: &str| Some(form.split("/end\"").next()?.to_owned()).filter(|id| id.len() == 36);
        // Of the two sessions, the one whose button does not say "here".
        let parts = page.body.split("/account/security/sessions/").skip(1);
        let spare = parts
            .filter(|part| !part.split("</form>").next().unwrap().contains("Sign out here"))
            .find_map(session)
            .expect("a spare session");
        let device = |form: &str| Some(form.split("/forget\"").next()?.to_owned()).filter(|id| id.len() == 36);
        let forgettable = page.body.split("/account/security/devices/").skip(1).filter_map(device).last();
        let (visit, report, due) = care_of(portal, &mia, &okafor).await;
        let fill = BTreeMap::from([
            ("visit", visit.to_string()),
            ("report", report.to_string()),
            ("due", due.to_string()),
            ("record", mia.patient.unwrap().to_string()),
            ("hash", css.split('/').next().unwrap().to_owned()),
            ("patient", mia.account.to_string()),
            ("admin", ada.account.to_string()),
            ("phone", main_phone(portal, &mia).await),
            ("twilio", "twilio".to_owned()),
            ("role", "doctor".to_owned()),
            ("made-up", AccountId::new().to_string()),
            ("browser", forgettable.expect("a known browser").parse::<DeviceId>().unwrap().to_string()),
            ("spare", spare.parse::<SessionId>().unwrap().to_string()),
        ]);
        let browsers = [
            nobody,
            half,
            patient,
            signed_in(portal, &noor).await,
            signed_in(portal, &okafor).await,
            signed_in(portal, &chen).await,
            signed_in(portal, &ada).await,
        ];
        Self { browsers, fill }
    }

    fn fill(&self, path: &str) -> String {
        self.fill.iter().fold(path.to_owned(), |path, (name, value)| path.replace(&format!("{{{name}}}"), value))
    }
}

/// The head of an answer whose body never ends.
async fn head_of(portal: &TestPortal, browser: &Browser, path: &str) -> Page {
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let response = client.get(format!("{}{path}", portal.url)).header("cookie", jar(browser)).send().await.unwrap();
    Page {
        status: response.status().as_u16(),
        address: path.to_owned(),
        headers: response.headers().clone(),
        body: String::new(),
    }
}

fn jar(browser: &Browser) -> String {
    browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
}

fn fits(page: &Page, wanted: &str) -> bool {
    match wanted {
        "login" => page.status == 303 && page.location().starts_with("/login?next="),
        "challenge" => page.status == 303 && page.location() == "/challenge",
        path if path.starts_with('/') => page.status == 303 && page.location().starts_with(path),
        status => page.status.to_string() == status,
    }
}

fn pairs(fields: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(fields.as_bytes()).map(|(k, v)| (k.into_owned(), v.into_owned())).collect()
}

#[tokio::test]
async fn every_page_answers_everybody_as_the_table_says() {
    let portal = TestPortal::start().await;
    let mut cast = Cast::of(&portal).await;
    let mut wrong = Vec::new();
    for row in rows() {
        let path = cast.fill(row.path);
        for ((browser, column), wanted) in cast.browsers.iter_mut().zip(COLUMNS).zip(row.answers) {
            let page = match row.method {
                "GET" => browser.tab().get(&path).await,
                "HOOK" => browser.tab().post_raw(&path, &[]).await,
                "STREAM" => head_of(&portal, browser, &path).await,
                "POST" => {
                    let bare = browser.tab().post_raw(&path, &pairs(row.fields)).await;
                    let held = matches!(wanted, "login" | "challenge") && fits(&bare, wanted);
                    if bare.status != 403 && !held {
                        wrong.push(format!("POST {path} without its token, {column}: {}", bare.status));
                    }
                    let mut fields = pairs(row.fields);
                    fields.push(("csrf".into(), browser.csrf()));
                    browser.tab().post_raw(&path, &fields).await
                }
                other => panic!("{other} has no place in the table"),
            };
            if !fits(&page, wanted) {
                let got = format!("{} {}", page.status, page.location());
                wrong.push(format!("{} {path}, {column}: {got} instead of {wanted}", row.method));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn a_method_without_a_row_is_no_page() {
    let portal = TestPortal::start().await;
    let cast = Cast::of(&portal).await;
    let rows = rows();
    // An id in a path is any id; a word at the place of an id is one as well.
    let known: BTreeSet<(&str, String)> = rows.iter().map(|row| (row.verb(), shape(row.path))).collect();
    let paths: BTreeSet<&str> = rows.iter().map(|row| row.path).collect();
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    for path in paths {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            if known.contains(&(method, shape(path))) {
                continue;
            }
            let request = client
                .request(method.parse().unwrap(), format!("{}{}", portal.url, cast.fill(path)))
                .header("sec-fetch-site", "same-origin")
                .header("cookie", jar(&cast.browsers[6]));
            let status = request.send().await.unwrap().status().as_u16();
            assert!(matches!(status, 404 | 405), "{method} {path} answers {status}");
        }
    }
}

/// The literal addresses of `.route("…", method())` in the source of the web layer.
fn routes(folder: &std::path::Path, found: &mut BTreeSet<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            routes(&path, found);
            continue;
        }
        let source = std::fs::read_to_string(&path).unwrap();
        for part in source.split(".route(").skip(1) {
            let Some(address) = part.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next()) else {
                panic!("{}: a route whose address is no literal: {}", path.display(), part.lines().next().unwrap())
            };
            let method = part.split(',').nth(1).unwrap().trim().split('(').next().unwrap();
            let method = method.rsplit("::").next().unwrap().to_uppercase();
            found.insert((method, shape(address)));
        }
    }
}

/// A path with every id as a star.
fn shape(path: &str) -> String {
    let part = |part: &str| if part.starts_with('{') && part != "{hash}" { "*".to_owned() } else { part.to_owned() };
    path.split('/').map(part).collect::<Vec<_>>().join("/")
}

#[test]
fn every_route_has_a_row() {
    let mut found = BTreeSet::new();
    routes(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web"), &mut found);
    let static_files = ("GET".to_owned(), "/static/{hash}/*".to_owned());
    assert!(found.remove(&static_files), "the source is read right");
    let rows: BTreeSet<(String, String)> = rows().iter().map(|row| (row.verb().to_owned(), shape(row.path))).collect();
    let missing: Vec<_> = found.difference(&rows).collect();
    assert!(missing.is_empty(), "no row in the table of access: {missing:?}");
}
