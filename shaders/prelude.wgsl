// The number of a workgroup in a grid that was folded to stay within 65 535 a dimension.
fn number_of(workgroup: vec3<u32>, grid: vec3<u32>) -> u32 {
    return workgroup.y * grid.x + workgroup.x;
}
