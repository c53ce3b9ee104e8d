//! Where a link or a token points: every client library spells the same entity differently.

/// What an address names inside the namespace. Names keep the spelling of the client; whoever looks
/// them up ignores case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Address {
    /// `$cbs`, where tokens are put.
    Cbs,
    /// `$management` or `HUB/$management`.
    Management,
    /// `HUB`, `HUB/Partitions/ID` or `HUB/Publishers/NAME`: where events are published.
    Publish {
        hub: String,
        /// As written, so that an unusable one can be named in the refusal.
        partition: Option<String>,
    },
    /// `HUB/ConsumerGroups/GROUP/Partitions/ID`: where events are read.
    Subscribe { hub: String, group: String, partition: String },
}

impl Address {
    /// Understands `amqps://host[:port]/PATH`, `sb://host/PATH`, `/PATH` and `PATH`.
    pub(super) fn parse(address: &str) -> Option<Self> {
        let path = entity_path(address);
        let parts: Vec<&str> = path.split('/').collect();
        let is = |part: &str, word: &str| part.eq_ignore_ascii_case(word);
        let address = match parts[..] {
            [node] if is(node, "$cbs") => Self::Cbs,
            [.., node] if is(node, "$management") => Self::Management,
            [""] => return None,
            [hub] => Self::Publish { hub: hub.to_owned(), partition: None },
            [hub, word, _] if is(word, "Publishers") => {
                Self::Publish { hub: hub.to_owned(), partition: None }
            }
            [hub, word, id] if is(word, "Partitions") => {
                Self::Publish { hub: hub.to_owned(), partition: Some(id.to_owned()) }
            }
            [hub, groups, group, partitions, id]
                if is(groups, "ConsumerGroups") && is(partitions, "Partitions") =>
            {
                Self::Subscribe {
                    hub: hub.to_owned(),
                    group: group.to_owned(),
                    partition: id.to_owned(),
                }
            }
            _ => return None,
        };
        Some(address)
    }
}

/// The path of an address without scheme, host, escapes and outer slashes; empty for the namespace.
pub(super) fn entity_path(address: &str) -> String {
    let path = match address.split_once("://") {
        Some((_, rest)) => rest.split_once('/').map_or("", |(_, path)| path),
        None => address,
    };
    percent_decode(path).trim_matches('/').to_owned()
}

/// Decodes `%XX`. Unlike form decoding it leaves `+` alone, which is a character of base64.
pub(super) fn percent_decode(text: &str) -> String {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = match (first, tail) {
            (b'%', [high, low, ..]) => hex(*high).zip(hex(*low)),
            _ => None,
        };
        match escaped {
            Some((high, low)) => {
                decoded.push(high << 4 | low);
                rest = &tail[2..];
            }
            None => {
                decoded.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_subscription_is_the_same_one() {
        let expected = Address::Subscribe {
            hub: "Logs".to_owned(),
            group: "$Default".to_owned(),
            partition: "1".to_owned(),
        };
        for address in [
            "Logs/ConsumerGroups/$Default/Partitions/1",
            "/Logs/ConsumerGroups/$Default/Partitions/1/",
            "amqps://localhost/Logs/consumergroups/$Default/partitions/1",
            "amqps://localhost:5671/Logs/ConsumerGroups/%24Default/Partitions/1",
            "sb://ns.servicebus.windows.net/Logs/ConsumerGroups/%24Default/PARTITIONS/1",
        ] {
            assert_eq!(Address::parse(address), Some(expected.clone()), "{address}");
        }
    }

    #[test]
    fn the_other_nodes_are_told_apart() {
        let publish = |hub: &str, partition: Option<&str>| Address::Publish {
            hub: hub.to_owned(),
            partition: partition.map(str::to_owned),
        };
        let cases = [
            ("$cbs", Some(Address::Cbs)),
            ("$management", Some(Address::Management)),
            ("amqps://localhost/logs/$management", Some(Address::Management)),
            ("logs", Some(publish("logs", None))),
            ("/logs", Some(publish("logs", None))),
            ("sb://localhost/logs/Partitions/3", Some(publish("logs", Some("3")))),
            ("logs/publishers/me", Some(publish("logs", None))),
            ("sb://localhost", None),
            ("logs/Queues/1", None),
            ("logs/ConsumerGroups/g/Partitions", None),
        ];
        for (address, expected) in cases {
            assert_eq!(Address::parse(address), expected, "{address}");
        }
    }

    #[test]
    fn escapes_are_decoded_and_broken_ones_left_alone() {
        assert_eq!(percent_decode("a%2Fb%3d+%zz%4"), "a/b=+%zz%4");
    }
}
