//! The pure Rust core of FusionFlow Lab: files in, Arrow out. Knows nothing of Python.
//!
//! Layers, lowest first: [`error`] ← [`types`] ← [`source`] / [`walk`].

pub mod error;
pub mod source;
pub mod types;
