//! WGSL launches: how each operation's kernel in `shaders/` is chosen, bound and dispatched.

use burn::backend::tensor::{FloatTensor, IntTensor};
use burn_cubecl::CubeBackend;

use super::Kernels;
use super::attention::AttentionSpec;
use super::linear::LinearSpec;
use super::rotary::RotarySpec;

impl Kernels for CubeBackend {
    fn linear_float(
        _x: FloatTensor<Self>,
        _weight: FloatTensor<Self>,
        _bias: FloatTensor<Self>,
        _other: FloatTensor<Self>,
        _spec: LinearSpec,
    ) -> FloatTensor<Self> {
        unimplemented!()
    }

    fn linear_packed(
        _x: FloatTensor<Self>,
        _words: IntTensor<Self>,
        _scales: IntTensor<Self>,
        _bias: FloatTensor<Self>,
        _other: FloatTensor<Self>,
        _spec: LinearSpec,
    ) -> FloatTensor<Self> {
        unimplemented!()
    }

    fn span_attention(
        _query: FloatTensor<Self>,
        _key: FloatTensor<Self>,
        _value: FloatTensor<Self>,
        _spans: IntTensor<Self>,
        _spec: AttentionSpec,
    ) -> FloatTensor<Self> {
        unimplemented!()
    }

    fn norm_rotary(
        _x: FloatTensor<Self>,
        _weight: FloatTensor<Self>,
        _cos: FloatTensor<Self>,
        _sin: FloatTensor<Self>,
        _spec: RotarySpec,
    ) -> FloatTensor<Self> {
        unimplemented!()
    }

    fn rms_norm(
        _x: FloatTensor<Self>,
        _weight: FloatTensor<Self>,
        _epsilon: f32,
    ) -> FloatTensor<Self> {
        unimplemented!()
    }

    fn layer_norm(
        _x: FloatTensor<Self>,
        _weight: FloatTensor<Self>,
        _bias: FloatTensor<Self>,
        _epsilon: f32,
    ) -> FloatTensor<Self> {
        unimplemented!()
    }
}
