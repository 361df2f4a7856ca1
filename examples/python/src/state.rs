//! What remembers posts: the desk, and the report that it makes.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hearken::desk::{self, Outcome, Remembered};
use hearken::observation::Observation;
use hearken::snapshot::Snapshot;
use hearken::text::Language;
use hearken::time::TimeZone;
use hearken::{Post, Triage, queue, trend};
use hearken_report::{Asked, Collector, LANGUAGES, Source, html};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use rayon::prelude::*;
use serde_json::{Value, json};

use crate::engine::{Engine, at};
use crate::error::{raised, refused};
use crate::pool::{pool, with_scratch};
use crate::python::{Page, object};
use crate::table::{Chunk, Where, each_chunk};

/// A post that was read.
pub(crate) type Read = (Post<'static>, Triage, Observation);

/// Reads the posts of a chunk, on all threads.
pub(crate) fn observed(
    py: Python<'_>,
    threads: usize,
    engine: &hearken::Engine,
    chunk: &Chunk,
) -> PyResult<Vec<Option<Read>>> {
    let pool = pool(py, threads)?;
    let read = |row: usize| {
        let post = chunk.post(row)?.into_owned();
        let (triage, observation) = with_scratch(|scratch| engine.observe(&post, scratch));
        Some((post, triage, observation))
    };
    let rows = 0..chunk.len();
    Ok(py.detach(|| pool.install(|| rows.into_par_iter().map(read).collect())))
}

/// All state of one stream of posts: campaigns, context, what to answer next, what rises.
///
/// Parameters
/// ----------
/// engine : Engine
///     Reads the posts.
/// lateness : float or None
///     Seconds behind the latest post that a post may come and still be taken in its turn; None
///     holds all until ``finish``.
/// queue : bool
///     Whether it says what to answer next.
/// trends : bool
///     Whether posts are counted in panes.
/// watch : bool
///     Whether rises are reported; off for the shards that are merged into one desk.
#[pyclass(frozen, module = "hearken")]
pub(crate) struct Desk {
    engine: hearken::Engine,
    threads: usize,
    /// None while it is merged into another.
    desk: Mutex<Option<desk::Desk>>,
}

fn settings(
    engine: &hearken::Engine,
    lateness: Option<f64>,
    parts: (bool, bool, bool),
) -> PyResult<desk::Settings> {
    let seconds = |seconds: f64| {
        Duration::try_from_secs_f64(seconds)
            .map_err(|_| refused(format!("{seconds} is no span of seconds; give 0 or more")))
    };
    let usual = desk::Settings::for_engine(engine).map_err(raised)?;
    let (queue, trends, watch) = parts;
    Ok(desk::Settings {
        lateness: lateness.map(seconds).transpose()?,
        queue: usual.queue.clone().filter(|_| queue),
        trends: usual.trends.filter(|_| trends),
        watch: usual.watch.filter(|_| watch),
        ..usual
    })
}

fn gone() -> PyErr {
    refused("this desk was merged into another; use that one")
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, Option<desk::Desk>> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does something with the desk, while other threads of Python go on.
    fn with<R: Send>(
        &self,
        py: Python<'_>,
        act: impl FnOnce(&mut desk::Desk) -> R + Send,
    ) -> PyResult<R> {
        py.detach(|| self.lock().as_mut().map(act)).ok_or_else(gone)
    }

    fn give<'py>(&self, py: Python<'py>, outcomes: &[Outcome]) -> PyResult<Bound<'py, PyAny>> {
        let shown: Vec<Value> = outcomes
            .iter()
            .map(|outcome| shown(&self.engine, outcome))
            .collect();
        object(py, &shown)
    }
}

/// An outcome as JSON: an object of one field, which says what it is.
fn shown(engine: &hearken::Engine, outcome: &Outcome) -> Value {
    match outcome {
        Outcome::Answer(answered) => json!({ "answer": answered.answer(engine) }),
        Outcome::PaneRevision(revision) => json!({ "pane_revision": revision }),
        Outcome::Queued { post, outcome } => {
            let outcome = format!("{outcome:?}").to_lowercase();
            json!({ "queued": { "post": post, "outcome": outcome } })
        }
        Outcome::Shed(post) => json!({ "shed": post }),
        Outcome::Revision(revision) => json!({ "revision": revision }),
        Outcome::Alert(alert) => {
            let mut shown = json!({ "alert": alert });
            let sentence = alert.sentence(Language::En, engine.taxonomy());
            if let Some(alert) = shown.get_mut("alert").and_then(Value::as_object_mut) {
                alert.insert("sentence".to_owned(), sentence.into());
            }
            shown
        }
        _ => json!({}),
    }
}

