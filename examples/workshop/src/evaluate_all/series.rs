//! The section of series of numbers: surprise on the Twitter volumes of the
//! Numenta Anomaly Benchmark.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use hearken::series::surprise::{Detector, Settings};

use super::Context;
use super::anomaly_benchmark::{Labelled, PROFILES, Scored, at, best};
use super::page::Page;
use hearken_cli::failure::{Failure, plain};
use hearken_cli::rows;

/// The folder of the series and of `windows.json`.
const SET: &str = "nab_tweets";
/// Detectors as published, by the scores on the same five series that the benchmark publishes
/// beside its results (github.com/numenta/NAB, `results`); standard profile.
const PUBLISHED: [(&str, &str); 10] = [
    ("CAD OSE", "86.4"),
    ("ARTime", "83.1"),
    ("Numenta TM", "73.0"),
    ("Numenta HTM", "72.8"),
    ("Skyline", "72.0"),
    ("HTM Java", "71.7"),
    ("KNN-CAD", "70.5"),
    ("random cut forest", "63.6"),
    ("Twitter ADVec", "62.7"),
    ("windowed Gaussian", "59.1"),
];
/// What leaving one series out may choose from: see [`Settings`].
const GRAINS: [f64; 3] = [3.0, 5.0, 8.0];
const LEVEL_SHARES: [f64; 3] = [0.3, 0.4, 0.6];
const MARGINS: [f64; 3] = [2.0, 2.5, 3.0];

/// A series of the benchmark.
struct Series {
    name: String,
    rows: Vec<(i64, f64)>,
    labelled: Labelled,
}

pub(super) fn write(context: &Context<'_>, page: &mut Page) -> Result<(), Failure> {
    let folder = context.folder.join(SET);
    if !folder.join("windows.json").exists() {
        return Ok(());
    }
    let all = read(&folder)?;
    let windows: usize = all.iter().map(|series| series.labelled.windows).sum();
    page.section(
        "Surprise in series of numbers",
        &format!(
            "`hearken series` on the {} Twitter volumes of the Numenta Anomaly Benchmark in \
             `{SET}` (posts per five minutes, {windows} windows labelled by the benchmark), by its \
             rules: 0 is no alarm at all, 100 every window at its beginning and no other alarm; \
             one threshold for all series, the best for each profile (Lavin and Ahmad 2015). \
             Anomalies stand in the middle of their windows, where an alarm earns 0.86 of the full \
             points. The windowed Gaussian of this run takes the distance to the mean of the last \
             6,400 rows in deviations (the benchmark's settings); published figures are of the \
             benchmark's own results for these series.",
            all.len()
        ),
    );
    let own = scores(&all, &Settings::default())?;
    let mut rows = vec![row("hearken", &all, &own)];
    let gaussian: Vec<Vec<f64>> = all
        .iter()
        .map(|series| windowed_gaussian(&series.rows))
        .collect();
    rows.push(row("windowed Gaussian, this run", &all, &gaussian));
    let none = || "–".to_owned();
    rows.extend(PUBLISHED.map(|(name, score)| {
        vec![
            format!("{name}, published"),
            score.to_owned(),
            none(),
            none(),
        ]
    }));
    let mut header = vec!["detector"];
    header.extend(PROFILES.map(|profile| profile.name));
    page.table(&header, &rows);
    left_out(&all, &own, page)
}

