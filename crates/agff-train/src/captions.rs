//! Learning to say what is on a picture: a branch off an image's prefix in which the decoder gives
//! the row's text, token by token.
//!
//! A contrastive loss asks of a picture only what tells it from the batch's others, and what is which
//! colour or left of what is asked last. Each word of a caption asks for it at once (Tschannen et al.,
//! Image captioners are scalable vision learners too, arXiv 2306.07915). The prefix is computed for the
//! views anyway, so a caption costs the decoder a few tokens.

use burn::tensor::activation::log_softmax;
use burn::tensor::{Int, Tensor, TensorData};

use agff_eval::data::Part;

/// What `part`, a picture, is said to show, if `other` is a text.
pub fn caption<'a>(part: &Part, other: &'a Part) -> Option<&'a str> {
    if part.image.is_none() || part.text.is_some() || other.image.is_some() {
        return None;
    }
    other.text.as_deref()
}

/// The sum of `−log p`, in nats, of the tokens `targets` after the hidden states `hidden`, `[targets, width]`. Token
/// embeddings `table`, `[vocabulary, width]`, are the output layer too.
pub fn cross_entropy(hidden: Tensor<2>, table: Tensor<2>, targets: &[u32]) -> Tensor<1> {
    let ids: Vec<i32> = targets.iter().map(|&id| id as i32).collect();
    let ids = TensorData::new(ids, [targets.len(), 1]);
    let ids = Tensor::<2, Int>::from_data(ids, &hidden.device());
    let logits = hidden.matmul(table.transpose());
    -log_softmax(logits, 1).gather(1, ids).sum()
}
