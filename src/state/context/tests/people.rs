//! Who is who, what belongs to a thread, and what an answer closes.

use super::*;

#[test]
fn a_person_is_known_by_account_and_record() {
    let mut context = fresh();
    context.take(&post("1", 0, "twitter", "u", ""), &complaint(), false);
    // The record joins what the account wrote before.
    let known = context
        .take(&post("2", HOUR, "twitter", "u", "c"), &complaint(), false)
        .author;
    assert_eq!(
        (known.unanswered, known.since, known.last),
        (1, Some(0), Some(0))
    );
    // Another account of the same record, and the first without it.
    let known = context
        .take(&post("3", 2 * HOUR, "chat", "w", "c"), &complaint(), false)
        .author;
    assert_eq!((known.unanswered, known.tried.len()), (2, 1));
    let known = context
        .take(
            &post("4", 3 * HOUR, "twitter", "u", ""),
            &complaint(),
            false,
        )
        .author;
    assert_eq!((known.unanswered, &*known.tried[0]), (3, "chat"));
    assert_eq!(
        known
            .channels
            .iter()
            .map(|name| &**name)
            .collect::<Vec<_>>(),
        ["chat", "twitter"]
    );
    assert_eq!(context.authors(), 1);
    // The same letters on another channel are somebody else, and a name is nobody.
    assert_eq!(
        context
            .take(&post("5", 4 * HOUR, "weibo", "u", ""), &complaint(), false)
            .author
            .unanswered,
        0
    );
    let mut named = post("6", 5 * HOUR, "weibo", "", "");
    named.author.name = Some("u".into());
    context.take(&named, &complaint(), false);
    assert_eq!(context.authors(), 2);
}

#[test]
fn a_shared_account_is_nobody() {
    let mut context = fresh();
    context.take(&post("1", 0, "web", "visitor", "c1"), &complaint(), false);
    context.take(&post("2", 1, "web", "visitor", "c2"), &complaint(), false);
    assert_eq!(
        context
            .take(&post("3", 2, "web", "visitor", ""), &complaint(), false)
            .author
            .unanswered,
        0
    );
    assert_eq!(
        context
            .take(&post("4", 3, "web", "visitor", "c1"), &complaint(), false)
            .author
            .unanswered,
        1
    );
}

#[test]
fn one_space_of_accounts_where_the_source_has_one() {
    let mut context = Context::new(
        Settings {
            ..Settings::default()
        },
        Identities::new(Secret::from_bytes(KEY), Accounts::Shared),
    )
    .expect("the settings are sound");
    context.take(&post("1", 0, "twitter", "u", ""), &complaint(), false);
    assert_eq!(
        context
            .take(&post("2", 1, "chat", "u", ""), &complaint(), false)
            .author
            .unanswered,
        1
    );
    assert!(!context.forget(&Person::author("u")).is_empty());
    assert_eq!(context.authors(), 0);
}

#[test]
fn answers_close_what_they_answer() {
    let complaints = || {
        let mut context = fresh();
        for (id, at, channel) in [("1", 0, "twitter"), ("2", 1, "chat"), ("3", 2, "chat")] {
            context.take(&post(id, at, channel, "", "c"), &complaint(), false);
        }
        context
    };
    let open = |context: &mut Context| {
        let known = context
            .take(
                &post("", 9, "mail", "", "c"),
                &triage(false, false, 0),
                false,
            )
            .author;
        (known.unanswered, known.since)
    };
    assert_eq!(open(&mut complaints()), (3, Some(0)));
    // An answer to a post closes it; one that names the customer closes all before it.
    let mut context = complaints();
    context.take(&answer("1", 5, ""), &Triage::default(), false);
    assert_eq!(open(&mut context), (2, Some(1)));
    let mut context = complaints();
    context.take(&answer("", 1, "c"), &Triage::default(), false);
    assert_eq!(open(&mut context), (1, Some(2)));
    let mut context = complaints();
    context.answered_thread("3", 5);
    assert_eq!(open(&mut context), (2, Some(0)));
    let mut context = complaints();
    context.answered_customer("c", 5);
    assert_eq!(open(&mut context), (0, None));
    let mut context = complaints();
    context.answered(&post("3", 2, "chat", "", "c"), 5);
    assert_eq!(open(&mut context), (0, None));
    // Neither spam nor small talk waits for an answer.
    let mut context = fresh();
    context.take(
        &post("1", 0, "chat", "", "c"),
        &triage(true, true, 0),
        false,
    );
    context.take(
        &post("2", 1, "chat", "", "c"),
        &triage(false, false, 0),
        false,
    );
    assert_eq!(open(&mut context), (0, None));
}

