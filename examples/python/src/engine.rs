//! The engine: answers, explanations, masked texts.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::OnceLock;

use hearken::mask::{Masker, Thread};
use hearken::post::Reader;
use hearken_arrow::{Options, RuleFile, Sources};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString, PyTuple};

use crate::answers::Answers;
use crate::error::{raised, refused};
use crate::explanation::Explanation;
use crate::given::{Given, GivenRules, Several};
use crate::table::{Where, each_chunk};

/// Answers for posts. Made once, it can be used by any number of threads.
///
/// Parameters
/// ----------
/// models : path, bytes, hearken.Model or a list of these, optional
///     Heads that ``hearken.train`` or ``hearken train`` made. One with the name of a bundled head
///     replaces it.
/// overlay : path, bytes or a list of these, optional
///     Corrections that ``hearken learn`` made.
/// taxonomy : path or bytes, optional
///     The topics (TOML) instead of the bundled ones.
/// terms : path, bytes or a list of these, optional
///     Lists of monitored terms (TSV: term, list, severity, language).
/// rules : path, bytes, (bytes, dict of str to bytes) or a list of these, optional
///     Rules on monitored terms (TOML). The files of lists that they name are beside the path, or
///     in the dict by name. ``"agent"`` is the bundled rules for what agents write.
/// importance : path or bytes, optional
///     Weights of importance (TOML).
/// threads : int, optional
///     How many threads answer; all cores if it is not given.
///
/// Raises
/// ------
/// OSError
///     If a file can't be read.
/// ValueError
///     If what it has can't be used; the sentence says why, and the mend.
#[pyclass(frozen, module = "hearken")]
pub(crate) struct Engine {
    pub(crate) engine: hearken::Engine,
    /// 0 is as many as there are cores.
    pub(crate) threads: usize,
    sources: Sources,
    masker: Masker,
    fingerprint: OnceLock<String>,
}

impl Engine {
    /// The engine that was given, or one with all that is bundled.
    pub(crate) fn or_bundled(
        py: Python<'_>,
        engine: Option<Bound<'_, Engine>>,
    ) -> PyResult<(hearken::Engine, usize)> {
        match engine {
            Some(engine) => Ok((engine.get().engine.clone(), engine.get().threads)),
            None => Ok((py.detach(hearken::Engine::new).map_err(raised)?, 0)),
        }
    }
}

fn bytes_of(several: Option<Several<Given<'_>>>) -> PyResult<Vec<Vec<u8>>> {
    let several = several.iter().flat_map(Several::all);
    several.map(Given::bytes).collect()
}

/// Rules as the constructor takes them.
fn listed<'py>(py: Python<'py>, file: &RuleFile) -> PyResult<Bound<'py, PyAny>> {
    match file {
        RuleFile::Agent => Ok(PyString::new(py, "agent").into_any()),
        RuleFile::Own { text, lists } => {
            let named = PyDict::new(py);
            for (name, list) in lists {
                named.set_item(name, PyBytes::new(py, list.as_bytes()))?;
            }
            let both = [
                PyBytes::new(py, text.as_bytes()).into_any(),
                named.into_any(),
            ];
            Ok(PyTuple::new(py, both)?.into_any())
        }
    }
}

/// The columns that a call names.
pub(crate) fn at(text: &str, columns: Option<BTreeMap<String, String>>) -> Where {
    Where {
        text: text.to_owned(),
        columns: columns.unwrap_or_default(),
    }
}

