//! Span attention: heads, head sizes, all kinds of spans, and values in a fused projection.

use agff::ops::attention::{Attention, Spans, span_attention, span_attention_reference};
use burn::tensor::{Device, Tensor};

use super::{Leaf, agrees_with_finite_differences, compare};
use crate::kernels::attention::{anywhere, branches, causal, packed_images};
use crate::kernels::support::{Findings, Random};

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
    /// Which of query, key and value are trained.
    trained: [bool; 3],
}

impl Case {
    fn leaves(&self, random: &mut Random) -> Vec<Leaf> {
        let kv = self.kv_heads * self.head_dim;
        let [query, key, value] = self.trained;
        let queries = [self.spans.len(), self.heads * self.head_dim + self.beside];
        let mut leaves = vec![
            Leaf::random("query", queries, random)
                .scaled(2.0)
                .tracked(query),
        ];
        if self.fused {
            let both = [self.keys, 2 * kv + self.beside];
            leaves.push(Leaf::random("keys and values", both, random).tracked(key));
        } else {
            let shape = [self.keys, kv + self.beside];
            leaves.push(Leaf::random("key", shape, random).tracked(key));
            leaves.push(Leaf::random("value", shape, random).tracked(value));
        }
        leaves
    }

    fn run(
        &self,
        operation: impl Fn(Attention, &Spans) -> Tensor<2>,
    ) -> impl Fn(&[Tensor<2>], &Device) -> Tensor<2> {
        move |leaves, device| {
            let kv = self.kv_heads * self.head_dim;
            let operands = Attention {
                query: leaves[0].clone(),
                key: leaves[1].clone(),
                value: leaves[leaves.len() - 1].clone(),
                value_offset: if self.fused { kv } else { 0 } + self.beside,
                heads: self.heads,
                kv_heads: self.kv_heads,
                head_dim: self.head_dim,
            };
            operation(operands, &Spans::new(self.spans.clone(), device))
        }
    }

    fn check(&self, findings: &mut Findings, seed: u64) {
        let name = format!(
            "attention {} rows {} keys {} heads {}/{} of {}, beside {}, fused {}, training {:?} (seed {seed})",
            self.what,
            self.spans.len(),
            self.keys,
            self.heads,
            self.kv_heads,
            self.head_dim,
            self.beside,
            self.fused,
            self.trained
        );
        let leaves = self.leaves(&mut Random(seed));
        let kernels = self.run(span_attention);
        let reference = self.run(span_attention_reference);
        compare(findings, &name, &leaves, kernels, reference);
    }
}

#[test]
fn every_kind_of_spans_has_the_gradients_of_the_reference() {
    let mut random = Random(11);
    let single = vec![[5, 6, 0, 0], [0, 0, 7, 8], [2, 3, 0, 1]];
    let readouts: Vec<_> = branches(40, &[3, 3])
        .into_iter()
        .skip(39)
        .step_by(3)
        .collect();
    let kinds = [
        ("one row", causal(1), 1),
        ("single key", single, 9),
        ("packed images", packed_images(&[1, 40, 7, 64, 33, 2]), 147),
        ("causal", causal(100), 100),
        ("branches", branches(70, &[3, 1, 9, 4, 4]), 91),
        ("branches of nothing", branches(0, &[5, 6]), 11),
        ("readouts", readouts, 46),
        ("anywhere", anywhere(70, 90, &mut random), 90),
        ("many keys", anywhere(9, 1000, &mut random), 1000),
    ];
    let mut findings = Findings::default();
    for (seed, (what, spans, keys)) in kinds.into_iter().enumerate() {
        for (heads, kv_heads) in [(1, 1), (4, 2), (7, 1)] {
            for fused in [false, true] {
                let case = Case {
                    what,
                    spans: spans.clone(),
                    keys,
                    heads,
                    kv_heads,
                    head_dim: 32,
                    beside: 4 * usize::from(fused),
                    fused,
                    trained: [true; 3],
                };
                case.check(&mut findings, seed as u64);
            }
        }
    }
    findings.finish();
}

#[test]
fn every_head_size_and_ratio_has_the_gradients_of_the_reference() {
    let mut findings = Findings::default();
    for (i, head_dim) in [1, 2, 4, 6, 12, 31, 36, 48, 64, 66, 72, 128, 256]
        .into_iter()
        .enumerate()
    {
        for (heads, kv_heads, beside) in [(2, 2, 0), (4, 1, 8), (7, 1, 3)] {
            if head_dim % 8 != 0 && heads > 4 {
                continue;
            }
            let spans = branches(33, &[2, 6]);
            let case = Case {
                what: "branches",
                keys: spans.len(),
                spans,
                heads,
                kv_heads,
                head_dim,
                beside,
                fused: i % 2 == 0,
                trained: [true; 3],
            };
            case.check(&mut findings, 200 + i as u64);
        }
    }
    findings.finish();
}

#[test]
fn only_what_is_trained_gets_gradients() {
    let mut findings = Findings::default();
    for bits in 1..8_u64 {
        let spans = branches(20, &[4, 3]);
        let case = Case {
            what: "branches",
            keys: spans.len(),
            spans,
            heads: 4,
            kv_heads: 2,
            head_dim: 16,
            beside: 0,
            fused: false,
            trained: [0, 1, 2].map(|i| bits >> i & 1 == 1),
        };
        case.check(&mut findings, 300 + bits);
    }
    findings.finish();
}

#[test]
fn large_scores_do_not_overflow() {
    // Queries of 40 make scores of hundreds, so that nearly all weight is on one key.
    let spans = branches(40, &[3, 2]);
    let case = Case {
        what: "large scores",
        keys: spans.len(),
        spans,
        heads: 4,
        kv_heads: 2,
        head_dim: 16,
        beside: 0,
        fused: false,
        trained: [true; 3],
    };
    let mut leaves = case.leaves(&mut Random(350));
    leaves[0] = leaves[0].clone().scaled(40.0);
    let mut findings = Findings::default();
    compare(
        &mut findings,
        "attention with large scores (seed 350)",
        &leaves,
        case.run(span_attention),
        case.run(span_attention_reference),
    );
    findings.finish();
}

#[test]
fn gradients_agree_with_finite_differences() {
    let spans = branches(9, &[3, 2]);
    let case = Case {
        what: "branches",
        keys: spans.len(),
        spans,
        heads: 4,
        kv_heads: 2,
        head_dim: 8,
        beside: 0,
        fused: false,
        trained: [true; 3],
    };
    let leaves = case.leaves(&mut Random(400));
    agrees_with_finite_differences("attention", &leaves, case.run(span_attention));
}
