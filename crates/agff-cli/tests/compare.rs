//! Photos ranked by texts.

use serde_json::Value;

use crate::program::{on_cpu, text_of};
use crate::support::{golden, nano_with};

#[test]
fn photos_are_ranked_by_a_text_and_the_score_is_explained() {
    let folder = text_of(&golden::folder().join("images"));
    let text = "stripes in many colours";
    let got = on_cpu("compare", ["--text", text, &folder, "--json"]);
    assert_eq!(got.code, 0, "{}", got.err);
    let lines = got.lines();
    assert_eq!(lines.len(), 12);
    let score = |line: &Value| line["score"].as_f64().unwrap();
    assert!(lines.windows(2).all(|w| score(&w[0]) >= score(&w[1])));
    for (i, line) in lines.iter().enumerate() {
        assert_eq!(
            (&line["query"], &line["rank"]),
            (&text.into(), &(i + 1).into())
        );
        let weights = line["weights"].as_object().unwrap();
        assert_eq!(weights.keys().collect::<Vec<_>>(), ["ff", "fg", "gf", "gg"]);
        let sum: f64 = weights.values().map(|w| w.as_f64().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-4);
        assert_eq!(line["best"].as_array().unwrap().len(), 2);
        assert_eq!(line["trained"], true);
    }

    let table = on_cpu(
        "compare",
        ["--text", text, "--text", "b", &folder, "--top", "3"],
    );
    assert_eq!(table.code, 0);
    let rows: Vec<&str> = table.out.lines().collect();
    assert_eq!(rows.len(), 2 * (1 + 1 + 3) + 1, "{}", table.out);
    assert!(rows[0].contains(text) && rows[1].contains("whole"));
    assert!(rows[2].ends_with(lines[0]["target"].as_str().unwrap()));
    assert!(!table.err.contains("trained"), "{}", table.err);
}

#[test]
fn an_untrained_model_is_told_of() {
    let package = nano_with(|manifest| manifest["trained"] = false.into());
    let package = text_of(package.path());
    let photo = text_of(&golden::folder().join("images/photo.png"));
    let got = on_cpu("compare", ["--model", &package, "--text", "a", &photo]);
    assert_eq!(got.code, 0, "{}", got.err);
    let note = "note: agff-nano was never trained; its ranking means nothing yet";
    assert!(got.err.contains(note), "{}", got.err);
}
