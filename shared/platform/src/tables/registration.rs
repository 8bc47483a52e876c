//! Writing a vendor's number: it, the vendor, its lane and everything that is unique over all vendors, or nothing.

use aws::dynamodb::TransactWriteItem;
use domain::{Lane, Mark, Marks, PhoneNumber, Provider, VendorConfig, WabaInstance};
use jiff::Timestamp;

use super::closing::deleted_key;
use super::item::{Change, Item, b, delete, key, ms, n, s};
use super::vendors::{config_key, instance_key};
use super::{Commit, Tables, marks};
use crate::error::AwsError;

/// How registering a vendor's number ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registration {
    Done,
    /// The number belongs to another vendor or to another number of this one.
    PhoneTaken,
    /// The provider's instance id does.
    InstanceTaken,
    /// The webhook secret does.
    SecretTaken,
    /// The API key does.
    KeyTaken,
    /// The vendor, the number or its lane moved meanwhile: they are to be read and decided about anew.
    Moved,
}

/// What a registration writes: each part as it was read, and as it is to be.
#[derive(Clone, Copy, Debug)]
pub struct Registered<'a> {
    pub config: (Option<&'a VendorConfig>, &'a VendorConfig),
    pub number: (Option<&'a WabaInstance>, &'a WabaInstance),
    pub lane: (&'a Lane, &'a Lane),
    /// There is a new session behind the number: what was known of the former one is forgotten, as it is with another phone number or
    /// another instance id.
    pub is_anew: bool,
}

pub(super) fn phone_key(phone: &PhoneNumber) -> Item {
    key(format!("phone#{}", phone.expose()), "unique")
}

pub(super) fn provider_instance_key(provider: Provider, id: &str) -> Item {
    key(format!("instance#{}#{id}", provider.as_str()), "unique")
}

impl Tables {
    /// Writes a vendor and one of its numbers, new or changed. Number, provider's instance id, key and webhook secret stay unique over all
    /// vendors. The number is incomplete until [`Tables::completed`] says that its secrets are stored.
    pub async fn register(
        &self,
        registered: Registered<'_>,
        now: Timestamp,
    ) -> Result<Registration, AwsError> {
        let (_, after) = registered.number;
        let at = (&after.vendor_id, &after.waba_id);
        let mut parts = self.unique(registered, now);
        let mut add = |part| parts.push((Registration::Moved, part));
        add(self.config_step(registered.config));
        add(self.instance_change(registered));
        add(self.watch_begun(at, now));
        add(delete(&self.names.waba_instances, deleted_key(at.0, at.1)));
        let (lane_before, lane) = registered.lane;
        // The lanes of the numbers that a vendor has follow its pauses; that of a number which was deleted meanwhile did not.
        let is_new = registered.number.0.is_none();
        let is_silent = !registered.config.1.active;
        if lane_before != lane {
            let change = self.lane_change(lane_before, at, lane, now);
            let heard = if is_new {
                change.set("silent", is_silent.then(|| b(true)))
            } else {
                change
            };
            add(heard.transact());
        } else if is_new && lane.silent != is_silent {
            add(self.silenced(at, is_silent, now));
        }
        let (outcomes, parts): (Vec<_>, Vec<_>) = parts.into_iter().unzip();
        Ok(match self.commit("registering a vendor", parts).await? {
            Commit::Done => Registration::Done,
            Commit::Lost(lost) => lost
                .first()
                .and_then(|part| outcomes.get(*part).copied())
                .unwrap_or(Registration::Moved),
        })
    }

    /// Notes that a number's secrets are stored as it was registered with `revision`.
    pub async fn completed(&self, number: &WabaInstance) -> Result<(), AwsError> {
        let key = instance_key(&number.vendor_id, &number.waba_id);
        let change = Change::of(&self.names.waba_instances, key)
            .set("incomplete", None)
            .when("#revision = :asked")
            .bind("asked", n(number.revision));
        self.commit("completing a registration", vec![change.transact()])
            .await
            .map(|_| ())
    }

