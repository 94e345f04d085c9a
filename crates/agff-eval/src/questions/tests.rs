use super::*;
use crate::wilson;

/// A question among texts whose place on a line is their number.
fn question(group: &str, category: &str, query: &str, candidates: &[&str]) -> Question {
    let named = |name: &str| (!name.is_empty()).then(|| name.to_owned());
    Question {
        group: named(group),
        category: named(category),
        query: Part::text(query),
        candidates: candidates.iter().copied().map(Part::text).collect(),
        answer: 0,
    }
}

/// Answers by how near the numbers are; a text that is no number has no embedding.
fn answers(questions: &[Question]) -> Vec<Option<Answer>> {
    let numbers: HashMap<String, f32> = (0..100).map(|n| (n.to_string(), n as f32)).collect();
    let embed = |part: &Part| numbers.get(part.text.as_deref()?);
    score(questions, embed, |a, b| -(a - b).abs())
}

#[test]
fn precision_and_groups_are_counted_by_hand() {
    let questions = [
        question("a", "near", "10", &["11", "20"]), // right
        question("a", "near", "30", &["31", "20"]), // right: group a is
        question("b", "near", "10", &["11", "20"]), // right
        question("b", "far", "10", &["20", "11"]),  // wrong: group b is, but not in "near"
        question("", "far", "10", &["12", "13", "14", "15"]), // right, by itself
        question("", "", "10", &["12", "11"]),      // wrong, in no category
    ];
    let report = Report::new(&questions, &answers(&questions));
    let overall = report.overall;
    assert_eq!(overall.precision_at_1, wilson(4, 6));
    assert_eq!(overall.group_accuracy, wilson(2, 4));
    assert_eq!((overall.questions, overall.groups), (6, 4));
    let chance = overall.chance;
    assert!((chance.precision_at_1 - (5.0 * 0.5 + 0.25) / 6.0).abs() < 1e-12);
    // Group b asks for two opposite things, which no chance fulfils.
    assert!((chance.group_accuracy - (0.25 + 0.0 + 0.25 + 0.5) / 4.0).abs() < 1e-12);

    let near = report.categories["near"];
    assert_eq!(near.precision_at_1, wilson(3, 3));
    assert_eq!(near.group_accuracy, wilson(2, 2));
    let far = report.categories["far"];
    assert_eq!(far.precision_at_1, wilson(1, 2));
    assert_eq!(far.group_accuracy, wilson(1, 2));
    assert_eq!(report.categories.len(), 2);
    let means = report.mean_of_categories.unwrap();
    assert_eq!((means.precision_at_1, means.group_accuracy), (0.75, 0.75));
}

#[test]
fn a_tie_is_wrong_and_a_copy_of_the_answer_is_right() {
    let tie = question("", "", "10", &["11", "9"]);
    let copy = question("", "", "10", &["11", "20", "11", "30"]);
    let same = question("", "", "10", &["11", "11"]);
    let got = answers(&[tie, copy, same]);
    let tie = got[0].unwrap();
    assert_eq!((tie.right, tie.score, tie.rival_score), (false, -1.0, -1.0));
    let copy = got[1].unwrap();
    assert_eq!(
        (copy.right, copy.rival, copy.chance),
        (true, Some(1), 1.0 / 3.0)
    );
    let same = got[2].unwrap();
    assert_eq!((same.right, same.rival, same.chance), (true, None, 1.0));
}

#[test]
fn a_score_that_is_no_number_is_wrong() {
    let question = question("", "", "1", &["2", "3"]);
    for scores in [[f32::NAN, 0.0], [f32::NAN, f32::NAN]] {
        assert!(!answer(&question, &scores).unwrap().right, "{scores:?}");
    }
    assert_eq!(answer(&question, &[1.0]), None);
}

#[test]
fn what_cannot_be_embedded_is_left_out_with_its_group() {
    let questions = [
        question("a", "near", "10", &["11", "20"]),
        question("a", "near", "10", &["broken", "20"]),
        question("b", "near", "10", &["11", "20"]),
        question("c", "gone", "broken", &["11", "20"]),
    ];
    let report = Report::new(&questions, &answers(&questions));
    let overall = report.overall;
    assert_eq!(overall.precision_at_1, wilson(2, 2));
    assert_eq!(overall.group_accuracy, wilson(1, 1));
    assert_eq!(
        (overall.questions_left_out, overall.groups_left_out),
        (2, 2)
    );
    assert_eq!(report.categories["gone"].precision_at_1, wilson(0, 0));
    // A category without answers says nothing, and so does not count in the mean.
    assert_eq!(report.mean_of_categories.unwrap().precision_at_1, 1.0);
}

#[test]
fn two_models_are_compared_on_what_both_answered() {
    let questions = [
        question("a", "", "10", &["11", "20"]),
        question("a", "", "10", &["11", "20"]),
        question("b", "", "10", &["11", "20"]),
        question("c", "", "10", &["11", "20"]),
    ];
    let first = answers(&questions);
    let mut second = first.clone();
    second[1].as_mut().unwrap().right = false;
    second[3] = None;
    let got = compare(&questions, &first, &second);
    let precision = got.precision_at_1;
    assert_eq!((precision.only_first, precision.only_second), (1, 0));
    assert!((precision.value + 1.0 / 3.0).abs() < 1e-12);
    let groups = got.group_accuracy;
    assert_eq!((groups.only_first, groups.value), (1, -0.5));
}

#[test]
fn the_report_is_written_with_the_keys_that_others_read() {
    let questions = [question("a", "near", "10", &["11", "20"])];
    let report = Report::new(&questions, &answers(&questions));
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["precision_at_1"]["value"], 1.0);
    assert_eq!(json["precision_at_1"]["count"], 1);
    assert_eq!(json["group_accuracy"]["correct"], 1);
    assert_eq!(json["categories"]["near"]["chance"]["group_accuracy"], 0.5);
    let back: Report = serde_json::from_value(json).unwrap();
    assert_eq!(back, report);
}
