//! Admin keys: made, shown and revoked. A key is shown once, when it is made.

use domain::VendorId;
use domain::access::{AdminKey, Grant, KeyId, Lacking, Scope};
use domain::limits;
use domain::restore::record::What;
use flows::problem::{self, Problem};
use jiff::Timestamp;
use platform::tables::StoredKey;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::body::{Fields, Wrong, invalid};
use crate::call::{Call, Caller};
use crate::routes::Route;
use crate::{Answer, App, listing, unavailable};

pub(crate) const ROUTES: &[Route] = &[
    Route::new("POST", "/keys", Scope::Admin, |app, call| {
        Box::pin(app.create_key(call))
    }),
    Route::new("GET", "/keys", Scope::Admin, |app, call| {
        Box::pin(app.list_keys(call))
    }),
    Route::new("DELETE", "/keys/{keyId}", Scope::Admin, |app, call| {
        Box::pin(app.revoke_key(call))
    }),
];

/// The fields of a new key.
const FIELDS: [&str; 5] = ["name", "scopes", "vendors", "expiresAt", "ratePerMinute"];

impl App {
    async fn create_key(&self, call: Call<'_>) -> Answer {
        let now = kept(self.platform.clock.now());
        let asked = Asked::read(&call, now)?;
        let id = KeyId::from_bits(Uuid::new_v4().as_u64_pair().1);
        let key = id.with_secret(&secret());
        let stored = StoredKey {
            hash: hex::encode(Sha256::digest(&key)),
            key: AdminKey {
                id,
                name: asked.name,
                grant: asked.grant,
                created_at: Some(now),
                created_by: Some(call.caller.name.clone()),
                expires_at: asked.expires_at,
                last_used_at: None,
                revoked: false,
                revoked_at: None,
            },
        };
        let keeping = self.platform.tables.keep_admin_key(&stored);
        keeping.await.map_err(|error| unavailable(&error))?;
        let mut answer = shown(&stored.key, now);
        call.change.note(Value::Null, answer.clone());
        answer["key"] = key.into();
        Ok(problem::json(201, &answer))
    }

    async fn list_keys(&self, call: Call<'_>) -> Answer {
        let now = self.platform.clock.now();
        let limit = i32::try_from(listing::limit(call.query)?).unwrap_or(i32::MAX);
        let start = call.query.first("cursor").map(KeyId::parse);
        let start = start.transpose().map_err(|_| listing::bad_cursor())?;
        let listing = self.platform.tables.admin_keys(limit, start.as_ref());
        let (keys, next) = listing.await.map_err(|error| unavailable(&error))?;
        let keys: Vec<_> = keys.iter().map(|key| shown(key, now)).collect();
        let next = next.as_ref().map(KeyId::as_str);
        Ok(problem::json(
            200,
            &json!({ "keys": keys, "nextCursor": next }),
        ))
    }

    /// Revokes a key at once; again is the same.
    async fn revoke_key(&self, call: Call<'_>) -> Answer {
        let now = kept(self.platform.clock.now());
        let id = KeyId::parse(call.parameter("keyId")).map_err(|_| no_such_key())?;
        // Before it is revoked: a record of a key that nobody has does no harm.
        self.recorded_outside(What::KeyRevoked(id.clone())).await?;
        let revoking = self
            .platform
            .tables
            .revoke_admin_key(&id, &call.caller.name, now);
        let before = revoking.await.map_err(|error| unavailable(&error))?;
        let before = before.ok_or_else(no_such_key)?;
        let after = AdminKey {
            revoked: true,
            revoked_at: before.revoked_at.or(Some(now)),
            ..before.clone()
        };
        let after = shown(&after, now);
        call.change.note(shown(&before, now), after.clone());
        Ok(problem::json(200, &after))
    }
}

/// What is asked for.
struct Asked {
    name: String,
    grant: Grant,
    expires_at: Option<Timestamp>,
}

impl Asked {
    fn read(call: &Call<'_>, now: Timestamp) -> Result<Self, Problem> {
        let caller = call.caller;
        let fields = Fields::read(call.body, &FIELDS)?;
        let mut wrong = Wrong::default();
        let name = wrong.checked(name(&fields));
        let scopes = wrong.checked(scopes(&fields));
        let vendors = wrong.checked(vendors(&fields));
        let expires_at = wrong.checked(expires_at(&fields, caller, now));
        let rate = 1..=limits::KEY_REQUESTS_PER_MINUTE_MOST;
        let per_minute = wrong.checked(fields.whole("ratePerMinute", rate));
        let all = (name, scopes, vendors, expires_at, per_minute);
        wrong.none()?;
        let (Some(name), Some(scopes), Some(vendors), Some(expires_at), Some(per_minute)) = all
        else {
            return Err(invalid("name", "is not readable"));
        };
        let usual = limits::KEY_REQUESTS_PER_MINUTE.min(caller.grant.per_minute);
        let grant = Grant {
            scopes,
            vendors,
            per_minute: per_minute.unwrap_or(usual),
        };
        let lacking = caller.grant.lacks(&grant);
        lacking.map_or(Ok(()), |lacking| Err(not_yours(lacking)))?;
        Ok(Self {
            name,
            grant,
            expires_at,
        })
    }
}

