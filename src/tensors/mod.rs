//! Tensors at rest: their types and packing, their names and shapes, and the safetensors files that hold
//! them. Nothing here computes with them.

mod dtype;
mod packing;
pub mod quantize;
mod raw;
pub mod shard;
mod spec;

pub use dtype::Dtype;
pub use packing::{BLOCK, Packing};
pub use raw::{RawTensor, StoredDtype, Suffix};
pub(crate) use spec::Checklist;
pub use spec::{EMBEDDING_DEVIATION, Group, Init, Kind, TOKEN_TABLE, TensorSpec};

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
