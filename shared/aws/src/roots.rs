//! The certificates that AWS's endpoints are trusted by: Amazon's own roots, or those of a file.

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

/// Whom AWS's endpoints are trusted by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Roots {
    /// Amazon Trust Services, whose certificates are compiled in: what the machine trusts is not read, which would be most of a cold start.
    #[default]
    Amazon,
    /// Those of a file, in place of Amazon's.
    Bundle(Vec<CertificateDer<'static>>),
}

/// All that Amazon Trust Services issues from, see docs/decisions/0035-amazon-roots.md.
const AMAZON: [&[u8]; 5] = [
    include_bytes!("roots/amazon-root-ca-1.der"),
    include_bytes!("roots/amazon-root-ca-2.der"),
    include_bytes!("roots/amazon-root-ca-3.der"),
    include_bytes!("roots/amazon-root-ca-4.der"),
    include_bytes!("roots/starfield-services-root-g2.der"),
];

impl Roots {
    /// Reads a file of certificates in PEM; `None` if it can't be read, or one of them can't, or there is none.
    pub fn of_file(path: &str) -> Option<Self> {
        Self::of_pem(&std::fs::read(path).ok()?)
    }

    fn of_pem(pem: &[u8]) -> Option<Self> {
        let all = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
        let all = all.ok().filter(|all| !all.is_empty())?;
        // A machine's list may hold some that are of no use for this, but hardly nothing else.
        let usable = RootCertStore::empty().add_parsable_certificates(all.clone());
        (usable.0 > 0).then_some(Self::Bundle(all))
    }

    pub(crate) fn store(&self) -> RootCertStore {
        let mut store = RootCertStore::empty();
        match self {
            Self::Amazon => store.add_parsable_certificates(AMAZON.map(CertificateDer::from)),
            Self::Bundle(all) => store.add_parsable_certificates(all.iter().cloned()),
        };
        store
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::DateTime;
    use jiff::tz::TimeZone;
    use jiff::{SignedDuration, Timestamp};

    use super::*;

    #[test]
    fn every_root_of_amazons_is_one_that_the_web_trusts_too() {
        let store = Roots::Amazon.store();
        assert_eq!(store.roots.len(), AMAZON.len());
        for root in &store.roots {
            let known = webpki_roots::TLS_SERVER_ROOTS
                .iter()
                .find(|known| known.subject == root.subject)
                .expect("a root that browsers have");
            assert_eq!(known.subject_public_key_info, root.subject_public_key_info);
        }
    }

    /// Fails two years before a root expires, so that there is time for a release with the next ones.
    #[test]
    #[expect(clippy::disallowed_methods, reason = "this is about the real time")]
    fn no_root_expires_soon() {
        let soon = Timestamp::now() + SignedDuration::from_hours(2 * 365 * 24);
        for root in AMAZON {
            let expires = expiry(root);
            assert!(expires > soon, "a root expires at {expires}");
        }
        assert_eq!(expiry(AMAZON[0]).to_string(), "2038-01-17T00:00:00Z");
        assert_eq!(expiry(AMAZON[4]).to_string(), "2037-12-31T23:59:59Z");
    }

    #[test]
    fn a_file_takes_the_place_of_amazons() {
        let pem = include_str!("roots/example-bundle.pem");
        let bundle = Roots::of_pem(pem.as_bytes()).expect("two certificates");
        let store = bundle.store();
        assert_eq!(store.roots.len(), 2);
        assert!(Roots::of_pem(b"").is_none());
        assert!(Roots::of_pem(b"no certificate").is_none());
        let broken = pem.replacen("MII", "AAA", 2);
        assert!(Roots::of_pem(broken.as_bytes()).is_none());
        assert!(Roots::of_file("/nowhere/ca-bundle.crt").is_none());
    }

    /// When a certificate expires: the second of its two times, which follow each other. All of these have years of two digits (`UTCTime`).
    fn expiry(der: &[u8]) -> Timestamp {
        const UTC_TIME: [u8; 2] = [0x17, 13];
        let from = der.windows(2).position(|two| two == UTC_TIME);
        let until = &der[from.expect("a validity") + 15..];
        assert_eq!(until[..2], UTC_TIME);
        let text = std::str::from_utf8(&until[2..15]).expect("digits");
        DateTime::strptime("%Y%m%d%H%M%SZ", format!("20{text}"))
            .and_then(|time| time.to_zoned(TimeZone::UTC))
            .expect("a time")
            .timestamp()
    }
}
