//! Names of labels as weak evidence: the words of *lost luggage* are of its texts.

use super::recipe::Material;

/// Labelled texts of a label with which its name counts half as much as without any; that of a
/// taxonomy's terms.
const FADE: f32 = 20.0;

/// The names of `labels` as texts. Names that are numbers say nothing and are left out.
pub(super) fn texts(labels: &[String]) -> Vec<Option<String>> {
    let text = |label: &String| {
        let text = label.replace(['_', '-', '/', '.'], " ");
        text.chars().any(char::is_alphabetic).then_some(text)
    };
    labels.iter().map(text).collect()
}

/// Adds the names of the labels to the texts that only train.
pub(super) fn add<'a>(material: &mut Material<'a>, names: &'a [Option<String>]) {
    let mut rows = vec![0u32; names.len()];
    for &class in &material.truth {
        if let Some(count) = rows.get_mut(usize::from(class)) {
            *count += 1;
        }
    }
    for ((class, name), rows) in (0..).zip(names).zip(rows) {
        if let Some(name) = name {
            material.push(name, &[class], FADE / (FADE + rows as f32));
        }
    }
}
