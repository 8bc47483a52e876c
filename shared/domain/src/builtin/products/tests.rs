use serde_json::{Value, json};

use super::super::{Shop, answer as engine_answer};
use super::*;
use crate::config::Catalogue;
use crate::content::Choice;
use crate::limits;
use crate::vendor::VendorConfig;
use proptest::prelude::*;

fn catalogue(products: impl Into<Value>) -> Index {
    let document = json!({ "catalogue": { "products": products.into() } });
    let read = Catalogue::read(document.as_object().expect("an object"));
    Index::of(read.expect("a catalogue"))
}

fn product(code: &str, name: &str, keywords: &[&str]) -> Value {
    json!({ "code": code, "name": name, "price": 12_500, "currency": "XOF", "keywords": keywords })
}

fn fashion() -> Index {
    let mut bag = product("S-7", "Sac en cuir", &["maroquinerie"]);
    bag["stock"] = 3.into();
    bag["description"] = "Cuir de Dakar, cousu main.".into();
    bag["imageUrl"] = "https://shop.example/sac.jpg".into();
    let mut sold_out = product("P12", "Climatiseur mural", &["clim", "froid"]);
    sold_out["stock"] = 0.into();
    catalogue(json!([
        product("R1", "Robe wax bleue", &["tenue"]),
        product("R2", "Robe wax rouge", &["tenue"]),
        product("R3", "Robe de soirée", &["tenue", "gala"]),
        bag,
        sold_out,
        product("100", "Parfum d'ambiance", &["thiouraye"]),
        product("B-1", "Bazin riche brodé", &["tissu", "grand boubou"]),
    ]))
}

fn asked(content: Content, step: Option<&str>) -> Question {
    let mut question = crate::builtin::tests::question(content);
    question.context.current_step = step.map(str::to_owned);
    question
}

fn answered_to(content: Content, step: Option<&str>, index: &Index) -> Answer {
    let config: VendorConfig = crate::conversation::tests::config();
    let shop = Shop {
        catalogue: Some(index),
        ..Shop::of(&config)
    };
    engine_answer(&asked(content, step), &shop)
}

fn said(text: &str, index: &Index) -> Answer {
    answered_to(Content::text(text), None, index)
}

fn choice(id: &str) -> Content {
    let choice = Choice {
        id: Some(id.to_owned()),
        title: Some("title".to_owned()),
    };
    Content {
        choice: Some(choice),
        text: Some("2".to_owned()),
        ..Content::of(Kind::Choice)
    }
}

fn chosen(id: &str, index: &Index) -> Answer {
    answered_to(choice(id), None, index)
}

/// The codes that a search finds.
fn codes(index: &Index, said: &str, asked: Asked) -> Vec<String> {
    let found = search(index, said, asked).into_iter();
    found.map(|product| product.code.clone()).collect()
}

#[track_caller]
fn check(said: &str, expected: &[&str]) {
    assert_eq!(codes(&fashion(), said, Asked::Surely), expected, "{said}");
}

#[test]
fn a_product_is_found_by_what_customers_write() {
    for said in [
        "climatiseur",
        "Combien coûte le CLIMATISEUR ?",
        "clim",
        "climatiser",
        "climattiseur mural svp",
        "vous avez des climatiseurs",
        "P12",
        "p-12",
        "ref p 12",
        "prix du P.12",
        "froid",
    ] {
        check(said, &["P12"]);
    }
    for said in [
        "robe bleu",
        "robes wax bleues",
        "je veux la robe wax bleue",
        "bleue",
    ] {
        check(said, &["R1"]);
    }
    for said in ["bazin", "tissu bazin", "basin", "grand boubou", "b1"] {
        check(said, &["B-1"]);
    }
    check("soiree", &["R3"]);
    check("parfun", &["100"]);
    check("article 100", &["100"]);
    check("100", &["100"]);
}

#[test]
fn several_are_found_in_the_order_of_what_speaks_for_them() {
    check("robe wax", &["R1", "R2"]);
    check("une robe", &["R3", "R1", "R2"]);
    check("100 robes", &["R3", "R1", "R2"]);
}