#[test]
fn more_complaints_than_are_kept_are_counted_and_closed() {
    let mut context = fresh();
    let reply = |at: i64| Post {
        thread: Some("t".into()),
        ..post(&format!("p{at}"), at, "chat", "", "c")
    };
    for at in 0..12 {
        context.take(&reply(at), &complaint(), false);
    }
    let known = context.take(&reply(12), &complaint(), false);
    assert_eq!((known.author.unanswered, known.author.since), (12, Some(0)));
    assert_eq!((known.thread.messages, known.thread.unanswered), (12, 12));
    context.take(&answer("t", 20, ""), &Triage::default(), false);
    let known = context.take(&reply(21), &complaint(), false);
    assert_eq!(
        (
            known.author.unanswered,
            known.thread.unanswered,
            known.thread.messages
        ),
        (0, 0, 13)
    );
}

#[test]
fn a_thread_is_found_from_parent_to_parent() {
    let mut context = fresh();
    let reply = |id: &str, to: &str, at: i64| Post {
        in_reply_to: Some(to.to_string().into()),
        ..post(id, at, "ptt", "", "")
    };
    context.take(&post("1", 0, "ptt", "", ""), &triage(true, false, 7), false);
    context.take(&reply("2", "1", 1), &triage(false, false, 8), false);
    let history = context.take(&reply("3", "2", 2), &triage(false, false, 9), true);
    assert_eq!(
        (
            history.thread.messages,
            history.thread.unanswered,
            history.thread.since
        ),
        (2, 2, Some(0))
    );
    assert_eq!(history.thread.root.expect("the first post").topics(), [7]);
    assert_eq!(history.inherited.expect("its parent").topics(), [8]);
    assert_eq!(context.threads(), 1);
    // Who agrees below an agent's answer agrees with the thread, and who agrees with an echo, with
    // what that echoes.
    let agent = Post {
        role: Role::Agent,
        ..reply("4", "1", 3)
    };
    context.take(&agent, &triage(false, false, 1), false);
    let history = context.take(&reply("5", "4", 4), &Triage::default(), true);
    assert_eq!(
        history.inherited.map(|gist| gist.sentiment),
        Some(Polarity::Negative)
    );
    let history = context.take(&reply("6", "5", 5), &Triage::default(), true);
    assert_eq!(history.inherited.expect("its parent's").topics(), [7]);
    assert_eq!(
        context
            .take(&reply("7", "5", 6), &Triage::default(), false)
            .inherited,
        None
    );
    // Nothing is known of what it agrees with.
    assert_eq!(
        context
            .take(&reply("9", "8", 7), &Triage::default(), true)
            .inherited,
        None
    );
}

#[test]
fn counts_decay_by_half_lives() {
    let mut context = fresh();
    let half_life = Settings::default().half_life_ms();
    for _ in 0..4 {
        context.take(&post("", 0, "", "u", ""), &triage(true, true, 0), false);
    }
    let mut at = |at: i64| {
        context
            .take(&post("", at, "", "u", ""), &triage(false, false, 0), false)
            .author
    };
    assert_eq!((at(0).posts, at(0).spam), (4.0, 0.8));
    // Six by now: two of them ham.
    assert_eq!(at(half_life).posts, 3.0);
    let late = at(4 * half_life);
    assert!(
        (late.posts - 0.125).abs() < 1e-6,
        "one post three half-lives ago; what is older than eight panes is gone"
    );
    assert_eq!(late.negative, 0.0);
}
