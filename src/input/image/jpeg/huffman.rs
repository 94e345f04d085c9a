//! Huffman tables (ITU-T T.81, annex C), made for reading fast.

/// Bits that are looked up at once.
pub(super) const AHEAD: u32 = 10;

/// What the next [`AHEAD`] bits begin with: a code word, and the number after it if it lies
/// within them as well.
#[derive(Clone, Copy, Default)]
pub(super) struct Entry {
    /// Low half: bits of the code word; high half: bits with the number.
    lengths: u8,
    symbol: u8,
    number: i16,
}

impl Entry {
    /// Bits of the code word; 0 if it is longer than [`AHEAD`] bits.
    #[inline(always)]
    pub(super) fn length(self) -> u32 {
        u32::from(self.lengths & 15)
    }

    /// Bits of the code word and its number together; 0 if there is no number, or it is not known.
    #[inline(always)]
    pub(super) fn with_number(self) -> u32 {
        u32::from(self.lengths >> 4)
    }

    /// The code word's meaning: zeros before a coefficient (high half), bits of its number (low
    /// half).
    #[inline(always)]
    pub(super) fn symbol(self) -> u8 {
        self.symbol
    }

    /// The number after the code word.
    #[inline(always)]
    pub(super) fn number(self) -> i16 {
        self.number
    }
}

/// The number that `size` (0 to 15) bits stand for (T.81, tables F.1 and F.2).
#[inline(always)]
pub(super) fn extend(bits: u32, size: u32) -> i32 {
    let value = bits as i32;
    if bits < (1 << size) >> 1 {
        value - (1 << size) + 1
    } else {
        value
    }
}

/// What whole code words of AC coefficients, with their numbers, the next [`AHEAD`] bits begin
/// with, for passing over several at once.
#[derive(Clone, Copy, Default)]
pub(super) struct Pass {
    /// Low five bits: their bits together; 0 if not even one is known. High bit: whether the last
    /// ends the block.
    bits: u8,
    coefficients: u8,
}

impl Pass {
    const END: u8 = 0x80;

    /// Bits of the code words and their numbers; 0 if not even one is known.
    #[inline(always)]
    pub(super) fn bits(self) -> u32 {
        u32::from(self.bits & !Self::END)
    }

    /// How many coefficients they stand for.
    #[inline(always)]
    pub(super) fn coefficients(self) -> usize {
        usize::from(self.coefficients)
    }

    /// Whether the last one ends the block.
    #[inline(always)]
    pub(super) fn is_end(self) -> bool {
        self.bits & Self::END != 0
    }
}

/// A Huffman table.
pub(super) struct Huffman {
    entries: Box<[Entry; 1 << AHEAD]>,
    passes: Box<[Pass; 1 << AHEAD]>,
    /// By length: one past the largest code word, shifted up to 16 bits.
    limit: [u32; 17],
    /// By length: what to add to a code word to find its symbol.
    offset: [i32; 17],
    symbols: [u8; 256],
}

impl Huffman {
    /// A table of `counts[i]` code words of `i + 1` bits, with their symbols in order.
    /// `None` if there are more code words than bits can tell apart.
    pub(super) fn new(counts: &[u8; 16], values: &[u8]) -> Option<Self> {
        let mut symbols = [0; 256];
        symbols.get_mut(..values.len())?.copy_from_slice(values);
        let mut table = Self {
            entries: Box::new([Entry::default(); 1 << AHEAD]),
            passes: Box::new([Pass::default(); 1 << AHEAD]),
            limit: [0; 17],
            offset: [0; 17],
            symbols,
        };
        let (mut code, mut index) = (0_u32, 0_usize);
        for length in 1..=16_u32 {
            table.offset[length as usize] = index as i32 - code as i32;
            for _ in 0..counts[length as usize - 1] {
                if code >= 1 << length {
                    return None;
                }
                if length <= AHEAD {
                    table.enter(code, length, *values.get(index)?);
                }
                code += 1;
                index += 1;
            }
            table.limit[length as usize] = code << (16 - length);
            code <<= 1;
        }
        let passes = std::array::from_fn(|index| table.make_pass(index));
        *table.passes = passes;
        Some(table)
    }

    /// Adds up the code words that lie within the bits of `index`.
    fn make_pass(&self, index: usize) -> Pass {
        let mut pass = Pass::default();
        while u32::from(pass.bits) < AHEAD {
            let entry = self.entry(index << pass.bits);
            if entry.length() == 0 || u32::from(pass.bits) + entry.length() > AHEAD {
                break;
            }
            let (run, size) = (entry.symbol() >> 4, entry.symbol() & 15);
            if size == 0 && run < 15 {
                pass.bits = (pass.bits + entry.length() as u8) | Pass::END;
                break;
            }
            pass.bits += entry.length() as u8 + size;
            pass.coefficients += run + 1;
        }
        pass
    }

