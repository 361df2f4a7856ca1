//! The file of a model: versioned, checked, the same bytes for the same model.
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `HEARKEN\n` |
//! | 4 | version of the format, little endian |
//! | 4 | length of the header |
//! | … | the header, JSON: version of the features, heads |
//! | 4 | number of rows |
//! | … | the rows in the order of their keys |
//! | 8 | checksum of all before it |
//!
//! A row is its key less the one before (LEB128), a bit for each number that is not zero, and those
//! numbers (zigzag, LEB128).

use serde::{Deserialize, Serialize};

use super::{Calibration, Head, KEY_BITS, MAX_WEIGHT, Model, SCALE_BITS, stride};
use crate::feature::VERSION as FEATURES;
use crate::stats::hash::checksum;
use crate::{Error, Result};

/// The first bytes of a model file. Frozen: files hold them.
const MAGIC: &[u8; 8] = b"HEARKEN\n";
/// The versions of the format of files, raised with every change of it: the second has opinions.
/// A model without any is still written as the first, so that older readers take it.
const FORMAT: u32 = 1;
const OPINIONS: u32 = 2;

/// Largest bias, in units of 2⁻³²: margins stay far from the ends of 64 bits.
const MAX_BIAS: u64 = 1 << 56;
/// The largest weight of an opinion, by hand: fitted ones are some units, and products stay finite.
const MAX_OPINION: f32 = 1e4;
/// The largest log-odds of a context, in nats, by hand: beyond it the text would count nothing.
const MAX_CONTEXT: f64 = 20.0;

/// Largest slope, offset or weight of a calibration. Fitted ones are some units; products of this
/// with a margin, and sums of them, stay finite.
const MAX_OF_CALIBRATION: f64 = 1e9;

/// Largest sharpness of a calibration, by hand: training gives up to 90
/// (`train::calibrate` bounds it).
const MAX_SHARPNESS: f64 = 1000.0;

#[derive(Serialize, Deserialize)]
struct Header {
    features: u32,
    heads: Vec<Head>,
}

pub(super) fn write(model: &Model) -> Vec<u8> {
    let header = Header {
        features: FEATURES,
        heads: model.heads.clone(),
    };
    // Plain strings and numbers always have a JSON form; an empty header would be
    // refused on reading.
    let header = serde_json::to_vec(&header).unwrap_or_default();
    let mut bytes = Vec::with_capacity(64 + header.len() + model.weights.len());
    bytes.extend_from_slice(MAGIC);
    let format = match model.heads.iter().all(|head| head.opinions.is_empty()) {
        true => FORMAT,
        false => OPINIONS,
    };
    bytes.extend_from_slice(&format.to_le_bytes());
    bytes.extend_from_slice(&(header.len() as u32).to_le_bytes());
    bytes.extend_from_slice(&header);
    bytes.extend_from_slice(&(model.keys.len() as u32).to_le_bytes());
    let width = model.stride();
    let mut before = 0;
    for (&key, row) in model
        .keys
        .iter()
        .zip(model.weights.chunks_exact(width.max(1)))
    {
        write_number(&mut bytes, key - before);
        before = key;
        for eight in row.chunks(8) {
            let bits = eight.iter().enumerate().fold(0u8, |bits, (bit, &weight)| {
                bits | (u8::from(weight != 0) << bit)
            });
            bytes.push(bits);
        }
        for &weight in row.iter().filter(|&&weight| weight != 0) {
            write_number(
                &mut bytes,
                u64::from(((weight << 1) ^ (weight >> 15)) as u16),
            );
        }
    }
    let sum = checksum(&bytes);
    bytes.extend_from_slice(&sum.to_le_bytes());
    bytes
}

