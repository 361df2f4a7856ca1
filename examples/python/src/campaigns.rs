//! Campaigns alone: one offer by many accounts, found in parts that merge.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::{RecordBatch, StringArray};
use hearken::campaign::{self, Marked, Settings};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use serde_json::json;

use crate::engine::Engine;
use crate::error::{raised, refused};
use crate::part::Part;
use crate::python::object;
use crate::state::Read;
use crate::table::Table;
use crate::trends::span;

/// Campaigns: one offer by many accounts in a short time. What a ``Desk`` finds of them, without
/// what it knows of authors from earlier posts.
///
/// Parts of a stream merge in any order to the bytes of the whole, as long as no post has left the
/// window.
///
/// Parameters
/// ----------
/// engine : Engine
///     Reads the posts.
/// window : float
///     Seconds of event time for which a post is kept; a minute at least.
/// capacity : int
///     Most posts that are kept; a post takes some 450 bytes of memory.
#[pyclass(frozen, module = "hearken")]
pub(crate) struct Campaigns(Part<campaign::Campaigns>);

#[pymethods]
impl Campaigns {
    #[new]
    #[pyo3(signature = (engine, *, window=86400.0, capacity=200_000))]
    fn new(engine: &Engine, window: f64, capacity: usize) -> PyResult<Campaigns> {
        let settings = Settings {
            window: span(window)?,
            capacity,
            ..Settings::default()
        };
        let campaigns = campaign::Campaigns::new(settings).map_err(raised)?;
        Ok(Campaigns(Part::new(engine, campaigns)))
    }

    /// Go on from what ``to_bytes`` gave.
    ///
    /// Parameters
    /// ----------
    /// engine : Engine
    ///     Reads the posts.
    /// data : bytes
    ///     What was found, with its window and capacity.
    #[staticmethod]
    fn from_bytes(py: Python<'_>, engine: &Engine, data: &[u8]) -> PyResult<Campaigns> {
        let part = Part::from_bytes(py, engine, data, |campaigns: &campaign::Campaigns| {
            campaigns.check_key(engine.engine.identities())
        });
        part.map(Campaigns)
    }

    /// The posts of the window, as bytes: hashes and identifiers, no texts.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        self.0.to_bytes(py)
    }

    /// Take posts, in order of time.
    ///
    /// Parameters
    /// ----------
    /// posts, text, columns
    ///     As for ``Engine.triage``; a column ``created_at`` gives the times, ``author.id`` the
    ///     accounts, and ``id`` the names for ``marked``. A post without a time stands at the
    ///     latest time so far.
    #[pyo3(signature = (posts, *, text="text", columns=None))]
    fn observe(
        &self,
        posts: &Bound<'_, PyAny>,
        text: &str,
        columns: Option<BTreeMap<String, String>>,
    ) -> PyResult<()> {
        let add =
            |campaigns: &mut campaign::Campaigns, _: &_, (post, mut triage, observation): Read| {
                campaigns.observe(&post, &mut triage, &observation);
            };
        self.0.observe(posts, text, columns, add)
    }

    /// Add what another found, which stays as it is. All posts of both are compared anew.
    ///
    /// Parameters
    /// ----------
    /// other : Campaigns
    ///     Of other posts of the same source, with the same window and capacity.
    fn merge(&self, py: Python<'_>, other: &Bound<'_, Campaigns>) -> PyResult<()> {
        let merge = |campaigns: &mut campaign::Campaigns, added: campaign::Campaigns| {
            campaigns.merge(added).map(drop)
        };
        self.0.merge(py, &other.get().0, merge)
    }

    /// What happened so far: a dict of ``posts`` (in the window), ``set_aside``, and of what left
    /// it or did not come in: ``expired``, ``over_capacity``, ``late``, ``campaigns``.
    fn counts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let counts = py.detach(|| {
            let campaigns = self.0.lock();
            let evicted = campaigns.evicted();
            json!({
                "posts": campaigns.len(),
                "set_aside": campaigns.set_aside(),
                "expired": evicted.expired,
                "over_capacity": evicted.over_capacity,
                "late": evicted.late,
                "campaigns": evicted.campaigns,
            })
        });
        object(py, &counts)
    }

    /// The campaigns of which posts are in the window, by the time of their first post.
    ///
    /// Returns
    /// -------
    /// list of dict
    ///     Each with ``id``, ``posts``, ``accounts``, ``contacts``, ``marked``, ``reason`` and
    ///     more; times are milliseconds since 1970.
    fn found<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        object(py, &py.detach(|| self.0.lock().campaigns()))
    }

    /// The posts of the window that are spam as part of a campaign, in order of time.
    ///
    /// Returns
    /// -------
    /// Table
    ///     A row a post that has an identifier: ``id``, ``channel`` and ``campaign``.
    fn marked(&self) -> PyResult<Table> {
        let campaigns = self.0.lock();
        let marked: Vec<Marked<'_>> = campaigns.marked().collect();
        let ids: StringArray = marked.iter().map(|marked| Some(marked.post)).collect();
        let channels: StringArray = marked.iter().map(|marked| marked.channel).collect();
        let names: StringArray = marked
            .iter()
            .map(|marked| Some(marked.campaign.to_string()))
            .collect();
        let batch = RecordBatch::try_from_iter_with_nullable([
            ("id", Arc::new(ids) as _, false),
            ("channel", Arc::new(channels) as _, true),
            ("campaign", Arc::new(names) as _, false),
        ]);
        Ok(Table::new(batch.map_err(refused)?))
    }
}
