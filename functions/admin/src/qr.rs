use domain::{Pairing, PairingKind, WabaInstance};
use flows::problem::{self, Problem};
use http_api::http::HeaderValue;
use http_api::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, VARY};
use http_api::{Body, Response};
use serde_json::json;

use crate::body::invalid;
use crate::call::{Call, Scope};
use crate::provider::{number, refused};
use crate::qr_image::{self, NoPicture};
use crate::routes::Route;
use crate::{Answer, App, unavailable};

pub(crate) const ROUTES: &[Route] = &[Route::new(
    "GET",
    "/vendors/{vendorId}/qr",
    Scope::Manage,
    |app, call| Box::pin(app.qr(call)),
)];

impl App {
    /// The code that the vendor's phone scans: the one that the provider told last, while it is good, else one that is asked for.
    async fn qr(&self, call: Call<'_>) -> Answer {
        let is_picture = is_picture(&call)?;
        let row = self.row(&call.vendor()?).await?;
        let number = number(&row, call.query.first("wabaId"))?;
        let (code, expires_at) = self.qr_code(number).await?;
        if is_picture {
            return Ok(picture(qr_image::png(&code).map_err(not_drawn)?));
        }
        let waba = number.waba_id.as_str();
        let shown = json!({ "wabaId": waba, "qr": code, "expiresAt": expires_at });
        Ok(problem::json(200, &shown))
    }

    async fn qr_code(&self, number: &WabaInstance) -> Result<(String, Option<String>), Problem> {
        let (tables, at) = (&self.platform.tables, (&number.vendor_id, &number.waba_id));
        let now = self.platform.clock.now();
        let kept = tables.pairing(at.0, at.1, now).await;
        let kept = kept.map_err(|error| unavailable(&error))?;
        let is_qr = |pairing: &Pairing| pairing.kind == PairingKind::Qr;
        if let Some(kept) = kept.filter(|kept| is_qr(&kept.pairing))
            && let Some(code) = kept.pairing.code
        {
            return Ok((code, Some(kept.expires_at.to_string())));
        }
        let asking = self.owner().await?.qr_code(number).await;
        let (_, pairing) = asking.map_err(|refusal| refused(&refusal))?;
        let expires_at = self.keep(at, &pairing).await?;
        Ok((pairing.code.unwrap_or_default(), expires_at))
    }
}

/// Whether a picture is asked for: by `format`, or else by `Accept`.
fn is_picture(call: &Call<'_>) -> Result<bool, Problem> {
    match call.query.first("format") {
        Some("png") => Ok(true),
        Some("json") => Ok(false),
        Some(_) => Err(invalid("format", "is json or png")),
        None => {
            let accept = call.headers.get(ACCEPT);
            let accept = accept.and_then(|value| value.to_str().ok());
            Ok(accept.is_some_and(|accept| accept.contains("image/png")))
        }
    }
}

fn not_drawn(why: NoPicture) -> Problem {
    let detail = match why {
        NoPicture::TooLong => "the code is too long to be drawn",
        NoPicture::NoPng => "the provider gave the code as a picture that is no PNG",
    };
    Problem::new(502, "provider_refused", "Provider refused", detail)
        .hint("ask for it with format=json")
}

fn picture(png: Vec<u8>) -> Response {
    let mut answer = Response::new(Body::Binary(png));
    let headers = [
        (CONTENT_TYPE, "image/png"),
        (CACHE_CONTROL, "no-store"),
        (VARY, "accept"),
    ];
    let headers = headers.map(|(name, value)| (name, HeaderValue::from_static(value)));
    answer.headers_mut().extend(headers);
    answer
}
