//! AdamW and Muon over named parameters, with gradients clipped by their common norm.

mod muon;

use std::collections::BTreeMap;

use agff::tensors::Group;
use burn::optim::{AdamW, AdamWConfig, AdamWState, Optimizer};
use burn::tensor::Tensor;

use super::encoder::on_cpu;
use super::parameters::{ByName, Parameter, Parameters};
use super::passes::each;
use super::recipe::Schedule;
use agff::{Code, Error, Result};

pub use muon::MuonOptions;

/// How parameters follow their gradients.
#[derive(Debug, Clone, PartialEq)]
pub struct OptimiserOptions {
    /// Decay of the first moment.
    pub beta_1: f32,
    /// Decay of the second moment.
    pub beta_2: f32,
    /// Added to the root of the second moment.
    pub epsilon: f32,
    /// Decoupled weight decay, for matrices only.
    pub weight_decay: f32,
    /// Largest norm of all gradients together; larger ones are scaled down.
    pub clip: Option<f32>,
    /// Factors of the learning rate.
    pub rates: Rates,
    /// How the matrices inside the layers move; as everything else if not given.
    pub muon: Option<MuonOptions>,
}

/// A factor of the learning rate for each part of a model.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    /// Learned vectors of views.
    pub views: f64,
    /// Linear maps behind the towers.
    pub maps: f64,
    /// Token embeddings.
    pub embeddings: f64,
    /// What texts go through.
    pub text: f64,
    /// What pictures go through.
    pub vision: f64,
    /// The temperature of the loss.
    pub temperature: f64,
}

impl Rates {
    fn of(&self, group: Option<Group>) -> f64 {
        match group {
            Some(Group::Views) => self.views,
            Some(Group::Maps) => self.maps,
            Some(Group::Embeddings) => self.embeddings,
            Some(Group::Text) => self.text,
            Some(Group::Vision) => self.vision,
            None => self.temperature,
        }
    }
}

/// What is remembered of a parameter's gradients.
#[expect(
    clippy::large_enum_variant,
    reason = "there is one for each tensor of a model"
)]
#[derive(Clone)]
pub enum Memory {
    /// AdamW's two moments, and how many gradients they have seen.
    Moments(AdamWState<1>),
    /// Muon's momentum.
    Momentum(Tensor<1>),
}

/// AdamW (Loshchilov and Hutter, arXiv 1711.05101) for everything, or for all but the matrices that
/// Muon moves.
pub struct Optimiser {
    options: OptimiserOptions,
    decaying: AdamW,
    plain: AdamW,
    /// Of every parameter that had a gradient.
    pub state: BTreeMap<String, Memory>,
}

impl Optimiser {
    /// An optimiser without moments.
    pub fn new(options: OptimiserOptions) -> Self {
        let with_decay = |decay: f32| {
            AdamWConfig::new()
                .with_beta_1(options.beta_1)
                .with_beta_2(options.beta_2)
                .with_epsilon(options.epsilon)
                .with_weight_decay(decay)
                .build()
        };
        Self {
            decaying: with_decay(options.weight_decay),
            plain: with_decay(0.0),
            options,
            state: BTreeMap::new(),
        }
    }

    /// One step at a learning rate. Returns the gradients' norm before clipping.
    ///
    /// # Errors
    /// [`Code::Diverged`] if the norm is not a number; parameters are then as they were.
    pub fn step(
        &mut self,
        parameters: &mut Parameters,
        gradients: ByName,
        rate: f64,
    ) -> Result<f32> {
        let norm = norm(&gradients)?;
        let scale = match self.options.clip {
            Some(most) if norm > most => most / norm,
            _ => 1.0,
        };
        let mut moves = Vec::new();
        for (name, gradient) in gradients {
            let Some(parameter) = parameters.0.get(&name).cloned() else {
                return Err(Error::new(
                    Code::Internal,
                    name,
                    "has a gradient but no value",
                ));
            };
            let gradient = match scale {
                1.0 => gradient,
                scale => gradient * scale,
            };
            let memory = self.state.remove(&name);
            moves.push((name, parameter, gradient, memory));
        }
        let on_cpu = moves.first().is_some_and(|m| on_cpu(&m.1.values.device()));
        let moved = each(
            on_cpu,
            moves,
            |(name, parameter, gradient, memory): Move| {
                let (values, memory) = self.moved(&parameter, gradient, memory, rate);
                Ok((name, values, memory))
            },
        )?;
        for (name, values, memory) in moved {
            if let Some(parameter) = parameters.0.get_mut(&name) {
                parameter.values = values;
            }
            self.state.extend(memory.map(|memory| (name, memory)));
        }
        Ok(norm)
    }

