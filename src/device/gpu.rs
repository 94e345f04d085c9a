//! stub
pub struct GpuOptions { pub guaranteed_limits: bool }
pub struct GpuReport { pub name: String, pub backend: String, pub software: bool, pub largest_binding: u64 }
pub async fn open(_: GpuOptions) -> crate::Result<(burn::tensor::Device, GpuReport)> { unimplemented!() }
pub async fn look() -> crate::Result<GpuReport> { unimplemented!() }