#[test]
fn what_is_not_sold_is_not_found() {
    for said in [
        "",
        "🤷",
        "voiture",
        "p13",
        "le la les",
        "bonjour combien",
        "mur",
        "xyzzy",
    ] {
        check(said, &[]);
    }
}

#[test]
fn a_name_that_is_said_whole_goes_before_longer_ones() {
    let index = catalogue(json!([
        product("1A", "Pain complet", &["pain"]),
        product("2A", "Pain", &[]),
        product("3A", "Pain de mie", &[]),
    ]));
    assert_eq!(codes(&index, "pain", Asked::Surely), ["2A"]);
    assert_eq!(codes(&index, "pains complet", Asked::Surely), ["1A"]);
}

#[test]
fn what_was_not_understood_is_a_product_only_if_most_of_it_says_so() {
    let index = fashion();
    for (said, found) in [
        ("sac", 1),
        ("le sac en cuir", 1),
        ("robe", 3),
        ("thiouraye", 1),
        ("rob", 0),
        ("robo", 0),
        ("il fait froid et humide aujourd'hui dehors", 0),
    ] {
        let codes = codes(&index, said, Asked::Perhaps);
        assert_eq!(codes.len(), found, "{said}");
    }
}

#[test]
fn one_product_is_shown_with_its_price_its_stock_and_its_picture() {
    let answer = said("sac", &fashion());
    assert_eq!(
        answer.replies[0].text.as_deref(),
        Some(
            "Sac en cuir (S-7)\nPrix\u{a0}: 12\u{202f}500\u{a0}FCFA\nPlus que 3 en stock\n\nCuir de Dakar, cousu main.\n\nPour commander ou poser une question, écrivez «\u{a0}conseiller\u{a0}»."
        )
    );
    let picture = &answer.replies[1];
    assert_eq!(picture.kind, Kind::Image);
    assert_eq!(
        picture.source().map(|source| source.url.as_str()),
        Some("https://shop.example/sac.jpg")
    );
    assert_eq!(
        picture.text.as_deref(),
        Some("Sac en cuir — 12\u{202f}500\u{a0}FCFA")
    );
    assert_eq!(answer.intent.as_deref(), Some("product_info"));
    let sold_out = said("clim", &fashion());
    let text = sold_out.replies[0].text.as_deref().unwrap();
    assert!(text.contains("rupture de stock"), "{text}");
    assert_eq!(
        (sold_out.replies.len(), sold_out.requires_human),
        (1, false)
    );
}

#[test]
fn several_products_are_a_menu_whose_choices_show_them() {
    let index = fashion();
    let answer = said("robe", &index);
    let menu = answer.replies[0].menu.clone().expect("a menu");
    let ids: Vec<_> = menu
        .options
        .iter()
        .map(|option| option.id.as_str())
        .collect();
    assert_eq!(ids, ["product:R3", "product:R1", "product:R2"]);
    let shown = chosen(ids[2], &index).replies[0].text.clone().unwrap();
    assert!(shown.starts_with("Robe wax rouge (R2)"), "{shown}");
}

#[test]
fn the_vendors_own_words_are_for_one_product_if_they_name_it_and_else_for_the_list() {
    let index = fashion();
    let said = |template: &str, content: Content| {
        let mut config: VendorConfig = crate::conversation::tests::config();
        let own = ("product_info".to_owned(), template.to_owned());
        config.settings.templates = [own].into();
        let shop = Shop {
            catalogue: Some(&index),
            ..Shop::of(&config)
        };
        engine_answer(&asked(content, None), &shop).replies[0]
            .text
            .clone()
            .unwrap()
    };
    let one = "*{productName}*\u{a0}: {price} {currency}, reste {stock}.";
    assert_eq!(
        said(one, Content::text("sac")),
        "*Sac en cuir*\u{a0}: 12\u{202f}500 FCFA, reste 3."
    );
    let list = said("Chez nous\u{a0}: {catalogue}.", choice("product_info"));
    assert!(
        list.starts_with("Chez nous\u{a0}: Robe wax bleue, Robe wax rouge, "),
        "{list}"
    );
    assert!(said(one, choice("product_info")).starts_with("Voici les produits"));
    assert!(said("Chez nous", Content::text("sac")).starts_with("Sac en cuir (S-7)"));
}

