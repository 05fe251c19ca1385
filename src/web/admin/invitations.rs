//! `/admin/people/invitations` and `/admin/people/invite`: inviting doctors and admins. The link is mailed and never
//! shown.

use actix_web::web::{Path, Query, ServiceConfig, get, post};
use askama::Template;
use serde::Deserialize;

use crate::audit::Deed;
use crate::auth::step_up;
use crate::error::Failure;
use crate::identity::invitations::{self, InviteRefusal, NewInvitation};
use crate::types::actor::Role;
use crate::types::email_address::EmailAddress;
use crate::types::ids::InvitationId;
use crate::types::person_name::PersonName;
use crate::web::account::{role_word, when};
use crate::web::admin::read;
use crate::web::csrf::{Posted, Pressed};
use crate::web::entry;
use crate::web::entry::register::{email_sentence, name_sentence};
use crate::web::forms::{Choice, Errors};
use crate::web::guard::{Admin, Ctx};
use crate::web::layout::{Layout, page, refused, see_other};
use crate::web::problem::{PageResult, Problem};
use crate::words::Words;

/// A longer specialty is refused, in characters: it stands beside the doctor's name.
const LONGEST_SPECIALTY: usize = 80;

const LIST: &str = "/admin/people/invitations";
const INVITE: &str = "/admin/people/invite";

/// An invitation that nobody accepted yet.
struct Open {
    id: InvitationId,
    name: String,
    role: String,
    email: String,
    ends: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Done {
    Invited,
    Withdrawn,
}

#[derive(Template)]
#[template(path = "admin/people/invitations.html")]
struct ListPage {
    layout: Layout,
    done: Option<Done>,
    open: Vec<Open>,
}

#[derive(Template)]
#[template(path = "admin/people/invite.html")]
struct InvitePage {
    layout: Layout,
    errors: Errors,
    typed: InviteForm,
    roles: Vec<Choice>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct InviteForm {
    role: String,
    full_name: String,
    email: String,
    specialty: String,
}

impl InviteForm {
    /// Everything checked, or everything that is wrong.
    fn check(&self, words: &Words) -> Result<NewInvitation, Errors> {
        let mut errors = Errors::none();
        let role = self.role.parse().ok().filter(|role| *role != Role::Patient);
        if role.is_none() {
            errors.add("role", words.t("invite-role-empty"));
        }
        let name = PersonName::parse(&self.full_name)
            .map_err(|refusal| errors.add("full_name", name_sentence(words, refusal)));
        let email =
            EmailAddress::parse(&self.email).map_err(|refusal| errors.add("email", email_sentence(words, refusal)));
        let specialty = self.specialty.split_whitespace().collect::<Vec<_>>().join(" ");
        if role == Some(Role::Doctor) && specialty.is_empty() {
            errors.add("specialty", words.t("invite-specialty-empty"));
        }
        if specialty.chars().count() > LONGEST_SPECIALTY {
            errors.add("specialty", words.with("invite-specialty-long").arg("most", LONGEST_SPECIALTY).to_string());
        }
        match (role, name, email) {
            (Some(role), Ok(name), Ok(email)) if errors.is_empty() => {
                let specialty = (role == Role::Doctor).then_some(specialty);
                Ok(NewInvitation { role, name, email, specialty })
            }
            _ => Err(errors),
        }
    }
}

impl InvitePage {
    fn new(ctx: &Ctx<Admin>, typed: InviteForm, errors: Errors) -> Self {
        let layout = ctx.layout();
        let roles = [Role::Doctor, Role::Admin]
            .into_iter()
            .map(|role| Choice::new(role.as_str(), role_word(&layout.words, role), typed.role == role.as_str()))
            .collect();
        Self { layout, errors, typed, roles }
    }
}

#[derive(Deserialize)]
struct Arrival {
    done: Option<String>,
}

/// `GET /admin/people/invitations`: those that nobody accepted yet.
async fn list(ctx: Ctx<Admin>, arrival: Query<Arrival>) -> PageResult {
    let layout = ctx.layout();
    let open = invitations::list(&ctx.portal).await?;
    read(&ctx, Deed::PeopleRead, None).await?;
    let done = match arrival.done.as_deref() {
        Some("invited") => Some(Done::Invited),
        Some("withdrawn") => Some(Done::Withdrawn),
        _ => None,
    };
    let open = open
        .into_iter()
        .map(|invitation| Open {
            id: invitation.id,
            name: invitation.name.as_str().to_owned(),
            role: role_word(&layout.words, invitation.role),
            email: invitation.email.as_str().to_owned(),
            ends: when(&layout, invitation.expires_at),
        })
        .collect();
    page(&ListPage { layout, done, open })
}

/// `GET /admin/people/invite`: asks for the admin's own code first, so that nothing typed is lost later.
async fn new(ctx: Ctx<Admin>) -> PageResult {
    if step_up::fresh(&ctx.portal, &ctx.who.session).is_none() {
        return see_other(&entry::step_up::address(INVITE));
    }
    page(&InvitePage::new(&ctx, ctx.kept().await?.unwrap_or_default(), Errors::none()))
}

/// `POST /admin/people/invite`: mails the link; 303 to the invitations, or 422 and what is wrong.
async fn invite(ctx: Ctx<Admin>, Posted(typed): Posted<InviteForm>) -> PageResult {
    if step_up::fresh(&ctx.portal, &ctx.who.session).is_none() {
        return see_other(&entry::step_up::address(INVITE));
    }
    let words = ctx.layout().words;
    let new = match typed.check(&words) {
        Ok(new) => new,
        Err(errors) => return refused(&InvitePage::new(&ctx, typed, errors)),
    };
    let by = ctx.who.signed_in.actor();
    let errors = match invitations::invite(&ctx.portal, &by, new, Some(ctx.network())).await {
        // The answered link is for the shell; here only the mail carries it.
        Ok(_) => return see_other("/admin/people/invitations?done=invited"),
        Err(Failure::Refused(InviteRefusal::HasAccount)) => Errors::one("email", words.t("invite-has_account")),
        Err(Failure::Refused(InviteRefusal::NotStaff)) => Errors::one("role", words.t("invite-role-empty")),
        Err(Failure::Internal(error)) => return Err(error.into()),
    };
    refused(&InvitePage::new(&ctx, typed, errors))
}

/// `POST /admin/people/invitations/{id}/withdraw`: 303 back; one that is over stays so.
async fn withdraw(ctx: Ctx<Admin>, id: Path<String>, _: Posted<Pressed>) -> PageResult {
    let id: InvitationId = id.parse().map_err(|_| Problem::NotFound)?;
    let by = ctx.who.signed_in.actor();
    if invitations::withdraw(&ctx.portal, &by, id, ctx.network()).await? {
        return see_other("/admin/people/invitations?done=withdrawn");
    }
    see_other(LIST)
}

/// Their routes.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.route("/admin/people/invitations", get().to(list))
        .route("/admin/people/invite", get().to(new))
        .route("/admin/people/invite", post().to(invite))
        .route("/admin/people/invitations/{id}/withdraw", post().to(withdraw));
}
