//! YAML that people write: read whole, with errors on one line that say where and what to write.

use serde::de::DeserializeOwned;

use crate::suggest::closest;

/// Reads a document.
///
/// # Errors
/// What is wrong, with line and column, and the key that was probably meant.
pub(crate) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_saphyr::from_str(text).map_err(|error| reason(&error.to_string()))
}

fn reason(message: &str) -> String {
    // The reader repeats itself in a picture of the text below the first line.
    let line = message.lines().next().unwrap_or_default();
    let line = line.strip_prefix("error: ").unwrap_or(line);
    match unknown_key(line) {
        Some((place, key, known)) => match closest(key, known.split(", ")) {
            Some(meant) => format!("{place}unknown key `{key}`; did you mean `{meant}`?"),
            None => format!("{place}unknown key `{key}`; known keys are {known}"),
        },
        None => line.to_owned(),
    }
}

/// Place, key and known keys of serde's message about a field that it does not know.
fn unknown_key(line: &str) -> Option<(&str, &str, &str)> {
    let (place, rest) = line.split_once("unknown field `")?;
    let (key, rest) = rest.split_once('`')?;
    let known = rest.split_once("expected one of ").or_else(|| rest.split_once("expected "))?.1;
    Some((place, key, known))
}

#[cfg(test)]
mod tests {
    #[derive(serde::Deserialize, Debug)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    #[expect(dead_code, reason = "only read to see what is refused")]
    struct Sample {
        query_frequency: String,
        query_period: String,
    }

    #[test]
    fn a_slip_in_a_key_is_named_with_its_place_and_what_was_meant() {
        let error = super::parse::<Sample>("queryPeriod: 1h\nqueryFrequncy: 1h\n").unwrap_err();
        assert_eq!(
            error,
            "line 2 column 1: unknown key `queryFrequncy`; did you mean `queryFrequency`?"
        );
        let error = super::parse::<Sample>("colour: red\n").unwrap_err();
        assert!(error.ends_with("known keys are queryFrequency, queryPeriod"), "{error}");
    }
}
