use serde_json::{Value, json};

use super::{reads, refuses};

fn option(number: usize) -> Value {
    json!({"id": format!("{number}"), "title": format!("Option {number}")})
}

fn menu(kind: &str, options: &[Value]) -> Value {
    let mut body = json!({});
    body[kind] = json!({"text": "?", "options": options});
    body
}

#[test]
fn a_menu_has_as_many_options_as_can_be_shown() {
    for (kind, most) in [("buttons", 3), ("list", 10)] {
        let options: Vec<_> = (0..=most).map(option).collect();
        reads(&menu(kind, &options[..1]));
        reads(&menu(kind, &options[..most]));
        for wrong in [&options[..], &options[..0]] {
            refuses(
                &menu(kind, wrong),
                "not_sendable",
                &format!("{kind}.options"),
            );
        }
    }
    let mut long = menu("list", &[option(1)]);
    long["list"]["text"] = "x".repeat(4090).into();
    refuses(&long, "invalid_field", "list.text");
}

#[test]
fn options_of_a_menu_are_whole_and_differ() {
    let titled = |id: &str, title: &str| json!({"id": id, "title": title});
    for (options, code, field) in [
        (
            json!([titled("a", "Café"), titled("b", "CAFE !")]),
            "not_sendable",
            "options",
        ),
        (
            json!([titled("a", "Thé"), titled("a", "Café")]),
            "not_sendable",
            "options",
        ),
        (json!("Thé"), "invalid_field", "options"),
        (json!(["Thé"]), "invalid_field", "options[0]"),
        (json!([{"id": "a"}]), "invalid_field", "options[0].title"),
        (json!([titled("", "a")]), "invalid_field", "options[0].id"),
        (
            json!([titled("a", "a\nb")]),
            "invalid_field",
            "options[0].title",
        ),
        (
            json!([titled("a", &"é".repeat(61))]),
            "invalid_field",
            "options[0].title",
        ),
        (
            json!([{"id": "a", "title": "a", "description": "b"}]),
            "invalid_field",
            "options[0].description",
        ),
    ] {
        let body = json!({"buttons": {"text": "?", "options": options}});
        refuses(&body, code, &format!("buttons.{field}"));
    }
}

#[test]
fn a_poll_has_two_to_twelve_different_options() {
    let poll = |options: Vec<String>| json!({"poll": {"question": "?", "options": options}});
    let numbered = |count: usize| (0..count).map(|number| format!("{number}")).collect();
    reads(&poll(numbered(12)));
    for count in [0, 1, 13] {
        refuses(&poll(numbered(count)), "not_sendable", "poll.options");
    }
    let twice = ["a", " a"].map(str::to_owned).into();
    refuses(&poll(twice), "not_sendable", "poll.options");
}
