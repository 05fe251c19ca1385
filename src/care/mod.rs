//! What the clinic does for its patients: records, and the results of their laboratories.

pub mod labs;
pub mod records;
