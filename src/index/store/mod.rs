//! An index in a folder: what made the vectors (`index.json`), the records with the files that have their content
//! (`records.log`), and the words that were taught by photos (`words.json`). docs/format.md has the bytes.
//!
//! A record is a content, known by its sha256: a photo that is copied or moved is embedded once. What is
//! stored is appended and survives a crash; one process writes at a time, and others may read meanwhile.

mod log;
mod origin;
mod record;
mod words;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::{Index, Precision};
use crate::{Code, Embedding, Error, Result};
use log::{Entry, Writer};

pub use log::{Damage, Place};
pub use origin::{DECODER, Origin};
pub use record::{Kind, Record};

const LOG: &str = "records.log";
const LOCK: &str = "lock";

/// Bytes of records that are gone, from which on, and if they are half of all, the file is written anew.
const WORTH_COMPACTING: u64 = 1 << 20;

/// An index in a folder.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    origin: Origin,
    index: Index,
    records: HashMap<String, Record>,
    /// By path: the content and when it was seen.
    places: BTreeMap<String, (String, Place)>,
    /// By id: its paths.
    paths: HashMap<String, BTreeSet<String>>,
    damage: Damage,
    words: words::Words,
    /// Bytes of the log, and of what in it still counts.
    bytes: u64,
    writer: Option<Writer>,
    _lock: Option<File>,
}

impl Store {
    /// Opens the index in a folder for reading.
    ///
    /// # Errors
    /// [`Code::Index`] if there is none, or it is damaged beyond its records; [`Code::Io`].
    pub fn open(folder: &Path) -> Result<Self> {
        Ok(Self::load(folder)?.0)
    }

    /// Opens the index in a folder for writing.
    ///
    /// # Errors
    /// As [`open`](Self::open), and [`Code::IndexBusy`] if another process writes to it.
    pub fn open_to_write(folder: &Path) -> Result<Self> {
        if !folder.join(origin::FILE).exists() {
            // Says that there is none, before a lock is left there.
            Origin::read(folder)?;
        }
        let lock = lock(folder)?;
        let (mut store, whole) = Self::load(folder)?;
        store.writer = Some(Writer::open(&folder.join(LOG), whole)?);
        store._lock = Some(lock);
        Ok(store)
    }

    /// Opens the index in a folder for writing vectors that are made in this way, or begins it.
    ///
    /// # Errors
    /// As [`open_to_write`](Self::open_to_write); [`Code::IndexModel`] if its vectors are made in another way;
    /// [`Code::Index`] if the folder is not empty and no index.
    pub fn open_or_create(folder: &Path, origin: &Origin) -> Result<Self> {
        if !folder.join(origin::FILE).exists() {
            fs::create_dir_all(folder).map_err(|e| Error::io(folder, e))?;
            let list = fs::read_dir(folder).map_err(|e| Error::io(folder, e))?;
            // Another process may be as far as this.
            let strange = list
                .flatten()
                .find(|entry| !own_file(&entry.file_name().to_string_lossy()));
            if let Some(strange) = strange {
                let name = strange.file_name();
                let why = format!("is not empty ({name:?}) and no index; name another folder");
                return Err(Error::new(Code::Index, folder.display().to_string(), why));
            }
            let lock = lock(folder)?;
            if !folder.join(origin::FILE).exists() {
                origin.write(folder)?;
            }
            drop(lock);
        }
        let store = Self::open_to_write(folder)?;
        store.origin.same_making(origin)?;
        Ok(store)
    }

    /// Reads everything, and gives how many bytes of the log are whole.
    fn load(folder: &Path) -> Result<(Self, u64)> {
        let origin = Origin::read(folder)?;
        let named = |e: Error| {
            let path = folder.join(origin::FILE).display().to_string();
            Error::new(Code::Index, path, e.message()).with_source(e)
        };
        let views = origin.views.clone();
        let index = Index::new(views, origin.dimensions, origin.fusion, Precision::F32);
        let mut store = Self {
            folder: folder.to_owned(),
            origin,
            index: index.map_err(named)?,
            records: HashMap::new(),
            places: BTreeMap::new(),
            paths: HashMap::new(),
            damage: Damage::default(),
            words: words::Words::default(),
            bytes: 0,
            writer: None,
            _lock: None,
        };
        let mut unusable = 0;
        let (whole, damage) = log::read(&folder.join(LOG), |entry, values| {
            // A frame with the right checksum and vectors that cannot be: written by something else.
            unusable += u64::from(store.apply(entry, &values).is_err());
            Ok(())
        })?;
        store.damage = Damage {
            gaps: damage.gaps + unusable,
            ..damage
        };
        store.bytes = whole;
        let Origin {
            fingerprint,
            dimensions,
            ..
        } = &store.origin;
        store.words = words::Words::read(folder, fingerprint, *dimensions);
        Ok((store, whole))
    }

