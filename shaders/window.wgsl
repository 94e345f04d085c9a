// What the kernels over windows of feature maps share. Value is four channels with flag VECTOR, else one.

//#if VECTOR
alias Value = vec4<f32>;
//#else
alias Value = f32;
//#end

struct Info {
    // The map, the window's side and steps, and the zeros above and left of the map.
    height: u32,
    width: u32,
    kernel: u32,
    stride: u32,
    above: u32,
    left: u32,
    // Windows below and beside each other.
    rows: u32,
    columns: u32,
    // Values of a cell, and Values of the result.
    channels: u32,
    number: u32,
}

// Where the cell (y, x) of a map begins; y and x count from the zeros' corner. The caller has checked
// that it lies on the map.
fn cell(map: u32, y: u32, x: u32) -> u32 {
    return ((map * info.height + y - info.above) * info.width + x - info.left) * info.channels;
}

fn on_map(y: u32, x: u32) -> bool {
    return y >= info.above && y < info.above + info.height && x >= info.left && x < info.left + info.width;
}