#[pymethods]
impl Engine {
    #[new]
    #[pyo3(signature = (*, models=None, overlay=None, taxonomy=None, terms=None, rules=None, importance=None, threads=None))]
    #[expect(clippy::too_many_arguments, reason = "they are named in Python")]
    fn new(
        py: Python<'_>,
        models: Option<Several<Given<'_>>>,
        overlay: Option<Several<Given<'_>>>,
        taxonomy: Option<Given<'_>>,
        terms: Option<Several<Given<'_>>>,
        rules: Option<Several<GivenRules>>,
        importance: Option<Given<'_>>,
        threads: Option<usize>,
    ) -> PyResult<Engine> {
        let text = |given: Option<Given<'_>>, what| given.map(|given| given.text(what)).transpose();
        let lists = terms.iter().flat_map(Several::all);
        let sources = Sources {
            models: bytes_of(models)?,
            overlays: bytes_of(overlay)?,
            taxonomy: text(taxonomy, "the taxonomy")?,
            terms: lists
                .map(|given| given.text("the list of terms"))
                .collect::<PyResult<_>>()?,
            rules: rules
                .iter()
                .flat_map(Several::all)
                .map(GivenRules::file)
                .collect::<PyResult<_>>()?,
            importance: text(importance, "the file of importance")?,
        };
        Ok(Engine {
            engine: py.detach(|| sources.engine()).map_err(raised)?,
            threads: threads.unwrap_or(0),
            sources,
            masker: Masker::new(),
            fingerprint: OnceLock::new(),
        })
    }