    /// What an entry means for what is in memory.
    fn apply(&mut self, entry: Entry, values: &[f32]) -> Result<()> {
        match entry {
            Entry::Add { id, record, place } => {
                self.index.add_values(&id, values)?;
                self.records.insert(id.clone(), record);
                if let Some(place) = place {
                    self.put(id, place);
                }
            }
            Entry::Place { id, place } => {
                // After damage the record may be missing; then the file is new, and is embedded again.
                if self.records.contains_key(&id) {
                    self.put(id, place);
                } else {
                    self.take(&place.path);
                }
            }
            Entry::Forget { path } => self.take(&path),
            Entry::Remove { id } => self.drop_record(&id),
        }
        Ok(())
    }

    /// Says that a file has a content. A record that no file has any more goes.
    fn put(&mut self, id: String, place: Place) {
        if self
            .places
            .get(&place.path)
            .is_some_and(|(old, _)| *old != id)
        {
            self.take(&place.path);
        }
        let paths = self.paths.entry(id.clone()).or_default();
        paths.insert(place.path.clone());
        self.places.insert(place.path.clone(), (id, place));
    }

    /// Says that a file is gone, or has another content. A record that no file has any more goes.
    fn take(&mut self, path: &str) {
        let Some((id, _)) = self.places.remove(path) else {
            return;
        };
        let left = self.paths.get_mut(&id).map(|paths| {
            paths.remove(path);
            paths.len()
        });
        if left == Some(0) {
            self.drop_record(&id);
        }
    }

    fn drop_record(&mut self, id: &str) {
        for path in self.paths.remove(id).into_iter().flatten() {
            self.places.remove(&path);
        }
        self.records.remove(id);
        self.index.remove(id);
    }

    /// Writes an entry, and then does what it means.
    fn write(&mut self, entry: Entry, values: &[f32]) -> Result<()> {
        let Some(writer) = &mut self.writer else {
            let message = "the index was opened for reading only";
            return Err(Error::new(Code::Internal, "index", message));
        };
        writer.push(&entry, values)?;
        self.bytes = writer.end;
        self.apply(entry, values)
    }

    /// Stores a record, in place of one with its id; longer vectors are cut.
    ///
    /// # Errors
    /// [`Code::Embedding`] if the embedding does not fit; [`Code::Io`].
    pub fn add(
        &mut self,
        id: &str,
        record: Record,
        embedding: &Embedding,
        place: Option<Place>,
    ) -> Result<()> {
        // Tried in memory first, so that nothing is written that cannot be read.
        let vectors = self.index.fit(id, embedding)?;
        let id = id.to_owned();
        self.write(Entry::Add { id, record, place }, &vectors)
    }

    /// Says that a file has the content of a record that is there.
    ///
    /// # Errors
    /// [`Code::Io`]; [`Code::Internal`] if the record is not there.
    pub fn place(&mut self, id: &str, place: Place) -> Result<()> {
        if !self.records.contains_key(id) {
            let message = "there is no such record";
            return Err(Error::new(Code::Internal, id, message));
        }
        if self.places.get(&place.path) == Some(&(id.to_owned(), place.clone())) {
            return Ok(());
        }
        let id = id.to_owned();
        self.write(Entry::Place { id, place }, &[])
    }

    /// Says that a file is gone; with the last file of a content its record goes. Gives whether it was known.
    ///
    /// # Errors
    /// [`Code::Io`].
    pub fn forget(&mut self, path: &str) -> Result<bool> {
        if !self.places.contains_key(path) {
            return Ok(false);
        }
        let path = path.to_owned();
        self.write(Entry::Forget { path }, &[]).map(|()| true)
    }

    /// Removes a record, and gives whether it was there.
    ///
    /// # Errors
    /// [`Code::Io`].
    pub fn remove(&mut self, id: &str) -> Result<bool> {
        if !self.records.contains_key(id) {
            return Ok(false);
        }
        let id = id.to_owned();
        self.write(Entry::Remove { id }, &[]).map(|()| true)
    }

