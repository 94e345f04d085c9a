//! What is trained and what is minimised: adapters, loss, fusion.

use serde::{Deserialize, Serialize};

use super::{Check, above_zero, fault, within};
use agff::tensors::Group;
use agff::{Fusion, Reduction};

/// What is trained; the rest stays as it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Train {
    /// The views' learned vectors.
    Views,
    /// Those, and linear maps behind the towers: of families that have such maps (`photo`). The towers stay as they are,
    /// so each input runs through them once.
    Maps,
    /// The views' learned vectors, and low-rank adapters of linear layers (LoRA, arXiv 2106.09685).
    Lora,
    /// Everything.
    #[default]
    All,
}

/// Low-rank adapters: `y = W·x + alpha/rank · B·A·x`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Lora {
    /// The rank of `B·A`. Default 16.
    pub rank: usize,
    /// The adapters' scale times their rank. Default 32.
    pub alpha: f64,
    /// Probability that a value of `x` is left out on the adapter's way. Default 0.
    pub dropout: f64,
    /// Which linear layers have one. Default: all of the decoder's.
    pub targets: Vec<LinearName>,
    /// Whether those of the vision tower that are among the targets have one too; if the targets
    /// name none of them, all have. Default false.
    pub vision: bool,
}

macro_rules! linear_names {
    ($($(#[$doc:meta])* $name:ident = $text:literal in $vision:literal,)*) => {
        /// A linear layer, by its name in every block that has it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum LinearName { $($(#[$doc])* #[serde(rename = $text)] $name,)* }

        impl LinearName {
            /// Every name.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The last part of the layer's name in a package.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// Whether it is of the vision tower; otherwise it is of the decoder.
            pub fn is_vision(self) -> bool {
                match self { $(Self::$name => $vision,)* }
            }
        }
    };
}

linear_names! {
    /// Queries of the decoder's attention.
    Query = "q_proj" in false,
    /// Its keys.
    Key = "k_proj" in false,
    /// Its values.
    Value = "v_proj" in false,
    /// Its output.
    Output = "o_proj" in false,
    /// The gate of the decoder's MLP.
    Gate = "gate_proj" in false,
    /// What the gate lets through.
    Up = "up_proj" in false,
    /// The output of the decoder's MLP.
    Down = "down_proj" in false,
    /// Queries, keys and values of the vision tower's attention.
    VisionQkv = "qkv" in true,
    /// Its output.
    VisionOutput = "proj" in true,
    /// The first layer of the vision tower's MLPs, the mergers' too.
    VisionFirst = "linear_fc1" in true,
    /// The second one.
    VisionSecond = "linear_fc2" in true,
    /// Queries of a block of either of two towers.
    TowerQuery = "query" in false,
    /// Its keys.
    TowerKey = "key" in false,
    /// Its values.
    TowerValue = "value" in false,
    /// Its output.
    TowerOutput = "output" in false,
    /// The first layer of its MLP.
    TowerUp = "up" in false,
    /// The second one.
    TowerDown = "down" in false,
}

impl LinearName {
    /// Whether it is of two towers, whose layers have the same names.
    pub fn is_tower(self) -> bool {
        use LinearName::*;
        matches!(
            self,
            TowerQuery | TowerKey | TowerValue | TowerOutput | TowerUp | TowerDown
        )
    }
}

impl Default for Lora {
    fn default() -> Self {
        let all = LinearName::ALL.iter().copied();
        Self {
            rank: 16,
            alpha: 32.0,
            dropout: 0.0,
            targets: all
                .filter(|name| !name.is_vision() && !name.is_tower())
                .collect(),
            vision: false,
        }
    }
}

impl Lora {
    /// Whether a layer of a group has an adapter. Where targets name no layer of two towers, all of theirs have one: those
    /// of texts, and those of pictures if `vision` is set.
    pub fn adapts(&self, name: LinearName, group: Group) -> bool {
        if name.is_tower() {
            let names_none = !self.targets.iter().any(|target| target.is_tower());
            let of_vision = group == Group::Vision;
            return (self.vision || !of_vision) && (names_none || self.targets.contains(&name));
        }
        if !name.is_vision() {
            return self.targets.contains(&name);
        }
        let names_none = !self.targets.iter().any(|target| target.is_vision());
        self.vision && (names_none || self.targets.contains(&name))
    }

    pub(super) fn check(&self) -> Check {
        within("lora.rank", self.rank, 1, 4096)?;
        above_zero("lora.alpha", self.alpha)?;
        if !(0.0..1.0).contains(&self.dropout) {
            return fault(
                "lora.dropout",
                format!("is {}; it must be at least 0 and below 1", self.dropout),
            );
        }
        if self.targets.is_empty() && !self.vision {
            return fault(
                "lora.targets",
                "is empty; name a linear layer such as q_proj",
            );
        }
        for (i, target) in self.targets.iter().enumerate() {
            let name = target.as_str();
            if self.targets[..i].contains(target) {
                return fault(format!("lora.targets[{i}]"), format!("is {name} again"));
            }
            if target.is_vision() && !self.vision {
                return fault(
                    format!("lora.targets[{i}]"),
                    format!("is {name}, of the vision tower, but lora.vision is false"),
                );
            }
        }
        Ok(())
    }
}

/// How the gradients of negatives are weighed (METHOD: none of these is the paper's confirmed form;
/// EGA, arXiv 2506.02020, reconstructed from the abstract). Δ is how much nearer a negative is than
/// the positive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hardness {
    /// InfoNCE.
    #[default]
    None,
    /// EGA with `log h = α·(1 + Δ)`.
    E1,
    /// EGA with `log h = α·clamp(S_ij / S_ii, 0, 1)`.
    E2,
    /// EGA with `h = min(exp(α·(1 + Δ)), 10)`, not renormalised.
    E3,
    /// LLaVE (arXiv 2503.04812): `log h = α·S_ij`.
    Llave,
}

/// The loss over a batch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Loss {
    /// τ of the softmax over targets; where it is learned, its first value. Default 0.02.
    pub temperature: f64,
    /// Whether τ is learned. Default false.
    pub learn_temperature: bool,
    /// A learned τ does not go below this. Default 0.01.
    pub minimum_temperature: f64,
    /// How hard negatives are weighed. Default `none`.
    pub hardness: Hardness,
    /// α of the hardness. Default 3.
    pub alpha: f64,
    /// Is taken from the positive's similarity. Default 0.
    pub margin: f64,
    /// Whether targets also look for their queries; the loss is the mean of both. Default true.
    pub both_directions: bool,
    /// Whether rows of one label are kept from being each other's negatives. Default true.
    pub mask_same_label: bool,
    /// Negatives with `S_ij > S_ii − mask_margin` are taken for false ones and left out. Default:
    /// none are.
    pub mask_margin: Option<f64>,
    /// Embeddings that are cut short, and the weight of their losses (arXiv 2205.13147). Default:
    /// only the full ones, with weight 1.
    pub matryoshka: Vec<Matryoshka>,
    /// Weight of a second InfoNCE, in which only rows of one group are each other's negatives. Default
    /// 0: there is none.
    pub within_groups: f64,
    /// Weight of the mean squared way that vectors have gone of texts which the model was made with (of `photo`: the names
    /// of its classes), for train = "maps": what it knew before stays. Default 0.
    #[serde(skip_serializing_if = "is_zero")]
    pub keep_texts: f64,
    /// The same of pictures (of `photo`: what its classifier looks for). Default 0.
    #[serde(skip_serializing_if = "is_zero")]
    pub keep_pictures: f64,
    /// Weight of the mean squared cosine between the views of one input. Default 0.
    pub orthogonality: f64,
}

