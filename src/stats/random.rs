//! One seeded generator of pseudo-random numbers for folds, orders of visits, resampling and tests.

/// The finaliser of SplitMix64: spreads the bits of a number over all 64, and no two numbers get
/// the same. Frozen: fingerprints and names of campaigns are made with it.
#[inline]
pub(crate) fn mixed(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// Draws that depend on the seed alone: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
///
/// Trained models and judgements depend on every draw, so the stream is frozen: the tests of this
/// file hold its first values. It is not a source of secrets.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// A generator that gives the same draws for the same `seed`, on every machine.
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed(self.0)
    }

    /// A whole number from 0 to below `bound`; 0 where `bound` is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        // The high half of the product instead of a remainder: no division, and the bias is below
        // bound / 2⁶⁴. A remainder would give other numbers, and with them other folds.
        ((u128::from(self.next_u64()) * bound as u128) >> 64) as usize
    }

    /// A number from 0 to below 1, of 53 bits.
    pub fn unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Puts `items` into a random order (Fisher and Yates, from the last item down).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOLDEN_0: [u64; 8] = [
        16_294_208_416_658_607_535,
        7_960_286_522_194_355_700,
        487_617_019_471_545_679,
        17_909_611_376_780_542_444,
        1_961_750_202_426_094_747,
        6_038_094_601_263_162_090,
        3_207_296_026_000_306_913,
        14_232_521_865_600_346_940,
    ];
    const GOLDEN_1: [u64; 8] = [
        10_451_216_379_200_822_465,
        13_757_245_211_066_428_519,
        17_911_839_290_282_890_590,
        8_196_980_753_821_780_235,
        8_195_237_237_126_968_761,
        14_072_917_602_864_530_048,
        16_184_226_688_143_867_045,
        9_648_886_400_068_060_533,
    ];
    const GOLDEN_1234567: [u64; 8] = [
        6_457_827_717_110_365_317,
        3_203_168_211_198_807_973,
        9_817_491_932_198_370_423,
        4_593_380_528_125_082_431,
        16_408_922_859_458_223_821,
        7_804_594_928_223_864_054,
        10_895_525_637_215_051_397,
        5_078_158_048_327_840_177,
    ];
    const BELOW_1000: [usize; 8] = [566, 745, 971, 444, 444, 762, 877, 523];
    const SHUFFLED: [u8; 10] = [9, 0, 1, 4, 8, 2, 3, 7, 6, 5];

    /// What the generator gave when it was still written in `train::estimate`: the folds of the
    /// bundled heads were drawn from it.
    #[test]
    fn the_stream_is_frozen() {
        for (seed, wanted) in [(0, GOLDEN_0), (1, GOLDEN_1), (1_234_567, GOLDEN_1234567)] {
            let mut random = Random::new(seed);
            assert_eq!(std::array::from_fn(|_| random.next_u64()), wanted, "{seed}");
        }
        let mut random = Random::new(1);
        assert_eq!(std::array::from_fn(|_| random.below(1000)), BELOW_1000);
        let mut items: [u8; 10] = std::array::from_fn(|at| at as u8);
        Random::new(1).shuffle(&mut items);
        assert_eq!(items, SHUFFLED);
    }

    #[test]
    fn draws_are_even() {
        let mut random = Random::new(1_234_567);
        let mut dealt = [0u32; 6];
        (0..6000).for_each(|_| dealt[random.below(6)] += 1);
        assert!(
            dealt.iter().all(|&count| (850..1150).contains(&count)),
            "{dealt:?}"
        );
        let mean = (0..6000).map(|_| random.unit()).sum::<f64>() / 6000.0;
        assert!((mean - 0.5).abs() < 0.02, "{mean}");
        let mut items: Vec<u32> = (0..100).collect();
        random.shuffle(&mut items);
        assert!(!items.is_sorted());
        items.sort_unstable();
        assert_eq!(items, (0..100).collect::<Vec<u32>>());
        assert_eq!(random.below(0), 0);
    }
}
