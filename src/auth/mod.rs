//! How people prove who they are: password, then a second factor, then a session.

pub mod alerts;
pub mod browser;
pub mod budgets;
pub mod challenges;
pub mod current_password;
pub mod email_change;
pub mod entered;
pub mod factors;
pub mod invited;
pub mod kept_forms;
pub mod lockout;
mod opening;
pub mod passkey_sign_in;
pub mod password_change;
pub mod password_reset;
pub mod phone_changes;
pub mod policy;
pub mod prove;
pub mod recovery;
pub mod register;
pub mod risk;
pub mod sessions;
pub mod sign_in;
pub mod step_up;
pub mod test_text;
pub mod text_brakes;
pub mod trusted_devices;
