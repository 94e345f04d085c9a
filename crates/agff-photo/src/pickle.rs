//! Python's pickles, as far as files of PyTorch weights need them. Nothing is executed: the classes and functions
//! that may be named are the few of [`Name`], and each only puts its arguments into a value here.

use std::collections::HashMap;
use std::io::Read;

use agff::{Code, Error, Result};

/// Most values of a pickle, so that a small file cannot ask for much memory. EfficientNet-Lite4 has some 20 000.
const MAX_VALUES: usize = 1 << 17;

/// Most values within each other.
const MAX_DEPTH: usize = 64;

/// Longest string.
const MAX_STRING: usize = 1 << 10;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `None`, and what nothing here depends on.
    None,
    /// `True` and `False`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number that is longer than 8 bytes, as it is written.
    Long(Vec<u8>),
    /// A string.
    Text(String),
    /// A tuple or a list.
    Items(Vec<Value>),
    /// A dictionary, in its order.
    Map(Vec<(Value, Value)>),
    /// A class or function, not called.
    Name(Name),
    /// The call of a function with its arguments.
    Call(Name, Vec<Value>),
    /// What the file stores elsewhere, by its description.
    Stored(Box<Value>),
}

/// Classes and functions that may be named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    /// `collections.OrderedDict`
    OrderedDict,
    /// `torch._utils._rebuild_tensor_v2`
    RebuildTensor,
    /// `torch.FloatStorage`
    FloatStorage,
    /// `torch.LongStorage`
    LongStorage,
}

impl Name {
    fn of(module: &str, name: &str) -> Option<Self> {
        Some(match (module, name) {
            ("collections", "OrderedDict") => Self::OrderedDict,
            ("torch._utils", "_rebuild_tensor_v2") => Self::RebuildTensor,
            ("torch", "FloatStorage") => Self::FloatStorage,
            ("torch", "LongStorage") => Self::LongStorage,
            _ => return None,
        })
    }
}

impl Value {
    /// How many values lie within each other in it.
    fn depth(&self) -> usize {
        let most = |values: &[Value]| values.iter().map(Value::depth).max().unwrap_or(0);
        match self {
            Value::Items(values) | Value::Call(_, values) => 1 + most(values),
            Value::Map(entries) => {
                let each = entries
                    .iter()
                    .map(|(key, value)| key.depth().max(value.depth()));
                1 + each.max().unwrap_or(0)
            }
            Value::Stored(value) => 1 + value.depth(),
            _ => 0,
        }
    }

    /// The value of a key in a dictionary.
    pub fn get(&self, key: &str) -> Option<&Value> {
        let Value::Map(entries) = self else {
            return None;
        };
        let is_key = |k: &Value| matches!(k, Value::Text(text) if text == key);
        entries.iter().find(|(k, _)| is_key(k)).map(|(_, v)| v)
    }
}

/// Reads one pickle and leaves the stream behind it.
///
/// # Errors
/// [`Code::Input`], naming `shown`, for what is no such pickle: it ends early, names what is not allowed, is out of
/// all measure, or uses what PyTorch does not write.
pub fn read(stream: &mut dyn Read, shown: &str) -> Result<Value> {
    Machine {
        stream,
        shown,
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
        made: 0,
    }
    .run()
}

/// The stack machine that pickles are programs of.
struct Machine<'a> {
    stream: &'a mut dyn Read,
    shown: &'a str,
    stack: Vec<Value>,
    /// Heights of the stack.
    marks: Vec<usize>,
    memo: HashMap<u32, Value>,
    made: usize,
}

