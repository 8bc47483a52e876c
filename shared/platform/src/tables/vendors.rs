use std::collections::HashMap;

use domain::config::Settings;
use domain::identity::Identity;
use domain::{
    Marks, Observed, Provider, SessionStatus, VendorConfig, VendorId, WabaId, WabaInstance, limits,
};
use jiff::Timestamp;

use super::erasure::is_erasing;
use super::item::{Change, Item, Reader, b, json, key, ms, n, s};
use super::raw::VendorItems;
use super::{Tables, pacing};
use crate::error::AwsError;

/// A vendor and its numbers.
#[derive(Clone, Debug)]
pub struct VendorRow {
    pub config: VendorConfig,
    pub instances: Vec<WabaInstance>,
}

pub(super) fn config_key(vendor: &VendorId) -> Item {
    HashMap::from([("pk".to_owned(), s(vendor.as_str()))])
}

pub(super) fn instance_key(vendor: &VendorId, waba: &WabaId) -> Item {
    key(vendor.as_str(), &format!("waba#{waba}"))
}

impl Tables {
    /// A vendor's configuration and all its numbers.
    pub async fn vendor(&self, vendor: &VendorId) -> Result<Option<VendorRow>, AwsError> {
        let items = self.vendor_items(vendor).await?;
        items.map(|items| items.row()).transpose()
    }

    pub(crate) async fn vendor_items(
        &self,
        vendor: &VendorId,
    ) -> Result<Option<VendorItems>, AwsError> {
        let item = self
            .get(
                "reading a vendor",
                &self.names.vendor_configs,
                config_key(vendor),
            )
            .await?;
        let Some(config) = item.filter(|item| !is_erasing(item)) else {
            return Ok(None);
        };
        let numbers = self.number_items(vendor).await?;
        Ok(Some(VendorItems { config, numbers }))
    }

    /// A vendor's numbers, by their ids.
    pub async fn instances(&self, vendor: &VendorId) -> Result<Vec<WabaInstance>, AwsError> {
        let items = self.number_items(vendor).await?;
        items.iter().map(read_instance).collect()
    }

    async fn number_items(&self, vendor: &VendorId) -> Result<Vec<Item>, AwsError> {
        let request = self
            .client
            .query()
            .table_name(&self.names.waba_instances)
            .key_condition_expression("pk = :pk AND begins_with(sk, :waba)")
            .expression_attribute_values(":pk", s(vendor.as_str()))
            .expression_attribute_values(":waba", s("waba#"))
            .consistent_read(true);
        let answer = request
            .send()
            .await
            .map_err(|error| AwsError::of("reading a vendor's numbers", &error))?;
        Ok(answer.items)
    }

    /// Vendors in the order of the table, from after `start`; with the place where the next page begins.
    pub async fn vendors(
        &self,
        limit: i32,
        start: Option<&VendorId>,
    ) -> Result<(Vec<VendorConfig>, Option<VendorId>), AwsError> {
        let request = self
            .client
            .scan()
            .table_name(&self.names.vendor_configs)
            .limit(limit)
            .exclusive_start_key(start.map(config_key));
        let answer = request
            .send()
            .await
            .map_err(|error| AwsError::of("listing vendors", &error))?;
        let next = answer
            .last_evaluated_key
            .as_ref()
            .and_then(|key| Reader::new(key, "listing vendors").parsed_opt("pk"));
        let vendors = answer
            .items
            .iter()
            .filter(|item| !is_erasing(item))
            .map(read_config)
            .collect::<Result<_, _>>()?;
        Ok((vendors, next))
    }

    /// Notes whose number a session was seen to be.
    pub async fn note_identity(
        &self,
        (vendor, waba): (&VendorId, &WabaId),
        identity: Identity,
        now: Timestamp,
    ) -> Result<(), AwsError> {
        let change = Change::of(&self.names.waba_instances, instance_key(vendor, waba))
            .set("identity", s(identity.as_str()))
            .when("attribute_exists(pk)");
        let change = if identity == Identity::Verified {
            change.set("verifiedAt", ms(now))
        } else {
            change
        };
        self.commit("noting whose number a session is", vec![change.transact()])
            .await
            .map(|_| ())
    }

