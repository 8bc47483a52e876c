use domain::Proof;
use http::HeaderMap;
use thiserror::Error;

/// Wasender's own header: the session's webhook secret in plain text (its documentation, and every official SDK).
const SHARED: &str = "x-webhook-signature";

/// The owner's older dialect: the HMAC-SHA256 of the raw body, in hex.
const HMAC: &str = "x-wasender-signature";

/// Why the headers of a request show no proof that could be checked. To the sender it is one and the same 401.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NoProof {
    #[error("the request has no signature header")]
    Missing,
    /// A signature twice, also as a list in one header (API Gateway joins repeated headers by a comma), or both kinds at once.
    #[error("the request has more than one signature")]
    Ambiguous,
    #[error("the signature header is not of the form it should have")]
    Unreadable,
}

/// Reads the one signature of a request, whichever of the two dialects it is in.
pub fn proof(headers: &HeaderMap) -> Result<Proof, NoProof> {
    match (only(headers, SHARED)?, only(headers, HMAC)?) {
        (None, None) => Err(NoProof::Missing),
        (Some(_), Some(_)) => Err(NoProof::Ambiguous),
        (Some(shared), None) => Ok(Proof::shared(shared)),
        (None, Some(tag)) => Proof::hmac(tag).ok_or(NoProof::Unreadable),
    }
}

/// The value of a header that may be given once.
fn only<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, NoProof> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(NoProof::Ambiguous);
    }
    let text = value.to_str().map_err(|_| NoProof::Unreadable)?;
    match text {
        text if text.contains(',') => Err(NoProof::Ambiguous),
        text if text.trim().is_empty() => Err(NoProof::Unreadable),
        text => Ok(Some(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};

    fn shown(headers: &[(&str, &[u8])]) -> Result<Proof, NoProof> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            map.append(name, HeaderValue::from_bytes(value).unwrap());
        }
        proof(&map)
    }

    #[test]
    fn either_dialect_is_read_whatever_the_case_of_its_header() {
        let tag = "0f".repeat(32);
        assert!(matches!(
            shown(&[("X-Webhook-Signature", b"secret_123")]),
            Ok(Proof::Shared(_))
        ));
        for tag in [tag.clone(), format!("sha256={tag}")] {
            let read = shown(&[("x-WASENDER-signature", tag.as_bytes())]);
            assert!(matches!(read, Ok(Proof::Hmac(bytes)) if bytes == [0x0f; 32]));
        }
    }

    #[test]
    fn a_signature_given_twice_is_refused_in_every_form() {
        let (shared, tag) = ("X-Webhook-Signature", "0".repeat(64));
        for headers in [
            [(shared, &b"secret_123"[..]), (shared, b"secret_123")],
            [(shared, b"secret_123,secret_123"), ("X-Other", b"")],
            [
                (shared, b"secret_123"),
                ("X-Wasender-Signature", tag.as_bytes()),
            ],
        ] {
            assert_eq!(shown(&headers).unwrap_err(), NoProof::Ambiguous);
        }
    }

    #[test]
    fn a_header_without_a_readable_signature_is_refused() {
        assert_eq!(shown(&[]).unwrap_err(), NoProof::Missing);
        assert_eq!(
            shown(&[("Authorization", b"secret_123")]).unwrap_err(),
            NoProof::Missing
        );
        for (name, value) in [
            ("X-Webhook-Signature", &b""[..]),
            ("X-Webhook-Signature", b"  "),
            ("X-Webhook-Signature", b"secr\xe9t"),
            ("X-Wasender-Signature", b"secret_123"),
            ("X-Wasender-Signature", b""),
        ] {
            assert_eq!(
                shown(&[(name, value)]).unwrap_err(),
                NoProof::Unreadable,
                "{name}"
            );
        }
    }
}
