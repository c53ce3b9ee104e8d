//! The rules that come with the binary, and those in directories of the user's.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Rule, RuleError};
use crate::listing::files_of;

/// Every file of `queries/rules`, built in.
const BUILTIN: &[(&str, &str)] = &[
    ("legacy-auth-success.yaml", include_str!("../../queries/rules/legacy-auth-success.yaml")),
    ("password-spray.yaml", include_str!("../../queries/rules/password-spray.yaml")),
    ("risky-ip.yaml", include_str!("../../queries/rules/risky-ip.yaml")),
    ("unused-admin-role.yaml", include_str!("../../queries/rules/unused-admin-role.yaml")),
];

/// The rules of the binary, by id.
///
/// # Errors
/// A built-in rule is broken, which the project's tests rule out.
pub fn builtin_rules() -> Result<Vec<Rule>, RuleError> {
    BUILTIN
        .iter()
        .map(|(name, text)| Rule::parse(text, &Path::new("queries/rules").join(name)))
        .collect()
}

/// Rules from files and directories, besides the built-in ones; a rule of the user's replaces the
/// built-in one with its id.
///
/// # Errors
/// A file cannot be read or is not a rule, or two files have one id.
pub fn load_rules(paths: &[PathBuf]) -> Result<Vec<Rule>, RuleError> {
    let mut rules: BTreeMap<String, Rule> = BTreeMap::new();
    let files = files_of(paths, &["yaml", "yml"]);
    for path in files.map_err(|(path, source)| RuleError::Read { path, source })? {
        let text = std::fs::read_to_string(&path)
            .map_err(|source| RuleError::Read { path: path.clone(), source })?;
        let rule = Rule::parse(&text, &path)?;
        if let Some(first) = rules.insert(rule.id.clone(), rule) {
            return Err(RuleError::Duplicate { id: first.id, first: first.path, second: path });
        }
    }
    for rule in builtin_rules()? {
        rules.entry(rule.id.clone()).or_insert(rule);
    }
    Ok(rules.into_values().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_rules_directory_is_built_in() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("queries/rules");
        let mut names: Vec<_> = std::fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, BUILTIN.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn every_built_in_rule_passes_its_own_tests() {
        for rule in builtin_rules().unwrap() {
            let reports = crate::detect::run_tests(&rule).await;
            assert!(reports.len() >= 2, "{}: a positive and a near miss at least", rule.id);
            for report in reports {
                assert_eq!(report.failure, None, "{}: {}", rule.id, report.name);
            }
        }
    }

    #[test]
    fn a_rule_is_named_after_its_file() {
        for rule in builtin_rules().unwrap() {
            assert_eq!(rule.path.file_stem().unwrap().to_str().unwrap(), rule.id);
        }
    }
}
