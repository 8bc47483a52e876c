use std::sync::Arc;

/// The trace header of X-Ray, such as `Root=1-65a1b2c3-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled=1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trace(Arc<str>);

/// Bytes of a header that is carried on.
const MOST_BYTES: usize = 256;

impl Trace {
    /// A header that names a trace. One that does not, or holds anything else than a header can, is carried no further.
    pub(super) fn read(header: &str) -> Option<Self> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"=;:-_.".contains(&byte);
        let is_header = header.len() <= MOST_BYTES && header.bytes().all(is_plain);
        let is_named = root(header).is_some_and(|root| !root.is_empty());
        (is_header && is_named).then(|| Self(header.into()))
    }

    pub(super) fn header(&self) -> &str {
        &self.0
    }

    /// The trace's id, the same from the webhook to the call of the provider.
    pub(super) fn root(&self) -> &str {
        root(&self.0).unwrap_or_default()
    }
}

fn root(header: &str) -> Option<&str> {
    let mut parts = header.split(';');
    parts.find_map(|part| part.trim().strip_prefix("Root="))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_names_its_trace_wherever_that_stands() {
        for header in [
            "Root=1-a-b;Parent=c;Sampled=1",
            "Self=1-x;Root=1-a-b",
            "Root=1-a-b",
        ] {
            let trace = Trace::read(header).unwrap();
            assert_eq!((trace.root(), trace.header()), ("1-a-b", header));
        }
    }

    #[test]
    fn what_is_no_header_is_carried_no_further() {
        let long = format!("Root={}", "1".repeat(300));
        for header in ["", "Root=", "Parent=c", "Root=1-a\"b", "Root=1-a\nb", &long] {
            assert_eq!(Trace::read(header), None, "{header}");
        }
    }
}
