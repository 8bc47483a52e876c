//! How a phone encrypts a file before it gives it to WhatsApp, and how its receiver decrypts it.

use aes::Aes256;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The message part of a kind of file, and the words that its keys are made with.
const KINDS: [(&str, &str, &str); 5] = [
    ("image", "imageMessage", "WhatsApp Image Keys"),
    ("sticker", "stickerMessage", "WhatsApp Image Keys"),
    ("video", "videoMessage", "WhatsApp Video Keys"),
    ("audio", "audioMessage", "WhatsApp Audio Keys"),
    ("document", "documentMessage", "WhatsApp Document Keys"),
];

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileKind {
    pub(crate) part: &'static str,
    words: &'static str,
}

impl FileKind {
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::find(|kind| kind.0 == name)
    }

    /// By the message part that describes it.
    pub(crate) fn of_part(part: &str) -> Option<Self> {
        Self::find(|kind| kind.1 == part)
    }

    fn find(is_meant: impl Fn(&(&str, &str, &str)) -> bool) -> Option<Self> {
        let (_, part, words) = *KINDS.iter().find(|kind| is_meant(kind))?;
        Some(Self { part, words })
    }
}

struct Keys {
    iv: [u8; 16],
    cipher: [u8; 32],
    code: [u8; 32],
}

/// HKDF-SHA256 without salt, as RFC 5869 writes it.
fn stretched(media_key: &[u8], words: &str) -> Keys {
    let hash = |key: &[u8], parts: &[&[u8]]| -> [u8; 32] {
        let mut hmac = Hmac::<Sha256>::new_from_slice(key).expect("any length is a key");
        for part in parts {
            hmac.update(part);
        }
        hmac.finalize().into_bytes().into()
    };
    let secret = hash(&[0; 32], &[media_key]);
    let first = hash(&secret, &[words.as_bytes(), &[1]]);
    let second = hash(&secret, &[&first, words.as_bytes(), &[2]]);
    let third = hash(&secret, &[&second, words.as_bytes(), &[3]]);
    let all = [first, second, third].concat();
    let part = |from: usize| {
        let mut part = [0; 32];
        part.copy_from_slice(&all[from..from + 32]);
        part
    };
    let mut iv = [0; 16];
    iv.copy_from_slice(&all[..16]);
    Keys {
        iv,
        cipher: part(16),
        code: part(48),
    }
}

fn code(keys: &Keys, encrypted: &[u8]) -> [u8; 10] {
    let mut hmac = Hmac::<Sha256>::new_from_slice(&keys.code).expect("any length is a key");
    hmac.update(&keys.iv);
    hmac.update(encrypted);
    let mut code = [0; 10];
    code.copy_from_slice(&hmac.finalize().into_bytes()[..10]);
    code
}

pub(crate) fn seal(kind: FileKind, media_key: &[u8], file: &[u8]) -> Vec<u8> {
    let keys = stretched(media_key, kind.words);
    let mut sealed = vec![0; file.len() / 16 * 16 + 16];
    let cipher = cbc::Encryptor::<Aes256>::new(&keys.cipher.into(), &keys.iv.into());
    cipher
        .encrypt_padded_b2b::<Pkcs7>(file, &mut sealed)
        .expect("there is room for the padding");
    let code = code(&keys, &sealed);
    sealed.extend_from_slice(&code);
    sealed
}

/// `None` if the file is not what was sealed with this key.
pub(crate) fn open(kind: FileKind, media_key: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let keys = stretched(media_key, kind.words);
    let (encrypted, end) = sealed.split_at_checked(sealed.len().checked_sub(10)?)?;
    if code(&keys, encrypted) != end {
        return None;
    }
    let mut file = encrypted.to_vec();
    let cipher = cbc::Decryptor::<Aes256>::new(&keys.cipher.into(), &keys.iv.into());
    let length = cipher.decrypt_padded::<Pkcs7>(&mut file).ok()?.len();
    file.truncate(length);
    Some(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_is_opened_with_its_key_and_kind_alone() {
        let image = FileKind::named("image").expect("a kind");
        let video = FileKind::of_part("videoMessage").expect("a kind");
        let sealed = seal(image, &[7; 32], b"picture");
        assert_eq!(
            open(image, &[7; 32], &sealed).as_deref(),
            Some(&b"picture"[..])
        );
        assert_eq!(open(image, &[8; 32], &sealed), None);
        assert_eq!(open(video, &[7; 32], &sealed), None);
        assert_eq!(open(image, &[7; 32], b"short"), None);
        assert_eq!(FileKind::named("text"), None);
    }
}
