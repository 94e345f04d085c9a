//! What is known of a record beside its vectors.

use serde::{Deserialize, Serialize};

/// What was embedded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A photo.
    #[default]
    Image,
    /// A text.
    Text,
    /// Both as one.
    Joint,
}

impl Kind {
    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Image => "image",
            Kind::Text => "text",
            Kind::Joint => "joint",
        }
    }
}

/// What is known of a record beside its vectors.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// What it is.
    pub kind: Kind,
    /// The text, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Tokens that the model read.
    pub tokens: u64,
    /// Whether the text was cut.
    #[serde(default)]
    pub truncated: bool,
}
