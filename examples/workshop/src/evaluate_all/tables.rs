//! Tables that own heads and bundled heads share: accuracy of the surest posts,
//! classes, calibration curves.

use hearken::train::Evaluation;
use hearken::train::evaluate::COVERAGES;

use super::figures;
use super::page::{Page, four};
use hearken_cli::failure::Failure;

/// Classes whose figures stand on the page; of more they are folded away.
const CLASSES: usize = 20;

/// Accuracy when only the surest posts are answered, a row for each name.
pub(crate) fn coverage(measured: &[(String, &Evaluation)], page: &mut Page) {
    let mut header = vec!["".to_owned()];
    header.extend(
        COVERAGES
            .iter()
            .map(|share| format!("{:.0} %", share * 100.0)),
    );
    header.push("from probability (50 %)".to_owned());
    let rows: Vec<Vec<String>> = measured
        .iter()
        .map(|(name, evaluation)| {
            let mut row = vec![name.clone()];
            row.extend(evaluation.coverage.iter().map(|point| four(point.accuracy)));
            row.push(
                evaluation
                    .coverage
                    .last()
                    .map_or_else(String::new, |point| format!("{:.3}", point.threshold)),
            );
            row
        })
        .collect();
    page.table(
        &header.iter().map(String::as_str).collect::<Vec<_>>(),
        &rows,
    );
}

/// F1 of every class that occurs, a line for each name.
pub(crate) fn classes(measured: &[(String, &Evaluation)], page: &mut Page) {
    let mut rows = Vec::new();
    let mut many = Vec::new();
    for (name, evaluation) in measured {
        let mut classes: Vec<_> = evaluation
            .classes
            .iter()
            .filter(|class| class.support > 0)
            .collect();
        classes.sort_by(|a, b| b.f1.total_cmp(&a.f1).then_with(|| a.label.cmp(&b.label)));
        let cells: Vec<String> = classes
            .iter()
            .map(|class| format!("{} {:.3} ({})", class.label, class.f1, class.support))
            .collect();
        let line = cells.join(", ");
        match classes.len() <= CLASSES {
            true => rows.push(vec![name.clone(), line]),
            false => many.push((format!("{name}: {} classes", classes.len()), line)),
        }
    }
    page.list(&rows);
    for (summary, line) in many {
        page.details(&summary, &line);
    }
}

/// The calibration curves as pictures side by side; `prefix` begins their files' names.
pub(crate) fn curves(
    prefix: &str,
    measured: &[(String, &Evaluation)],
    page: &mut Page,
) -> Result<(), Failure> {
    let mut shown = Vec::new();
    for (name, evaluation) in measured {
        let svg = figures::calibration(name, evaluation)?;
        let file: String = name
            .chars()
            .map(|letter| {
                if letter.is_alphanumeric() {
                    letter
                } else {
                    '_'
                }
            })
            .collect();
        let what = format!(
            "{name}: expected calibration error {:.3}",
            evaluation.calibration_error
        );
        shown.push(page.picture(&format!("{prefix}-{file}"), &what, svg));
    }
    page.grid(&shown);
    Ok(())
}
