//! Pictures with several things in them: stamps on photos of landscapes, put together in memory.

use std::fs;
use std::path::Path;

use agff::input::image::{DecodeLimits, Pixels, decode, resize};
use image::RgbaImage;
use image::imageops::{self, FilterType};
use rayon::prelude::*;

use crate::Failed;
use crate::draw::Draw;
use crate::stamps::Stamp;

/// Pixels of a collage.
const SIZE: (u32, u32) = (800, 600);

/// Height to which backgrounds are brought first.
const BACKGROUND: u32 = 900;

/// How often a place is drawn for a stamp until it covers no other.
const TRIES: usize = 200;

/// What collages are made of.
pub struct Studio {
    backgrounds: Vec<Pixels>,
    /// With their colours multiplied by alpha.
    stamps: Vec<RgbaImage>,
}

/// A stamp's place, `x, y, width, height`.
type Place = [i64; 4];

impl Studio {
    /// Reads backgrounds and stamps.
    ///
    /// # Errors
    /// If a picture cannot be read.
    pub fn new(backgrounds: &Path, stamps: &[&Stamp]) -> Result<Self, Failed> {
        let mut paths: Vec<_> = fs::read_dir(backgrounds)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<_, _>>()?;
        paths.retain(|path| path.extension().is_some_and(|e| e == "jpg"));
        paths.sort();
        let background = |path: &std::path::PathBuf| -> Result<Pixels, Failed> {
            let name = path.display().to_string();
            let pixels = decode(&name, &fs::read(path)?, &DecodeLimits::default())?;
            let width = f64::from(pixels.width) * f64::from(BACKGROUND) / f64::from(pixels.height);
            Ok(resize(&pixels, width.round() as u32, BACKGROUND)?)
        };
        let stamp = |stamp: &&Stamp| -> Result<RgbaImage, Failed> {
            let mut image = image::open(&stamp.path)?.into_rgba8();
            for pixel in image.pixels_mut() {
                let [r, g, b, a] = pixel.0;
                let times = |c: u8| ((u32::from(c) * u32::from(a) + 127) / 255) as u8;
                pixel.0 = [times(r), times(g), times(b), a];
            }
            Ok(image)
        };
        Ok(Self {
            backgrounds: paths.par_iter().map(background).collect::<Result<_, _>>()?,
            stamps: stamps.par_iter().map(stamp).collect::<Result<_, _>>()?,
        })
    }

    /// A collage of these stamps, by their places in the list that [`new`](Self::new) was given.
    ///
    /// # Errors
    /// None is known.
    pub fn collage(&self, draw: &mut Draw, stamps: &[usize]) -> Result<Pixels, Failed> {
        let mut canvas = self.background(draw)?;
        // Of the height: fewer things are larger.
        let (low, high) = match stamps.len() {
            1 => (0.5, 0.8),
            2 => (0.45, 0.65),
            3 => (0.4, 0.55),
            _ => (0.3, 0.42),
        };
        let mut places: Vec<Place> = Vec::new();
        for &stamp in stamps {
            let image = &self.stamps[stamp];
            let side = f64::from(SIZE.1) * draw.between(low, high);
            let ratio = side / f64::from(image.width().max(image.height()));
            let scaled = |n: u32| ((f64::from(n) * ratio).round() as u32).max(1);
            let (width, height) = (scaled(image.width()), scaled(image.height()));
            let image = imageops::resize(image, width, height, FilterType::CatmullRom);
            let place = free_place(draw, &places, width, height);
            paste(&mut canvas, &image, place);
            places.push(place);
        }
        Ok(canvas)
    }

    /// A part of a landscape.
    fn background(&self, draw: &mut Draw) -> Result<Pixels, Failed> {
        let whole = &self.backgrounds[draw.below(self.backgrounds.len())];
        let height = f64::from(whole.height) * draw.between(0.67, 1.0);
        let (width, height) = (
            (height * 4.0 / 3.0).min(f64::from(whole.width)) as u32,
            height as u32,
        );
        let left = draw.below((whole.width - width + 1) as usize);
        let top = draw.below((whole.height - height + 1) as usize);
        let stride = 3 * whole.width as usize;
        let rgb = (top..top + height as usize)
            .flat_map(|y| &whole.rgb[y * stride + 3 * left..][..3 * width as usize])
            .copied()
            .collect();
        let part = Pixels { width, height, rgb };
        Ok(resize(&part, SIZE.0, SIZE.1)?)
    }
}

/// A place where nothing is yet, or where least is covered.
fn free_place(draw: &mut Draw, taken: &[Place], width: u32, height: u32) -> Place {
    let (width, height) = (i64::from(width), i64::from(height));
    let mut best = (i64::MAX, [0, 0, width, height]);
    for _ in 0..TRIES {
        let x = draw.below((i64::from(SIZE.0) - width + 1) as usize) as i64;
        let y = draw.below((i64::from(SIZE.1) - height + 1) as usize) as i64;
        let shared = |a: i64, n: i64, b: i64, m: i64| ((a + n).min(b + m) - a.max(b)).max(0);
        let covered = taken
            .iter()
            .map(|&[a, b, w, h]| shared(x, width, a, w) * shared(y, height, b, h))
            .sum();
        if covered < best.0 {
            best = (covered, [x, y, width, height]);
        }
        if covered == 0 {
            break;
        }
    }
    best.1
}

/// Lays a picture whose colours are multiplied by its alpha over another one.
fn paste(canvas: &mut Pixels, image: &RgbaImage, [x, y, ..]: Place) {
    let stride = canvas.width as usize;
    for (i, j, pixel) in image.enumerate_pixels() {
        let [r, g, b, a] = pixel.0;
        let at = 3 * ((y as usize + j as usize) * stride + x as usize + i as usize);
        for (under, over) in canvas.rgb[at..at + 3].iter_mut().zip([r, g, b]) {
            let seen = (u32::from(*under) * u32::from(255 - a) + 127) / 255;
            *under = (seen + u32::from(over)).min(255) as u8;
        }
    }
}
