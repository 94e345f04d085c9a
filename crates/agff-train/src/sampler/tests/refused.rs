//! Data that no batches can be made of.

use super::*;

#[test]
fn data_that_cannot_fill_a_batch_is_refused_and_named() {
    let refused = |rows: &[Row], settings: &SamplerSettings| {
        let error = Sampler::new(set(&[(rows, 1.0)]), settings.clone()).expect_err("is refused");
        (error.code(), error.to_string())
    };
    let few = refused(&plain("a", 5), &settings(8));
    assert_eq!(few.0, Code::Data);
    assert!(
        few.1
            .starts_with("file-0: has 5 different positives, too few for a batch of 8"),
        "{few:?}"
    );

    let mut same = plain("a", 20);
    same.iter_mut()
        .skip(3)
        .for_each(|row| row.positive = Part::text("the same"));
    let same = refused(&same, &settings(8)).1;
    assert!(same.contains("has 4 different positives"), "{same}");

    let mut labelled = plain("a", 20);
    labelled
        .iter_mut()
        .for_each(|row| row.label = Some("one".into()));
    let unique = SamplerSettings {
        unique_labels: true,
        ..settings(8)
    };
    let labelled = refused(&labelled, &unique).1;
    assert!(labelled.contains("has 1 different labels"), "{labelled}");

    let mut large = plain("a", 20);
    large
        .iter_mut()
        .take(9)
        .for_each(|row| row.group = Some("g".into()));
    let large = refused(&large, &settings(8)).1;
    assert!(large.contains("the group of row 1 has 9 rows"), "{large}");

    let mut twice = plain("a", 20);
    twice
        .iter_mut()
        .take(2)
        .for_each(|row| row.group = Some("g".into()));
    twice[1].positive = twice[0].positive.clone();
    let twice = refused(&twice, &settings(8)).1;
    assert!(
        twice.contains("rows 1 and 2 are of one group and have the same positive"),
        "{twice}"
    );

    let alone = refused(&plain("a", 20), &settings(1));
    assert_eq!(alone.0, Code::Recipe);

    let nothing = Sampler::new(RowSet::new(), settings(8)).unwrap_err();
    assert_eq!(nothing.code(), Code::Data);
    for (weight, rows) in [
        (f64::NAN, plain("a", 3)),
        (-1.0, plain("a", 3)),
        (1.0, Vec::new()),
    ] {
        let error = RowSet::new().add("x", weight, rows).unwrap_err();
        assert_eq!((error.code(), error.subject()), (Code::Data, "x"));
    }
}
