//! Opening a GPU: which adapter, with which limits, and what it is called.
//!
//! The wgpu device is made here and handed to Burn, instead of by Burn, so that a device can be
//! opened with no more than WebGPU's guaranteed limits, and so that the kernels know whether the
//! adapter is a real one ([`adapter`]).

use std::sync::{Mutex, OnceLock};

use burn::tensor::Device;
use burn::tensor::wgpu::{WgpuSetup, wgpu};
use wgpu::{AdapterInfo, DeviceType};

use crate::ops::gpu::adapter::{self, Kind};
use crate::{Code, Error, Result};

/// How to open a GPU.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GpuOptions {
    /// Use no more than the limits that every WebGPU device guarantees (the adapter's features
    /// stay on). Without it the adapter's own limits are asked for.
    pub guaranteed_limits: bool,
    /// Run the kernels that are made for real GPUs on a software adapter too: for tests.
    pub hardware_kernels: bool,
}

/// Which adapters are wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Wanted {
    /// The best there is: a discrete GPU before an integrated one before a software adapter.
    #[default]
    Any,
    /// Only a GPU.
    Hardware,
    /// Only a software adapter, such as lavapipe or SwiftShader.
    Software,
}

/// The adapter that was found or opened.
#[derive(Debug, Clone)]
pub struct GpuReport {
    /// The adapter's name, as far as it tells.
    pub name: String,
    /// The graphics API: `vulkan`, `metal`, `dx12` or `webgpu`.
    pub backend: String,
    /// Whether the adapter is a program on the CPU.
    pub software: bool,
    /// The largest buffer that a kernel can bind, in bytes.
    pub largest_binding: u64,
    /// All limits of the device (of the adapter, if only looked at).
    pub limits: wgpu::Limits,
}

/// Opens the best adapter. Opening it again returns the same device.
///
/// # Errors
/// [`Code::NoGpu`] if there is no adapter or it refuses the device.
pub async fn open(options: GpuOptions) -> Result<(Device, GpuReport)> {
    open_wanted(options, Wanted::Any).await
}

/// [`open`], but only an adapter of the wanted kind.
pub async fn open_wanted(options: GpuOptions, wanted: Wanted) -> Result<(Device, GpuReport)> {
    let found = find(wanted).await?;
    let key = (found.adapter.get_info(), options);
    let known = || opened().iter().find(|(known, ..)| *known == key).cloned();
    if let Some((_, device, report)) = known() {
        return Ok((device, report));
    }

    let limits = match options.guaranteed_limits {
        true => wgpu::Limits::default(),
        false => found.adapter.limits(),
    };
    // What Burn itself asks for, without the experimental features, which only `unsafe` may use.
    let unwanted =
        wgpu::Features::MAPPABLE_PRIMARY_BUFFERS.union(wgpu::Features::all_experimental_mask());
    let descriptor = wgpu::DeviceDescriptor {
        label: Some("agff"),
        required_features: found.adapter.features().difference(unwanted),
        required_limits: limits.clone(),
        memory_hints: wgpu::MemoryHints::MemoryUsage,
        ..Default::default()
    };
    let refused = |cause: Box<dyn std::error::Error + Send + Sync>| {
        let message =
            format!("the adapter refused to open ({cause}); update its driver, or choose the cpu");
        Error::new(Code::NoGpu, found.name.clone(), message).with_source(cause)
    };
    let (device, queue) = found
        .adapter
        .request_device(&descriptor)
        .await
        .map_err(|error| refused(error.to_string().into()))?;
    let setup = WgpuSetup {
        instance: instance().clone(),
        backend: key.0.backend,
        adapter: found.adapter.clone(),
        device,
        queue,
    };
    let device = Device::wgpu_options()
        .setup(setup)
        .init()
        .map_err(|error| refused(error.to_string().into()))?;
    let kind = if found.software && !options.hardware_kernels {
        Kind::Software
    } else {
        Kind::Hardware
    };
    adapter::register(&device, kind);
    let report = found.report(limits);
    opened().push((key, device.clone(), report.clone()));
    Ok((device, report))
}

/// Says which adapter [`open`] would open, without opening it.
///
/// # Errors
/// [`Code::NoGpu`] if there is none.
pub async fn look() -> Result<GpuReport> {
    let found = find(Wanted::Any).await?;
    let limits = found.adapter.limits();
    Ok(found.report(limits))
}

struct Found {
    adapter: wgpu::Adapter,
    name: String,
    software: bool,
}

impl Found {
    fn report(&self, limits: wgpu::Limits) -> GpuReport {
        GpuReport {
            name: self.name.clone(),
            backend: match self.adapter.get_info().backend {
                wgpu::Backend::BrowserWebGpu => "webgpu".into(),
                backend => backend.to_string(),
            },
            software: self.software,
            largest_binding: limits
                .max_storage_buffer_binding_size
                .min(limits.max_buffer_size),
            limits,
        }
    }
}

type Opened = ((AdapterInfo, GpuOptions), Device, GpuReport);

/// The devices that are open; they stay so while the program runs, as Burn keeps them too.
fn opened() -> std::sync::MutexGuard<'static, Vec<Opened>> {
    static OPENED: Mutex<Vec<Opened>> = Mutex::new(Vec::new());
    OPENED
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

/// Forgets a device that was lost, so that the next [`open`] makes a new one.
pub fn forget(device: &Device) {
    opened().retain(|(_, known, _)| known != device);
}

/// The one instance of the program: Vulkan loaders do not bear instances that come and go on
/// several threads.
fn instance() -> &'static wgpu::Instance {
    static INSTANCE: OnceLock<wgpu::Instance> = OnceLock::new();
    INSTANCE.get_or_init(|| {
        wgpu::Instance::new(wgpu::InstanceDescriptor {
            backends: wgpu::Backends::PRIMARY,
            ..wgpu::InstanceDescriptor::new_without_display_handle()
        })
    })
}

