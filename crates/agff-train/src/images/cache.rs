//! Decoded pictures: in memory up to a budget, then in a file.
//!
//! A training run reads every picture once an epoch. With such an order a cache that throws out
//! what was used longest ago finds nothing of what it keeps; so whatever came first stays in memory,
//! and what comes when the memory is full is written to the end of one file. What finds no room there
//! either is made anew each time.

use std::collections::HashMap;
use std::fs::File;
use std::hash::Hash;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use agff::input::image::Pixels;
use agff::{Error, Result};

/// Pictures by key, made once each and shared by threads.
#[derive(Debug)]
pub struct PictureCache<K> {
    slots: Mutex<HashMap<K, Arc<Mutex<Slot>>>>,
    memory: Budget,
    disk: Budget,
    file: Option<SpillFile>,
}

/// Where a picture is.
#[derive(Debug)]
enum Slot {
    /// Nowhere: not made yet, or no room.
    Empty,
    Memory(Arc<Pixels>),
    Disk {
        at: u64,
        width: u32,
        height: u32,
    },
}

/// How many bytes may be used, and are.
#[derive(Debug)]
struct Budget {
    most: u64,
    used: AtomicU64,
}

impl Budget {
    fn new(most: u64) -> Self {
        Self {
            most,
            used: AtomicU64::new(0),
        }
    }

    /// Takes `bytes`, and says where in what was taken they begin; `None` if they do not fit.
    fn take(&self, bytes: u64) -> Option<u64> {
        self.used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
                used.checked_add(bytes).filter(|&after| after <= self.most)
            })
            .ok()
    }
}

/// How much a cache holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheUse {
    /// Bytes in memory.
    pub memory: u64,
    /// Bytes in the file.
    pub disk: u64,
}

impl<K: Hash + Eq> PictureCache<K> {
    /// A cache that keeps `memory` bytes of pixels, and in `file` another `disk` bytes. The file is
    /// made anew, and taken away when the cache is dropped.
    ///
    /// # Errors
    /// [`Code::Io`](agff::Code::Io) if the file cannot be made.
    pub fn new(memory: u64, disk: u64, file: Option<&Path>) -> Result<Self> {
        let file = match file {
            Some(path) if disk > 0 => Some(SpillFile::create(path)?),
            _ => None,
        };
        Ok(Self {
            slots: Mutex::default(),
            memory: Budget::new(memory),
            disk: Budget::new(if file.is_some() { disk } else { 0 }),
            file,
        })
    }

    /// The picture of `key`, made by `make` if it is not here. Threads that ask for the same picture
    /// wait for the first to make it.
    ///
    /// # Errors
    /// Those of `make`, and [`Code::Io`](agff::Code::Io) if the file cannot be read back.
    pub fn get(&self, key: K, make: impl FnOnce() -> Result<Pixels>) -> Result<Arc<Pixels>> {
        let slot = lock(&self.slots)
            .entry(key)
            .or_insert_with(|| Arc::new(Slot::Empty.into()))
            .clone();
        let mut slot = lock(&slot);
        match (&*slot, &self.file) {
            (Slot::Memory(pixels), _) => Ok(pixels.clone()),
            (&Slot::Disk { at, width, height }, Some(file)) => {
                let mut rgb = vec![0; width as usize * height as usize * 3];
                // Nobody else needs this slot's lock for long, and the file has none.
                file.read(at, &mut rgb)?;
                Ok(Arc::new(Pixels { width, height, rgb }))
            }
            _ => {
                let pixels = Arc::new(make()?);
                *slot = self.keep(&pixels);
                Ok(pixels)
            }
        }
    }

    /// How much is held.
    pub fn usage(&self) -> CacheUse {
        CacheUse {
            memory: self.memory.used.load(Ordering::Relaxed),
            disk: self.disk.used.load(Ordering::Relaxed),
        }
    }

    fn keep(&self, pixels: &Arc<Pixels>) -> Slot {
        let bytes = pixels.rgb.len() as u64;
        if self.memory.take(bytes).is_some() {
            return Slot::Memory(pixels.clone());
        }
        let Some(file) = &self.file else {
            return Slot::Empty;
        };
        match self.disk.take(bytes) {
            Some(at) if file.write(at, &pixels.rgb) => Slot::Disk {
                at,
                width: pixels.width,
                height: pixels.height,
            },
            _ => Slot::Empty,
        }
    }
}

/// A lock that no panic of another thread can spoil: what it guards is always whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The file of what does not fit in memory. Read and written at positions, by many threads at once.
#[derive(Debug)]
struct SpillFile {
    path: PathBuf,
    file: File,
    /// Whether a write has failed: the disk is full, and will not be tried again.
    full: AtomicBool,
}

