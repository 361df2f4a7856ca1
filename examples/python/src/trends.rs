//! Posts counted in panes of event time: state that merges, so that it can be made in parts.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use hearken::text::Language;
use hearken::trend::{self, Cell, Key, Measure, Settings, watch};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde_json::Value;

use crate::engine::Engine;
use crate::error::{raised, refused};
use crate::part::Part;
use crate::python::object;
use crate::state::Read;
use crate::table::Table;

/// Posts counted in panes of event time, by topic, language, channel, hashtag, word …
///
/// Two of them merge in any order, and give the same bytes. Panes are kept until ``alerts`` reads
/// them, so nothing is late in between.
///
/// Parameters
/// ----------
/// engine : Engine
///     Reads the posts.
/// pane : float
///     Seconds of a pane; a part of an hour.
/// measure : {"authors", "posts", "all"}
///     What counts.
#[pyclass(frozen, module = "hearken")]
pub(crate) struct Trends(Part<trend::Trends>);

fn measure_of(name: &str) -> PyResult<Measure> {
    match name {
        "authors" => Ok(Measure::Authors),
        "posts" => Ok(Measure::Posts),
        "all" => Ok(Measure::All),
        _ => Err(refused(format!(
            "measure is {name:?}; write \"authors\", \"posts\" or \"all\""
        ))),
    }
}

pub(crate) fn span(seconds: f64) -> PyResult<Duration> {
    // Whole milliseconds, as settings ask for.
    let rounded = Duration::try_from_secs_f64(seconds).map(|span| span.as_millis() as u64);
    let rounded =
        rounded.map_err(|_| refused(format!("{seconds} is no span of seconds; give 0 or more")))?;
    Ok(Duration::from_millis(rounded))
}

#[pymethods]
impl Trends {
    #[new]
    #[pyo3(signature = (engine, *, pane=300.0, measure="authors"))]
    fn new(engine: &Engine, pane: f64, measure: &str) -> PyResult<Trends> {
        let settings = Settings {
            pane: span(pane)?,
            measure: measure_of(measure)?,
            // Nothing is published before all parts are merged, so nothing comes late.
            bound: Duration::ZERO,
            lateness: Duration::ZERO,
            ..Settings::default()
        };
        let trends = trend::Trends::new(settings).map_err(raised)?;
        Ok(Trends(Part::new(engine, trends)))
    }

    /// Go on from what ``to_bytes`` gave.
    ///
    /// Parameters
    /// ----------
    /// engine : Engine
    ///     Reads the posts.
    /// data : bytes
    ///     What was counted.
    #[staticmethod]
    fn from_bytes(py: Python<'_>, engine: &Engine, data: &[u8]) -> PyResult<Trends> {
        let part = Part::from_bytes(py, engine, data, |trends: &trend::Trends| {
            trends.check_key(engine.engine.identities())
        });
        part.map(Trends)
    }

