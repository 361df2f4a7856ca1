//! Counts of instructions that are checked in: what of a new count fails, and what is only told.

#[path = "../benches/instructions/counts.rs"]
#[allow(unreachable_pub, reason = "the bench needs more of it")]
mod counts;

use counts::{Count, compare_with};

const KEPT: &str = "# rustc 1.0.0, x86_64-linux\n\
    language\twork\tposts\tbytes\tinstructions\tD1 misses\tLL misses\n\
    English\thearken\t10\t100\t10000\t50\t1\n\
    Czech\thearken\t10\t100\t20000\t50\t1\n";

fn counted(language: &str, instructions: u64) -> Count {
    Count {
        language: language.into(),
        work: "hearken".into(),
        posts: 10,
        bytes: 100,
        instructions,
        first_misses: 0,
        last_misses: 0,
    }
}

#[test]
fn a_language_that_grows_by_more_than_two_percent_fails_under_the_same_toolchain() {
    let same = "rustc 1.0.0, x86_64-linux";
    for (english, czech, named) in [
        (10_000, 20_000, None),
        (10_199, 15_000, None),
        (10_201, 20_000, Some("English")),
        (9_000, 20_401, Some("Czech")),
    ] {
        let counts = [counted("English", english), counted("Czech", czech)];
        let error = compare_with(KEPT, same, &counts).err();
        let is_named = |error: &String| named.is_some_and(|name| error.starts_with(name));
        assert_eq!(
            error.as_ref().is_some_and(is_named),
            named.is_some(),
            "{error:?}"
        );
        assert_eq!(error.is_some(), named.is_some());
        assert!(compare_with(KEPT, "rustc 1.1.0, x86_64-linux", &counts).is_ok());
    }
    // What is not kept yet is told, and a file that is none is refused.
    assert!(compare_with(KEPT, same, &[counted("Chinese", 1)]).is_ok());
    assert!(compare_with("English", same, &[]).is_err());
}

#[test]
fn the_counts_that_are_checked_in_can_be_read() {
    let (toolchain, table) = counts::kept_table().expect("they are sound");
    assert!(toolchain.starts_with("rustc "), "{toolchain}");
    for language in ["English", "Chinese", "Czech"] {
        assert!(table.contains(&format!("| {language} |")), "{table}");
    }
}