    /// A parameter's values and memory after a step.
    fn moved(
        &self,
        parameter: &Parameter,
        gradient: Tensor<1>,
        memory: Option<Memory>,
        rate: f64,
    ) -> (Tensor<1>, Option<Memory>) {
        let rate = rate * self.options.rates.of(parameter.group);
        let values = parameter.values.clone();
        if let Some(muon) = &self.options.muon
            && let Some(shape) = parameter.inner_matrix()
        {
            let momentum = match memory {
                Some(Memory::Momentum(momentum)) => Some(momentum),
                _ => None,
            };
            let (values, momentum) = muon.step(rate, shape, values, gradient, momentum);
            return (values, Some(Memory::Momentum(momentum)));
        }
        let optimiser = match parameter.decays {
            true => &self.decaying,
            false => &self.plain,
        };
        let moments = match memory {
            Some(Memory::Moments(moments)) => Some(moments),
            _ => None,
        };
        let (values, moments) = optimiser.step(rate, values, gradient, moments);
        (values, moments.map(Memory::Moments))
    }
}

/// A parameter with its name, gradient and memory.
type Move = (String, Parameter, Tensor<1>, Option<Memory>);

/// The length of all gradients as one vector.
fn norm(gradients: &ByName) -> Result<f32> {
    let sums: Vec<Tensor<1>> = gradients
        .values()
        .map(|g| g.clone().square().sum())
        .collect();
    if sums.is_empty() {
        return Ok(0.0);
    }
    let sums = Tensor::cat(sums, 0).into_data();
    let sums: Vec<f32> = sums.try_into_vec().expect("floats");
    let norm = sums.iter().map(|&s| f64::from(s)).sum::<f64>().sqrt() as f32;
    if norm.is_finite() {
        return Ok(norm);
    }
    let bad = gradients.keys().zip(&sums).find(|(_, s)| !s.is_finite());
    Err(Error::new(
        Code::Diverged,
        bad.map_or("gradient", |(name, _)| name),
        "the gradient is not a number; lower the learning rate, warm up longer, or clip gradients",
    ))
}

/// The learning rate of every step.
#[derive(Debug, Clone, PartialEq)]
pub struct LearningRate {
    /// The highest rate.
    pub rate: f64,
    /// Steps in which it rises from zero.
    pub warm_up: u64,
    /// Steps in all.
    pub steps: u64,
    /// How it falls.
    pub decay: Schedule,
    /// The share of the highest rate that is left at the end.
    pub final_share: f64,
}

impl LearningRate {
    /// The learning rate of step `step`, counted from 0.
    pub fn at(&self, step: u64) -> f64 {
        if step < self.warm_up {
            return self.rate * (step + 1) as f64 / self.warm_up as f64;
        }
        let rest = self.steps.saturating_sub(self.warm_up).max(1) as f64;
        let done = ((step - self.warm_up) as f64 / rest).min(1.0);
        let share = match self.decay {
            Schedule::Cosine => 0.5 * (1.0 + (std::f64::consts::PI * done).cos()),
            Schedule::Linear => 1.0 - done,
            Schedule::Constant => 1.0,
        };
        self.rate * (self.final_share + (1.0 - self.final_share) * share)
    }
}

#[cfg(test)]
mod tests {
    use super::super::parameters::Parameter;
    use agff::layers::Vars;
    use agff::tensors::TensorSpec;

    use super::super::testing::device;
    use super::*;

    fn options() -> OptimiserOptions {
        OptimiserOptions {
            beta_1: 0.9,
            beta_2: 0.99,
            epsilon: 1e-8,
            weight_decay: 0.1,
            clip: None,
            rates: Rates {
                views: 10.0,
                maps: 1.0,
                embeddings: 1.0,
                text: 1.0,
                vision: 1.0,
                temperature: 1.0,
            },
            muon: None,
        }
    }

    fn parameters() -> Parameters {
        let (vars, list) = Vars::recording();
        vars.linear("a", [2, 2], true).unwrap();
        let views = vars.group(Group::Views).at("views");
        views.matrix("global", [1, 2]).unwrap();
        let one = |spec: TensorSpec| {
            let values = vec![1.0; spec.count()];
            let parameter = Parameter::new(spec.shape.clone(), values, &device());
            (spec.name.clone(), parameter.of(&spec))
        };
        Parameters(list.take().into_iter().map(one).collect())
    }