/// Reads a file. The rows are given one by one to what `begin` makes of the heads and of the number
/// of rows, each by its key and its numbers with their places in the row, without those that are
/// zero: so they go where they shall stand without a model in between.
pub(super) fn read<R: FnMut(u64, &[(usize, i16)])>(
    bytes: &[u8],
    begin: impl FnOnce(&[Head], usize) -> R,
) -> Result<Vec<Head>> {
    let mut input = Input { rest: bytes };
    if input.take(8) != Some(MAGIC) {
        return Err(Error::model(
            "not a hearken model: the file does not begin with HEARKEN; give a file that `train` \
             wrote",
        ));
    }
    // The version comes before the checksum: what another version sums up is not known here.
    let version = input.word().ok_or_else(cut)?;
    if !(FORMAT..=OPINIONS).contains(&version) {
        return Err(Error::model(format!(
            "the model's format is version {version}, this hearken reads {FORMAT} to {OPINIONS}; \
             it is {}",
            age(version, OPINIONS)
        )));
    }
    let Some((content, sum)) = bytes
        .split_last_chunk::<8>()
        .filter(|(content, _)| content.len() >= 16)
    else {
        return Err(cut());
    };
    if checksum(content) != u64::from_le_bytes(*sum) {
        return Err(Error::model(
            "the model file is damaged or cut: its checksum does not match; copy or train it again",
        ));
    }
    input.rest = &content[12..];
    let heads = read_heads(&mut input)?;
    let width = stride(&heads);
    let count = input.word().ok_or_else(cut)? as usize;
    // A row takes a byte for its key and its bits, so a count that memory could not hold is refused
    // before anything is reserved.
    if count > input.rest.len() / (1 + width.div_ceil(8)) || (width == 0 && count > 0) {
        return Err(cut());
    }
    read_rows(&mut input, count, width, begin(&heads, count))?;
    if !input.rest.is_empty() {
        return Err(cut());
    }
    Ok(heads)
}

/// What another version is, and the mend.
fn age(version: u32, known: u32) -> &'static str {
    if version > known {
        "newer: update hearken"
    } else {
        "older: train the model again"
    }
}

/// Reads and checks the header.
fn read_heads(input: &mut Input<'_>) -> Result<Vec<Head>> {
    let length = input.word().ok_or_else(cut)? as usize;
    let header: Header =
        serde_json::from_slice(input.take(length).ok_or_else(cut)?).map_err(|error| {
            Error::model(format!(
                "the model's header can't be read ({error}); train the model again"
            ))
            .with_source(error)
        })?;
    // Hashes of other features would find other rows, and no error would show it.
    if header.features != FEATURES {
        return Err(Error::model(format!(
            "the model's features are version {}, this hearken makes {FEATURES}; it is {}",
            header.features,
            age(header.features, FEATURES)
        )));
    }
    header.heads.iter().try_for_each(check)?;
    Ok(header.heads)
}

/// Reads the keys and weights of `count` rows of `width` numbers.
fn read_rows(
    input: &mut Input<'_>,
    count: usize,
    width: usize,
    mut each: impl FnMut(u64, &[(usize, i16)]),
) -> Result<()> {
    let mut numbers = Vec::with_capacity(width);
    let mut before = 0u64;
    for row in 0..count {
        let step = input.number().ok_or_else(cut)?;
        let key = before
            .checked_add(step)
            .filter(|key| key >> KEY_BITS == 0 && (row == 0 || step > 0))
            .ok_or_else(cut)?;
        before = key;
        numbers.clear();
        let bits = input.take(width.div_ceil(8)).ok_or_else(cut)?;
        for (eight, &bits) in (0..).step_by(8).zip(bits) {
            let mut bits = bits;
            // Most heads know nothing of most features: only the others are visited.
            while bits != 0 {
                let place = eight + bits.trailing_zeros() as usize;
                numbers.push((place, input.weight().ok_or_else(cut)?));
                bits &= bits - 1;
            }
        }
        if numbers.last().is_some_and(|&(place, _)| place >= width) {
            return Err(cut());
        }
        each(key, &numbers);
    }
    Ok(())
}

/// Whether a calibration gives every text probabilities that are numbers.
fn is_sound(calibration: &Calibration, labels: usize) -> bool {
    let wide = |value: &f64| value.abs() <= MAX_OF_CALIBRATION;
    let of_labels = |values: &[f32]| {
        (values.is_empty() || values.len() == labels)
            && values.iter().all(|&value| wide(&f64::from(value)))
    };
    calibration.a.iter().chain(&calibration.b).all(wide)
        && (0.0..=MAX_SHARPNESS).contains(&calibration.sharpness)
        && (0.0..=1.0).contains(&calibration.novelty)
        && of_labels(&calibration.decision)
        && of_labels(&calibration.thresholds)
}

