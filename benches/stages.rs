//! Each stage by itself, on one thread, beside the floors: what JSON, words and the segmenter
//! cost without hearken.

#[path = "support/stages.rs"]
mod stages;
mod support;

fn main() {
    println!("{}", stages::board(support::criterion()));
}
