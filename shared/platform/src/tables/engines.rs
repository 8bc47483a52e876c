//! What all environments together know of engines over HTTP: whether one is left alone, and how much of a vendor's is under way or waits.

use aws::dynamodb::{ReturnValue, is_condition_failed, item_of_failed_condition};
use domain::engine::breaker::Breaker;
use domain::engine::service::Service;
use domain::{Fingerprint, MessageId, VendorId, limits};
use jiff::Timestamp;

use super::Tables;
use super::item::{Change, Item, Reader, json, key, ms, n, s, seconds};
use crate::error::AwsError;

/// The engine behind one URL, as it is called: with one secret and one patience. Nobody reads them back from it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EngineKey(String);

impl EngineKey {
    pub fn of(service: Service<'_>) -> Self {
        let patience = service.timeout.as_millis().to_string();
        let secret = service.secret.unwrap_or_default();
        let parts = ["engine", service.url, secret, &patience];
        Self(Fingerprint::of(&parts).short())
    }
}

/// A breaker as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeptBreaker {
    pub breaker: Breaker,
    revision: u64,
}

/// Places of which a vendor has so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Places {
    /// Questions that are under way.
    Asking,
    /// Messages that wait.
    Waiting,
}

/// A place that a message has, or had, until a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place(String);

impl Place {
    pub fn until(until: Timestamp, id: &MessageId) -> Self {
        Self(format!("{:013}#{id}", until.as_millisecond()))
    }

    pub(super) fn text(&self) -> String {
        self.0.clone()
    }
}

/// What is known of a vendor's engine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EngineUse {
    pub asking: usize,
    pub waiting: usize,
    pub last_failure: Option<LastFailure>,
}

/// When an engine gave no answer that could be used, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastFailure {
    pub at: Timestamp,
    pub reason: String,
}

fn breaker_key(engine: &EngineKey) -> Item {
    key(format!("engine:{}", engine.0), "breaker")
}

fn places_key(vendor: &VendorId, places: Places) -> Item {
    let sort = match places {
        Places::Asking => "asking",
        Places::Waiting => "waiting",
    };
    key(format!("engine#{vendor}"), sort)
}

impl Tables {
    /// What is known of an engine. One that nothing is known of answers.
    pub async fn engine_breaker(&self, engine: &EngineKey) -> Result<KeptBreaker, AwsError> {
        let attempted = "reading an engine's breaker";
        let item = self.get(attempted, &self.names.lanes, breaker_key(engine));
        item.await?.map_or_else(
            || Ok(KeptBreaker::default()),
            |item| {
                let from = Reader::new(&item, attempted);
                Ok(KeptBreaker {
                    breaker: from.json("breaker")?,
                    revision: from.number("revision")?,
                })
            },
        )
    }

    /// Writes what is known of an engine from now on, and answers with it as kept. `None`: somebody wrote since it was read.
    pub async fn write_engine_breaker(
        &self,
        engine: &EngineKey,
        read: &KeptBreaker,
        next: Breaker,
        now: Timestamp,
    ) -> Result<Option<KeptBreaker>, AwsError> {
        let revision = read.revision + 1;
        let change = Change::of(&self.names.lanes, breaker_key(engine))
            .set("breaker", json(&next))
            .set("revision", n(revision))
            .set("expiresAt", known_until(now));
        let change = if read.revision == 0 {
            change.when("attribute_not_exists(#revision)")
        } else {
            change
                .when("#revision = :read")
                .bind("read", n(read.revision))
        };
        let kept = KeptBreaker {
            breaker: next,
            revision,
        };
        match Self::update(change.request(&self.client)).await {
            Ok(_) => Ok(Some(kept)),
            Err(error) if is_condition_failed(&error) => Ok(None),
            Err(error) => Err(AwsError::of("writing an engine's breaker", &error)),
        }
    }

    /// Takes one of a vendor's `most` places; one that it has already is its own. `false`: all are taken. A place whose time is over is free.
    pub async fn take_place(
        &self,
        (vendor, places): (&VendorId, Places),
        place: &Place,
        most: usize,
        now: Timestamp,
    ) -> Result<bool, AwsError> {
        let attempted = "taking a place at an engine";
        let at = || Change::of(&self.names.lanes, places_key(vendor, places));
        for _ in 0..2 {
            let request = at()
                .join("places", vec![place.0.clone()])
                .set("expiresAt", known_until(now))
                .when("attribute_not_exists(#places) OR size(#places) < :most OR contains(#places, :own)")
                .bind("most", n(most))
                .bind("own", s(&place.0))
                .request(&self.client)
                .return_values_on_condition_check_failure(ReturnValue::AllOld);
            let Err(error) = Self::update(request).await else {
                return Ok(true);
            };
            let Some(item) = item_of_failed_condition(&error) else {
                return Err(AwsError::of(attempted, &error));
            };
            let taken = Reader::new(&item, attempted).texts("places").iter();
            let over: Vec<_> = taken
                .filter(|place| !is_held(place, now))
                .cloned()
                .collect();
            if over.is_empty() {
                return Ok(false);
            }
            let freed = at().leave("places", over).request(&self.client);
            Self::update(freed)
                .await
                .map_err(|error| AwsError::of(attempted, &error))?;
        }
        Ok(false)
    }

    /// Gives a place back; why the engine gave no answer is kept for whoever looks after it.
    pub async fn leave_place(
        &self,
        (vendor, places): (&VendorId, Places),
        place: &Place,
        failure: Option<&str>,
        now: Timestamp,
    ) -> Result<(), AwsError> {
        let mut change = Change::of(&self.names.lanes, places_key(vendor, places))
            .leave("places", vec![place.0.clone()])
            .set("expiresAt", known_until(now));
        if let Some(reason) = failure {
            change = change.set("failedAt", ms(now)).set("failure", s(reason));
        }
        Self::update(change.request(&self.client))
            .await
            .map(drop)
            .map_err(|error| AwsError::of("leaving a place at an engine", &error))
    }

    /// How much of a vendor's is under way at its engine or waits for it.
    pub async fn engine_use(
        &self,
        vendor: &VendorId,
        now: Timestamp,
    ) -> Result<EngineUse, AwsError> {
        let attempted = "reading what waits for an engine";
        let read = |places| self.get(attempted, &self.names.lanes, places_key(vendor, places));
        let (asking, waiting) = (read(Places::Asking).await?, read(Places::Waiting).await?);
        let held = |item: &Option<Item>| {
            let item = item.as_ref().map(|item| Reader::new(item, attempted));
            let places = item.map_or(&[][..], |from| from.texts("places")).iter();
            places.filter(|place| is_held(place, now)).count()
        };
        let failure = asking.as_ref().and_then(|item| {
            let from = Reader::new(item, attempted);
            Some(LastFailure {
                at: from.time_opt("failedAt")?,
                reason: from.text_opt("failure")?.to_owned(),
            })
        });
        Ok(EngineUse {
            asking: held(&asking),
            waiting: held(&waiting),
            last_failure: failure,
        })
    }
}

fn known_until(now: Timestamp) -> aws::dynamodb::AttributeValue {
    seconds(now.checked_add(limits::ENGINE_KNOWN).unwrap_or(now))
}

/// Whether a place's time is not over.
pub(super) fn is_held(place: &str, now: Timestamp) -> bool {
    let until = place
        .split_once('#')
        .and_then(|(until, _)| until.parse().ok());
    until.is_some_and(|until: i64| until > now.as_millisecond())
}