fn check(head: &Head) -> Result<()> {
    let lanes = head.lanes();
    let wrong = |what: &str| {
        Err(Error::model(format!(
            "the model's head {:?} has {what}; train the model again",
            head.task
        )))
    };
    if !(2..=200).contains(&head.labels.len()) {
        return wrong("not 2 to 200 labels");
    }
    if head.bias.len() != lanes
        || head.calibration.a.len() != lanes
        || head.calibration.b.len() != lanes
    {
        return wrong("a number of biases or calibrations other than its number of labels");
    }
    if !is_sound(&head.calibration, head.labels.len()) {
        return wrong("numbers of its calibration out of range");
    }
    if head.bias.iter().any(|bias| bias.unsigned_abs() > MAX_BIAS) {
        return wrong("a bias out of range");
    }
    // Beyond it a unit of weights would be smaller than the unit of margins.
    if head.shift > SCALE_BITS {
        return wrong("a unit of weights that is too small");
    }
    let is_prior = |nats: &f64| nats.abs() <= MAX_CONTEXT;
    let has_slope = head
        .calibration
        .a
        .first()
        .is_some_and(|&slope| slope != 0.0);
    let contexts = &head.context;
    let is_usable = lanes == 1 && has_slope && contexts.values().all(is_prior);
    if !contexts.is_empty() && !is_usable {
        return wrong("log-odds of contexts that are not from -20 to 20, or not of two labels");
    }
    if head.stack.is_some_and(|stack| !stack.is_sound()) {
        return wrong("weights of learnt and listed evidence that are not from 0 to 1000");
    }
    if head
        .signals
        .as_ref()
        .is_some_and(|signals| signals.gaussians.len() != lanes)
    {
        return wrong("a number of signal models other than its number of labels");
    }
    if head
        .signals
        .as_ref()
        .is_some_and(|signals| !(0.0..=1000.0).contains(&signals.weight))
    {
        return wrong("a weight of its signals that is not from 0 to 1000");
    }
    for opinion in &head.opinions {
        let labels = opinion.head.labels.len();
        let weights = &opinion.weights;
        let is_sound = |weight: &f32| weight.abs() <= MAX_OPINION;
        if weights.len() != lanes || weights.iter().any(|row| row.len() != labels) {
            return wrong("a number of weights of an opinion other than its labels'");
        }
        if !weights.iter().flatten().all(is_sound) {
            return wrong("a weight of an opinion that is not from -10000 to 10000");
        }
        if !opinion.head.opinions.is_empty() {
            return wrong("an opinion that has opinions itself");
        }
        check(&opinion.head)?;
    }
    Ok(())
}

#[cold]
fn cut() -> Error {
    Error::model("the model file's lengths do not fit its content; copy or train it again")
}

fn write_number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

