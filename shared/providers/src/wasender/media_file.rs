//! WhatsApp's encryption of files: each has a key of its own, which came with its message.

use aes::Aes256;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit};
use domain::{Kind, Media};
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// So many bytes of the authentication code stand behind the encrypted file.
const CODE_BYTES: usize = 10;

/// What an encrypted file may be larger than the file itself: the padding and the code.
pub const OVERHEAD_BYTES: u64 = 16 + CODE_BYTES as u64;

/// Why a file can't be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NotOpened {
    #[error("the message told no key for its file, or none that fits")]
    NoKey,
    /// It was cut, changed, or encrypted with another key.
    #[error("the file is not what its sender sent")]
    Damaged,
}

/// Decrypts a file in its place, after proof that it is what its sender sent.
pub fn open(kind: Kind, media_key: &str, mut file: Vec<u8>) -> Result<Vec<u8>, NotOpened> {
    let keys = Keys::derive(kind, media_key).ok_or(NotOpened::NoKey)?;
    let body = file
        .len()
        .checked_sub(CODE_BYTES)
        .ok_or(NotOpened::Damaged)?;
    let (encrypted, code) = file.split_at_mut(body);
    let mut hmac = Hmac::<Sha256>::new_from_slice(keys.code_key()).map_err(|_| NotOpened::NoKey)?;
    hmac.update(keys.iv());
    hmac.update(encrypted);
    hmac.verify_truncated_left(code)
        .map_err(|_| NotOpened::Damaged)?;
    let cipher = cbc::Decryptor::<Aes256>::new_from_slices(keys.cipher_key(), keys.iv())
        .map_err(|_| NotOpened::NoKey)?;
    let length = cipher
        .decrypt_padded::<Pkcs7>(encrypted)
        .map_err(|_| NotOpened::Damaged)?
        .len();
    file.truncate(length);
    Ok(file)
}

/// Whether a file in the clear is the one that its message names. A message that names none is believed.
pub fn is_meant(media: &Media, file: &[u8]) -> bool {
    let Some(named) = media.sha256.as_deref() else {
        return true;
    };
    STANDARD
        .decode(named)
        .is_ok_and(|named| named == Sha256::digest(file).as_slice())
}

/// What a media key is stretched to.
struct Keys([u8; 112]);

impl Keys {
    fn derive(kind: Kind, media_key: &str) -> Option<Self> {
        let info: &[u8] = match kind {
            Kind::Image | Kind::Sticker => b"WhatsApp Image Keys",
            Kind::Video => b"WhatsApp Video Keys",
            Kind::Audio => b"WhatsApp Audio Keys",
            Kind::Document => b"WhatsApp Document Keys",
            Kind::Text
            | Kind::Location
            | Kind::Contact
            | Kind::Reaction
            | Kind::Choice
            | Kind::Poll
            | Kind::Call
            | Kind::Unsupported => return None,
        };
        let key = STANDARD.decode(media_key).ok()?;
        if key.len() != 32 {
            return None;
        }
        let mut keys = [0; 112];
        let stretched = Hkdf::<Sha256>::new(None, &key);
        stretched.expand(info, &mut keys).ok()?;
        Some(Self(keys))
    }

    fn iv(&self) -> &[u8] {
        &self.0[..16]
    }

    fn cipher_key(&self) -> &[u8] {
        &self.0[16..48]
    }

    fn code_key(&self) -> &[u8] {
        &self.0[48..80]
    }
}

#[cfg(test)]
mod tests {
    use cbc::cipher::BlockModeEncrypt;
    use proptest::prelude::*;

    use super::*;

    const KEY: [u8; 32] = [7; 32];

    /// As a phone does it.
    fn sealed(kind: Kind, file: &[u8]) -> Vec<u8> {
        let keys = Keys::derive(kind, &STANDARD.encode(KEY)).unwrap();
        let mut sealed = vec![0; file.len() / 16 * 16 + 16];
        cbc::Encryptor::<Aes256>::new_from_slices(keys.cipher_key(), keys.iv())
            .unwrap()
            .encrypt_padded_b2b::<Pkcs7>(file, &mut sealed)
            .unwrap();
        let mut hmac = Hmac::<Sha256>::new_from_slice(keys.code_key()).unwrap();
        hmac.update(keys.iv());
        hmac.update(&sealed);
        sealed.extend_from_slice(&hmac.finalize().into_bytes()[..CODE_BYTES]);
        sealed
    }

    fn opened(kind: Kind, file: &[u8]) -> Result<Vec<u8>, NotOpened> {
        open(kind, &STANDARD.encode(KEY), file.to_vec())
    }

    /// Made with Python's `cryptography`: HKDF, AES-CBC and HMAC of another hand.
    #[test]
    fn a_file_that_another_implementation_sealed_is_opened() {
        let sealed = hex::decode(include_str!("media_file.hex").trim()).unwrap();
        assert_eq!(
            opened(Kind::Image, &sealed).as_deref(),
            Ok(&b"a small picture of a green door"[..])
        );
    }

    #[test]
    fn each_kind_has_keys_of_its_own_and_stickers_are_images() {
        let image = sealed(Kind::Image, b"picture");
        assert_eq!(
            opened(Kind::Sticker, &image).as_deref(),
            Ok(&b"picture"[..])
        );
        for kind in [Kind::Video, Kind::Audio, Kind::Document] {
            assert_eq!(opened(kind, &image), Err(NotOpened::Damaged), "{kind:?}");
        }
        assert_eq!(opened(Kind::Text, &image), Err(NotOpened::NoKey));
    }

    #[test]
    fn a_key_that_is_none_opens_nothing() {
        let image = sealed(Kind::Image, b"picture");
        for key in ["", "?", "AAAA", &STANDARD.encode([7; 33])] {
            let opened = open(Kind::Image, key, image.clone());
            assert_eq!(opened, Err(NotOpened::NoKey), "{key}");
        }
        let other = open(Kind::Image, &STANDARD.encode([8; 32]), image);
        assert_eq!(other, Err(NotOpened::Damaged));
    }

    #[test]
    fn a_file_is_compared_with_the_checksum_of_its_message() {
        let media = Media {
            sha256: Some(STANDARD.encode(Sha256::digest(b"picture"))),
            ..Media::default()
        };
        assert!(is_meant(&media, b"picture"));
        assert!(!is_meant(&media, b"another"));
        assert!(is_meant(&Media::default(), b"anything"));
    }

    proptest! {
        #[test]
        fn what_was_sealed_is_opened(file in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert_eq!(opened(Kind::Video, &sealed(Kind::Video, &file)), Ok(file));
        }

        #[test]
        fn no_changed_bit_goes_unnoticed(
            file in proptest::collection::vec(any::<u8>(), 0..100), at in any::<prop::sample::Index>(), bit in 0..8,
        ) {
            let mut sealed = sealed(Kind::Audio, &file);
            let at = at.index(sealed.len());
            sealed[at] ^= 1_u8 << bit;
            prop_assert_eq!(opened(Kind::Audio, &sealed), Err(NotOpened::Damaged));
        }

        #[test]
        fn bytes_of_any_kind_never_panic(file in proptest::collection::vec(any::<u8>(), 0..100)) {
            prop_assert_eq!(opened(Kind::Document, &file), Err(NotOpened::Damaged));
        }
    }
}
