use http_api::Request;

use crate::App;

impl App {
    /// Where providers reach the gateway: as it is configured, else the API's own address, as the sweep is told it. The API depends on this
    /// function, so that a deployment can't tell the function of the API.
    pub(crate) fn reached_at(&self, request: &Request) -> Option<String> {
        if let Some(url) = &self.public_url {
            return Some(url.clone());
        }
        let api = request.api_id.as_deref()?;
        Some(own_address(api, &self.region))
    }
}

fn own_address(api: &str, region: &str) -> String {
    let partition = if region.starts_with("cn-") { ".cn" } else { "" };
    format!("https://{api}.execute-api.{region}.amazonaws.com{partition}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_api_has_an_address_of_its_own() {
        for (region, expected) in [
            (
                "eu-west-1",
                "https://abc123.execute-api.eu-west-1.amazonaws.com",
            ),
            (
                "cn-north-1",
                "https://abc123.execute-api.cn-north-1.amazonaws.com.cn",
            ),
        ] {
            assert_eq!(own_address("abc123", region), expected);
        }
    }
}
