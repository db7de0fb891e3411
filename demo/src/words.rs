//! The people, artworks and critiques of a demo.
//!
//! Every title and critique belongs to a [`Subject`], so that the words fit their picture.

mod critiques;
mod pieces;

pub use critiques::{CRITIQUES, GENERAL};
pub use pieces::PIECES;

use crate::art::Subject;

/// A demo account.
#[derive(Clone, Copy, Debug)]
pub struct Person {
    /// The handle; easy to tell from all others.
    pub handle: &'static str,
    /// The display name.
    pub display_name: &'static str,
}

/// An artwork to be critiqued.
#[derive(Clone, Copy, Debug)]
pub struct Piece {
    /// Its title.
    pub title: &'static str,
    /// The medium, and the feedback that the artist asks for, in Markdown.
    pub description: &'static str,
    /// The subject of its picture.
    pub subject: Subject,
}

const fn person(handle: &'static str, display_name: &'static str) -> Person {
    Person {
        handle,
        display_name,
    }
}

/// All people in the demo.
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