impl Machine<'_> {
    fn run(mut self) -> Result<Value> {
        loop {
            let code = self.byte()?;
            match code {
                // PROTO
                0x80 => match self.byte()? {
                    2 => {}
                    version => {
                        return self.fail(format!("is a pickle of protocol {version}, not 2"));
                    }
                },
                b'.' => return self.pop(),
                b'(' => {
                    self.count()?;
                    self.marks.push(self.stack.len());
                }
                b'N' => self.push(Value::None)?,
                0x88 => self.push(Value::Bool(true))?,
                0x89 => self.push(Value::Bool(false))?,
                b'K' => {
                    let value = self.byte()?;
                    self.push(Value::Int(value.into()))?;
                }
                b'M' => {
                    let value = u16::from_le_bytes(self.bytes()?);
                    self.push(Value::Int(value.into()))?;
                }
                b'J' => {
                    let value = i32::from_le_bytes(self.bytes()?);
                    self.push(Value::Int(value.into()))?;
                }
                // LONG1
                0x8a => {
                    let length = self.byte()?;
                    let value = self.string(length.into())?;
                    self.push(Value::Long(value))?;
                }
                // BINUNICODE
                b'X' => {
                    let length = u32::from_le_bytes(self.bytes()?);
                    let text = String::from_utf8(self.string(length as usize)?);
                    let Ok(text) = text else {
                        return self.fail("has a string that is not UTF-8");
                    };
                    self.push(Value::Text(text))?;
                }
                b')' | b']' => self.push(Value::Items(Vec::new()))?,
                b'}' => self.push(Value::Map(Vec::new()))?,
                b't' => {
                    let items = self.since_mark()?;
                    self.push(Value::Items(items))?;
                }
                // TUPLE1 and TUPLE2
                0x85 | 0x86 => {
                    let items = self.last(usize::from(code - 0x84))?;
                    self.push(Value::Items(items))?;
                }
                b'a' => {
                    let items = self.last(1)?;
                    self.append(items)?;
                }
                b'e' => {
                    let items = self.since_mark()?;
                    self.append(items)?;
                }
                b's' => {
                    let items = self.last(2)?;
                    self.set(items)?;
                }
                b'u' => {
                    let items = self.since_mark()?;
                    self.set(items)?;
                }
                b'c' => {
                    let (module, name) = (self.line()?, self.line()?);
                    let Some(known) = Name::of(&module, &name) else {
                        let what = format!("{module}.{name}");
                        return self.fail(format!(
                            "names {what:?}, which a file of weights has no need of; it is not opened"
                        ));
                    };
                    self.push(Value::Name(known))?;
                }
                b'R' => self.call()?,
                b'b' => {
                    // State of an object beyond its items: nothing that is a weight.
                    self.pop()?;
                }
                b'Q' => {
                    let what = self.pop()?;
                    self.push(Value::Stored(Box::new(what)))?;
                }
                b'q' => {
                    let at = self.byte()?;
                    self.remember(at.into())?;
                }
                b'r' => {
                    let at = u32::from_le_bytes(self.bytes()?);
                    self.remember(at)?;
                }
                b'h' => {
                    let at = self.byte()?;
                    self.recall(at.into())?;
                }
                b'j' => {
                    let at = u32::from_le_bytes(self.bytes()?);
                    self.recall(at)?;
                }
                other => {
                    return self.fail(format!(
                        "has the operation {other:#04x}, which is not read here"
                    ));
                }
            }
        }
    }

    fn fail<T>(&self, why: impl Into<String>) -> Result<T> {
        Err(Error::new(Code::Input, self.shown, why))
    }

    fn bytes<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        self.stream.read_exact(&mut bytes).map_err(|e| {
            Error::new(Code::Input, self.shown, "ends within a pickle").with_source(e)
        })?;
        Ok(bytes)
    }

    fn byte(&mut self) -> Result<u8> {
        Ok(self.bytes::<1>()?[0])
    }

    fn string(&mut self, length: usize) -> Result<Vec<u8>> {
        if length > MAX_STRING {
            return self.fail(format!("has a string of {length} bytes"));
        }
        let mut bytes = vec![0; length];
        self.stream.read_exact(&mut bytes).map_err(|e| {
            Error::new(Code::Input, self.shown, "ends within a pickle").with_source(e)
        })?;
        Ok(bytes)
    }

    fn line(&mut self) -> Result<String> {
        let mut line = Vec::new();
        loop {
            match self.byte()? {
                b'\n' => return Ok(String::from_utf8_lossy(&line).into_owned()),
                _ if line.len() == 256 => return self.fail("has a name of more than 256 bytes"),
                byte => line.push(byte),
            }
        }
    }

    fn push(&mut self, value: Value) -> Result<()> {
        self.count()?;
        self.check_depth(std::slice::from_ref(&value))?;
        self.stack.push(value);
        Ok(())
    }

    /// One more value, mark, or entry of the memory.
    fn count(&mut self) -> Result<()> {
        self.made += 1;
        if self.made > MAX_VALUES {
            return self.fail(format!("makes more than {MAX_VALUES} values"));
        }
        Ok(())
    }

    /// Values are dropped and compared by functions that call themselves for the values within.
    fn check_depth(&self, values: &[Value]) -> Result<()> {
        match values.iter().any(|value| value.depth() >= MAX_DEPTH) {
            true => self.fail(format!(
                "has more than {MAX_DEPTH} values within each other"
            )),
            false => Ok(()),
        }
    }

    fn pop(&mut self) -> Result<Value> {
        match self.stack.pop() {
            Some(value) => Ok(value),
            None => self.fail("takes a value where there is none"),
        }
    }

    fn last(&mut self, count: usize) -> Result<Vec<Value>> {
        match self.stack.len().checked_sub(count) {
            Some(at) => Ok(self.stack.split_off(at)),
            None => self.fail("takes a value where there is none"),
        }
    }

    fn since_mark(&mut self) -> Result<Vec<Value>> {
        match self.marks.pop() {
            Some(at) if at <= self.stack.len() => Ok(self.stack.split_off(at)),
            _ => self.fail("takes values where there are none"),
        }
    }

    fn append(&mut self, more: Vec<Value>) -> Result<()> {
        self.check_depth(&more)?;
        match self.stack.last_mut() {
            Some(Value::Items(items)) => {
                items.extend(more);
                Ok(())
            }
            _ => self.fail("appends to what is no list"),
        }
    }

    fn set(&mut self, more: Vec<Value>) -> Result<()> {
        self.check_depth(&more)?;
        let mut more = more.into_iter();
        match self.stack.last_mut() {
            Some(Value::Map(entries)) => {
                while let (Some(key), Some(value)) = (more.next(), more.next()) {
                    entries.push((key, value));
                }
                Ok(())
            }
            _ => self.fail("sets an entry of what is no dictionary"),
        }
    }

    fn call(&mut self) -> Result<()> {
        let arguments = self.pop()?;
        let (Value::Name(name), Value::Items(arguments)) = (self.pop()?, arguments) else {
            return self.fail("calls what is no function");
        };
        let value = match name {
            Name::OrderedDict if arguments.is_empty() => Value::Map(Vec::new()),
            _ => Value::Call(name, arguments),
        };
        self.push(value)
    }

    /// Only strings and names can be recalled: files of weights recall nothing else.
    fn remember(&mut self, at: u32) -> Result<()> {
        self.count()?;
        match self.stack.last() {
            Some(value @ (Value::Text(_) | Value::Name(_))) => {
                self.memo.insert(at, value.clone());
                Ok(())
            }
            Some(_) => Ok(()),
            None => self.fail("remembers a value where there is none"),
        }
    }

    fn recall(&mut self, at: u32) -> Result<()> {
        match self.memo.get(&at).cloned() {
            Some(value) => self.push(value),
            None => self.fail("recalls what was not remembered"),
        }
    }
}
