//! Planes between each entry and all others, over similarities of questions.

use crate::parallel;
use crate::stats::random::Random;

/// How fast a question counts less the less it is like a text: its kernel is exp(cosine − 1). Near
/// 0 the planes are those of a linear machine, with much more only the nearest question counts.
/// Chosen on the train half of banking77 (`docs/measured/suggest.md`).
const SHARPNESS: f64 = 1.0;
/// What an error on a question costs. Chosen as above.
const COST: f32 = 4.0;
/// The passes end when the largest and the smallest projected gradient of one are nearer than this.
/// LIBLINEAR's default for this problem, by convention.
const STOPPING: f32 = 0.1;
/// Most passes; it takes about fifteen. A bound on time.
const PASSES: usize = 100;
/// The seed of the order of visits: any.
const SEED: u64 = 1;

/// What a question counts that is like a text to this degree (a cosine): 0 to 1.
pub(super) fn kernel(similarity: f32) -> f32 {
    libm::exp(SHARPNESS * (f64::from(similarity) - 1.0)) as f32
}

/// A plane between one entry and the others.
#[derive(Clone, Debug, Default)]
pub(super) struct Plane {
    /// The questions that count, with what they count; negative for those of other entries.
    pub(super) questions: Vec<(u32, f32)>,
    /// What is added for every text.
    pub(super) bias: f32,
    /// The margin of a text that shares nothing with any question.
    pub(super) nothing: f32,
    /// The margin of each question, also of those that the plane was not fitted to.
    pub(super) margins: Vec<f32>,
}

/// A plane for each entry: a support vector machine with squared hinge loss, by dual coordinate
/// descent with shrinking (Hsieh and others, ICML 2008, algorithm 3), over a kernel. `kernels` has
/// a row a question, `entry_of` the entry of each, `rows` those that are fitted to; `competes` says
/// whether two entries may be suggested for one post: others are nothing to keep apart from.
///
/// An entry none of whose questions is fitted to gets a margin of −1 for every text.
pub(super) fn fit(
    kernels: &[Vec<f32>],
    entry_of: &[u32],
    rows: &[u32],
    entries: usize,
    competes: impl Fn(u32, u32) -> bool + Sync + Send,
) -> Vec<Plane> {
    let numbers: Vec<u32> = (0..entries as u32).collect();
    parallel::map(
        &numbers,
        || (),
        |(), &entry| {
            if rows.iter().all(|&row| entry_of[row as usize] != entry) {
                return Plane {
                    questions: Vec::new(),
                    bias: -1.0,
                    nothing: 0.0,
                    margins: vec![-1.0; kernels.len()],
                };
            }
            let sign = |row: usize| if entry_of[row] == entry { 1.0 } else { -1.0 };
            let rows = rows.iter().copied();
            let rows: Vec<u32> = rows
                .filter(|&row| competes(entry, entry_of[row as usize]))
                .collect();
            Descent::new(kernels).run(&rows, sign)
        },
    )
}

/// The planes of all entries, by question: what margins are read from.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    /// For each question what it counts for which entries.
    pub(super) counts: Vec<Vec<(u32, f32)>>,
    /// What each entry's margin begins with.
    biases: Vec<f32>,
    /// The margin of each entry for a text that shares nothing with any question.
    pub(super) nothing: Vec<f32>,
}

impl Machine {
    /// The planes of entries over so many questions.
    pub(super) fn new(planes: &[Plane], questions: usize) -> Machine {
        let mut counts = vec![Vec::new(); questions];
        for (entry, plane) in planes.iter().enumerate() {
            for &(question, count) in &plane.questions {
                counts[question as usize].push((entry as u32, count));
            }
        }
        Machine {
            counts,
            biases: planes.iter().map(|plane| plane.bias).collect(),
            nothing: planes.iter().map(|plane| plane.nothing).collect(),
        }
    }

    /// The margin of each entry for a text; `kernels` says what each question counts for it.
    pub(super) fn margins(&self, kernels: &[f32]) -> Vec<f64> {
        let mut margins: Vec<f64> = self.biases.iter().map(|&bias| f64::from(bias)).collect();
        for (counts, &kernel) in self.counts.iter().zip(kernels) {
            for &(entry, count) in counts {
                if let Some(margin) = margins.get_mut(entry as usize) {
                    *margin += f64::from(count * kernel);
                }
            }
        }
        margins
    }
}

/// One dual variable a question, and the margins that they make.
struct Descent<'a> {
    kernels: &'a [Vec<f32>],
    alphas: Vec<f32>,
    margins: Vec<f32>,
}

impl<'a> Descent<'a> {
    fn new(kernels: &'a [Vec<f32>]) -> Descent<'a> {
        Descent {
            kernels,
            alphas: vec![0.0; kernels.len()],
            margins: vec![0.0; kernels.len()],
        }
    }

    fn run(mut self, rows: &[u32], sign: impl Fn(usize) -> f32) -> Plane {
        let mut random = Random::new(SEED);
        let mut active = rows.to_vec();
        let mut last_largest = f32::INFINITY;
        for _ in 0..PASSES {
            random.shuffle(&mut active);
            let (mut largest, mut smallest) = (f32::NEG_INFINITY, f32::INFINITY);
            let all = active.len() == rows.len();
            active.retain(|&row| {
                let at = row as usize;
                let gradient = sign(at) * self.margins[at] - 1.0 + self.alphas[at] * 0.5 / COST;
                let mut projected = gradient;
                if self.alphas[at] == 0.0 {
                    // Shrinking: what is at its bound and would go further will hardly move again.
                    if gradient > last_largest {
                        return false;
                    }
                    projected = gradient.min(0.0);
                }
                largest = largest.max(projected);
                smallest = smallest.min(projected);
                if projected != 0.0 {
                    self.step(at, gradient, sign(at));
                }
                true
            });
            last_largest = if largest <= 0.0 {
                f32::INFINITY
            } else {
                largest
            };
            if largest - smallest < STOPPING || active.is_empty() {
                if all {
                    break;
                }
                // The remaining rows are settled; all that was set aside comes back for a last
                // check.
                active = rows.to_vec();
                last_largest = f32::INFINITY;
            }
        }
        let counted = rows.iter().filter(|&&row| self.alphas[row as usize] > 0.0);
        let questions = counted.map(|&row| (row, sign(row as usize) * self.alphas[row as usize]));
        let questions: Vec<(u32, f32)> = questions.collect();
        let bias: f32 = questions.iter().map(|question| question.1).sum();
        Plane {
            bias,
            nothing: bias * (1.0 + kernel(0.0)),
            questions,
            margins: self.margins,
        }
    }

    /// Moves the dual variable of a question to where its gradient is 0, and all margins with it.
    fn step(&mut self, at: usize, gradient: f32, sign: f32) {
        let kernels = &self.kernels[at];
        // 1 for the bias, which is a feature of every text.
        let curvature = kernels[at] + 1.0 + 0.5 / COST;
        let before = self.alphas[at];
        self.alphas[at] = (before - gradient / curvature).max(0.0);
        let step = (self.alphas[at] - before) * sign;
        for (margin, kernel) in self.margins.iter_mut().zip(kernels) {
            *margin += step * (kernel + 1.0);
        }
    }
}