fn name(fields: &Fields) -> Result<String, Problem> {
    let name = fields.required("name")?;
    let length = name.chars().count();
    let is_good = length <= limits::KEY_NAME_CHARS && !name.chars().any(char::is_control);
    let most = limits::KEY_NAME_CHARS;
    is_good
        .then(|| name.to_owned())
        .ok_or_else(|| invalid("name", format_args!("has 1 to {most} printable characters")))
}

fn scopes(fields: &Fields) -> Result<Vec<Scope>, Problem> {
    let known = Scope::ALL.map(Scope::as_str).join(", ");
    let wrong = || {
        invalid(
            "scopes",
            format_args!("is a list of one or more of {known}"),
        )
    };
    let words = texts(fields, "scopes").ok_or_else(wrong)?;
    let scopes: Option<Vec<_>> = words.into_iter().map(Scope::parse).collect();
    let mut scopes = scopes.filter(|all| !all.is_empty()).ok_or_else(wrong)?;
    scopes.sort_unstable();
    scopes.dedup();
    Ok(scopes)
}

fn vendors(fields: &Fields) -> Result<Option<Vec<VendorId>>, Problem> {
    if fields.members().get("vendors").is_none_or(Value::is_null) {
        return Ok(None);
    }
    let most = limits::KEY_VENDORS;
    let wrong = || {
        invalid(
            "vendors",
            format_args!("is a list of 1 to {most} vendors' ids; leave it out for all vendors"),
        )
    };
    let ids = texts(fields, "vendors").ok_or_else(wrong)?;
    let parsed: Result<Vec<_>, _> = ids.into_iter().map(VendorId::parse).collect();
    let mut vendors = parsed.map_err(|error| invalid("vendors", error))?;
    vendors.sort_unstable();
    vendors.dedup();
    let is_good = (1..=most).contains(&vendors.len());
    is_good.then_some(Some(vendors)).ok_or_else(wrong)
}

/// When the key is to expire: not before now, and not after the key that makes it.
fn expires_at(
    fields: &Fields,
    caller: &Caller,
    now: Timestamp,
) -> Result<Option<Timestamp>, Problem> {
    let wrong = |detail| invalid("expiresAt", detail);
    let Some(text) = fields.text("expiresAt")? else {
        return Ok(caller.expires_at);
    };
    let at: Timestamp = text
        .parse()
        .map_err(|_| wrong("is a time such as 2027-01-31T00:00:00Z"))?;
    if at <= now {
        return Err(wrong("is over"));
    }
    if caller.expires_at.is_some_and(|own| at > own) {
        return Err(wrong("is after the expiry of the key that you use"));
    }
    Ok(Some(kept(at)))
}

/// A time as precisely as the table keeps it.
fn kept(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

fn texts<'a>(fields: &'a Fields, name: &str) -> Option<Vec<&'a str>> {
    let values = fields.members().get(name)?.as_array()?;
    values.iter().map(Value::as_str).collect()
}

/// 160 bits made from 244 that were drawn.
fn secret() -> String {
    let drawn = [Uuid::new_v4(), Uuid::new_v4()].map(Uuid::into_bytes);
    hex::encode(&Sha256::digest(drawn.concat())[..20])
}

/// A key as the API shows it.
fn shown(key: &AdminKey, now: Timestamp) -> Value {
    let time = |at: Option<Timestamp>| at.map(|at| at.to_string());
    let vendors = key.grant.vendors.as_ref();
    let vendors = vendors.map(|ids| ids.iter().map(VendorId::as_str).collect::<Vec<_>>());
    let scopes: Vec<_> = key.grant.scopes.iter().map(|it| it.as_str()).collect();
    json!({
        "keyId": key.id.as_str(),
        "name": key.name,
        "status": key.standing(now).as_str(),
        "scopes": scopes,
        "vendors": vendors,
        "ratePerMinute": key.grant.per_minute,
        "createdAt": time(key.created_at),
        "createdBy": key.created_by,
        "expiresAt": time(key.expires_at),
        "lastUsedAt": time(key.last_used_at),
        "revokedAt": time(key.revoked_at),
    })
}

fn not_yours(lacking: Lacking) -> Problem {
    let (field, detail) = match lacking {
        Lacking::Scope => ("scopes", "the key that you use has not all of these scopes"),
        Lacking::Vendor => ("vendors", "the key that you use is bound to other vendors"),
        Lacking::Rate => ("ratePerMinute", "the key that you use may ask less often"),
    };
    Problem::new(403, "forbidden_grant", "Forbidden", detail).field(field)
}

fn no_such_key() -> Problem {
    Problem::new(404, "no_such_key", "Not found", "no key has this id")
}