/// Whether an adapter that calls itself so is a program on the CPU.
fn is_software(kind: DeviceType, name: &str) -> bool {
    const NAMES: [&str; 5] = [
        "llvmpipe",
        "lavapipe",
        "swiftshader",
        "softpipe",
        "microsoft basic render",
    ];
    let name = name.to_lowercase();
    kind == DeviceType::Cpu || NAMES.iter().any(|known| name.contains(known))
}

fn missing(wanted: Wanted, seen: &[String]) -> Error {
    let kind = match wanted {
        Wanted::Any => "adapter",
        Wanted::Hardware => "hardware adapter",
        Wanted::Software => "software adapter",
    };
    let remedy = if cfg!(target_family = "wasm") {
        "this browser does not offer WebGPU here: try a current one, on https or localhost, or use \
         the cpu engine"
    } else {
        "install the driver of your graphics card (on Linux its Vulkan driver; \
         mesa-vulkan-drivers brings a software one), or choose the cpu"
    };
    let seen = match seen {
        [] => String::new(),
        seen => format!(" among {}", seen.join(", ")),
    };
    Error::new(
        Code::NoGpu,
        "gpu",
        format!("found no {kind}{seen}; {remedy}"),
    )
}

#[cfg(not(target_family = "wasm"))]
async fn find(wanted: Wanted) -> Result<Found> {
    let mut found: Vec<Found> = instance()
        .enumerate_adapters(wgpu::Backends::PRIMARY)
        .await
        .into_iter()
        .map(|adapter| {
            let info = adapter.get_info();
            let software = is_software(info.device_type, &info.name);
            Found {
                adapter,
                name: info.name,
                software,
            }
        })
        .collect();
    let names: Vec<String> = found.iter().map(|found| found.name.clone()).collect();
    found.retain(|found| match wanted {
        Wanted::Any => true,
        Wanted::Hardware => !found.software,
        Wanted::Software => found.software,
    });
    found.sort_by_key(|found| match found.adapter.get_info().device_type {
        _ if found.software => 4,
        DeviceType::DiscreteGpu => 0,
        DeviceType::IntegratedGpu => 1,
        DeviceType::VirtualGpu => 2,
        _ => 3,
    });
    found
        .into_iter()
        .next()
        .ok_or_else(|| missing(wanted, &names))
}

#[cfg(target_family = "wasm")]
async fn find(wanted: Wanted) -> Result<Found> {
    let options = wgpu::RequestAdapterOptions {
        power_preference: wgpu::PowerPreference::HighPerformance,
        force_fallback_adapter: wanted == Wanted::Software,
        ..Default::default()
    };
    let adapter = instance()
        .request_adapter(&options)
        .await
        .map_err(|error| missing(wanted, &[]).with_source(error.to_string()))?;
    let info = adapter.get_info();
    let name = browser_name(wanted == Wanted::Software)
        .await
        .unwrap_or(info.name);
    let software = is_software(info.device_type, &name);
    if (wanted == Wanted::Hardware && software) || (wanted == Wanted::Software && !software) {
        return Err(missing(wanted, &[name]));
    }
    Ok(Found {
        adapter,
        name,
        software,
    })
}

/// Vendor, architecture and description of the adapter: wgpu tells only the last, which browsers
/// leave empty, but SwiftShader is known by its architecture.
#[cfg(all(target_family = "wasm", feature = "web"))]
async fn browser_name(fallback: bool) -> Option<String> {
    use js_sys::{Function, Object, Promise, Reflect};
    use wasm_bindgen::{JsCast, JsValue};

    let get = |object: &JsValue, name: &str| Reflect::get(object, &name.into()).ok();
    let gpu = get(&get(&js_sys::global(), "navigator")?, "gpu")?;
    let options = Object::new();
    Reflect::set(
        &options,
        &"powerPreference".into(),
        &"high-performance".into(),
    )
    .ok()?;
    Reflect::set(&options, &"forceFallbackAdapter".into(), &fallback.into()).ok()?;
    let request: Function = get(&gpu, "requestAdapter")?.dyn_into().ok()?;
    let promise: Promise = request.call1(&gpu, &options).ok()?.dyn_into().ok()?;
    let adapter = wasm_bindgen_futures::JsFuture::from(promise).await.ok()?;
    let info = get(&adapter, "info")?;
    let words: Vec<String> = ["vendor", "architecture", "description"]
        .iter()
        .filter_map(|name| get(&info, name)?.as_string())
        .filter(|word| !word.is_empty())
        .collect();
    (!words.is_empty()).then(|| words.join(" "))
}

#[cfg(all(target_family = "wasm", not(feature = "web")))]
async fn browser_name(_fallback: bool) -> Option<String> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn software_adapters_are_known_by_type_or_name() {
        assert!(is_software(DeviceType::Cpu, "anything"));
        assert!(is_software(DeviceType::Other, "google SwiftShader"));
        assert!(is_software(
            DeviceType::Other,
            "llvmpipe (LLVM 15.0.6, 256 bits)"
        ));
        assert!(!is_software(DeviceType::Other, "nvidia ampere"));
        assert!(!is_software(DeviceType::DiscreteGpu, "NVIDIA H100"));
    }

    #[test]
    fn a_missing_adapter_says_what_to_do() {
        let error = missing(Wanted::Hardware, &["llvmpipe".into()]);
        assert_eq!(error.code(), Code::NoGpu);
        assert!(error.message().contains("llvmpipe") && error.message().contains("driver"));
    }
}
