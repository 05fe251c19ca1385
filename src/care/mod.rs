//! Care: whose patient somebody is, when doctors can be booked, what is booked, and what laboratories found.

pub mod appointments;
pub mod doctors;
pub mod labs;
pub mod records;
pub mod slots;
