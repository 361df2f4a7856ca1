//! The section of series of numbers: surprise on series of the Numenta Anomaly Benchmark.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use hearken::series::surprise::{Detector, Direction, Settings};

use super::Context;
use super::anomaly_benchmark::{Labelled, PROFILES, Profile, Scored, at, best};
use super::page::Page;
use hearken_cli::failure::{Failure, plain};
use hearken_cli::rows;

/// The folders of the series and of `windows.json`: tweets, and all others.
const SETS: [&str; 2] = ["nab_tweets", "nab_other"];
/// The threshold that `hearken series` recommends.
const THRESHOLD: f64 = 0.5;
/// Shares of a series that are cut off at its beginning, beside the whole of it.
const CUTS: [usize; 3] = [10, 25, 40];
/// Kinds of series, by how their names begin; tweets are the first, the last has all other names.
const KINDS: [(&str, &[&str]); 6] = [
    ("tweets", &["Twitter"]),
    ("clouds", &["ec2", "elb", "rds", "iio", "cpu"]),
    ("prices of advertisements", &["exchange"]),
    ("traffic", &["occupancy", "speed", "TravelTime"]),
    ("made by the benchmark", &["art"]),
    ("machines", &[]),
];
/// Detectors as published, by the scores on the same series that the benchmark publishes beside its
/// results (github.com/numenta/NAB, `results`): tweets, others, and whether they are given the
/// range of the whole file beforehand. Standard profile.
const PUBLISHED: [(&str, &str, &str, &str); 10] = [
    ("CAD OSE", "86.4", "72.1", "yes"),
    ("ARTime", "83.1", "75.3", "yes"),
    ("Numenta TM", "73.0", "–", "yes"),
    ("Numenta HTM", "72.8", "73.1", "yes"),
    ("earthgecko Skyline", "72.0", "54.1", "no"),
    ("HTM Java", "71.7", "66.0", "yes"),
    ("KNN-CAD", "70.5", "–", "–"),
    ("random cut forest", "63.6", "54.9", "no"),
    ("Twitter ADVec", "62.7", "–", "–"),
    ("windowed Gaussian", "59.1", "–", "no"),
];

/// A series of the benchmark, or what remains of it behind a cut.
struct Series {
    kind: usize,
    rows: Vec<(i64, f64)>,
    windows: Vec<(i64, i64)>,
    labelled: Labelled,
}

impl Series {
    fn new(kind: usize, rows: Vec<(i64, f64)>, windows: Vec<(i64, i64)>) -> Series {
        let times: Vec<i64> = rows.iter().map(|(at, _)| *at).collect();
        Series {
            kind,
            labelled: Labelled::new(&times, &windows),
            rows,
            windows,
        }
    }

    /// What remains behind `percent` of the rows. Windows that begin before the end of its
    /// probation are left out.
    fn cut(&self, percent: usize) -> Series {
        let rows = self.rows[self.rows.len() * percent / 100..].to_vec();
        let counts = rows.get(Labelled::probation(rows.len()));
        let windows = self.windows.iter().copied();
        let windows = windows
            .filter(|(start, _)| counts.is_some_and(|(at, _)| at <= start))
            .collect();
        Series::new(self.kind, rows, windows)
    }

    fn are_tweets(&self) -> bool {
        self.kind == 0
    }
}

/// Series with a detector's scores.
struct Judged<'a> {
    series: &'a [Series],
    scores: Vec<Vec<f64>>,
}

impl<'a> Judged<'a> {
    fn new(series: &'a [Series], settings: &Settings) -> Result<Judged<'a>, Failure> {
        let of = |series: &Series| {
            let mut detector = Detector::new(settings.clone())?;
            let rows = series.rows.iter();
            Ok(rows
                .map(|&(at, value)| detector.observe(at, value).score)
                .collect())
        };
        let scores = series.iter().map(of).collect::<Result<_, Failure>>()?;
        Ok(Judged { series, scores })
    }

    fn some(&self, are_meant: impl Fn(&Series) -> bool) -> Vec<Scored<'_>> {
        let pairs = self.series.iter().zip(&self.scores);
        pairs
            .filter(|(series, _)| are_meant(series))
            .map(|(series, scores)| (&series.labelled, scores.as_slice()))
            .collect()
    }

