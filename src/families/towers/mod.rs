//! What families of two towers share: a picture and a text each go through a network of their own, and meet in one
//! space.

pub mod checkpoint;
mod config;
pub mod regions;
mod square;
#[cfg(feature = "engine")]
mod text;
#[cfg(feature = "engine")]
mod texts;
#[cfg(feature = "engine")]
pub mod transformer;

#[cfg(feature = "engine")]
use burn::tensor::{Device, Int, Tensor, TensorData};

use super::{Item, Patches, Sequence};
#[cfg(feature = "engine")]
use super::{Network, Readout, View};
use crate::{Code, Error, Result};

pub use config::{TextConfig, TransformerConfig, VisionConfig, check_size};
pub use square::{MAX_SIDE, Square, check_image};
#[cfg(feature = "engine")]
pub use text::{TextShape, TextTower};
#[cfg(feature = "engine")]
pub use texts::Texts;

/// An item of a picture, or of the sequence that `text` makes.
///
/// # Errors
/// [`Code::Input`] for a picture together with a text, and those of `text`.
pub fn either(
    patches: Option<Patches>,
    text: Option<&str>,
    sequence: impl FnOnce(&str) -> Result<Sequence>,
) -> Result<Item> {
    let text = text.unwrap_or_default();
    let sequence = match (&patches, text.trim()) {
        (Some(_), "") => Sequence::default(),
        (Some(_), _) => {
            let why = "is a photo together with a text; this model embeds one or the other";
            return Err(Error::new(Code::Input, "input", why));
        }
        (None, _) => sequence(text)?,
    };
    Ok(Item { sequence, patches })
}

/// A tower for pictures.
#[cfg(feature = "engine")]
pub trait PictureTower: Send + Sync {
    /// The views of pictures, `[pictures · views, dimensions]`.
    fn forward(&self, pictures: Vec<Patches>, views: &[View], device: &Device) -> Tensor<2>;
}

/// A model of two transformers: everything but its token embeddings, which are looked up by row.
#[cfg(feature = "engine")]
pub struct Model<V> {
    /// The tower for pictures.
    pub vision: V,
    /// The tower for texts.
    pub text: TextTower,
    /// The package's views.
    pub views: Vec<View>,
}

#[cfg(feature = "engine")]
impl<V: PictureTower> Network for Model<V> {
    fn forward(
        &self,
        items: Vec<Item>,
        ids: &[u32],
        tokens: Option<Tensor<2>>,
        device: &Device,
    ) -> Readout {
        forward(
            items,
            self.views.len(),
            |pictures| self.vision.forward(pictures, &self.views, device),
            |texts| {
                let tokens = tokens.expect("a text has tokens");
                self.text.forward(texts, ids, tokens, device)
            },
            device,
        )
    }
}

/// Runs a pack of items: `pictures` gives each picture's views, one after the other, and `texts` one vector for
/// each text.
#[cfg(feature = "engine")]
pub fn forward(
    mut items: Vec<Item>,
    views: usize,
    pictures: impl FnOnce(Vec<Patches>) -> Tensor<2>,
    texts: impl FnOnce(&[&Sequence]) -> Tensor<2>,
    device: &Device,
) -> Readout {
    let kinds: Vec<bool> = items.iter().map(|item| item.patches.is_some()).collect();
    let of_pictures: Vec<_> = items
        .iter_mut()
        .filter_map(|item| item.patches.take())
        .collect();
    let mut parts = Vec::new();
    if !of_pictures.is_empty() {
        parts.push(pictures(of_pictures));
    }
    let sequences: Vec<&Sequence> = items
        .iter()
        .map(|item| &item.sequence)
        .filter(|sequence| !sequence.tokens.is_empty())
        .collect();
    if !sequences.is_empty() {
        parts.push(texts(&sequences));
    }
    in_order(parts, &kinds, views, device)
}

/// The views of items in their order. `parts` has those of all pictures, then those of all texts; `kinds` says of each
/// item whether it is a picture.
#[cfg(feature = "engine")]
pub fn in_order(parts: Vec<Tensor<2>>, kinds: &[bool], views: usize, device: &Device) -> Readout {
    let (mut rows, mut counts) = (Vec::new(), Vec::with_capacity(kinds.len()));
    let number = kinds.iter().filter(|&&picture| picture).count();
    let (mut picture, mut text) = (0, number * views);
    for &is_picture in kinds {
        let (next, count) = match is_picture {
            true => (&mut picture, views),
            // A text says one thing.
            false => (&mut text, 1),
        };
        rows.extend((*next..*next + count).map(|row| row as i32));
        *next += count;
        counts.push(count);
    }
    Readout {
        views: Tensor::cat(parts, 0).select(0, rows_at(rows, device)),
        counts: Some(counts),
        continuations: None,
    }
}

/// The patches of all pictures, one after the other.
#[cfg(feature = "engine")]
pub fn values(mut pictures: Vec<Patches>) -> Vec<f32> {
    if pictures.len() == 1 {
        return pictures.remove(0).values;
    }
    pictures
        .iter()
        .flat_map(|patches| &patches.values)
        .copied()
        .collect()
}

/// Numbers of rows, for a selection on the device.
#[cfg(feature = "engine")]
pub fn rows_at(rows: Vec<i32>, device: &Device) -> Tensor<1, Int> {
    let count = rows.len();
    Tensor::from_data(TensorData::new(rows, [count]), device)
}
