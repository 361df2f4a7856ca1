//! The part of suggested answers about small FAQs: what posts about something else are given.

use hearken::internals::Random;
use hearken::suggest::{Entry, Faq, Settings, Suggester};
use hearken::train::Example;

use super::Context;
use super::page::Page;
use super::sets::{examples, halves, is_there};
use super::suggestions::{NONE, drawn};
use hearken_cli::failure::Failure;

/// Entries of a small FAQ.
const ENTRIES: [usize; 2] = [5, 10];
/// Questions an entry.
const SIZES: [usize; 3] = [1, 3, 5];
/// Draws of each; the figures are their means.
const DRAWS: u64 = 10;
/// Most posts of a kind that are asked with a draw. By hand: a bound on time.
const POSTS: usize = 300;
/// Posts of customers about other things, in the language of the FAQs.
const OTHERS: [&str; 2] = ["airline_sentiment", "tweeteval_sentiment"];
/// The FAQ of the sample, and posts about other things in its languages.
const SAMPLE: &str = include_str!("../../../../data/suggest/faq.toml");
const FAR: [&str; 4] = [
    "tweeteval_sentiment",
    "csfd_asketak",
    "tnews_clue",
    "ptt_mood",
];

/// Shares of posts, 0 to 1.
#[derive(Clone, Copy, Default)]
struct Shares {
    /// Of posts about other matters of the same set: those that get a suggestion.
    near: f64,
    /// Of posts about something else: those that get a suggestion.
    far: f64,
    /// Of posts that an entry answers: those that get it, first.
    first: f64,
    /// … those that get it among up to three.
    among: f64,
}

pub(crate) fn write(context: &Context<'_>, page: &mut Page) -> Result<(), Failure> {
    page.paragraph(
        "Small FAQs: so many entries and questions, drawn ten times, suggestions as by default. \
         Shares of posts that get a suggestion though no entry answers them (of the set's other \
         labels; of `airline_sentiment` and `tweeteval_sentiment`), and of the posts of the entries \
         that get the right one first / among up to three.",
    );
    let is_there = |set: &&str| is_there(context, set);
    let mut others = Vec::new();
    for set in OTHERS.into_iter().filter(is_there) {
        others.extend(some(examples(context, set, "valid")?, 1));
    }
    let mut rows = Vec::new();
    for set in ["banking77", "clinc150"] {
        let Some((learn, test)) = halves(context, set)? else {
            continue;
        };
        for entries in ENTRIES {
            for size in SIZES {
                let mut sum = Shares::default();
                for seed in 1..=DRAWS {
                    let (faq, test) = small(&learn, &test, entries, size, seed)?;
                    let shares = measure(context, faq, &test, &others)?;
                    sum.near += shares.near / DRAWS as f64;
                    sum.far += shares.far / DRAWS as f64;
                    sum.first += shares.first / DRAWS as f64;
                    sum.among += shares.among / DRAWS as f64;
                }
                let figures = [
                    set.to_owned(),
                    entries.to_string(),
                    size.to_string(),
                    format!("{:.3}", sum.near),
                    format!("{:.3}", sum.far),
                    format!("{:.3} / {:.3}", sum.first, sum.among),
                ];
                context.tell(&format!("small FAQs: {}", figures.join(" ")));
                rows.push(figures.to_vec());
            }
        }
    }
    let header = [
        "set",
        "entries",
        "questions an entry",
        "other labels",
        "other things",
        "right entry",
    ];
    page.table(&header, &rows);
    let suggester = Suggester::new(
        &context.engine,
        Faq::from_toml(SAMPLE)?,
        Settings::default(),
    )?;
    let mut said = Vec::new();
    for set in FAR.into_iter().filter(is_there) {
        let posts = some(examples(context, set, "valid")?, 1);
        let given = context.engine.map_batch(&posts, |_, scratch, post| {
            usize::from(!suggester.suggest(&post.text, scratch).is_empty())
        });
        let share = given.iter().sum::<usize>() as f64 / posts.len().max(1) as f64;
        said.push(format!("{set} {share:.3}"));
    }
    let said = format!(
        "The FAQ of the sample, posts about other things that get a suggestion: {}.",
        said.join(", ")
    );
    context.tell(&said);
    page.paragraph(&said);
    Ok(())
}

/// At most [`POSTS`] of the texts.
fn some(mut texts: Vec<Example>, seed: u64) -> Vec<Example> {
    Random::new(seed).shuffle(&mut texts);
    texts.truncate(POSTS);
    texts
}

/// A FAQ of so many labels, and texts that it was not made of.
fn small(
    learn: &[Example],
    test: &[Example],
    entries: usize,
    size: usize,
    seed: u64,
) -> Result<(Faq, Vec<Example>), Failure> {
    let faq = drawn(learn, size, seed)?;
    let mut all: Vec<Entry> = faq.entries().to_vec();
    Random::new(seed).shuffle(&mut all);
    all.truncate(entries);
    let known = |text: &Example| all.iter().any(|entry| entry.questions.contains(&text.text));
    let test: Vec<Example> = test.iter().filter(|text| !known(text)).cloned().collect();
    let is_own = |text: &Example| all.iter().any(|entry| entry.answer == text.label);
    let (own, other): (Vec<Example>, Vec<Example>) = test.into_iter().partition(is_own);
    let mut test = some(own, seed);
    test.extend(some(other, seed));
    Ok((Faq::new(all)?, test))
}

fn measure(
    context: &Context<'_>,
    faq: Faq,
    test: &[Example],
    others: &[Example],
) -> Result<Shares, Failure> {
    let suggester = Suggester::new(&context.engine, faq, Settings::default())?;
    let found = |texts: &[Example]| -> Vec<(bool, Option<usize>)> {
        context.engine.map_batch(texts, |_, scratch, text| {
            let found = suggester.suggest(&text.text, scratch);
            let rank = found.iter().position(|one| one.entry.answer == text.label);
            (!found.is_empty(), rank)
        })
    };
    let labels: Vec<&str> = suggester
        .faq()
        .entries()
        .iter()
        .map(|entry| &*entry.answer)
        .collect();
    let (own, near): (Vec<Example>, Vec<Example>) = test
        .iter()
        .cloned()
        .partition(|text| text.label != NONE && labels.contains(&&*text.label));
    let share = |count: usize, of: &[Example]| count as f64 / of.len().max(1) as f64;
    let given = |of: &[Example]| share(found(of).iter().filter(|one| one.0).count(), of);
    let answered = found(&own);
    Ok(Shares {
        near: given(&near),
        far: given(others),
        first: share(answered.iter().filter(|one| one.1 == Some(0)).count(), &own),
        among: share(answered.iter().filter(|one| one.1.is_some()).count(), &own),
    })
}
