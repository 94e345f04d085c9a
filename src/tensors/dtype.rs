//! The types that weights are stored in.

use serde::{Deserialize, Serialize};

/// How the weights of linear layers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dtype {
    /// 32-bit floats.
    F32,
    /// 16-bit floats.
    F16,
    /// 8-bit integers in blocks of 32 with one f16 scale.
    Q8,
    /// 4-bit integers in blocks of 32 with one f16 scale.
    Q4,
}

impl Dtype {
    /// Its name, as the manifest and the command line have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Q8 => "q8",
            Self::Q4 => "q4",
        }
    }
}
