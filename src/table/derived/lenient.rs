//! The value at a path of a text that may be no JSON, exactly as `json_as_text` finds it.
//!
//! It takes the steps that `datafusion-functions-json` takes with the same reader, and so stops where that
//! stops. Reading one path at a time it is slow, and only for texts that [`find`](crate::decode::find) does
//! not read.

use std::borrow::Cow;

use jiter::{Jiter, Peek};

use crate::decode::Step;

/// A string without quotes and escapes, anything else as it was written; none for null.
pub(super) fn text_at<'a>(text: &'a str, path: &[Step]) -> Option<Cow<'a, str>> {
    let mut reader = Jiter::new(text.as_bytes());
    let mut next = reader.peek().ok()?;
    for step in path {
        next = match (step, next) {
            (Step::Key(wanted), Peek::Object) => value_of(&mut reader, wanted)?,
            (Step::Index(wanted), Peek::Array) => element_at(&mut reader, *wanted)?,
            _ => return None,
        };
    }
    match next {
        Peek::Null => None,
        Peek::String => Some(Cow::Owned(reader.known_str().ok()?.to_owned())),
        _ => {
            let start = reader.current_index();
            reader.known_skip(next).ok()?;
            text.get(start..reader.current_index()).map(Cow::Borrowed)
        }
    }
}

/// Goes to the value of the first such key of the object that comes.
fn value_of(reader: &mut Jiter<'_>, wanted: &str) -> Option<Peek> {
    let mut key = reader.known_object().ok()??;
    while key != wanted {
        reader.next_skip().ok()?;
        key = reader.next_key().ok()??;
    }
    reader.peek().ok()
}

/// Goes to an element of the array that comes.
fn element_at(reader: &mut Jiter<'_>, wanted: usize) -> Option<Peek> {
    let mut element = reader.known_array().ok()??;
    for _ in 0..wanted {
        reader.known_skip(element).ok()?;
        element = reader.array_step().ok()??;
    }
    Some(element)
}
