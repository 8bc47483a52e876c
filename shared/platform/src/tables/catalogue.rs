//! What a vendor sells, in items of its own: it is larger than one item, and nobody reads it who does not need it.

use domain::config::Catalogue;
use domain::{CatalogueSize, VendorConfig, VendorId, limits};
use jiff::Timestamp;

use super::Tables;
use super::item::{Item, Reader, Writer, delete, key, n, put, s};
use super::vendor_change::VendorWrite;
use crate::error::AwsError;

fn part_key(vendor: &VendorId, part: usize) -> Item {
    key(vendor.as_str(), &format!("catalogue#{part:02}"))
}

impl Tables {
    /// Writes a vendor's configuration and, if it is given, the catalogue in the place of the one before. `false`: somebody changed the
    /// vendor meanwhile.
    pub async fn configure(
        &self,
        before: &VendorConfig,
        after: &mut VendorConfig,
        catalogue: Option<&Catalogue>,
        now: Timestamp,
    ) -> Result<bool, AwsError> {
        let texts = catalogue.map(Catalogue::parts);
        if let (Some(texts), Some(catalogue)) = (&texts, catalogue) {
            after.catalogue = CatalogueSize {
                parts: texts.len(),
                products: catalogue.products.len(),
                revision: after.revision,
            };
        }
        let write = VendorWrite {
            before,
            after,
            numbers: &[],
        };
        let mut parts = self.vendor_parts(write, now);
        let (vendor, table) = (&after.vendor_id, &self.names.waba_instances);
        for (place, text) in texts.iter().flatten().enumerate() {
            let item = Writer::at(part_key(vendor, place))
                .with("products", s(text))
                .with("revision", n(after.revision))
                .with("schema", n(1));
            parts.push(put(table, item.item(), None));
        }
        let kept = after.catalogue.parts;
        let left = kept..before.catalogue.parts.max(kept);
        parts.extend(left.map(|place| delete(table, part_key(vendor, place))));
        Ok(self.commit("configuring a vendor", parts).await?.is_done())
    }

    /// A vendor's catalogue, in one call; `None` if it was written since the vendor was read.
    pub async fn catalogue(&self, config: &VendorConfig) -> Result<Option<Catalogue>, AwsError> {
        let (size, attempted) = (config.catalogue, "reading a catalogue");
        if size.parts == 0 {
            return Ok(Some(Catalogue::default()));
        }
        let table = self.names.waba_instances.as_str();
        let places = 0..size.parts.min(limits::CATALOGUE_PARTS);
        let keys: Vec<_> = places
            .map(|place| (table, part_key(&config.vendor_id, place)))
            .collect();
        let items = self.get_many(attempted, &keys).await?;
        let mut texts = Vec::with_capacity(items.len());
        for item in &items {
            let Some(item) = item else { return Ok(None) };
            let from = Reader::new(item, attempted);
            if from.number_opt("revision") != Some(size.revision) {
                return Ok(None);
            }
            texts.push(from.text("products")?);
        }
        let catalogue = Catalogue::of_parts(texts);
        let unreadable = || AwsError::unreadable(attempted);
        catalogue.map(Some).ok_or_else(unreadable)
    }
}
