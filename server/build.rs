//! Has the program compiled again when a file is added to the site that it embeds. The compiler
//! itself follows only the files that it embedded before.

fn main() {
    let watched = match std::env::var_os("CARGO_FEATURE_EMBED") {
        Some(_) => "../target/site",
        None => "build.rs",
    };
    println!("cargo::rerun-if-changed={watched}");
}
