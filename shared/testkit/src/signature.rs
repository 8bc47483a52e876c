use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// What the owner's older dialect puts into `X-Wasender-Signature`: `sha256=` and the HMAC of the raw body in hex.
pub fn hmac_signature(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes())
        .expect("HMAC accepts a key of any length");
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_vector_holds() {
        // RFC 4231, test case 2.
        let expected = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(
            hmac_signature("Jefe", b"what do ya want for nothing?"),
            expected
        );
    }
}
