//! Deterministic sample logs.
