//! Who may enter: the guard is a handler's argument type.
//!
//! `Ctx<Patient>` exists only for a patient with both factors. The default is no: a handler without a guard has no
//! session, no person and no portal to ask.

use actix_session::{Session as Cookie, SessionExt as _};
use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, HttpResponse};
use futures_util::future::LocalBoxFuture;

use crate::auth::browser::Browser;
use crate::auth::entered::Entered;
use crate::auth::sessions::{self, Kind, Session, SignedIn};
use crate::error::InternalError;
use crate::portal::Portal;
use crate::types::actor::Role;
use crate::types::ids::PatientId;
use crate::types::network::Network;
use crate::web::csrf::ReadByGuard;
use crate::web::kept;
use crate::web::layout::{Layout, see_other};
use crate::web::problem::{PageResult, Problem};
use crate::web::session;
use crate::web::visit::{FOUND, Visit, cookie};

/// Somebody whom a page is for.
pub trait Who: Sized + 'static {
    /// Whether using the page keeps the session from ending.
    const COUNTS_AS_USE: bool = true;

    /// Lets the session in, or says why not.
    ///
    /// # Errors
    /// [`Turned`].
    fn admit(session: Option<&Session>) -> Result<Self, Turned>;

    /// The session they came with.
    fn session(&self) -> Option<&Session>;

    /// Who is signed in with both factors.
    fn signed_in(&self) -> Option<&SignedIn> {
        self.session().filter(|session| session.kind == Kind::Full).and_then(|session| session.who.as_ref())
    }
}

/// Why somebody was not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turned {
    /// Nobody is signed in.
    SignInFirst,
    /// The password was right and the code is missing.
    CodeFirst,
    /// A factor that the policy counts is to be added first.
    AddFirst,
    /// Somebody else's page.
    NotYours,
}

/// Anybody; the session, if there is one.
pub struct Visitor(pub Option<Session>);

impl Who for Visitor {
    fn admit(session: Option<&Session>) -> Result<Self, Turned> {
        Ok(Self(session.cloned()))
    }

    fn session(&self) -> Option<&Session> {
        self.0.as_ref()
    }
}

/// A session with a challenge to answer, at sign-in or inside a session.
pub struct Pending(pub Session);

impl Who for Pending {
    const COUNTS_AS_USE: bool = false;

    fn admit(session: Option<&Session>) -> Result<Self, Turned> {
        match session {
            Some(session) if session.challenge.is_some() => Ok(Self(session.clone())),
            _ => Err(Turned::SignInFirst),
        }
    }

    fn session(&self) -> Option<&Session> {
        Some(&self.0)
    }
}

/// The same for pages that are closed while a factor is to be added.
fn open(session: Option<&Session>) -> Result<(&Session, &SignedIn), Turned> {
    match full(session)? {
        (session, _) if session.must_add => Err(Turned::AddFirst),
        open => Ok(open),
    }
}

fn full(session: Option<&Session>) -> Result<(&Session, &SignedIn), Turned> {
    let session = session.ok_or(Turned::SignInFirst)?;
    match (session.kind, &session.who) {
        (Kind::Full, Some(who)) => Ok((session, who)),
        (Kind::Pending, _) if session.challenge.is_some() => Err(Turned::CodeFirst),
        _ => Err(Turned::SignInFirst),
    }
}

/// Any signed-in person.
pub struct Person {
    /// Their session.
    pub session: Session,
    /// Who.
    pub signed_in: SignedIn,
}

impl Who for Person {
    fn admit(session: Option<&Session>) -> Result<Self, Turned> {
        let (session, who) = full(session)?;
        Ok(Self { session: session.clone(), signed_in: who.clone() })
    }

    fn session(&self) -> Option<&Session> {
        Some(&self.session)
    }
}

/// A signed-in person whose page asks again by itself, which is no use of the session.
pub struct Watching(pub Person);

impl Who for Watching {
    const COUNTS_AS_USE: bool = false;

    fn admit(session: Option<&Session>) -> Result<Self, Turned> {
        Person::admit(session).map(Self)
    }

    fn session(&self) -> Option<&Session> {
        Some(&self.0.session)
    }
}

