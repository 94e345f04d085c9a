//! Where a network's weights get their names.
//!
//! A network is built from [`Vars`]: each call states a tensor's name, shape and kind, and gives the layer.
//! There are two readers behind it. One holds real weights; the other only writes down what is asked for.
//! So the code that builds a network is also the list of its tensors, for conversion, the checks of a package
//! and training.

use std::cell::RefCell;
use std::fmt::Display;
use std::rc::Rc;

use super::{Depthwise, Held, LayerNorm, Linear, RmsNorm, Weights, hold};
use crate::Result;
use crate::tensors::{EMBEDDING_DEVIATION, Group, Init, Kind, TensorSpec};

/// The variables of a network, or of a part of it: names are relative to its path.
#[derive(Clone)]
pub struct Vars {
    reader: Rc<RefCell<Reader>>,
    path: String,
    group: Group,
    branches: usize,
}

enum Reader {
    Weights(Weights),
    List(Vec<TensorSpec>),
}

/// What recording variables were asked for.
pub struct Recording(Rc<RefCell<Reader>>);

impl Recording {
    /// The tensors, in the order in which they were asked for.
    pub fn take(self) -> Vec<TensorSpec> {
        match &mut *self.0.borrow_mut() {
            Reader::List(list) => std::mem::take(list),
            Reader::Weights(_) => Vec::new(),
        }
    }
}

impl Vars {
    /// The variables of a whole network, from its weights.
    pub fn new(weights: Weights) -> Self {
        Self::of(Rc::new(RefCell::new(Reader::Weights(weights))))
    }

    /// Variables that only write down what is asked for. The network that is built from them holds no
    /// tensors and cannot run.
    pub fn recording() -> (Self, Recording) {
        let reader = Rc::new(RefCell::new(Reader::List(Vec::new())));
        (Self::of(reader.clone()), Recording(reader))
    }

    fn of(reader: Rc<RefCell<Reader>>) -> Self {
        Self {
            reader,
            path: String::new(),
            group: Group::Text,
            branches: 1,
        }
    }

    /// The variables of the part with this name.
    pub fn at(&self, part: impl Display) -> Self {
        let path = self.name(part);
        Self {
            path,
            ..self.clone()
        }
    }

    /// The same variables as part of `group`.
    pub fn group(&self, group: Group) -> Self {
        Self {
            group,
            ..self.clone()
        }
    }

    /// The same variables; linear layers among them end one of `branches` residual branches, and begin
    /// smaller so that their sum does not grow.
    pub fn ending(&self, branches: usize) -> Self {
        Self {
            branches,
            ..self.clone()
        }
    }

    /// A linear layer `NAME.weight` of `[out_features, in_features]`, in whatever form it is stored, and
    /// `NAME.bias` if `bias`.
    ///
    /// # Errors
    /// [`Code::PackageTensor`](crate::Code::PackageTensor) if the weights lack it, or have it in another shape;
    /// so for all that follow.
    pub fn linear(&self, name: &str, shape: [usize; 2], bias: bool) -> Result<Linear> {
        self.any_linear(name, shape, bias, false)
    }

    /// A convolution whose kernels do not overlap, as a linear layer over flattened patches: checkpoints have
    /// its weight as `[out, channels, …]`.
    ///
    /// # Errors
    /// As [`linear`](Self::linear).
    pub fn patch_linear(&self, name: &str, shape: [usize; 2], bias: bool) -> Result<Linear> {
        self.any_linear(name, shape, bias, true)
    }

    fn any_linear(
        &self,
        name: &str,
        shape: [usize; 2],
        bias: bool,
        kernel: bool,
    ) -> Result<Linear> {
        let name = self.name(name);
        match &mut *self.reader.borrow_mut() {
            Reader::Weights(weights) => weights.linear(&name, shape, bias),
            Reader::List(list) => {
                list.push(TensorSpec {
                    name: format!("{name}.weight"),
                    shape: shape.into(),
                    kind: Kind::Linear,
                    group: self.group,
                    init: Init::FanIn {
                        branches: self.branches,
                    },
                    kernel,
                });
                if bias {
                    let name = format!("{name}.bias");
                    list.push(self.plain(name, &shape[..1], Init::Zeros));
                }
                Ok(Linear::new(Vec::new(), None))
            }
        }
    }

