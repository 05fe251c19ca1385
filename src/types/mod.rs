//! Values that check themselves: each is valid because it exists.

pub mod actor;
pub mod amount;
pub mod birth_date;
pub mod code_time;
pub mod code_way;
pub mod country;
pub mod email_address;
pub mod factor_kind;
pub mod ids;
pub mod locale;
pub mod network;
pub mod person_name;
pub mod phone;
pub mod remind_by;
pub mod role_policy;
pub mod text_value;
pub mod zone;
