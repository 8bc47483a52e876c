//! The last code by which a session can be linked. It is a secret, so it is kept only as long as it is good.

use aws::dynamodb::is_condition_failed;
use domain::{Pairing, PairingKind, VendorId, WabaId};
use jiff::Timestamp;

use super::Tables;
use super::item::{Change, Item, Reader, key, ms, n, s, seconds};
use crate::error::AwsError;

/// A code and until when it is good.
#[derive(Clone, Debug)]
pub struct PairingRow {
    pub pairing: Pairing,
    pub expires_at: Timestamp,
}

pub(super) fn pairing_key(vendor: &VendorId, waba: &WabaId) -> Item {
    key(vendor.as_str(), &format!("pairing#{waba}"))
}

impl Tables {
    /// Keeps the last code of a session, in the place of the one before. `false` if a newer one is kept.
    pub async fn keep_pairing(
        &self,
        (vendor, waba): (&VendorId, &WabaId),
        pairing: &Pairing,
        received_at: Timestamp,
    ) -> Result<bool, AwsError> {
        let expires_at = pairing.expiry(received_at);
        let text = |text: &Option<String>| text.as_ref().map(s);
        let change = Change::of(&self.names.waba_instances, pairing_key(vendor, waba))
            .set("schema", n(1))
            .set("kind", s(pairing.kind.as_str()))
            .set("code", text(&pairing.code))
            .set("token", text(&pairing.token))
            .set("stage", text(&pairing.stage))
            .set("requestId", text(&pairing.request_id))
            .set("error", text(&pairing.error))
            .set("receivedAt", ms(received_at))
            .set("goodUntil", ms(expires_at))
            .set("expiresAt", seconds(expires_at))
            .when("attribute_not_exists(pk) OR #receivedAt <= :receivedAt");
        match Self::update(change.request(&self.client)).await {
            Ok(_) => Ok(true),
            Err(error) if is_condition_failed(&error) => Ok(false),
            Err(error) => Err(AwsError::of("keeping a pairing code", &error)),
        }
    }

    /// The last code of a session, while it is good.
    pub async fn pairing(
        &self,
        vendor: &VendorId,
        waba: &WabaId,
        now: Timestamp,
    ) -> Result<Option<PairingRow>, AwsError> {
        let item = self
            .get(
                "reading a pairing code",
                &self.names.waba_instances,
                pairing_key(vendor, waba),
            )
            .await?;
        let row = item.as_ref().map(read).transpose()?;
        Ok(row.filter(|row| now < row.expires_at))
    }
}

fn read(item: &Item) -> Result<PairingRow, AwsError> {
    let from = Reader::new(item, "reading a pairing code");
    let text = |name| from.text_opt(name).map(str::to_owned);
    let kind = PairingKind::parse(from.text("kind")?).ok_or_else(|| from.unreadable())?;
    let expires_at = from.time("goodUntil")?;
    Ok(PairingRow {
        pairing: Pairing {
            code: text("code"),
            token: text("token"),
            stage: text("stage"),
            request_id: text("requestId"),
            error: text("error"),
            expires_at: Some(expires_at),
            ..Pairing::of(kind)
        },
        expires_at,
    })
}
