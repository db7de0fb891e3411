use super::*;

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    let picture = image::RgbImage::from_fn(width, height, |x, y| image::Rgb([x.to_le_bytes()[0], y.to_le_bytes()[0], 90]));
    DynamicImage::from(picture).write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).expect("encodes");
    bytes
}

fn refusal(upload: &[u8]) -> AppError {
    match encode(upload) {
        Err(Error::App(error)) => error,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("was taken"),
    }
}

#[test]
fn a_picture_is_kept_in_three_widths_none_larger_than_it_was() {
    let widths = |bytes: &[u8]| encode(bytes).expect("encodes").files.into_iter().map(|(width, _)| width).collect::<Vec<_>>();
    assert_eq!(widths(&png(2_400, 100)), [480, 960, 1_920]);
    assert_eq!(widths(&png(700, 100)), [480, 700]);
    assert_eq!(widths(&png(100, 700)), [100]);
}

#[test]
fn what_is_see_through_stays_so() {
    let picture = image::RgbaImage::from_pixel(50, 50, image::Rgba([200, 10, 10, 100]));
    let mut bytes = Vec::new();
    DynamicImage::from(picture).write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).expect("encodes");
    assert_eq!(encode(&bytes).expect("encodes").ext, "webp");
}

#[test]
fn the_bytes_decide_what_it_is() {
    for not_a_picture in [&b"<svg xmlns='http://www.w3.org/2000/svg'/>"[..], b"GIF", b"%PDF-1.4", b"<script>", &[0; 64]] {
        assert!(matches!(refusal(not_a_picture).kind, Kind::Unsupported | Kind::Invalid));
    }
    assert_eq!(refusal(b"BM\x00\x00\x00\x00").kind, Kind::Unsupported);
}

#[test]
fn a_damaged_picture_is_refused_with_a_sentence() {
    let whole = png(64, 64);
    let error = refusal(&whole[..whole.len() / 2]);
    assert_eq!(error.kind, Kind::Invalid);
    assert!(error.of("image").is_some_and(|message| message.contains("damaged")));
}

/// A PNG that says it is 60,000 × 60,000 pixels in a few bytes.
#[test]
fn a_decompression_bomb_is_refused_before_it_unpacks() {
    let mut bomb = png(64, 64);
    bomb[16..20].copy_from_slice(&60_000_u32.to_be_bytes());
    bomb[20..24].copy_from_slice(&60_000_u32.to_be_bytes());
    let crc = crc32(&bomb[12..29]);
    bomb[29..33].copy_from_slice(&crc.to_be_bytes());
    let message = refusal(&bomb).of("image").expect("a sentence").to_owned();
    assert!(message.contains("megapixels"), "{message}");
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes
        .iter()
        .fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())))
}

#[test]
fn a_photograph_is_turned_upright_and_its_metadata_dropped() {
    let mut jpeg = Vec::new();
    let picture = DynamicImage::from(image::RgbImage::new(120, 60));
    picture.write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, 80)).expect("encodes");
    // An EXIF block after the start-of-image marker: big-endian TIFF, orientation 6 (turn right), and a note.
    let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0".to_vec();
    exif.extend(b"taken at home");
    let mut block = vec![0xff, 0xe1];
    block.extend(u16::try_from(exif.len() + 2).expect("short").to_be_bytes());
    block.extend(&exif);
    jpeg.splice(2..2, block);
    let encoded = encode(&jpeg).expect("encodes");
    assert_eq!((encoded.width, encoded.height), (60, 120));
    assert!(encoded.files.iter().all(|(_, file)| !file.windows(13).any(|part| part == b"taken at home")));
}
