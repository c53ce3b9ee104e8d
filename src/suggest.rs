//! "Did you mean": the known name that is most like one that is not known.

/// The closest of `names` to `name`, when one is close enough to be meant; case counts little.
pub(crate) fn closest<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = name.to_lowercase();
    names
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&wanted, &candidate.to_lowercase()), candidate))
        .filter(|(likeness, _)| *likeness > 0.85)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn a_slip_is_recognised_and_nonsense_is_not() {
        let names = ["SigninLogs", "AuditLogs", "SecurityAlert"];
        assert_eq!(closest("SignInLogs", names), Some("SigninLogs"));
        assert_eq!(closest("SigninLog", names), Some("SigninLogs"));
        assert_eq!(closest("Cats", names), None);
    }
}
