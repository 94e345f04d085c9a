//! A hash of names that is the same for all time, for choices that must not change when other names
//! come or go.

/// FNV-1a over the parts, each with an end, and a final mix.
pub(super) fn stable(parts: &[&str]) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for part in parts {
        for byte in part.bytes().chain([0]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    hash ^= hash >> 32;
    hash = hash.wrapping_mul(0xd6e8_feb8_6659_fd93);
    hash ^ hash >> 32
}

#[cfg(test)]
mod tests {
    use super::stable;

    #[test]
    fn the_hash_never_changes_and_knows_where_parts_end() {
        assert_eq!(stable(&["word", "OPEN"]), EXPECTED);
        assert_ne!(stable(&["ab", "c"]), stable(&["a", "bc"]));
    }

    const EXPECTED: u64 = 6_812_407_305_778_371_495;
}
