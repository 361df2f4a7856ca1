//! Logistic regression over two inputs with a prior: what becomes a probability from a handful of
//! cases as from thousands.

/// A case: two inputs, and whether it is a member.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Case {
    /// The inputs.
    pub(crate) inputs: [f64; 2],
    /// Whether it is a member.
    pub(crate) member: bool,
    /// How much an error on it costs.
    pub(crate) weight: f64,
}

/// What is known before any case: a Gaussian around `numbers` (the bias, then a weight an input).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Prior {
    /// The bias and the weights of the inputs.
    pub(crate) numbers: [f64; 3],
    /// How certain each number is: one over its variance, above 0.
    pub(crate) certainty: [f64; 3],
}

/// Most steps of Newton's method; it takes about eight. A bound on time.
const STEPS: usize = 40;

/// The bias and weights under which the cases are most probable, given the prior, by Newton's
/// method with halved steps where a whole one leads astray. A weight that would be negative is 0.
pub(crate) fn fit(cases: &[Case], prior: &Prior) -> [f64; 3] {
    let mut free = [true; 3];
    loop {
        let found = newton(cases, prior, free);
        // A negative weight would mean that evidence for a member counts against it: chance in few
        // cases. One at a time, the lower one first, is taken out and the others fitted anew.
        let worst = (1..3)
            .filter(|&at| found[at] < 0.0)
            .min_by(|&a, &b| found[a].total_cmp(&found[b]));
        match worst {
            Some(at) => free[at] = false,
            None => return found,
        }
    }
}

fn newton(cases: &[Case], prior: &Prior, free: [bool; 3]) -> [f64; 3] {
    let Prior { numbers, certainty } = prior;
    let mut at = [0, 1, 2].map(|index| if free[index] { numbers[index] } else { 0.0 });
    let loss = |at: &[f64; 3]| {
        let of_cases: f64 = cases
            .iter()
            .map(|case| {
                let sum = at[0] + at[1] * case.inputs[0] + at[2] * case.inputs[1];
                let against = if case.member { -sum } else { sum };
                // ln(1 + exp(x)) without overflow.
                case.weight * (against.max(0.0) + (-against.abs()).exp().ln_1p())
            })
            .sum();
        of_cases
            + (0..3)
                .filter(|&i| free[i])
                .map(|i| certainty[i] / 2.0 * (at[i] - numbers[i]).powi(2))
                .sum::<f64>()
    };
    let mut now = loss(&at);
    for _ in 0..STEPS {
        let (gradient, hessian) = slopes(cases, at, prior, free);
        let step = solve(hessian, gradient);
        // A whole step can overshoot where all cases are on one side: it is halved until it helps.
        let mut length = 1.0;
        let (next, then) = loop {
            let next = [0, 1, 2].map(|index| at[index] - length * step[index]);
            let then = loss(&next);
            if then <= now || length < 1e-3 {
                break (next, then);
            }
            length /= 2.0;
        };
        let gain = now - then;
        if gain <= 0.0 {
            break;
        }
        (at, now) = (next, then);
        if gain < 1e-9 * (1.0 + now) {
            break;
        }
    }
    at
}

/// Gradient and Hessian of the loss at `at`. A number that is not free has no slope, and 1 in the
/// diagonal so that the equations can be solved.
fn slopes(
    cases: &[Case],
    at: [f64; 3],
    prior: &Prior,
    free: [bool; 3],
) -> ([f64; 3], [[f64; 3]; 3]) {
    let (mut gradient, mut hessian) = ([0.0; 3], [[0.0; 3]; 3]);
    for case in cases {
        let row = [1.0, case.inputs[0], case.inputs[1]];
        let probability = 1.0 / (1.0 + (-(at[0] + at[1] * row[1] + at[2] * row[2])).exp());
        let error = case.weight * (probability - f64::from(u8::from(case.member)));
        let spread = case.weight * probability * (1.0 - probability);
        for i in 0..3 {
            gradient[i] += error * row[i];
            for j in 0..3 {
                hessian[i][j] += spread * row[i] * row[j];
            }
        }
    }
    for i in 0..3 {
        gradient[i] += prior.certainty[i] * (at[i] - prior.numbers[i]);
        hessian[i][i] += prior.certainty[i];
        if !free[i] {
            gradient[i] = 0.0;
            hessian[i] = [0.0; 3];
            hessian.iter_mut().for_each(|row| row[i] = 0.0);
            hessian[i][i] = 1.0;
        }
    }
    (gradient, hessian)
}

/// The solution of three linear equations by Cramer's rule; the matrix is positive definite, for
/// the prior makes it so.
fn solve(m: [[f64; 3]; 3], v: [f64; 3]) -> [f64; 3] {
    let determinant = |m: &[[f64; 3]; 3]| {
        m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1])
            - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
            + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
    };
    let whole = determinant(&m);
    [0, 1, 2].map(|column| {
        let mut replaced = m;
        (0..3).for_each(|row| replaced[row][column] = v[row]);
        determinant(&replaced) / whole
    })
}
