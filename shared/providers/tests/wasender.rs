mod described;

#[test]
fn dump() {
    for event in testkit::events() {
        let rows = described::becomes(&event.name);
        println!("    (\"{}\", &[", event.name.split_once('/').unwrap().1);
        for row in rows {
            println!("        {row:?},");
        }
        println!("    ]),");
    }
}
