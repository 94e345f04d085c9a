//! What the default model can do, on pictures and sentences that it was never trained on.

use crate::program::{on_cpu, run, text_of};

/// The test set of docs/data.md, by its hash: results are of that set.
const TEST_SET: &str = "5ece3437d7dad6a644dae3dec91761a8b2ddaf3b49319c65b7a67dc91e408ac3";

/// Of two scenes that differ in one fact the right one must be found for both captions: by chance that
/// happens in a quarter of the pairs, of every pattern.
#[test]
fn pairs_of_scenes_are_told_apart_in_every_pattern() {
    let folder = tempfile::tempdir().unwrap();
    let scenes = text_of(&folder.path().join("scenes"));
    let drawn = run(["data", "scenes", &scenes, "--pairs", "--size", "128"]);
    assert_eq!(drawn.code, 0, "{}", drawn.err);
    assert!(drawn.out.contains(TEST_SET), "{}", drawn.out);

    let questions = format!("{scenes}/questions.jsonl");
    let measured = |more: &[&str]| {
        let all = [questions.as_str(), "--json"];
        let got = on_cpu("eval", all.iter().chain(more));
        assert_eq!(got.code, 0, "{}", got.err);
        serde_json::from_str::<serde_json::Value>(&got.out).unwrap()
    };
    let got = measured(&["--baseline", "shuffled"]);
    let accuracy = |of: &serde_json::Value| of["group_accuracy"]["value"].as_f64().unwrap();
    println!("pairs of scenes: {:.3}", accuracy(&got));
    assert!(accuracy(&got) >= 0.75, "{:.3}", accuracy(&got));
    let categories = got["categories"].as_object().unwrap();
    assert_eq!(categories.len(), 9);
    for (name, category) in categories {
        println!("{name}: {:.3}", accuracy(category));
        assert!(
            accuracy(category) >= 0.45,
            "{name}: {:.3}",
            accuracy(category)
        );
    }
    // It is the pictures that it goes by.
    let shuffled = accuracy(&got["others"][0]);
    println!("with other pictures: {shuffled:.3}");
    assert!(shuffled < 0.35, "{shuffled:.3}");
}
