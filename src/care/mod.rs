//! Care: whose patient somebody is, when doctors can be booked, and what is booked.

pub mod appointments;
pub mod doctors;
pub mod records;
pub mod slots;
