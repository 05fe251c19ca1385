//! The program on the shell.

pub mod demo;
