//! The files of the model agff-nano: a package, to be carried by a program. See its `README.md`.

/// What the model is called.
pub const NAME: &str = "agff-nano";

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_bytes!($name))),*]
    };
}

/// The manifest and what it lists, by their names.
pub const FILES: &[(&str, &[u8])] = files![
    "agff.json",
    "tokenizer.json",
    "weights-00001.safetensors",
    "embed-00001.safetensors",
];