    /// The best score of tweets and of the others, each with a threshold of its own.
    fn best(&self, profile: Profile) -> [f64; 2] {
        [true, false]
            .map(|tweets| best(&self.some(|series| series.are_tweets() == tweets), profile).0)
    }

    /// The scores of tweets and of the others with one threshold.
    fn at(&self, threshold: f64) -> [f64; 2] {
        [true, false].map(|tweets| {
            let some = self.some(|series| series.are_tweets() == tweets);
            at(&some, threshold, PROFILES[0])
        })
    }
}

/// The score of each kind with the threshold that is best for the other kinds, whole and cut, and
/// that threshold; then tweets and the others, each window weighing the same.
fn left_out(whole: &Judged<'_>, cut: &[Judged<'_>]) -> (Vec<(f64, f64)>, [f64; 2]) {
    let mut kinds = Vec::new();
    let mut sums = [(0.0, 0.0); 2];
    for kind in 0..KINDS.len() {
        let mut others = whole.some(|series| series.kind != kind);
        for cut in cut {
            others.extend(cut.some(|series| series.kind != kind));
        }
        let (_, threshold) = best(&others, PROFILES[0]);
        let of_kind = whole.some(|series| series.kind == kind);
        let windows: usize = of_kind.iter().map(|(labelled, _)| labelled.windows).sum();
        let score = at(&of_kind, threshold, PROFILES[0]);
        let sum = &mut sums[usize::from(kind != 0)];
        sum.0 += score * windows as f64;
        sum.1 += windows as f64;
        kinds.push((score, threshold));
    }
    (kinds, sums.map(|(sum, windows)| sum / windows))
}

pub(super) fn write(context: &Context<'_>, page: &mut Page) -> Result<(), Failure> {
    let mut all = Vec::new();
    for set in SETS {
        let folder = context.folder.join(set);
        if folder.join("windows.json").exists() {
            all.extend(read(&folder)?);
        }
    }
    if all.is_empty() {
        return Ok(());
    }
    let count = |tweets: bool| {
        let some = all.iter().filter(|series| series.are_tweets() == tweets);
        let windows: usize = some.clone().map(|series| series.labelled.windows).sum();
        (some.count(), windows)
    };
    let ((tweets, of_tweets), (others, of_others)) = (count(true), count(false));
    page.section(
        "Surprise in series of numbers",
        &format!(
            "`hearken series` on {tweets} Twitter volumes ({of_tweets} windows) and {others} other \
             series ({of_others} windows) of the Numenta Anomaly Benchmark, by its rules: 0 is no \
             alarm at all, 100 every window at its beginning and no other alarm; one threshold for \
             all series of a column, the best one (Lavin and Ahmad 2015). Anomalies stand in the \
             middle of their windows, where an alarm earns 0.86 of the full points. The windowed \
             Gaussian of this run takes the distance to the mean of the last 6,400 rows in \
             deviations (the benchmark's settings); published figures are of the benchmark's own \
             results for these series. Detectors that are given the range of the whole file \
             beforehand know more than a stream can."
        ),
    );
    let own = Judged::new(&all, &Settings::default())?;
    let gaussian = Judged {
        series: &all,
        scores: all
            .iter()
            .map(|series| windowed_gaussian(&series.rows))
            .collect(),
    };
    let mut rows = Vec::new();
    for (name, judged) in [
        ("hearken", &own),
        ("windowed Gaussian, this run", &gaussian),
    ] {
        let mut row = vec![name.to_owned()];
        row.extend(
            PROFILES
                .iter()
                .flat_map(|profile| figures(judged.best(*profile))),
        );
        row.push("no".to_owned());
        rows.push(row);
    }
    rows.extend(PUBLISHED.map(|(name, tweets, others, range)| {
        let mut row = vec![
            format!("{name}, published"),
            tweets.to_owned(),
            others.to_owned(),
        ];
        row.extend(std::iter::repeat_n("–".to_owned(), 4));
        row.push(range.to_owned());
        row
    }));
    let mut header = vec!["detector".to_owned()];
    header.extend(PROFILES.iter().flat_map(|profile| {
        ["tweets", "others"].map(|series| format!("{series}, {}", profile.name))
    }));
    header.push("knows the range".to_owned());
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    page.table(&header, &rows);
    let cuts: Vec<Vec<Series>> = CUTS
        .iter()
        .map(|percent| all.iter().map(|series| series.cut(*percent)).collect())
        .collect();
    by_kind(&own, &cuts, page)?;
    without_parts(&all, &cuts, page)
}

