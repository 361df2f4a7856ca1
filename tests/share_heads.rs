//! Shares of real heads on real posts whose labels are mixed anew, beside plain counting and
//! expectation maximisation on probabilities (Saerens, Latinne and Decaestecker 2002). Prints the
//! table of docs/measured/prevalence.md:
//!
//! `HEARKEN_SETS=DIR cargo test --release --test share_heads -- --ignored --nocapture`
#![cfg(feature = "train")]

use hearken::Engine;
use hearken::internals::{self, Random};
use hearken::prevalence::{Confusion, Correction};
use hearken::train::{Example, TrainOptions, train};
use serde_json::Value;

struct Draws(Random);

impl Draws {
    fn below(&mut self, end: usize) -> usize {
        (self.0.next_u64() % end as u64) as usize
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        (1..items.len())
            .rev()
            .for_each(|at| items.swap(at, self.below(at + 1)));
    }

    fn exponential(&mut self) -> f64 {
        -((self.below(1 << 40) + 1) as f64 / (1u64 << 40) as f64).ln()
    }
}

/// A post that the head was not trained on.
#[derive(Clone)]
struct Judged {
    truth: usize,
    given: usize,
    probabilities: Vec<f32>,
}

fn read(path: &std::path::Path) -> Vec<Example> {
    let lines = std::fs::read_to_string(path).expect("the set is there");
    let example = |line: &str| {
        let value: Value = serde_json::from_str(line).expect("JSON");
        let field = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        Example {
            text: field("text"),
            label: field("label"),
            ..Example::default()
        }
    };
    lines.lines().map(example).collect()
}

/// A head trained on every other line, and what it says of the rest.
fn judged(folder: &std::path::Path) -> (Vec<String>, Vec<Judged>) {
    let (mut learn, mut pool) = (Vec::new(), read(&folder.join("valid.jsonl")));
    for (at, example) in read(&folder.join("train.jsonl")).into_iter().enumerate() {
        if at % 2 == 0 {
            learn.push(example)
        } else {
            pool.push(example)
        }
    }
    let options = TrainOptions {
        settings: Some(Default::default()),
        ..TrainOptions::default()
    };
    let model = train(&learn, &options, &mut |_, _| {}).expect("it trains");
    let engine = Engine::builder()
        .without_bundled_models()
        .model(model)
        .build()
        .expect("an engine");
    let labels = engine.labels("task").expect("the head").to_vec();
    let judged = engine.map_batch(&pool, |engine, scratch, example| {
        let truth = labels
            .iter()
            .position(|label| *label == example.label)
            .expect("a label of the head");
        let probabilities = engine
            .probabilities("task", &example.text, scratch)
            .to_vec();
        let (given, _) = engine.choose("task", &probabilities).expect("a label");
        Judged {
            truth,
            given,
            probabilities,
        }
    });
    (labels, judged)
}

/// The shares that are most likely under the probabilities, from those of validation on.
fn most_likely(prior: &[f64], posts: &[&Judged]) -> Vec<f64> {
    let mut shares = prior.to_vec();
    for _ in 0..60 {
        let mut next = vec![0.0; prior.len()];
        for post in posts {
            let joint =
                |label: usize| shares[label] / prior[label] * f64::from(post.probabilities[label]);
            let whole: f64 = (0..prior.len()).map(joint).sum();
            next.iter_mut()
                .enumerate()
                .for_each(|(label, next)| *next += joint(label) / whole / posts.len() as f64);
        }
        shares = next;
    }
    shares
}

#[derive(Default)]
struct Method {
    held: f64,
    width: f64,
    square: f64,
    cases: f64,
}

impl Method {
    fn add(&mut self, (found, low, high): (f64, f64, f64), truth: f64) {
        self.held += f64::from(u8::from(low - 1e-9 <= truth && truth <= high + 1e-9));
        self.width += high - low;
        self.square += (found - truth).powi(2);
        self.cases += 1.0;
    }

    fn shown(&self) -> String {
        let mean = |sum: f64| sum / self.cases;
        format!(
            "{:.3} | {:.3} | {:.4}",
            mean(self.held),
            mean(self.width),
            mean(self.square).sqrt()
        )
    }
}

fn wilson(given: f64, posts: f64) -> (f64, f64, f64) {
    let (low, high) = internals::wilson(given, posts, internals::TWO_SIDED_95);
    (given / posts, low, high)
}

