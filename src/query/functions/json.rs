//! Objects in JSON arrays by what they are, not by their place.
//!
//! The order of `TargetResources` is not stable: PIM puts the role first and the user third,
//! other services the user first.

use crate::decode::{Kind, Member, objects};

/// A field, as text, of the first object in `array` whose `key` is `value`.
///
/// The array is read with its depth bounded and value by value: what somebody put into one value
/// neither ends the process nor hides the others.
pub(super) fn find(array: &str, key: &str, value: &str, field: &str) -> Option<String> {
    let object = objects(array).find(|object| {
        let found = member(object, key).filter(|found| is_text(found)).and_then(Member::text);
        found.as_deref() == Some(value)
    })?;
    let found = member(&object, field)?;
    match found.kind {
        Kind::Null => None,
        Kind::Object | Kind::Array => Some(found.json.to_owned()),
        _ => found.text().map(Into::into),
    }
}

fn member<'a, 'b>(object: &'b [Member<'a>], key: &str) -> Option<&'b Member<'a>> {
    object.iter().find(|member| member.key() == key)
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
    fn a_key_is_found_whatever_its_name() {
        let array = r#"[{"type":"User","properties":{"id":"p"},"category":"c"}]"#;
        assert_eq!(find(array, "type", "User", "properties").as_deref(), Some(r#"{"id":"p"}"#));
        assert_eq!(find(array, "type", "User", "category").as_deref(), Some("c"));
        assert_eq!(find(array, "category", "c", "type").as_deref(), Some("User"));
        let inside =
            r#"[{"type":"Role","properties":{"type":"User"}},{"properties":{"type":"User"}}]"#;
        assert_eq!(find(inside, "type", "User", "properties"), None);
        let named = r#"[{"properties":"x","id":"i"}]"#;
        assert_eq!(find(named, "properties", "x", "id").as_deref(), Some("i"));
    }

    #[test]
    fn what_somebody_put_into_one_value_hides_no_other() {
        let brackets = "[".repeat(1 << 20);
        assert_eq!(find(&brackets, "type", "User", "id"), None);
        let array = r#"[{"type":"Role","name":"\ud83e","n":1e400},{"type":"User","id":"\u0075"}]"#;
        assert_eq!(find(array, "type", "User", "id").as_deref(), Some("u"));
    }
}
