//! Training teaches.

use agff_train::evaluate::Exam;
use agff_train::features::FeatureCache;
use agff_train::inputs::Reader;
use agff_train::setup;

use super::run::Folder;

#[test]
fn the_loss_falls_and_questions_are_answered() {
    let folder = Folder::new();
    let set = ["optimiser.steps=240", "eval.files=['questions.jsonl']"];
    let (trainer, losses) = folder.run(&set);
    let mean = |losses: &[f64]| losses.iter().sum::<f64>() / losses.len() as f64;
    let (first, last) = (mean(&losses[..10]), mean(&losses[230..]));
    assert!(last < 0.5 * first, "{first} {last}");

    let recipe = folder.recipe(&set).unwrap();
    let exam = Exam::read(&folder.join("questions.jsonl"), None).unwrap();
    let pictures = setup::pictures(&recipe, trainer.encoder().base()).unwrap();
    let scoring = setup::scoring(&recipe, trainer.encoder().base().manifest.fusion);
    let reader = Reader {
        encoder: trainer.encoder(),
        parameters: trainer.parameters(),
        pictures: &pictures,
        features: &FeatureCache::new(0),
    };
    let (report, _) = exam.sit(&reader, &scoring).unwrap();
    let right = report.overall.precision_at_1.value;
    assert!(right > 0.9, "{right}");
}

#[test]
fn every_loss_and_fusion_trains() {
    let folder = Folder::new();
    for (i, set) in [
        "loss.hardness='none'",
        "loss.hardness='e2'",
        "loss.hardness='e3'",
        "loss.hardness='llave'",
        "fusion.kind='mean-of-views'",
        "fusion.kind='max'",
        "fusion.kind='global'",
        "views.fine=0",
        "loss.matryoshka=[{dimensions=32},{dimensions=8,weight=0.5}]",
        "loss.within_groups=1",
        "loss.orthogonality=0.1",
        "loss.both_directions=false",
        "batch.negatives=true",
        "batch.accumulate=2",
        "batch.cache='recompute'",
    ]
    .into_iter()
    .enumerate()
    {
        let out = format!("out='run-{i}'");
        let (_, losses) = folder.run(&[&out, set, "optimiser.steps=30"]);
        assert!(
            losses.iter().all(|loss| loss.is_finite()),
            "{set}: {losses:?}"
        );
        // What e3 minimises is not bounded below by a fitted batch, so only its being finite says something.
        if !set.contains("e3") {
            let (first, last) = (
                losses[..5].iter().sum::<f64>(),
                losses[25..].iter().sum::<f64>(),
            );
            assert!(last < first, "{set}: {losses:?}");
        }
    }
}

#[test]
fn scenes_are_drawn_once_into_the_run_s_folder() {
    let folder = Folder::new();
    let data = "data=[{ scenes = { seed = 1, size = 48, count = 18 } }]";
    let (_, losses) = folder.run(&[data, "optimiser.steps=6"]);
    assert!(losses.iter().all(|loss| loss.is_finite()));
    let rows = folder.join("run/scenes-1-48-18/rows.jsonl");
    let drawn = std::fs::metadata(&rows).unwrap().modified().unwrap();
    // A resumed run, here of one that is done, finds them.
    folder.trainer(&[data, "optimiser.steps=6"], true).unwrap();
    assert_eq!(std::fs::metadata(&rows).unwrap().modified().unwrap(), drawn);
}
