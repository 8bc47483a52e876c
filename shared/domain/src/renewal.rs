//! What is made anew at the provider: noted before the provider is asked, so that whoever comes after a crash knows what to look for.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::WabaId;
use crate::limits;
use crate::signature::{SecretRing, WebhookSecret};
use crate::vendor::{ApiKey, InstanceSecrets, VendorSecrets};

/// Which of a number's secrets is made anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Renewed {
    WebhookSecret,
    ApiKey,
}

/// One of a number's secrets that the provider was asked to make anew, or is about to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Renewal {
    pub waba_id: WabaId,
    pub what: Renewed,
    pub since: Timestamp,
}

impl Renewal {
    /// Whether the provider may still have a secret that nobody here knows.
    pub fn is_open(&self, now: Timestamp) -> bool {
        let ends = self.since.checked_add(limits::RENEWAL_LIVES);
        ends.is_ok_and(|ends| now < ends)
    }
}

/// What the provider tells of a session's secrets.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    pub api_key: Option<ApiKey>,
    pub webhook_secret: Option<WebhookSecret>,
    /// Whether it posts webhooks at all.
    pub webhooks_on: Option<bool>,
}

/// What follows for a renewal from what the provider tells.
#[derive(Clone, Debug)]
pub enum Settlement {
    /// The provider has another one, which is the one in use from now on.
    Adopt(VendorSecrets),
    /// Whoever switched the webhooks off did not come to switch them on again.
    SwitchOn,
    /// The provider has the one that is known, and may come to make another.
    Wait,
    /// The provider kept the one that is known.
    Kept(VendorSecrets),
}

impl VendorSecrets {
    /// The renewal of one of a number's secrets, if one is under way.
    pub fn renewing(&self, waba: &WabaId, what: Renewed) -> Option<&Renewal> {
        let mut renewals = self.renewals.iter();
        renewals.find(|renewal| renewal.waba_id == *waba && renewal.what == what)
    }

    /// With a renewal that begins at `now`, in the place of a former one.
    #[must_use]
    pub fn renewal_begun(self, waba: &WabaId, what: Renewed, now: Timestamp) -> Self {
        let mut begun = self.renewal_ended(waba, what);
        begun.renewals.push(Renewal {
            waba_id: waba.clone(),
            what,
            since: now,
        });
        begun
    }

    #[must_use]
    pub fn renewal_ended(mut self, waba: &WabaId, what: Renewed) -> Self {
        self.renewals
            .retain(|renewal| renewal.waba_id != *waba || renewal.what != what);
        self
    }

    /// Whether the provider may sign with a secret that nobody here knows yet: then a proof that does not fit is no forgery for certain.
    pub fn awaits_a_secret(&self, now: Timestamp) -> bool {
        let is_secret = |renewal: &&Renewal| renewal.what == Renewed::WebhookSecret;
        let mut secrets = self.renewals.iter().filter(is_secret);
        secrets.any(|renewal| renewal.is_open(now))
    }

    /// Whether a webhook secret is about to be stored: whoever had it made may be at work.
    pub fn expect_a_secret_soon(&self, now: Timestamp) -> bool {
        let is_at_work = |renewal: &Renewal| {
            let works = renewal.since.checked_add(limits::RENEWAL_WORKS);
            renewal.what == Renewed::WebhookSecret && works.is_ok_and(|works| now < works)
        };
        self.renewals.iter().any(is_at_work)
    }

    /// With another webhook secret in use for a number; the former one, if it has one, stays good for a while.
    #[must_use]
    pub fn with_webhook_secret(self, waba: &WabaId, fresh: &WebhookSecret, now: Timestamp) -> Self {
        let until = previous_until(now);
        let mut with = self.renewal_ended(waba, Renewed::WebhookSecret);
        if with.of(waba).is_none() {
            with.instances.push(InstanceSecrets {
                waba_id: waba.clone(),
                api_key: None,
                webhook: SecretRing::only(fresh.clone()),
            });
        }
        with.change(waba, |own| {
            own.webhook = own.webhook.rotated_to(fresh.clone(), until);
        });
        with.rotating(now)
    }

