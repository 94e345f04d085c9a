//! Span attention: heads, head sizes and all kinds of spans.

use agff::ops::attention::{Attention, Spans, span_attention, span_attention_reference};
use burn::tensor::Device;

use crate::kernels::support::{Findings, Random, floats, values};

struct Case {
    what: &'static str,
    spans: Vec<[u32; 4]>,
    keys: usize,
    heads: usize,
    kv_heads: usize,
    head_dim: usize,
    /// Columns beside the heads in the rows of queries and keys, and before the values.
    beside: usize,
    /// Keys and values are columns of one tensor, as a fused projection makes them.
    fused: bool,
    seed: u64,
}

fn check(findings: &mut Findings, case: &Case) {
    let Case {
        what,
        spans,
        keys,
        heads,
        kv_heads,
        head_dim,
        beside,
        fused,
        seed,
    } = case;
    let (keys, heads, kv_heads, head_dim, beside) = (*keys, *heads, *kv_heads, *head_dim, *beside);
    let mut random = Random(*seed);
    let (rows, kv_columns) = (spans.len(), kv_heads * head_dim);
    let query_columns = heads * head_dim + beside;
    let query = random
        .floats(rows * query_columns)
        .iter()
        .map(|x| 3.0 * x)
        .collect::<Vec<_>>();
    let key_columns = if *fused {
        2 * kv_columns + beside
    } else {
        kv_columns + beside
    };
    let key = random.floats(keys * key_columns);
    let value = random.floats(keys * (beside + kv_columns));

    let operands = |device: &Device| {
        let key = floats(&key, [keys, key_columns], device);
        let (value, value_offset) = if *fused {
            (key.clone(), kv_columns + beside)
        } else {
            (floats(&value, [keys, beside + kv_columns], device), beside)
        };
        let query = floats(&query, [rows, query_columns], device);
        Attention {
            query,
            key,
            value,
            value_offset,
            heads,
            kv_heads,
            head_dim,
        }
    };
    let cpu = Device::flex();
    let expected = values(span_attention_reference(
        operands(&cpu),
        &Spans::new(spans.clone(), &cpu),
    ));
    let name = format!(
        "attention {what} rows {rows} keys {keys} heads {heads}/{kv_heads} of {head_dim}, beside {beside}, fused {fused} (seed {seed})"
    );
    findings.compare(&name, &expected, |device| {
        span_attention(operands(device), &Spans::new(spans.clone(), device))
    });
}

pub fn packed_images(sizes: &[u32]) -> Vec<[u32; 4]> {
    let mut spans = Vec::new();
    for &size in sizes {
        let start = spans.len() as u32;
        spans.extend((0..size).map(|_| [start, start + size, 0, 0]));
    }
    spans
}

pub fn causal(rows: u32) -> Vec<[u32; 4]> {
    (0..rows).map(|i| [0, i + 1, 0, 0]).collect()
}

/// A causal prefix, and branches of `sizes` off it.
pub fn branches(prefix: u32, sizes: &[u32]) -> Vec<[u32; 4]> {
    let mut spans = causal(prefix);
    for &size in sizes {
        let start = spans.len() as u32;
        spans.extend((0..size).map(|i| [0, prefix, start, start + i + 1]));
    }
    spans
}

/// One or two intervals a row, anywhere, in any order.
pub fn anywhere(rows: usize, keys: usize, random: &mut Random) -> Vec<[u32; 4]> {
    let mut one = || {
        let mut cuts = [0; 4].map(|_| random.below(keys + 1) as u32);
        cuts.sort_unstable();
        let [a, b, c, d] = cuts;
        match random.below(4) {
            0 if a < b => [a, b, 0, 0],
            1 if c < d => [c, d, a, b],
            2 if c < d => [0, 0, c, d],
            _ if a < b || c < d => [a, b, c, d],
            _ => [0, 1, 0, 0],
        }
    };
    (0..rows).map(|_| one()).collect()
}

#[test]
fn every_kind_of_spans_equals_the_reference() {
    let mut random = Random(11);
    let kinds = [
        ("one row", causal(1), 1),
        (
            "single key",
            vec![[5, 6, 0, 0], [0, 0, 7, 8], [2, 3, 0, 1]],
            9,
        ),
        ("packed images", packed_images(&[1, 40, 7, 64, 33, 2]), 147),
        ("causal", causal(100), 100),
        ("branches", branches(70, &[3, 1, 9, 4, 4]), 91),
        ("branches of nothing", branches(0, &[5, 6]), 11),
        ("anywhere", anywhere(70, 90, &mut random), 90),
        ("many keys", anywhere(9, 1000, &mut random), 1000),
    ];
    let mut findings = Findings::default();
    for (seed, (what, spans, keys)) in kinds.into_iter().enumerate() {
        for (heads, kv_heads) in [(1, 1), (4, 2), (7, 1)] {
            for fused in [false, true] {
                let (spans, beside) = (spans.clone(), 4 * usize::from(fused));
                let seed = seed as u64;
                check(
                    &mut findings,
                    &Case {
                        what,
                        spans,
                        keys,
                        heads,
                        kv_heads,
                        head_dim: 32,
                        beside,
                        fused,
                        seed,
                    },
                );
            }
        }
    }
    findings.finish();
}

#[test]
fn every_head_size_and_ratio_equals_the_reference() {
    let mut findings = Findings::default();
    let mut seed = 200;
    for head_dim in [
        1, 2, 4, 6, 8, 10, 12, 16, 24, 31, 36, 40, 64, 66, 72, 80, 96, 128, 256,
    ] {
        for (heads, kv_heads, beside) in [(2, 2, 0), (4, 2, 1), (4, 1, 8), (7, 1, 3), (14, 2, 0)] {
            // The middle sizes only with some of the ratios: each is another shader.
            if head_dim % 8 != 0 && heads > 4 {
                continue;
            }
            seed += 1;
            let spans = branches(33, &[2, 6]);
            let keys = spans.len();
            check(
                &mut findings,
                &Case {
                    what: "branches",
                    spans,
                    keys,
                    heads,
                    kv_heads,
                    head_dim,
                    beside,
                    fused: false,
                    seed,
                },
            );
        }
    }
    findings.finish();
}

#[test]
fn large_scores_do_not_overflow() {
    let spans = causal(40);
    let mut random = Random(3);
    let data: Vec<f32> = random.floats(40 * 16).iter().map(|x| 60.0 * x).collect();
    let operands = |device: &Device| {
        let x = floats(&data, [40, 16], device);
        Attention {
            query: x.clone(),
            key: x.clone(),
            value: x,
            value_offset: 0,
            heads: 2,
            kv_heads: 2,
            head_dim: 8,
        }
    };
    let cpu = Device::flex();
    let expected = values(span_attention_reference(
        operands(&cpu),
        &Spans::new(spans.clone(), &cpu),
    ));
    let mut findings = Findings::default();
    findings.compare(
        "attention with scores of thousands (seed 3)",
        &expected,
        |device| span_attention(operands(device), &Spans::new(spans.clone(), device)),
    );
    findings.finish();
}
