//! What checkpoints of two towers have in common: names of blocks, and image processors for square pictures.

use crate::checkpoint::{CONFIG_FILE, Description, Section};
use crate::families::{ImageSettings, image_processor};
use crate::{Code, Error, Result};

/// The short side that pictures are brought to before a crop, where an image processor's file leaves it out.
const SHORT_SIDE: u32 = 224;

/// The name in packages of a tensor of a block, from `layers.` on; `None` if it is none.
pub fn rename_block(name: &str) -> Option<String> {
    let (layer, rest) = name.strip_prefix("layers.")?.split_once('.')?;
    let (part, of) = rest.rsplit_once('.')?;
    let part = match part {
        "layer_norm1" => "norm1",
        "layer_norm2" => "norm2",
        "self_attn.q_proj" => "attention.query",
        "self_attn.k_proj" => "attention.key",
        "self_attn.v_proj" => "attention.value",
        "self_attn.out_proj" => "attention.output",
        "mlp.fc1" => "mlp.up",
        "mlp.fc2" => "mlp.down",
        other => other,
    };
    Some(format!("layers.{layer}.{part}.{of}"))
}

/// Refuses prompts, which texts of two towers have no place for.
pub fn no_prompts(files: &Description) -> Result<()> {
    let prompts = files.prompts()?;
    match prompts.named.into_keys().next() {
        None => Ok(()),
        Some(name) => {
            let why =
                format!("has the prompt {name:?}, which this family's texts have no place for");
            Err(Error::new(Code::Config, files.shown(CONFIG_FILE), why))
        }
    }
}

/// The image processor's settings for pictures of `side` pixels. What the file leaves out is as in `default`,
/// which crops or not.
pub fn image_settings(
    files: &Description,
    side: usize,
    default: ImageSettings,
) -> Result<ImageSettings> {
    let pixels = (side * side) as u64;
    let default = ImageSettings {
        min_pixels: pixels,
        max_pixels: pixels,
        crop_from: default.crop_from.map(|_| side as u32),
        ..default
    };
    let Some(s) = files.image_processor()? else {
        return Ok(default);
    };
    let common = image_processor::common(&s, default)?;
    let crops = s
        .boolean("do_center_crop")?
        .unwrap_or(common.crop_from.is_some());
    if crops {
        square(&s, "crop_size", side)?;
    }
    // One number is the short side where the family crops, as in files of before 2023.
    let short = match s.value("size").and_then(|size| size.as_object()) {
        Some(_) => s.section("size")?.number("shortest_edge")?,
        None => s.number("size")?.filter(|_| common.crop_from.is_some()),
    };
    let crop_from = match (short, crops) {
        (Some(short), true) => Some(short.min(u64::from(u32::MAX)) as u32),
        (Some(_), false) => {
            let why = format!(
                "without a crop leaves pictures that are not the square of {side} that config.json asks for"
            );
            return s.refuse("size", &why);
        }
        (None, _) if s.present("size") => {
            square(&s, "size", side)?;
            None
        }
        // The crop is stated, and the short side is left to what the family's makers began with.
        (None, true) if s.present("crop_size") => Some(SHORT_SIDE.max(side as u32)),
        (None, true) => Some(side as u32),
        (None, false) => None,
    };
    Ok(ImageSettings {
        crop_from,
        ..common
    })
}

/// Checks that a field, one number or height and width, is the model's own size, if it is there.
fn square(s: &Section<'_>, field: &str, side: usize) -> Result<()> {
    let object = s.value(field).is_some_and(|size| size.is_object());
    let sides = match object {
        true => {
            let size = s.section(field)?;
            [size.size("height", side)?, size.size("width", side)?]
        }
        false => [s.size(field, side)?; 2],
    };
    match sides == [side; 2] {
        true => Ok(()),
        false => s.refuse(
            field,
            &format!("config.json asks for pictures of {side} × {side}"),
        ),
    }
}
