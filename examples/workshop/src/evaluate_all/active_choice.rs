//! The section of active choice: how many rows reach what 200 random ones do.

use hearken::Engine;
use hearken::internals::Random;
use hearken::train::{Example, TrainOptions, evaluate, next_to_label, train};

use super::Context;
use super::page::Page;
use super::sets::halves;
use hearken_cli::failure::Failure;

const SETS: [&str; 3] = ["airline_sentiment", "airline_reason", "cz_facebook_3class"];
/// Rows at the start, those that each round adds, and those at the end.
const START: usize = 50;
const STEP: usize = 25;
const END: usize = 200;
/// Texts to choose from: what a team may have read in a week.
const POOL: usize = 3_000;
const DRAWS: u64 = 3;

pub(crate) fn write(context: &Context<'_>, page: &mut Page) -> Result<(), Failure> {
    page.section(
        "Which rows to label next",
        "Macro F1 on the valid half by rows in all, means of three draws (seeds 1 to 3) of 3,000 \
         texts of the train half. Both begin with the same 50 rows, drawn at random; then 25 at a \
         time are added: those that `hearken train --suggest` names, or others at random. `rows \
         for 200`: the first size at which the named ones reach what 200 random rows reach.",
    );
    let sizes: Vec<usize> = (START..=END).step_by(STEP).collect();
    let mut rows = Vec::new();
    for set in SETS {
        let Some((learn, test)) = halves(context, set)? else {
            continue;
        };
        let mut means = [vec![0.0; sizes.len()], vec![0.0; sizes.len()]];
        for seed in 1..=DRAWS {
            let mut pool = learn.clone();
            Random::new(seed).shuffle(&mut pool);
            pool.truncate(POOL);
            for (means, named) in means.iter_mut().zip([true, false]) {
                for (mean, found) in means.iter_mut().zip(curve(&pool, named, &test)?) {
                    *mean += found / DRAWS as f64;
                }
            }
        }
        let [named, random] = &means;
        let wanted = random.last().copied().unwrap_or_default();
        let first = named.iter().position(|&found| found >= wanted);
        for (how, of) in [("named", named), ("random", random)] {
            let mut row = vec![set.to_owned(), how.to_owned()];
            row.extend(of.iter().map(|found| format!("{found:.3}")));
            row.push(match (how, first) {
                ("named", Some(at)) => sizes[at].to_string(),
                ("named", None) => "more than 200".to_owned(),
                _ => END.to_string(),
            });
            context.tell(&row.join(" "));
            rows.push(row);
        }
    }
    let sizes: Vec<String> = sizes.iter().map(usize::to_string).collect();
    let mut header = vec!["set", "rows"];
    header.extend(sizes.iter().map(String::as_str));
    header.push("rows for 200");
    page.table(&header, &rows);
    Ok(())
}

/// Macro F1 at each size.
fn curve(pool: &[Example], named: bool, test: &[Example]) -> Result<Vec<f64>, Failure> {
    let mut chosen: Vec<usize> = (0..START.min(pool.len())).collect();
    let mut reached = Vec::new();
    loop {
        let learn: Vec<Example> = chosen.iter().map(|&at| pool[at].clone()).collect();
        let options = TrainOptions {
            task: "own".to_owned(),
            ..TrainOptions::default()
        };
        let model = train(&learn, &options, &mut |_, _| {})?;
        let engine = Engine::builder()
            .without_bundled_models()
            .model(model)
            .build()?;
        // A label that no row has yet can't be given; its texts are wrong in any case.
        let labels = engine.labels("own").unwrap_or_default().to_vec();
        let known: Vec<Example> = test
            .iter()
            .filter(|of| labels.contains(&of.label))
            .cloned()
            .collect();
        let found = evaluate(&engine, "own", &known)?.macro_f1;
        let mut all: Vec<&str> = test.iter().map(|of| of.label.as_str()).collect();
        all.sort_unstable();
        all.dedup();
        reached.push(found * labels.len() as f64 / all.len().max(labels.len()) as f64);
        if chosen.len() >= END {
            return Ok(reached);
        }
        let rest: Vec<usize> = (0..pool.len()).filter(|at| !chosen.contains(at)).collect();
        if named {
            let texts: Vec<&str> = rest.iter().map(|&at| pool[at].text.as_str()).collect();
            let next = next_to_label(&engine, "own", &texts, STEP)?;
            chosen.extend(next.iter().map(|candidate| rest[candidate.index]));
        } else {
            // The pool is shuffled: what follows is drawn at random.
            chosen.extend(rest.into_iter().take(STEP));
        }
    }
}