    /// `NAME.weight` of an RMSNorm.
    ///
    /// # Errors
    /// As [`linear`](Self::linear).
    pub fn rms_norm(&self, name: &str, width: usize, epsilon: f64) -> Result<RmsNorm> {
        let weight = self.vector(&format!("{name}.weight"), width, Init::Ones)?;
        Ok(RmsNorm::new(weight, epsilon))
    }

    /// `NAME.weight` and `NAME.bias` of a LayerNorm.
    ///
    /// # Errors
    /// As [`linear`](Self::linear).
    pub fn layer_norm(&self, name: &str, width: usize, epsilon: f64) -> Result<LayerNorm> {
        let weight = self.vector(&format!("{name}.weight"), width, Init::Ones)?;
        let bias = self.vector(&format!("{name}.bias"), width, Init::Zeros)?;
        Ok(LayerNorm::new(weight, bias, epsilon))
    }

    /// `NAME.weight` of `[kernel · kernel, channels]` and `NAME.bias` of a depthwise convolution. They stay
    /// f32: they are few, and each channel has its own range.
    ///
    /// # Errors
    /// As [`linear`](Self::linear).
    pub fn depthwise(&self, name: &str, kernel: usize, channels: usize) -> Result<Depthwise> {
        let weight = self.matrix(&format!("{name}.weight"), [kernel * kernel, channels])?;
        let bias = self.vector(&format!("{name}.bias"), channels, Init::Zeros)?;
        Ok(Depthwise::new(weight, bias))
    }

    /// A matrix of floats: positions, learned vectors.
    ///
    /// # Errors
    /// As [`linear`](Self::linear).
    pub fn matrix(&self, name: &str, shape: [usize; 2]) -> Result<Held<2>> {
        self.initial_matrix(name, shape, Init::Deviation(EMBEDDING_DEVIATION))
    }

    /// The same, with what it begins as in a model by chance.
    ///
    /// # Errors
    /// As [`linear`](Self::linear).
    pub fn initial_matrix(&self, name: &str, shape: [usize; 2], init: Init) -> Result<Held<2>> {
        let name = self.name(name);
        match &mut *self.reader.borrow_mut() {
            Reader::Weights(weights) => Ok(hold(weights.matrix(&name, shape)?)),
            Reader::List(list) => {
                list.push(self.plain(name, &shape, init));
                Ok(None)
            }
        }
    }

    /// States that the model has token embeddings of this shape. They are not on the device: their rows are
    /// read from the package.
    pub fn token_table(&self, shape: [usize; 2]) {
        if let Reader::List(list) = &mut *self.reader.borrow_mut() {
            list.push(TensorSpec::token_table(shape));
        }
    }

    /// Checks that every weight was taken.
    ///
    /// # Errors
    /// [`Code::PackageTensor`](crate::Code::PackageTensor), naming one that is left.
    pub fn finish(self) -> Result<()> {
        match &*self.reader.borrow() {
            Reader::Weights(weights) => weights.all_taken(),
            Reader::List(_) => Ok(()),
        }
    }

    /// A vector of floats.
    ///
    /// # Errors
    /// As [`linear`](Self::linear).
    pub fn vector(&self, name: &str, width: usize, init: Init) -> Result<Held<1>> {
        let name = self.name(name);
        match &mut *self.reader.borrow_mut() {
            Reader::Weights(weights) => Ok(hold(weights.vector(&name, width)?)),
            Reader::List(list) => {
                list.push(self.plain(name, &[width], init));
                Ok(None)
            }
        }
    }

    fn plain(&self, name: String, shape: &[usize], init: Init) -> TensorSpec {
        TensorSpec {
            name,
            shape: shape.into(),
            kind: Kind::Plain,
            group: self.group,
            init,
            kernel: false,
        }
    }

    fn name(&self, part: impl Display) -> String {
        match self.path.as_str() {
            "" => part.to_string(),
            path => format!("{path}.{part}"),
        }
    }
}