macro_rules! staff {
    ($(#[$doc:meta])* $name:ident, $role:pat) => {
        $(#[$doc])*
        pub struct $name {
            /// Their session.
            pub session: Session,
            /// Who.
            pub signed_in: SignedIn,
        }

        impl Who for $name {
            fn admit(session: Option<&Session>) -> Result<Self, Turned> {
                let (session, who) = open(session)?;
                match who.role {
                    $role => Ok(Self { session: session.clone(), signed_in: who.clone() }),
                    _ => Err(Turned::NotYours),
                }
            }

            fn session(&self) -> Option<&Session> {
                Some(&self.session)
            }
        }
    };
}

staff!(
    /// A doctor.
    Doctor,
    Role::Doctor
);
staff!(
    /// An admin.
    Admin,
    Role::Admin
);
staff!(
    /// A doctor or an admin.
    Staff,
    Role::Doctor | Role::Admin
);
staff!(
    /// A patient or a doctor: the two of a visit.
    Either,
    Role::Patient | Role::Doctor
);

/// A patient.
pub struct Patient {
    /// Their session.
    pub session: Session,
    /// Who.
    pub signed_in: SignedIn,
    /// Their record.
    pub patient: PatientId,
}

impl Who for Patient {
    fn admit(session: Option<&Session>) -> Result<Self, Turned> {
        let (session, who) = open(session)?;
        match (who.role, who.patient) {
            (Role::Patient, Some(patient)) => Ok(Self { session: session.clone(), signed_in: who.clone(), patient }),
            _ => Err(Turned::NotYours),
        }
    }

    fn session(&self) -> Option<&Session> {
        Some(&self.session)
    }
}

/// A request by somebody whom the page is for.
pub struct Ctx<W> {
    /// Settings, time, data and secrets.
    pub portal: Portal,
    /// The browser that asks.
    pub browser: Browser,
    /// Who asks.
    pub who: W,
    visit: Visit,
    cookie: Cookie,
}

impl<W: Who> Ctx<W> {
    /// The frame of the page.
    pub fn layout(&self) -> Layout {
        Layout::new(&self.portal, &self.visit, self.who.session())
    }

    /// From which network.
    pub fn network(&self) -> &Network {
        &self.browser.network
    }

    /// Gives the browser the cookies of a new session and leads on.
    ///
    /// # Errors
    /// When the cookie cannot be made.
    pub fn enter(&self, entered: &Entered) -> PageResult {
        session::put(&self.cookie, &entered.token)?;
        let mut response = HttpResponse::SeeOther();
        response.insert_header(("Location", entered.next.as_str()));
        if let Some(device) = &entered.device {
            response.cookie(cookie(&self.portal.config, "device", device.expose()));
        }
        Ok(response.finish())
    }

    /// Takes the session's cookie away and leads on; caches forget what was behind the door.
    ///
    /// # Errors
    /// Never.
    pub fn leave(&self, path: &str) -> PageResult {
        session::take_away(&self.cookie);
        let mut response = see_other(path)?;
        response.headers_mut().insert(
            actix_web::http::header::HeaderName::from_static("clear-site-data"),
            actix_web::http::header::HeaderValue::from_static("\"cache\", \"storage\""),
        );
        Ok(response)
    }

    /// A form that was posted too late and is shown again, filled in: once, to the same person.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn kept<F: serde::de::DeserializeOwned>(&self) -> Result<Option<F>, Problem> {
        match self.who.signed_in() {
            Some(who) => kept::take(&self.portal, who, &self.browser, &self.visit.address).await,
            None => Ok(None),
        }
    }
}

/// Where to go instead of a page that asks for a sign-in.
fn sign_in_address(visit: &Visit, ran_out: bool) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("next", &visit.address);
    if ran_out {
        query.append_pair("ended", "1");
    }
    format!("/login?{}", query.finish())
}

impl<W: Who> FromRequest for Ctx<W> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let req = req.clone();
        // Only a form that comes after the session's end is read here; otherwise the payload is put back untouched.
        let found = FOUND.with(|slot| std::mem::replace(&mut *slot.borrow_mut(), Ok(None)));
        let admitted = match &found {
            Ok(found) => W::admit(found.as_ref().map(|(session, _)| session)),
            Err(_) => Err(Turned::SignInFirst),
        };
        let late = matches!(admitted, Err(Turned::SignInFirst)) && found.is_ok() && *req.method() == Method::POST;
        let mut body = if late { payload.take() } else { Payload::None };
        if late {
            req.extensions_mut().insert(ReadByGuard);
        }
        Box::pin(async move {
            let inside = |what: &str| Problem::Internal(InternalError::because(what));
            let portal = req.app_data::<Data<Portal>>().ok_or_else(|| inside("a route without its portal"))?;
            let portal = Portal::clone(portal);
            let visit = req.extensions().get::<Visit>().cloned().ok_or_else(|| inside("a route outside the door"))?;
            let found = found?;
            let who = match admitted {
                Ok(who) => who,
                Err(Turned::CodeFirst) => return Err(Problem::Elsewhere("/challenge".into())),
                Err(Turned::AddFirst) => return Err(Problem::Elsewhere("/account/security?done=add".into())),
                Err(Turned::NotYours) => return Err(Problem::NotYours),
                Err(Turned::SignInFirst) => {
                    if late {
                        kept::keep(&portal, &req, &visit, &mut body).await?;
                    }
                    // Only a session that ran out is said to have; one that was ended has other reasons.
                    let ran_out = match session::token_of(&req, &portal) {
                        Some(token) => sessions::lately(&portal, &token).await?.is_some(),
                        None => false,
                    };
                    return Err(Problem::Elsewhere(sign_in_address(&visit, ran_out)));
                }
            };
            if W::COUNTS_AS_USE
                && let Some((session, _)) = &found
                && session.kind == Kind::Full
            {
                sessions::touch(&portal, session).await?;
            }
            let cookie = req.get_session();
            let browser = visit.browser.clone();
            Ok(Self { portal, browser, who, visit, cookie })
        })
    }
}
