use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;

/// A code in half blocks with its quiet zone: dark on light, whatever the terminal's colours are.
pub(super) fn draw(text: &str, background_is_light: bool) -> Result<String, &'static str> {
    if text.starts_with("data:") {
        return Err("the provider gave the code as a picture: run this with --png FILE");
    }
    let code = QrCode::new(text).map_err(|_| "the code is too long to be drawn")?;
    // A block is drawn in the colour of the text: on a dark terminal it is a light one.
    let (dark, light) = if background_is_light {
        (Dense1x2::Dark, Dense1x2::Light)
    } else {
        (Dense1x2::Light, Dense1x2::Dark)
    };
    let mut renderer = code.render::<Dense1x2>();
    let drawn = renderer
        .dark_color(dark)
        .light_color(light)
        .quiet_zone(true);
    Ok(drawn.module_dimensions(1, 1).build() + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The dark modules of a drawing, row by row, without its quiet zone.
    fn modules(drawn: &str, background_is_light: bool) -> Vec<Vec<bool>> {
        let mut rows = Vec::new();
        for line in drawn.lines() {
            let halves = |upper: bool| {
                let is_set = move |c: char| match c {
                    '█' => true,
                    '▀' => upper,
                    '▄' => !upper,
                    _ => false,
                };
                line.chars().map(move |c| is_set(c) == background_is_light)
            };
            rows.push(halves(true).collect());
            rows.push(halves(false).collect());
        }
        rows
    }

    #[test]
    fn a_drawing_has_every_module_of_its_code_and_a_quiet_zone_of_four() {
        let text = "2@abcdefghijklmnopqrstuvwxyz,0123456789";
        let code = QrCode::new(text).unwrap();
        for background_is_light in [true, false] {
            let rows = modules(
                &draw(text, background_is_light).unwrap(),
                background_is_light,
            );
            for y in 0..code.width() {
                for x in 0..code.width() {
                    let is_dark = code[(x, y)] == qrcode::Color::Dark;
                    assert_eq!(rows[y + 4][x + 4], is_dark, "{x} {y}");
                }
            }
            assert!(rows[..4].iter().flatten().all(|is_dark| !is_dark));
            assert!(rows.iter().all(|row| row.len() == code.width() + 8));
        }
    }

    #[test]
    fn what_is_no_text_or_too_long_is_told() {
        assert!(draw("data:image/png;base64,AAAA", false).is_err());
        assert!(draw(&"x".repeat(5000), false).is_err());
    }
}
