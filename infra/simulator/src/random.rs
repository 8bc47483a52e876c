use std::hash::{BuildHasher, Hasher, RandomState};

/// So many random hex digits. They come from the standard library's hash seeds: enough for made-up keys.
pub(crate) fn random_hex(digits: usize) -> String {
    let digit = || u32::try_from(RandomState::new().build_hasher().finish() & 0xF).ok();
    (0..digits)
        .filter_map(|_| char::from_digit(digit()?, 16))
        .collect()
}
