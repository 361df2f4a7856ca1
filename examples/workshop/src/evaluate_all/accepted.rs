//! The part of suggested answers about what people accept: how a FAQ grows by its log.

use hearken::internals::Random;
use hearken::learn::{Correction, Corrections};
use hearken::suggest::{Faq, Settings, Suggester, TASK};
use hearken::train::Example;

use super::Context;
use super::page::Page;
use super::sets::halves;
use super::suggestions::{drawn, measure};
use hearken_cli::failure::Failure;

/// The set, and the questions an entry that the FAQ begins with.
const SET: &str = "banking77";
const BEGUN: usize = 3;
/// How often suggestions are learnt from: after so many posts an entry in all.
const ROUNDS: [usize; 4] = [2, 7, 17, 47];
/// Draws; the figures are their means.
const DRAWS: u64 = 3;

pub(crate) fn write(context: &Context<'_>, page: &mut Page) -> Result<(), Failure> {
    let Some((learn, test)) = halves(context, SET)? else {
        return Ok(());
    };
    page.paragraph(
        "Accepted answers: a FAQ of three questions an entry of banking77 sees further posts of the \
         train half. Where the right entry is among its suggestions, that is accepted and goes into \
         the log of corrections, from which it learns four times. Right entry first on the valid \
         half, means of three draws, beside a FAQ that has as many questions an entry by hand.",
    );
    let mut sums = vec![[0.0; 3]; ROUNDS.len() + 1];
    for seed in 1..=DRAWS {
        let faq = drawn(&learn, BEGUN, seed)?;
        let mut posts: Vec<&Example> = learn.iter().collect();
        let own = |post: &&Example| {
            let mut entries = faq.entries().iter();
            entries.any(|entry| entry.questions.contains(&post.text))
        };
        posts.retain(|post| !own(post));
        Random::new(seed).shuffle(&mut posts);
        let mut corrections = Corrections::default();
        let (mut seen, mut grown) = (0, faq.clone());
        for (round, sum) in sums.iter_mut().enumerate() {
            let reached = measure(context, grown.clone(), &test)?;
            let by_hand = match round.checked_sub(1).and_then(|at| ROUNDS.get(at)) {
                Some(more) => measure(context, drawn(&learn, BEGUN + more, seed)?, &test)?,
                None => reached,
            };
            let figures = [corrections.len() as f64, reached.first, by_hand.first];
            for (sum, figure) in sum.iter_mut().zip(figures) {
                *sum += figure / DRAWS as f64;
            }
            let until = ROUNDS
                .get(round)
                .map_or(seen, |more| more * faq.entries().len());
            let next = posts
                .iter()
                .take(until.min(posts.len()))
                .skip(seen)
                .copied();
            accept(context, &grown, next.collect(), seen, &mut corrections)?;
            seen = until;
            let standing: Vec<Correction> = corrections.standing(TASK).collect();
            let accepted = standing.iter().map(|one| (&*one.label, &*one.text));
            grown = faq.with_accepted(accepted).0;
        }
    }
    let rows: Vec<Vec<String>> = std::iter::once(&0)
        .chain(&ROUNDS)
        .zip(&sums)
        .map(|(more, [accepted, first, by_hand])| {
            vec![
                more.to_string(),
                format!("{accepted:.0}"),
                format!("{first:.3}"),
                format!("{by_hand:.3}"),
            ]
        })
        .collect();
    for row in &rows {
        context.tell(&format!("accepted answers: {}", row.join(" ")));
    }
    let header = [
        "posts an entry",
        "accepted",
        "right entry first",
        "as many by hand",
    ];
    page.table(&header, &rows);
    Ok(())
}

/// Accepts what is right of the suggestions for `posts`.
fn accept(
    context: &Context<'_>,
    faq: &Faq,
    posts: Vec<&Example>,
    before: usize,
    corrections: &mut Corrections,
) -> Result<(), Failure> {
    let suggester = Suggester::new(&context.engine, faq.clone(), Settings::default())?;
    let found = context.engine.map_batch(&posts, |_, scratch, post| {
        let mut found = suggester.suggest(&post.text, scratch).into_iter();
        let right = found.find(|one| one.entry.answer == post.label);
        right.map(|one| one.entry.id.clone())
    });
    for (at, (post, entry)) in posts.iter().zip(found).enumerate() {
        let Some(entry) = entry else { continue };
        corrections.learn(Correction {
            post: (before + at).to_string(),
            task: TASK.to_owned(),
            text: post.text.clone(),
            label: entry,
            by: "agent".to_owned(),
            at: 0,
        });
    }
    Ok(())
}
