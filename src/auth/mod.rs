//! How people prove who they are: password, then a second factor, then a session.

pub mod browser;
pub mod budgets;
pub mod challenges;
pub mod entered;
pub mod factors;
pub mod invited;
pub mod kept_forms;
pub mod lockout;
pub mod password_reset;
pub mod prove;
pub mod recovery;
pub mod register;
pub mod sessions;
pub mod sign_in;
pub mod step_up;
pub mod test_text;
pub mod text_brakes;
pub mod trusted_devices;
