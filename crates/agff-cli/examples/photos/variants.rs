//! The model in several types of weights, and the one that is built in, on the stamps.

use agff::Agff;
use agff_eval::data::Part;

use crate::Failed;
use crate::model::{self, embed_parts};
use crate::numbers::Tally;
use crate::singles::{Asking, Embeddings, FUSION};
use crate::ways::Way;

/// Ways that are compared with the package's own.
pub const WAYS: [Way; 4] = [Way::Global, Way::Max, Way::Mean, Way::Flat(FUSION)];

/// What came of a package, for the reported and the choosing half.
pub struct Variant {
    /// How its weights are stored.
    pub name: String,
    /// Bytes of its files.
    pub bytes: u64,
    /// By its own fused similarity.
    pub fused: [Tally; 2],
    /// By each of [`WAYS`].
    ways: Vec<[Tally; 2]>,
}

impl Variant {
    /// By one of [`WAYS`].
    pub fn way(&self, way: Way) -> &[Tally; 2] {
        let at = WAYS.iter().position(|other| *other == way);
        // Callers name constants of this program.
        &self.ways[at.expect("one of the ways that are measured")]
    }
}

/// Embeds all stamps and captions, and lets both halves ask.
///
/// # Errors
/// Of embedding.
pub fn variant(
    name: &str,
    agff: &Agff,
    bytes: u64,
    asking: &[Asking; 2],
) -> Result<(Variant, Embeddings), Failed> {
    let mut parts: Vec<Part> = asking[0].parts();
    let captions = asking[1].captions().into_iter().map(Part::text);
    let captions: Vec<Part> = captions.filter(|part| !parts.contains(part)).collect();
    parts.extend(captions);
    let embeddings = embed_parts(agff, &parts)?;
    let both = |find: &dyn Fn(&Asking) -> Tally| [find(&asking[0]), find(&asking[1])];
    let variant = Variant {
        name: name.to_owned(),
        bytes,
        fused: both(&|asking| asking.find_fused(agff, &embeddings)),
        ways: WAYS
            .iter()
            .map(|&way| both(&|asking| asking.find_by(&embeddings, way)))
            .collect(),
    };
    Ok((variant, embeddings))
}

/// The same of agff-nano.
///
/// # Errors
/// Of embedding.
pub fn nano(asking: &[Asking; 2]) -> Result<Variant, Failed> {
    let agff = model::load(model::nano())?;
    let bytes = agff_nano::FILES.iter().map(|(_, bytes)| bytes.len() as u64);
    Ok(variant(agff_nano::NAME, &agff, bytes.sum(), asking)?.0)
}
