use super::*;

/// A tensor of a file that is made here: name, shape, values.
type Given<'a> = (&'a str, &'a [i32], &'a [f32]);

fn text(out: &mut Vec<u8>, text: &str) {
    out.push(b'X');
    out.extend((text.len() as u32).to_le_bytes());
    out.extend(text.bytes());
}

fn int(out: &mut Vec<u8>, value: i32) {
    out.push(b'J');
    out.extend(value.to_le_bytes());
}

fn name(out: &mut Vec<u8>, module: &str, name: &str) {
    out.extend(format!("c{module}\n{name}\n").bytes());
}

fn tuple(out: &mut Vec<u8>, values: &[i32]) {
    out.push(b'(');
    values.iter().for_each(|value| int(out, *value));
    out.push(b't');
}

/// A whole file. `count` is what each tensor says that its stretch has.
fn file(tensors: &[Given<'_>], count: impl Fn(usize) -> i32, function: [&str; 2]) -> Vec<u8> {
    let mut out = vec![0x80, 2, 0x8a, 10];
    out.extend(MAGIC);
    out.push(b'.');
    out.extend([0x80, 2, b'M', 0xe9, 0x03, b'.']);
    out.extend([0x80, 2, b'}', b'(']);
    text(&mut out, "little_endian");
    out.extend([0x88, b'u', b'.']);

    out.extend([0x80, 2]);
    name(&mut out, "collections", "OrderedDict");
    out.extend(b")R(");
    for (i, (own, shape, values)) in tensors.iter().enumerate() {
        text(&mut out, own);
        name(&mut out, function[0], function[1]);
        out.extend(b"((");
        text(&mut out, "storage");
        name(&mut out, "torch", "FloatStorage");
        text(&mut out, &format!("key{i}"));
        text(&mut out, "cpu");
        int(&mut out, count(values.len()));
        out.extend(b"NtQ");
        int(&mut out, 0);
        tuple(&mut out, shape);
        let mut stride = vec![1; shape.len()];
        for axis in (1..shape.len()).rev() {
            stride[axis - 1] = stride[axis] * shape[axis];
        }
        tuple(&mut out, &stride);
        out.push(0x89);
        name(&mut out, "collections", "OrderedDict");
        out.extend(b")RtR");
    }
    out.extend(b"u.");

    out.extend([0x80, 2, b']', b'(']);
    (0..tensors.len()).for_each(|i| text(&mut out, &format!("key{i}")));
    out.extend(b"e.");
    for (_, _, values) in tensors {
        out.extend((values.len() as u64).to_le_bytes());
        values
            .iter()
            .for_each(|value| out.extend(value.to_le_bytes()));
    }
    out
}

const REBUILD: [&str; 2] = ["torch._utils", "_rebuild_tensor_v2"];

fn two() -> Vec<u8> {
    let tensors: [Given<'_>; 2] = [
        ("a.weight", &[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]),
        ("b", &[1], &[-0.5]),
    ];
    file(&tensors, |count| count as i32, REBUILD)
}

fn refusal(bytes: &[u8]) -> String {
    let error = read(&mut &bytes[..], "w.pth").unwrap_err();
    assert_eq!(error.code(), Code::Input);
    assert_eq!(error.subject(), "w.pth");
    error.message().to_owned()
}

#[test]
fn tensors_are_read_with_their_shapes_and_values() {
    let found = read(&mut &two()[..], "w.pth").unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(found["a.weight"].shape, [2, 3]);
    assert_eq!(found["a.weight"].values, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
    assert_eq!(found["b"].values, [-0.5]);
}

#[test]
fn tensors_may_lie_in_another_order_of_their_axes() {
    let bytes = two();
    // The strides of `a.weight` are (3, 1): as (1, 2) the same values are its transpose's.
    let mut strides = Vec::new();
    tuple(&mut strides, &[3, 1]);
    let mut others = Vec::new();
    tuple(&mut others, &[1, 2]);
    let at = bytes
        .windows(strides.len())
        .position(|w| w == strides)
        .unwrap();
    let changed = [&bytes[..at], &others, &bytes[at + strides.len()..]].concat();
    let found = read(&mut &changed[..], "w.pth").unwrap();
    assert_eq!(found["a.weight"].values, [1.0, 3.0, 5.0, 2.0, 4.0, 6.0]);
}

#[test]
fn other_functions_than_those_of_weights_are_refused_by_name() {
    let tensors: [Given<'_>; 1] = [("a", &[1], &[0.0])];
    let why = refusal(&file(&tensors, |count| count as i32, ["os", "system"]));
    assert!(
        why.contains("os.system") && why.contains("not opened"),
        "{why}"
    );
}

#[test]
fn sizes_out_of_all_measure_are_refused_before_memory_is_taken() {
    let tensors: [Given<'_>; 1] = [("a", &[1], &[0.0])];
    let why = refusal(&file(&tensors, |_| 2_000_000_000, REBUILD));
    assert!(why.contains("more values"), "{why}");
    let tensors: [Given<'_>; 1] = [("a", &[40_000, 40_000], &[0.0])];
    let why = refusal(&file(&tensors, |count| count as i32, REBUILD));
    assert!(why.contains("no whole tensor"), "{why}");
    let tensors: [Given<'_>; 1] = [("a", &[3], &[0.0])];
    let why = refusal(&file(&tensors, |count| count as i32, REBUILD));
    assert!(why.contains("beyond the values"), "{why}");
}

#[test]
fn a_file_that_is_cut_anywhere_is_refused() {
    let whole = two();
    for length in 0..whole.len() {
        assert!(
            read(&mut &whole[..length], "w.pth").is_err(),
            "{length} bytes"
        );
    }
}

#[test]
fn damaged_bytes_are_an_error_or_other_numbers_but_no_panic() {
    let whole = two();
    for at in 0..whole.len() {
        for flip in [1, 0x20, 0x80, 0xff] {
            let mut damaged = whole.clone();
            damaged[at] ^= flip;
            let _ = read(&mut &damaged[..], "w.pth");
        }
    }
}

#[test]
fn a_small_pickle_cannot_ask_for_much() {
    let told = |operations: &[u8]| {
        let bytes = [&[0x80, 2, b'N'], operations, b"."].concat();
        let error = pickle::read(&mut &bytes[..], "file").unwrap_err();
        assert_eq!(error.code(), Code::Input);
        error.message().to_owned()
    };
    // Values within each other, as items, by appending, and as what is stored.
    assert!(told(&[0x85; 1000]).contains("within each other"));
    assert!(told(&[[b']'; 1000], [b'a'; 1000]].concat()).contains("within each other"));
    assert!(told(&[b'Q'; 1000]).contains("within each other"));
    // Marks, and what is remembered.
    assert!(told(&vec![b'('; 1 << 18]).contains("makes more than"));
    let remembered = [&[b'X', 1, 0, 0, 0, b'a'][..], &[b'q', 0].repeat(1 << 18)].concat();
    assert!(told(&remembered).contains("makes more than"));
}