/// A dimension that embeddings are cut to in the loss.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matryoshka {
    /// The dimension.
    pub dimensions: usize,
    /// The weight of its loss. Default 1.
    #[serde(default = "one")]
    pub weight: f64,
}

fn one() -> f64 {
    1.0
}

fn is_zero(weight: &f64) -> bool {
    *weight == 0.0
}

impl Default for Loss {
    fn default() -> Self {
        Self {
            temperature: 0.02,
            learn_temperature: false,
            minimum_temperature: 0.01,
            hardness: Hardness::None,
            alpha: 3.0,
            margin: 0.0,
            both_directions: true,
            mask_same_label: true,
            mask_margin: None,
            matryoshka: Vec::new(),
            within_groups: 0.0,
            keep_texts: 0.0,
            keep_pictures: 0.0,
            orthogonality: 0.0,
        }
    }
}

impl Loss {
    pub(super) fn check(&self, train: Train) -> Check {
        for (key, weight) in [
            ("loss.keep_texts", self.keep_texts),
            ("loss.keep_pictures", self.keep_pictures),
        ] {
            within(key, weight, 0.0, 1e6)?;
            if weight > 0.0 && train != Train::Maps {
                return fault(key, "is above 0, which only train = \"maps\" can do");
            }
        }
        within("loss.temperature", self.temperature, 1e-4, 100.0)?;
        within(
            "loss.minimum_temperature",
            self.minimum_temperature,
            1e-4,
            100.0,
        )?;
        if self.learn_temperature && self.temperature < self.minimum_temperature {
            return fault(
                "loss.temperature",
                format!(
                    "is {}, below minimum_temperature, {}",
                    self.temperature, self.minimum_temperature
                ),
            );
        }
        within("loss.alpha", self.alpha, 0.0, 1000.0)?;
        // Similarities are cosines: a larger margin would be met by none.
        within("loss.margin", self.margin, 0.0, 2.0)?;
        if let Some(margin) = self.mask_margin {
            within("loss.mask_margin", margin, -2.0, 2.0)?;
        }
        within("loss.within_groups", self.within_groups, 0.0, 1e6)?;
        within("loss.orthogonality", self.orthogonality, 0.0, 1e6)?;
        for (i, part) in self.matryoshka.iter().enumerate() {
            let key = |name: &str| format!("loss.matryoshka[{i}].{name}");
            within(&key("dimensions"), part.dimensions, 1, 1 << 16)?;
            above_zero(&key("weight"), part.weight)?;
            let same = |other: &Matryoshka| other.dimensions == part.dimensions;
            if self.matryoshka[..i].iter().any(same) {
                return fault(key("dimensions"), format!("is {} again", part.dimensions));
            }
        }
        Ok(())
    }
}

