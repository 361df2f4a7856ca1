//! What a corrected share costs: the correction of a classifier once, then the interval
//! of a period.

mod support;

use std::hint::black_box;

use hearken::prevalence::{Confusion, Correction, Tally};
use support::criterion;

fn main() {
    let mut criterion = criterion();
    for labels in [2, 10, 77] {
        let (confusion, period) = counted(labels);
        let correction = Correction::new(&confusion);
        let share = correction.share(0, &period, None);
        assert!(share.low < share.high && share.high < 1.0, "{share:?}");
        criterion.bench_function(&format!("share/{labels} labels/correction"), |bencher| {
            bencher.iter(|| Correction::new(black_box(&confusion)));
        });
        criterion.bench_function(&format!("share/{labels} labels/interval"), |bencher| {
            bencher.iter(|| correction.share(0, black_box(&period), None));
        });
        criterion.bench_function(&format!("share/{labels} labels/change"), |bencher| {
            bencher.iter(|| correction.change(0, (black_box(&period), None), (&period, None)));
        });
    }
    criterion.final_summary();
}

/// Labels of which one post in ten is taken for the next label's, and a period of as many posts.
fn counted(labels: usize) -> (Confusion, Tally) {
    let names: Vec<String> = (0..labels).map(|label| label.to_string()).collect();
    let mut confusion = Confusion::one("task", &names);
    let mut period = confusion.tally();
    for post in 0..labels * 100 {
        let (truth, turn) = (post % labels, post / labels);
        let given = if turn % 10 == 0 {
            (truth + 1) % labels
        } else {
            truth
        };
        confusion.add(truth, given, 0.5 + (turn % 50) as f32 / 100.0);
        period.add([(given, 0.5 + (turn % 50) as f32 / 100.0)]);
    }
    (confusion, period)
}
