//! Which device runs the model, and why.

#[cfg(feature = "gpu")]
pub mod gpu;

use std::fmt;
use std::str::FromStr;

use burn::tensor::Device;
use serde::Serialize;

use crate::{Code, Error, Result};

/// What the caller asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// The GPU, or the CPU if there is no adapter or only a software one.
    #[default]
    Auto,
    /// The GPU, even a software one.
    Gpu,
    /// The CPU.
    Cpu,
}

impl FromStr for DeviceChoice {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "auto" => Ok(Self::Auto),
            "gpu" => Ok(Self::Gpu),
            "cpu" => Ok(Self::Cpu),
            _ => Err(Error::new(
                Code::Input,
                "device",
                format!("{text:?} is none of auto, gpu and cpu"),
            )),
        }
    }
}

/// The two kinds of device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DeviceKind {
    /// wgpu: Vulkan, Metal, DirectX 12 or WebGPU.
    Gpu,
    /// SIMD code on the processor.
    Cpu,
}

impl fmt::Display for DeviceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DeviceKind::Gpu => "gpu",
            DeviceKind::Cpu => "cpu",
        })
    }
}

/// The device that was picked.
#[derive(Debug, Clone, Serialize)]
pub struct DeviceReport {
    /// GPU or CPU.
    pub kind: DeviceKind,
    /// The adapter's name, or what the CPU path uses.
    pub name: String,
    /// Why this one.
    pub reason: String,
    /// The largest buffer that a kernel can read, in bytes; absent on the CPU.
    pub largest_binding: Option<u64>,
}

/// How to open a device.
#[derive(Debug, Clone, Copy, Default)]
pub struct DeviceOptions {
    /// What the caller asks for.
    pub choice: DeviceChoice,
    /// Use no more of the adapter than the limits that every WebGPU device guarantees.
    pub guaranteed_limits: bool,
    /// Run the kernels that are made for real GPUs on a software adapter too: for tests.
    pub hardware_kernels: bool,
}

impl DeviceOptions {
    #[cfg(feature = "gpu")]
    fn gpu(self) -> gpu::GpuOptions {
        gpu::GpuOptions {
            guaranteed_limits: self.guaranteed_limits,
            hardware_kernels: self.hardware_kernels,
        }
    }
}

/// Opens the device that the options ask for.
///
/// # Errors
/// [`Code::NoGpu`] if a GPU is asked for and there is none, or this engine was built without.
pub async fn open(options: DeviceOptions) -> Result<(Device, DeviceReport)> {
    match options.choice {
        DeviceChoice::Cpu => cpu("asked for".into()),
        DeviceChoice::Gpu => gpu(options).await,
        DeviceChoice::Auto => auto(options).await,
    }
}

#[cfg(feature = "gpu")]
async fn gpu(options: DeviceOptions) -> Result<(Device, DeviceReport)> {
    let (device, found) = gpu::open(options.gpu()).await?;
    let reason = if found.software {
        "asked for; this is a software adapter"
    } else {
        "asked for"
    };
    Ok((device, report(found, reason)))
}

#[cfg(feature = "gpu")]
fn report(found: gpu::GpuReport, reason: &str) -> DeviceReport {
    DeviceReport {
        kind: DeviceKind::Gpu,
        name: format!("{} ({})", found.name, found.backend),
        reason: reason.into(),
        largest_binding: Some(found.largest_binding),
    }
}

#[cfg(not(feature = "gpu"))]
async fn gpu(_: DeviceOptions) -> Result<(Device, DeviceReport)> {
    Err(Error::new(
        Code::NoGpu,
        "device",
        "this engine was built without the GPU; load the GPU engine, or ask for the cpu",
    ))
}

#[cfg(all(feature = "gpu", feature = "cpu"))]
async fn auto(options: DeviceOptions) -> Result<(Device, DeviceReport)> {
    match gpu::look().await {
        Ok(found) if found.software => cpu(format!(
            "the only adapter, {}, is software and slower than the CPU path",
            found.name
        )),
        Ok(_) => {
            let (device, found) = gpu::open(options.gpu()).await?;
            Ok((device, report(found, "a hardware adapter was found")))
        }
        Err(error) => cpu(format!("no GPU adapter was found ({})", error.message())),
    }
}

#[cfg(not(all(feature = "gpu", feature = "cpu")))]
async fn auto(options: DeviceOptions) -> Result<(Device, DeviceReport)> {
    if cfg!(feature = "gpu") {
        gpu(options).await
    } else {
        cpu("this engine runs on the CPU".into())
    }
}

#[cfg(feature = "cpu")]
fn cpu(reason: String) -> Result<(Device, DeviceReport)> {
    let name = format!("flex, {}", std::env::consts::ARCH);
    Ok((
        Device::flex(),
        DeviceReport {
            kind: DeviceKind::Cpu,
            name,
            reason,
            largest_binding: None,
        },
    ))
}

#[cfg(not(feature = "cpu"))]
fn cpu(_: String) -> Result<(Device, DeviceReport)> {
    Err(Error::new(
        Code::NoGpu,
        "device",
        "this engine was built for the GPU only; load the CPU engine instead",
    ))
}
