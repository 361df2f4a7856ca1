//! A person who asks to be erased: what the desk removes, what it keeps, and what is left to do.
//!
//! `cargo run --example forget`

use hearken::desk::{Desk, Settings};
use hearken::forget::Person;
use hearken::observation::{Accounts, Identities, Secret};
use hearken::{Engine, Post};

fn main() -> hearken::Result<()> {
    // The key is yours: keep it where other secrets are, apart from the state.
    let secret = Secret::from_bytes(*b"sixteen bytes it");
    let identities = Identities::new(secret, Accounts::PerChannel);
    let engine = Engine::builder().identities(identities).build()?;
    let mut desk = Desk::new(&engine, Settings::for_engine(&engine)?)?;
    let lines = [
        r#"{"id":"1","text":"My refund never arrived!","created_at":"2026-03-02T09:00:00Z","channel":"mail","author":{"id":"ann"},"customer":{"id":"c1"}}"#,
        r#"{"id":"2","text":"Still no refund, this is outrageous","created_at":"2026-03-02T12:00:00Z","channel":"chat","author":{"id":"ann_77"},"customer":{"id":"c1"}}"#,
        r#"{"id":"3","text":"Where is my parcel?","created_at":"2026-03-02T12:05:00Z","channel":"chat","author":{"id":"bob"}}"#,
    ];
    let posts = lines.map(|line| Post::from_json(line).map(Post::into_owned));
    let posts = posts.into_iter().collect::<hearken::Result<Vec<_>>>()?;
    for post in &posts {
        desk.observe(post);
    }
    // The account on the mail leads to the customer record, and that to the account on the chat.
    // The posts are at hand, so they are taken off counts, too.
    let ann = Person::author_on("mail", "ann");
    let forgotten = desk.forget_with(&[ann], posts);
    for removed in &forgotten.removed {
        println!("{}: {} {}", removed.room, removed.count, removed.what);
    }
    for stays in &forgotten.stays {
        println!("{} keeps {}; {}", stays.room, stays.what, stays.why);
    }
    for place in desk.next(9) {
        println!("{} still waits", place.post);
    }
    // Now save the desk, and delete what you wrote of ann elsewhere.
    Ok(())
}