impl SpillFile {
    fn create(path: &Path) -> Result<Self> {
        let file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(path)
            .map_err(|e| Error::io(path, e))?;
        Ok(Self {
            path: path.into(),
            file,
            full: AtomicBool::new(false),
        })
    }

    fn read(&self, at: u64, bytes: &mut [u8]) -> Result<()> {
        read_exact_at(&self.file, bytes, at).map_err(|e| Error::io(&self.path, e))
    }

    /// Whether the bytes were written. A full disk is no reason to stop a run that can do without.
    fn write(&self, at: u64, bytes: &[u8]) -> bool {
        if self.full.load(Ordering::Relaxed) {
            return false;
        }
        match write_all_at(&self.file, bytes, at) {
            Ok(()) => true,
            Err(error) => {
                if !self.full.swap(true, Ordering::Relaxed) {
                    let path = self.path.display();
                    log::warn!("{path}: {error}; further pictures are decoded each time");
                }
                false
            }
        }
    }
}

impl Drop for SpillFile {
    fn drop(&mut self) {
        // If it stays, the next run makes it anew.
        let _ = std::fs::remove_file(&self.path);
    }
}

#[cfg(unix)]
fn read_exact_at(file: &File, bytes: &mut [u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, at)
}

#[cfg(unix)]
fn write_all_at(file: &File, bytes: &[u8], at: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, at)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut bytes: &mut [u8], mut at: u64) -> io::Result<()> {
    use std::os::windows::fs::FileExt;
    while !bytes.is_empty() {
        match file.seek_read(bytes, at)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            n => (bytes, at) = (&mut bytes[n..], at + n as u64),
        }
    }
    Ok(())
}

#[cfg(windows)]
fn write_all_at(file: &File, mut bytes: &[u8], mut at: u64) -> io::Result<()> {
    use std::os::windows::fs::FileExt;
    while !bytes.is_empty() {
        match file.seek_write(bytes, at)? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            n => (bytes, at) = (&bytes[n..], at + n as u64),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    fn picture(value: u8) -> Pixels {
        Pixels {
            width: 4,
            height: 5,
            rgb: (0..60).map(|i| i ^ value).collect(),
        }
    }

    #[test]
    fn pictures_come_back_as_they_were_from_memory_from_the_file_and_made_anew() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pictures.cache");
        // Room for two in memory, for three in the file, for none of the other three.
        let cache = PictureCache::new(130, 180, Some(&file)).unwrap();
        let made = AtomicUsize::new(0);
        let get = |key: u8| {
            let make = || {
                made.fetch_add(1, Ordering::Relaxed);
                Ok(picture(key))
            };
            cache.get(key, make).unwrap()
        };
        for _ in 0..2 {
            for key in 0..8 {
                assert_eq!(*get(key), picture(key), "{key}");
            }
        }
        assert_eq!(made.into_inner(), 8 + 3);
        let expected = CacheUse {
            memory: 120,
            disk: 180,
        };
        assert_eq!(cache.usage(), expected);
        assert!(file.is_file());
        drop(cache);
        assert!(!file.exists(), "the file is taken away");
    }

    #[test]
    fn threads_that_want_one_picture_make_it_once() {
        let cache = PictureCache::new(1 << 20, 0, None).unwrap();
        let made = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let make = || {
                        made.fetch_add(1, Ordering::Relaxed);
                        std::thread::sleep(std::time::Duration::from_millis(20));
                        Ok(picture(7))
                    };
                    assert_eq!(*cache.get("one", make).unwrap(), picture(7));
                });
            }
        });
        assert_eq!(made.into_inner(), 1);
    }

    #[test]
    fn a_picture_that_cannot_be_made_is_an_error_each_time_and_nothing_else() {
        let cache = PictureCache::new(1 << 20, 0, None).unwrap();
        let broken = || Err(Error::new(agff::Code::ImageCorrupt, "a.jpg", "is damaged"));
        for _ in 0..2 {
            assert_eq!(cache.get(1, broken).unwrap_err().subject(), "a.jpg");
        }
        assert_eq!(*cache.get(1, || Ok(picture(1))).unwrap(), picture(1));
    }

    #[test]
    fn a_disk_that_takes_no_more_costs_time_but_no_picture() {
        // A device that is always full, where there is one.
        let full = Path::new("/dev/full");
        if !full.exists() {
            return;
        }
        let cache = PictureCache::<u8> {
            slots: Mutex::default(),
            memory: Budget::new(0),
            disk: Budget::new(1 << 20),
            file: Some(SpillFile {
                path: PathBuf::from("/dev/full/never"),
                file: File::options().read(true).write(true).open(full).unwrap(),
                full: AtomicBool::new(false),
            }),
        };
        for _ in 0..2 {
            assert_eq!(*cache.get(3, || Ok(picture(3))).unwrap(), picture(3));
        }
    }
}
