//! Training: from labelled texts to the files that the library reads.

pub mod language;
