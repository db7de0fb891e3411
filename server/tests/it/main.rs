//! The product's promises, tested from outside: the server is a process, and its users are clients
//! over TCP.
//!
//! [`site`] starts, kills and restarts the server; [`person`] is a user with a browser; [`wire`] is
//! a socket with a checked inbox. Each other module covers one subject.

mod backup;
mod closing;
mod codes;
mod crash;
mod critiques;
mod database;
mod doctor;
mod early_answers;
mod elsewhere;
mod example;
mod following;
mod forgery;
mod form_limits;
mod forms;
mod forwarded;
mod guests;
mod handshake;
mod hang_ups;
mod headers;
mod held;
mod input;
mod jobs;
mod language;
mod law;
mod limits;
mod logging;
mod marking;
mod media;
mod metrics;
mod outsiders;
mod person;
mod previews;
mod raw;
mod readers;
mod recovery;
mod redaction;
mod reference;
mod requests;
mod resume;
mod revival;
mod scenario;
mod sessions;
mod settings;
mod shutdown;
mod site;
mod slow;
mod starting;
mod texts;
mod throttle;
mod together;
mod tokens;
mod torture;
mod uploads;
mod watching;
mod wire;
