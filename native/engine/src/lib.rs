//! The pure Rust core of FusionFlow Lab: files in, Arrow out. Knows nothing of Python.
//!
//! Layers, lowest first: [`error`] ← [`types`] / [`nearest`] / [`digest`] ← [`source`] / [`walk`] / [`map`] ← [`merge`] / [`sink`].

pub mod digest;
pub mod error;
pub mod map;
pub mod merge;
pub mod nearest;
pub mod sink;
pub mod source;
pub mod types;
pub mod walk;
