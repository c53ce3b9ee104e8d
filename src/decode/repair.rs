//! JSON that was broken on its way, in the manners seen in the wild: a new-line or tab as such
//! inside a string, and a record printed by Python (`{'a': None, 'b': True}`).

/// The text as JSON, if it is only broken in these manners: the caller has to see whether it is.
pub(super) fn repaired(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 16);
    let mut rest = text;
    while let Some(place) = rest.find(['"', '\'', 'N', 'T', 'F']) {
        out.push_str(&rest[..place]);
        rest = &rest[place..];
        rest = match rest.as_bytes()[0] {
            quote @ (b'"' | b'\'') => string(&rest[1..], char::from(quote), &mut out),
            _ => word(rest, &mut out),
        };
    }
    out.push_str(rest);
    out
}

/// Python's names for what JSON writes in lower case.
fn word<'a>(text: &'a str, out: &mut String) -> &'a str {
    for (python, json) in [("None", "null"), ("True", "true"), ("False", "false")] {
        if let Some(rest) = text.strip_prefix(python) {
            out.push_str(json);
            return rest;
        }
    }
    out.push_str(&text[..1]);
    &text[1..]
}

/// Rewrites the string after its opening quote; gives what follows its closing one.
fn string<'a>(text: &'a str, quote: char, out: &mut String) -> &'a str {
    out.push('"');
    let mut characters = text.char_indices();
    while let Some((place, character)) = characters.next() {
        match character {
            _ if character == quote => {
                out.push('"');
                return &text[place + 1..];
            }
            '"' => out.push_str("\\\""),
            '\\' => match characters.next() {
                Some((_, '\'')) => out.push('\''),
                Some((_, escaped)) => out.extend(['\\', escaped]),
                None => out.push('\\'),
            },
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < ' ' => {
                // Writing to a string cannot fail.
                let _ = std::fmt::Write::write_fmt(out, format_args!("\\u{:04x}", control as u32));
            }
            plain => out.push(plain),
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::repaired;

    #[test]
    fn what_is_seen_in_the_wild_becomes_json() {
        for (broken, json) in [
            ("{\"a\":\"two\nlines\t\u{1}\"}", r#"{"a":"two\nlines\t\u0001"}"#),
            (
                r#"{'a': 'say "hi"', 'b': None, 'c': [True, False]}"#,
                r#"{"a": "say \"hi\"", "b": null, "c": [true, false]}"#,
            ),
            (r#"{'a': 'it\'s', "b": "it's None"}"#, r#"{"a": "it's", "b": "it's None"}"#),
            (r#"{"a":"\u00e9\\"}"#, r#"{"a":"\u00e9\\"}"#),
        ] {
            assert_eq!(repaired(broken), json);
        }
    }

    #[test]
    fn a_string_without_an_end_stays_without_one() {
        assert_eq!(repaired("{'a': 'cut"), "{\"a\": \"cut");
        assert_eq!(repaired("{'a': 'cut\\"), "{\"a\": \"cut\\");
    }
}
