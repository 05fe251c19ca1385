//! What leaves the building: text messages, calls and mail, queued with the change that caused them and then dispatched.

pub mod bounces;
pub mod brakes;
pub mod breakers;
pub mod dispatches;
pub mod email;
pub mod gateways;
pub mod live_code;
pub mod lookup;
pub mod mail_refusals;
pub mod opt_outs;
pub mod reason;
pub mod receipts;
pub mod routing;
mod sending;
mod silence;
pub mod sms;
pub mod texts;
pub mod voice;
pub mod worker;
