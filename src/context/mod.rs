//! Context: what is remembered of authors and threads, bounded and decaying.

pub(crate) mod echo;
