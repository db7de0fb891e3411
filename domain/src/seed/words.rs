//! The people of a demo, what they show, and what is said about it.
//!
//! Every title and every critique goes with a [`Subject`], so that words fit the picture they stand
//! beside.

mod critiques;
mod pieces;

pub use critiques::{CRITIQUES, GENERAL};
pub use pieces::PIECES;

use super::art::Subject;

/// Somebody with an account.
#[derive(Clone, Copy, Debug)]
pub struct Person {
    /// What they sign in with; unlike every other even to a careless eye.
    pub handle: &'static str,
    /// The name they go by.
    pub display_name: &'static str,
}

/// An artwork to be critiqued.
#[derive(Clone, Copy, Debug)]
pub struct Piece {
    /// Its title.
    pub title: &'static str,
    /// Medium and what the artist wants to hear about, in Markdown.
    pub description: &'static str,
    /// What its picture shows.
    pub subject: Subject,
}

const fn person(handle: &'static str, display_name: &'static str) -> Person {
    Person {
        handle,
        display_name,
    }
}

/// Everybody in the demo.
pub const PEOPLE: &[Person] = &[
    person("mirela_paints", "Mirela Ionescu"),
    person("tomasz-k", "Tomasz Kowalczyk"),
    person("yuki_hara", "原 由紀"),
    person("adaeze", "Adaeze Okonkwo"),
    person("joaquin-v", "Joaquín Vidal"),
    person("saoirse", "Saoirse Brennan"),
    person("dmitri_l", "Дмитрий Лебедев"),
    person("leila-n", "لیلا نوری"),
    person("hanneke", "Hanneke de Wit"),
    person("kwabena_art", "Kwabena Asante"),
    person("noor", "Noor Rahman"),
    person("ingrid-s", "Ingrid Sørlie"),
    person("minseo", "김민서"),
    person("paolo_b", "Paolo Bertolini"),
    person("tuyet-mai", "Nguyễn Tuyết Mai"),
    person("eleni_g", "Ελένη Γεωργίου"),
    person("marcus-t", "Marcus Tetteh-Hale"),
    person("priya_draws", "Priya Venkatesan"),
    person("zofia", "Zofia Wróbel"),
    person("ravi-sketch", "रवि देशपांडे"),
    person("camille_f", "Camille Fournier"),
    person("oyvind", "Øyvind Dahl"),
    person("chenxi", "陈晨曦"),
    person("ruth-abel", "Ruth Abelmann"),
];
