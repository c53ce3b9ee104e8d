//! The `Config.json` of Microsoft's Event Hubs emulator, read strictly: an unknown key is named with
//! its path, because a misspelt `PartitionCount` would otherwise give a hub nobody asked for.

use super::DevhubError;
use super::config::{DEFAULT_GROUP, DevhubConfig, HubConfig};
use serde_json::{Map, Value, json};

impl TryFrom<Value> for DevhubConfig {
    type Error = DevhubError;

    fn try_from(value: Value) -> Result<Self, DevhubError> {
        let file = Key::root(&value);
        file.allow(&["UserConfig"])?;
        let user = file.required("UserConfig")?;
        // Where the emulator writes its own log has no meaning here.
        user.allow(&["NamespaceConfig", "LoggingConfig"])?;
        let namespaces = user.required("NamespaceConfig")?;
        let [namespace] = &namespaces.items()?[..] else {
            return Err(namespaces.wrong("exactly one namespace is needed, as with the emulator"));
        };
        namespace.allow(&["Type", "Name", "Entities"])?;
        if let Some(kind) = namespace.optional("Type")?
            && !kind.text()?.eq_ignore_ascii_case("EventHub")
        {
            return Err(kind.wrong("only \"EventHub\" is known"));
        }
        let hubs =
            namespace.required("Entities")?.items()?.iter().map(hub).collect::<Result<_, _>>()?;
        let config = Self::from_hubs(namespace.required("Name")?.text()?, hubs);
        config.validate()?;
        Ok(config)
    }
}

impl From<DevhubConfig> for Value {
    fn from(config: DevhubConfig) -> Self {
        let entities: Vec<Self> = config
            .hubs
            .iter()
            .map(|hub| {
                let groups = hub.consumer_groups.iter().map(|name| json!({ "Name": name }));
                json!({
                    "Name": hub.name,
                    "PartitionCount": hub.partitions.to_string(),
                    "ConsumerGroups": groups.collect::<Vec<_>>(),
                })
            })
            .collect();
        let namespace =
            json!({ "Type": "EventHub", "Name": config.namespace, "Entities": entities });
        json!({ "UserConfig": {
            "NamespaceConfig": [namespace],
            "LoggingConfig": { "Type": "File" },
        }})
    }
}

fn hub(entity: &Key<'_>) -> Result<HubConfig, DevhubError> {
    entity.allow(&["Name", "PartitionCount", "ConsumerGroups"])?;
    let groups = match entity.optional("ConsumerGroups")? {
        Some(groups) => groups.items()?,
        None => Vec::new(),
    };
    let mut consumer_groups = Vec::new();
    for group in &groups {
        group.allow(&["Name"])?;
        let name = group.required("Name")?.text()?;
        if !name.eq_ignore_ascii_case(DEFAULT_GROUP) {
            consumer_groups.push(name.to_owned());
        }
    }
    Ok(HubConfig {
        name: entity.required("Name")?.text()?.to_owned(),
        partitions: entity.required("PartitionCount")?.count()?,
        consumer_groups,
    })
}

/// A value and the path that leads to it.
struct Key<'a> {
    path: String,
    value: &'a Value,
}

impl<'a> Key<'a> {
    fn root(value: &'a Value) -> Self {
        let path = String::new();
        Self { path, value }
    }

    fn wrong(&self, problem: impl Into<String>) -> DevhubError {
        let key = if self.path.is_empty() { "(top level)" } else { &self.path };
        DevhubError::Config { key: key.to_owned(), problem: problem.into() }
    }

    fn child(&self, name: &str, value: &'a Value) -> Self {
        let dot = if self.path.is_empty() { "" } else { "." };
        let path = format!("{}{dot}{name}", self.path);
        Key { path, value }
    }

