//! `agff index` as people and scripts meet it.

mod command;
mod exchange;
mod words;