    /// Waits until everything is on the disk; and writes the log anew if half of it is of what is gone, or
    /// some of it is damaged.
    ///
    /// # Errors
    /// [`Code::Io`].
    pub fn finish(&mut self) -> Result<()> {
        let Some(writer) = &self.writer else {
            return Ok(());
        };
        writer.sync()?;
        let each = 4 * self.origin.views.len() as u64 * self.origin.dimensions as u64;
        let counts = each * self.records.len() as u64;
        let waste = self.bytes > WORTH_COMPACTING && self.bytes / 2 > counts + counts / 8;
        if waste || self.damage.gaps > 0 {
            self.compact()?;
        }
        Ok(())
    }

    /// Waits until what was added so far is on the disk.
    ///
    /// # Errors
    /// [`Code::Io`].
    pub fn sync(&self) -> Result<()> {
        self.writer.as_ref().map_or(Ok(()), Writer::sync)
    }

    /// Writes the log anew with what counts; it takes the place of the old one when it is whole.
    ///
    /// # Errors
    /// [`Code::Io`].
    pub fn compact(&mut self) -> Result<()> {
        let (path, part) = (self.folder.join(LOG), self.folder.join(".records.log.part"));
        let mut writer = Writer::open(&part, 0)?;
        let ids: Vec<String> = self.index.ids().into_iter().map(str::to_owned).collect();
        for id in ids {
            let (Some(record), Some(embedding)) = (self.records.get(&id), self.index.get(&id))
            else {
                continue;
            };
            let mut places = self.paths_of(&id).filter_map(|path| self.places.get(path));
            let entry = Entry::Add {
                id: id.clone(),
                record: record.clone(),
                place: places.next().map(|(_, place)| place.clone()),
            };
            writer.push(&entry, &embedding.values)?;
            for (_, place) in places {
                let (id, place) = (id.clone(), place.clone());
                writer.push(&Entry::Place { id, place }, &[])?;
            }
        }
        writer.sync()?;
        let end = writer.end;
        drop(writer);
        // The old one is closed first: an open file cannot be replaced on Windows.
        self.writer = None;
        fs::rename(&part, &path).map_err(|e| Error::io(&path, e))?;
        self.writer = Some(Writer::open(&path, end)?);
        self.bytes = end;
        self.damage = Damage::default();
        Ok(())
    }

    /// What made the vectors.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The records' vectors, to search.
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// What is known of a record.
    pub fn record(&self, id: &str) -> Option<&Record> {
        self.records.get(id)
    }

    /// The files with a record's content.
    pub fn paths_of(&self, id: &str) -> impl Iterator<Item = &str> {
        let paths = self.paths.get(id).into_iter().flatten();
        paths.map(String::as_str)
    }

    /// All files, with the ids of their contents.
    pub fn places(&self) -> impl Iterator<Item = (&str, &Place)> {
        self.places.values().map(|(id, place)| (id.as_str(), place))
    }

    /// What is known of a file.
    pub fn place_of(&self, path: &str) -> Option<(&str, &Place)> {
        self.places
            .get(path)
            .map(|(id, place)| (id.as_str(), place))
    }

    /// What was damaged and is left out.
    pub fn damage(&self) -> Damage {
        self.damage
    }

    /// Bytes of the records' file.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// Writes a file of an index's folder, which appears whole: it is on the disk before it takes its name, so that the
/// machine may fail at any time.
fn write_whole(folder: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    let (path, part) = (folder.join(name), folder.join(format!(".{name}.part")));
    let write = || {
        let mut file = File::create(&part)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&part, &path)
    };
    write().map_err(|e| {
        // A full disk, say; what was there stays.
        let _ = fs::remove_file(&part);
        Error::io(&path, e)
    })
}

/// Whether an index's folder may have a file of this name before it is one.
fn own_file(name: &str) -> bool {
    matches!(name, LOCK | LOG | ".index.json.part" | ".records.log.part")
}

/// Takes the lock of those who write; it goes with the process.
fn lock(folder: &Path) -> Result<File> {
    let path = folder.join(LOCK);
    let mut options = File::options();
    let options = options.write(true).create(true).truncate(false);
    let file = options.open(&path).map_err(|e| Error::io(&path, e))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::new(
            Code::IndexBusy,
            folder.display().to_string(),
            "another process is writing to this index; wait until it is done",
        )),
        Err(TryLockError::Error(e)) => Err(Error::io(&path, e)),
    }
}
