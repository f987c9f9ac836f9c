//! Faults that neither a law nor the model run is sure to catch yet: a list of what the kit lacks.

/// Whether nothing catches this one yet.
pub(super) fn is_open(name: &str) -> bool {
    let is_of_a_part = |part: &&str| name.contains(*part);
    OPEN.contains(&name) || OPEN_PARTS.iter().any(is_of_a_part)
}

/// Much is read, but not yet made, ended or named in one call.
const OPEN_PARTS: &[&str] = &[];

const OPEN: &[&str] = &[];