    /// What makes it, as bytes: an engine can be sent to another process.
    fn __getnewargs_ex__<'py>(
        &self,
        py: Python<'py>,
    ) -> PyResult<(Bound<'py, PyTuple>, Bound<'py, PyDict>)> {
        let Sources {
            models,
            overlays,
            taxonomy,
            terms,
            rules,
            importance,
        } = &self.sources;
        let list = |all: &[Vec<u8>]| PyList::new(py, all.iter().map(|one| PyBytes::new(py, one)));
        let text =
            |text: &Option<String>| text.as_ref().map(|text| PyBytes::new(py, text.as_bytes()));
        let named = PyDict::new(py);
        named.set_item("models", list(models)?)?;
        named.set_item("overlay", list(overlays)?)?;
        named.set_item("taxonomy", text(taxonomy))?;
        let lists = terms.iter().map(|one| PyBytes::new(py, one.as_bytes()));
        named.set_item("terms", PyList::new(py, lists)?)?;
        let files = rules.iter().map(|file| listed(py, file));
        let files = files.collect::<PyResult<Vec<_>>>()?;
        named.set_item("rules", PyList::new(py, files)?)?;
        named.set_item("importance", text(importance))?;
        named.set_item("threads", Some(self.threads).filter(|threads| *threads > 0))?;
        Ok((PyTuple::empty(py), named))
    }

    /// Answer many posts.
    ///
    /// Parameters
    /// ----------
    /// posts : table, list of str, or iterable of tables
    ///     Anything with ``__arrow_c_stream__`` (a table of pyarrow, polars, pandas or a relation
    ///     of DuckDB), record batches, or texts. A null text gives a null row.
    /// text : str
    ///     The column of the texts.
    /// columns : dict of str to str, optional
    ///     Columns of other fields, as ``{"author.followers": "followers"}``. A field that is not
    ///     named is in the column of its own name, if there is one. Times are UTC; numbers are
    ///     Unix seconds, milliseconds or microseconds by their size.
    /// explain : bool
    ///     Whether there is a column ``explanation`` (JSON).
    /// dictionary : bool
    ///     Whether names of few values (language, level …) are dictionaries instead of strings.
    /// json : bool
    ///     Whether there is a column ``json``: the line that the command line writes.
    /// model : bool
    ///     Whether there is a column ``model`` with the engine's fingerprint.
    /// progress : callable or bool, optional
    ///     Called with the number of posts so far; True is a bar of tqdm, if that is installed.
    ///
    /// Returns
    /// -------
    /// Answers
    ///     A row a post, in their order.
    ///
    /// Raises
    /// ------
    /// ValueError
    ///     If a column is not there or can't be used.
    #[pyo3(signature = (posts, *, text="text", columns=None, explain=false, dictionary=true, json=false, model=false, progress=None))]
    #[expect(clippy::too_many_arguments, reason = "they are named in Python")]
    fn triage<'py>(
        &self,
        posts: &Bound<'py, PyAny>,
        text: &str,
        columns: Option<BTreeMap<String, String>>,
        explain: bool,
        dictionary: bool,
        json: bool,
        model: bool,
        progress: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Answers> {
        let options = Options {
            dictionary,
            explain,
            json,
            model: model.then(|| self.fingerprint().to_owned()),
        };
        Answers::of(self, posts, &at(text, columns), options, progress)
    }

    /// Say why a post is answered as it is.
    ///
    /// Parameters
    /// ----------
    /// post : str or dict
    ///     A text, or a post with its fields as a line of JSON has them.
    ///
    /// Returns
    /// -------
    /// Explanation
    ///     The parts of every score, which sum to it exactly.
    fn explain(&self, post: &Bound<'_, PyAny>) -> PyResult<Explanation> {
        let read = match post.extract::<String>() {
            Ok(text) => hearken::Post::new(text),
            Err(_) => {
                let line = post.py().import("json")?.call_method1("dumps", (post,))?;
                let line: String = line.extract()?;
                let reading = Reader::new().read(&line).map_err(raised)?;
                reading.post.into_owned()
            }
        };
        let engine = &self.engine;
        Ok(post.py().detach(|| Explanation::of(engine, read)))
    }

    /// Mask personal data: telephones, mail addresses, cards, accounts, names.
    ///
    /// Parameters
    /// ----------
    /// posts : str, table, list of str, or iterable of tables
    ///     One text, or many as for ``triage``; a displayed name in ``author.name`` is masked too.
    /// text : str
    ///     The column of the texts.
    /// columns : dict of str to str, optional
    ///     As for ``triage``.
    ///
    /// Returns
    /// -------
    /// str or list of str
    ///     The texts with placeholders, as ``[phone]``; None where the text was null.
    #[pyo3(signature = (posts, *, text="text", columns=None))]
    fn mask<'py>(
        &self,
        posts: &Bound<'py, PyAny>,
        text: &str,
        columns: Option<BTreeMap<String, String>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = posts.py();
        if let Ok(one) = posts.extract::<String>() {
            let masked = py.detach(|| self.masker.mask(&one).into_text().into_owned());
            return Ok(PyString::new(py, &masked).into_any());
        }
        let mut masked: Vec<Option<String>> = Vec::new();
        each_chunk(posts, &at(text, columns), &mut |chunk| {
            let mask = |row| {
                let post = chunk.post(row)?;
                let text = self.masker.mask_post(&post, &mut Thread::default());
                Some(text.text().to_owned())
            };
            masked.extend(py.detach(|| (0..chunk.len()).map(mask).collect::<Vec<_>>()));
            Ok(())
        })?;
        Ok(PyList::new(py, masked)?.into_any())
    }

    /// What tells answers of this engine from those of another: 16 hexadecimal digits, made of
    /// hearken's version, of its models, bundled ones too, and of all files that were given.
    #[getter]
    fn fingerprint(&self) -> &str {
        let made = || self.sources.fingerprint(&self.engine);
        self.fingerprint.get_or_init(made)
    }

    /// The topics that answers name, by identifier.
    #[getter]
    fn topics(&self) -> Vec<String> {
        let topics = self.engine.taxonomy().topics.iter();
        topics.map(|topic| topic.id.clone()).collect()
    }

    /// The heads by name, each with its labels.
    #[getter]
    fn heads(&self) -> BTreeMap<String, Vec<String>> {
        let labels = |task: &str| self.engine.labels(task).unwrap_or_default().to_vec();
        let tasks = self.engine.tasks();
        tasks.map(|task| (task.to_owned(), labels(task))).collect()
    }

    fn __repr__(&self) -> String {
        format!("<hearken.Engine {}>", self.fingerprint())
    }
}

/// A file that is to be written.
pub(crate) fn write(path: &PathBuf, bytes: &[u8]) -> PyResult<()> {
    std::fs::write(path, bytes).map_err(|error| {
        let what = format!("{} can't be written: {error}", path.display());
        match error.raw_os_error() {
            Some(number) => pyo3::exceptions::PyOSError::new_err((number, what)),
            None => refused(what),
        }
    })
}