    /// What was counted, as bytes; the same counts give the same bytes.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.0.to_bytes(py)
    }

    /// Count posts, in any order.
    ///
    /// Parameters
    /// ----------
    /// posts, text, columns
    ///     As for ``Engine.triage``; a column ``created_at`` gives the times, and ``author.id`` the
    ///     authors.
    #[pyo3(signature = (posts, *, text="text", columns=None))]
    fn observe(
        &self,
        posts: &Bound<'_, PyAny>,
        text: &str,
        columns: Option<BTreeMap<String, String>>,
    ) -> PyResult<()> {
        let add = |trends: &mut trend::Trends,
                   engine: &hearken::Engine,
                   (post, triage, observation): Read| {
            trends.observe(engine, &post, &triage, &observation);
        };
        self.0.observe(posts, text, columns, add)
    }

    /// Add what another counted, which stays as it is.
    ///
    /// Parameters
    /// ----------
    /// other : Trends
    ///     Of other posts of the same source.
    fn merge(&self, py: Python<'_>, other: &Bound<'_, Trends>) -> PyResult<()> {
        let merge = |trends: &mut trend::Trends, added: trend::Trends| trends.merge(&added);
        self.0.merge(py, &other.get().0, merge)
    }

    /// What happened so far: a dict of ``posts``, ``spam``, ``late``, ``too_late``, ``undated``,
    /// ``dropped``, ``given_up``.
    fn counts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let counts = py.detach(|| self.0.lock().counts());
        object(py, &counts)
    }

    /// What rises in all that was counted, by one watch; the counts stay as they are. What the
    /// engine's taxonomy lists under ``[own]`` is quiet.
    ///
    /// Parameters
    /// ----------
    /// budget : float
    ///     False alerts a day that are allowed, over all series.
    /// warm_up : float
    ///     Hours that must be seen before the first alert.
    /// least : int
    ///     The least number of authors for an alert.
    /// language : str
    ///     The language of the sentences: en, cs, zh-Hans or zh-Hant.
    ///
    /// Returns
    /// -------
    /// list of dict
    ///     Alerts as they were opened, updated and closed; times are milliseconds since 1970.
    #[pyo3(signature = (*, budget=2.0, warm_up=24.0, least=4, language="en"))]
    fn alerts<'py>(
        &self,
        py: Python<'py>,
        budget: f64,
        warm_up: f64,
        least: u64,
        language: &str,
    ) -> PyResult<Bound<'py, PyAny>> {
        let language = Language::from_code(language)
            .ok_or_else(|| refused("write en, cs, zh-Hans or zh-Hant as language"))?;
        let settings = watch::Settings {
            budget,
            min_authors: least,
            warm_up: span(warm_up * 3600.0)?,
            ..watch::Settings::default()
        };
        let alerts = py.detach(|| {
            let mut trends = self.0.lock().clone();
            let mut watch = trend::Watch::new(settings)?.with_own_of(&self.0.engine);
            let mut alerts = watch.observe_published(&mut trends);
            alerts.extend(watch.observe_rest(&mut trends));
            Ok(alerts)
        });
        let shown: Vec<Value> = alerts
            .map_err(raised)?
            .iter()
            .map(|alert| {
                let mut shown = serde_json::to_value(alert).unwrap_or_default();
                let sentence = alert.sentence(language, self.0.engine.taxonomy());
                if let Some(alert) = shown.as_object_mut() {
                    alert.insert("sentence".to_owned(), sentence.into());
                }
                shown
            })
            .collect();
        object(py, &shown)
    }

    /// What each key had from one time to another.
    ///
    /// Parameters
    /// ----------
    /// start, end : int
    ///     Milliseconds since 1970; panes that begin in between.
    ///
    /// Returns
    /// -------
    /// Table
    ///     A row a key: ``key``, ``kind``, ``authors``, ``posts``, ``reposts``, ``spam``,
    ///     ``complaints``, ``negative`` and ``importance`` (means over its posts).
    fn window(&self, py: Python<'_>, start: i64, end: i64) -> PyResult<Table> {
        let pane = py.detach(|| self.0.lock().window(start, end));
        let rows: Vec<(&Key, &Cell)> = pane.cells().collect();
        let count = |of: fn(&Cell) -> u64| -> ArrayRef {
            let counts = rows.iter().map(|(_, cell)| i64::try_from(of(cell)).ok());
            Arc::new(counts.collect::<Int64Array>())
        };
        let mean = |of: fn(&Cell) -> f64| -> ArrayRef {
            let means = rows
                .iter()
                .map(|(_, cell)| Some(of(cell) / cell.posts.max(1) as f64));
            Arc::new(means.collect::<Float64Array>())
        };
        let text = |of: fn(&Key) -> String| -> ArrayRef {
            Arc::new(
                rows.iter()
                    .map(|(key, _)| Some(of(key)))
                    .collect::<StringArray>(),
            )
        };
        let columns = [
            ("key", text(Key::to_string)),
            ("kind", text(|key| key.kind().to_owned())),
            ("authors", count(|cell| cell.authors.count())),
            ("posts", count(|cell| cell.posts)),
            ("reposts", count(|cell| cell.reposts)),
            ("spam", count(|cell| cell.spam)),
            ("complaints", count(|cell| cell.complaints)),
            ("negative", mean(|cell| cell.negative as f64 / 1000.0)),
            ("importance", mean(|cell| cell.importance as f64)),
        ];
        Ok(Table::new(
            RecordBatch::try_from_iter(columns).map_err(refused)?,
        ))
    }
}
