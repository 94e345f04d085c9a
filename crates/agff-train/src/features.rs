//! What frozen towers make of inputs: computed once, where only what is behind the towers is trained.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use agff::families::{Features, Item};
use agff_eval::data::Part;

/// An input, ready for what is trained.
#[derive(Debug, Clone)]
pub enum Input {
    /// For the whole model.
    Whole(Item),
    /// For what is behind the towers.
    Features(Arc<Features>),
}

impl Input {
    /// Whether it has a picture.
    pub fn has_picture(&self) -> bool {
        match self {
            Self::Whole(item) => item.patches.is_some(),
            Self::Features(features) => features.is_picture,
        }
    }

    /// Tokens that the model is to say of it.
    pub fn said(&self) -> usize {
        match self {
            Self::Whole(item) => {
                let continuation = item.sequence.continuation.as_ref();
                continuation.map_or(0, |c| c.targets.len())
            }
            Self::Features(_) => 0,
        }
    }
}

impl From<Item> for Input {
    fn from(item: Item) -> Self {
        Self::Whole(item)
    }
}

/// Features by input, as many as there is room for.
#[derive(Debug)]
pub struct FeatureCache {
    kept: Mutex<Kept>,
    most: usize,
}

#[derive(Debug, Default)]
struct Kept {
    features: HashMap<Part, Arc<Features>>,
    bytes: usize,
}

impl FeatureCache {
    /// For so many bytes.
    pub fn new(most: usize) -> Self {
        Self {
            kept: Mutex::default(),
            most,
        }
    }

    /// Those of an input, if they are kept.
    pub fn get(&self, part: &Part) -> Option<Arc<Features>> {
        let kept = self
            .kept
            .lock()
            .expect("no thread panics while it holds it");
        kept.features.get(part).cloned()
    }

