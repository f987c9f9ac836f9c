//! What catches the faults of the tables, and a summary of it.

use std::{collections::BTreeMap, fmt};

use access_groups_conformance::{ModelRun, Outcome};

use crate::made::{Class, Made, catch::law_against};

/// What catches a port.
pub(crate) struct Catch<'m> {
    made: &'m Made,
    /// The first law of its class that it breaks.
    law: Option<&'static str>,
    /// Without such a law: the seeds with which the model run passes, of those that were tried.
    missed_by: Vec<u64>,
}

impl<'m> Catch<'m> {
    /// Tries the laws, and without success the model run with each of these seeds.
    pub(crate) fn of(made: &'m Made, seeds: &[u64]) -> Self {
        let law = law_against(made);
        let open = made.fixtures();
        let passes = |seed: &&u64| {
            let run = ModelRun::new().with_seed(**seed).unshortened();
            !matches!(run.check(&open), Outcome::Broken(_))
        };
        let tried = if law.is_some() { &[] } else { seeds };
        Self {
            made,
            law,
            missed_by: tried.iter().filter(passes).copied().collect(),
        }
    }

    /// What is wrong with the kit, if nothing catches the port.
    pub(crate) fn objection(&self) -> Option<String> {
        let (name, seeds) = (&self.made.name, &self.missed_by);
        (!seeds.is_empty()).then(|| format!("{name}: missed with seeds {seeds:?}"))
    }
}

/// One row for each class, and one for each seed.
pub(crate) struct Summary<'c> {
    pub(crate) catches: &'c [Catch<'c>],
    pub(crate) seeds: &'c [u64],
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut classes: BTreeMap<Class, [usize; 3]> = BTreeMap::new();
        let mut missed_by: BTreeMap<u64, usize> = BTreeMap::new();
        for catch in self.catches {
            let [ports, by_law, missed] = classes.entry(catch.made.class).or_default();
            *ports += 1;
            *by_law += usize::from(catch.law.is_some());
            *missed += usize::from(!catch.missed_by.is_empty());
            for seed in &catch.missed_by {
                *missed_by.entry(*seed).or_default() += 1;
            }
        }
        writeln!(f, "{:<24} ports  by law  by model run  missed", "class")?;
        for (class, [ports, by_law, missed]) in classes {
            let by_run = ports - by_law - missed;
            writeln!(
                f,
                "{class:<24} {ports:>5} {by_law:>7} {by_run:>13} {missed:>7}"
            )?;
        }
        for seed in self.seeds {
            let missed = missed_by.get(seed).copied().unwrap_or_default();
            let caught = 100.0 * (1.0 - missed as f64 / self.catches.len() as f64);
            writeln!(f, "with seed {seed:>2}: {caught:.1} % of all are caught")?;
        }
        Ok(())
    }
}