    /// With a webhook secret that will be in use for a number, as good as the present one from now on.
    #[must_use]
    pub fn awaiting_webhook_secret(
        mut self,
        waba: &WabaId,
        next: &WebhookSecret,
        now: Timestamp,
    ) -> Self {
        self.change(waba, |own| {
            own.webhook = own.webhook.awaiting(next.clone());
        });
        self.rotating(now)
    }

    /// With the webhook secret to come in use for a number.
    #[must_use]
    pub fn promoted(mut self, waba: &WabaId, now: Timestamp) -> Self {
        let until = previous_until(now);
        self.change(waba, |own| {
            own.webhook = own.webhook.promoted(until);
        });
        self
    }

    /// With another key of a number's session.
    #[must_use]
    pub fn with_api_key(self, waba: &WabaId, key: &ApiKey) -> Self {
        let mut with = self.renewal_ended(waba, Renewed::ApiKey);
        with.change(waba, |own| {
            own.api_key = Some(key.clone());
        });
        with
    }

    fn change(&mut self, waba: &WabaId, change: impl FnOnce(&mut InstanceSecrets)) {
        let mut instances = self.instances.iter_mut();
        if let Some(own) = instances.find(|own| own.waba_id == *waba) {
            change(own);
        }
    }

    /// Until no environment's cache can hold the older reading.
    fn rotating(mut self, now: Timestamp) -> Self {
        self.rotating_until = now.checked_add(limits::SECRET_CACHE).ok();
        self
    }
}

impl Renewal {
    /// Decides on a renewal by what the provider tells. `is_answered` if the provider said that it did what it was asked for: then what it
    /// tells is final.
    pub fn settled(
        &self,
        secrets: &VendorSecrets,
        told: &Credentials,
        is_answered: bool,
        now: Timestamp,
    ) -> Settlement {
        let own = secrets.of(&self.waba_id);
        if let Some(adopted) = self.adopted(secrets, own, told, now) {
            return Settlement::Adopt(adopted);
        }
        if self.what == Renewed::WebhookSecret && told.webhooks_on == Some(false) {
            return Settlement::SwitchOn;
        }
        let settles = self.since.checked_add(limits::RENEWAL_SETTLES);
        if is_answered || settles.is_ok_and(|settles| settles <= now) {
            let kept = secrets.clone().renewal_ended(&self.waba_id, self.what);
            return Settlement::Kept(kept);
        }
        Settlement::Wait
    }

    fn adopted(
        &self,
        secrets: &VendorSecrets,
        own: Option<&InstanceSecrets>,
        told: &Credentials,
        now: Timestamp,
    ) -> Option<VendorSecrets> {
        let secrets = secrets.clone();
        match self.what {
            Renewed::WebhookSecret => {
                // A secret that was made while webhooks are off is replaced once more when they are switched on.
                let found = told.webhook_secret.as_ref();
                let fresh = found.filter(|_| told.webhooks_on != Some(false))?;
                let is_other = own.is_none_or(|own| own.webhook.current.expose() != fresh.expose());
                is_other.then(|| secrets.with_webhook_secret(&self.waba_id, fresh, now))
            }
            Renewed::ApiKey => {
                let fresh = told.api_key.as_ref()?;
                let known = own?.api_key.as_ref();
                let is_other = known.is_none_or(|known| known.expose() != fresh.expose());
                is_other.then(|| secrets.with_api_key(&self.waba_id, fresh))
            }
        }
    }
}