    /// Enters a code word at every index that begins with it.
    fn enter(&mut self, code: u32, length: u32, symbol: u8) {
        let free = AHEAD - length;
        let size = u32::from(symbol & 15);
        let first = (code << free) as usize;
        for (after, entry) in self.entries[first..first + (1 << free)]
            .iter_mut()
            .enumerate()
        {
            *entry = Entry {
                lengths: length as u8,
                symbol,
                number: 0,
            };
            if (1..=free).contains(&size) {
                entry.lengths |= ((length + size) as u8) << 4;
                entry.number = extend(after as u32 >> (free - size), size) as i16;
            }
        }
    }

    /// What the [`AHEAD`] bits of `index` begin with.
    #[inline(always)]
    pub(super) fn entry(&self, index: usize) -> Entry {
        self.entries[index & ((1 << AHEAD) - 1)]
    }

    /// What the [`AHEAD`] bits of `index` pass over.
    #[inline(always)]
    pub(super) fn pass(&self, index: usize) -> Pass {
        self.passes[index & ((1 << AHEAD) - 1)]
    }

    /// Length and symbol of the code word of more than [`AHEAD`] bits that `code`'s 16 bits begin
    /// with. `None` if none does.
    pub(super) fn long(&self, code: u32) -> Option<(u32, u8)> {
        let length = (AHEAD + 1..=16).find(|&length| code < self.limit[length as usize])?;
        let index = (code >> (16 - length)) as i32 + self.offset[length as usize];
        Some((length, self.symbols[(index & 0xff) as usize]))
    }
}

#[cfg(test)]
mod tests {
    use super::super::bits::{Bits, Flaw};
    use super::*;

    #[test]
    fn code_words_of_every_length_are_read() {
        // One code word of each length 1 to 16: 0, 10, 110, …
        let values: Vec<u8> = (0..16).collect();
        let table = Huffman::new(&[1; 16], &values).unwrap();
        for length in 1..=16_u32 {
            let word = (0xffff_u32 << (17 - length)) as u16 & !(1 << (16 - length));
            let mut bytes: Vec<u8> = Vec::new();
            for byte in word.to_be_bytes().into_iter().chain([0x55; 4]) {
                bytes.push(byte);
                if byte == 0xff {
                    bytes.push(0);
                }
            }
            let mut bits = Bits::new(&bytes, 0);
            assert_eq!(bits.symbol(&table), Ok(length as u8 - 1), "{length} bits");
        }
        let mut bits = Bits::new(&[0xff, 0, 0xff, 0, 0, 0], 0);
        assert_eq!(bits.symbol(&table), Err(Flaw::BadCode));
        let mut three_of_one_bit = [0; 16];
        three_of_one_bit[0] = 3;
        assert!(Huffman::new(&three_of_one_bit, &[1, 2, 3]).is_none());
    }

    #[test]
    fn an_entry_knows_the_number_that_lies_within_its_bits() {
        // 0: one bit follows; 10: three bits; 110: nine bits, which do not fit.
        let mut counts = [0; 16];
        counts[..3].fill(1);
        let table = Huffman::new(&counts, &[0x21, 0x03, 0x09]).unwrap();
        for (index, length, with_number, symbol, number) in [
            (0b00_0000_0000, 1, 2, 0x21, -1),
            (0b01_1111_1111, 1, 2, 0x21, 1),
            (0b10_0000_0000, 2, 5, 0x03, -7),
            (0b10_0111_1111, 2, 5, 0x03, -4),
            (0b10_1000_0000, 2, 5, 0x03, 4),
            (0b11_0111_1111, 3, 0, 0x09, 0),
            (0b11_1111_1111, 0, 0, 0, 0),
        ] {
            let entry = table.entry(index);
            let got = (
                entry.length(),
                entry.with_number(),
                entry.symbol(),
                entry.number(),
            );
            assert_eq!(got, (length, with_number, symbol, number), "{index:#b}");
        }
        // Two code words of two bits, 2 and 2 zeros before a coefficient each; then the next.
        let passes = [
            0b00_0100_0000,
            0b00_0110_0000,
            0b10_0000_0000,
            0b11_1111_1111,
        ];
        let got = passes.map(|index| {
            let pass = table.pass(index);
            (pass.bits(), pass.coefficients(), pass.is_end())
        });
        assert_eq!(
            got,
            [
                (10, 15, false),
                (11, 10, false),
                (11, 10, false),
                (0, 0, false)
            ]
        );
        // Numbers by T.81, table F.1.
        assert_eq!(extend(0, 0), 0);
        assert_eq!([0, 1, 2, 3].map(|bits| extend(bits, 2)), [-3, -2, 2, 3]);
    }
}