struct Input<'a> {
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }

    fn word(&mut self) -> Option<u32> {
        let (word, rest) = self.rest.split_first_chunk::<4>()?;
        self.rest = rest;
        Some(u32::from_le_bytes(*word))
    }

    /// A weight that is not zero, within the bounds that keep sums within 32 bits.
    #[inline]
    fn weight(&mut self) -> Option<i16> {
        // Zigzag: small weights of either sign take one byte.
        let weight = |number: u16| ((number >> 1) as i16) ^ -((number & 1) as i16);
        // Most take one, and are within the bounds.
        if let [byte @ 0..0x80, rest @ ..] = self.rest {
            self.rest = rest;
            return Some(weight(u16::from(*byte)));
        }
        let weight = weight(u16::try_from(self.number()?).ok()?);
        Some(weight).filter(|weight| (-MAX_WEIGHT..=MAX_WEIGHT).contains(weight))
    }

    #[inline]
    fn number(&mut self) -> Option<u64> {
        // Most are small, and a byte.
        if let [byte @ 0..0x80, rest @ ..] = self.rest {
            self.rest = rest;
            return Some((*byte).into());
        }
        let mut number = 0u64;
        for shift in (0..63).step_by(7) {
            let (&byte, rest) = self.rest.split_first()?;
            self.rest = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feature::Sink;
    use crate::feature::signal::COUNT;
    use crate::model::Table;

    fn head(task: &str, labels: usize) -> serde_json::Value {
        let lanes = if labels == 2 { 1 } else { labels };
        let labels: Vec<String> = (0..labels).map(|label| format!("{label:03}")).collect();
        serde_json::json!({
            "task": task, "labels": labels, "shift": 12, "bias": vec![0; lanes],
            "calibration": {"a": vec![-1.0; lanes], "b": vec![0.0; lanes], "sharpness": 1.0},
            "provenance": {"data": "", "licence": "", "posts": 0, "settings": {}},
        })
    }

    /// A file with a true checksum: what a mistaken writer would leave.
    fn sealed(header: &serde_json::Value, rows: u32, content: &[u8]) -> Vec<u8> {
        let header = header.to_string();
        let mut bytes = [
            &MAGIC[..],
            &FORMAT.to_le_bytes(),
            &(header.len() as u32).to_le_bytes(),
        ]
        .concat();
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend_from_slice(&rows.to_le_bytes());
        bytes.extend_from_slice(content);
        let sum = checksum(&bytes);
        bytes.extend_from_slice(&sum.to_le_bytes());
        bytes
    }

    fn refused(bytes: &[u8]) -> String {
        let error = Model::from_bytes(bytes).expect_err("not to be read");
        assert!(error.is_model(), "{error:?}");
        error.to_string()
    }

    #[test]
    fn a_true_checksum_does_not_make_a_header_right() {
        let header =
            |heads: &[serde_json::Value]| serde_json::json!({"features": FEATURES, "heads": heads});
        // One feature: its key, a byte that says that both numbers follow, and those.
        let row = [5, 3, 2, 4];
        let right =
            Model::from_bytes(&sealed(&header(&[head("a", 2)]), 1, &row)).expect("is right");
        assert_eq!(
            (&right.keys[..], &right.weights[..]),
            (&[5][..], &[1, 2][..])
        );
        assert_eq!(
            Table::new(&right)
                .row(5 << (64 - KEY_BITS))
                .map(|row| row[2]),
            Some(2)
        );

        let of = |change: &dyn Fn(&mut serde_json::Value)| {
            let mut head = head("a", 3);
            change(&mut head);
            refused(&sealed(&header(&[head]), 0, &[]))
        };
        assert!(
            of(&|head| head["labels"] = serde_json::json!(["one"])).contains("not 2 to 200 labels")
        );
        assert!(of(&|head| head["bias"] = serde_json::json!([0])).contains("biases"));
        assert!(
            of(&|head| head["calibration"]["a"] = serde_json::json!([])).contains("calibrations")
        );
        assert!(of(&|head| head["shift"] = serde_json::json!(33)).contains("unit of weights"));
        for (field, value) in [
            ("a", serde_json::json!([-1.0, -1e300, -1.0])),
            ("sharpness", serde_json::json!(65536.9)),
            ("sharpness", serde_json::json!(-1)),
            ("novelty", serde_json::json!(1.5)),
            ("decision", serde_json::json!([1, 1, 1e12])),
            ("thresholds", serde_json::json!([0.5])),
        ] {
            let message = of(&|head| head["calibration"][field] = value.clone());
            assert!(message.contains("calibration out of range"), "{message}");
        }
        assert!(
            of(&|head| head["signals"] = serde_json::json!({"weight": 1.0, "gaussians": []}))
                .contains("signal")
        );
        assert!(
            of(&|head| head["bias"] = serde_json::json!([0.5, 1, 2]))
                .contains("header can't be read")
        );
        let of_opinion = |change: &dyn Fn(&mut serde_json::Value)| {
            let mut opinion =
                serde_json::json!({"head": head("b", 2), "weights": [[0, 1], [2, 3], [4, 5]]});
            change(&mut opinion);
            of(&|head| head["opinions"] = serde_json::json!([opinion]))
        };
        for (weights, wanted) in [
            (serde_json::json!([[0, 1]]), "number of weights"),
            (serde_json::json!([[0], [0], [0]]), "number of weights"),
            (
                serde_json::json!([[0, 1], [2, 1e9], [4, 5]]),
                "not from -10000",
            ),
        ] {
            let message = of_opinion(&|opinion| opinion["weights"] = weights.clone());
            assert!(message.contains(wanted), "{message}");
        }
        assert!(
            of_opinion(&|opinion| {
                let nested = opinion.clone();
                opinion["head"]["opinions"] = serde_json::json!([nested]);
            })
            .contains("opinions itself")
        );
        assert!(
            of_opinion(&|opinion| opinion["head"]["bias"] = serde_json::json!([]))
                .contains("biases")
        );
        for (features, age) in [
            (FEATURES + 1, "newer: update hearken"),
            (0, "older: train the model again"),
        ] {
            let message = refused(&sealed(
                &serde_json::json!({"features": features, "heads": []}),
                0,
                &[],
            ));
            assert!(
                message.starts_with("the model's features are version") && message.ends_with(age),
                "{message}"
            );
        }
    }

    #[test]
    fn a_true_checksum_does_not_make_rows_right() {
        let header = serde_json::json!({"features": FEATURES, "heads": [head("a", 2)]});
        let wrong: [(u32, &[u8]); 9] = [
            (2, &[5, 3, 2, 4]),                                           // a row is missing
            (1, &[5, 3, 2, 4, 0]),                                        // a byte too many
            (0, &[5, 3, 2, 4]),                                           // a row too many
            (1, &[5, 3, 2]),                                              // a number is missing
            (2, &[5, 3, 2, 4, 0, 3, 2, 4]),                               // the same key twice
            (1, &[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1, 3, 2, 4]), // a key of more than 48 bits
            (1, &[0x80; 12]),                                             // a number without an end
            (1, &[5, 3, 2, 0xff, 0xff, 7]),                               // a weight beyond 16 bits
            (1, &[5, 3, 2, 0xff, 0xff, 3]), // a weight beyond the largest
        ];
        for (rows, content) in wrong {
            let message = refused(&sealed(&header, rows, content));
            assert!(
                message.contains("lengths do not fit"),
                "{rows} {content:x?}: {message}"
            );
        }
    }

    /// A few kilobytes that claim many rows of many numbers reserve little more than they are long.
    #[test]
    fn claimed_rows_reserve_nothing() {
        let heads: Vec<_> = (0..20).map(|at| head(&format!("h{at}"), 200)).collect();
        let header = serde_json::json!({"features": FEATURES, "heads": heads});
        let bytes = sealed(&header, 2000, &[0; 4000]);
        let used = allocation_counter::measure(|| assert!(Model::from_bytes(&bytes).is_err()));
        assert!(
            used.bytes_max < 20 * bytes.len() as u64,
            "{} bytes for {}",
            used.bytes_max,
            bytes.len()
        );
    }

    /// Numbers at the ends of their types are refused or scored, and never a panic.
    #[test]
    fn extreme_numbers_are_no_panic() {
        let mut head = head("a", 2);
        head["bias"] = serde_json::json!([i64::MAX]);
        head["shift"] = serde_json::json!(0);
        head["calibration"] = serde_json::json!({"a": [-1e308], "b": [1e308], "sharpness": 1e308});
        head["signals"] = serde_json::json!({"weight": 1e308, "gaussians": [vec![[1e308, -1.0, -1e308, 0.0]; COUNT]]});
        let header = serde_json::json!({"features": FEATURES, "heads": [head]});
        // A weight of 24,000 with the smallest energy.
        let Ok(model) = Model::from_bytes(&sealed(&header, 1, &[5, 3, 2, 0x80, 0xf7, 2])) else {
            return;
        };
        let table = Table::new(&model);
        let (mut sums, mut margins, mut probabilities) =
            (crate::model::Sums::default(), Vec::new(), Vec::new());
        let mut summing = table.start(&mut sums);
        let (hash, kind, block) = (
            5 << (64 - KEY_BITS),
            crate::feature::hash::FeatureKind::Word,
            crate::feature::Block::Words,
        );
        summing.feature(crate::feature::Feature {
            hash,
            kind,
            block,
            start: 0,
            end: 0,
            detail: 0,
        });
        summing.finish();
        table.probabilities(
            0,
            &sums,
            &[1.0; COUNT],
            (|_| 0, table.familiarity(0, &sums)),
            &mut margins,
            &mut probabilities,
        );
        assert_eq!(probabilities.len(), 2);
    }
}