fn figures(scores: [f64; 2]) -> [String; 2] {
    scores.map(|score| format!("{score:.1}"))
}

fn judged<'a>(cuts: &'a [Vec<Series>], settings: &Settings) -> Result<Vec<Judged<'a>>, Failure> {
    cuts.iter()
        .map(|series| Judged::new(series, settings))
        .collect()
}

/// Each kind of series with the recommended threshold, and with one that only other kinds chose.
fn by_kind(own: &Judged<'_>, cuts: &[Vec<Series>], page: &mut Page) -> Result<(), Failure> {
    let (kinds, sums) = left_out(own, &judged(cuts, &Settings::default())?);
    page.part(
        "One kind of series left out",
        "Windows found, alarms outside of windows and the standard score with the threshold that is \
         recommended, 0.5. Then the score with the threshold that is best for the other kinds of \
         series, whole and cut, and that threshold. The sums weigh windows alike.",
    );
    let mut rows = Vec::new();
    let row = |name: &str, some: &[Scored<'_>], others: f64, threshold: Option<f64>| {
        let sum = |count: &dyn Fn(&Scored<'_>) -> usize| some.iter().map(count).sum::<usize>();
        vec![
            name.to_owned(),
            sum(&|(labelled, _)| labelled.windows).to_string(),
            sum(&|(labelled, scores)| labelled.found(scores, THRESHOLD).0).to_string(),
            sum(&|(labelled, scores)| labelled.found(scores, THRESHOLD).1).to_string(),
            format!("{:.1}", at(some, THRESHOLD, PROFILES[0])),
            format!("{others:.1}"),
            threshold.map_or("–".to_owned(), |threshold| format!("{threshold:.3}")),
        ]
    };
    for (kind, ((name, _), (score, threshold))) in KINDS.iter().zip(&kinds).enumerate() {
        let some = own.some(|series| series.kind == kind);
        rows.push(row(name, &some, *score, Some(*threshold)));
    }
    let others = own.some(|series| !series.are_tweets());
    rows.push(row("all but tweets", &others, sums[1], None));
    page.table(
        &[
            "kind",
            "windows",
            "found",
            "alarms outside",
            "at 0.5",
            "threshold by the others",
            "that threshold",
        ],
        &rows,
    );
    Ok(())
}

/// What each part gives.
fn without_parts(all: &[Series], cuts: &[Vec<Series>], page: &mut Page) -> Result<(), Failure> {
    page.part(
        "Parts left out",
        "Standard scores of tweets and others: with the best threshold; with the threshold that is \
         best for the other kinds of series; and the mean of the best on series that 10, 25 and 40 % \
         are cut off from at their beginning.",
    );
    let default = Settings::default;
    let settings = [
        ("as it is", default()),
        (
            "without a rest",
            Settings {
                rest_rows: 0,
                ..default()
            },
        ),
        (
            "records of the whole past alone",
            Settings {
                horizons: vec![],
                ..default()
            },
        ),
        (
            "without roughness",
            Settings {
                roughness: 0.0,
                ..default()
            },
        ),
        (
            "a short history is believed like a long one",
            Settings {
                half_believed_rows: 0.0,
                ..default()
            },
        ),
        (
            "one set of widths, the first",
            Settings {
                widths: default().widths.into_iter().take(1).collect(),
                ..default()
            },
        ),
        (
            "single rows alone",
            Settings {
                widths: vec![vec![1]],
                ..default()
            },
        ),
        (
            "rises alone",
            Settings {
                direction: Direction::Up,
                ..default()
            },
        ),
    ];
    let mut rows = Vec::new();
    for (name, settings) in settings {
        let whole = Judged::new(all, &settings)?;
        let cut = judged(cuts, &settings)?;
        let mut mean = [0.0; 2];
        for cut in &cut {
            let best = cut.best(PROFILES[0]);
            mean.iter_mut()
                .zip(best)
                .for_each(|(mean, best)| *mean += best / CUTS.len() as f64);
        }
        let mut row = vec![name.to_owned()];
        row.extend(figures(whole.best(PROFILES[0])));
        row.extend(figures(left_out(&whole, &cut).1));
        row.extend(figures(mean));
        row.extend(figures(whole.at(THRESHOLD)));
        rows.push(row);
    }
    page.table(
        &[
            "detector",
            "tweets",
            "others",
            "tweets, kinds left out",
            "others, kinds left out",
            "tweets, cut",
            "others, cut",
            "tweets, at 0.5",
            "others, at 0.5",
        ],
        &rows,
    );
    Ok(())
}

/// The benchmark's windowed Gaussian: deviations from the mean of the last 6,400 rows, which move
/// on by 100.
fn windowed_gaussian(rows: &[(i64, f64)]) -> Vec<f64> {
    const WINDOW: usize = 6400;
    const STEP: usize = 100;
    let sums = |rows: &[(i64, f64)]| {
        rows.iter().fold((0.0, 0.0), |(sum, square), (_, v)| {
            (sum + v, square + v * v)
        })
    };
    let mut window = (0.0_f64, 0.0_f64, 0.0_f64);
    let mut scores = Vec::with_capacity(rows.len());
    for (at, &(_, value)) in rows.iter().enumerate() {
        let (count, sum, square) = window;
        let mean = sum / count;
        let deviation = (square / count - mean * mean).max(1e-12).sqrt();
        let far = (value - mean).abs() / deviation;
        scores.push(if count > 0.0 { far / (1.0 + far) } else { 0.0 });
        if at < WINDOW {
            window = (count + 1.0, sum + value, square + value * value);
        } else if (at + 1 - WINDOW).is_multiple_of(STEP) {
            let (sum, square) = sums(&rows[at + 1 - WINDOW..=at]);
            window = (WINDOW as f64, sum, square);
        }
    }
    scores
}

/// The series of a folder, by name.
fn read(folder: &Path) -> Result<Vec<Series>, Failure> {
    let path = folder.join("windows.json");
    let wrong = |what: String| Failure::message(format!("{}: {what}", path.display()));
    let text = fs::read_to_string(&path)
        .map_err(|error| wrong(format!("can't be read: {}", plain(&error))))?;
    let windows: BTreeMap<String, Vec<(String, String)>> = serde_json::from_str(&text)
        .map_err(|error| wrong(format!("is not a list of windows: {error}")))?;
    let one = |(name, windows): (String, Vec<(String, String)>)| {
        let moment =
            |text: &str| rows::moment(text).ok_or_else(|| wrong(format!("`{text}` is not a time")));
        let windows: Vec<(i64, i64)> = windows
            .iter()
            .map(|(start, end)| Ok((moment(start)?, moment(end)?)))
            .collect::<Result<_, Failure>>()?;
        let kind = KINDS
            .iter()
            .position(|(_, begins)| begins.iter().any(|begins| name.starts_with(begins)))
            .unwrap_or(KINDS.len() - 1);
        Ok(Series::new(kind, rows(&folder.join(&name))?, windows))
    };
    windows.into_iter().map(one).collect()
}

fn rows(path: &Path) -> Result<Vec<(i64, f64)>, Failure> {
    let wrong = |what: String| Failure::message(format!("{}: {what}", path.display()));
    let mut reader =
        csv::Reader::from_path(path).map_err(|error| wrong(format!("can't be read: {error}")))?;
    let record = |record: csv::Result<csv::StringRecord>| {
        let record = record.map_err(|error| wrong(error.to_string()))?;
        rows::numbers(&record, (0, 1)).map_err(wrong)
    };
    reader.records().map(record).collect()
}
