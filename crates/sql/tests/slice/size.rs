//! How much an operation sees and writes of something large.