    /// Keeps an input's, if there is room. What came first stays: a run goes through all of its rows again and again, and
    /// would find none of those that it forgets last.
    pub fn keep(&self, part: &Part, features: &Arc<Features>) {
        let bytes = features.values.len() * size_of::<f32>();
        let mut kept = self
            .kept
            .lock()
            .expect("no thread panics while it holds it");
        if kept.bytes + bytes <= self.most && !kept.features.contains_key(part) {
            kept.bytes += bytes;
            kept.features.insert(part.clone(), features.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use agff::package::Source;
    use agff::tensors::{Dtype, Group, RawTensor};

    use super::super::base::Base;
    use super::super::encoder::Encoder;
    use super::super::parameters::Parameters;
    use super::super::passes::{chunks, outputs};
    use super::super::recipe::{Lora, Train};
    use super::super::testing::{device, inputs, noise, tiny_photo, values};
    use super::*;

    fn encoder(base: Base, parameters: &Parameters) -> Encoder {
        let lora = Lora::default();
        Encoder::new(base, Train::Maps, &lora, parameters, &device(), None).unwrap()
    }

    fn parameters(base: &Base) -> Parameters {
        Parameters::new(base, Train::Maps, &Lora::default(), None, 3, &device()).unwrap()
    }

    /// What the model makes of some inputs.
    fn seen(encoder: &Encoder, parameters: &Parameters) -> Vec<f32> {
        let items = inputs(encoder, 6);
        outputs(encoder, parameters, &items, &chunks(&items, 4, 4)).unwrap()
    }

    fn furthest(a: &[f32], b: &[f32]) -> f32 {
        assert_eq!(a.len(), b.len());
        let differences = a.iter().zip(b).map(|(a, b)| (a - b).abs());
        differences.fold(0.0, f32::max)
    }

    #[test]
    fn features_stand_for_the_inputs_that_they_are_of() {
        for fine in [0, 3] {
            let base = tiny_photo(fine).with_maps().unwrap();
            let mut parameters = parameters(&base);
            let encoder = encoder(base, &parameters);
            let untrained = seen(&encoder, &parameters);
            for (seed, parameter) in (0..).zip(parameters.0.values_mut()) {
                parameter.values = noise(parameter.values.dims(), seed, &device());
            }
            let whole = seen(&encoder, &parameters);
            assert!(furthest(&whole, &untrained) > 0.01, "maps do nothing");

            let items: Vec<Item> = inputs(&encoder, 6)
                .into_iter()
                .map(|input| match input {
                    Input::Whole(item) => item,
                    Input::Features(_) => unreachable!("they are whole"),
                })
                .collect();
            let features = encoder.features(items, &parameters.plain()).unwrap();
            let features: Vec<Input> = features
                .into_iter()
                .map(|features| Input::Features(Arc::new(features)))
                .collect();
            let chunks = chunks(&features, 4, 4);
            let read = outputs(&encoder, &parameters, &features, &chunks).unwrap();
            assert!(furthest(&whole, &read) < 1e-5, "{fine} learned regions");
        }
    }

    #[test]
    fn maps_begin_at_nothing_and_learned_regions_as_the_whole() {
        let plain = tiny_photo(0);
        let none =
            Parameters::new(&plain, Train::All, &Lora::default(), None, 3, &device()).unwrap();
        let lora = Lora::default();
        let plain = Encoder::new(plain, Train::All, &lora, &none, &device(), None).unwrap();
        let before = seen(&plain, &none);
        // The appearance half of a vector is none of the maps' business; both halves have their own lengths.
        let unit = |rows: &[f32]| -> Vec<f32> {
            rows.chunks(24 + 8)
                .flat_map(|row| {
                    let length = row[..24].iter().map(|x| x * x).sum::<f32>().sqrt();
                    row[..24]
                        .iter()
                        .map(move |x| x / length)
                        .collect::<Vec<_>>()
                })
                .collect()
        };
        for fine in [0, 2] {
            let base = tiny_photo(fine).with_maps().unwrap();
            let parameters = parameters(&base);
            let encoder = encoder(base, &parameters);
            let after = seen(&encoder, &parameters);
            let each = after.chunks((1 + fine) * 32);
            let globals: Vec<f32> = each
                .clone()
                .flat_map(|views| views[..32].to_vec())
                .collect();
            assert!(furthest(&unit(&before), &unit(&globals)) < 1e-5);
            for views in each {
                let global = unit(&views[..32]);
                for view in views.chunks(32) {
                    assert!(
                        furthest(&global, &unit(view)) < 1e-5,
                        "a region is not the whole"
                    );
                }
            }
        }
    }

    #[test]
    fn how_far_known_things_have_gone_has_its_slope_as_gradient() {
        let base = tiny_photo(0).with_maps().unwrap();
        let mut parameters = parameters(&base);
        let encoder = encoder(base, &parameters);
        let known = encoder.known(&parameters).unwrap();
        let (way, gradients) = encoder.strayed(&parameters, [3.0, 2.0], &known).unwrap();
        assert!(way < 1e-12, "nothing is trained yet: {way:?}");
        assert!(
            gradients
                .values()
                .all(|g| values(g.clone()).iter().all(|x| x.abs() < 1e-5))
        );
        for (name, weights) in [
            ("bridge.maps.texts.weight", [3.0, 0.0]),
            ("bridge.maps.pictures.weight", [0.0, 2.0]),
        ] {
            let shape = parameters.0[name].values.dims();
            let mut at = |by: f32| {
                let moved = noise(shape, 4, &device()) * (0.2 + by);
                parameters.0.get_mut(name).unwrap().values = moved;
                encoder.strayed(&parameters, weights, &known).unwrap()
            };
            let step = 0.01;
            let slope = [step, -step].map(|by| at(by).0);
            let slope = (slope[0] - slope[1]) / (2.0 * step);
            let gradient = values(at(0.0).1.remove(name).unwrap());
            let along = values(noise(shape, 4, &device()));
            let expected: f32 = gradient.iter().zip(along).map(|(g, x)| g * x).sum();
            assert!(expected > 0.01, "{name} does nothing: {expected}");
            assert!(
                (slope - expected).abs() < 0.02 * expected,
                "{name}: {slope} {expected}"
            );
        }
    }

    #[test]
    fn what_is_not_trained_stays_as_it_is_stored() {
        let folder = tempfile::tempdir().unwrap();
        let of = |name: &str| folder.path().join(name);
        let base = tiny_photo(2);
        let manifest = base.manifest.clone();
        base.write(&of("q8"), false, manifest, Some(Dtype::Q8), |_| Ok(None))
            .unwrap();
        let read = |name: &str| {
            let source = Source::Folder(of(name));
            pollster::block_on(Base::package(source)).unwrap()
        };
        let base = read("q8").with_maps().unwrap();
        let mut parameters = parameters(&base);
        for (seed, parameter) in (0..).zip(parameters.0.values_mut()) {
            parameter.values = noise(parameter.values.dims(), seed, &device());
        }
        let manifest = base.manifest.clone();
        base.write(&of("trained"), false, manifest, None, |spec| {
            Ok(parameters.host(&spec.name))
        })
        .unwrap();
        let trained = read("trained");
        assert_eq!(trained.manifest.dtype, Dtype::Q8);
        let stored = |base: &Base| -> HashMap<String, RawTensor> {
            let tensors = base.stored().map(|t| (t.name.clone(), t.clone()));
            tensors.collect()
        };
        let (before, after) = (stored(&base), stored(&trained));
        for spec in trained.specs() {
            if let Some(parameter) = parameters.0.get(&spec.name) {
                let (wanted, got) = (
                    values(parameter.values.clone()),
                    trained.floats(&spec).unwrap(),
                );
                let off = furthest(&wanted, &got);
                assert!(off < 0.01, "{}: {off}", spec.name);
                continue;
            }
            assert_ne!(spec.group, Group::Maps);
            assert_eq!(
                base.floats(&spec).unwrap(),
                trained.floats(&spec).unwrap(),
                "{}",
                spec.name
            );
            let parts = after.iter().filter(|(_, t)| t.split_name().0 == spec.name);
            for (name, tensor) in parts {
                assert_eq!(before[name].words, tensor.words, "{name}");
            }
        }
        // And that is the model that was trained, but for the rounding of its maps.
        let encoder = encoder(base, &parameters);
        let wanted = seen(&encoder, &parameters);
        let own = self::parameters(&trained);
        let got = seen(&self::encoder(trained, &own), &own);
        assert!(
            furthest(&wanted, &got) < 0.02,
            "{}",
            furthest(&wanted, &got)
        );
    }

    #[test]
    fn what_came_first_is_kept_as_long_as_there_is_room() {
        let cache = FeatureCache::new(20);
        let of = |x: f32| {
            let features = Features {
                values: vec![x; 2],
                is_picture: false,
            };
            Arc::new(features)
        };
        for (i, text) in ["a", "a", "b", "c"].into_iter().enumerate() {
            cache.keep(&Part::text(text), &of(i as f32));
        }
        let kept = |text: &str| cache.get(&Part::text(text)).map(|f| f.values[0]);
        assert_eq!(
            [kept("a"), kept("b"), kept("c")],
            [Some(0.0), Some(2.0), None]
        );
    }
}
