//! The rules of the Numenta Anomaly Benchmark: what scores are worth against labelled windows, with
//! one threshold for all series.
//!
//! Lavin and Ahmad, Evaluating Real-time Anomaly Detection Algorithms (ICMLA 2015, arXiv
//! 1510.03336), section III: the first 15 % of a series, 750 rows at most, don't count. Within a
//! window the first alarm earns up to 1, the more the earlier; a window without one costs; an alarm
//! outside costs the more the further it is behind the last window. 0 is a run without any alarm,
//! 100 is perfect.

/// What errors cost; a window that is found at its very beginning earns 1.
#[derive(Clone, Copy)]
pub(super) struct Profile {
    pub(super) name: &'static str,
    false_alarm: f64,
    missed: f64,
}

/// The benchmark's three.
pub(super) const PROFILES: [Profile; 3] = [
    Profile {
        name: "standard",
        false_alarm: 0.11,
        missed: 1.0,
    },
    Profile {
        name: "reward low FP",
        false_alarm: 0.22,
        missed: 1.0,
    },
    Profile {
        name: "reward low FN",
        false_alarm: 0.11,
        missed: 2.0,
    },
];

/// A series' rows, as alarms there would count.
pub(super) struct Labelled {
    rows: Vec<Alarm>,
    /// Windows that count.
    pub(super) windows: usize,
}

/// What an alarm in a row would be.
#[derive(Clone, Copy)]
enum Alarm {
    /// Too early to count.
    Probation,
    /// Within the window of this number, and what it would earn as the first there.
    True(usize, f64),
    /// Outside of windows, and the share of the price, from −1 to 0.
    False(f64),
}

/// The scores of a series, a row each.
pub(super) type Scored<'a> = (&'a Labelled, &'a [f64]);

fn sigmoid(place: f64) -> f64 {
    if place > 3.0 {
        -1.0
    } else {
        2.0 / (1.0 + (5.0 * place).exp()) - 1.0
    }
}

impl Labelled {
    /// Rows at the beginning of a series of so many that don't count.
    pub(super) fn probation(rows: usize) -> usize {
        (rows * 15 / 100).min(750)
    }

    /// Rows with these times, and windows from their first to their last moment, in order.
    pub(super) fn new(times: &[i64], windows: &[(i64, i64)]) -> Labelled {
        let probation = Labelled::probation(times.len());
        // The first row and the last.
        let spans: Vec<(usize, usize)> = windows
            .iter()
            .map(|(start, end)| {
                (
                    times.partition_point(|time| time < start),
                    times.partition_point(|time| time <= end),
                )
            })
            .filter(|(first, behind)| first < behind)
            .map(|(first, behind)| (first, behind - 1))
            .collect();
        let alarm = |row: usize| {
            if row < probation {
                return Alarm::Probation;
            }
            if let Some(window) = spans
                .iter()
                .position(|(first, last)| (first..=last).contains(&&row))
            {
                let (first, last) = spans[window];
                let place = -((last - row + 1) as f64) / (last - first + 1) as f64;
                return Alarm::True(window, sigmoid(place) / sigmoid(-1.0));
            }
            let before = spans.iter().rfind(|(_, last)| *last < row);
            Alarm::False(before.map_or(-1.0, |(first, last)| {
                sigmoid((row - last) as f64 / (last - first) as f64)
            }))
        };
        Labelled {
            rows: (0..times.len()).map(alarm).collect(),
            windows: spans.iter().filter(|(_, last)| *last >= probation).count(),
        }
    }

    /// Windows found and alarms outside of windows.
    pub(super) fn found(&self, scores: &[f64], threshold: f64) -> (usize, usize) {
        let mut found = vec![false; self.rows.len()];
        let mut outside = 0;
        for (alarm, _) in self
            .rows
            .iter()
            .zip(scores)
            .filter(|(_, score)| **score >= threshold)
        {
            match alarm {
                Alarm::Probation => {}
                Alarm::True(window, _) => found[*window] = true,
                Alarm::False(_) => outside += 1,
            }
        }
        (found.iter().filter(|found| **found).count(), outside)
    }
}

/// The points so far, while alarms come in.
struct Points {
    profile: Profile,
    /// By series and window, what was earned.
    earned: Vec<Vec<Option<f64>>>,
    paid: f64,
    windows: usize,
}

