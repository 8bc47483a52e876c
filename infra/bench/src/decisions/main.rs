//! Makes one decision so many times: `decision_cost CASE TIMES`. Two runs, and the difference between what they cost, tell what one costs.

mod shop;

use std::hint::black_box;

use anyhow::{Context as _, Result, bail};
use domain::builtin::{self, Index, Shop};
use shop::{catalogue, config, orders, question};

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let case = arguments.next().context("which case?")?;
    let times: u32 = arguments.next().context("how many times?")?.parse()?;
    if case == "index" {
        for _ in 0..times {
            black_box(Index::of(black_box(catalogue())));
        }
        return Ok(());
    }
    let text = match case.as_str() {
        "greeting" => "Bonjour, comment allez-vous ?",
        "code" => "P4321",
        "product" => "Bonjour, c'est combien la robe wax brodée taille 40 svp ?",
        "typo" => "vous avez des climatizeurs murraux ?",
        "miss" => "je cherche un hélicoptère téléguidé jaunatre pour mon neveu",
        "order" => "où est ma commande CMD-1042 ?",
        _ => bail!("there is no case {case}"),
    };
    let (config, index, orders) = (config(), Index::of(catalogue()), orders());
    let question = question(text);
    for _ in 0..times {
        let question = black_box(&question);
        let needs = builtin::needs(question, &config);
        let shop = Shop {
            config: &config,
            catalogue: needs.catalogue.then_some(&index),
            orders: needs.orders.then_some(orders.as_slice()),
        };
        black_box(builtin::answer(question, &shop));
    }
    Ok(())
}
