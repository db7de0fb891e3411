//! The ways in which the site reaches people outside its pages: mail.
//!
//! A channel only carries: what is sent, to whom and when is decided by the services, in jobs.

pub mod mail;
