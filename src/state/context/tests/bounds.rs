//! Ceilings, and what leaves when they are reached; settings.

use super::*;

#[test]
fn the_oldest_go_first_and_who_waits_stays_longer() {
    let settings = Settings {
        authors: 16,
        threads: 16,
        replies: 8,
        ..Settings::default()
    };
    let mut context = context(settings);
    for number in 0..17i64 {
        let calm = triage(number < 2, false, 0);
        context.take(
            &post("", number * HOUR, "", &format!("u{number}"), ""),
            &calm,
            false,
        );
    }
    let evicted = context.evicted();
    assert_eq!(
        (evicted.authors, evicted.authors_open, context.authors()),
        (2, 0, 15)
    );
    let mut last = |number: i64| {
        context
            .take(
                &post("", 40 * HOUR, "", &format!("u{number}"), ""),
                &Triage::default(),
                false,
            )
            .author
            .last
    };
    assert_eq!((last(0), last(4)), (Some(0), Some(4 * HOUR)));
    assert_eq!((last(2), last(3)), (None, None));
    let gone = context.evict_before(16 * HOUR);
    assert_eq!(gone.authors, 10, "all but five of 17");
    assert_eq!(gone.authors_open, 1);
    assert_eq!(
        context.evicted().authors,
        2 + 2 + 10,
        "u3 was one too many again"
    );
}

#[test]
fn a_flood_stays_within_the_ceilings() {
    let settings = Settings {
        authors: 1000,
        threads: 500,
        replies: 300,
        ..Settings::default()
    };
    let mut context = context(settings);
    let mut most = 0;
    for number in 0..20_000i64 {
        let mut flood = post(
            &format!("{number}"),
            number,
            "",
            &format!("u{number}"),
            &format!("c{}", number / 2),
        );
        if number % 3 == 0 {
            flood.thread = Some(format!("t{}", number / 10).into());
        }
        context.take(&flood, &triage(number % 2 == 0, false, 0), false);
        if number % 500 == 0 {
            most = most.max(context.memory_usage());
        }
    }
    assert!(context.authors() <= 1000 && context.threads() <= 500);
    assert!(most <= settings.most_bytes(), "{most} bytes");
    let evicted = context.evicted();
    assert_eq!(evicted.authors as usize + context.authors(), 10_000);
    assert!(evicted.accounts > 18_000 && evicted.replies > 5000 && evicted.authors_open > 8000);
    // Two contexts together are one within the ceilings.
    let other = context.clone();
    context.merge(other).expect("one key");
    assert!(context.authors() <= 1000 && context.memory_usage() <= settings.most_bytes());
}

#[test]
fn settings_are_checked() {
    let wrong = [
        Settings {
            authors: 7,
            ..Settings::default()
        },
        Settings {
            replies: 1 << 29,
            ..Settings::default()
        },
        Settings {
            half_life: Duration::ZERO,
            ..Settings::default()
        },
    ];
    for settings in wrong {
        let error = Context::new(settings, identities(KEY)).expect_err("it makes no sense");
        assert!(error.is_settings(), "{error}");
    }
    assert!(
        Settings::default().most_bytes() <= 342_000_000,
        "{}",
        Settings::default().most_bytes()
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// A memory that is kept and read again after any post forgets what one that went on forgets.
    #[test]
    fn at_the_ceilings_a_memory_that_is_read_again_forgets_the_same(
        draws in prop::collection::vec((draw(), any::<bool>()), 10..120),
    ) {
        let settings = Settings { authors: 8, threads: 8, replies: 8, posts: 16, ..Settings::default() };
        let (mut went_on, mut read) = (context(settings), context(settings));
        let (draws, kept): (Vec<Draw>, Vec<bool>) = draws.into_iter().unzip();
        for (number, ((post, triage, person), kept)) in posts(&draws).iter().zip(kept).enumerate() {
            // Some posts come again, edited.
            let again = number % 5 == 4;
            let mut post = post.clone();
            if again {
                post.id = Some(format!("p{}", number.saturating_sub(person % 7)).into());
            }
            let one = went_on.take(&post, triage, false);
            prop_assert_eq!(one, read.take(&post, triage, false));
            if kept {
                let memory = Memory::from_bytes(&bytes(&read)).expect("its own bytes");
                read = Context::with_memory(memory, identities(KEY)).expect("the same key");
            }
        }
        prop_assert_eq!(bytes(&went_on), bytes(&read));
    }
}
