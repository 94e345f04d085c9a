//! Pixels as networks read them: normalised, and cut into patches.

/// The normalised value of every 8-bit sample, for each channel.
///
/// `(sample − 255·mean) / (255·std)` in f32, the order in which `transformers` folds the scale 1/255 into mean
/// and deviation. There are only 256 results for a channel.
#[derive(Clone)]
pub struct Normaliser([[f32; 256]; 3]);

impl Normaliser {
    /// With each channel's mean and deviation, of values from 0 to 1.
    pub fn new(mean: &[f32; 3], std: &[f32; 3]) -> Self {
        Self(std::array::from_fn(|channel| {
            let (mean, std) = (mean[channel] * 255.0, std[channel] * 255.0);
            std::array::from_fn(|sample| (sample as f32 - mean) / std)
        }))
    }

    /// Writes a square of `patch` pixels that begins at `from` in a picture whose rows are `stride` bytes long:
    /// each channel's plane, repeated for every frame, `[3, frames, patch, patch]`.
    pub fn write_patch(
        &self,
        row: &mut [f32],
        from: &[u8],
        stride: usize,
        patch: usize,
        frames: usize,
    ) {
        let area = patch * patch;
        for (channel, lookup) in self.0.iter().enumerate() {
            let planes = &mut row[channel * frames * area..][..frames * area];
            let (first, others) = planes.split_at_mut(area);
            for (y, line) in first.chunks_exact_mut(patch).enumerate() {
                let source = &from[y * stride..][..patch * 3];
                for (value, pixel) in line.iter_mut().zip(source.chunks_exact(3)) {
                    *value = lookup[usize::from(pixel[channel])];
                }
            }
            for other in others.chunks_exact_mut(area) {
                other.copy_from_slice(first);
            }
        }
    }
}

impl std::fmt::Debug for Normaliser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Normaliser")
    }
}
