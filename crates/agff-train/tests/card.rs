//! The model card says what the run's files say, and names no place on this machine.

use agff::Code;
use agff::package::Source;
use agff_train::base::Base;
use agff_train::card::card;

use super::run::Folder;

const EVALUATION: &str = r#"{
  "name": "tiny", "dtype": "q8", "view": null, "files": ["/somewhere/else/pairs/questions.jsonl"],
  "precision_at_1": {"value": 0.75, "low": 0.5, "high": 0.9, "correct": 3, "count": 4},
  "group_accuracy": {"value": 0.5, "low": 0.1, "high": 0.9, "correct": 1, "count": 2},
  "chance": {"precision_at_1": 0.5, "group_accuracy": 0.25},
  "others": [{"name": "colours only", "baseline": "colour",
    "precision_at_1": {"value": 0.25, "low": 0.1, "high": 0.5, "correct": 1, "count": 4}}]
}"#;

#[test]
fn a_card_has_the_runs_that_led_to_a_model_and_what_was_measured() {
    let folder = Folder::new();
    folder.run(&["out='first'", "captions.weight=0.5"]);
    let model = folder.join("first/model");
    folder.run(&[
        "out='second'",
        "start={package='first/model'}",
        "optimiser.steps=6",
    ]);
    let base = pollster::block_on(Base::package(Source::Folder(model))).unwrap();
    let evaluation = folder.join("evaluation.json");
    std::fs::write(&evaluation, EVALUATION).unwrap();
    let run = folder.join("second");
    let notes = Some("It knows squares.");
    let text = card(
        &base.manifest,
        &run,
        notes,
        std::slice::from_ref(&evaluation),
    )
    .unwrap();

    for part in [
        "It knows squares.",
        "1. `agff train first.toml`: from weights by chance",
        "2. `agff train second.toml`: from `first`, 6 steps",
        "loss of a caption's token",
        "`pairs/questions.jsonl`",
        "| precision@1 | 75.0 % (50.0 to 90.0) | 25.0 % (10.0 to 50.0) |",
        "| group accuracy | 50.0 % (10.0 to 90.0) | – |",
        "weight = 0.5",
    ] {
        assert!(text.contains(part), "{part}:\n{text}");
    }
    let here = folder.join("");
    let place = here.to_str().unwrap().trim_end_matches('/');
    assert!(
        !text.contains(place) && !text.contains("/somewhere"),
        "{text}"
    );

    // The card of what they all began as comes along, below.
    std::fs::write(
        folder.join("second/model/README.md"),
        "# First\n\nNotices.\n",
    )
    .unwrap();
    let with_former = card(&base.manifest, &run, None, &[]).unwrap();
    let former = "## The model that it began as\n\n### First\n\nNotices.";
    assert!(with_former.contains(former), "{with_former}");

    // A package that no run is known to have made says itself where it comes from.
    std::fs::rename(folder.join("first"), folder.join("gone")).unwrap();
    let text = card(&base.manifest, &run, None, &[]).unwrap();
    assert!(!text.contains("Before that"), "{text}");
    std::fs::create_dir(folder.join("first")).unwrap();
    std::fs::rename(folder.join("gone/model"), folder.join("first/model")).unwrap();
    let text = card(&base.manifest, &run, None, &[]).unwrap();
    let origin = format!("Before that: {}", base.manifest.provenance);
    assert!(text.contains(&origin), "{text}");

    std::fs::write(&evaluation, "{}").unwrap();
    let error = card(&base.manifest, &run, None, &[evaluation]).unwrap_err();
    assert_eq!(error.code(), Code::Data);
}