    /// The parts that keep unique what must be, each with what its failure means.
    fn unique(
        &self,
        registered: Registered<'_>,
        now: Timestamp,
    ) -> Vec<(Registration, TransactWriteItem)> {
        let (before, after) = registered.number;
        let at = (&after.vendor_id, &after.waba_id);
        let table = &self.names.waba_instances;
        let unique = |key: Item| {
            Change::of(table, key)
                .set("owner", s(marks::owner(at)))
                .when("attribute_not_exists(pk) OR #owner = :owner")
                .transact()
        };
        let instance =
            |it: &WabaInstance| provider_instance_key(it.provider, &it.provider_instance_id);
        let claim = |mark: &Mark| self.mark_claimed(mark, at, now);
        let mut parts = vec![
            (Registration::PhoneTaken, unique(phone_key(&after.phone))),
            (Registration::InstanceTaken, unique(instance(after))),
        ];
        let Marks {
            webhook,
            next,
            api_key,
        } = &after.marks;
        parts.extend(
            webhook
                .iter()
                .chain(next)
                .map(|it| (Registration::SecretTaken, claim(it))),
        );
        parts.extend(api_key.iter().map(|it| (Registration::KeyTaken, claim(it))));
        let Some(before) = before else { return parts };
        let mut add = |part| parts.push((Registration::Moved, part));
        if before.phone != after.phone {
            add(delete(table, phone_key(&before.phone)));
        }
        if instance(before) != instance(after) {
            add(delete(table, instance(before)));
        }
        let left = (&before.marks, &after.marks);
        self.marks_left(at, left, now).into_iter().for_each(add);
        parts
    }

    /// A vendor that is not changed must be as it was read: nobody paused or deleted it meanwhile.
    fn config_step(
        &self,
        (before, after): (Option<&VendorConfig>, &VendorConfig),
    ) -> TransactWriteItem {
        if before == Some(after) {
            let check = Change::of(&self.names.vendor_configs, config_key(&after.vendor_id));
            return unmoved(check, Some(after.revision)).transact();
        }
        let change = self.config_change(after);
        unmoved(change, before.map(|before| before.revision)).transact()
    }

    fn instance_change(&self, registered: Registered<'_>) -> TransactWriteItem {
        let (before, number) = registered.number;
        let key = instance_key(&number.vendor_id, &number.waba_id);
        let change = Change::of(&self.names.waba_instances, key)
            .set("provider", s(number.provider.as_str()))
            .set("phone", s(number.phone.expose()))
            .set("providerInstanceId", s(&number.provider_instance_id))
            .set("plan", s(number.pacing.plan.as_str()))
            .set("accountProtection", b(number.pacing.account_protection))
            .set("dailyCap", number.pacing.daily_cap.map(n))
            .set("jitter", b(number.pacing.jitter))
            .set("repairDrift", (!number.repair_drift).then(|| b(false)))
            .set("incomplete", number.incomplete.then(|| b(true)))
            .set("revision", n(number.revision))
            .set_if_absent("status", s(&number.status))
            .set_if_absent("createdAt", ms(number.created_at))
            .set("updatedAt", ms(number.updated_at))
            .set("schema", n(1));
        let change = marks::set_marks(change, &number.marks);
        let change = unmoved(change, before.map(|before| before.revision));
        let is_another = before.is_some_and(|before| !before.is_session_of(number));
        if !registered.is_anew && !is_another {
            return change.transact();
        }
        let forgotten = ["identity", "verifiedAt", "providerSessionId", "drift"];
        let learned = ["loggingOn", "providerAccountProtection"];
        let all = forgotten.into_iter().chain(learned);
        all.fold(change, |change, name| change.set(name, None))
            .transact()
    }
}

/// The change on the condition that its item still has the revision that was read; `None` is that there was no item, 0 one of an older
/// release.
pub(super) fn unmoved(change: Change, revision: Option<u64>) -> Change {
    match revision {
        None => change.when("attribute_not_exists(pk)"),
        Some(0) => change.when("attribute_exists(pk) AND attribute_not_exists(#revision)"),
        Some(read) => change.when("#revision = :read").bind("read", n(read)),
    }
}