#[test]
fn a_large_catalogue_is_shown_in_pages_that_lead_on() {
    for (count, pages) in [(1, 1), (10, 1), (11, 2), (19, 2), (100, 11)] {
        let products: Vec<_> = (0..count)
            .map(|at| product(&format!("C{at}"), &format!("Chaise {at}"), &[]))
            .collect();
        let index = catalogue(products);
        for first in ["products:1".to_owned(), Page::of_search("chaises").id()] {
            let (mut id, mut seen, mut looked_at) = (Some(first), Vec::new(), 0);
            while let Some(page) = id.take() {
                let answer = chosen(&page, &index);
                looked_at += 1;
                let menu = answer.replies[0].menu.clone().expect("a menu");
                assert!(menu.options.len() <= limits::LIST_OPTIONS);
                for option in menu.options {
                    assert!(option.id.chars().count() <= limits::OPTION_ID_CHARS);
                    match option.id.strip_prefix(PRODUCT) {
                        Some(code) => seen.push(code.to_owned()),
                        None => id = Some(option.id),
                    }
                }
            }
            let all: Vec<_> = (0..count).map(|at| format!("C{at}")).collect();
            seen.sort_by_key(|code| code[1..].parse::<usize>().unwrap());
            assert_eq!((seen, looked_at), (all, pages), "{count} products");
        }
    }
}

#[test]
fn who_names_nothing_that_is_sold_is_offered_the_list_and_then_gets_a_person() {
    let index = fashion();
    let first = answered_to(Content::text("une voiture"), Some("product_info"), &index);
    let menu = first.replies[0].menu.clone().expect("a menu");
    let ids: Vec<_> = menu
        .options
        .iter()
        .map(|option| option.id.as_str())
        .collect();
    assert_eq!(
        (ids, first.requires_human),
        (vec!["products:1", "human"], false)
    );
    let step = first.next_step.as_deref();
    let again = answered_to(Content::text("un camion"), step, &index);
    assert!(again.requires_human);
    let found = answered_to(Content::text("un sac"), step, &index);
    assert_eq!((found.requires_human, found.replies.len()), (false, 2));
}

#[test]
fn the_menus_way_to_the_products_is_their_list_and_a_vendor_without_any_asks() {
    let index = fashion();
    assert!(chosen("product_info", &index).replies[0].menu.is_some());
    let none = chosen("product_info", &catalogue(json!([])));
    assert!(none.replies[0].menu.is_none(), "which one do you look for?");
    assert_eq!(none.next_step.as_deref(), Some("product_info"));
}

#[test]
fn a_product_that_is_sold_no_more_is_not_shown() {
    let answer = chosen("product:GONE", &fashion());
    assert_eq!(answer.next_step.as_deref(), Some(MISSED));
}

proptest! {
    #[test]
    fn any_text_is_searched_for_without_a_panic_and_always_finds_the_same(text in ".{0,300}") {
        let index = fashion();
        for asked in [Asked::Surely, Asked::Perhaps] {
            let found = codes(&index, &text, asked);
            prop_assert_eq!(&found, &codes(&index, &text, asked));
            prop_assert!(found.len() <= index.products().len());
        }
    }

    #[test]
    fn every_product_is_found_by_its_code_and_its_name(names in prop::collection::vec("[a-z]{3,9}( [a-z]{3,9}){0,2}", 1..30)) {
        let products: Vec<_> = (0..).zip(&names)
            .map(|(at, name): (usize, _)| product(&format!("X{at}"), name, &[]))
            .collect();
        let index = catalogue(products);
        for (at, name) in names.iter().enumerate() {
            let code = format!("X{at}");
            prop_assert_eq!(codes(&index, &code, Asked::Surely), [code.as_str()]);
            if search::names_something(name) {
                let found = codes(&index, name, Asked::Surely);
                prop_assert!(found.contains(&code), "{} of {:?}", name, names);
            }
        }
    }
}
