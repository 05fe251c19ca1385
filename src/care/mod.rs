//! Care: whose patient somebody is, when doctors can be booked, what is booked, who is
//! reminded of it, and what laboratories found.

pub mod appointments;
pub mod doctors;
pub mod labs;
pub mod records;
pub mod reminders;
pub mod slots;