    /// Notes what the provider told of a session's settings: its number of the session, and what was observed.
    pub async fn note_settings(&self, instance: &WabaInstance) -> Result<(), AwsError> {
        let observed = &instance.observed;
        let drift = (!observed.drift.is_empty()).then(|| json(&observed.drift));
        let key = instance_key(&instance.vendor_id, &instance.waba_id);
        let change = Change::of(&self.names.waba_instances, key)
            .set("providerSessionId", instance.provider_session_id.map(n))
            .set("drift", drift)
            .set("loggingOn", observed.logging_on.map(b))
            .set(
                "providerAccountProtection",
                observed.account_protection.map(b),
            )
            // Registered anew meanwhile: it may be another session.
            .when("#providerInstanceId = :asked AND #phone = :phone")
            .bind("asked", s(&instance.provider_instance_id))
            .bind("phone", s(instance.phone.expose()));
        self.commit("noting a session's settings", vec![change.transact()])
            .await
            .map(|_| ())
    }

    /// What a session last told of itself; `is_held` until its number is verified.
    pub(super) fn session_noted(
        &self,
        (vendor, waba): (&VendorId, &WabaId),
        status: SessionStatus,
        is_held: bool,
        now: Timestamp,
    ) -> Change {
        let change = Change::of(&self.names.waba_instances, instance_key(vendor, waba))
            .set("status", s(status.as_str()))
            .set("updatedAt", ms(now))
            .when("attribute_exists(pk)");
        if is_held {
            change.set("identity", s(Identity::Pending.as_str()))
        } else {
            change
        }
    }

    pub(super) fn config_change(&self, config: &VendorConfig) -> Change {
        let settings = (config.settings != Settings::default()).then(|| json(&config.settings));
        let catalogue = (config.catalogue.parts > 0).then(|| json(&config.catalogue));
        Change::of(&self.names.vendor_configs, config_key(&config.vendor_id))
            .set("businessName", s(&config.business_name))
            .set("active", b(config.active))
            .set("autoReply", b(config.auto_reply))
            .set("language", s(&config.language))
            .set("answerGroups", b(config.answer_groups))
            .set("typedPauseMinutes", n(config.typed_pause_minutes))
            .set("settings", settings)
            .set("catalogue", catalogue)
            .set("revision", n(config.revision))
            .set_if_absent("createdAt", ms(config.created_at))
            .set("updatedAt", ms(config.updated_at))
            .set("schema", n(1))
    }
}

pub(super) fn read_config(item: &Item) -> Result<VendorConfig, AwsError> {
    let from = Reader::new(item, "reading a vendor");
    Ok(VendorConfig {
        vendor_id: from.parsed("pk")?,
        business_name: from.text("businessName")?.to_owned(),
        active: from.flag("active"),
        auto_reply: from.flag("autoReply"),
        language: from.text("language")?.to_owned(),
        answer_groups: from.flag("answerGroups"),
        typed_pause_minutes: from
            .number_opt("typedPauseMinutes")
            .unwrap_or(limits::TYPED_PAUSE_MINUTES),
        settings: from.json_or_default("settings")?,
        catalogue: from.json_or_default("catalogue")?,
        revision: from.number_opt("revision").unwrap_or_default(),
        created_at: from.time("createdAt")?,
        updated_at: from.time("updatedAt")?,
    })
}

pub(super) fn read_instance(item: &Item) -> Result<WabaInstance, AwsError> {
    let from = Reader::new(item, "reading a vendor's number");
    let waba = from.text("sk")?.trim_start_matches("waba#");
    Ok(WabaInstance {
        vendor_id: from.parsed("pk")?,
        waba_id: WabaId::parse(waba).map_err(|_| from.unreadable())?,
        provider: Provider::Wasender,
        phone: from.parsed("phone")?,
        provider_instance_id: from.text("providerInstanceId")?.to_owned(),
        provider_session_id: from.number_opt("providerSessionId"),
        status: from.text("status")?.to_owned(),
        pacing: pacing::read_pacing(&from),
        observed: Observed {
            identity: from
                .text_opt("identity")
                .and_then(Identity::parse)
                .unwrap_or_default(),
            verified_at: from.time_opt("verifiedAt"),
            drift: from.json_or_default("drift")?,
            logging_on: from.flag_opt("loggingOn"),
            account_protection: from.flag_opt("providerAccountProtection"),
        },
        repair_drift: from.flag_opt("repairDrift").unwrap_or(true),
        marks: Marks {
            api_key: from.parsed_opt("keyMark"),
            webhook: from.parsed_opt("webhookMark"),
            next: from.parsed_opt("nextMark"),
        },
        incomplete: from.flag("incomplete"),
        revision: from.number_opt("revision").unwrap_or_default(),
        created_at: from.time("createdAt")?,
        updated_at: from.time("updatedAt")?,
    })
}
