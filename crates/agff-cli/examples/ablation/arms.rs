//! What is compared with what.

/// One way of training: how it differs from `recipes/ablation.toml`.
#[derive(Debug, Clone, PartialEq)]
pub struct Arm {
    /// Its name, also of its runs' folders.
    pub name: String,
    /// What it is, for the table.
    pub what: String,
    /// Keys of the recipe.
    pub set: Vec<String>,
}

impl Arm {
    /// An arm with these keys of the recipe.
    pub fn new(name: impl Into<String>, what: impl Into<String>, set: &[&str]) -> Self {
        Self {
            name: name.into(),
            what: what.into(),
            set: set.iter().map(|&key| key.to_owned()).collect(),
        }
    }
}

/// The one of this name.
pub fn named(arms: Vec<Arm>, name: &str) -> Arm {
    let found = arms.into_iter().find(|arm| arm.name == name);
    found.expect("the name is of one of them")
}

/// The arm that every other is compared with.
pub const REFERENCE: &str = "global";

/// AGFF with InfoNCE, as the recipe has it: K = 4, τ_f = 0.05.
pub const PLAIN: &str = "agff";

/// Every comparison that does not depend on another's outcome.
pub fn main() -> Vec<Arm> {
    let hardness = |name: &str, what: &str| {
        let set = format!("loss.hardness={name}");
        Arm::new(format!("agff-{name}"), format!("AGFF, EGA {what}"), &[&set])
    };
    vec![
        Arm::new(
            REFERENCE,
            "global view alone, InfoNCE",
            &["views.fine=0", "fusion.kind=global"],
        ),
        Arm::new(
            "global-long",
            "global view alone, with as many learned tokens as five views have",
            &[
                "views.fine=0",
                "views.global.learned=9",
                "fusion.kind=global",
            ],
        ),
        Arm::new("mean", "mean of five views", &["fusion.kind=mean-of-views"]),
        Arm::new("max", "best pair of views", &["fusion.kind=max"]),
        Arm::new("max-sim", "MaxSim over views", &["fusion.kind=max-sim"]),
        Arm::new(PLAIN, "AGFF, InfoNCE", &[]),
        hardness("e1", "e1"),
        hardness("e2", "e2"),
        hardness("e3", "e3"),
        Arm::new(
            "agff-llave",
            "AGFF, LLaVE's weights",
            &["loss.hardness=llave"],
        ),
        // A row's explicit negative is its twin's positive, which is in the batch already unless twins
        // come apart.
        Arm::new(
            "agff-apart",
            "AGFF, InfoNCE, twins in different batches",
            &["data[0].groups=false"],
        ),
        Arm::new(
            "agff-apart-e1",
            "AGFF, EGA e1, twins in different batches",
            &["data[0].groups=false", "loss.hardness=e1"],
        ),
        Arm::new(
            "agff-apart-negatives",
            "AGFF, InfoNCE, twins in different batches, explicit negatives instead",
            &["data[0].groups=false", "batch.negatives=true"],
        ),
    ]
}

/// InfoNCE's temperatures and margins among which the tuned arm is chosen.
pub fn tuning() -> Vec<Arm> {
    let mut arms = Vec::new();
    for temperature in ["0.02", "0.03", "0.05"] {
        for margin in ["0", "0.1", "0.2"] {
            if (temperature, margin) == ("0.03", "0") {
                continue; // That is the plain arm.
            }
            arms.push(Arm::new(
                format!("agff-t{temperature}-m{margin}"),
                format!("AGFF, InfoNCE, τ = {temperature}, margin {margin}"),
                &[
                    &format!("loss.temperature={temperature}"),
                    &format!("loss.margin={margin}"),
                ],
            ));
        }
    }
    arms
}

/// Numbers of fine views, but for the plain arm's.
pub fn views() -> Vec<Arm> {
    let one = |k: &str| {
        let set = format!("views.fine={k}");
        Arm::new(
            format!("agff-k{k}"),
            format!("AGFF, InfoNCE, K = {k}"),
            &[&set],
        )
    };
    ["1", "2", "8"].map(one).to_vec()
}

/// Temperatures of the fusion, but for the plain arm's.
pub fn fusion() -> Vec<Arm> {
    let one = |t: &str| {
        let set = format!("fusion.temperature={t}");
        Arm::new(
            format!("agff-f{t}"),
            format!("AGFF, InfoNCE, τ_f = {t}"),
            &[&set],
        )
    };
    ["0.02", "0.1", "0.2"].map(one).to_vec()
}
