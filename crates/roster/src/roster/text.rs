//! The text of a file in one of the encodings that spreadsheets write.

use std::borrow::Cow;

use super::{Problem, ProblemKind};

/// The text without its byte order mark: UTF-8, or UTF-16 of either order.
pub(super) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Problem> {
    // Rows keep places in the text as 32-bit numbers; what UTF-16 holds may grow to 1.5 times as much.
    if u32::try_from(bytes.len().saturating_mul(2)).is_err() {
        return Err(Problem::of_file(ProblemKind::TooLarge));
    }
    match bytes {
        // A zip, as .xlsx and .ods are, and an .xls.
        [b'P', b'K', 3, 4, ..] | [0xd0, 0xcf, 0x11, 0xe0, ..] => {
            Err(Problem::of_file(ProblemKind::Spreadsheet))
        }
        [b'%', b'P', b'D', b'F', b'-', ..] => Err(Problem::of_file(ProblemKind::Binary)),
        [0xef, 0xbb, 0xbf, utf8 @ ..] => of_utf8(utf8),
        [0xff, 0xfe, utf16 @ ..] => of_utf16(utf16, u16::from_le_bytes),
        [0xfe, 0xff, utf16 @ ..] => of_utf16(utf16, u16::from_be_bytes),
        // Without a mark: no text begins with a NUL, and every roster with a letter of a header.
        [_, 0, ..] => of_utf16(bytes, u16::from_le_bytes),
        [0, _, ..] => of_utf16(bytes, u16::from_be_bytes),
        utf8 => of_utf8(utf8),
    }
}

fn of_utf8(bytes: &[u8]) -> Result<Cow<'_, str>, Problem> {
    match str::from_utf8(bytes) {
        Ok(text) => Ok(text.into()),
        Err(_) if is_binary(bytes) => Err(Problem::of_file(ProblemKind::Binary)),
        Err(error) => {
            let before = &bytes[..error.valid_up_to()];
            let row = before.iter().filter(|byte| **byte == b'\n').count() + 1;
            let row = u32::try_from(row).unwrap_or(u32::MAX);
            Err(Problem::of_row(row, ProblemKind::Encoding))
        }
    }
}

fn of_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Cow<'_, str>, Problem> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units = pairs.iter().map(|pair| unit(*pair));
    let text: Result<String, _> = char::decode_utf16(units).collect();
    match text {
        Ok(text) if rest.is_empty() => Ok(text.into()),
        // An odd byte at the end, or half a pair: the file was cut off or is no text.
        _ => Err(Problem::of_file(ProblemKind::Encoding)),
    }
}

/// Whether there are control characters that no text has, in any encoding.
fn is_binary(bytes: &[u8]) -> bool {
    let is_control = |byte: &u8| matches!(byte, 0..=8 | 14..=31);
    bytes.iter().any(is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_gives_the_same_text() {
        let text = "user;Größe 🏢\n";
        let le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let marked = |mark: &[u8], bytes: &[u8]| [mark, bytes].concat();
        for bytes in [
            text.as_bytes().to_vec(),
            marked(b"\xef\xbb\xbf", text.as_bytes()),
            marked(b"\xff\xfe", &le),
            marked(b"\xfe\xff", &be),
            le.clone(),
            be,
        ] {
            assert_eq!(decode(&bytes).as_deref(), Ok(text));
        }
        let odd = marked(b"\xff\xfe", &le[..le.len() - 1]);
        assert_eq!(decode(&odd), Err(Problem::of_file(ProblemKind::Encoding)));
    }

    #[test]
    fn other_files_are_told_from_texts() {
        let check = |bytes: &[u8], expected| {
            assert_eq!(decode(bytes), Err(Problem::of_file(expected)), "{bytes:?}");
        };
        check(b"PK\x03\x04\x14\0\0\x08mimetype", ProblemKind::Spreadsheet);
        check(
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            ProblemKind::Spreadsheet,
        );
        check(b"%PDF-1.7\n%text", ProblemKind::Binary);
        check(b"\xff\xd8\xff\xe0\0\x10JFIF", ProblemKind::Binary);
        check(b"\x89PNG\r\n\x1a\n\0\0", ProblemKind::Binary);
        assert!(decode(b"PKomar@example.com\n").is_ok());
    }

    #[test]
    fn another_encoding_is_named_with_its_row() {
        let latin = b"user;group\nada;K\xfcche\n";
        let problem = decode(latin).expect_err("no UTF-8");
        assert_eq!(problem, Problem::of_row(2, ProblemKind::Encoding));
    }
}
