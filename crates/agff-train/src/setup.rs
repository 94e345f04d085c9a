//! From a recipe to everything that a run needs.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::base::{Base, NewViews};
use super::evaluate::Exam;
use super::images::Pictures;
use super::inputs::SourceRows;
use super::loss::{Contrast, Hardness};
use super::objective::Objective;
use super::optimiser::{LearningRate, MuonOptions, OptimiserOptions, Rates};
use super::recipe::{self, FusionKind, Recipe, Rows, Scenes, Start, Train};
use super::sampler::{RowSet, Sampler, SamplerSettings};
use super::scores::Scoring;
use agff::Fusion;
use agff::package::Source;
use agff::{Code, Error, Result};
use agff_eval::data::read_rows;
use agff_scenes::folder::MakeOptions;
use agff_scenes::scenes::files::{ROWS_FILE, write_training};

/// The model that a run starts from, with the recipe's views.
///
/// # Errors
/// Those of [`Base::package`] and [`Base::random`].
pub fn base(recipe: &Recipe) -> Result<Base> {
    match &recipe.start {
        Start::Package(folder) => {
            let mut base = pollster::block_on(Base::package(Source::Folder(folder.clone())))?;
            if recipe.train == Train::Maps {
                base = base.with_maps()?;
            }
            match &recipe.views {
                None => Ok(base),
                Some(views) => {
                    let list = views.list(base.manifest.views.first());
                    let start = NewViews {
                        scale: views.scale,
                        noise: views.noise,
                    };
                    base.with_views(list, recipe.seed, start)
                }
            }
        }
        Start::Random(random) => {
            let fusion = recipe.fusion.of(None);
            let manifest = random.manifest(recipe.views.as_ref(), fusion);
            let path = &random.tokenizer;
            let tokenizer = std::fs::read(path).map_err(|e| Error::io(path, e))?;
            let base = Base::random(manifest, tokenizer, recipe.seed)?;
            match recipe.train {
                Train::Maps => base.with_maps(),
                _ => Ok(base),
            }
        }
    }
}

/// How view pairs become one similarity; `own` is the start's fusion.
pub fn scoring(recipe: &Recipe, own: Fusion) -> Scoring {
    match recipe.fusion.kind {
        FusionKind::Agff => Scoring::Fused(recipe.fusion.of(Some(own))),
        FusionKind::MeanOfViews => Scoring::MeanOfViews,
        FusionKind::Max => Scoring::BestPair,
        FusionKind::MaxSim => Scoring::MaxSim,
        FusionKind::Global => Scoring::Global,
    }
}

/// What is minimised.
pub fn objective(recipe: &Recipe, scoring: Scoring) -> Objective {
    let loss = &recipe.loss;
    let alpha = loss.alpha as f32;
    Objective {
        scoring,
        contrast: Contrast {
            hardness: match loss.hardness {
                recipe::Hardness::None => Hardness::None,
                recipe::Hardness::E1 => Hardness::E1 { alpha },
                recipe::Hardness::E2 => Hardness::E2 { alpha },
                recipe::Hardness::E3 => Hardness::E3 { alpha },
                recipe::Hardness::Llave => Hardness::Llave { alpha },
            },
            margin: loss.margin as f32,
            mask_margin: loss.mask_margin.map(|margin| margin as f32),
        },
        both_directions: loss.both_directions,
        matryoshka: loss
            .matryoshka
            .iter()
            .map(|part| (part.dimensions, part.weight as f32))
            .collect(),
        within_groups: loss.within_groups as f32,
        orthogonality: loss.orthogonality as f32,
    }
}

/// How parameters follow their gradients.
pub fn optimiser(recipe: &Recipe) -> OptimiserOptions {
    let o = &recipe.optimiser;
    let m = &o.multipliers;
    OptimiserOptions {
        beta_1: o.betas[0] as f32,
        beta_2: o.betas[1] as f32,
        epsilon: o.epsilon as f32,
        weight_decay: o.weight_decay as f32,
        clip: (o.clip_norm > 0.0).then_some(o.clip_norm as f32),
        rates: Rates {
            views: m.views,
            maps: m.maps,
            embeddings: m.embeddings,
            text: m.decoder,
            vision: m.vision,
            temperature: m.temperature,
        },
        muon: (o.muon.learning_rate > 0.0).then_some(MuonOptions {
            rate: o.muon.learning_rate / o.learning_rate,
            momentum: o.muon.momentum as f32,
            weight_decay: o.weight_decay as f32,
        }),
    }
}