    fn gradients(value: f32) -> ByName {
        let of = |name: &str, count| (name.to_owned(), Tensor::full([count], value, &device()));
        [of("a.weight", 4), of("a.bias", 2), of("views.global", 2)].into()
    }

    #[test]
    fn the_first_step_goes_by_the_rate_and_matrices_decay() {
        let mut parameters = parameters();
        let mut optimiser = Optimiser::new(options());
        let norm = optimiser
            .step(&mut parameters, gradients(0.5), 0.01)
            .unwrap();
        assert!((norm - (8.0f32 * 0.25).sqrt()).abs() < 1e-6);
        let at = |name: &str| parameters.host(name).unwrap()[0];
        assert!((at("a.bias") - 0.99).abs() < 1e-5);
        assert!((at("a.weight") - (0.999 - 0.01)).abs() < 1e-5);
        // Ten times the rate, no decay.
        assert!((at("views.global") - 0.9).abs() < 1e-5);
    }

    #[test]
    fn a_gradient_that_is_not_a_number_changes_nothing_and_is_named() {
        let mut parameters = parameters();
        let mut bad = gradients(0.5);
        bad.insert("a.bias".into(), Tensor::full([2], f32::NAN, &device()));
        let mut optimiser = Optimiser::new(options());
        let error = optimiser.step(&mut parameters, bad, 0.01).unwrap_err();
        assert_eq!((error.code(), error.subject()), (Code::Diverged, "a.bias"));
        assert_eq!(parameters.host("a.weight").unwrap(), [1.0; 4]);
    }

    #[test]
    fn clipping_scales_all_gradients_alike() {
        // AdamW's first step does not see the scale, its second moment does.
        let clipped = OptimiserOptions {
            clip: Some(1.0),
            ..options()
        };
        let mut optimiser = Optimiser::new(clipped);
        optimiser
            .step(&mut parameters(), gradients(100.0), 0.01)
            .unwrap();
        let moment = |name: &str| {
            let Memory::Moments(moments) = &optimiser.state[name] else {
                panic!("{name} has no moments");
            };
            let moment = moments.momentum.moment_1.clone();
            let values: Vec<f32> = moment.into_data().try_into_vec().unwrap();
            values[0]
        };
        let expected = 0.1 / 8f32.sqrt();
        assert!((moment("a.bias") - expected).abs() < 1e-6);
        assert!((moment("a.weight") - expected).abs() < 1e-6);
    }

    #[test]
    fn muon_moves_the_matrices_and_adamw_the_rest() {
        let with_muon = OptimiserOptions {
            muon: Some(MuonOptions {
                rate: 10.0,
                momentum: 0.95,
                weight_decay: 0.1,
            }),
            ..options()
        };
        let run = |options: OptimiserOptions| {
            let mut parameters = parameters();
            let mut optimiser = Optimiser::new(options);
            for _ in 0..2 {
                optimiser
                    .step(&mut parameters, gradients(0.5), 0.01)
                    .unwrap();
            }
            (parameters, optimiser)
        };
        let ((plain, _), (muon, optimiser)) = (run(options()), run(with_muon));
        for same in ["a.bias", "views.global"] {
            assert_eq!(plain.host(same), muon.host(same));
            assert!(matches!(optimiser.state[same], Memory::Moments(_)));
        }
        assert_ne!(plain.host("a.weight"), muon.host("a.weight"));
        let Memory::Momentum(momentum) = optimiser.state["a.weight"].clone() else {
            panic!("a matrix has momentum");
        };
        let momentum: Vec<f32> = momentum.into_data().try_into_vec().unwrap();
        assert!(
            momentum.iter().all(|m| (m - 0.975).abs() < 1e-6),
            "{momentum:?}"
        );
    }

    #[test]
    fn the_rate_rises_and_falls() {
        let schedule = |decay| LearningRate {
            rate: 1.0,
            warm_up: 10,
            steps: 110,
            decay,
            final_share: 0.1,
        };
        let cosine = schedule(Schedule::Cosine);
        assert!((cosine.at(0) - 0.1).abs() < 1e-9);
        assert!((cosine.at(9) - 1.0).abs() < 1e-9);
        assert!((cosine.at(60) - 0.55).abs() < 1e-9);
        assert!((cosine.at(110) - 0.1).abs() < 1e-9);
        assert!((schedule(Schedule::Linear).at(35) - (0.1 + 0.9 * 0.75)).abs() < 1e-9);
        assert_eq!(schedule(Schedule::Constant).at(100), 1.0);
    }
}
