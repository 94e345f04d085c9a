//! The operations that Burn does not already do fast, one file each.
//!
//! An operation is a *reference*, a *kernel* and a *test*. The reference is a plain function on
//! `burn::Tensor`, readable as the formula: it is the definition, runs on any device,
//! and gradients can go through it. The kernels are faster equals of it: WGSL on the GPU
//! ([`gpu`], `shaders/`) and SIMD loops on the CPU ([`cpu`]), behind the one backend extension
//! [`Kernels`]. Where gradients are tracked the kernels run too, with derivatives written by hand
//! (`backward`, `autodiff`); only without the feature `autodiff` does the public function of each
//! file take the reference then. A few operations have no derivatives of their own yet
//! ([`InferenceKernels`]): there gradients go through the reference. `tests/kernels` holds all of
//! them together.

#[cfg(feature = "autodiff")]
pub mod activation;
#[cfg(feature = "engine")]
pub mod attention;
#[cfg(feature = "autodiff")]
mod autodiff;
#[cfg(feature = "autodiff")]
pub(crate) mod backward;
#[cfg(feature = "cpu")]
mod cpu;
#[cfg(feature = "engine")]
pub mod depthwise;
mod function;
#[cfg(feature = "gpu")]
pub mod gpu;
#[cfg(feature = "engine")]
pub mod kernels;
#[cfg(feature = "engine")]
pub mod linear;
#[cfg(feature = "engine")]
pub mod norm;
#[cfg(feature = "engine")]
pub mod regions;
#[cfg(feature = "engine")]
pub mod rotary;
#[cfg(feature = "engine")]
pub mod top_softmax;
pub mod window;

#[cfg(feature = "autodiff")]
pub use activation::activated;
#[cfg(feature = "engine")]
pub use attention::{Attention, Spans, span_attention};
#[cfg(feature = "engine")]
pub use depthwise::depthwise;
pub use function::Activation;
#[cfg(feature = "engine")]
pub use kernels::{InferenceKernels, Kernels};
#[cfg(feature = "engine")]
use kernels::{is_tracked, needs_reference};
#[cfg(feature = "engine")]
pub use linear::{Combine, Precision, Weight, linear};
#[cfg(feature = "engine")]
pub use norm::{layer_norm, rms_norm};
#[cfg(feature = "engine")]
pub use regions::{pool_own_regions, pool_regions};
#[cfg(feature = "engine")]
pub use rotary::{Rotary, norm_rotary};
#[cfg(feature = "engine")]
pub use top_softmax::top_softmax;
pub use window::Window;
#[cfg(feature = "engine")]
pub use window::windows;
