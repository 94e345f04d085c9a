//! Binding tensors to a program and dispatching it.

use burn::tensor::{DType, Shape};
use burn_cubecl::kernel::into_contiguous;
use burn_cubecl::ops::numeric::empty_device_contiguous_dtype;
use burn_cubecl::template::{KernelSource, SourceKernel, SourceTemplate};
use burn_cubecl::tensor::CubeTensor;
use cubecl::ir::attributes::BufferIOAttr;
use cubecl::prelude::{CubeCount, CubeDim, ExecutionMode, KernelId};
use cubecl::server::{KernelArguments, MetadataBindingInfo};

use super::text::{File, Program};

/// A launch being put together: every binding is named, typed and bound in one place, so that
/// text and buffers cannot disagree.
pub struct Launch {
    program: Program,
    arguments: KernelArguments,
    workgroup: u32,
}

impl Launch {
    /// A kernel of these files, run by workgroups of `workgroup` invocations.
    pub fn new(files: Vec<File>, workgroup: u32) -> Self {
        let program = Program {
            files,
            constants: vec![("WORKGROUP", workgroup)],
            ..Program::default()
        };
        Self {
            program,
            arguments: KernelArguments::new(),
            workgroup,
        }
    }

    /// Turns a flag on.
    pub fn flag(mut self, name: &'static str, on: bool) -> Self {
        if on {
            self.program.flags.push(name);
        }
        self
    }

    /// Sets a constant.
    pub fn constant(mut self, name: &'static str, value: usize) -> Self {
        self.program.constants.push((name, value as u32));
        self
    }

    /// Binds a contiguous tensor that is only read.
    pub fn input(self, name: &'static str, kind: &'static str, tensor: &CubeTensor) -> Self {
        self.bind(name, kind, tensor, BufferIOAttr::ReadOnly)
    }

    /// Binds a new contiguous tensor that is written.
    pub fn output(self, name: &'static str, kind: &'static str, tensor: &CubeTensor) -> Self {
        self.bind(name, kind, tensor, BufferIOAttr::WriteOnly)
    }

    fn bind(
        mut self,
        name: &'static str,
        kind: &'static str,
        tensor: &CubeTensor,
        io: BufferIOAttr,
    ) -> Self {
        self.program.bindings.push((name, kind));
        self.arguments = self
            .arguments
            .with_buffer_io(tensor.handle.clone().binding(), io);
        self
    }

    /// Binds a new tensor as `out` (the last binding), dispatches, and returns it.
    ///
    /// `info` and `workgroups` as in [`dispatch`](Self::dispatch).
    pub fn run(
        self,
        kind: &'static str,
        shape: [usize; 2],
        like: &CubeTensor,
        info: &[u32],
        workgroups: usize,
    ) -> CubeTensor {
        let out = empty(like, shape);
        self.output("out", kind, &out)
            .dispatch(like, info, workgroups);
        out
    }

    /// Dispatches on the device of `like`.
    ///
    /// `info` are the words of the shader's `Info`; `workgroups` are folded into two dimensions,
    /// which `number_of` in `prelude.wgsl` unfolds.
    pub fn dispatch(self, like: &CubeTensor, info: &[u32], workgroups: usize) {
        if workgroups == 0 {
            return;
        }
        let source = Source {
            program: self.program,
            workgroup: self.workgroup,
        };
        let kernel = SourceKernel::new(source, CubeDim::new_1d(self.workgroup));
        // A uniform is a multiple of 16 bytes.
        let mut words = info.to_vec();
        words.resize(info.len().next_multiple_of(4), 0);
        let words = words
            .chunks(2)
            .map(|w| u64::from(w[0]) | u64::from(w[1]) << 32)
            .collect();
        let arguments = self.arguments.with_info(MetadataBindingInfo::custom(words));
        like.client
            .launch(Box::new(kernel), fold(workgroups), arguments);
    }
}

/// A new tensor on the device of `like`, with nothing in it yet.
pub fn empty(like: &CubeTensor, shape: impl Into<Shape>) -> CubeTensor {
    empty_device_contiguous_dtype(
        like.client.clone(),
        like.device.clone(),
        shape.into(),
        DType::F32,
    )
}

/// A new tensor of zeros on the device of `like`.
#[cfg(feature = "autodiff")]
pub fn zeros(like: &CubeTensor, shape: impl Into<Shape>) -> CubeTensor {
    burn_cubecl::ops::numeric::zeros_client(
        like.client.clone(),
        like.device.clone(),
        shape.into(),
        DType::F32,
    )
}

/// Workgroups in a grid whose sides stay within WebGPU's 65 535. A workgroup whose number is too
/// high finds that its rows do not exist.
fn fold(workgroups: usize) -> CubeCount {
    const SIDE: usize = 32_768;
    CubeCount::Static(
        workgroups.min(SIDE) as u32,
        workgroups.div_ceil(SIDE) as u32,
        1,
    )
}

/// The tensor with its rows one after the other.
pub fn contiguous(tensor: CubeTensor) -> CubeTensor {
    into_contiguous(tensor)
}

/// Rows and columns.
pub fn shape(tensor: &CubeTensor) -> [usize; 2] {
    let shape = tensor.meta.shape();
    [shape[0], shape[1]]
}

struct Source {
    program: Program,
    workgroup: u32,
}

impl KernelSource for Source {
    fn source(&self) -> SourceTemplate {
        SourceTemplate::new(self.program.text())
    }

    fn id(&self) -> KernelId {
        // Every loop of the kernels is bounded by its uniform, so the bound that checked mode
        // puts on loops is not wanted.
        KernelId::new::<Self>()
            .info(self.program.clone())
            .cube_dim((self.workgroup, 1, 1).into())
            .mode(ExecutionMode::Unchecked)
    }

    fn lang(&self) -> &'static str {
        "wgsl"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folded_grid_holds_every_workgroup_and_stays_within_the_limit() {
        for workgroups in [1, 32_768, 32_769, 65_536, 10_000_000, 2_000_000_000] {
            let CubeCount::Static(x, y, z) = fold(workgroups) else {
                panic!("a folded grid is static");
            };
            assert!(x <= 65_535 && y <= 65_535 && z == 1);
            assert!(x as usize * y as usize >= workgroups);
        }
    }
}
