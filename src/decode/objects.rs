//! The objects in a JSON array as they are: no key of theirs means anything here, as `properties` does
//! in a record.

use super::record::Member;
use super::scan::{DEEPEST, Scanner, balanced_length};

/// The members of each object in a JSON array; nothing of a text that is no array.
///
/// An element that is no object is passed over, and so is one that is nested too deeply or broken in
/// itself. The array ends where it is no JSON any more.
pub fn objects(array: &str) -> impl Iterator<Item = Vec<Member<'_>>> {
    let mut scanner = Scanner::new(array.as_bytes());
    let is_open = scanner.take(b'[');
    Objects { array, scanner, is_open }
}

struct Objects<'a> {
    array: &'a str,
    scanner: Scanner<'a>,
    /// Whether there may be another element.
    is_open: bool,
}

impl<'a> Iterator for Objects<'a> {
    type Item = Vec<Member<'a>>;

    fn next(&mut self) -> Option<Self::Item> {
        while self.is_open {
            let object = self.element();
            self.is_open = self.scanner.goes_on(b']').unwrap_or(false);
            if object.is_some() {
                return object;
            }
        }
        None
    }
}

impl<'a> Objects<'a> {
    /// Reads an element; its members if it is an object that can be read.
    fn element(&mut self) -> Option<Vec<Member<'a>>> {
        self.scanner.skip_space();
        let start = self.scanner.place();
        let mut fields = Vec::new();
        let read = match self.scanner.peek()? {
            b'{' => self.scanner.fields(DEEPEST, &mut fields),
            _ => return self.pass_over(start),
        };
        if read.is_err() {
            return self.pass_over(start);
        }
        Some(fields.iter().map(|field| Member::new(self.array, field)).collect())
    }

    /// Goes to the end of the element that begins at `start`, as far as it has one.
    fn pass_over<T>(&mut self, start: usize) -> Option<T> {
        self.scanner.set_place(start);
        if self.scanner.value(DEEPEST).is_err() {
            let rest = &self.array.as_bytes()[start..];
            let is_container = matches!(rest.first(), Some(b'{' | b'['));
            let length = if is_container { balanced_length(rest) } else { None };
            self.scanner.set_place(start + length.unwrap_or(rest.len()));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values of `a` in the objects of an array, as they were written.
    fn values(array: &str) -> Vec<&str> {
        objects(array)
            .map(|object| {
                object.iter().find(|member| member.key() == "a").map_or("", |member| member.json)
            })
            .collect()
    }

    #[test]
    fn objects_come_in_their_order_and_nothing_else() {
        for (array, expected) in [
            (r#"[{"a":1},{"a":{"b":[]}}]"#, vec!["1", r#"{"b":[]}"#]),
            (r#" [ { "a" : 1 } , 2 , [{"a":3}] , null , {} , {"a":4} ] "#, vec!["1", "", "4"]),
            (r#"[{"properties":{"a":1},"b":2}]"#, vec![""]),
            (r#"[{"properties":{"b":1},"a":2}]"#, vec!["2"]),
            ("[]", vec![]),
            ("", vec![]),
            ("{}", vec![]),
            (r#"{"a":1}"#, vec![]),
            ("rubbish", vec![]),
        ] {
            assert_eq!(values(array), expected, "{array}");
        }
    }

    #[test]
    fn what_cannot_be_read_hides_nothing_before_it_and_mostly_nothing_after_it() {
        assert_eq!(values(r#"[{"a":1},{"a":2"#), ["1"]);
        assert_eq!(values(r#"[{"a":1},{"a":tru},{"a":3}]"#), ["1", "3"]);
        assert_eq!(values(r#"[{"a":1},tru,{"a":3}]"#), ["1"]);
        let deep = format!(r#"[{{"a":{}{}}},{{"a":2}}]"#, "[".repeat(1000), "]".repeat(1000));
        assert_eq!(values(&deep), ["2"]);
    }
}
