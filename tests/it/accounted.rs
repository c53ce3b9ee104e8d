//! Whether every byte of a body is in a record or in a rejected part.

use entralog::decode::Decoded;

/// Stretches of a body that are in nothing that came out of it, although they say something: brackets,
/// commas, the key `records` and nulls beside it are only what holds records together.
pub(crate) fn unaccounted(body: &[u8], decoded: &Decoded<'_>) -> Vec<String> {
    let mut lost = Vec::new();
    let mut end = if body.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
    let mut is_repaired = false;
    for item in decoded.iter() {
        let bytes = match item {
            Ok(record) => record.json.as_bytes(),
            Err(rejected) => rejected.bytes,
        };
        let Some(start) = place(body, bytes) else {
            // Written anew: where it was cannot be told any more.
            is_repaired = true;
            continue;
        };
        assert!(start >= end && !bytes.is_empty(), "parts of {body:?} overlap at {start}");
        let gap = &body[end..start];
        if !std::mem::take(&mut is_repaired) && !is_structure(gap) {
            lost.push(String::from_utf8_lossy(gap).into_owned());
        }
        end = start + bytes.len();
    }
    let gap = &body[end..];
    if !is_repaired && !is_structure(gap) {
        lost.push(String::from_utf8_lossy(gap).into_owned());
    }
    lost
}

/// Where in `body` a part of it is.
fn place(body: &[u8], part: &[u8]) -> Option<usize> {
    let place = part.as_ptr().addr().checked_sub(body.as_ptr().addr())?;
    (place + part.len() <= body.len()).then_some(place)
}

fn is_structure(gap: &[u8]) -> bool {
    let mut rest = gap;
    loop {
        rest = after(rest, b" \t\r\n{}[],");
        if rest.is_empty() {
            return true;
        }
        let Some((key, value)) = key_and_value(rest) else { return false };
        if key.eq_ignore_ascii_case(b"records") && value.starts_with(b"[") {
            rest = value;
        } else if let Some(after_null) = value.strip_prefix(b"null") {
            rest = after_null;
        } else {
            return false;
        }
    }
}

fn key_and_value(member: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = member.strip_prefix(b"\"")?;
    let mut escaped = false;
    let end = text.iter().position(|byte| {
        let ends = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    })?;
    let value = after(&text[end + 1..], b" \t\r\n").strip_prefix(b":")?;
    Some((&text[..end], after(value, b" \t\r\n")))
}

fn after<'a>(text: &'a [u8], passed: &[u8]) -> &'a [u8] {
    let count = text.iter().take_while(|byte| passed.contains(byte)).count();
    &text[count..]
}
