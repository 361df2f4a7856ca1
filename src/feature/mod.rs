//! Features: what a model sees of a post.

pub mod lexicon;
