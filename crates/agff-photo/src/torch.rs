//! PyTorch's first file format (before 1.6): three small pickles, one of tensors that say where their values are,
//! one with the order of the stretches of values, and these.

use std::collections::{BTreeMap, HashMap};
use std::io::Read;

use agff::{Code, Error, Result};

use crate::pickle::{self, Name, Value};

/// What the first pickle is.
const MAGIC: [u8; 10] = [0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19];

/// What the second pickle is.
const PROTOCOL: i64 = 1001;

/// Most values of all tensors: EfficientNet-Lite4 has 13 million.
const MAX_VALUES: u64 = 1 << 25;

/// Most axes of a tensor.
const MAX_AXES: usize = 8;

/// Most stretches of values.
const MAX_STORAGES: usize = 1 << 12;

/// A tensor of floats.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    /// Its shape.
    pub shape: Vec<usize>,
    /// Its values, the last axis first.
    pub values: Vec<f32>,
}

/// A stretch of values: its type and how many it has.
#[derive(Debug, Clone, Copy)]
struct Storage {
    floats: bool,
    count: u64,
}

/// Reads the float tensors of a dictionary of weights (`state_dict`). Whole numbers, such as counts of batches,
/// are left out.
///
/// # Errors
/// [`Code::Input`], naming `shown`, for what is not such a file.
pub fn read(stream: &mut dyn Read, shown: &str) -> Result<BTreeMap<String, Tensor>> {
    let fail = |why: &str| Err(Error::new(Code::Input, shown, why));
    if pickle::read(stream, shown)? != Value::Long(MAGIC.to_vec()) {
        return fail("is no file of weights of PyTorch's first format");
    }
    if pickle::read(stream, shown)? != Value::Int(PROTOCOL) {
        return fail("is a file of weights of another version");
    }
    let system = pickle::read(stream, shown)?;
    if system.get("little_endian") != Some(&Value::Bool(true)) {
        return fail("has values whose highest byte comes first, which is not read here");
    }
    let Value::Map(entries) = pickle::read(stream, shown)? else {
        return fail("is no dictionary of weights");
    };
    let mut storages = HashMap::new();
    let mut tensors = Vec::new();
    let mut all: u64 = 0;
    for (key, value) in &entries {
        let (Value::Text(name), Value::Call(Name::RebuildTensor, arguments)) = (key, value) else {
            return fail("has an entry that is no tensor");
        };
        let tensor = Part::of(arguments)
            .ok_or_else(|| Error::new(Code::Input, shown, format!("{name} is no whole tensor")))?;
        // A tensor may take the same value again and again.
        let gathered: usize = tensor.shape.iter().product();
        all = all.saturating_add(tensor.storage.count.max(gathered as u64));
        if all > MAX_VALUES || storages.len() > MAX_STORAGES {
            return fail("has more values than any model that is meant");
        }
        storages.insert(tensor.key.clone(), tensor.storage);
        tensors.push((name.clone(), tensor));
    }
    let Value::Items(order) = pickle::read(stream, shown)? else {
        return fail("does not say in which order its values come");
    };
    let mut values: HashMap<String, Vec<f32>> = HashMap::new();
    for key in &order {
        let Value::Text(key) = key else {
            return fail("does not say in which order its values come");
        };
        let Some(storage) = storages.remove(key) else {
            return fail("has values of no tensor, or of one twice");
        };
        values.insert(key.clone(), storage.read(stream, shown)?);
    }
    let mut found = BTreeMap::new();
    for (name, part) in tensors.into_iter().filter(|(_, part)| part.storage.floats) {
        let Some(values) = values
            .get(&part.key)
            .and_then(|values| part.gathered(values))
        else {
            let why = format!("{name} lies beyond the values that there are");
            return Err(Error::new(Code::Input, shown, why));
        };
        let shape = part.shape;
        found.insert(name, Tensor { shape, values });
    }
    Ok(found)
}

impl Storage {
    fn read(self, stream: &mut dyn Read, shown: &str) -> Result<Vec<f32>> {
        let early = |e| Error::new(Code::Input, shown, "ends within its values").with_source(e);
        let mut length = [0; 8];
        stream.read_exact(&mut length).map_err(early)?;
        if u64::from_le_bytes(length) != self.count {
            let why = "has another number of values than its tensors say";
            return Err(Error::new(Code::Input, shown, why));
        }
        let mut bytes = vec![0; self.count as usize * if self.floats { 4 } else { 8 }];
        stream.read_exact(&mut bytes).map_err(early)?;
        if !self.floats {
            return Ok(Vec::new());
        }
        let (words, _) = bytes.as_chunks::<4>();
        Ok(words.iter().map(|word| f32::from_le_bytes(*word)).collect())
    }
}

/// A tensor before its values have come.
struct Part {
    key: String,
    storage: Storage,
    offset: usize,
    shape: Vec<usize>,
    /// Values from one index of each axis to the next.
    stride: Vec<usize>,
}

impl Part {
    /// From the arguments of `_rebuild_tensor_v2`: storage, offset, size, stride, and what is of no matter here.
    fn of(arguments: &[Value]) -> Option<Self> {
        let [
            Value::Stored(stored),
            Value::Int(offset),
            Value::Items(size),
            Value::Items(stride),
            ..,
        ] = arguments
        else {
            return None;
        };
        let Value::Items(stored) = &**stored else {
            return None;
        };
        // ("storage", type, key, device, count, view)
        let [
            Value::Text(tag),
            Value::Name(kind),
            Value::Text(key),
            _,
            Value::Int(count),
            Value::None,
        ] = &stored[..]
        else {
            return None;
        };
        let floats = match kind {
            Name::FloatStorage => true,
            Name::LongStorage => false,
            Name::OrderedDict | Name::RebuildTensor => return None,
        };
        let whole = |value: &Value| match value {
            Value::Int(n) => usize::try_from(*n).ok().filter(|n| *n as u64 <= MAX_VALUES),
            _ => None,
        };
        let shape: Vec<usize> = size.iter().map(whole).collect::<Option<_>>()?;
        let stride: Vec<usize> = stride.iter().map(whole).collect::<Option<_>>()?;
        let elements = shape
            .iter()
            .try_fold(1_usize, |n, size| n.checked_mul(*size))?;
        if tag != "storage"
            || shape.len() != stride.len()
            || shape.len() > MAX_AXES
            || elements as u64 > MAX_VALUES
        {
            return None;
        }
        Some(Self {
            key: key.clone(),
            storage: Storage {
                floats,
                count: u64::try_from(*count).ok()?,
            },
            offset: usize::try_from(*offset).ok()?,
            shape,
            stride,
        })
    }

    /// The tensor's values out of those of its stretch, the last axis first; `None` if it lies beyond them.
    fn gathered(&self, values: &[f32]) -> Option<Vec<f32>> {
        let count = self.shape.iter().product();
        let mut found = Vec::with_capacity(count);
        let mut index = vec![0; self.shape.len()];
        for _ in 0..count {
            let steps = index.iter().zip(&self.stride).map(|(i, stride)| i * stride);
            found.push(*values.get(self.offset.checked_add(steps.sum::<usize>())?)?);
            for axis in (0..index.len()).rev() {
                index[axis] += 1;
                if index[axis] < self.shape[axis] {
                    break;
                }
                index[axis] = 0;
            }
        }
        Some(found)
    }
}

#[cfg(test)]
mod tests;