#[test]
#[ignore = "prints a table; needs labelled sets in HEARKEN_SETS and release"]
fn table_of_heads() {
    let sets =
        std::path::PathBuf::from(std::env::var("HEARKEN_SETS").expect("the folder of the sets"));
    for set in ["airline_reason", "bdci_car2018_topic", "toutiao_subset"] {
        let (labels, pool) = judged(&sets.join(set));
        let right = pool.iter().filter(|post| post.truth == post.given).count();
        println!(
            "{set}: {} posts judged, accuracy {:.3}",
            pool.len(),
            right as f64 / pool.len() as f64
        );
        for (validated, posts) in [(500, 300), (2000, 300), (2000, 1000)] {
            table(
                &format!("{set} | {validated} | {posts}"),
                &labels,
                &pool,
                validated,
                posts,
            );
        }
    }
}

fn table(name: &str, labels: &[String], pool: &[Judged], validated: usize, posts: usize) {
    const REPETITIONS: usize = 200;
    let mut random = Draws(Random::new(3));
    let [
        mut raw,
        mut ours,
        mut likely,
        mut ours_of_rare,
        mut likely_of_rare,
    ] = [(); 5].map(|()| Method::default());
    let mut doubted = 0;
    for _ in 0..REPETITIONS {
        let mut order: Vec<&Judged> = pool.iter().collect();
        random.shuffle(&mut order);
        let (validation, rest) = order.split_at(validated);
        let mut confusion = Confusion::one("task", labels);
        let mut prior = vec![0.5; labels.len()];
        for post in validation {
            confusion.add(post.truth, post.given, post.probabilities[post.given]);
            prior[post.truth] += 1.0;
        }
        let whole: f64 = prior.iter().sum();
        prior.iter_mut().for_each(|prior| *prior /= whole);
        // Any mixture, as far as there are posts; none is drawn twice.
        let mixture: Vec<f64> = labels.iter().map(|_| random.exponential()).collect();
        let whole: f64 = mixture.iter().sum();
        let mut left: Vec<usize> = mixture
            .iter()
            .map(|part| (part / whole * posts as f64).round() as usize)
            .collect();
        let mut period: Vec<&Judged> = Vec::new();
        for post in rest {
            if left[post.truth] > 0 {
                left[post.truth] -= 1;
                period.push(post);
            }
        }
        let mut tally = confusion.tally();
        period
            .iter()
            .for_each(|post| tally.add([(post.given, post.probabilities[post.given])]));
        let correction = Correction::new(&confusion);
        let found = most_likely(&prior, &period);
        // Its own uncertainty: the spread of 20 periods drawn from this one.
        let mut spreads = vec![0.0; labels.len()];
        for _ in 0..20 {
            let drawn: Vec<&Judged> = (0..period.len())
                .map(|_| period[random.below(period.len())])
                .collect();
            let again = most_likely(&prior, &drawn);
            spreads
                .iter_mut()
                .zip(again.iter().zip(&found))
                .for_each(|(sum, (a, b))| *sum += (a - b).powi(2) / 20.0);
        }
        for label in 0..labels.len() {
            let having = period.iter().filter(|post| post.truth == label).count();
            let truth = having as f64 / period.len() as f64;
            let share = correction.share(label, &tally, None);
            doubted += usize::from(!share.doubts.is_empty());
            let corrected = (share.share.unwrap_or(share.raw), share.low, share.high);
            let far = 1.96 * spreads[label].sqrt();
            let by_likelihood = (found[label], found[label] - far, found[label] + far);
            raw.add(wilson(share.given as f64, period.len() as f64), truth);
            ours.add(corrected, truth);
            likely.add(by_likelihood, truth);
            if prior[label] < 0.05 {
                ours_of_rare.add(corrected, truth);
                likely_of_rare.add(by_likelihood, truth);
            }
        }
    }
    println!(
        "| {name} | raw {} | ours {} | likelihood {} | doubted {:.3}",
        raw.shown(),
        ours.shown(),
        likely.shown(),
        doubted as f64 / ours.cases
    );
    println!(
        "|  rare | ours {} | likelihood {} |",
        ours_of_rare.shown(),
        likely_of_rare.shown()
    );
}