/// The learning rate of every step of a run over `rows` rows.
///
/// # Errors
/// [`Code::Recipe`] if the warm-up is as long as the run.
pub fn learning_rate(recipe: &Recipe, rows: u64) -> Result<LearningRate> {
    let o = &recipe.optimiser;
    let per_step = (recipe.batch.rows * recipe.batch.accumulate) as u64;
    let steps = o.length().steps(rows, per_step);
    if o.warmup_steps >= steps {
        return Err(Error::new(
            Code::Recipe,
            "optimiser.warmup_steps",
            format!("is {}, but the run has {steps} steps", o.warmup_steps),
        ));
    }
    Ok(LearningRate {
        rate: o.learning_rate,
        warm_up: o.warmup_steps,
        steps,
        decay: o.schedule,
        final_share: o.final_fraction,
    })
}

/// The rows of all sources, and what picks among them.
///
/// # Errors
/// Those of [`read_rows`] and [`Sampler::new`].
pub fn data(recipe: &Recipe, note: &mut dyn FnMut(String)) -> Result<(Vec<SourceRows>, Sampler)> {
    let mut sources = Vec::new();
    let mut set = RowSet::new();
    for entry in &recipe.data {
        let path = match &entry.rows {
            Rows::File(path) => path.clone(),
            Rows::Scenes(wanted) => scenes(wanted, &recipe.out, note)?,
        };
        if entry.optional && !path.exists() {
            note(format!(
                "{} is not there; going on without it",
                path.display()
            ));
            continue;
        }
        let mut rows = read_rows(&path)?;
        if !entry.groups {
            rows.iter_mut().for_each(|row| row.group = None);
        }
        set.add(path.display().to_string(), entry.weight, &rows)?;
        note(format!("{}: {} rows", path.display(), rows.len()));
        sources.push(SourceRows {
            rows,
            augment: entry.augment,
            flip: entry.flip,
        });
    }
    if let Some(strange) = strange_labels(&sources) {
        note(strange);
    }
    let sampler = Sampler::new(set, SamplerSettings::from(recipe))?;
    Ok((sources, sampler))
}

/// What to say of labels in `also` that no row has: they keep nothing from being a negative.
fn strange_labels(sources: &[SourceRows]) -> Option<String> {
    let rows = || sources.iter().flat_map(|source| &source.rows);
    let labels: BTreeSet<&String> = rows().filter_map(|row| row.label.as_ref()).collect();
    let also: BTreeSet<&String> = rows().flat_map(|row| &row.also).collect();
    let strange: Vec<&&String> = also.difference(&labels).collect();
    let first = strange.first()?;
    Some(format!(
        "{} in `also` {} no row's label, such as {first:?}",
        match strange.len() {
            1 => "1 label".to_owned(),
            count => format!("{count} labels"),
        },
        if strange.len() == 1 { "is" } else { "are" },
    ))
}

/// The rows of drawn scenes. They are drawn once, into the run's folder, where a resumed run finds them.
///
/// # Errors
/// Those of [`write_training`].
fn scenes(wanted: &Scenes, out: &Path, note: &mut dyn FnMut(String)) -> Result<PathBuf> {
    let Scenes { seed, size, count } = *wanted;
    let folder = out.join(format!("scenes-{seed}-{size}-{count}"));
    let rows = folder.join(ROWS_FILE);
    if !rows.is_file() {
        note(format!("drawing {count} units of scenes"));
        std::fs::create_dir_all(out).map_err(|e| Error::io(out, e))?;
        let options = MakeOptions {
            seed,
            size,
            threads: None,
            force: false,
        };
        write_training(&folder, count, &options, |_| ())?;
    }
    Ok(rows)
}

/// The pictures, as the model reads them; makes the run's folder.
///
/// # Errors
/// [`Code::Io`] if the folder or the cache cannot be made.
pub fn pictures(recipe: &Recipe, base: &Base) -> Result<Pictures> {
    let preprocessing = base.manifest.preprocessing();
    std::fs::create_dir_all(&recipe.out).map_err(|e| Error::io(&recipe.out, e))?;
    Pictures::new(
        preprocessing,
        &recipe.images,
        &recipe.augmentation,
        &recipe.out,
    )
}

/// Decodes every picture, so that one that is damaged is found before the first step.
///
/// # Errors
/// The first picture's that cannot be read or decoded; it is named.
pub fn decode(sources: &[SourceRows], pictures: &Pictures, negatives: bool) -> Result<()> {
    let mut files = BTreeSet::new();
    for source in sources {
        for row in &source.rows {
            let negatives = row.negatives.iter().filter(|_| negatives);
            for part in [&row.query, &row.positive].into_iter().chain(negatives) {
                files.extend(part.image.as_deref().map(|image| (image, source.augment)));
            }
        }
    }
    let files: Vec<_> = files.into_iter().collect();
    pictures.decode_all(&files, |_| ())
}

/// The files that are evaluated on.
///
/// # Errors
/// Those of [`Exam::read`].
pub fn exams(recipe: &Recipe) -> Result<Vec<Exam>> {
    let files = recipe.eval.files.iter();
    files
        .map(|path| Exam::read(path, recipe.eval.limit))
        .collect()
}
