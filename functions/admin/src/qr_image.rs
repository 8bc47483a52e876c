//! QR codes as pictures.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use png::{BitDepth, ColorType, Encoder};
use qrcode::{Color, EcLevel, QrCode};

/// Pixels of a side of a module.
const SCALE: usize = 8;
/// Modules of white on each side; scanners need them.
const QUIET: usize = 4;
/// What every PNG begins with.
const MAGIC: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Why a code has no picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoPicture {
    TooLong,
    /// It came as a picture of another kind, or as none.
    NoPng,
}

/// The picture of a code; a code that is a picture already stays as it is.
pub(crate) fn png(code: &str) -> Result<Vec<u8>, NoPicture> {
    let Some(picture) = code.strip_prefix("data:") else {
        return drawn(code);
    };
    let base64 = picture.split_once(";base64,").map(|(_, base64)| base64);
    let bytes = STANDARD.decode(base64.unwrap_or_default());
    let bytes = bytes.ok().filter(|bytes| bytes.starts_with(MAGIC));
    bytes.ok_or(NoPicture::NoPng)
}

/// Draws a text, one bit a pixel: 1 is white.
fn drawn(text: &str) -> Result<Vec<u8>, NoPicture> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L);
    let code = code.map_err(|_| NoPicture::TooLong)?;
    let modules = code.width();
    let side = (modules + 2 * QUIET) * SCALE;
    let is_dark = |x: usize, y: usize| {
        let module = |pixel: usize| {
            (pixel / SCALE)
                .checked_sub(QUIET)
                .filter(|it| *it < modules)
        };
        let at = module(x).zip(module(y));
        at.is_some_and(|at| code[at] == Color::Dark)
    };
    let mut pixels = Vec::with_capacity(side * side.div_ceil(8));
    for y in 0..side {
        for x in (0..side).step_by(8) {
            let bits = (x..x + 8).fold(0, |bits, x| bits << 1 | u8::from(!is_dark(x, y)));
            pixels.push(bits);
        }
    }
    Ok(encoded(side, &pixels))
}

fn encoded(side: usize, pixels: &[u8]) -> Vec<u8> {
    let side = u32::try_from(side).expect("a code has at most 177 modules");
    let mut png = Vec::new();
    let mut encoder = Encoder::new(&mut png, side, side);
    encoder.set_color(ColorType::Grayscale);
    encoder.set_depth(BitDepth::One);
    let mut writer = encoder
        .write_header()
        .expect("a vector takes what is written");
    writer
        .write_image_data(pixels)
        .expect("there is a bit for each pixel");
    drop(writer);
    png
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_drawn_with_a_quiet_zone_in_black_and_white() {
        let picture = png("2@abcdef").unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(picture))
            .read_info()
            .unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!(
            (info.width, info.height),
            (232, 232),
            "21 modules and 8 of white"
        );
        let row = info.line_size;
        assert!(
            pixels[..row * SCALE * QUIET]
                .iter()
                .all(|byte| *byte == 0xff)
        );
        // The finder pattern begins where the quiet zone ends.
        assert_eq!(pixels[row * SCALE * QUIET + QUIET], 0);
    }

    #[test]
    fn a_picture_stays_what_it_is_and_no_other_is_passed_off_as_one() {
        let picture = png("2@abc").unwrap();
        let uri = format!("data:image/png;base64,{}", STANDARD.encode(&picture));
        assert_eq!(png(&uri).unwrap(), picture);
        for other in [
            "data:image/jpeg;base64,/9j/",
            "data:image/png;base64,***",
            "data:,",
        ] {
            assert_eq!(png(other), Err(NoPicture::NoPng), "{other}");
        }
    }

    #[test]
    fn what_no_code_can_hold_is_not_drawn() {
        assert_eq!(png(&"2".repeat(8_000)), Err(NoPicture::TooLong));
    }
}
