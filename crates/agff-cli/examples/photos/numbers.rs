//! How often right things are found, and how sure that is: intervals by bootstrap.

use std::ops::AddAssign;

use crate::draw::Draw;

/// Places up to which a find counts.
pub const PLACES: [usize; 3] = [1, 5, 10];

/// Resamples of the bootstrap.
pub const RESAMPLES: usize = 2000;

/// A number and its interval at 95 %.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The number itself.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// What the queries of one unit found.
#[derive(Debug, Clone, Copy, Default)]
struct Unit {
    queries: f64,
    /// Queries that found it at each of [`PLACES`] or before.
    hits: [f64; 3],
}

impl AddAssign for Unit {
    fn add_assign(&mut self, other: Self) {
        self.queries += other.queries;
        for (hits, more) in self.hits.iter_mut().zip(other.hits) {
            *hits += more;
        }
    }
}

/// What all queries found, by unit: the captions, which are what is drawn anew in a resample.
#[derive(Debug, Clone)]
pub struct Tally(Vec<Unit>);

impl Tally {
    /// Nothing yet.
    pub fn new(units: usize) -> Self {
        Self(vec![Unit::default(); units])
    }

    /// One query of each unit, with these ranks from 1.
    pub fn of_ranks(ranks: impl IntoIterator<Item = usize>) -> Self {
        let mut tally = Self(Vec::new());
        for (unit, rank) in ranks.into_iter().enumerate() {
            tally.0.push(Unit::default());
            tally.add(unit, rank);
        }
        tally
    }

    /// Counts a query of `unit` that found its target at `rank`, from 1.
    pub fn add(&mut self, unit: usize, rank: usize) {
        self.0[unit] += Unit {
            queries: 1.0,
            hits: PLACES.map(|place| f64::from(u8::from(rank <= place))),
        };
    }

    /// Adds what another one counted of the same units.
    pub fn merge(&mut self, other: &Self) {
        for (unit, more) in self.0.iter_mut().zip(&other.0) {
            *unit += *more;
        }
    }

    /// The same with each unit counted so many times.
    pub fn times(&self, counts: &[usize]) -> Self {
        let units = self.0.iter().zip(counts).map(|(unit, &count)| Unit {
            queries: count as f64 * unit.queries,
            hits: unit.hits.map(|hits| count as f64 * hits),
        });
        Self(units.collect())
    }

    /// Queries.
    pub fn queries(&self) -> usize {
        self.0.iter().map(|unit| unit.queries).sum::<f64>() as usize
    }

    /// How many queries found it at [`PLACES`]`[k]` or before.
    pub fn hits(&self, k: usize) -> usize {
        self.0.iter().map(|unit| unit.hits[k]).sum::<f64>() as usize
    }

    /// The share of queries that did.
    pub fn share(&self, k: usize) -> f64 {
        self.drawn(k, None)
    }

    /// The same when each unit is there so many times.
    fn drawn(&self, k: usize, times: Option<&[u16]>) -> f64 {
        let times = |i: usize| times.map_or(1.0, |times| f64::from(times[i]));
        let (mut hits, mut queries) = (0.0, 0.0);
        for (i, unit) in self.0.iter().enumerate() {
            hits += times(i) * unit.hits[k];
            queries += times(i) * unit.queries;
        }
        hits / f64::max(queries, 1.0)
    }
}

/// Resamples of some units, the same ones for everything that is compared.
pub struct Bootstrap(Vec<Vec<u16>>);

impl Bootstrap {
    /// [`RESAMPLES`] of them.
    pub fn new(units: usize) -> Self {
        let mut draw = Draw::new("bootstrap", &[units as u64]);
        let resample = |_| {
            let mut times = vec![0; units];
            (0..units).for_each(|_| times[draw.below(units)] += 1);
            times
        };
        Self((0..RESAMPLES).map(resample).collect())
    }

    /// Recall at [`PLACES`]`[k]`.
    pub fn recall(&self, tally: &Tally, k: usize) -> Interval {
        self.of(|times| tally.drawn(k, times))
    }

    /// How much more `second` recalls than `first`.
    pub fn difference(&self, first: &Tally, second: &Tally, k: usize) -> Interval {
        self.of(|times| second.drawn(k, times) - first.drawn(k, times))
    }

    /// How many times as much.
    pub fn ratio(&self, first: &Tally, second: &Tally, k: usize) -> Interval {
        self.of(|times| second.drawn(k, times) / first.drawn(k, times))
    }

    fn of(&self, number: impl Fn(Option<&[u16]>) -> f64) -> Interval {
        let mut drawn: Vec<f64> = self.0.iter().map(|times| number(Some(times))).collect();
        drawn.sort_unstable_by(f64::total_cmp);
        let at = |share: f64| drawn[(share * (drawn.len() - 1) as f64).round() as usize];
        Interval {
            value: number(None),
            low: at(0.025),
            high: at(0.975),
        }
    }
}
