//! Objects in JSON arrays by what they are, not by their place.
//!
//! The order of `TargetResources` is not stable: PIM puts the role first and the user third,
//! other services the user first.

use crate::decode::{Fields, Kind, Member, decode};

/// A field, as text, of the first object in `array` whose `key` is `value`.
///
/// The array is read as records are, with its depth bounded and value by value: what somebody put into
/// one value neither ends the process nor hides the others.
pub(super) fn find(array: &str, key: &str, value: &str, field: &str) -> Option<String> {
    if !array.trim_start().starts_with('[') {
        return None;
    }
    let decoded = decode(array.as_bytes());
    let mut objects = decoded.iter().flatten();
    let object = objects.find(|object| {
        let found = member(object.fields, key).filter(is_text).and_then(|found| found.text());
        found.as_deref() == Some(value)
    })?;
    let found = member(object.fields, field)?;
    match found.kind {
        Kind::Null => None,
        Kind::Object | Kind::Array => Some(found.json.to_owned()),
        _ => found.text().map(Into::into),
    }
}

fn member<'a>(fields: Fields<'a>, key: &str) -> Option<Member<'a>> {
    fields.iter().find(|member| member.key() == key)
}

fn is_text(member: &Member<'_>) -> bool {
    matches!(member.kind, Kind::Text | Kind::EscapedText)
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn the_object_is_found_wherever_it_stands() {
        let array = r#"[{"type":"Role","id":"r"},{"type":"User","id":"u","n":[1],"x":null}]"#;
        assert_eq!(find(array, "type", "User", "id").as_deref(), Some("u"));
        assert_eq!(find(array, "type", "User", "n").as_deref(), Some("[1]"));
        assert_eq!(find(array, "type", "User", "x"), None);
        assert_eq!(find(array, "type", "Group", "id"), None);
        assert_eq!(find("not json", "type", "User", "id"), None);
        assert_eq!(find(r#"{"type":"User","id":"u"}"#, "type", "User", "id"), None);
    }

    #[test]
    fn what_somebody_put_into_one_value_hides_no_other() {
        let brackets = "[".repeat(1 << 20);
        assert_eq!(find(&brackets, "type", "User", "id"), None);
        let array = r#"[{"type":"Role","name":"\ud83e","n":1e400},{"type":"User","id":"\u0075"}]"#;
        assert_eq!(find(array, "type", "User", "id").as_deref(), Some("u"));
    }
}
