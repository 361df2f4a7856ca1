//! Figures for each value of the fields of `--by`: those of the most frequent values, and the sum
//! of the others.

use std::collections::BTreeMap;
use std::sync::Arc;

use hearken::post::Segments;
use serde::Serialize;

use crate::number::grouped;

/// Values of a field that are shown, the most frequent; of all others the sum is. By convention:
/// what fits on a screen.
const SHOWN: usize = 20;
/// Values of a field that are kept, at least. A bound on memory, chosen by hand: anybody may invent
/// values. Up to twice as many the figures are exact.
const KEPT: usize = 4096;

/// Figures that add up.
pub trait Figures: Default {
    /// How much they are of: posts or cases.
    fn weight(&self) -> u64;
    /// Adds other figures.
    fn merge(&mut self, other: &Self);
}

/// The figures of each value of one field.
#[derive(Debug)]
struct Field<F> {
    name: Arc<str>,
    /// By value; none is that of the posts that have none.
    values: BTreeMap<Option<Box<str>>, F>,
    /// Those of the values that were too many.
    others: F,
    /// How many values these were; one that came back counts again.
    dropped: u64,
}

/// Figures by the values of each field of `--by`.
#[derive(Debug)]
pub struct By<F> {
    fields: Vec<Field<F>>,
}

/// A value of a field as it is written: of JSON, `{"field":"brand","value":"Acme"}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Of<'b> {
    field: &'b str,
    /// Null for the posts that have none; absent for the sum of other values.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Option<&'b str>>,
    /// How many values are summed.
    #[serde(skip_serializing_if = "Option::is_none")]
    others: Option<u64>,
}

impl Of<'_> {
    /// The name of the field.
    pub fn field(&self) -> &str {
        self.field
    }

    /// The value; none for posts that have none, and for a sum of values.
    pub fn value(&self) -> Option<&str> {
        self.value.flatten()
    }

    /// How many values are summed.
    pub fn others(&self) -> Option<u64> {
        self.others
    }

    /// For people.
    pub fn shown(&self) -> String {
        match (self.value, self.others) {
            (Some(Some(value)), _) => format!("{}={value}", self.field),
            (_, Some(others)) => format!("{}: {} others", self.field, grouped(others)),
            _ => format!("{}: none", self.field),
        }
    }
}

impl<F: Figures> By<F> {
    /// No figures, of these fields.
    pub fn new<'n>(fields: impl Iterator<Item = &'n Arc<str>>) -> By<F> {
        let field = |name: &Arc<str>| Field {
            name: name.clone(),
            values: BTreeMap::new(),
            others: F::default(),
            dropped: 0,
        };
        By {
            fields: fields.map(field).collect(),
        }
    }

    /// Whether no field was named.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Changes the figures of the values that a post has.
    pub fn add(&mut self, segments: &Segments, change: impl Fn(&mut F)) {
        for field in &mut self.fields {
            let value = segments.value(&field.name).map(Box::from);
            change(field.values.entry(value).or_default());
            if field.values.len() > 2 * KEPT {
                field.keep(KEPT);
            }
        }
    }

    /// Sums all but the most frequent values of each field.
    pub fn finish(&mut self) {
        self.fields.iter_mut().for_each(|field| field.keep(SHOWN));
    }

    /// The figures, field by field, the most frequent value first; behind them those of posts
    /// without a value, and of all other values.
    pub fn rows(&self) -> impl Iterator<Item = (Of<'_>, &F)> {
        self.fields.iter().flat_map(Field::rows)
    }

    /// Says how many values were summed; nothing where none was.
    pub fn summary(&self) -> String {
        let summed = self.fields.iter().filter(|field| field.dropped > 0);
        summed
            .map(|field| {
                format!(
                    "hearken: values of `{}` that are summed as others: {}\n",
                    field.name,
                    grouped(field.dropped)
                )
            })
            .collect()
    }
}

impl<F: Figures> Field<F> {
    /// Values by how frequent they are, ties by name.
    fn ranked(&self) -> Vec<(&str, &F)> {
        let named = self.values.iter();
        let mut ranked: Vec<(&str, &F)> = named
            .filter_map(|(value, figures)| Some((value.as_deref()?, figures)))
            .collect();
        ranked.sort_by_key(|(value, figures)| (std::cmp::Reverse(figures.weight()), *value));
        ranked
    }

    fn keep(&mut self, most: usize) {
        let ranked = self.ranked().into_iter().skip(most);
        let rare: Vec<Box<str>> = ranked.map(|(value, _)| value.into()).collect();
        for value in rare {
            if let Some(figures) = self.values.remove(&Some(value)) {
                self.others.merge(&figures);
                self.dropped += 1;
            }
        }
    }

    fn rows(&self) -> impl Iterator<Item = (Of<'_>, &F)> {
        let of = |value, others| Of {
            field: &self.name,
            value,
            others,
        };
        let named = self.ranked().into_iter();
        let named = named.map(move |(value, figures)| (of(Some(Some(value)), None), figures));
        let without = self.values.get(&None).into_iter();
        let without = without.map(move |figures| (of(Some(None), None), figures));
        let others = (self.dropped > 0).then_some(&self.others).into_iter();
        let others = others.map(move |figures| (of(None, Some(self.dropped)), figures));
        named.chain(without).chain(others)
    }
}

#[cfg(test)]
mod tests {
    use hearken::post::Segment;

    use super::*;

    impl Figures for u64 {
        fn weight(&self) -> u64 {
            *self
        }

        fn merge(&mut self, other: &u64) {
            *self += other;
        }
    }

    fn segments(value: &str) -> Segments {
        Segment::new("brand", value).into_iter().collect()
    }

    #[test]
    fn the_most_frequent_values_stay_however_many_are_invented() {
        let names: [Arc<str>; 1] = ["brand".into()];
        let mut by: By<u64> = By::new(names.iter());
        for invented in 0..200_000_u32 {
            by.add(&segments(&format!("x{invented}")), |count| *count += 1);
            if invented.is_multiple_of(10) {
                by.add(&segments("Acme"), |count| *count += 1);
                by.add(&Segments::default(), |count| *count += 1);
            }
            assert!(by.fields[0].values.len() <= 2 * KEPT + 1);
        }
        by.finish();
        let rows: Vec<(String, u64)> = by.rows().map(|(of, count)| (of.shown(), *count)).collect();
        assert_eq!(rows.len(), SHOWN + 2);
        assert_eq!(rows[0], ("brand=Acme".to_owned(), 20_000));
        assert_eq!(rows[SHOWN], ("brand: none".to_owned(), 20_000));
        let others = 200_000 - (SHOWN as u64 - 1);
        assert_eq!(
            rows[SHOWN + 1],
            ("brand: 199,981 others".to_owned(), others)
        );
        assert!(
            by.summary()
                .contains("`brand` that are summed as others: 199,981")
        );
    }

    #[test]
    fn what_a_row_is_of_is_told_apart_in_json() {
        let names: [Arc<str>; 2] = ["brand".into(), "country".into()];
        let mut by: By<u64> = By::new(names.iter());
        by.add(&segments("a=b"), |count| *count += 1);
        let rows: Vec<String> = by
            .rows()
            .map(|(of, _)| serde_json::to_string(&of).unwrap())
            .collect();
        assert_eq!(
            rows,
            [
                r#"{"field":"brand","value":"a=b"}"#,
                r#"{"field":"country","value":null}"#
            ]
        );
        assert_eq!(by.summary(), "");
    }
}
