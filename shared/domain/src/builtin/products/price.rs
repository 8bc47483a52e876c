//! Prices as people read them.

use serde_json::Number;

/// Currencies without a smaller unit in use.
const WHOLE: [&str; 15] = [
    "XOF", "XAF", "GNF", "XPF", "JPY", "KRW", "RWF", "UGX", "BIF", "KMF", "DJF", "VND", "CLP",
    "PYG", "VUV",
];

/// An amount without its currency: "12 500" or "12,50", "12,500" or "12.50" in English.
pub(super) fn amount(price: &Number, currency: &str, english: bool) -> String {
    let number = price.as_f64().unwrap_or_default();
    let text = if WHOLE.contains(&currency) {
        format!("{number:.0}")
    } else {
        format!("{number:.2}")
    };
    let (whole, cents) = text.split_once('.').unwrap_or((&text, "00"));
    let (between, point) = if english {
        (',', '.')
    } else {
        ('\u{202f}', ',')
    };
    let mut shown = String::with_capacity(text.len() + 8);
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            shown.push(between);
        }
        shown.push(digit);
    }
    if cents != "00" {
        shown.push(point);
        shown.push_str(cents);
    }
    shown
}

/// A currency as people write it.
pub(super) fn currency(code: &str) -> &str {
    match code {
        "XOF" | "XAF" => "FCFA",
        "EUR" => "€",
        "USD" => "$",
        "GBP" => "£",
        code => code,
    }
}

/// An amount with its currency, on one line.
pub(in crate::builtin) fn priced(price: &Number, code: &str, english: bool) -> String {
    let (amount, currency) = (amount(price, code, english), currency(code));
    if english && matches!(code, "EUR" | "USD" | "GBP") {
        return format!("{currency}{amount}");
    }
    format!("{amount}\u{a0}{currency}")
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[track_caller]
    fn check(price: impl Into<Value>, code: &str, expected: [&str; 2]) {
        let price = price.into();
        let price = price.as_number().unwrap();
        assert_eq!([false, true].map(|it| priced(price, code, it)), expected);
    }

    #[test]
    fn a_price_is_written_as_its_readers_write_it() {
        check(
            12_500,
            "XOF",
            ["12\u{202f}500\u{a0}FCFA", "12,500\u{a0}FCFA"],
        );
        check(
            1_250_000.0,
            "XAF",
            ["1\u{202f}250\u{202f}000\u{a0}FCFA", "1,250,000\u{a0}FCFA"],
        );
        check(999.6, "XOF", ["1\u{202f}000\u{a0}FCFA", "1,000\u{a0}FCFA"]);
        check(0, "XOF", ["0\u{a0}FCFA", "0\u{a0}FCFA"]);
        check(12.5, "EUR", ["12,50\u{a0}€", "€12.50"]);
        check(1_012, "USD", ["1\u{202f}012\u{a0}$", "$1,012"]);
        check(7.25, "GHS", ["7,25\u{a0}GHS", "7.25\u{a0}GHS"]);
    }
}
