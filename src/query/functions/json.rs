//! Objects in JSON arrays by what they are, not by their place.
//!
//! The order of `TargetResources` is not stable: PIM puts the role first and the user third,
//! other services the user first.

use sonic_rs::{JsonContainerTrait, JsonValueTrait};

/// A field, as text, of the first object in `array` whose `key` is `value`.
pub(super) fn find(array: &str, key: &str, value: &str, field: &str) -> Option<String> {
    let parsed: sonic_rs::Value = sonic_rs::from_str(array).ok()?;
    let object =
        parsed.as_array()?.iter().find(|object| object.get(key).as_str() == Some(value))?;
    let found = object.get(field)?;
    match found.as_str() {
        Some(text) => Some(text.to_owned()),
        None if found.is_null() => None,
        None => sonic_rs::to_string(found).ok(),
    }
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
    }
}