/// Each series with a threshold, and with settings too, that the others chose.
fn left_out(all: &[Series], own: &[Vec<f64>], page: &mut Page) -> Result<(), Failure> {
    let standard = PROFILES[0];
    let mut grid = Vec::new();
    for grains in GRAINS {
        for level_share in LEVEL_SHARES {
            for margin in MARGINS {
                grid.push(scores(
                    all,
                    &Settings {
                        grains,
                        level_share,
                        margin,
                        ..Settings::default()
                    },
                )?);
            }
        }
    }
    let reached: Vec<f64> = grid
        .iter()
        .map(|scores| best(&scored(all, scores), standard).0)
        .collect();
    let (least, most) = reached.iter().fold((100.0, 0.0), |(least, most), &one| {
        (one.min(least), one.max(most))
    });
    let (_, threshold) = best(&scored(all, own), standard);
    page.part(
        "One series left out",
        &format!(
            "Windows found and alarms outside of windows with the best threshold for all, \
             {threshold:.3}. Then the standard score of each series with a threshold that only the \
             other series chose, and with grains, level share and margin chosen by them as well, \
             from {} settings around the defaults. With the best threshold these settings reach \
             {least:.1} to {most:.1}. *All* weighs series by their windows.",
            grid.len()
        ),
    );
    let mut rows = Vec::new();
    let (mut windows, mut found, mut outside, mut sums) = (0, 0, 0, [0.0; 2]);
    for (out, series) in all.iter().enumerate() {
        let others = |scores| -> Vec<Scored<'_>> {
            let kept = scored(all, scores)
                .into_iter()
                .enumerate()
                .filter(|(at, _)| *at != out);
            kept.map(|(_, scored)| scored).collect()
        };
        let judged = |scores: &[Vec<f64>], threshold| {
            at(&[(&series.labelled, &scores[out])], threshold, standard)
        };
        let (_, of_others) = best(&others(own), standard);
        // Of equal settings the first.
        let mut chosen: Option<(f64, f64, f64)> = None;
        for scores in &grid {
            let (reached, threshold) = best(&others(scores), standard);
            if chosen.is_none_or(|(before, ..)| reached > before) {
                chosen = Some((reached, threshold, judged(scores, threshold)));
            }
        }
        let left_out = [
            judged(own, of_others),
            chosen.map_or(0.0, |(_, _, judged)| judged),
        ];
        let (found_here, outside_here) = series.labelled.found(&own[out], threshold);
        let weight = series.labelled.windows;
        windows += weight;
        found += found_here;
        outside += outside_here;
        left_out
            .iter()
            .zip(&mut sums)
            .for_each(|(score, sum)| *sum += score * weight as f64);
        rows.push(cells(
            &series.name,
            [weight, found_here, outside_here],
            left_out,
        ));
    }
    rows.push(cells(
        "all",
        [windows, found, outside],
        sums.map(|sum| sum / windows as f64),
    ));
    page.table(
        &[
            "series",
            "windows",
            "found",
            "alarms outside",
            "threshold by the others",
            "threshold and settings by the others",
        ],
        &rows,
    );
    Ok(())
}

fn cells(name: &str, counts: [usize; 3], scores: [f64; 2]) -> Vec<String> {
    let mut cells = vec![name.to_owned()];
    cells.extend(counts.map(|count| count.to_string()));
    cells.extend(scores.map(|score| format!("{score:.1}")));
    cells
}

fn row(name: &str, all: &[Series], scores: &[Vec<f64>]) -> Vec<String> {
    let mut row = vec![name.to_owned()];
    row.extend(PROFILES.map(|profile| format!("{:.1}", best(&scored(all, scores), profile).0)));
    row
}

fn scored<'a>(all: &'a [Series], scores: &'a [Vec<f64>]) -> Vec<Scored<'a>> {
    all.iter()
        .zip(scores)
        .map(|(series, scores)| (&series.labelled, scores.as_slice()))
        .collect()
}

fn scores(all: &[Series], settings: &Settings) -> Result<Vec<Vec<f64>>, Failure> {
    let of = |series: &Series| {
        let mut detector = Detector::new(settings.clone())?;
        Ok(series
            .rows
            .iter()
            .map(|&(at, value)| detector.observe(at, value).score)
            .collect())
    };
    all.iter().map(of).collect()
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
        let rows = rows(&folder.join(&name))?;
        let times: Vec<i64> = rows.iter().map(|(at, _)| *at).collect();
        let labelled = Labelled::new(&times, &windows);
        let name = name
            .trim_end_matches(".csv")
            .trim_start_matches("Twitter_volume_")
            .to_owned();
        Ok(Series {
            name,
            rows,
            labelled,
        })
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
