//! The section of importance: whether what matters stands on top, against labels.

use hearken::{Post, Triage};

use super::Context;
use super::page::{Page, three};
use super::sample::Labelled;
use crate::train_bundled::{lines, text_of};
use hearken_cli::failure::Failure;

/// Sets of reports from disasters, the label that a team would want on top, and what it
/// is called here.
const SETS: [(&str, &str, &str); 2] = [
    ("crisislex_t26", "Related and informative", "informative"),
    ("disaster_tweets", "disaster", "disaster"),
];
/// The shares of the posts that a team reads, in hundredths.
const TOPS: [usize; 2] = [5, 10];

pub(crate) fn write(
    context: &Context<'_>,
    sample: &[Labelled],
    page: &mut Page,
) -> Result<(), Failure> {
    page.section(
        "What stands on top",
        "The share of posts with the wanted label among all, and among the 5 and the 10 % that \
         stand on top by importance, or by the probability of negative sentiment alone. Posts of \
         equal score count with their mean. Importance here is of each post by itself; those of \
         the two sets are texts without authors. (The train half of crisislex_t26 is one of the \
         urgency head's sets; nothing is trained on disaster_tweets.)",
    );
    let mut rows = Vec::new();
    for (set, wanted, name) in SETS {
        let path = context.folder.join(set).join("valid.jsonl");
        if !path.exists() {
            page.paragraph(&format!("`{set}` is not among the sets."));
            continue;
        }
        let lines = lines(&text_of(&path)?, &path, "label")?;
        let posts: Vec<Post<'_>> = lines
            .iter()
            .map(|line| Post::new(line.text.as_str()))
            .collect();
        let answers = context.engine.triage_batch(&posts);
        rows.push(row(
            &format!("{set}, {name}"),
            answers
                .iter()
                .zip(lines.iter().map(|line| line.label == wanted)),
        ));
    }
    rows.push(row(
        "sample, urgent",
        sample.iter().map(|post| (&post.triage, post.urgent)),
    ));
    let mut header = vec!["set, wanted".to_owned(), "posts".into(), "of all".into()];
    header.extend(
        TOPS.iter()
            .flat_map(|top| [format!("top {top} %"), format!("top {top} % by sentiment")]),
    );
    page.table(
        &header.iter().map(String::as_str).collect::<Vec<_>>(),
        &rows,
    );
    Ok(())
}

fn row<'a>(name: &str, answers: impl Iterator<Item = (&'a Triage, bool)> + Clone) -> Vec<String> {
    let importance: Vec<(f32, bool)> = answers
        .clone()
        .map(|(triage, wanted)| (f32::from(triage.importance.score), wanted))
        .collect();
    let sentiment: Vec<(f32, bool)> = answers
        .map(|(triage, wanted)| (triage.sentiment.negative, wanted))
        .collect();
    let posts = importance.len();
    let mut row = vec![
        name.to_owned(),
        posts.to_string(),
        three(precision(&importance, posts)),
    ];
    for top in TOPS {
        let count = (posts * top).div_ceil(100);
        row.extend([&importance, &sentiment].map(|scored| three(precision(scored, count))));
    }
    row
}

/// The share that is wanted among the `count` of the highest scores; of those that are equal to the
/// last, each counts with the share that is wanted of them.
fn precision(scored: &[(f32, bool)], count: usize) -> f64 {
    let mut scored = scored.to_vec();
    scored.sort_by(|one, other| other.0.total_cmp(&one.0));
    let Some(&(last, _)) = count.checked_sub(1).and_then(|at| scored.get(at)) else {
        return 0.0;
    };
    let wanted = |of: &[(f32, bool)]| of.iter().filter(|(_, wanted)| *wanted).count() as f64;
    let above = scored.partition_point(|(score, _)| *score > last);
    let equal = scored.partition_point(|(score, _)| *score >= last);
    let of_equal = wanted(&scored[above..equal]) / (equal - above) as f64;
    (wanted(&scored[..above]) + (count - above) as f64 * of_equal) / count as f64
}