#[pymethods]
impl Desk {
    #[new]
    #[pyo3(signature = (engine, *, lateness=Some(0.0), queue=true, trends=true, watch=true), text_signature = "(engine, *, lateness=0.0, queue=True, trends=True, watch=True)")]
    fn new(
        engine: &Engine,
        lateness: Option<f64>,
        queue: bool,
        trends: bool,
        watch: bool,
    ) -> PyResult<Desk> {
        let settings = settings(&engine.engine, lateness, (queue, trends, watch))?;
        let made = desk::Desk::new(&engine.engine, settings).map_err(raised)?;
        Ok(Desk {
            engine: engine.engine.clone(),
            threads: engine.threads,
            desk: Mutex::new(Some(made)),
        })
    }

    /// Go on from what ``to_bytes`` gave.
    ///
    /// Parameters
    /// ----------
    /// engine : Engine
    ///     Reads the posts.
    /// data : bytes
    ///     What was remembered; its parts go on, whether they are asked for or not.
    /// lateness, queue, trends, watch
    ///     As for a new desk.
    #[staticmethod]
    #[pyo3(signature = (engine, data, *, lateness=Some(0.0), queue=true, trends=true, watch=true), text_signature = "(engine, data, *, lateness=0.0, queue=True, trends=True, watch=True)")]
    fn from_bytes(
        py: Python<'_>,
        engine: &Engine,
        data: &[u8],
        lateness: Option<f64>,
        queue: bool,
        trends: bool,
        watch: bool,
    ) -> PyResult<Desk> {
        let settings = settings(&engine.engine, lateness, (queue, trends, watch))?;
        let of = &engine.engine;
        let resumed = py.detach(|| {
            let remembered = Remembered::from_bytes(data)?;
            desk::Desk::resume(of, settings, remembered)
        });
        Ok(Desk {
            engine: engine.engine.clone(),
            threads: engine.threads,
            desk: Mutex::new(Some(resumed.map_err(raised)?)),
        })
    }

    /// What is remembered, as bytes; the same state gives the same bytes.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = self.with(py, |desk| desk.remembered().and_then(|all| all.to_bytes()))?;
        Ok(PyBytes::new(py, &bytes.map_err(raised)?))
    }

    /// Take posts, in order of time.
    ///
    /// Parameters
    /// ----------
    /// posts, text, columns
    ///     As for ``Engine.triage``; posts without a text are left out.
    ///
    /// Returns
    /// -------
    /// list of dict
    ///     What is ready, each with one key: ``answer``, ``revision``, ``queued``, ``shed``,
    ///     ``pane_revision`` or ``alert``. Times are milliseconds since 1970.
    #[pyo3(signature = (posts, *, text="text", columns=None))]
    fn observe<'py>(
        &self,
        posts: &Bound<'py, PyAny>,
        text: &str,
        columns: Option<BTreeMap<String, String>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = posts.py();
        let mut outcomes = Vec::new();
        each_chunk(posts, &at(text, columns), &mut |chunk| {
            let read = observed(py, self.threads, &self.engine, &chunk)?;
            let new = self.with(py, |desk| {
                let read = read.into_iter().flatten();
                read.flat_map(|(post, triage, observation)| {
                    desk.observe_answered(post, triage, observation)
                })
                .collect::<Vec<_>>()
            })?;
            outcomes.extend(new);
            Ok(())
        })?;
        self.give(py, &outcomes)
    }

    /// Say that no more posts come; what is left, as from ``observe``.
    fn finish<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let outcomes = self.with(py, desk::Desk::finish)?;
        self.give(py, &outcomes)
    }

    /// Say what time it is, in milliseconds since 1970: cases become due.
    fn advance<'py>(&self, py: Python<'py>, now: i64) -> PyResult<Bound<'py, PyAny>> {
        let outcomes = self.with(py, |desk| desk.advance(now))?;
        self.give(py, &outcomes)
    }

    /// Take note that a post was answered at a time in milliseconds since 1970; how many posts no
    /// longer wait.
    fn answered(&self, py: Python<'_>, post: String, at: i64) -> PyResult<usize> {
        self.with(py, |desk| desk.answered(&post, at))
    }

    /// What to answer next, the first first.
    ///
    /// Parameters
    /// ----------
    /// count : int
    ///     How many cases at most.
    ///
    /// Returns
    /// -------
    /// list of dict
    ///     Cases, as ``hearken queue --json`` writes them; times are milliseconds since 1970.
    #[pyo3(signature = (count=10))]
    fn next<'py>(&self, py: Python<'py>, count: usize) -> PyResult<Bound<'py, PyAny>> {
        let places = self.with(py, |desk| desk.next(count))?;
        object(py, &places)
    }

    /// The alerts that are open, as a list of dict.
    fn alerts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let alerts = self.with(py, |desk| desk.alerts().cloned().collect::<Vec<_>>())?;
        object(py, &alerts)
    }

    /// Add what another desk of the same stream saw, which is gone then.
    ///
    /// Parameters
    /// ----------
    /// other : Desk
    ///     A shard, made with ``watch=False``.
    ///
    /// Returns
    /// -------
    /// list of dict
    ///     What changes about earlier answers.
    fn merge<'py>(slf: &Bound<'py, Self>, other: &Bound<'py, Desk>) -> PyResult<Bound<'py, PyAny>> {
        if slf.is(other) {
            return Err(refused(
                "a desk can't be merged with itself; give another shard",
            ));
        }
        let py = slf.py();
        let shard = other.get();
        let taken = py.detach(|| shard.lock().take()).ok_or_else(gone)?;
        let merged = slf.get().with(py, |desk| desk.merge(taken))?;
        slf.get().give(py, &merged.map_err(raised)?)
    }
}