    fn object(&self) -> Result<&'a Map<String, Value>, DevhubError> {
        let object = self.value.as_object();
        object.ok_or_else(|| self.wrong("expected an object"))
    }

    /// Refuses every key that the schema does not have at this place.
    fn allow(&self, names: &[&str]) -> Result<(), DevhubError> {
        for (name, value) in self.object()? {
            if names.contains(&name.as_str()) {
                continue;
            }
            let similar = names
                .iter()
                .map(|known| (strsim::jaro_winkler(known, name), known))
                .max_by(|a, b| a.0.total_cmp(&b.0));
            let problem = match similar {
                Some((likeness, known)) if likeness > 0.8 => {
                    format!("unknown key; did you mean \"{known}\"?")
                }
                _ => format!("unknown key; expected one of {}", names.join(", ")),
            };
            return Err(self.child(name, value).wrong(problem));
        }
        Ok(())
    }

    fn optional(&self, name: &str) -> Result<Option<Self>, DevhubError> {
        let value = self.object()?.get(name);
        Ok(value.map(|value| self.child(name, value)))
    }

    fn required(&self, name: &str) -> Result<Self, DevhubError> {
        let missing = || self.child(name, &Value::Null).wrong("missing");
        self.optional(name)?.ok_or_else(missing)
    }

    fn items(&self) -> Result<Vec<Self>, DevhubError> {
        let items = self.value.as_array();
        let items = items.ok_or_else(|| self.wrong("expected a list"))?;
        let at = |(index, value)| Key { path: format!("{}[{index}]", self.path), value };
        Ok(items.iter().enumerate().map(at).collect())
    }

    fn text(&self) -> Result<&'a str, DevhubError> {
        let text = self.value.as_str();
        text.ok_or_else(|| self.wrong("expected a string"))
    }

    /// A count, which the emulator writes as a string and people write as a number.
    fn count(&self) -> Result<usize, DevhubError> {
        let count = match self.value {
            Value::String(text) => text.parse().ok(),
            Value::Number(number) => number.as_u64().and_then(|n| usize::try_from(n).ok()),
            _ => None,
        };
        count.ok_or_else(|| self.wrong(format!("{} is not a count", self.value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The file as the emulator's installer ships it, with a second hub.
    const SHIPPED: &str = r#"{"UserConfig":{"NamespaceConfig":[{"Type":"EventHub","Name":"emulatorNs1",
        "Entities":[{"Name":"eh1","PartitionCount":"2","ConsumerGroups":[{"Name":"cg1"}]},
                    {"Name":"eh2","PartitionCount":3}]}],
        "LoggingConfig":{"Type":"File"}}}"#;

    #[test]
    fn the_emulators_own_file_is_read() {
        let config = DevhubConfig::from_json(SHIPPED).unwrap();
        assert_eq!(config.hubs().collect::<Vec<_>>(), [("eh1", 2), ("eh2", 3)]);
        assert_eq!(config.hubs[0].consumer_groups, ["cg1"]);
        assert!(config.hubs[1].consumer_groups.is_empty());
    }

    #[test]
    fn what_is_written_is_what_was_read() {
        let config = DevhubConfig::default();
        let text = serde_json::to_string(&config).unwrap();
        assert!(text.contains(r#""PartitionCount":"4""#), "{text}");
        assert_eq!(DevhubConfig::from_json(&text).unwrap(), config);
        assert_eq!(serde_json::from_str::<DevhubConfig>(&text).unwrap(), config);
    }

    #[test]
    fn errors_name_the_path_of_the_key() {
        let entity = "UserConfig.NamespaceConfig[0].Entities[1]";
        let cases = [
            (
                r#""PartitionCount":3"#,
                r#""PartitonCount":3"#,
                format!("{entity}.PartitonCount: unknown key; did you mean \"PartitionCount\"?"),
            ),
            (
                r#""PartitionCount":3"#,
                r#""PartitionCount":"many""#,
                format!("{entity}.PartitionCount: \"many\" is not a count"),
            ),
            (
                r#""PartitionCount":3"#,
                r#""PartitionCount":0"#,
                format!("{entity}.PartitionCount: 0 is not in 1..=1024"),
            ),
            (r#","PartitionCount":3"#, "", format!("{entity}.PartitionCount: missing")),
            (r#""Name":"eh2""#, r#""Name":2"#, format!("{entity}.Name: expected a string")),
            (
                r#""Type":"EventHub""#,
                r#""Type":"Queue""#,
                "UserConfig.NamespaceConfig[0].Type: only \"EventHub\" is known".to_owned(),
            ),
            (
                r#""LoggingConfig""#,
                r#""Port":1,"LoggingConfig""#,
                "UserConfig.Port: unknown key; expected one of NamespaceConfig, LoggingConfig"
                    .to_owned(),
            ),
        ];
        for (from, to, expected) in cases {
            assert!(SHIPPED.contains(from), "{from}");
            let error = DevhubConfig::from_json(&SHIPPED.replace(from, to)).unwrap_err();
            assert_eq!(error.to_string(), format!("devhub configuration: {expected}"));
        }
    }

    #[test]
    fn text_that_is_not_json_is_said_to_be_that() {
        let error = DevhubConfig::from_json("UserConfig: {}").unwrap_err();
        assert!(matches!(error, DevhubError::Json(_)), "{error}");
    }
}