impl Points {
    fn new(series: &[Scored<'_>], profile: Profile) -> Points {
        let earned = series
            .iter()
            .map(|(labelled, _)| vec![None; labelled.rows.len()])
            .collect();
        let windows = series.iter().map(|(labelled, _)| labelled.windows).sum();
        Points {
            profile,
            earned,
            paid: 0.0,
            windows,
        }
    }

    fn add(&mut self, series: usize, alarm: Alarm) {
        match alarm {
            Alarm::Probation => {}
            Alarm::True(window, earns) => {
                let earned = &mut self.earned[series][window];
                *earned = Some(earned.map_or(earns, |before| before.max(earns)));
            }
            Alarm::False(share) => self.paid += self.profile.false_alarm * share,
        }
    }

    /// From 0, no alarm, to 100.
    fn score(&self) -> f64 {
        let earned: Vec<f64> = self.earned.iter().flatten().flatten().copied().collect();
        let windows = self.windows as f64;
        let missed = self.profile.missed;
        let total =
            earned.iter().sum::<f64>() + self.paid - missed * (windows - earned.len() as f64);
        100.0 * (total + missed * windows) / (windows + missed * windows)
    }
}

/// The best score that one threshold for all series reaches, and the threshold; above all scores if
/// no alarm is best.
pub(super) fn best(series: &[Scored<'_>], profile: Profile) -> (f64, f64) {
    let mut rows: Vec<(f64, usize, Alarm)> = Vec::new();
    for (at, (labelled, scores)) in series.iter().enumerate() {
        rows.extend(
            labelled
                .rows
                .iter()
                .zip(*scores)
                .map(|(alarm, score)| (*score, at, *alarm)),
        );
    }
    rows.retain(|(_, _, alarm)| !matches!(alarm, Alarm::Probation));
    rows.sort_by(|one, other| other.0.total_cmp(&one.0));
    let mut points = Points::new(series, profile);
    let mut best = (0.0, f64::INFINITY);
    for equal in rows.chunk_by(|one, other| one.0 == other.0) {
        equal
            .iter()
            .for_each(|(_, series, alarm)| points.add(*series, *alarm));
        // What was paid never comes back, so a lower threshold can't win any more.
        let most = 100.0 + 100.0 * points.paid / (points.windows as f64 * (1.0 + profile.missed));
        if most < best.0 {
            break;
        }
        let score = points.score();
        if score > best.0 {
            best = (score, equal[0].0);
        }
    }
    best
}

/// The score with a threshold that was chosen elsewhere.
pub(super) fn at(series: &[Scored<'_>], threshold: f64, profile: Profile) -> f64 {
    let mut points = Points::new(series, profile);
    for (at, (labelled, scores)) in series.iter().enumerate() {
        let alarms = labelled
            .rows
            .iter()
            .zip(*scores)
            .filter(|(_, score)| **score >= threshold);
        alarms.for_each(|(alarm, _)| points.add(at, *alarm));
    }
    points.score()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A hundred rows, of which 15 are probation, with windows of ten rows from 30 and from 60 on.
    fn labelled() -> Labelled {
        let times: Vec<i64> = (0..100).collect();
        Labelled::new(&times, &[(30, 39), (60, 69)])
    }

    fn reached(alarms: &[usize]) -> f64 {
        let labelled = labelled();
        let scores: Vec<f64> = (0..100)
            .map(|row| f64::from(u8::from(alarms.contains(&row))))
            .collect();
        at(&[(&labelled, &scores)], 1.0, PROFILES[0])
    }

    #[test]
    fn the_rules_hold() {
        assert_eq!(reached(&[]), 0.0);
        assert!((reached(&[30, 60]) - 100.0).abs() < 1e-9);
        // Probation is free, and so is a second alarm in a window.
        assert!((reached(&[3, 30, 35, 60]) - 100.0).abs() < 1e-9);
        // Late in a window is worth less, but more than a miss: the last of ten rows earns
        // tanh(0.25) / tanh(2.5) = 0.248 of a window.
        assert!((reached(&[30, 69]) - 81.206).abs() < 0.001);
        assert!((reached(&[30]) - 50.0).abs() < 1e-9);
        // A false alarm before any window costs all, just behind one less.
        assert!((reached(&[20, 30, 60]) - (100.0 - 11.0 / 4.0)).abs() < 1e-9);
        assert!(reached(&[30, 40, 60]) > reached(&[30, 55, 60]));
    }

    #[test]
    fn the_best_threshold_is_found() {
        let labelled = labelled();
        let mut scores = vec![0.1; 100];
        (scores[31], scores[61], scores[80]) = (0.9, 0.7, 0.8);
        let (score, threshold) = best(&[(&labelled, &scores)], PROFILES[0]);
        assert_eq!(threshold, 0.7);
        assert!((score - at(&[(&labelled, &scores)], 0.7, PROFILES[0])).abs() < 1e-9);
        assert_eq!(labelled.found(&scores, 0.7), (2, 1));
    }
}