fn previous_until(now: Timestamp) -> Timestamp {
    now.checked_add(limits::PREVIOUS_SECRET_LIVES)
        .unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signature::{Proof, Slot};

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn waba() -> WabaId {
        WabaId::parse("waba_a").unwrap()
    }

    fn secret(text: &str) -> WebhookSecret {
        WebhookSecret::parse(text).unwrap()
    }

    fn secrets() -> VendorSecrets {
        let own = InstanceSecrets {
            waba_id: waba(),
            api_key: ApiKey::parse("first-key").ok(),
            webhook: SecretRing::only(secret("first-secret")),
        };
        VendorSecrets {
            instances: vec![own],
            ..VendorSecrets::default()
        }
    }

    fn told(key: &str, shown: &str, webhooks_on: bool) -> Credentials {
        Credentials {
            api_key: ApiKey::parse(key).ok(),
            webhook_secret: WebhookSecret::parse(shown).ok(),
            webhooks_on: Some(webhooks_on),
        }
    }

    fn settled(what: Renewed, told: &Credentials, is_answered: bool, now: Timestamp) -> Settlement {
        let begun = secrets().renewal_begun(&waba(), what, NOW);
        let renewal = begun.renewing(&waba(), what).unwrap().clone();
        renewal.settled(&begun, told, is_answered, now)
    }

    #[test]
    fn another_secret_at_the_provider_is_adopted_and_the_former_stays_good() {
        let other = told("first-key", "second-secret", true);
        let Settlement::Adopt(adopted) = settled(Renewed::WebhookSecret, &other, false, NOW) else {
            panic!("it is not adopted");
        };
        let by = |shown: &str, now| {
            let proved = adopted.prove(&Proof::shared(shown), b"", now);
            proved.map(|proved| proved.by)
        };
        assert_eq!(by("second-secret", NOW), Some(Slot::Current));
        assert_eq!(by("first-secret", NOW), Some(Slot::Previous));
        assert_eq!(
            by("first-secret", NOW + limits::PREVIOUS_SECRET_LIVES),
            None
        );
        assert!(adopted.renewals.is_empty() && adopted.is_rotating(NOW));
    }

    #[test]
    fn the_first_secret_of_a_number_is_adopted_as_the_only_one() {
        let begun = VendorSecrets::default().renewal_begun(&waba(), Renewed::WebhookSecret, NOW);
        let renewal = begun.renewing(&waba(), Renewed::WebhookSecret).unwrap();
        let other = told("first-key", "first-secret", true);
        let Settlement::Adopt(adopted) = renewal.settled(&begun, &other, true, NOW) else {
            panic!("it is not adopted");
        };
        let own = adopted.of(&waba()).unwrap();
        assert_eq!(own.webhook.current.expose(), "first-secret");
        assert!(own.webhook.previous.is_none() && adopted.renewals.is_empty());
    }

    #[test]
    fn another_key_at_the_provider_is_adopted() {
        let other = told("second-key", "first-secret", true);
        let Settlement::Adopt(adopted) = settled(Renewed::ApiKey, &other, false, NOW) else {
            panic!("it is not adopted");
        };
        let key = adopted.of(&waba()).unwrap().api_key.as_ref().unwrap();
        assert_eq!(key.expose(), "second-key");
        assert!(adopted.renewals.is_empty() && !adopted.is_rotating(NOW));
    }

    #[test]
    fn what_is_the_same_is_waited_for_until_the_provider_answered_or_time_passed() {
        let same = told("first-key", "first-secret", true);
        let settles = NOW + limits::RENEWAL_SETTLES;
        for what in [Renewed::WebhookSecret, Renewed::ApiKey] {
            let soon = settled(what, &same, false, NOW);
            assert!(matches!(soon, Settlement::Wait), "{what:?}: {soon:?}");
            for (is_answered, now) in [(true, NOW), (false, settles)] {
                let Settlement::Kept(kept) = settled(what, &same, is_answered, now) else {
                    panic!("{what:?} is not over");
                };
                assert!(kept.renewals.is_empty());
            }
        }
    }

    #[test]
    fn webhooks_that_were_left_switched_off_are_switched_on_before_anything_is_adopted() {
        for shown in ["first-secret", "second-secret"] {
            let off = told("first-key", shown, false);
            let what = settled(Renewed::WebhookSecret, &off, true, NOW);
            assert!(matches!(what, Settlement::SwitchOn), "{what:?}");
        }
    }

    #[test]
    fn a_secret_is_awaited_no_longer_than_a_renewal_lives() {
        let begun = secrets().renewal_begun(&waba(), Renewed::WebhookSecret, NOW);
        assert!(begun.awaits_a_secret(NOW));
        assert!(!begun.awaits_a_secret(NOW + limits::RENEWAL_LIVES));
        let key = secrets().renewal_begun(&waba(), Renewed::ApiKey, NOW);
        assert!(!key.awaits_a_secret(NOW), "a key proves no webhook");
        let works = NOW + limits::RENEWAL_WORKS;
        assert!(begun.expect_a_secret_soon(NOW) && !key.expect_a_secret_soon(NOW));
        assert!(!begun.expect_a_secret_soon(works) && begun.awaits_a_secret(works));
    }
}