/// Make one page of many posts: what happened, what to answer first, and why.
///
/// Parameters
/// ----------
/// posts, text, columns
///     As for ``Engine.triage``; a column ``created_at`` gives the times.
/// engine : Engine, optional
///     Reads the posts; the bundled one if it is not given.
/// language : {"en", "cs", "zh-Hans", "zh-Hant"}
///     The language of the page.
/// time_zone : str
///     The zone of its times, as ``"Europe/Prague"``.
/// top : int
///     The length of its lists.
/// mask : bool
///     Whether personal data is masked in texts.
/// texts : bool
///     Whether texts are shown.
///
/// Returns
/// -------
/// Page
///     A notebook shows it; ``save`` writes it.
#[pyfunction]
#[pyo3(signature = (posts, *, engine=None, text="text", columns=None, language="en", time_zone="UTC", top=10, mask=true, texts=true))]
#[expect(clippy::too_many_arguments, reason = "they are named in Python")]
pub(crate) fn report(
    posts: &Bound<'_, PyAny>,
    engine: Option<Bound<'_, Engine>>,
    text: &str,
    columns: Option<BTreeMap<String, String>>,
    language: &str,
    time_zone: &str,
    top: usize,
    mask: bool,
    texts: bool,
) -> PyResult<Page> {
    let py = posts.py();
    let (engine, threads) = Engine::or_bundled(py, engine)?;
    let language = Language::from_code(language).filter(|language| LANGUAGES.contains(language));
    let asked = Asked {
        language: language
            .ok_or_else(|| refused("write en, cs, zh-Hans or zh-Hant as language"))?,
        zone: TimeZone::named(time_zone).map_err(raised)?,
        top,
        masked: mask,
        texts,
        ..Asked::default()
    };
    let read = all(py, posts, &at(text, columns), threads, &engine)?;
    let report = py
        .detach(|| reported(&engine, asked, read))
        .map_err(raised)?;
    Ok(Page {
        html: html(&report),
        json: serde_json::to_string(&report).map_err(refused)?,
    })
}

/// All posts of an input, read; one without an identifier is named by its row.
fn all(
    py: Python<'_>,
    posts: &Bound<'_, PyAny>,
    at: &Where,
    threads: usize,
    engine: &hearken::Engine,
) -> PyResult<Vec<Read>> {
    let (mut all, mut row) = (Vec::new(), 0);
    each_chunk(posts, at, &mut |chunk| {
        for read in observed(py, threads, engine, &chunk)? {
            row += 1;
            if let Some((mut post, triage, observation)) = read {
                post.id.get_or_insert_with(|| format!("row:{row}").into());
                all.push((post, triage, observation));
            }
        }
        Ok(())
    })?;
    Ok(all)
}

fn reported(
    engine: &hearken::Engine,
    asked: Asked,
    read: Vec<Read>,
) -> hearken::Result<hearken_report::Report> {
    let settings = desk::Settings {
        lateness: None,
        queue: Some(queue::Settings::default()),
        // Of a whole dump no post comes late.
        trends: Some(trend::Settings {
            bound: Duration::ZERO,
            lateness: Duration::ZERO,
            ..trend::Settings::default()
        }),
        ..desk::Settings::for_engine(engine)?
    };
    let mut desk = desk::Desk::new(engine, settings)?;
    let mut collector = Collector::new(&desk, asked)?;
    let mut outcomes: Vec<Outcome> = Vec::new();
    for (post, triage, observation) in read {
        outcomes.extend(desk.observe_answered(post, triage, observation));
    }
    outcomes.extend(desk.finish());
    let now = desk.queue().and_then(queue::Queue::watermark);
    outcomes.extend(now.into_iter().flat_map(|now| desk.advance(now)));
    outcomes
        .into_iter()
        .for_each(|outcome| collector.take(engine, outcome));
    let source = Source {
        now,
        ..Source::default()
    };
    Ok(collector.finish(&desk, source))
}
