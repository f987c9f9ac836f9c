//! Random instants as RFC 3339 texts of every form, with what they mean.

use std::{
    fmt,
    hash::{BuildHasher, Hasher, RandomState},
    time::Duration,
};

use access_groups_core::Timestamp;

/// A text, and the instant that it means by arithmetic of its own; `None` outside the years 0000 to
/// 9999 in UTC.
#[derive(Debug, Clone)]
pub struct Sample {
    /// The text.
    pub text: String,
    /// What it means.
    pub instant: Option<Timestamp>,
}

/// Random samples over all years, offsets and fractions of 0 to 9 digits, and the corners more often
/// than by chance.
#[derive(Debug)]
pub struct Samples {
    seed: u64,
    state: u64,
}

impl Samples {
    /// From a random seed, or from that of the variable `INSTANTS_SEED`.
    ///
    /// # Panics
    ///
    /// When the variable is no number.
    #[must_use]
    pub fn new() -> Self {
        let given = std::env::var("INSTANTS_SEED").ok();
        let seed = given.map_or_else(
            || RandomState::new().build_hasher().finish(),
            |seed| seed.parse().expect("a number"),
        );
        Self { seed, state: seed }
    }

    /// As many samples as asked for, all within the years 0000 to 9999 in UTC.
    pub fn in_range(&mut self, count: usize) -> Vec<(String, Timestamp)> {
        let samples = std::iter::from_fn(|| Some(self.sample()));
        let in_range = samples.filter_map(|sample| Some((sample.text, sample.instant?)));
        in_range.take(count).collect()
    }

    /// The next one.
    ///
    /// # Panics
    ///
    /// Never: the numbers of an instant are small.
    pub fn sample(&mut self) -> Sample {
        // The first and the last days are where implementations end.
        let (year, month, day) = match self.below(20) {
            0 => (9999, 12, 30 + self.below(2)),
            1 => (0, 1, 1 + self.below(2)),
            2 => (1969 + self.below(2), 12, 31),
            _ => {
                let (year, month) = (self.below(10_000), 1 + self.below(12));
                (year, month, 1 + self.below(days_in(year, month)))
            }
        };
        let time = [self.below(24), self.below(60), self.below(60)];
        let digits = self.below(10);
        let fraction = self.below(10_u64.pow(u32::try_from(digits).expect("one digit")));
        let (offset, minutes) = match self.below(4) {
            0 => ("Z".to_owned(), 0),
            1 => ("z".to_owned(), 0),
            _ => {
                let (hours, minutes) = (self.below(24), self.below(60));
                let total = i64::try_from(hours * 60 + minutes).expect("less than a day");
                match self.below(2) {
                    0 => (format!("+{hours:02}:{minutes:02}"), total),
                    _ => (format!("-{hours:02}:{minutes:02}"), -total),
                }
            }
        };
        let separator = ["T", "t", " "][usize::try_from(self.below(3)).expect("small")];
        let [hour, minute, second] = time;
        let mut text =
            format!("{year:04}-{month:02}-{day:02}{separator}{hour:02}:{minute:02}:{second:02}");
        if digits > 0 {
            let digits = usize::try_from(digits).expect("one digit");
            text.push_str(&format!(".{fraction:0digits$}"));
        }
        text.push_str(&offset);
        let days = days_before(year, month) + day - 1;
        let local = days * 86_400 + hour * 3_600 + minute * 60 + second;
        let seconds = i64::try_from(local).expect("12 digits") - minutes * 60;
        let nanoseconds = fraction * 10_u64.pow(9 - u32::try_from(digits).expect("one digit"));
        let since_year_0 = u64::try_from(seconds).ok().map(|seconds| {
            let nanoseconds = u32::try_from(nanoseconds).expect("9 digits");
            Duration::new(seconds, nanoseconds)
        });
        Sample {
            text,
            instant: since_year_0.and_then(|since| Timestamp::MIN.checked_add(since)),
        }
    }

    /// A number less than this one: SplitMix64.
    fn below(&mut self, bound: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

impl Default for Samples {
    fn default() -> Self {
        Self::new()
    }
}

/// How to make the same ones again.
impl fmt::Display for Samples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "INSTANTS_SEED={}", self.seed)
    }
}

fn is_leap(year: u64) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn days_in(year: u64, month: u64) -> u64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The days from 0000-01-01 to the first of this month.
fn days_before(year: u64, month: u64) -> u64 {
    // Leap years before this one, the year 0 among them.
    let leaps = year.div_ceil(4) - year.div_ceil(100) + year.div_ceil(400);
    let months = (1..month).map(|month| days_in(year, month));
    year * 365 + leaps + months.sum::<u64>()
}
