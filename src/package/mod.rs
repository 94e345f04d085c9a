//! Packages: a manifest, safetensors shards and a tokenizer (see docs/format.md).

pub mod config;
pub mod manifest;
