//! The text of a kernel, put together from the files in `shaders/`.
//!
//! The files are WGSL with lines that begin with `//#`:
//!
//! ```text
//! //#if FLAG … //#else … //#end       lines that are there only with (or without) a flag
//! //#for i 0 N … //#end               lines repeated for i = 0 … N − 1, with $i replaced
//! ```
//!
//! `N` is a number or a constant of the program. Unrolling here instead of in the driver keeps
//! tiles in registers everywhere: software adapters do not unroll loops over arrays.

/// A file of `shaders/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum File {
    Prelude,
    LinearCommon,
    WeightFloat,
    WeightF16,
    WeightQ8,
    WeightQ4,
    WeightScales,
    LinearRegister,
    LinearTiled,
    LinearRows,
    AttentionCommon,
    AttentionRegister,
    AttentionTiled,
    RowsCommon,
    Norm,
    NormRotary,
    Windows,
    Depthwise,
    Regions,
    TopSoftmax,
    #[cfg(feature = "autodiff")]
    Activation,
    #[cfg(feature = "autodiff")]
    Activated,
    #[cfg(feature = "autodiff")]
    ColumnSums,
    #[cfg(feature = "autodiff")]
    LinearInputGradient,
    #[cfg(feature = "autodiff")]
    LinearWeightGradient,
    #[cfg(feature = "autodiff")]
    AttentionBackwardCommon,
    #[cfg(feature = "autodiff")]
    AttentionQueryGradient,
    #[cfg(feature = "autodiff")]
    AttentionKeyGradient,
    #[cfg(feature = "autodiff")]
    NormBackward,
    #[cfg(feature = "autodiff")]
    NormRotaryBackward,
}

impl File {
    fn text(self) -> &'static str {
        macro_rules! shader {
            ($name:literal) => {
                include_str!(concat!("../../../shaders/", $name, ".wgsl"))
            };
        }
        match self {
            File::Prelude => shader!("prelude"),
            File::LinearCommon => concat!(shader!("activation"), shader!("linear_common")),
            File::WeightFloat => shader!("weight_float"),
            File::WeightF16 => shader!("weight_f16"),
            File::WeightQ8 => shader!("weight_q8"),
            File::WeightQ4 => shader!("weight_q4"),
            File::WeightScales => shader!("weight_scales"),
            File::LinearRegister => shader!("linear_register"),
            File::LinearTiled => shader!("linear_tiled"),
            File::LinearRows => shader!("linear_rows"),
            File::AttentionCommon => shader!("attention_common"),
            File::AttentionRegister => shader!("attention_register"),
            File::AttentionTiled => shader!("attention_tiled"),
            File::RowsCommon => shader!("rows_common"),
            File::Norm => shader!("norm"),
            File::NormRotary => shader!("norm_rotary"),
            File::Windows => concat!(shader!("window"), shader!("windows")),
            File::Depthwise => {
                concat!(
                    shader!("window"),
                    shader!("activation"),
                    shader!("depthwise")
                )
            }
            File::Regions => shader!("regions"),
            File::TopSoftmax => shader!("top_softmax"),
            #[cfg(feature = "autodiff")]
            File::Activation => shader!("activation"),
            #[cfg(feature = "autodiff")]
            File::Activated => shader!("activated"),
            #[cfg(feature = "autodiff")]
            File::ColumnSums => shader!("column_sums"),
            #[cfg(feature = "autodiff")]
            File::LinearInputGradient => shader!("linear_input_gradient"),
            #[cfg(feature = "autodiff")]
            File::LinearWeightGradient => shader!("linear_weight_gradient"),
            #[cfg(feature = "autodiff")]
            File::AttentionBackwardCommon => shader!("attention_backward_common"),
            #[cfg(feature = "autodiff")]
            File::AttentionQueryGradient => shader!("attention_query_gradient"),
            #[cfg(feature = "autodiff")]
            File::AttentionKeyGradient => shader!("attention_key_gradient"),
            #[cfg(feature = "autodiff")]
            File::NormBackward => shader!("norm_backward"),
            #[cfg(feature = "autodiff")]
            File::NormRotaryBackward => shader!("norm_rotary_backward"),
        }
    }
}

/// Everything that the text of a kernel depends on; equal programs have equal texts, so this is
/// also the key under which pipelines are cached.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Program {
    /// The files, in order.
    pub files: Vec<File>,
    /// The flags that are on.
    pub flags: Vec<&'static str>,
    /// Constants, declared in the text as `const NAME: u32`.
    pub constants: Vec<(&'static str, u32)>,
    /// Names and WGSL types of the storage bindings, from binding 0 on; the uniform `info` of
    /// type `Info` follows them.
    pub bindings: Vec<(&'static str, &'static str)>,
}

