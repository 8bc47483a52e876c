use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Number, Value};

use super::reading::{Reading, WrongPart};
use crate::limits;

/// What a vendor sells.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Catalogue {
    pub products: Vec<Product>,
}

/// One thing that a vendor sells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Product {
    pub code: String,
    pub name: String,
    /// As it was written: 1500 and 1500.0 are not the same to whoever reads it.
    pub price: Number,
    /// ISO 4217, such as `XOF`.
    pub currency: String,
    /// How many there are; `None` if nobody counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stock: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_url: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<String>,
}

const FIELDS: [&str; 8] = [
    "code",
    "name",
    "price",
    "currency",
    "stock",
    "description",
    "imageUrl",
    "keywords",
];

impl Catalogue {
    /// Reads the catalogue in a document; absent or null is empty.
    pub fn read(document: &Map<String, Value>) -> Result<Self, Vec<WrongPart>> {
        let mut all = Reading::of(document, &["catalogue"]);
        let catalogue = all.object("catalogue", &["products"], |object| {
            let items = object
                .list("products", limits::PRODUCTS)
                .unwrap_or_default();
            let mut products = Vec::with_capacity(items.len());
            let mut codes = HashSet::new();
            for (place, item) in items.iter().enumerate() {
                let at = format!("products[{place}]");
                let product = object.item((&at, item), &FIELDS, product);
                let code = product.as_ref().map(|product| product.code.to_lowercase());
                if code.is_some_and(|code| !codes.insert(code)) {
                    object.wrong(&format!("{at}.code"), "another product has this code");
                }
                products.extend(product);
            }
            Some(Self { products })
        });
        let catalogue = catalogue.unwrap_or_default();
        if catalogue.bytes() > limits::CATALOGUE_BYTES {
            let most = limits::CATALOGUE_BYTES;
            all.wrong("catalogue", format!("may have {most} bytes in all"));
        }
        all.end(catalogue)
    }

    fn bytes(&self) -> usize {
        self.parts().iter().map(String::len).sum()
    }

    /// The products as texts that fit into an item each.
    pub fn parts(&self) -> Vec<String> {
        let mut parts: Vec<String> = Vec::new();
        for product in &self.products {
            let text = serde_json::to_string(product).expect("a product has only text keys");
            match parts.last_mut() {
                Some(part) if part.len() + text.len() < limits::CATALOGUE_PART_BYTES => {
                    part.push(',');
                    part.push_str(&text);
                }
                Some(_) | None => parts.push(text),
            }
        }
        parts.into_iter().map(|part| format!("[{part}]")).collect()
    }

    /// The products of the texts that [`Catalogue::parts`] made; `None` if one of them is none.
    pub fn of_parts<'a>(parts: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let mut products = Vec::new();
        for part in parts {
            products.extend(serde_json::from_str::<Vec<Product>>(part).ok()?);
        }
        Some(Self { products })
    }
}

fn product(object: &mut Reading<'_>) -> Option<Product> {
    let code = object.line("code", 64);
    let name = object.line("name", limits::NAME_CHARS);
    let price = object.amount("price");
    let currency = object.currency("currency");
    let stock = object.whole("stock", 0..=u32::MAX);
    let description = object.text("description", limits::DESCRIPTION_BYTES);
    let image_url = object.address("imageUrl", limits::MEDIA_URL_BYTES);
    let keywords = object.words("keywords", limits::KEYWORDS);
    Some(Product {
        code: code?,
        name: name?,
        price: price?,
        currency: currency?,
        stock,
        description,
        image_url,
        keywords,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(products: impl Into<Value>) -> Result<Catalogue, Vec<String>> {
        let document = json!({ "catalogue": { "products": products.into() } });
        let read = Catalogue::read(document.as_object().unwrap());
        read.map_err(|wrong| wrong.into_iter().map(|part| part.field).collect())
    }

    fn bread() -> Value {
        json!({ "code": "P1", "name": "Pain", "price": 150, "currency": "XOF" })
    }

    #[test]
    fn a_catalogue_is_read_back_from_its_parts_whatever_its_size() {
        for count in [0, 1, 3_000] {
            let products: Vec<_> = (0..count)
                .map(|at| {
                    let mut product = bread();
                    product["code"] = format!("P{at}").into();
                    product["description"] = "é".repeat(100).into();
                    product["price"] = (f64::from(at) / 4.0).into();
                    product
                })
                .collect();
            let catalogue = read(products).unwrap();
            let parts = catalogue.parts();
            assert!(
                parts
                    .iter()
                    .all(|part| part.len() <= limits::CATALOGUE_PART_BYTES + 2)
            );
            assert!(parts.len() <= limits::CATALOGUE_PARTS);
            let read = Catalogue::of_parts(parts.iter().map(String::as_str));
            assert!(read == Some(catalogue), "{count} products");
        }
        assert_eq!(Catalogue::read(&Map::new()), Ok(Catalogue::default()));
    }

    #[test]
    fn the_largest_catalogue_fits_into_its_parts() {
        // Each part but the last is full but for one product, which is smaller than half of one.
        let full = limits::CATALOGUE_PART_BYTES / 2;
        assert!(limits::CATALOGUE_BYTES.div_ceil(full) <= limits::CATALOGUE_PARTS);
    }

    #[test]
    fn every_wrong_part_of_a_product_is_named() {
        let wrong = json!({
            "code": "", "name": "a\nb", "price": -1, "currency": "xof", "stock": 1.5, "description": "x".repeat(limits::DESCRIPTION_BYTES + 1),
            "imageUrl": "http://shop.example/p.jpg", "keywords": [""], "colour": "red",
        });
        let expected = [
            "colour",
            "code",
            "name",
            "price",
            "currency",
            "stock",
            "description",
            "imageUrl",
            "keywords[0]",
        ];
        let expected = expected.map(|name| format!("catalogue.products[1].{name}"));
        assert_eq!(read(json!([bread(), wrong])).unwrap_err(), expected);
        assert_eq!(
            read(json!([bread(), bread()])).unwrap_err(),
            ["catalogue.products[1].code"]
        );
        assert_eq!(read(json!({})).unwrap_err(), ["catalogue.products"]);
    }

    #[test]
    fn a_catalogue_that_is_too_large_is_refused_and_not_every_mistake_is_listed() {
        let many: Vec<_> = vec![bread(); limits::PRODUCTS + 1];
        assert_eq!(read(many).unwrap_err(), ["catalogue.products"]);
        let wrong: Vec<_> = vec![json!({}); 1_000];
        assert_eq!(read(wrong).unwrap_err().len(), limits::WRONG_PARTS_NAMED);
        let large: Vec<_> = (0..limits::PRODUCTS)
            .map(|at| {
                let mut product = bread();
                product["code"] = format!("P{at}").into();
                product["description"] = "x".repeat(limits::DESCRIPTION_BYTES).into();
                product
            })
            .collect();
        assert_eq!(read(large).unwrap_err(), ["catalogue"]);
    }
}
