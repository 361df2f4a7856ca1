//! Values of a field side by side: brands, shops or countries.

use maud::{Markup, html};
use serde::{Deserialize, Serialize};

use super::groups::{cells, header};
use crate::by::By;
use crate::fact::Counts;
use crate::page::Page;

/// The posts of one value of a field.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// The field.
    pub field: String,
    /// Its value; none for posts that have none, and for the sum of others.
    pub value: Option<String>,
    /// How many values are summed here.
    pub others: Option<u64>,
    /// Its counts.
    #[serde(flatten)]
    pub counts: Counts,
}

pub(crate) fn compared(mut by: By<Counts>) -> Vec<Compared> {
    by.finish();
    let rows = by.rows().map(|(of, counts)| Compared {
        field: of.field().to_owned(),
        value: of.value().map(str::to_owned),
        others: of.others(),
        counts: counts.clone(),
    });
    rows.collect()
}

/// A table for each field; nothing without one.
pub(crate) fn show(rows: &[Compared], page: &Page<'_>) -> Markup {
    let mut fields: Vec<&str> = rows.iter().map(|row| row.field.as_str()).collect();
    fields.dedup();
    html! {
        @for field in fields {
            section {
                h2 { (page.fill("compared", &[("field", field)])) }
                div.wide { table {
                    tr { th {} (header(page, true)) }
                    @for row in rows.iter().filter(|row| row.field == field) {
                        tr {
                            td { bdi { (row.shown(page)) } }
                            (cells(&row.counts, page, true))
                        }
                    }
                } }
            }
        }
    }
}

impl Compared {
    fn shown(&self, page: &Page<'_>) -> String {
        match (&self.value, self.others) {
            (Some(value), _) => value.clone(),
            (None, Some(others)) => page.fill("others", &[("count", &page.n(others))]),
            (None, None) => page.t("none").to_owned(),
        }
    }
}