impl Program {
    /// The WGSL text.
    pub fn text(&self) -> String {
        // Natively several tensors may lie in one buffer, which may then not be bound as both
        // readable and writable; so all are bound as writable. In a page every tensor has a
        // buffer of its own, and there binding one twice as writable is an error.
        let (last, read) = (
            self.bindings.len().wrapping_sub(1),
            cfg!(target_family = "wasm"),
        );
        let mut out = String::new();
        for (i, (name, kind)) in self.bindings.iter().enumerate() {
            let access = if read && i != last {
                "read"
            } else {
                "read_write"
            };
            out += &format!("@group(0) @binding({i}) var<storage, {access}> {name}: {kind};\n");
        }
        let info = self.bindings.len();
        out += &format!("@group(0) @binding({info}) var<uniform> info: Info;\n");
        for (name, value) in &self.constants {
            out += &format!("const {name}: u32 = {value}u;\n");
        }
        for file in &self.files {
            let lines: Vec<&str> = file.text().lines().collect();
            self.expand(&lines, &mut Vec::new(), &mut out);
        }
        out
    }

    fn expand(&self, mut lines: &[&str], variables: &mut Vec<(String, String)>, out: &mut String) {
        while let Some((line, rest)) = lines.split_first() {
            lines = rest;
            let Some(directive) = line.trim_start().strip_prefix("//#") else {
                let mut line = line.to_string();
                for (name, value) in variables.iter() {
                    line = line.replace(name.as_str(), value);
                }
                out.push_str(line.trim_end());
                out.push('\n');
                continue;
            };
            let words: Vec<&str> = directive.split_whitespace().collect();
            let (body, otherwise, after) = block(lines);
            lines = after;
            match words[..] {
                ["if", flag] => {
                    let taken = if self.flags.contains(&flag) {
                        body
                    } else {
                        otherwise
                    };
                    self.expand(taken, variables, out);
                }
                ["for", name, from, to] => {
                    for i in self.number(from)..self.number(to) {
                        variables.push((format!("${name}"), i.to_string()));
                        self.expand(body, variables, out);
                        variables.pop();
                    }
                }
                _ => panic!("unknown directive in a shader: {line}"),
            }
        }
    }

    fn number(&self, word: &str) -> u32 {
        let constant = || {
            self.constants
                .iter()
                .find(|(name, _)| *name == word)
                .map(|(_, v)| *v)
        };
        word.parse()
            .ok()
            .or_else(constant)
            .unwrap_or_else(|| panic!("a shader counts to the unknown constant {word}"))
    }
}

/// Splits lines after an opening directive into its body, its else part, and what follows it.
fn block<'a, 'b>(lines: &'a [&'b str]) -> (&'a [&'b str], &'a [&'b str], &'a [&'b str]) {
    let (mut depth, mut middle) = (0, None);
    for (i, line) in lines.iter().enumerate() {
        match line.trim_start().strip_prefix("//#").map(str::trim) {
            Some("end") if depth == 0 => {
                let body = &lines[..middle.unwrap_or(i)];
                let otherwise = middle.map_or(&lines[i..i], |m| &lines[m + 1..i]);
                return (body, otherwise, &lines[i + 1..]);
            }
            Some("end") => depth -= 1,
            Some("else") if depth == 0 => middle = Some(i),
            Some("else") | None => {}
            Some(_) => depth += 1,
        }
    }
    panic!("a shader has a directive without its end");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(text: &str, flags: &[&'static str], constants: &[(&'static str, u32)]) -> String {
        let program = Program {
            flags: flags.to_vec(),
            constants: constants.to_vec(),
            ..Program::default()
        };
        let mut out = String::new();
        let lines: Vec<&str> = text.lines().collect();
        program.expand(&lines, &mut Vec::new(), &mut out);
        out
    }

    #[test]
    fn flags_choose_between_lines() {
        let text =
            "//#if A\na\n//#if B\nab\n//#else\na only\n//#end\n//#else\nnot a\n//#end\nend\n";
        assert_eq!(expand(text, &["A", "B"], &[]), "a\nab\nend\n");
        assert_eq!(expand(text, &["A"], &[]), "a\na only\nend\n");
        assert_eq!(expand(text, &["B"], &[]), "not a\nend\n");
    }

    #[test]
    fn loops_are_unrolled_and_nest() {
        let text = "//#for r 0 N\nrow $r\n//#for c 1 3\ns$r_$c = $cu;\n//#end\n//#end\n";
        assert_eq!(
            expand(text, &[], &[("N", 2)]),
            "row 0\ns0_1 = 1u;\ns0_2 = 2u;\nrow 1\ns1_1 = 1u;\ns1_2 = 2u;\n"
        );
    }
}
