//! Decoding, orientation, resampling and patches.
