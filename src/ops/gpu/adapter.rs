//! What is known about the adapters in use, for choosing between variants of a kernel.

use std::cell::Cell;
use std::sync::Mutex;

use burn::backend::DispatchDevice;
use burn::tensor::Device;
use burn_cubecl::CubeDevice;

/// Which variants of the kernels suit an adapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A GPU: tiles in workgroup memory, reductions with barriers.
    Hardware,
    /// A CPU that plays a GPU (lavapipe, SwiftShader, WARP), where barriers are dear and
    /// workgroup memory is memory like any other: registers only.
    Software,
}

static ADAPTERS: Mutex<Vec<(CubeDevice, Kind)>> = Mutex::new(Vec::new());

thread_local! {
    static FORCED: Cell<Option<Kind>> = const { Cell::new(None) };
}

/// Remembers what kind of adapter a device is on; devices that nobody registered count as
/// [`Kind::Hardware`].
// With the GPU alone every device is one.
#[allow(irrefutable_let_patterns)]
pub fn register(device: &Device, kind: Kind) {
    let DispatchDevice::Cube(device) = device.as_dispatch() else {
        return;
    };
    let mut adapters = lock();
    match adapters.iter_mut().find(|(known, _)| known == device) {
        Some((_, known)) => *known = kind,
        None => adapters.push((device.clone(), kind)),
    }
}

/// Runs `work` with all kernels that it launches on this thread in the variants for `kind`,
/// whatever the adapter: for tests and measurements.
pub fn with_kind<T>(kind: Kind, work: impl FnOnce() -> T) -> T {
    /// Puts the former state back also when `work` panics.
    struct Restore(Option<Kind>);
    impl Drop for Restore {
        fn drop(&mut self) {
            FORCED.set(self.0);
        }
    }
    let _restore = Restore(FORCED.replace(Some(kind)));
    work()
}

pub(super) fn kind_of(device: &CubeDevice) -> Kind {
    FORCED.get().unwrap_or_else(|| {
        lock()
            .iter()
            .find(|(known, _)| known == device)
            .map_or(Kind::Hardware, |(_, kind)| *kind)
    })
}

fn lock() -> std::sync::MutexGuard<'static, Vec<(CubeDevice, Kind)>> {
    ADAPTERS
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forced_kind_ends_with_its_scope() {
        let device = CubeDevice::Wgpu(Default::default());
        assert_eq!(kind_of(&device), Kind::Hardware);
        with_kind(Kind::Software, || {
            assert_eq!(kind_of(&device), Kind::Software);
            with_kind(Kind::Hardware, || {
                assert_eq!(kind_of(&device), Kind::Hardware)
            });
            assert_eq!(kind_of(&device), Kind::Software);
        });
        assert_eq!(kind_of(&device), Kind::Hardware);
    }
}