/// Learning to say what a picture shows, beside the loss over the batch (arXiv 2306.07915).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Captions {
    /// Weight of the mean `−log p` over the captions' tokens. Default 0: none are learned.
    pub weight: f64,
    /// What stands before a caption. Default the beginning of an assistant's turn.
    pub cue: String,
    /// What ends it. Default `<|im_end|>`.
    pub end: String,
}

impl Default for Captions {
    fn default() -> Self {
        Self {
            weight: 0.0,
            cue: "<|im_start|>assistant\n".into(),
            end: "<|im_end|>".into(),
        }
    }
}

impl Captions {
    pub(super) fn check(&self, train: Train) -> Check {
        within("captions.weight", self.weight, 0.0, 1000.0)?;
        if self.weight > 0.0 && train != Train::All {
            return fault(
                "captions.weight",
                "is above 0, but captions are said with the token embeddings, which only train = \"all\" trains",
            );
        }
        for (key, text) in [("captions.cue", &self.cue), ("captions.end", &self.end)] {
            if text.is_empty() {
                return fault(
                    key,
                    "is empty; a caption needs a token before it and one after it",
                );
            }
        }
        Ok(())
    }
}

/// How similarities of views become one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FusionKind {
    /// The four patterns by log-sum-exp (AGFF, reconstructed from the abstract).
    #[default]
    Agff,
    /// The mean over pairs of views.
    MeanOfViews,
    /// The best pair of views.
    Max,
    /// For each view of the query the best one of the target, averaged.
    MaxSim,
    /// The global views alone.
    Global,
}

/// The fused similarity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FusionSettings {
    /// Default `agff`.
    pub kind: FusionKind,
    /// τ_f. Default: a package's own; 0.05 for a random start.
    pub temperature: Option<f64>,
}

impl FusionSettings {
    /// What the manifest of the trained model says, given that of the start. `global` has no
    /// reduction of its own: the fine views are not used.
    pub fn of(&self, start: Option<Fusion>) -> Fusion {
        let own = start.map_or(0.05, |fusion| fusion.temperature);
        Fusion {
            temperature: self.temperature.map_or(own, |t| t as f32),
            reduction: match self.kind {
                FusionKind::Agff | FusionKind::Global => Reduction::LogSumExp,
                FusionKind::MeanOfViews => Reduction::Mean,
                FusionKind::Max | FusionKind::MaxSim => Reduction::Max,
            },
        }
    }

    pub(super) fn check(&self) -> Check {
        match self.temperature {
            Some(temperature) => within("fusion.temperature", temperature, 1e-4, 1e4),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adapters_go_where_the_recipe_says() {
        let adapted = |lora: &Lora| -> Vec<&str> {
            let all = LinearName::ALL
                .iter()
                .filter(|&&name| !name.is_tower() && lora.adapts(name, Group::Text));
            all.map(|name| name.as_str()).collect()
        };
        let mut lora = Lora {
            targets: vec![LinearName::Query],
            ..Lora::default()
        };
        assert_eq!(adapted(&lora), ["q_proj"]);
        lora.vision = true;
        assert_eq!(
            adapted(&lora),
            ["q_proj", "qkv", "proj", "linear_fc1", "linear_fc2"]
        );
        lora.targets.push(LinearName::VisionQkv);
        assert_eq!(adapted(&lora), ["q_proj", "qkv"]);
    }
}
